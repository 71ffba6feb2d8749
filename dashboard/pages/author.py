"""One author by pseudonym: what they wrote, when, on which accounts, and how severe it was."""

from dataclasses import replace
from functools import cache

from dash.development.base_component import Component

from dashboard import figures
from dashboard.charts import behind, chart, legend_of_severities
from dashboard.components import link, note, page
from dashboard.controls import pick_period
from dashboard.language import N_, _, ngettext, number
from dashboard.view import Answers, Row, View
from dashboard.wording import comments, period_phrase, sentence_case
from warehouse.measures import USUAL_DAYS

PATH, TITLE = "/author", N_("Author")


def search(view: View, pseudonym: str) -> str:
    """The query string of an author's page, for at least four weeks."""
    return view.unfiltered().search(account=None, words=f"@{pseudonym}", days=max(view.days, USUAL_DAYS))


def layout(answers: Answers, view: View) -> Component:
    if not (view.words or "").startswith("@"):
        return note(_("Choose a pseudonym on the page of an account."), _("No author chosen"))
    rows = answers.rows("timeline", view)
    return page(
        _("Author {pseudonym}", pseudonym=view.words),
        [_sentence(rows, view), *_reading(view)],
        pick_period(view),
        chart(
            _("Timeline"),
            _("Each comment by when it was written and how likely it is toxic; its colour is its severity."),
            figures.timeline(rows, _opening(view)), _data(rows),
            _("This author wrote no scored comment in the period."), wide=True,
            legend=legend_of_severities(rows, replace(view, account=None), words=view.words),
        ),
    )  # fmt: skip


def _sentence(rows: list[Row], view: View) -> str:
    if not rows:
        return _("No scored comment {period}.", period=period_phrase(view.days, view.last))
    accounts = {row["account"] for row in rows}
    flagged, harmful = sum(row["severity"] != "none" for row in rows), sum(bool(row["reviewed_as"]) for row in rows)
    written = ngettext(
        "{period}, {comments} on {number} account: {flagged} flagged.",
        "{period}, {comments} on {number} accounts: {flagged} flagged.",
        len(accounts), period=period_phrase(view.days, view.last), comments=comments(len(rows)),
        flagged=number(flagged),
    )  # fmt: skip
    confirmed = ngettext("Reviewers called {number} of their comments harmful.",
                         "Reviewers called {number} of their comments harmful.", harmful)  # fmt: skip
    return " ".join([sentence_case(written), *([confirmed] if harmful else []), ""])


def _reading(view: View) -> list[Component]:
    address = behind(replace(view, account=None), words=view.words)
    return [link(_("Read them"), address)] if address else []


def _opening(view: View) -> figures.Address:
    of_day = cache(lambda day: behind(replace(view, account=None), words=view.words, days=1, last=day))

    def address(row: Row) -> str | None:
        day = row["posted_at"].date()
        return (found := of_day(day)) and f"{found}&comment={day}/{row['comment_id']}"

    return address


def _data(rows: list[Row]) -> list[Row]:
    return [
        {name: row[name] for name in ("posted_at", "account", "toxic", "severity")}
        | {"reviewed": None if row["reviewed_as"] is None else _("harmful") if row["reviewed_as"] else _("harmless")}
        for row in rows
    ]
