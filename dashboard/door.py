"""Login: people sign in with a password and get a session; programs send a key.

Plain ASGI around the whole application, because Dash's own hooks don't see all of its routes.
"""

import secrets
import time
from collections import defaultdict, deque
from html import escape
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.people import SCOPES, VISITOR, People

OPEN = {"/login", "/healthz", "/assets/style.css"}
SESSION_SECONDS = 12 * 3600
FAILURES, LOCKED_SECONDS = 5, 15 * 60
KEY_CALLS, KEY_SECONDS = 120, 60  # rate limit per key
LONGEST_FORM = 4096
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sign in – Toxwatch</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/assets/style.css"></head>
<body class="door"><main><h1>Toxwatch</h1><form method="post" action="/login?next={next}">
<input type="hidden" name="token" value="{token}">
<label>Name <input name="name" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<p role="alert">{message}</p><button>Sign in</button></form></main></body></html>"""


def add(server: FastAPI, people: People, is_https: bool) -> None:
    """Require a login or a key for everything in the application."""
    failures: Calls = Calls(FAILURES, LOCKED_SECONDS)

    @server.get("/login", include_in_schema=False)
    def ask(request: Request) -> Response:
        return _form(request, "")

    @server.post("/login", include_in_schema=False)
    async def enter(request: Request) -> Response:
        form = parse_qs((await _body(request)).decode("utf-8", "replace"))
        name, password, token = (form.get(field, [""])[0] for field in ("name", "password", "token"))
        place = request.client.host if request.client else ""
        if not token or token != request.session.pop("token", None):
            return _form(request, "This page has expired. Please try again.", 400)
        if failures.is_full(name) or failures.is_full(place):
            return _form(request, "Too many failed attempts. Try again in 15 minutes.", 429)
        if not people.is_right(name, password):
            failures.count(name)
            failures.count(place)
            people.note(name, f"wrong password from {place}")
            return _form(request, "Wrong name or password.", 401)
        request.session.clear()
        request.session.update(user=name, stamp=people.stamp(name))
        people.note(name, f"signed in from {place}")
        return RedirectResponse(_local(request.query_params.get("next", "/")), 303)

    @server.post("/logout", include_in_schema=False)
    def leave(request: Request) -> Response:
        people.note(request.session.get("user", ""), "signed out")
        request.session.clear()
        return RedirectResponse("/login", 303)

    server.add_middleware(Door, people=people)
    server.add_middleware(SessionMiddleware, secret_key=people.secret(), max_age=SESSION_SECONDS, same_site="lax",
                          https_only=is_https)  # fmt: skip


class Calls:
    """Counts recent events by name."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._times: dict[str, deque[float]] = defaultdict(deque)

    def is_full(self, name: str) -> bool:
        times = self._times[name]
        while times and times[0] < time.monotonic() - self._seconds:
            times.popleft()
        return len(times) >= self._most

    def count(self, name: str) -> None:
        self._times[name].append(time.monotonic())


class Door:
    def __init__(self, app: ASGIApp, people: People) -> None:
        self._app, self._people = app, people
        self._calls = Calls(KEY_CALLS, KEY_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in OPEN:
            return await self._app(scope, receive, send)
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        return await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if key := _key(scope, headers):
            return self._refusal_of_program(scope["path"], key)
        session = scope["session"]
        if not session.get("user") or session.get("stamp") != self._people.stamp(session["user"]):
            if scope.get("method") != "GET" or "text/html" not in headers.get("accept", ""):
                return _error(401, "Sign in at /login, or send a key as `Authorization: Bearer …`.")
            address = scope["raw_path"].decode() + (
                f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
            )
            return RedirectResponse(f"/login?next={quote(address)}")
        origin = headers.get("origin")
        if scope.get("method") != "GET" and origin and urlsplit(origin).netloc != headers.get("host"):
            return _error(403, f"Requests from pages on {origin} are not allowed.")
        VISITOR.set(self._people.visitor(session["user"]))
        return None

    def _refusal_of_program(self, path: str, key: str) -> Response | None:
        owner = self._people.owner(key)
        if owner is None:
            return _error(401, "Unknown key. Create one with `toxwatch key add NAME`.")
        visitor, scopes = owner
        if not any(path in SCOPES[scope] for scope in scopes):
            return _error(403, f"The {visitor.name} has scope {', '.join(scopes)}, which doesn't include {path}.")
        if self._calls.is_full(visitor.name):
            return _error(429, f"Rate limit: {visitor.name} may send {KEY_CALLS} requests per {KEY_SECONDS} seconds.")
        self._calls.count(visitor.name)
        VISITOR.set(visitor)
        return None


def _key(scope: Scope, headers: Headers) -> str:
    """`Authorization: Bearer …`, or `?key=…` as clients of the Perspective API send it."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key if kind.lower() == "bearer" else parse_qs(scope["query_string"].decode()).get("key", [""])[0]


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            return b""
    return body


def _form(request: Request, message: str, status: int = 200) -> Response:
    token = request.session.setdefault("token", secrets.token_urlsafe(16))
    address = quote(_local(request.query_params.get("next", "/")))
    return HTMLResponse(PAGE.format(next=address, token=token, message=escape(message)), status)


def _local(address: str) -> str:
    """Where to go after signing in: only paths on this server."""
    parts = urlsplit(address)
    return address if address.startswith("/") and not (parts.netloc or "\\" in address) else "/"


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)
