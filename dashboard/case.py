"""What people do about one comment: decide, say whom it attacks, note, hand on, say what was done on the platform."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.components import link
from dashboard.controls import choice, in_language
from dashboard.inbox import Inbox, Item, Line
from dashboard.language import N_, _, ngettext
from dashboard.pages import review
from dashboard.people import VISITOR
from dashboard.view import Answers, Row, View
from dashboard.wording import ATTACKED, in_sentence, label_name, label_title, moment
from models.labels import LABELS
from warehouse.cases import HANDLINGS, Cases
from warehouse.reviews import Reviews

LONGEST_NOTE = 500  # characters
CAPTIONS = {"hidden": N_("Hidden"), "deleted": N_("Deleted"), "replied": N_("Replied")}
DONE = {
    "hidden": N_("Hidden on the platform."),
    "deleted": N_("Deleted on the platform."),
    "replied": N_("Replied on the platform."),
}
TAKEN_BACK = {"hidden": N_("Not hidden after all."), "deleted": N_("Not deleted after all."),
              "replied": N_("Not replied after all.")}  # fmt: skip
_choice = partial(choice, w=220, clearable=True)
BUTTONS = ("agree", "harmless", "save", *HANDLINGS, "attacked", "note", "hand")


def panel(row: Row, answers: Answers, view: View, inbox: Inbox, cases: Cases, answer: str = "") -> list[Component]:
    """For those who review; others see what was done."""
    log = html.Ul(_log(row, cases), className="log")
    if not VISITOR.get().may("review"):
        return [log]
    done = cases.handled(row["comment_id"])
    return [
        _strikes(row, answers, view, cases),
        html.Div([
            _button("agree", _("Agree with flags")), _button("harmless", _("Harmless")),
            html.Details([
                html.Summary(_("Other categories")),
                html.Div([
                    dmc.CheckboxGroup(
                        [dmc.Checkbox(label=label_title(label), value=label, size="xs") for label in LABELS],
                        id="case-labels", value=row["reviewed_as"] or row["flags"],
                    ),
                    _button("save", _("Save")),
                ], className="choices"),
            ]),
        ], className="actions"),
        html.Div([
            html.Span(_("Done on the platform:"), className="note"),
            *(_button(how, f"{_(CAPTIONS[how])} ✓" if how in done else _(CAPTIONS[how])) for how in HANDLINGS),
        ], className="actions"),
        html.Div([
            _choice("case-attacked", _("Attacks"), in_language(ATTACKED),
                    cases.attacked(row["comment_id"]).get(VISITOR.get().name)),
            _button("attacked", _("Save")),
            *_hand(row, inbox),
        ], className="actions fields"),
        html.Div([
            dmc.Textarea(id="case-note", label=_("Note for colleagues"), autosize=True, minRows=1, w="100%", size="sm"),
            _button("note", _("Add note")),
        ], className="actions fields"),
        html.P(answer, className="note", role="status"),
        log,
        dcc.Store(id="case", data={"id": row["comment_id"], "day": str(row["day"])}),
    ]  # fmt: skip


def register(
    app: Dash, answers: Answers, inbox: Inbox, reviews: Reviews, cases: Cases, write_down: Callable[[str], None]
) -> None:
    @app.callback(
        Output("case-body", "children"), *(Input(f"case-{name}-button", "n_clicks") for name in BUTTONS),
        State("case", "data"), State("case-labels", "value"), State("case-attacked", "value"),
        State("case-note", "value"), State("case-colleague", "value"), State("url", "search"),
        prevent_initial_call=True,
    )  # fmt: skip
    def act(*sent: Any) -> list[Component]:
        clicks, (case, labels, attacked, text, colleague, search) = sent[: len(BUTTONS)], sent[len(BUTTONS) :]
        row = answers.comment(case["id"], case["day"])
        if not any(clicks) or not VISITOR.get().may("review") or row is None:
            raise PreventUpdate
        view, did = View.read(search, answers.newest()), str(ctx.triggered_id).split("-")[1]
        if did in ("agree", "harmless", "save"):
            decided = review.decide(answers, view, reviews, write_down, did, case["id"], case["day"], labels)
            answer = reviewed_as(decided or [])
        elif did in HANDLINGS:
            answer = _handle(row, did, cases)
        elif did == "attacked":
            answer = _say_attacked(row, attacked, cases)
        elif did == "note":
            answer = _note(row, text, cases)
        else:
            answer = _hand_to(row, colleague, inbox, cases)
        if did not in ("agree", "harmless", "save"):
            write_down(f"{case['id']}: {answer}")
        return panel(row, answers, view, inbox, cases, answer)


def _handle(row: Row, how: Any, cases: Cases) -> str:
    if how in cases.handled(row["comment_id"]):
        cases.take_back(row["comment_id"], how)
        return _(TAKEN_BACK[how])
    cases.handle(row["comment_id"], how, f"{row['platform']}/{row['account']}", row["posted_at"], VISITOR.get().name)
    return _(DONE[how])


def _say_attacked(row: Row, attacked: str | None, cases: Cases) -> str:
    if attacked not in ATTACKED:
        return _("Choose whom the comment attacks.")
    cases.say_attacked(row["comment_id"], attacked, VISITOR.get().name)
    return _say(attacked)


def _note(row: Row, text: str | None, cases: Cases) -> str:
    if not text or not text.strip():
        return _("Write a note first.")
    cases.note(row["comment_id"], text.strip()[:LONGEST_NOTE], VISITOR.get().name)
    return _("Note added.")


def _hand_to(row: Row, colleague: str | None, inbox: Inbox, cases: Cases) -> str:
    if colleague not in inbox.colleagues(_as_line(row)):
        return _("Choose a colleague.")
    cases.hand(row["comment_id"], str(colleague), VISITOR.get().name)
    return _("Handed to {person}.", person=colleague)


def _hand(row: Row, inbox: Inbox) -> list[Component]:
    colleagues = inbox.colleagues(_as_line(row))
    colleague = _choice("case-colleague", _("Hand to"), {name: name for name in colleagues})
    button = _button("hand", _("Hand over"))
    return [colleague, button] if colleagues else [html.Div([colleague, button], hidden=True)]


def _as_line(row: Row) -> Line:
    return Line("toxic", (Item((row["comment_id"],), "toxic", f"{row['platform']}/{row['account']}"),), None, None)


def _strikes(row: Row, answers: Answers, view: View, cases: Cases) -> Component:
    """How often the author was harmful before, by pseudonym."""
    others = answers.rows("strikes", view, ids=cases.harmful(), id=row["comment_id"], day=row["day"])
    if not others:
        return html.P(_("No strikes: no other comment of this author was reviewed as harmful."), className="note")
    first = others[0]
    days = (view.newest - first["posted_at"].date()).days + 1
    address = view.unfiltered().search(account=None, words=f"@{first['author_hash'][:8]}", review="harmful", days=days)
    return html.P([
        ngettext("{number} strike:", "{number} strikes:", len(others)), " ",
        link(_("other harmful comments of this author"), "/comments", address), ".",
    ], className="note")  # fmt: skip


def _log(row: Row, cases: Cases) -> list[Component]:
    """What people did, the oldest first."""
    id = row["comment_id"]
    lines = [(entry.at, f"{entry.person}: {_(DONE[how])}{_after(entry.at, row['posted_at'])}")
             for how, entry in cases.handled(id).items()]  # fmt: skip
    lines += [(entry.at, f"{entry.person}: {entry.text}") for entry in cases.notes(id)]
    attacked = [html.Li(f"{who}: {_say(whom)}") for who, whom in cases.attacked(id).items()]
    return [*attacked, *(html.Li(f"{moment(at)} UTC · {text}") for at, text in sorted(lines))]


def _after(at: datetime, posted_at: datetime) -> str:
    """ " 5 hours after it was written." """
    hours = (at - posted_at).total_seconds() / 3600
    if hours < 0:
        return ""
    if hours < 48:
        return " " + ngettext(
            "{number} hour after it was written.", "{number} hours after it was written.", round(hours)
        )
    return " " + _("{number} days after it was written.", number=round(hours / 24))


def _say(whom: str) -> str:
    return _("Attacks: {whom}.", whom=in_sentence(_(ATTACKED[whom])))


def reviewed_as(labels: list[str]) -> str:
    if not labels:
        return _("Reviewed as harmless.")
    return _("Reviewed as {categories}.", categories=", ".join(map(label_name, labels)))


def _button(name: str, caption: str) -> Component:
    return html.Button(caption, id=f"case-{name}-button", n_clicks=0)
