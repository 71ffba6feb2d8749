"""How these numbers are made, in plain words and pictures of one's own comments; docs/numbers.md says more."""

from dash.development.base_component import Component

from dashboard import reliability
from dashboard.charts import behind, behind_scores, chart
from dashboard.components import page, panel
from dashboard.controls import pick_label, pick_period
from dashboard.language import N_, _, number
from dashboard.view import AUDITED, Answers, Row, View
from dashboard.wording import label_name, percent
from warehouse.measures import BY_CHANCE, FEW_COMMENTS, LEAST_DAYS, USUAL_DAYS

TITLE = N_("Numbers")
NONE = N_("No comments with scores in this period.")


def layout(answers: Answers, view: View) -> Component:
    widths = answers.rows("widths", view)
    worth = [row for row in answers.rows("worth", view) if row["worth"] is not None]
    spread, audited = answers.rows("spread", view), answers.audited("audited", view)
    return page(
        _("How these numbers are made"),
        _("What a share, an interval and a significant change mean, and how far to trust them."),
        [*pick_period(view), pick_label(view)],
        chart(
            _("A share is an average of probabilities"),
            _spread(widths),
            reliability.spread(
                spread, view.label, lambda row: behind_scores(view, row["probability_from"], row["probability_to"])
            ),
            spread,
            _(NONE),
        ),
        chart(
            _("An interval shows what chance could do"),
            _(
                "The fewer comments, the wider the interval. Below: this period's share ({category}) as it "
                "would be for "
                "fewer and for more comments. Intervals assume that the model's probabilities are right; the random "
                "audit tells whether they are.",
                category=label_name(view.label),
            ),
            reliability.widths(widths, view.label),
            widths,
            _(NONE),
        ),
        chart(
            _("A significant change is larger than the usual ups and downs"),
            _(
                "Comments on one day or under one post resemble each other, so they count as fewer independent ones. "
                "The {usual} days before the period tell how much; with fewer than {least} days, no change is called "
                "significant. All accounts and categories are judged together, so that at most {share} of the changes "
                "called significant are chance. Below: each account's comments, and how many independent ones "
                "they count "
                "as ({category}).",
                usual=USUAL_DAYS,
                least=LEAST_DAYS,
                share=number(BY_CHANCE, ".0%"),
                category=label_name(view.label),
            ),
            reliability.worth(worth, view.label, lambda row: behind(view, account=row["account"])),
            worth,
            _("Too few days yet."),
        ),
        chart(
            _("The random audit"),
            _(
                "Some of the comments that people review are drawn at random, each with a known chance. Their "
                "decisions "
                "correct the model's share, however good or bad the model is. Comments that were picked for "
                "review measure "
                "flags, never a share. A model outside of the interval finds too few or too many."
            ),
            reliability.audited(audited, lambda row: behind(view, label=row["label"], review=AUDITED)),
            audited,
            _("No comment of the random audit has been reviewed in this period."),
        ),
        panel(
            _("A few comments prove little"),
            _(
                "A change from or to fewer than {number} comments is never called significant, and days and hours with "
                "fewer are grey. A day without comments has no share, so lines are interrupted there.",
                number=FEW_COMMENTS,
            ),
        ),
        panel(
            _("Calibration to your own sections"),
            _(
                "Two hundred reviewed comments of the audit tell how far the model is off for an account, a tag or a "
                "language. Its probabilities there can be adjusted to match reviewers, in all of history so "
                "that trends "
                "stay comparable. Intervals then include how uncertain that adjustment is. The Quality page lists them."
            ),
        ),
    )


def _spread(widths: list[Row]) -> str:
    sentences = [
        _("The model gives every comment a probability for each category. If a hundred comments have 5% each, "
          "we expect "
          "five toxic ones among them: a share of 5%."),
        *([_("Here they average {share}.", share=percent(widths[0]["share"]))] if widths else []),
        _("A comment is flagged if its probability reaches the category's threshold. Only comments with a score count. "
          "Each line of the chart stands for ten times as many comments as the one below it."),
    ]  # fmt: skip
    return " ".join(sentences)
