"""Settings of who gets in: people, who are invited by a link and choose their own password, and programs with keys."""

from collections.abc import Callable
from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.changes import settings_page
from dashboard.components import panel, table
from dashboard.controls import choice, in_language
from dashboard.language import N_, _
from dashboard.people import INVITATION_DAYS, ROLES, SCOPES, VISITOR, WELCOME, People, PeopleError
from dashboard.view import Answers
from dashboard.wording import ROLE_NAMES, tagged
from warehouse import Part, WarehouseError

PATH, TITLE = "/settings/people", N_("People and keys")
SEES = {"all": N_("Comments and statistics"), "figures": N_("Statistics only")}
SCOPE_NAMES = {
    "predict": N_("Score texts"),
    "figures": N_("Statistics"),
    "read": N_("Statistics and comments"),
    "settings": N_("Settings"),
}
_choice = partial(choice, w=220, allowDeselect=False)


def layout(people: People, answers: Answers) -> Component:
    return settings_page(
        PATH,
        TITLE,
        _("Who can sign in, and which programs can ask.") if people.exist() else
        _("No login is set up: anyone using this computer can open the dashboard, until the first person has a "
          "password."),
        html.Div(id="members-answer", className="wide answer", role="alert"),
        html.Div(_body(people, answers), id="members", className="page-part"),
    )  # fmt: skip


def register(app: Dash, people: People, answers: Answers, write_down: Callable[[str], None]) -> None:
    outputs = (
        Output("members-answer", "children", allow_duplicate=True),
        Output("members", "children", allow_duplicate=True),
    )

    def attempt(did: str, action: Callable[[], Any], answer: Callable[[Any], Any]) -> tuple[Any, Any]:
        if not VISITOR.get().may("settings"):
            raise PreventUpdate
        try:
            result = action()
        except PeopleError as error:
            return str(error), no_update
        write_down(did)
        return answer(result), _body(people, answers)

    @app.callback(
        *outputs, Input("invite", "n_clicks"), State("invited", "value"), State("invited-role", "value"),
        State("invited-tags", "value"), State("invited-sees", "value"), State("url", "href"), prevent_initial_call=True,
    )  # fmt: skip
    def invite(
        clicks: int | None, name: str, role: str, tags: list[str] | None, sees: str, href: str
    ) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        name, part = (name or "").strip(), Part(tuple(tags or ()), sees == "all")
        return attempt(
            f"invited {name} as {role}",
            lambda: people.invite(name, role, part),
            lambda token: _invitation(name, token, href),
        )

    @app.callback(
        *outputs, Input("reset", "n_clicks"), Input("remove-person", "n_clicks"), State("person", "value"),
        State("url", "href"), prevent_initial_call=True,
    )  # fmt: skip
    def change(reset: int | None, removed: int | None, name: str | None, href: str) -> tuple[Any, Any]:
        if not (reset or removed):
            raise PreventUpdate
        known = {visitor.name: visitor for visitor in people.visitors()}
        if name not in known:
            return _("Choose a person."), no_update
        one = known[name]
        if ctx.triggered_id == "reset":
            return attempt(
                f"made a link to a new password for {name}",
                lambda: people.invite(one.name, one.role, one.part),
                lambda token: _invitation(one.name, token, href),
            )
        if one.may("settings") and not any(other.may("settings") for other in known.values() if other != one):
            only = _("{name} is the only admin of everything: nobody could change settings afterwards.", name=name)
            return only, no_update
        return attempt(
            f"removed {name}",
            lambda: people.remove(one.name),
            lambda _none: _("{name} was removed and signed out.", name=name),
        )

    @app.callback(
        *outputs, Input("add-key", "n_clicks"), Input("remove-key", "n_clicks"), State("new-key", "value"),
        State("new-scope", "value"), State("key", "value"), prevent_initial_call=True,
    )  # fmt: skip
    def keys(added: int | None, removed: int | None, new: str | None, scope: str, old: str | None) -> tuple[Any, Any]:
        if not (added or removed):
            raise PreventUpdate
        if ctx.triggered_id == "add-key":
            name = (new or "").strip()
            if not name or name in [name for name, *_ in people.programs()]:
                return _("Give the key a name that no other has."), no_update
            return attempt(
                f"added the key {name}",
                lambda: people.add_key(name, [scope]),
                lambda key: html.Span([_("The key {name}, which is shown only now:", name=name), " ", html.Code(key)]),
            )
        if not old:
            return _("Choose a key."), no_update
        return attempt(
            f"removed the key {old}",
            lambda: people.remove_key(old),
            lambda _none: _("The key {name} is worth nothing now.", name=old),
        )


