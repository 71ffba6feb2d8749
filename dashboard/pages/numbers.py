"""How these numbers are made, in plain words; docs/numbers.md says the same at length."""

from dash import html
from dash.development.base_component import Component

from dashboard.components import page, panel, pick_label, pick_period, table
from dashboard.view import Answers, View
from dashboard.wording import label_name
from warehouse.measures import BY_CHANCE, FEW_COMMENTS, LEAST_DAYS, USUAL_DAYS

TITLE = "Numbers"


def layout(answers: Answers, view: View) -> Component:
    worth = [
        {"Account": row["account"], "Comments": row["comments"], "Count as": row["worth"]}
        for row in answers.rows("worth", view)
        if row["worth"] is not None
    ]
    body = table(worth, {name: name for name in worth[0]}) if worth else html.P("Too few days yet.", className="empty")
    return page(
        "How these numbers are made",
        "What a share, an interval and a significant change mean, and how far to trust them.",
        [*pick_period(view), pick_label(view)],
        panel(
            "A share is a mean of probabilities",
            "The model gives every comment a probability for each category. If a hundred comments have 5% each, we "
            "expect five toxic ones among them: a share of 5%. A flag is a comment whose probability reaches its "
            "category's threshold. Only comments with a score count.",
        ),
        panel(
            "An interval is what chance could do",
            "Share ± margin is as wide as counting that many comments would be. It holds if the model's probabilities "
            "are right; the random audit on the Quality page says whether they are.",
        ),
        panel(
            "A change has to be more than days differ anyway",
            f"Comments of one day or below one post resemble each other. The {USUAL_DAYS} days before the period tell "
            f"by how much; with fewer than {LEAST_DAYS} of them there is no verdict. All accounts and categories are "
            f"judged together, so that at most {BY_CHANCE:.0%} of the changes called significant are chance.",
        ),
        panel(
            "Few comments say little",
            f"A change from or to fewer than {FEW_COMMENTS} comments is never called significant, and hours with fewer "
            "are grey. A day without comments has no share, so lines are interrupted there.",
        ),
        panel(
            "The random audit",
            "A part of the reviews is of comments drawn at random, each with a known chance. What people say of these "
            "corrects the model's share, whatever the model is worth. Picked comments measure flags, never a share.",
        ),
        panel(
            "Calibration to your own sections",
            "Two hundred reviewed comments of the audit tell how far the model is off in an account, a tag or a "
            "language. Its probabilities there can be moved until they say what people said, in all of its history, so "
            "that trends join. The interval then includes how far that may be off. The Quality page lists them.",
        ),
        panel(
            "How many comments these are worth",
            f"As many independent comments would say as much about the share ({label_name(view.label)}), because "
            "comments of one day and below one post resemble each other.",
            body,
        ),
    )
