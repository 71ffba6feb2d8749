"""The pages and the API in one ASGI process. A page is rendered from its URL, so every view can be shared."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
import uvicorn
from dash import ALL, MATCH, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import api, bundle, case, changes, door, limits, links, palette, perspective, reference, trend
from dashboard import ingest as webhook
from dashboard.bookmarks import Bookmarks
from dashboard.components import link, note
from dashboard.in_use import InUse
from dashboard.inbox import Inbox
from dashboard.ingest import Ingest
from dashboard.pages import (
    account,
    alerting,
    audit,
    author,
    clients,
    comments,
    compare,
    home,
    members,
    nights,
    numbers,
    policy,
    post,
    quality,
    review,
    start,
    try_it,
    views,
    watched,
    words,
)
from dashboard.people import LOCAL, LOOPBACK, VISITOR, People
from dashboard.proxies import Proxies
from dashboard.settings import Administration, SettingsFile
from dashboard.subscriptions import Subscriptions
from dashboard.view import Answers, View
from dashboard.wording import listed
from warehouse import WHOLE, WarehouseError
from warehouse.build import CURRENT
from warehouse.cases import Cases
from warehouse.policies import Review
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

STYLE, KEYS = (Path(__file__).parent / "assets" / name for name in ("style.css", "keys.js"))
# Dash 4.4.1 collects assets on the first request to "/" only: a shared link would open without styles.
INDEX = f"""<!DOCTYPE html>
<html lang="en">
<head>{{%metas%}}<title>{{%title%}}</title>{{%favicon%}}{{%css%}}
<link rel="stylesheet" href="/assets/style.css?{STYLE.stat().st_mtime_ns}">
<script src="/assets/keys.js?{KEYS.stat().st_mtime_ns}" defer></script></head>
<body><noscript><main class="page notice"><h1>Toxwatch needs JavaScript</h1>
<p>Turn it on for this site, then reload the page. Numbers without a browser: the API, at <a href="/docs">/docs</a>.</p>
</main></noscript>{{%app_entry%}}<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer></body>
</html>"""
POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CHECKS = "/checks"
STATIC = ("/assets/", "/_dash-component-suites/")  # the same for everybody
SANDBOX = "sandbox allow-scripts allow-popups"  # Great Expectations' pages run scripts: keep them away from our session
NEEDS = {  # page → required permission
    "/comments": "texts",
    author.PATH: "texts",
    "/review": "review",
    "/audit": "audit",
    **dict.fromkeys(changes.PAGES, "settings"),
}
OF_COMMENTS = {"/", "/account", "/compare", "/comments", "/review", author.PATH, post.PATH}
TOGGLE_THEME = """clicks => {
    const page = document.documentElement, now = page.getAttribute('data-mantine-color-scheme');
    const next = clicks ? (now === 'dark' ? 'light' : 'dark')
        : localStorage.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    if (clicks) localStorage.theme = next;
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;  // the login page has no scripts
    page.setAttribute('data-mantine-color-scheme', next);
    return next === 'dark' ? 'Light' : 'Dark';
}"""
# A control writes its value into the URL, and the page is rendered from that. New controls trigger nothing.
CHOOSE = """() => {
    const {triggered} = dash_clientside.callback_context, search = new URLSearchParams(location.search);
    if (!triggered.length) return;
    for (const {prop_id, value} of triggered) {
        const [control] = JSON.parse(prop_id.slice(0, prop_id.lastIndexOf('.'))).control.split(' ');
        if (control === 'dates') {
            const [first, last] = (value ?? []).map(day => Date.parse(day));
            if (!last) return;  // the other end is still to be chosen
            search.set('days', Math.round((last - first) / 864e5) + 1); search.set('last', value[1]);
        } else if (value?.length) search.set(control, value); else search.delete(control);
    }
    history.pushState({}, '', `?${search}`);
    dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
}"""

# The title of the tab names the page. On a phone, the menu opens by a click and closes with the next page.
NAME = """page => {
    const heading = part => Array.isArray(part) ? part.map(heading).find(Boolean)
        : part?.type === 'H1' ? part.props.children : part?.props ? heading(part.props.children) : null;
    const title = heading(page);
    document.title = title ? `${title} – Toxwatch` : 'Toxwatch';
    document.getElementById('nav').classList.remove('open');
}"""
MENU = """() => {
    const isOpen = document.getElementById('nav').classList.toggle('open');
    document.getElementById('menu').setAttribute('aria-expanded', isOpen);
}"""
# A point of a chart leads to the comments behind it.
OPEN = """() => {
    const [clicked] = dash_clientside.callback_context.triggered, address = clicked?.value?.points[0]?.customdata;
    if (typeof address !== 'string') return;
    history.pushState({}, '', address);
    dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
    scrollTo(0, 0);
}"""
# A browser takes most of a second to draw a grid, so one is drawn when somebody asks for it.
SHOW = "(clicks, grid) => clicks === 1 ? grid : dash_clientside.no_update"
# Back and forward return to the place on the page, for two seconds because charts move what is below them.
RETURN = """() => {
    if (!window.places) {
        window.places = {};
        history.scrollRestoration = 'manual';
        addEventListener('scroll', () => { if (!window.goal) places[location.href] = scrollY; }, {passive: true});
        addEventListener('popstate', () => { window.goal = {y: places[location.href] || 0}; });
        for (const move of ['wheel', 'pointerdown', 'keydown']) addEventListener(move, () => { window.goal = null; });
    }
    if (!window.goal) return;
    const until = Date.now() + 2000;
    const stay = () => {
        if (!window.goal) return;
        scrollTo(0, window.goal.y);
        if (Date.now() < until) requestAnimationFrame(stay); else window.goal = null;
    };
    stay();
}"""
# A click elsewhere closes an open menu.
CLOSE = """() => {
    if (window.closesMenus) return;
    window.closesMenus = true;
    addEventListener('click', ({target}) => {
        for (const menu of document.querySelectorAll('.actions details[open]')) menu.open = menu.contains(target);
    });
}"""
# Of callbacks that have no output and the same input, Dash runs only one.
ARRIVE = f"page => {{ ({NAME})(page); ({RETURN})(); ({CLOSE})(); }}"


def create(
    folder: Path,
    which_model: Callable[[], Path],
    score_upload: try_it.ScoreUpload,
    people: People | None = None,
    is_https: bool = False,
    data_docs: Path | None = None,
    host: str = LOOPBACK[0],
    budget_usd: Callable[[], float | None] = lambda: None,
    audited: Callable[[], float] = lambda: Review().audited,
    administration: Administration | None = None,
    ingest: Ingest | None = None,
) -> FastAPI:
    """The ASGI application over the warehouse in `folder`. Login is required once a user exists.

    Until then, it answers only this computer, and nobody at all if `host` can be reached from others.
    """
    guests = people or People.in_folder(folder.parent)
    answers = Answers(Warehouse(folder), lambda: VISITOR.get().part)
    in_use, reviews = InUse(which_model), Reviews.in_folder(folder.parent, audited)
    cases = Cases.in_folder(folder.parent)
    bookmarks = Bookmarks.in_folder(folder.parent)
    inbox = Inbox(answers, reviews, cases, guests, budget_usd)

    def of_model() -> dict[str, float]:
        return in_use().thresholds

    def write_down(did: str) -> None:
        if (visitor := VISITOR.get()) != LOCAL:
            guests.note(visitor.name, did)

    has_mail = administration is not None and administration.has_mail()
    shelf = views.Shelf(
        bookmarks,
        links.Links(guests),
        Subscriptions.in_folder(folder.parent),
        administration.send_view if administration and has_mail else None,
        write_down,
    )
    pages = {
        "/": home,
        "/account": account,
        "/compare": compare,
        "/comments": comments,
        "/review": review,
        "/quality": quality,
        "/numbers": numbers,
        "/try": try_it,
        views.PATH: views,
        "/audit": audit,
    }
    titles = {path: module.TITLE for path, module in pages.items()}
    layouts = {path: module.layout for path, module in pages.items()}
    layouts["/"] = lambda answers, view: home.layout(answers, view, inbox, reviews)
    layouts["/account"] = lambda answers, view: account.layout(answers, view, reviews)
    layouts["/comments"] = lambda answers, view: comments.layout(answers, view, in_use, inbox, cases, write_down)
    layouts[author.PATH], layouts[post.PATH] = author.layout, post.layout  # that links lead to
    layouts["/quality"] = lambda answers, view: quality.layout(
        answers, view, in_use.card, [folder.parent / "models" / "reports", which_model()], reviews
    )
    layouts["/review"] = lambda answers, view: review.layout(answers, view, reviews, cases)
    layouts[views.PATH] = lambda answers, view: views.layout(answers, view, shelf)
    layouts["/audit"] = lambda answers, view: audit.layout(answers, view, guests)
    settings: dict[str, Callable[[], Component]] = {
        members.PATH: lambda: members.layout(guests, answers)
    }  # need no data
    files: list[SettingsFile] = []
    if administration:
        targets = SettingsFile(administration.targets, guests, write_down)
        kept = SettingsFile(replace(administration.targets, key="nights"), guests, write_down)
        tags = SettingsFile(replace(administration.targets, key="clients"), guests, write_down)
        policies = SettingsFile(administration.policies, guests, write_down)
        own_words = SettingsFile(replace(administration.policies, key="words"), guests, write_down)
        alerts = SettingsFile(administration.alerts, guests, write_down)
        files += [targets, policies, alerts]
        titles[watched.PATH] = watched.TITLE
        settings[watched.PATH] = lambda: watched.layout(targets, administration.forecast)
        settings[nights.PATH] = lambda: nights.layout(kept)
        settings[clients.PATH] = lambda: clients.layout(tags, guests)
        settings[start.PATH] = lambda: start.layout(administration, answers, guests)
        settings[alerting.PATH] = lambda: alerting.layout(alerts, administration)
        settings[policy.PATH] = lambda: policy.layout(policies, answers, of_model)
        settings[words.PATH] = lambda: words.layout(own_words, answers)
    server = FastAPI(title="Toxwatch", description="Toxicity of comment sections and of any text.",
                     docs_url=None, redoc_url=None, responses=api.REFUSALS)  # fmt: skip
    api.add(server, answers, in_use, inbox, write_down, bookmarks, files)
    perspective.add(server, in_use)
    links.add(server, answers, shelf.links)
    if ingest:
        webhook.add(server, folder.parent, in_use, ingest)
    if data_docs:
        server.mount(CHECKS, Checks(directory=data_docs, check_dir=False))
    reference.add(server)
    bundle.add(server)
    app: Dash = Threaded(__name__, server=cast(Any, server), title="Toxwatch", update_title="",
               index_string=INDEX, include_assets_files=False, suppress_callback_exceptions=True)  # fmt: skip
    app.backend.websocket_capability = False  # or every browser asks for one, in vain
    server.add_middleware(limits.Bodies)
    door.add(server, guests, host, is_https)
    server.add_middleware(api.Browsers)
    server.add_middleware(GZipMiddleware, compresslevel=4)  # Dash's own compression is slower and hardly smaller
    app.layout = lambda: _shell(titles, has_login=VISITOR.get() != LOCAL)

    @app.callback(
        Output("page", "children"), Output("nav", "children"), Input("url", "pathname"), Input("url", "search")
    )
    def show(path: str, search: str) -> tuple[Component, list[Component]]:
        navigation = _navigation(titles, path, search)
        if path not in layouts | settings:
            return note(f"There is no page at {path}.", "Page not found"), navigation
        if not _may_open(path):
            return note("You don't have access to this page. Ask your administrator.", "No access"), navigation
        if path in settings:
            return settings[path](), navigation
        try:
            if path in OF_COMMENTS and answers.are_empty():
                return _nothing_yet(start.PATH in settings), navigation
            return layouts[path](answers, View.read(search, answers.newest())), navigation
        except WarehouseError as error:
            if not (folder / CURRENT).exists():
                return _nothing_yet(start.PATH in settings), navigation
            why = str(error) if VISITOR.get().sees_all else "The data can't be read right now. Tell your administrator."
            return note(why, "Can't read the warehouse"), navigation

    app.clientside_callback(CHOOSE, Input({"control": ALL}, "value"))
    app.clientside_callback(OPEN, Input({"chart": ALL}, "clickData"))
    app.clientside_callback(
        SHOW, Output({"data": "shown", "of": MATCH}, "children"), Input({"data": "show", "of": MATCH}, "n_clicks"),
        State({"data": "grid", "of": MATCH}, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    app.clientside_callback(ARRIVE, Input("page", "children"))
    app.clientside_callback(MENU, Input("menu", "n_clicks"), prevent_initial_call=True)
    app.clientside_callback(TOGGLE_THEME, Output("theme", "children"), Input("theme", "n_clicks"))
    views.register(app, answers, shelf)
    palette.register(app, answers, bookmarks, lambda: _reachable(titles, settings))
    trend.register(app, answers, reviews, write_down)
    members.register(app, guests, answers, write_down)
    if administration:
        watched.register(app, targets, administration.forecast)
        nights.register(app, kept)
        clients.register(app, tags, guests, administration)
        policy.register(app, policies, answers, of_model, administration)
        words.register(app, own_words, answers, administration)
        alerting.register(app, alerts, administration)
        start.register(app, administration, write_down)
    home.register(app, answers, inbox, reviews, write_down)
    comments.register(app, answers, in_use, inbox, reviews, cases, write_down)
    case.register(app, answers, inbox, reviews, cases, write_down)
    review.register(app, answers, reviews, cases, write_down)
    try_it.register(app, in_use, score_upload)
    api.refuse_other_methods(server)
    server.add_middleware(Headers, policy=POLICY.format(scripts=" ".join(app.csp_hashes())), is_https=is_https)
    return server


class Threaded(Dash):
    """Runs callbacks in threads. Dash runs them on the event loop, where a slow one stops all other requests."""

    def callback(self, *parts: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        register = super().callback(*parts, **options)

        def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            async def in_thread(*values: Any) -> Any:
                return await asyncio.to_thread(function, *values)

            register(in_thread)
            return function

        return wrapped


class Checks(StaticFiles):
    """Great Expectations' pages; they can show rows of any account."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if VISITOR.get().part != WHOLE:
            return await JSONResponse({"error": "Only users with access to all accounts can open these pages."}, 403)(
                scope, receive, send
            )
        return await super().__call__(scope, receive, send)


