"""What surrounds every page: navigation, menus, and who may open what."""

from collections.abc import Collection
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import changes, palette
from dashboard.components import labelled, link, note
from dashboard.language import LANGUAGE, LANGUAGES, _
from dashboard.pages import author, start, views
from dashboard.people import VISITOR
from dashboard.wording import listed

NEEDS = {  # page → required permission
    "/comments": "texts",
    author.PATH: "texts",
    "/review": "review",
    "/audit": "audit",
    **dict.fromkeys(changes.PAGES, "settings"),
}


def layout(titles: dict[str, str], has_login: bool) -> Component:
    page: Component = dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh=False),
            html.A(_("Skip to content"), href="#page", className="skip"),
            html.Nav([
                dcc.Link("Toxwatch", href="/", className="brand"),
                html.Button(_("Menu"), id="menu", className="menu", **cast(Any, {"aria-controls": "nav"})),
                html.Div(navigation(titles, "/", ""), id="nav", className="links"),
                html.Div(_tools(has_login), className="tools"),
            ]),
            *palette.dialogs(),
            html.Main([
                dcc.Loading(html.Div(id="page"), delay_show=400, overlay_style={"visibility": "visible"}),
                html.Div(id="lower"),
            ]),
            dcc.Store(id="lower-of"),
        ],
        theme={"primaryColor": "blue", "primaryShade": 8, "fontFamily": "inherit"},
    )  # fmt: skip
    return page


def _tools(has_login: bool) -> list[Component]:
    captions = cast(Any, {"data-light": _("Light"), "data-dark": _("Dark")})
    return [
        palette.button(),
        html.Button(id="theme", className="theme", title=_("Switch between dark and light"), **captions),
        _languages(),
        *([html.Form(html.Button(_("Sign out")), action="/logout", method="post")] if has_login else []),
    ]


def _languages() -> Component:
    """A form, so that choosing needs no script; assets/keys.js closes the menu."""
    now = LANGUAGE.get()
    choices = [
        html.Button(name, name="language", value=code, lang=code, type="submit", disabled=code == now)
        for code, name in LANGUAGES.items()
    ]
    caption = labelled(html.Summary, _("Language: {name}", name=LANGUAGES[now]), now.upper())
    form = html.Form(choices, action="/language", method="post", className="choices")
    return html.Div(html.Details([caption, form]), className="actions language")


def navigation(titles: dict[str, str], path: str, search: str) -> list[Component]:
    """The links keep period, category and account from page to page; Views is told which page it is about."""
    query = [(name, value) for name, value in parse_qsl((search or "").lstrip("?")) if name != "of"]
    kept = f"?{urlencode(query)}" if query else ""
    of_page = f"?{urlencode([*query, ('of', path)])}"
    return [
        dcc.Link(
            _(title),
            href=address + (of_page if address == views.PATH and path != views.PATH else kept),
            className="here" if path == address or path.startswith(f"{address}/") else "",
        )
        for address, title in titles.items()
        if may_open(address)
    ]


def reachable(titles: dict[str, str], settings: Collection[str]) -> dict[str, str]:
    """The pages that the visitor may open, by path."""
    more = {
        path: _("Settings: {page}", page=_(name))
        for path, name in changes.PAGES.items()
        if path in settings and path != "/settings"
    }
    return {path: _(title) for path, title in titles.items() if may_open(path)} | {
        path: title for path, title in more.items() if may_open(path)
    }


def nothing_yet(can_start: bool) -> Component:
    """For a warehouse without comments, or without those of the visitor."""
    visitor = VISITOR.get()
    if not visitor.sees_all:
        tags = listed(visitor.part.tags)
        return note(
            _("You see the accounts tagged {tags}, and none of them has comments yet.", tags=tags), _("No comments yet")
        )
    if not visitor.may("settings"):
        return note(_("No night has collected any comments yet. Ask your administrator."), _("No comments yet"))
    nothing = note(
        _("No night has collected any comments. Run `toxwatch doctor` to check your accounts."), _("No comments yet")
    )
    if can_start:
        nothing.children.append(
            html.P(link(_("First steps: accounts, the first night, alerts, colleagues"), start.PATH))
        )
    return nothing


def may_open(path: str) -> bool:
    return path not in NEEDS or VISITOR.get().may(NEEDS[path])
