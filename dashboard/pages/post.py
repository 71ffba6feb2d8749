"""One post: how its first hours went."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from dash import html
from dash.development.base_component import Component

from dashboard import figures
from dashboard.charts import behind, chart, legend_of_severities
from dashboard.components import link, note, page
from dashboard.figures import FIRST_HOURS
from dashboard.language import N_, _, number
from dashboard.pictures import gallery
from dashboard.view import Answers, Row, View
from dashboard.wording import comments as count_of
from dashboard.wording import full_date

PATH, TITLE = "/post", N_("Post")
DAYS = 1 + FIRST_HOURS // 24  # that the first hours can touch


def layout(answers: Answers, view: View) -> Component:
    found = answers.rows("post", view)
    if not found:
        return note(_("This post was never collected, or has no date."), _("Post not found"))
    (post,) = found
    day = post["posted_at"].date()
    hours = replace(view, account=post["account"], last=day + timedelta(DAYS - 1), days=DAYS)
    rows = answers.rows("post_hours", hours)
    comments = partial(behind, replace(hours, last=min(hours.last, view.newest)), post=view.post)
    return page(
        post["caption"] or _("A post without a caption"),
        [
            _sentence(post, rows), " ",
            link(post["account"], "/account", view.search(account=post["account"], post=None)),
            *([" · ", link(_("Read the comments"), address)] if (address := comments()) else []),
            *([" · ", html.A(_("Open the original"), href=post["url"], target="_blank", rel="noreferrer")]
              if post["url"] else []),
        ],
        [],
        chart(
            _("The first {number} hours", number=FIRST_HOURS),
            _("Comments by hours after the post; grey is what was not flagged."),
            figures.first_hours(rows, lambda row: comments(severity=_severity(row))), rows,
            _("No comment of these hours was collected."), wide=True,
            legend=legend_of_severities(rows, hours, post=view.post),
        ),
        *gallery(answers.rows("pictures", view, id=None)),
    )  # fmt: skip


def _severity(row: Row) -> str | None:
    return None if row["severity"] == "none" else row["severity"]


def _sentence(post: Row, rows: list[Row]) -> str:
    comments = sum(row["comments"] for row in rows)
    flagged = sum(row["comments"] for row in rows if row["severity"] != "none")
    at = _("Posted on {day} at {time} UTC.", day=full_date(post["posted_at"].date()), time=f"{post['posted_at']:%H:%M}")
    if not comments:
        return at
    first = sum(row["comments"] for row in rows if row["hour"] < FIRST_HOURS / 4)
    return at + " " + _(
        "Of {comments} in its first {hours} hours, {flagged} were flagged; {share} came in the first {few}.",
        comments=count_of(comments), hours=FIRST_HOURS, flagged=number(flagged), share=number(first / comments, ".0%"),
        few=FIRST_HOURS // 4,
    )  # fmt: skip
