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
from dashboard.people import VISITOR
from dashboard.settings import Forecast, SettingsError, SettingsFile
from dashboard.view import Row
from dashboard.wording import counted, listed, some_of
from warehouse.untrusted import guarded

PATH, TITLE = "/settings", "Settings"
SITES = {"instagram.com": "instagram", "tiktok.com": "tiktok", "youtube.com": "youtube", "facebook.com": "facebook"}
PLATFORMS = {"instagram": "Instagram", "tiktok": "TikTok", "youtube": "YouTube", "facebook": "Facebook"}
NO_ACCOUNTS = {"p", "reel", "reels", "explore", "stories", "watch", "shorts", "playlist", "channel", "groups",
               "profile.php", "share", "video"}  # what a link to something else begins with  # fmt: skip
NAMED_BEFORE = {"c", "user"}  # youtube.com/c/nasa
LIMITS = {"max_posts": "Posts per night", "max_comments_per_post": "Comments per post"}
COLUMNS = ("platform", "handle", "tags", *LIMITS, "paused")
KEY = {"platform", "handle"}
YES, NO = {"yes", "true", "1"}, {"no", "false", "0", ""}
MOST_MEGABYTES = 1  # of a file


def layout(file: SettingsFile, forecast: Callable[[], Forecast | None]) -> Component:
    expected = forecast()
    return page_of(PATH, TITLE, file, lambda: _sentence(file, expected), lambda: _body(file, expected))


def register(app: Dash, file: SettingsFile, forecast: Callable[[], Forecast | None]) -> None:
    def answer(text: str) -> tuple[str, Any]:
        return text, _body(file, forecast())

    save, version = saver(file, lambda: _body(file, forecast())), State(f"{file.key}-version", "data")

    @app.callback(
        *outputs(file), Input("add-accounts", "n_clicks"), State("new-accounts", "value"),
        State("new-platform", "value"),
        State("new-tags", "value"), version, prevent_initial_call=True,
    )  # fmt: skip
    def add(
        clicks: int | None, lines: str | None, platform: str, tags: list[str] | None, version: str
    ) -> tuple[str, Any]:
        if not clicks:  # new buttons trigger too
            raise PreventUpdate
        try:
            found = [
                found_in(line, platform) | {"tags": tags or []} for line in (lines or "").splitlines() if line.strip()
            ]
            if not found:
                return "Paste at least one link or handle.", no_update
            did = f"added {some_of([name_of(one) for one in found])}"
            with file.changed(version, did) as document:
                for one in found:
                    _append(document, one)
        except SettingsError as error:
            return str(error), no_update
        return answer(f"Saved: {did}. {_price(found, forecast())}")

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
            return "Choose at least one account.", no_update
        given = {"tags": tags or None, **dict(zip(LIMITS, (number or None for number in limits), strict=True))}
        actions: dict[str, tuple[str, dict[str, Any]]] = {
            "save-accounts": ("changed", {name: value for name, value in given.items() if value is not None}),
            "pause": ("paused", {"paused": True}),
            "resume": ("resumed", {"paused": None}),
            "remove": ("removed", {}),
        }
        verb, values = actions[str(ctx.triggered_id)]
        if verb == "changed" and not values:
            return "Fill in tags or a limit first.", no_update

        def change_them(document: TOMLDocument) -> None:
            if verb == "removed":
                _remove(document, names)
            for account in accounts_of(document) if values else ():
                if name_of(account) in names:
                    write_in(account, values)

        return save(version, f"{verb} {some_of(names)}", change_them)

    @app.callback(
        *outputs(file), Input("save-budget", "n_clicks"), State("budget", "value"), State("budget-tag", "value"),
        version, prevent_initial_call=True,
    )  # fmt: skip
    def budget(clicks: int | None, usd: Any, tag: str | None, version: str) -> tuple[str, Any]:
        if not clicks:
            raise PreventUpdate
        if usd == 0 or not (usd or tag):
            return "A budget needs to be above $0. To collect nothing, pause the accounts.", no_update
        of, to = f"the tag {tag}" if tag else "a night", f"${usd:,.2f}" if usd else "that of a night"

        def change_it(document: TOMLDocument) -> None:
            part = section_of(document, "budgets" if tag else "night")
            write_in(part, {tag or "budget_usd": float(usd) if usd else None})

        return save(version, f"set the budget of {of} to {to}", change_it)

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
            groups = {"added": new, "changed": changed}
            parts = [f"{verb} {some_of([name_of(one) for one in some])}" for verb, some in groups.items() if some]
            if not parts:
                return "Nothing has changed: these accounts are watched like this already.", no_update
            did = f"{' and '.join(parts)} from a file"
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
        return answer(f"Saved: {did}. {_price(new, forecast())}")

    prepare_upload(app, "upload-accounts", "File of accounts", MOST_MEGABYTES, f"{file.key}-answer")
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
        raise SettingsError(f"Not saved. {line!r} is no link.") from None
    if site is None and "://" in line:
        raise SettingsError(f"Not saved. {line} is no link to {listed(list(PLATFORMS.values()))}.")
    if site is None:
        first, _, rest = line.rpartition("/")
        return {"platform": first or platform, "handle": rest.lstrip("@")}
    parts = [part for part in address.path.split("/") if part]
    if parts and parts[0] in NAMED_BEFORE:
        parts = parts[1:]
    if not parts or parts[0] in NO_ACCOUNTS:
        raise SettingsError(f"Not saved. {line} leads to no account: paste the address of the account's own page.")
    return {"platform": site, "handle": parts[0].lstrip("@")}


