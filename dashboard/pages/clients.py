"""Settings of clients: a client is a tag, carried by accounts, and seen by people and keys that are limited to it."""

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from tomlkit import TOMLDocument
from tomlkit.items import Table

from dashboard.changes import last_change, outputs, page_of, register_undo, saver
from dashboard.components import link, panel, table
from dashboard.language import N_, _, number
from dashboard.pages.members import PATH as PEOPLE_PATH
from dashboard.pages.policy import applied
from dashboard.pages.watched import accounts_of, name_of, write_in
from dashboard.people import VISITOR, People
from dashboard.settings import Administration, SettingsFile
from dashboard.view import TAG, Row, View
from dashboard.wording import some_of

PATH, TITLE = "/settings/clients", N_("Clients")


def layout(file: SettingsFile, people: People) -> Component:
    return page_of(
        PATH, TITLE, file,
        lambda: _("A client is a tag: whoever is limited to it sees the accounts that carry it, and nothing else."),
        lambda: _body(file, people),
    )  # fmt: skip


def register(app: Dash, file: SettingsFile, people: People, administration: Administration) -> None:
    save = saver(file, lambda: _body(file, people), lambda: applied(administration))

    @app.callback(Output("client-accounts", "value"), Input("client", "value"), prevent_initial_call=True)
    def members(tag: str | None) -> list[str]:
        if not VISITOR.get().may("settings"):
            raise PreventUpdate
        return [name_of(account) for account in _carriers(file.content()) if _cleaned(tag) in account.get("tags", [])]

    @app.callback(
        *outputs(file), Input("save-client", "n_clicks"), State("client", "value"), State("client-accounts", "value"),
        State(f"{file.key}-version", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def set_accounts(clicks: int | None, name: str | None, accounts: list[str] | None, version: str) -> tuple[str, Any]:
        if not clicks:  # new buttons trigger too
            raise PreventUpdate
        tag, wanted = _cleaned(name), set(accounts or ())
        if not tag:
            return _("Name the client."), no_update
        did = _("took {tag} from all accounts", tag=tag)
        if wanted:
            did = _("set the accounts of {tag} to {accounts}", tag=tag, accounts=some_of(sorted(wanted)))

        def change(document: TOMLDocument) -> None:
            for account in _carriers(document):
                _tag(account, tag, name_of(account) in wanted)
            if not wanted:
                document.get("budgets", {}).pop(tag, None)

        return save(version, did, change)

    register_undo(app, file, lambda: _body(file, people), lambda: applied(administration))


def _carriers(document: TOMLDocument) -> list[Table]:
    """What can carry a tag: accounts, and communities of one's own."""
    return [*accounts_of(document), *document.get("communities", [])]


def _cleaned(name: str | None) -> str:
    return (name or "").strip().removeprefix(TAG)


def _tag(account: Table, tag: str, has_it: bool) -> None:
    tags = account.get("tags", [])
    if has_it != (tag in tags):
        write_in(account, {"tags": [*tags, tag] if has_it else [one for one in tags if one != tag] or None})


def _body(file: SettingsFile, people: People) -> list[Component]:
    document: Any = file.content()
    accounts = _carriers(document)
    sees = [(one.name, one.part.tags) for one in people.visitors()]
    sees += [(_("key {name}", name=name), tags) for name, _scopes, tags in people.programs()]
    tags = sorted(
        {tag for account in accounts for tag in account.get("tags", [])} | {tag for _name, of in sees for tag in of}
    )
    rows = [_row(tag, accounts, [name for name, of in sees if tag in of], document.get("budgets", {})) for tag in tags]
    return [
        *last_change(file),
        panel(
            _("Clients"), _("Everybody without a client sees all accounts."),
            table(rows, {name: name for name in rows[0]}) if rows else html.P(_("None yet."), className="empty"),
            html.P(link(_("Invite somebody"), PEOPLE_PATH), className="note"), wide=True,
        ),
        panel(
            _("Accounts of a client"), _("Choose a client or name a new one. A client without accounts disappears."),
            html.Div([
                dmc.Autocomplete(id="client", label=_("Client"), data=tags, size="sm", w=240),
                dmc.MultiSelect(id="client-accounts", label=_("Accounts"), searchable=True, size="sm", w="100%",
                                data=[name_of(account) for account in accounts]),
            ], className="form"),
            html.Div(html.Button(_("Save"), id="save-client"), className="actions"),
        ),
    ]  # fmt: skip


def _row(tag: str, accounts: list[Table], names: list[str], budgets: dict[str, float]) -> Row:
    own = [name_of(account) for account in accounts if tag in account.get("tags", [])]
    return {
        _("Client"): link(tag, "/", View(account=TAG + tag).search()) if own else tag,
        _("Accounts"): ", ".join(own) or _("None: whoever is limited to it sees nothing"),
        _("Seen by"): ", ".join(names) or None,
        _("USD per night"): number(float(budgets[tag]), ",.2f") if tag in budgets else None,
    }
