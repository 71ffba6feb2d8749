"""Login: people sign in with a password and get a session; programs send a key.

Plain ASGI around the whole application, because Dash's own hooks don't see all of its routes. Until there is a user,
only this computer is answered, and only under its own names, so that no web page can ask in a visitor's browser.
"""

import asyncio
import re
import secrets
import time
from collections import OrderedDict, deque
from html import escape
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.language import COOKIE, LANGUAGE, LANGUAGES, _
from dashboard.people import (
    LOCAL,
    LONGEST_NAME,
    LOOPBACK,
    SCOPES,
    SESSION_SECONDS,
    VISITOR,
    WELCOME,
    People,
    PeopleError,
    Visitor,
)
from dashboard.proxies import SIGNED_IN

OPENID = "/login/openid"  # where openid.py begins; below it, where people come back to
OPEN = {"/login", OPENID, f"{OPENID}/back", WELCOME, "/healthz", "/assets/style.css", "/assets/draw.js",
        "/assets/languages.js", "/assets/plotly-cartesian.min.js",
        "/ingest", "/shared"}  # these two check signatures  # fmt: skip
YEAR_SECONDS = 365 * 24 * 3600
SESSION, FORM, THEME = "session", "form", "theme"  # cookies
FAILURES, FAILURE_SECONDS = 20, 15 * 60  # per address, then it has to wait
MOST_PROMPT, LONGEST_DELAY = 3, 30  # failures per name that cost no delay; seconds
MOST_REMEMBERED = 10_000  # names or addresses
CHECKED_AT_ONCE = 2  # a password takes 16 MB and a core
KEY_CALLS, KEY_SECONDS = 120, 60  # rate limit per key
OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
PAGE = """<!DOCTYPE html><html lang="{language}" {theme}><head><meta charset="utf-8"><title>{title} – Toxwatch</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/assets/style.css"></head>
<body class="door"><main><h1>{heading}</h1>{body}</main></body></html>"""
SIGN_IN = """<form method="post" action="/login?next={next}"><input type="hidden" name="token" value="{token}">
<label>{name} <input name="name" autocomplete="username" required autofocus></label>
<label>{password} <input name="password" type="password" autocomplete="current-password" required></label>
<p role="alert">{message}</p><button>{sign_in}</button></form>{other}"""
OTHER = '<p><a href="{path}?next={next}">{sign_in}</a></p>'
INVITED = """<form method="post" action="{path}"><input type="hidden" name="token" value="{token}">
<input type="hidden" name="name" autocomplete="username" value="{name}">
<label>{choose} <input name="password" type="password" autocomplete="new-password" required autofocus></label>
<p role="alert">{message}</p><button>{save}</button></form>"""


