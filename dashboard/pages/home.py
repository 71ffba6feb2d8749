"""The first page: what needs somebody, then what changed. A line of the inbox leads to what it speaks of."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.components import labelled, page, panel
from dashboard.inbox import MOST_URGENT, Inbox, Line, sentence
from dashboard.language import ENGLISH, N_, _, speaking
from dashboard.pages import overview
from dashboard.people import VISITOR
from dashboard.view import Answers, View
from dashboard.wording import full_date
from warehouse.reviews import Reviews

TITLE = N_("Home")
SNOOZES = {1: N_("Tomorrow"), 3: N_("In 3 days"), 7: N_("In a week"), 28: N_("In 4 weeks")}  # by days


def layout(answers: Answers, view: View, inbox: Inbox, reviews: Reviews) -> Component:
    whole = upper(answers, view, inbox, reviews)
    whole.children += overview.lower(answers, view)
    return whole


def upper(answers: Answers, view: View, inbox: Inbox, reviews: Reviews) -> Component:
    if view.tag and not answers.chosen(view):
        return page(view.tag, _("This client has no comments yet."), overview.controls(answers, view))
    lines = inbox.lines(view.of_client())
    return page(
        view.tag or _(TITLE),
        [html.Strong(sentence(lines), id="needs"), " ", overview.sentence(answers, view)],
        overview.controls(answers, view),
        html.Div(_panel(lines, inbox), id="inbox", className="wide", role="status"),
        *overview.upper(answers, view, reviews),
    )  # fmt: skip


def register(app: Dash, answers: Answers, inbox: Inbox, reviews: Reviews, write_down: Callable[[str], None]) -> None:
    @app.callback(
        Output("inbox", "children"), Output("needs", "children"),
        Input({"inbox": ALL, "line": ALL, "to": ALL}, "n_clicks"),
        State("shown", "data"), State("url", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def act(clicks: list[int | None], shown: dict[str, list[str]], search: str) -> tuple[Component, str]:
        if not any(clicks):  # new buttons trigger too
            raise PreventUpdate
        view, asked = View.read(search, answers.newest()).of_client(), ctx.triggered_id
        line = next((one for one in inbox.lines(view) if one.key == asked["line"]), None)
        if asked["inbox"] == "undo":
            reviews.bring_back(shown.get("", []), VISITOR.get().name)
        elif line:
            drawn = set(shown.get(line.key, []))  # what came up since is not touched
            ids = [id for id in line.ids if id in drawn]
            answer = _carry_out(asked["inbox"], asked["to"], line, ids, inbox, reviews, write_down)
            lines = inbox.lines(view)
            return _panel(lines, inbox, answer, [] if asked["inbox"] == "assign" else ids), sentence(lines)
        lines = inbox.lines(view)
        return _panel(lines, inbox), sentence(lines)


def _carry_out(
    action: str, to: str, line: Line, ids: list[str], inbox: Inbox, reviews: Reviews, write_down: Callable[[str], None]
) -> str:
    """Does it and says so."""
    if action == "assign":
        if to not in inbox.colleagues(line):
            raise PreventUpdate
        reviews.assign(ids, to)
        with speaking(ENGLISH):
            write_down(f"assigned {line.what} to {to}: {', '.join(ids)}")
        return _("Assigned to {person}: {comments}.", person=to, comments=line.what)
    if action == "snooze":
        until = date.fromisoformat(to)
        reviews.put_aside(ids, VISITOR.get().name, until)
        return _("Back on {day}: {comments}.", day=full_date(until), comments=line.what)
    reviews.put_aside(ids, VISITOR.get().name)
    return _("Seen: {comments}.", comments=line.what)


def _panel(lines: list[Line], inbox: Inbox, answer: str = "", undoable: list[str] | None = None) -> Component:
    undo = [" ", _button(_("Undo"), "undo")] if undoable else []
    return panel(
        _("Needs you"),
        [answer, *undo] if answer else _("Marking a line as seen hides it from you only; what is new gets a new line."),
        html.Ul([_line(line, inbox) for line in lines], className="inbox")
        if lines else html.P(_("Nothing. You’re all caught up."), className="empty"),
        dcc.Store(id="shown", data={line.key: line.ids for line in lines} | {"": undoable or []}),
        wide=True,
    )  # fmt: skip


def _line(line: Line, inbox: Inbox) -> Component:
    whose = ""
    if line.assignee:
        whose = (
            _("assigned to you") if line.assignee == VISITOR.get().name else _("with {person}", person=line.assignee)
        )
    text = dcc.Link(line.text, href=line.address) if line.address else line.text
    return html.Li([
        html.Div([text, *([html.Span(whose, className="whose")] if whose else []),
                  html.Div(line.detail, className="note")], className="what"),
        html.Div(_actions(line, inbox), className="actions"),
    ], className="urgent" if line.kind in MOST_URGENT else "")  # fmt: skip


def _actions(line: Line, inbox: Inbox) -> list[Component]:
    me, colleagues = VISITOR.get().name, inbox.colleagues(line)
    hand_on = _menu(_("Assign"), line, "assign", {name: _("Me") if name == me else name for name in colleagues})
    if line.assignee not in (None, me):
        return hand_on
    today = datetime.now(UTC).date()
    days = {str(today + timedelta(later)): _(text) for later, text in SNOOZES.items()}
    return [_button(_("Seen"), "seen", line.key), *_menu(_("Snooze"), line, "snooze", days), *hand_on]


def _menu(caption: str, line: Line, action: str, choices: dict[str, str]) -> list[Component]:
    buttons = [html.Button(text, id=_id(action, line.key, to), n_clicks=0) for to, text in choices.items()]
    name = labelled(html.Summary, f"{caption}: {line.text}", caption)
    return [html.Details([name, html.Div(buttons, className="choices")])] if buttons else []


def _button(caption: str, action: str, line: str = "") -> Component:
    return html.Button(caption, id=_id(action, line), n_clicks=0)


def _id(action: str, line: str, to: str = "") -> dict[str, Any]:
    return {"inbox": action, "line": line, "to": to}