class Headers:
    """Security headers: only our own scripts run, no other site can frame or read the pages, no browser keeps them."""

    def __init__(self, app: ASGIApp, policy: str, is_https: bool) -> None:
        self._app, self._policy, self._is_https = app, policy, is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "text/html" in headers.get("content-type", ""):
                    policy = SANDBOX if scope["path"].startswith(CHECKS) else self._policy
                    headers.setdefault("Content-Security-Policy", policy)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                if not scope["path"].startswith(STATIC):
                    headers["Cache-Control"] = "no-store"
                if self._is_https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, with_headers)


def serve(
    folder: Path,
    which_model: Callable[[], Path],
    score_upload: try_it.ScoreUpload,
    people: People,
    host: str,
    port: int,
    is_https: bool,
    data_docs: Path,
    proxies: str,
    budget_usd: Callable[[], float | None],
    audited: Callable[[], float],
    administration: Administration,
    ingest: Ingest,
    sso_header: str | None,
) -> None:
    """Serves until Ctrl-C. `proxies` are believed: whose request they pass on and, in `sso_header`, who signed in."""
    application = create(
        folder,
        which_model,
        score_upload,
        people,
        is_https,
        data_docs,
        host,
        budget_usd,
        audited,
        administration,
        ingest,
    )
    uvicorn.run(
        Proxies(application, proxies, sso_header), host=host, port=port, proxy_headers=False, **limits.of_server()
    )


