"""Settings of what is collected: the watched accounts and what a night may cost, as targets.toml has them."""

import base64
import binascii
import csv
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import dash_mantine_components as dmc
import tomlkit
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from tomlkit import TOMLDocument
from tomlkit.items import AoT, Table

from dashboard.changes import last_change, outputs, page_of, register_undo, saver
from dashboard.components import panel, table
from dashboard.controls import prepare_upload, upload
from dashboard.language import N_, _, ngettext, number
from dashboard.people import VISITOR
from dashboard.settings import Forecast, Newcomer, SettingsError, SettingsFile
from dashboard.view import Row
from dashboard.wording import listed, some_of, tagged
from warehouse.untrusted import guarded

PATH, TITLE = "/settings", N_("Settings")
SITES = {"instagram.com": "instagram", "tiktok.com": "tiktok", "youtube.com": "youtube", "facebook.com": "facebook"}
PLATFORMS = {"instagram": "Instagram", "tiktok": "TikTok", "youtube": "YouTube", "facebook": "Facebook"}
NO_ACCOUNTS = {"p", "reel", "reels", "explore", "stories", "watch", "shorts", "playlist", "channel", "groups",
               "profile.php", "share", "video"}  # what a link to something else begins with  # fmt: skip
NAMED_BEFORE = {"c", "user"}  # youtube.com/c/nasa
LIMITS = {"max_posts": N_("Posts per night"), "max_comments_per_post": N_("Comments per post")}
COLUMNS = ("platform", "handle", "tags", *LIMITS, "paused")
KEY = {"platform", "handle"}
YES, NO = {"yes", "true", "1"}, {"no", "false", "0", ""}
MOST_MEGABYTES = 1  # of a file
OfCosts = Callable[[], Forecast | None]
LookUp = Callable[[list[dict[str, Any]]], list[Newcomer]]


def layout(file: SettingsFile, forecast: OfCosts) -> Component:
    expected = forecast()
    return page_of(PATH, TITLE, file, lambda: _sentence(file, expected), lambda: _body(file, expected))


