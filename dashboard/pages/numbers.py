"""How these numbers are made, in plain words and pictures of one's own comments; docs/numbers.md says more."""

from dash.development.base_component import Component

from dashboard import figures
from dashboard.charts import chart
from dashboard.components import page, panel
from dashboard.controls import pick_label, pick_period
from dashboard.view import Answers, View
from dashboard.wording import label_name, label_plural, percent
from warehouse.measures import BY_CHANCE, FEW_COMMENTS, LEAST_DAYS, USUAL_DAYS

TITLE = "Numbers"
NONE = "No comments with scores in this period."


def layout(answers: Answers, view: View) -> Component:
    widths = answers.rows("widths", view)
    worth = [row for row in answers.rows("worth", view) if row["worth"] is not None]
    spread, audited = answers.rows("spread", view), answers.rows("audited", view)
    mean = f"Here their mean is {percent(widths[0]['share'])}. " if widths else ""
    return page(
        "How these numbers are made",
        "What a share, an interval and a significant change mean, and how far to trust them.",
        [*pick_period(view), pick_label(view)],
        chart(
            "A share is a mean of probabilities",
            "The model gives every comment a probability for each category. If a hundred comments have 5% each, we "
            f"expect five toxic ones among them: a share of 5%. {mean}A flag is a comment whose probability reaches "
            "its category's threshold. Only comments with a score count. Each line stands for ten times as many "
            "comments as the one below it.",
            figures.spread(spread, view.label),
            spread,
            NONE,
        ),
        chart(
            "An interval is what chance could do",
            "Share ± margin is as wide as counting that many comments would be: below, this period's share of "
            f"{label_plural(view.label).lower()} if it were of so many comments. It holds if the model's probabilities "
            "are right; the random audit says whether they are.",
            figures.widths(widths, view.label),
            widths,
            NONE,
        ),
        chart(
            "A change has to be more than days differ anyway",
            "Comments of one day or below one post resemble each other, so that they say as much as fewer independent "
            f"ones. The {USUAL_DAYS} days before the period tell by how much; with fewer than {LEAST_DAYS} of them "
            "there is no verdict. All accounts and categories are judged together, so that at most "
            f"{BY_CHANCE:.0%} of the changes called significant are chance. Below: each account's comments, and as how "
            f"many independent ones they count ({label_name(view.label)}).",
            figures.worth(worth, view.label),
            worth,
            "Too few days yet.",
        ),
        chart(
            "The random audit",
            "A part of the reviews is of comments drawn at random, each with a known chance. What people say of these "
            "corrects the model's share, whatever the model is worth. Picked comments measure flags, never a share. "
            "Where the model is outside of people's interval, it sees too little or too much.",
            figures.audited(audited),
            audited,
            "No comment of the random audit has been reviewed in this period.",
        ),
        panel(
            "Few comments say little",
            f"A change from or to fewer than {FEW_COMMENTS} comments is never called significant, and days and hours "
            "with fewer are grey. A day without comments has no share, so lines are interrupted there.",
        ),
        panel(
            "Calibration to your own sections",
            "Two hundred reviewed comments of the audit tell how far the model is off in an account, a tag or a "
            "language. Its probabilities there can be moved until they say what people said, in all of its history, so "
            "that trends join. The interval then includes how far that may be off. The Quality page lists them.",
        ),
    )