def _shell(titles: dict[str, str], has_login: bool) -> Component:
    shell: Component = dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh=False),
            html.A("Skip to content", href="#page", className="skip"),
            html.Nav([
                dcc.Link("Toxwatch", href="/", className="brand"),
                html.Button("Menu", id="menu", className="menu", **cast(Any, {"aria-controls": "nav"})),
                html.Div(_navigation(titles, "/", ""), id="nav", className="links"),
                palette.button(),
                html.Button(id="theme", className="theme", title="Switch between dark and light"),
                *([html.Form(html.Button("Sign out"), action="/logout", method="post")] if has_login else []),
            ]),
            *palette.dialogs(),
            html.Main(dcc.Loading(html.Div(id="page"), delay_show=400, overlay_style={"visibility": "visible"})),
        ],
        theme={"primaryColor": "blue", "primaryShade": 8, "fontFamily": "inherit"},
    )  # fmt: skip
    return shell


def _navigation(titles: dict[str, str], path: str, search: str) -> list[Component]:
    """The links keep period, category and account from page to page; Views is told which page it is about."""
    query = [(name, value) for name, value in parse_qsl((search or "").lstrip("?")) if name != "of"]
    kept = f"?{urlencode(query)}" if query else ""
    of_page = f"?{urlencode([*query, ('of', path)])}"
    return [
        dcc.Link(
            title,
            href=address + (of_page if address == views.PATH and path != views.PATH else kept),
            className="here" if path == address or path.startswith(f"{address}/") else "",
        )
        for address, title in titles.items()
        if _may_open(address)
    ]


def _reachable(titles: dict[str, str], settings: Collection[str]) -> dict[str, str]:
    """The pages that the visitor may open, by path."""
    more = {
        path: f"Settings: {name}" for path, name in changes.PAGES.items() if path in settings and path != "/settings"
    }
    return {path: title for path, title in (titles | more).items() if _may_open(path)}


def _nothing_yet(can_start: bool) -> Component:
    """For a warehouse without comments, or without those of the visitor."""
    visitor = VISITOR.get()
    if not visitor.sees_all:
        tags = listed(visitor.part.tags)
        return note(f"You see the accounts tagged {tags}, and none of them has comments yet.", "No comments yet")
    if not visitor.may("settings"):
        return note("No night has collected any comments yet. Ask your administrator.", "No comments yet")
    nothing = note(
        "No night has collected any comments. Run `toxwatch doctor` to check your accounts.", "No comments yet"
    )
    if can_start:
        nothing.children.append(html.P(link("First steps: accounts, the first night, alerts, colleagues", start.PATH)))
    return nothing


def _may_open(path: str) -> bool:
    return path not in NEEDS or VISITOR.get().may(NEEDS[path])
