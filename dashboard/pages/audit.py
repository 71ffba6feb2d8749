"""Who has access to what, and what people did. For admins."""

from dash import html
from dash.development.base_component import Component

from dashboard.components import grid, page, panel, prose, table
from dashboard.language import N_, _
from dashboard.people import People, Visitor
from dashboard.view import Answers, Row, View
from dashboard.wording import ROLE_NAMES, tagged

TITLE = N_("Audit")


def layout(answers: Answers, view: View, people: People) -> Component:  # noqa: ARG001
    if not people.exist():
        message = _(
            "No login is set up: anyone using this computer can open the dashboard. "
            "Invite somebody under Settings, People and keys, to require one."
        )
        return page(_(TITLE), _("Who has access, and what they did."), [],
                    panel(_("Users"), _("Who can sign in."), html.P(prose(message), className="empty")))  # fmt: skip
    columns = [
        {"field": "at", "headerName": _("When (UTC)"), "width": 190},
        {"field": "who", "headerName": _("Who"), "width": 190},
        {"field": "did", "headerName": _("What"), "flex": 1, "minWidth": 320},
    ]
    activity = [dict(zip(("at", "who", "did"), row, strict=True)) for row in people.audit()]
    return page(
        _(TITLE),
        _("Who has access to what, and what they did."),
        [],
        panel(_("Users"), _("Who can sign in. Manage users with `toxwatch user`."),
              table([_person(visitor) for visitor in people.visitors()])),
        panel(_("Activity"), _("Sign-ins, reviews, revealed texts and exports; the last 1,000, newest first."),
              grid(columns, "60vh", {"rowHeight": 30}, rowData=activity), wide=True),
    )  # fmt: skip


def _person(visitor: Visitor) -> Row:
    return {
        "name": visitor.name,
        "role": _(ROLE_NAMES[visitor.role]),
        "accounts": tagged(visitor.part.tags) if visitor.part.tags else _("all"),
        "can_see": _("comments and statistics") if visitor.part.texts else _("statistics only"),
    }
