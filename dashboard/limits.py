"""What a request may cost the server: bytes, seconds, connections."""

import asyncio
from asyncio import TimerHandle, Transport
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

MOST_BYTES = 8 * 2**20  # of a request's body; a CSV file of 5 MB, as browsers send it, is 7
LIMITS = {"/login": 4096, "/ingest": 2**17}  # of paths that anybody may send to
HEAD_SECONDS, BODY_SECONDS = 10, 60
MOST_CONNECTIONS = 500  # systems often allow a process 1,024 open files


class Bodies:
    """Reads bodies, up to a limit and not for long, so that what follows can read them whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = LIMITS.get(scope["path"], MOST_BYTES)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                announced = int(Headers(scope=scope).get("content-length", 0))
                body = await _body(receive, most) if announced <= most else None
        except TimeoutError:
            return await _refusal(408, f"The request took longer than {BODY_SECONDS} seconds.")(scope, receive, send)
        if body is None:
            message = f"The request is too large: {scope['path']} takes up to {most:,} bytes."
            return await _refusal(413, message)(scope, receive, send)
        read: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return read.pop() if read else await receive()

        return await self._app(scope, again, send)


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body, None as soon as it is too large."""
    body, has_more = bytearray(), True
    while has_more:
        message = await receive()
        body += message.get("body", b"")
        has_more = message.get("more_body", False)
        if len(body) > most:
            return None
    return bytes(body)


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status, headers={"Connection": "close"})


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Closes connections on which no request arrives, at once if there are too many; uvicorn waits for ever."""

    _deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > MOST_CONNECTIONS:
            waiting = [one for one in self.connections if one.is_waiting()]
            max(waiting, key=Connection.waited).transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_watching()

    def is_waiting(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def waited(self) -> float:
        """Higher for those that have waited longer."""
        return -self._deadline.when() if self._deadline else 0.0

    def _watch(self) -> None:
        if not self.is_waiting():
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_watching(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.is_waiting():
            self.transport.abort()


def of_server() -> dict[str, Any]:
    """Settings of uvicorn."""
    return {"http": Connection, "ws": "none", "log_level": "warning", "server_header": False}