def register(app: Dash, file: SettingsFile, forecast: OfCosts, look_up: LookUp) -> None:
    save, version = saver(file, lambda: _body(file, forecast())), State(f"{file.key}-version", "data")

    @app.callback(
        Output("looked-up", "children"), Output(f"{file.key}-answer", "children", allow_duplicate=True),
        Input("check-accounts", "n_clicks"), State("new-accounts", "value"), State("new-platform", "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def check(clicks: int | None, lines: str | None, platform: str) -> tuple[Any, str]:
        if not clicks or not VISITOR.get().may("settings"):  # new buttons trigger too
            raise PreventUpdate
        try:
            found = [found_in(line, platform) for line in (lines or "").splitlines() if line.strip()]
            if not found:
                return [], _("Paste at least one link or handle.")
            return _looked_up(found, look_up(found)), ""
        except SettingsError as error:
            return [], str(error)

    @app.callback(
        *outputs(file), Input("add-accounts", "n_clicks"), State("found", "data"), State("new-tags", "value"), version,
        prevent_initial_call=True,
    )  # fmt: skip
    def add(clicks: int | None, found: list[dict[str, str]], tags: list[str] | None, version: str) -> tuple[str, Any]:
        if not clicks:
            raise PreventUpdate
        did = _("added {accounts}", accounts=some_of([name_of(one) for one in found]))

        def add_them(document: TOMLDocument) -> None:
            for one in found:
                _append(document, one | {"tags": tags or []})

        return save(version, did, add_them)

    @app.callback(
        *outputs(file), Input("save-accounts", "n_clicks"), Input("pause", "n_clicks"), Input("resume", "n_clicks"),
        Input("remove", "n_clicks"), State("chosen", "value"), State("tags", "value"),
        *(State(limit, "value") for limit in LIMITS), version, prevent_initial_call=True,
    )  # fmt: skip
    def change(*sent: Any) -> tuple[str, Any]:
        if not any(sent[:4]):
            raise PreventUpdate
        names, tags, *limits, version = sent[4:]
        if not names:
            return _("Choose at least one account."), no_update
        given = {"tags": tags or None, **dict(zip(LIMITS, (number or None for number in limits), strict=True))}
        actions: dict[str, tuple[str, dict[str, Any]]] = {
            "save-accounts": (
                N_("changed {accounts}"),
                {one: value for one, value in given.items() if value is not None},
            ),
            "pause": (N_("paused {accounts}"), {"paused": True}),
            "resume": (N_("resumed {accounts}"), {"paused": None}),
            "remove": (N_("removed {accounts}"), {}),
        }
        action = str(ctx.triggered_id)
        did, values = actions[action]
        if action == "save-accounts" and not values:
            return _("Fill in tags or a limit first."), no_update

        def change_them(document: TOMLDocument) -> None:
            if action == "remove":
                _remove(document, names)
            for account in accounts_of(document) if values else ():
                if name_of(account) in names:
                    write_in(account, values)

        return save(version, _(did, accounts=some_of(names)), change_them)

    @app.callback(
        *outputs(file), Input("save-budget", "n_clicks"), State("budget", "value"), State("budget-tag", "value"),
        version, prevent_initial_call=True,
    )  # fmt: skip
    def budget(clicks: int | None, usd: Any, tag: str | None, version: str) -> tuple[str, Any]:
        if not clicks:
            raise PreventUpdate
        if usd == 0 or not (usd or tag):
            return _("A budget needs to be above $0. To collect nothing, pause the accounts."), no_update

        def change_it(document: TOMLDocument) -> None:
            part = section_of(document, "budgets" if tag else "night")
            write_in(part, {tag or "budget_usd": float(usd) if usd else None})

        if not usd:
            did = _("set the budget of the tag {tag} to that of a night", tag=tag)
        elif tag:
            did = _("set the budget of the tag {tag} to ${usd}", tag=tag, usd=number(usd, ",.2f"))
        else:
            did = _("set the budget of a night to ${usd}", usd=number(usd, ",.2f"))
        return save(version, did, change_it)

    @app.callback(
        *outputs(file), Input("upload-accounts", "contents"), version, prevent_initial_call=True,
    )  # fmt: skip
    def upload_file(contents: str | None, version: str) -> tuple[str, Any]:
        if not contents:
            raise PreventUpdate
        try:
            found = accounts_in(base64.b64decode(contents.partition(",")[2]))
            known = {name_of(account).casefold(): account for account in accounts_of(file.content())}
            new = [one for one in found if name_of(one).casefold() not in known]
            changed = [one for one in found if one not in new and _differs(known[name_of(one).casefold()], one)]
            groups = {N_("added {accounts}"): new, N_("changed {accounts}"): changed}
            parts = [_(did, accounts=some_of([name_of(one) for one in some])) for did, some in groups.items() if some]
            if not parts:
                return _("Nothing has changed: these accounts are watched like this already."), no_update
            newcomers = look_up([{"platform": one["platform"], "handle": one["handle"]} for one in new])
            if absent := [one.account for one in newcomers if one.exists == "no"]:
                raise SettingsError(_("Not saved. There is no {accounts}.", accounts=some_of(absent)))
            did = _("{changes} from a file", changes=listed(parts))
            with file.changed(version, did) as document:
                written = {name_of(account).casefold(): account for account in accounts_of(document)}
                for one in changed:
                    write_in(
                        written[name_of(one).casefold()],
                        {name: value for name, value in one.items() if name not in KEY},
                    )
                for one in new:
                    _append(document, one)
        except (SettingsError, binascii.Error) as error:
            return str(error), no_update
        return _saved(did, newcomers), _body(file, forecast())

    prepare_upload(app, "upload-accounts", MOST_MEGABYTES, f"{file.key}-answer")
    register_undo(app, file, lambda: _body(file, forecast()))

    @app.callback(Output("accounts-file", "data"), Input("download-accounts", "n_clicks"), prevent_initial_call=True)
    def download(clicks: int | None) -> dict[str, str]:
        if not clicks or not VISITOR.get().may("settings"):
            raise PreventUpdate
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS)
        writer.writeheader()
        for account in accounts_of(file.content()):
            row = account.unwrap() | {"tags": ", ".join(account.get("tags", []))}
            writer.writerow({name: guarded(str(row.get(name, ""))) for name in COLUMNS})
        return {"content": text.getvalue(), "filename": "accounts.csv", "type": "text/csv"}


def found_in(line: str, platform: str) -> dict[str, str]:
    """The account that a link, "instagram/nasa", or a handle of a platform names; raises SettingsError if none."""
    line = line.strip()
    try:
        address = urlsplit(line if "://" in line else f"https://{line}")
        site = SITES.get(".".join((address.hostname or "").split(".")[-2:]))
    except ValueError:
        raise SettingsError(_("Not saved. {line} is no link.", line=repr(line))) from None
    if site is None and "://" in line:
        sites = listed(list(PLATFORMS.values()))
        raise SettingsError(_("Not saved. {line} is no link to {sites}.", line=line, sites=sites))
    if site is None:
        first, _slash, rest = line.rpartition("/")
        return {"platform": first or platform, "handle": rest.lstrip("@")}
    parts = [part for part in address.path.split("/") if part]
    if parts and parts[0] in NAMED_BEFORE:
        parts = parts[1:]
    if not parts or parts[0] in NO_ACCOUNTS:
        raise SettingsError(
            _("Not saved. {line} leads to no account: paste the address of the account's own page.", line=line)
        )
    return {"platform": site, "handle": parts[0].lstrip("@")}


def accounts_in(content: bytes) -> list[dict[str, Any]]:
    """The accounts of a CSV file with a column `handle`, and what its other columns say; None where one is empty."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SettingsError(_("Not saved. Save the file as CSV in UTF-8.")) from None
    head = lines[0] if lines else ""
    rows = csv.DictReader(lines, delimiter=max(",;\t", key=head.count))
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if "handle" not in names or (unknown := set(names) - set(COLUMNS)):
        needed = _("The first line needs the column handle, and may have {columns}.", columns=listed(COLUMNS))
        if "handle" in names:
            needed += " " + _("Unknown: {columns}.", columns=", ".join(sorted(unknown)))
        raise SettingsError(_("Not saved. {reason}", reason=needed))
    rows.fieldnames = names
    return [_account(row, rows.line_num) for row in rows if any(row.values())]


def _account(row: dict[str | None, Any], line: int) -> dict[str, Any]:
    if None in row:
        raise SettingsError(_("Not saved. Line {line} has more cells than the first line.", line=line))
    cells = {str(name): (cell or "").strip().lstrip("'") for name, cell in row.items()}
    account: dict[str, Any] = found_in(cells["handle"], cells.get("platform", "").lower() or "instagram")
    if "tags" in cells:
        account["tags"] = [tag.strip() for tag in re.split("[,;]", cells["tags"]) if tag.strip()] or None
    for limit in LIMITS.keys() & cells.keys():
        if cells[limit] and not cells[limit].isdecimal():
            wrong = _("Not saved. In line {line}, {column} is no number: {cell}.", line=line, column=limit,
                      cell=cells[limit])  # fmt: skip
            raise SettingsError(wrong)
        account[limit] = int(cells[limit]) if cells[limit] else None
    if "paused" in cells:
        if cells["paused"].lower() not in YES | NO:
            raise SettingsError(
                _("Not saved. In line {line}, paused is neither yes nor no: {cell}.", line=line, cell=cells["paused"])
            )
        account["paused"] = cells["paused"].lower() in YES or None
    return account


def _differs(account: Table, wanted: dict[str, Any]) -> bool:
    return any(account.get(name) != value for name, value in wanted.items() if name not in KEY)


def _sentence(file: SettingsFile, forecast: Forecast | None) -> str:
    accounts = accounts_of(file.content())
    paused = sum(bool(account.get("paused")) for account in accounts)
    watched = ngettext("{number} account is watched", "{number} accounts are watched", len(accounts))
    if paused:
        watched = _("{accounts}, {number} of them paused", accounts=watched, number=number(paused))
    if forecast is None:
        return f"{watched}."
    cost = _("Collecting will cost about ${usd} a month.", usd=number(forecast.month, ",.2f"))
    return f"{watched}. {cost}"


def _body(file: SettingsFile, forecast: Forecast | None) -> list[Component]:
    document = file.content()
    accounts = accounts_of(document)
    tags = sorted({tag for account in accounts for tag in account.get("tags", [])})
    return [
        *last_change(file),
        _add_panel(tags),
        _budget_panel(document, tags, forecast),
        _accounts_panel(accounts, tags, forecast),
    ]


def _add_panel(tags: list[str]) -> Component:
    return panel(
        _("Add accounts"),
        _("Paste links to accounts, or handles, one per line. To check them costs nothing: no paid run is started."),
        html.Div([
            dmc.Textarea(id="new-accounts", label=_("Links or handles"), autosize=True, minRows=3, w="100%",
                         placeholder="https://www.instagram.com/nasa"),
            dmc.Select(id="new-platform", label=_("Platform of handles"), value="instagram", size="sm", w=190,
                       data=[{"value": key, "label": name} for key, name in PLATFORMS.items()], allowDeselect=False),
            dmc.TagsInput(id="new-tags", label=_("Tags"), data=tags, size="sm", w=240),
        ], className="form"),
        html.Div(html.Button(_("Check"), id="check-accounts"), className="actions"),
        html.Div(id="looked-up", role="status"),
    )  # fmt: skip


def _budget_panel(document: TOMLDocument, tags: list[str], forecast: Forecast | None) -> Component:
    night, budgets = document.get("night", {}), document.get("budgets", {})
    most = {_("A night"): night.get("budget_usd", 5.0)}
    most |= {_("Accounts tagged {tags}", tags=tag): usd for tag, usd in budgets.items()}
    rows = [{_("Of"): of, _("Most, in USD"): number(float(usd), ",.2f")} for of, usd in most.items()]
    sentences = [_("No paid run is started that could exceed it.")]
    if forecast:
        usd = number(sum(forecast.by_account.values()), ",.2f")
        sentences.append(_("The forecast is ${usd} for the next night.", usd=usd))
    return panel(
        _("Budget"), " ".join(sentences),
        table(rows, {name: name for name in rows[0]}),
        html.Div([
            dmc.NumberInput(id="budget", label=_("US dollars per night"), min=0, decimalScale=2, size="sm", w=190),
            dmc.Select(id="budget-tag", label=_("For"), placeholder=_("All accounts"), clearable=True, size="sm", w=240,
                       data=[{"value": tag, "label": tagged([tag])} for tag in tags]),
        ], className="form"),
        html.Div(html.Button(_("Save budget"), id="save-budget"), className="actions"),
    )  # fmt: skip


def _accounts_panel(accounts: list[Table], tags: list[str], forecast: Forecast | None) -> Component:
    by_account = forecast.by_account if forecast else {}
    rows: list[Row] = [
        {
            _("Account"): name_of(account),
            _("Tags"): ", ".join(account.get("tags", [])) or None,
            _("Posts per night"): account.get("max_posts", 20),
            _("Comments per post"): account.get("max_comments_per_post", 1000),
            _("USD per night"): number(by_account[name_of(account)], ",.2f")
            if name_of(account) in by_account
            else None,
            _("Status"): _("Paused") if account.get("paused") else _("Collected"),
        }
        for account in accounts
    ]
    numbers = [dmc.NumberInput(id=limit, label=_(label), min=1, size="sm", w=150) for limit, label in LIMITS.items()]
    buttons = {"save-accounts": _("Save"), "pause": _("Pause"), "resume": _("Resume"), "remove": _("Remove")}
    return panel(
        _("Accounts"),
        _("Choose one or several to change them; what is left empty stays as it is. "
        "A CSV file adds and changes accounts, and removes none."),
        html.Div([
            dmc.MultiSelect(id="chosen", label=_("Accounts"), searchable=True, size="sm", w="100%",
                            data=[name_of(account) for account in accounts]),
            dmc.TagsInput(id="tags", label=_("Tags"), data=tags, size="sm", w=240),
            *numbers,
        ], className="form"),
        html.Div([
            *(html.Button(label, id=id) for id, label in buttons.items()),
            html.Button(_("Download CSV"), id="download-accounts"),
            upload("upload-accounts", _("File of accounts"), html.Button(_("Upload CSV")), MOST_MEGABYTES,
                   accept=".csv"),
            dcc.Download(id="accounts-file"),
        ], className="actions"),
        table(rows, {name: name for name in rows[0]}) if rows else html.P(_("No accounts yet."), className="empty"),
        wide=True,
    )  # fmt: skip


def accounts_of(document: TOMLDocument) -> list[Table]:
    return list(document.get("accounts", []))


def name_of(account: Any) -> str:
    return f"{account['platform']}/{account['handle']}"


def _append(document: TOMLDocument, account: dict[str, Any]) -> None:
    added = tomlkit.table()
    for name, value in account.items():
        if value:
            added.append(name, value)
    if not isinstance(document.get("accounts"), AoT):
        document["accounts"] = tomlkit.aot()
    document["accounts"].append(added)


def _remove(document: TOMLDocument, names: list[str]) -> None:
    accounts = document["accounts"]
    for place in reversed(range(len(accounts))):
        if name_of(accounts[place]) in names:
            del accounts[place]


def section_of(document: TOMLDocument, name: str) -> Table:
    if name not in document:
        document[name] = tomlkit.table()
    part: Table = document[name]
    return part


def write_in(where: Table, values: dict[str, Any]) -> None:
    """Writes values; None takes one out."""
    for name, value in values.items():
        if value is None:
            where.pop(name, None)
        else:
            where[name] = value


def _looked_up(found: list[dict[str, str]], newcomers: list[Newcomer]) -> list[Component]:
    """What is known of them, and a button that adds those that may exist."""
    there = [one for one, newcomer in zip(found, newcomers, strict=True) if newcomer.exists != "no"]
    return [
        html.Ul([html.Li(sentence(one)) for one in newcomers], className="actions-list"),
        dcc.Store(id="found", data=there),
        html.Div(
            html.Button(ngettext("Add {number} account", "Add {number} accounts", len(there)), id="add-accounts"),
            className="actions", hidden=not there,
        ),
    ]  # fmt: skip


def sentence(one: Newcomer) -> str:
    """Whether it exists, and what collecting it costs."""
    existence = {
        "yes": _("{account} exists."),
        "no": _("{account} does not exist and is not added."),
        "untold": _("{account}: its platform tells nobody for free whether it exists, so the first night will show."),
        "unanswered": _("{account}: its platform did not answer, so whether it exists is unknown."),
    }[one.exists].format(account=one.account)
    if one.exists == "no":
        return existence
    first, later = number(one.first_usd, ",.2f"), number(one.later_usd, ",.2f")
    price = _("Its first night costs about ${first}, each later one about ${later}, as recent nights cost.",
              first=first, later=later)  # fmt: skip
    if one.is_list_price:
        price = _("Its first night costs about ${first}, each later one about ${later}, by the price list.",
                  first=first, later=later)  # fmt: skip
    if one.needed_usd <= one.budget_usd:
        return f"{existence} {price}"
    too_dear = _("Its runs need a budget of at least ${needed}; it has ${budget}: raise the budget first.",
                 needed=number(one.needed_usd, ",.2f"), budget=number(one.budget_usd, ",.2f"))  # fmt: skip
    return f"{existence} {price} {too_dear}"


def _saved(did: str, newcomers: list[Newcomer]) -> str:
    """With what the first night of added accounts costs, and which of them nobody could check."""
    told = [_("Saved: {change}.", change=did)]
    if newcomers:
        usd = sum(one.first_usd for one in newcomers)
        told.append(_("Their first night costs about ${usd}.", usd=number(usd, ",.2f")))
    if unknown := [one.account for one in newcomers if one.exists != "yes"]:
        told.append(_("Whether they exist could not be checked: {accounts}.", accounts=some_of(unknown)))
    return " ".join(told)