def add(server: FastAPI, people: People, host: str, is_https: bool, provider: str | None = None) -> None:
    """Requires a login or a key for everything in the application, from the first user on.

    `provider` is the name of one that people can sign in with, too.
    """
    by_name, by_address = Calls(FAILURES, FAILURE_SECONDS), Calls(FAILURES, FAILURE_SECONDS)
    checks = asyncio.Semaphore(CHECKED_AT_ONCE)

    def form(request: Request, message: str = "", status: int = 200) -> Response:
        token, next = secrets.token_urlsafe(16), quote(local(request.query_params.get("next", "/")))
        other = OTHER.format(path=OPENID, next=next, sign_in=_("Sign in with {provider}", provider=provider))
        body = SIGN_IN.format(next=next, token=token, message=escape(message), name=_("Name"), password=_("Password"),
                              sign_in=_("Sign in"), other=other if provider else "")  # fmt: skip
        page = _page(request, _("Sign in"), "Toxwatch", body, status)
        page.set_cookie(FORM, token, path="/login", secure=is_https, httponly=True, samesite="strict")
        return page

    @server.get("/login", include_in_schema=False)
    def ask(request: Request) -> Response:
        return form(request)

    @server.post("/login", include_in_schema=False)
    async def enter(request: Request) -> Response:
        sent = parse_qs((await request.body()).decode("utf-8", "replace"))
        name, password, token = (sent.get(field, [""])[0] for field in ("name", "password", "token"))
        address = place(request)
        if not token or not secrets.compare_digest(token.encode(), request.cookies.get(FORM, "").encode()):
            return form(request, _("This page has expired. Please try again."), 400)
        if by_address.is_full(address):
            return form(request, _("Too many failed attempts from your address. Try again in 15 minutes."), 429)
        by_address.count(address)  # before the wait, so that attempts at once count too
        await asyncio.sleep(delay(by_name.number(name)))
        async with checks:
            session = await asyncio.to_thread(people.sign_in, name, password) if len(name) <= LONGEST_NAME else None
        if session is None:
            by_name.count(name[:LONGEST_NAME])
            people.note(name, f"wrong password from {address}")
            return form(request, _("Wrong name or password."), 401)
        by_address.take_back(address)
        by_name.forget(name)
        people.note(name, f"signed in from {address}")
        answer = RedirectResponse(local(request.query_params.get("next", "/")), 303)
        begin(answer, session, is_https)
        answer.delete_cookie(FORM, path="/login")
        return answer

    def welcome(request: Request, token: str, message: str = "", status: int = 200) -> Response:
        name = people.invited(token)
        if name is None:
            sign_in = _("sign in")
            link = f'<a href="/login">{sign_in}</a>'
            advice = _(
                "It works once, and for a few days. Ask whoever sent it for a new one, or {sign_in}.", sign_in=link
            )
            return _page(request, _("Link expired"), _("This link has expired"), f"<p>{advice}</p>", 410)
        body = INVITED.format(name=escape(name), token=escape(token), message=escape(message), path=WELCOME,
                              choose=_("Choose a password"), save=_("Save and sign in"))  # fmt: skip
        return _page(request, _("Welcome"), _("Welcome, {name}", name=escape(name)), body, status)

    @server.get(WELCOME, include_in_schema=False)
    def read_invitation(request: Request) -> Response:
        return welcome(request, request.query_params.get("token", ""))

    @server.post(WELCOME, include_in_schema=False)
    async def accept(request: Request) -> Response:
        sent = parse_qs((await request.body()).decode("utf-8", "replace"))
        token, password = (sent.get(field, [""])[0] for field in ("token", "password"))
        name = people.invited(token)
        if name is None:
            return welcome(request, token)
        try:
            async with checks:
                await asyncio.to_thread(people.accept, token, password)
                session = await asyncio.to_thread(people.sign_in, name, password)
        except PeopleError as error:
            return welcome(request, token, str(error), 422)
        people.note(name, f"chose a password from {place(request)}")
        answer = RedirectResponse("/", 303)
        if session:
            begin(answer, session, is_https)
        return answer

    @server.post("/logout", include_in_schema=False)
    def leave(request: Request) -> Response:
        people.sign_out(request.cookies.get(SESSION, ""))
        people.note(VISITOR.get().name, "signed out")
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(SESSION)
        return answer

    @server.post("/language", include_in_schema=False)
    async def choose_language(request: Request) -> Response:
        [chosen] = parse_qs((await request.body()).decode("utf-8", "replace")).get("language", [""])[:1]
        came_from = urlsplit(request.headers.get("referer", ""))
        back = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
        answer = RedirectResponse(local(back), 303)
        if chosen in LANGUAGES:
            answer.set_cookie(COOKIE, chosen, YEAR_SECONDS, secure=is_https, samesite="lax")
            if (visitor := VISITOR.get()) != LOCAL:
                people.choose_language(visitor.name, chosen)
        return answer

    server.add_middleware(Door, people=people, is_private=host in LOOPBACK)


def begin(answer: Response, session: str, is_https: bool) -> None:
    answer.set_cookie(SESSION, session, SESSION_SECONDS, secure=is_https, httponly=True, samesite="lax")


def notice(request: Request, title: str, text: str, status: int) -> Response:
    """A page of the door that says something, and leads back to the login."""
    link = f'<p><a href="/login">{escape(_("Sign in"))}</a></p>'
    return _page(request, title, "Toxwatch", f"<p>{escape(text)}</p>{link}", status)


def delay(failures: int) -> float:
    """Seconds to wait before a password is checked. A lock would let strangers keep somebody out."""
    return min(2 ** (failures - MOST_PROMPT), LONGEST_DELAY) if failures >= MOST_PROMPT else 0


class Refused(JSONResponse):
    """For programs; people get a page."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__({"error": message}, status)
        self.message = message


class Calls:
    """Counts recent events by name, and remembers a limited number of names."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def number(self, name: str) -> int:
        return sum(at >= time.monotonic() - self._seconds for at in self._times.get(name, ()))

    def is_full(self, name: str) -> bool:
        return self.number(name) >= self._most

    def count(self, name: str) -> None:
        self._times.setdefault(name, deque(maxlen=self._most)).append(time.monotonic())
        self._times.move_to_end(name)
        if len(self._times) > MOST_REMEMBERED:
            self._times.popitem(last=False)

    def take_back(self, name: str) -> None:
        if times := self._times.get(name):
            times.pop()

    def forget(self, name: str) -> None:
        self._times.pop(name, None)


