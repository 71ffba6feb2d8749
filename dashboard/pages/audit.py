"""Who may look at what, and what people did: for admins."""

from dash import html
from dash.development.base_component import Component

from dashboard.components import grid, page, panel, table
from dashboard.people import People, Visitor
from dashboard.view import Answers, Row, View

TITLE = "Audit"


def layout(answers: Answers, view: View, people: People | None) -> Component:  # noqa: ARG001
    if people is None:
        nobody = html.P("Nobody signs in here: `toxwatch user add NAME` closes the door.", className="empty")
        return page(TITLE, "Who may look, and what they did.", [], panel("People", "Who may sign in.", nobody))
    columns = [
        {"field": "at", "headerName": "when (UTC)", "width": 190},
        {"field": "who", "width": 190},
        {"field": "did", "headerName": "what", "flex": 1, "minWidth": 320},
    ]
    trail = [dict(zip(("at", "who", "did"), row, strict=True)) for row in people.audit()]
    return page(
        TITLE,
        "Who may look at what, and what they did, the newest first.",
        [],
        panel("People", "Who may sign in; `toxwatch user` lets in and shuts out.",
              table([_person(visitor) for visitor in people.visitors()])),
        panel("Trail", "Signing in, reviews, texts that were revealed, exports: the last thousand.",
              grid(columns, "60vh", {"rowHeight": 30}, rowData=trail), wide=True),
    )  # fmt: skip


def _person(visitor: Visitor) -> Row:
    return {
        "name": visitor.name,
        "role": visitor.role,
        "accounts": f"tagged {', '.join(visitor.part.tags)}" if visitor.part.tags else "all",
        "sees": "texts" if visitor.part.texts else "figures only",
    }
