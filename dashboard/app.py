"""The pages and the API in one ASGI process. A page is rendered from its URL, so every view can be shared."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, wraps
from pathlib import Path
from threading import Thread
from typing import Any, cast

import uvicorn
from dash import Dash, Input, Output, State, html, no_update
from dash._utils import to_json
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import (
    api,
    bundle,
    case,
    clientside,
    door,
    first_words,
    limits,
    links,
    openid,
    palette,
    perspective,
    pictures,
    reference,
    shell,
    trend,
)
from dashboard import ingest as webhook
from dashboard.bookmarks import Bookmarks
from dashboard.components import note
from dashboard.in_use import InUse
from dashboard.inbox import Inbox
from dashboard.ingest import Ingest
from dashboard.language import LANGUAGE, Asked, _
from dashboard.pages import (
    account,
    alerting,
    audit,
    author,
    champions,
    clients,
    comments,
    compare,
    crowds,
    home,
    members,
    nights,
    numbers,
    overview,
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
from dashboard.retelling import retold
from dashboard.settings import Administration, SettingsFile
from dashboard.subscriptions import Subscriptions
from dashboard.view import Answers, View
from warehouse import WHOLE, Part, WarehouseError
from warehouse.build import CURRENT, current
from warehouse.cases import Cases
from warehouse.policies import Review
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

STYLE, KEYS, NAMES, FIRST = (
    Path(__file__).parent / "assets" / name for name in ("style.css", "keys.js", "languages.js", "first.js")
)
# Dash 4.4.1 collects assets on the first request to "/" only: a shared link would open without styles.
INDEX = f"""<!DOCTYPE html>
<html lang="LANGUAGE">
<head>{{%metas%}}<title>{{%title%}}</title>{{%favicon%}}{{%css%}}
<link rel="stylesheet" href="/assets/style.css?{STYLE.stat().st_mtime_ns}">
<script src="/assets/languages.js?{NAMES.stat().st_mtime_ns}"></script>
<script src="/assets/keys.js?{KEYS.stat().st_mtime_ns}" defer></script></head>
<body><noscript><main class="page notice">NOSCRIPT</main></noscript>
{{%app_entry%}}<div id="first" class="page"></div>
<script src="/assets/first.js?{FIRST.stat().st_mtime_ns}" data-grid="GRID"></script>
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer></body>
</html>"""
POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
GRID = re.compile('<script src="([^"]*/dash_ag_grid[^"]*)"></script>')  # assets/first.js loads it where it is needed
CHECKS = "/checks"
STATIC = ("/assets/", "/_dash-component-suites/")  # the same for everybody
SANDBOX = "sandbox allow-scripts allow-popups"  # Great Expectations' pages run scripts: keep them away from our session
MOST_DRAWN = 200  # lower parts, of up to 0.3 MB
Layout = Callable[[Answers, View], Component]
Lower = Callable[[Answers, View], list[Component]]
OF_COMMENTS = {"/", "/account", "/compare", "/comments", crowds.PATH, "/review", author.PATH, post.PATH}


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
    provider: openid.Provider | None = None,
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
        crowds.PATH: crowds,
        "/review": review,
        "/quality": quality,
        "/numbers": numbers,
        "/try": try_it,
        views.PATH: views,
        "/audit": audit,
    }
    titles = {path: module.TITLE for path, module in pages.items()}
    layouts: dict[str, Layout] = {path: module.layout for path, module in pages.items()}
    layouts["/"] = lambda answers, view: home.upper(answers, view, inbox, reviews)
    layouts["/account"] = lambda answers, view: account.upper(answers, view, reviews)
    layouts["/comments"] = lambda answers, view: comments.layout(answers, view, in_use, inbox, cases, write_down)
    layouts[author.PATH], layouts[post.PATH] = author.layout, post.layout  # that links lead to
    layouts["/quality"] = quality.upper
    shared: dict[str, Lower] = {"/": overview.lower, "/account": account.lower}  # the same for all with the same rights
    lowers: dict[str, Lower] = {**shared, "/quality": lambda answers, view: quality.lower(
        answers, view, in_use.card, [folder.parent / "models" / "reports", which_model()], reviews
    )}  # fmt: skip
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
        settings[champions.PATH] = lambda: champions.layout(administration.models, guests)
    server = FastAPI(title="Toxwatch", description="Toxicity of comment sections and of any text.",
                     docs_url=None, redoc_url=None, responses=api.REFUSALS)  # fmt: skip
    api.add(server, answers, in_use, inbox, write_down, bookmarks, files)
    perspective.add(server, in_use)
    links.add(server, answers, shelf.links)
    if ingest:
        webhook.add(server, folder.parent, in_use, ingest)
    if data_docs:
        server.mount(CHECKS, Checks(directory=data_docs, check_dir=False))
    pictures.add(server, answers, folder.parent)
    reference.add(server)
    bundle.add(server)
    app: Dash = Threaded(__name__, server=cast(Any, server), title="Toxwatch", update_title="",
               index_string=INDEX, include_assets_files=False, suppress_callback_exceptions=True)  # fmt: skip
    app.backend.websocket_capability = False  # or every browser asks for one, in vain
    server.add_middleware(limits.Bodies)
    door.add(server, guests, host, is_https, provider.host if provider else None)
    if provider:
        openid.add(server, guests, provider, is_https)
    server.add_middleware(Asked)
    server.add_middleware(api.Browsers)
    server.add_middleware(GZipMiddleware, compresslevel=4)  # Dash's own compression is slower and hardly smaller
    app.layout = lambda: shell.layout(titles, has_login=VISITOR.get() != LOCAL)

    @app.callback(
        Output("page", "children"), Output("nav", "children"), Output("lower", "children"), Output("lower-of", "data"),
        Input("url", "pathname"), Input("url", "search"), State("lower-of", "data"),
    )  # fmt: skip
    def show(path: str, search: str, before: list[str] | None) -> tuple[Any, ...]:
        """What was below stays until the same page's new lower part is there, so that nothing jumps."""
        below: Any = no_update if before and before[0] == path else []
        follows = [path, search] if path in lowers else None if before else no_update
        return upper(path, search), shell.navigation(titles, path, search), below, follows

    @app.callback(
        Output("lower", "children", allow_duplicate=True), Input("lower-of", "data"), prevent_initial_call=True
    )
    def show_lower(of: list[str] | None) -> list[Component]:
        if of is None:
            return []  # again: the lower part of the page before may have come together with this page
        if of[0] not in lowers or not shell.may_open(of[0]):
            raise PreventUpdate
        return lower(*of)

    def upper(path: str, search: str) -> Component:
        if path not in layouts | settings:
            return note(_("There is no page at {path}.", path=path), _("Page not found"))
        if not shell.may_open(path):
            return note(_("You don't have access to this page. Ask your administrator."), _("No access"))
        if path in settings:
            return settings[path]()
        try:
            if path in OF_COMMENTS and answers.are_empty():
                return shell.nothing_yet(start.PATH in settings)
            return layouts[path](answers, View.read(search, answers.newest()))
        except WarehouseError as error:
            return shell.nothing_yet(start.PATH in settings) if is_new() else unreadable(error)

    def lower(path: str, search: str) -> list[Component]:
        """Nothing where the upper part says that there is nothing."""
        try:
            if path in OF_COMMENTS and answers.are_empty():
                return []
            view = View.read(search, answers.newest())
            if path in shared:
                if path == "/" and not view.tag:
                    view = replace(view, account=None)  # links keep it from page to page
                panels = json.loads(drawn(current(folder), LANGUAGE.get(), VISITOR.get().part, path, view))
            else:
                panels = lowers[path](answers, view)
            return [html.Div(panels, className="page")] if panels else []
        except WarehouseError as error:
            return [] if is_new() else [unreadable(error)]

    @lru_cache(MOST_DRAWN)
    def drawn(_version: Path, _language: str, _part: Part, path: str, view: View) -> str:
        """As JSON: to write a component takes as long as to make it."""
        return str(to_json(shared[path](answers, view)))

    def is_new() -> bool:
        return not (folder / CURRENT).exists()

    def unreadable(error: WarehouseError) -> Component:
        reason = _("The data can't be read right now. Tell your administrator.")
        return note(retold(str(error)) if VISITOR.get().sees_all else reason, _("Can't read the warehouse"))

    first_words.add(server, upper)
    server.state.draw = lambda path, search: (upper(path, search), lower(path, search))
    server.state.ahead = lambda: first_words.ahead(answers)
    clientside.register(app)
    views.register(app, answers, shelf)
    palette.register(app, answers, bookmarks, lambda: shell.reachable(titles, settings))
    trend.register(app, answers, reviews, write_down)
    members.register(app, guests, answers, write_down)
    if administration:
        watched.register(app, targets, administration.forecast, administration.look_up)
        nights.register(app, kept)
        clients.register(app, tags, guests, administration)
        policy.register(app, policies, answers, of_model, administration)
        words.register(app, own_words, answers, administration)
        alerting.register(app, alerts, administration)
        champions.register(app, administration.models, guests, folder.parent / "models" / "reports", write_down)
        start.register(app, administration, write_down)
    home.register(app, answers, inbox, reviews, write_down)
    comments.register(app, answers, in_use, inbox, reviews, cases, write_down)
    case.register(app, answers, inbox, reviews, cases, write_down)
    crowds.register(app, answers)
    review.register(app, answers, reviews, cases, write_down)
    try_it.register(app, in_use, score_upload)
    api.refuse_other_methods(server)
    server.add_middleware(Headers, policy=POLICY.format(scripts=" ".join(app.csp_hashes())), is_https=is_https)
    return server