class Door:
    def __init__(self, app: ASGIApp, people: People, is_private: bool) -> None:
        self._app, self._people, self._is_private = app, people, is_private
        self._has_users = False
        self._calls = Calls(KEY_CALLS, KEY_SECONDS)
        self._noted = Calls(1, SESSION_SECONDS)  # who came by a proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] != "lifespan" else Headers()
        refusal = None if scope["type"] == "lifespan" else self._refusal(scope, headers)
        if refusal is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        if isinstance(refusal, Refused) and "text/html" in headers.get("accept", ""):
            refusal = notice(Request(scope), _("No access"), refusal.message, refusal.status_code)
        return await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if not self._is_closed():
            return self._refusal_of_guest(scope, headers)
        if scope["path"] in OPEN:
            return _refusal_of_stranger(scope, headers)
        if key := _key(scope, headers):
            return self._refusal_of_program(scope["path"], key)
        if name := scope.get(SIGNED_IN):
            return self._refusal_of_signed_in(name, scope, headers)
        visitor = self._people.signed_in(HTTPConnection(scope).cookies.get(SESSION, ""))
        if visitor is None:
            if scope.get("method") != "GET" or "text/html" not in headers.get("accept", ""):
                return Refused(401, "Sign in at /login, or send a key as `Authorization: Bearer …`.")
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            return RedirectResponse(f"/login?next={quote(scope['raw_path'].decode('latin-1') + query)}")
        return _let_in(visitor, scope, headers)

    def _refusal_of_signed_in(self, name: str, scope: Scope, headers: Headers) -> Response | None:
        """Of somebody whom a trusted proxy let in."""
        visitor = self._people.admit(name)
        if visitor is None:
            return Refused(403, _("{name} has no access here. Ask your administrator for an invitation.", name=name))
        if not self._noted.number(name):
            self._noted.count(name)
            self._people.note(name, "signed in by the proxy")
        return _let_in(visitor, scope, headers)

    def _is_closed(self) -> bool:
        """From the first user on; if the last one is removed, nobody gets in."""
        self._has_users = self._has_users or self._people.exist()
        return self._has_users

    def _refusal_of_guest(self, scope: Scope, headers: Headers) -> Response | None:
        """Of whoever uses this computer: of any other, and of a site whose name leads to this computer."""
        if not self._is_private or _hostname(headers.get("host", "")) not in LOOPBACK:
            return Refused(403, _("Without a login, only http://{address} is answered, on the computer that runs "
                                 "Toxwatch. To let others in, run `toxwatch user add NAME`.",
                                 address=LOOPBACK[0]))  # fmt: skip
        return _refusal_of_stranger(scope, headers)

    def _refusal_of_program(self, path: str, key: str) -> Response | None:
        owner = self._people.owner(key)
        if owner is None:
            return Refused(401, "Unknown key. Create one with `toxwatch key add NAME`.")
        visitor, scopes = owner
        if not any(path in SCOPES[scope] for scope in scopes):
            return Refused(403, f"The {visitor.name} has scope {', '.join(scopes)}, which doesn't include {path}.")
        if self._calls.is_full(visitor.name):
            return Refused(429, f"Rate limit: {visitor.name} may send {KEY_CALLS} requests per {KEY_SECONDS} seconds.")
        self._calls.count(visitor.name)
        VISITOR.set(visitor)
        return None


def _let_in(visitor: Visitor, scope: Scope, headers: Headers) -> Response | None:
    VISITOR.set(visitor)
    if visitor.language:
        LANGUAGE.set(visitor.language)
    return _refusal_of_stranger(scope, headers)


def _refusal_of_stranger(scope: Scope, headers: Headers) -> Response | None:
    """A page of another site may not send anything in a visitor's name."""
    origin = headers.get("origin")
    if scope.get("method") == "GET" or not origin or origin.partition("://")[2] == headers.get("host"):
        return None
    return Refused(403, f"Requests from pages on {origin} are not allowed.")


def _page(request: Request, title: str, heading: str, body: str, status: int) -> HTMLResponse:
    page = PAGE.format(language=LANGUAGE.get(), theme=_theme(request), title=title, heading=heading, body=body)
    return HTMLResponse(page, status)


def _theme(request: Request) -> str:
    chosen = request.cookies.get(THEME)
    return f'data-mantine-color-scheme="{chosen}"' if chosen in ("dark", "light") else ""


def _key(scope: Scope, headers: Headers) -> str:
    """`Authorization: Bearer …`, or `?key=…` as clients of the Perspective API send it."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key if kind.lower() == "bearer" else parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]


def place(request: Request) -> str:
    """The visitor's address; of IPv6 the half that a network gives to one customer."""
    address = request.client.host if request.client else ""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return "an unknown address"
    return str(IPv6Address(int(known) >> 64 << 64)) if known.version == 6 else str(known)


def _hostname(host: str) -> str:
    """Of a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def local(address: str) -> str:
    """Where to go after signing in: only paths on this server."""
    return address if OWN_PATH.fullmatch(address) else "/"