def accounts_in(content: bytes) -> list[dict[str, Any]]:
    """The accounts of a CSV file with a column `handle`, and what its other columns say; None where one is empty."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SettingsError("Not saved. Save the file as CSV in UTF-8.") from None
    head = lines[0] if lines else ""
    rows = csv.DictReader(lines, delimiter=max(",;\t", key=head.count))
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if "handle" not in names or (unknown := set(names) - set(COLUMNS)):
        wrong = "" if "handle" not in names else f" (found {', '.join(sorted(unknown))})"
        raise SettingsError(
            f"Not saved. The first line needs the column handle, and may have {listed(COLUMNS)}{wrong}."
        )
    rows.fieldnames = names
    return [_account(row, rows.line_num) for row in rows if any(row.values())]


def _account(row: dict[str | None, Any], line: int) -> dict[str, Any]:
    if None in row:
        raise SettingsError(f"Not saved. Line {line} has more cells than the first line.")
    cells = {str(name): (cell or "").strip().lstrip("'") for name, cell in row.items()}
    account: dict[str, Any] = found_in(cells["handle"], cells.get("platform", "").lower() or "instagram")
    if "tags" in cells:
        account["tags"] = [tag.strip() for tag in re.split("[,;]", cells["tags"]) if tag.strip()] or None
    for limit in LIMITS.keys() & cells.keys():
        if cells[limit] and not cells[limit].isdecimal():
            raise SettingsError(f"Not saved. In line {line}, {limit} is no number: {cells[limit]}.")
        account[limit] = int(cells[limit]) if cells[limit] else None
    if "paused" in cells:
        if cells["paused"].lower() not in YES | NO:
            raise SettingsError(f"Not saved. In line {line}, paused is neither yes nor no: {cells['paused']}.")
        account["paused"] = cells["paused"].lower() in YES or None
    return account


def _differs(account: Table, wanted: dict[str, Any]) -> bool:
    return any(account.get(name) != value for name, value in wanted.items() if name not in KEY)


def _sentence(file: SettingsFile, forecast: Forecast | None) -> str:
    accounts = accounts_of(file.content())
    paused = sum(bool(account.get("paused")) for account in accounts)
    sentence = f"{counted(len(accounts), 'account')} {'is' if len(accounts) == 1 else 'are'} watched"
    sentence += f", {paused} of them paused." if paused else "."
    return sentence + (f" Collecting them will cost about ${forecast.month:,.2f} a month." if forecast else "")


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
        "Add accounts", "Paste links to accounts, or handles, one per line.",
        html.Div([
            dmc.Textarea(id="new-accounts", label="Links or handles", autosize=True, minRows=3, w="100%",
                         placeholder="https://www.instagram.com/nasa"),
            dmc.Select(id="new-platform", label="Platform of handles", value="instagram", size="sm", w=190,
                       data=[{"value": key, "label": name} for key, name in PLATFORMS.items()], allowDeselect=False),
            dmc.TagsInput(id="new-tags", label="Tags", data=tags, size="sm", w=240),
        ], className="form"),
        html.Div(html.Button("Add", id="add-accounts"), className="actions"),
    )  # fmt: skip


def _budget_panel(document: TOMLDocument, tags: list[str], forecast: Forecast | None) -> Component:
    night, budgets = document.get("night", {}), document.get("budgets", {})
    rows = [{"Of": "A night", "Most, in USD": f"{float(night.get('budget_usd', 5.0)):,.2f}"}]
    rows += [{"Of": f"Accounts tagged {tag}", "Most, in USD": f"{float(usd):,.2f}"} for tag, usd in budgets.items()]
    sentence = f"The forecast is ${sum(forecast.by_account.values()):,.2f} for the next night." if forecast else ""
    return panel(
        "Budget", f"No paid run is started that could exceed it. {sentence}",
        table(rows, {name: name for name in rows[0]}),
        html.Div([
            dmc.NumberInput(id="budget", label="US dollars per night", min=0, decimalScale=2, size="sm", w=190),
            dmc.Select(id="budget-tag", label="For", placeholder="All accounts", clearable=True, size="sm", w=240,
                       data=[{"value": tag, "label": f"tagged {tag}"} for tag in tags]),
        ], className="form"),
        html.Div(html.Button("Save budget", id="save-budget"), className="actions"),
    )  # fmt: skip


def _accounts_panel(accounts: list[Table], tags: list[str], forecast: Forecast | None) -> Component:
    by_account = forecast.by_account if forecast else {}
    rows: list[Row] = [
        {
            "Account": name_of(account),
            "Tags": ", ".join(account.get("tags", [])) or None,
            "Posts per night": account.get("max_posts", 20),
            "Comments per post": account.get("max_comments_per_post", 1000),
            "USD per night": f"{by_account[name_of(account)]:,.2f}" if name_of(account) in by_account else None,
            "Status": "Paused" if account.get("paused") else "Collected",
        }
        for account in accounts
    ]
    numbers = [dmc.NumberInput(id=limit, label=label, min=1, size="sm", w=150) for limit, label in LIMITS.items()]
    buttons = {"save-accounts": "Save", "pause": "Pause", "resume": "Resume", "remove": "Remove"}
    return panel(
        "Accounts",
        "Choose one or several to change them; what is left empty stays as it is. "
        "A CSV file adds and changes accounts, and removes none.",
        html.Div([
            dmc.MultiSelect(id="chosen", label="Accounts", searchable=True, size="sm", w="100%",
                            data=[name_of(account) for account in accounts]),
            dmc.TagsInput(id="tags", label="Tags", data=tags, size="sm", w=240),
            *numbers,
        ], className="form"),
        html.Div([
            *(html.Button(label, id=id) for id, label in buttons.items()),
            html.Button("Download CSV", id="download-accounts"),
            upload("upload-accounts", html.Button("Upload CSV"), MOST_MEGABYTES, accept=".csv"),
            dcc.Download(id="accounts-file"),
        ], className="actions"),
        table(rows, {name: name for name in rows[0]}) if rows else html.P("No accounts yet.", className="empty"),
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
    for number in reversed(range(len(accounts))):
        if name_of(accounts[number]) in names:
            del accounts[number]


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


def _price(added: list[dict[str, Any]], forecast: Forecast | None) -> str:
    usd = sum(forecast.by_account.get(name_of(one), 0) for one in added) if forecast else 0
    return f"Their first night costs about ${usd:,.2f}." if usd else ""
