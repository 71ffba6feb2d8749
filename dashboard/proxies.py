"""What proxies in front of the dashboard say: whose request they pass on, and who has signed in with them."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

SIGNED_IN = "toxwatch.signed_in"  # in a request's scope: the name that a trusted proxy says


class Proxies:
    """Believes only proxies at trusted addresses; who comes directly can claim nothing."""

    def __init__(self, app: ASGIApp, trusted: str, sso_header: str | None) -> None:
        self._app = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]  # uvicorn has types of its own
        self._sso_header = sso_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._sso_header and scope["type"] != "lifespan" and self._is_trusted(scope):
            scope = {**scope, SIGNED_IN: Headers(scope=scope).get(self._sso_header, "")}
        await self._app(scope, receive, send)  # type: ignore[arg-type]

    def _is_trusted(self, scope: Scope) -> bool:
        return bool(scope["client"]) and scope["client"][0] in self._app.trusted_hosts