class Threaded(Dash):
    """Runs callbacks in threads. Dash runs them on the event loop, where a slow one stops all other requests."""

    def interpolate_index(self, *parts: Any, **named: Any) -> Any:
        advice = _("Turn it on for this site, then reload the page. Numbers without a browser: the API, at {address}.",
                   address='<a href="/docs">/docs</a>')  # fmt: skip
        heading = _("Toxwatch needs JavaScript")
        without_scripts = f"<h1>{heading}</h1><p>{advice}</p>"
        page = cast(Any, super()).interpolate_index(*parts, **named)
        page, grid = GRID.sub("", page, count=1), GRID.search(page)
        filled = {"LANGUAGE": LANGUAGE.get(), "NOSCRIPT": without_scripts, "GRID": grid[1] if grid else ""}
        for name, value in filled.items():
            page = page.replace(name, value, 1)
        return page

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
            return await JSONResponse(
                {"error": _("Only users with access to all accounts can open these pages.")}, 403
            )(scope, receive, send)
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
    provider: openid.Provider | None,
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
        provider,
    )
    ahead = folder, application.state.ahead, application.state.draw, first_words.ticks()
    Thread(target=first_words.keep_ready, args=ahead, daemon=True).start()
    uvicorn.run(
        Proxies(application, proxies, sso_header), host=host, port=port, proxy_headers=False, **limits.of_server()
    )