def _invitation(name: str, token: str, href: str) -> Component:
    address = f"{'/'.join(href.split('/')[:3])}{WELCOME}?token={token}"
    return html.Span([
        _("Send {name} this link. It works once, within {number} days:", name=name, number=INVITATION_DAYS), " ",
        html.Code(address, id="invitation"),
    ])  # fmt: skip


def _body(people: People, answers: Answers) -> list[Component]:
    return [_invite_panel(answers), _people_panel(people), _keys_panel(people)]


def _invite_panel(answers: Answers) -> Component:
    try:
        tags = sorted(answers.tags())
    except WarehouseError:  # there is none before the first night
        tags = []
    roles = {role: _(ROLE_NAMES[role]) for role in ROLES}
    return panel(
        _("Invite somebody"), _("You get a link to send them; with it they choose their password."),
        html.Div([
            dmc.TextInput(id="invited", label=_("Name"), size="sm", w=190),
            _choice("invited-role", _("Role"), roles, "moderator"),
            dmc.TagsInput(id="invited-tags", label=_("Only accounts tagged"), data=tags, size="sm", w=240),
            _choice("invited-sees", _("Sees"), in_language(SEES), "all"),
        ], className="form"),
        html.Div(html.Button(_("Make a link"), id="invite"), className="actions"),
    )  # fmt: skip


def _people_panel(people: People) -> Component:
    visitors = people.visitors()
    rows = [
        {
            _("Name"): one.name,
            _("Role"): _(ROLE_NAMES[one.role]),
            _("Accounts"): tagged(one.part.tags) if one.part.tags else _("All"),
            _("Sees"): _("Comments and statistics") if one.part.texts else _("Statistics only"),
        }
        for one in visitors
    ]
    return panel(
        _("People"), _("To change somebody's role or accounts, invite them again by the same name."),
        html.Div([
            _choice("person", _("Person"), {one.name: one.name for one in visitors}),
        ], className="form"),
        html.Div([
            html.Button(_("Link to a new password"), id="reset"), html.Button(_("Remove"), id="remove-person"),
        ], className="actions"),
        table(rows, {name: name for name in rows[0]}) if rows else html.P(_("Nobody yet."), className="empty"),
    )  # fmt: skip


def _keys_panel(people: People) -> Component:
    rows = [
        {
            _("Name"): name,
            _("May"): ", ".join(_(SCOPE_NAMES[scope]) for scope in scopes),
            _("Accounts"): ", ".join(tags) or _("All"),
        }
        for name, scopes, tags in people.programs()
    ]
    return panel(
        _("Keys for programs"), _("Programs send a key to ask the API."),
        html.Div([
            dmc.TextInput(id="new-key", label=_("Name of the program"), size="sm", w=190),
            _choice("new-scope", _("May"), {scope: _(SCOPE_NAMES[scope]) for scope in SCOPES}, "predict"),
        ], className="form"),
        html.Div(html.Button(_("Add key"), id="add-key"), className="actions"),
        html.Div([_choice("key", _("Key"), {name: name for name, *_rest in people.programs()})], className="form"),
        html.Div(html.Button(_("Remove key"), id="remove-key"), className="actions"),
        table(rows, {name: name for name in rows[0]}) if rows else html.P(_("No keys yet."), className="empty"),
        wide=True,
    )  # fmt: skip
