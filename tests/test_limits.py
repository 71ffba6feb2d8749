"""What one request, or a thousand connections without one, may cost. A real server, raw sockets."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from dashboard import limits
from dashboard.people import People
from dashboard.perspective import SENTENCE
from tests.conftest import SMALL
from tests.fixtures.dashboard import serving

pytestmark = pytest.mark.long


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "warehouse", which_model=lambda: SMALL) as address:
        yield address


def connect(address: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), timeout=30)


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", "")).encode()


def is_closed(client: socket.socket) -> bool:
    """Waits until the server has said everything and closed the connection."""
    try:
        while client.recv(1000):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.mark.parametrize("path", ["/_dash-update-component", "/predict", "/v1alpha1/comments:analyze", "/nowhere"])
@pytest.mark.parametrize("length", ["Content-Length: 300000000", "Transfer-Encoding: chunked"])
def test_a_strangers_body_is_refused_before_it_is_sent(tmp_path: Path, path: str, length: str) -> None:
    people = People(tmp_path / "people.db")
    people.add("ann", "correct horse battery")
    with serving(tmp_path / "warehouse", people, which_model=lambda: SMALL) as address, connect(address) as stranger:
        stranger.sendall(head("POST", path, "Content-Type: application/json", length))
        assert stranger.recv(100).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/predict", limits.MOST_BYTES),
        ("/_dash-update-component", limits.MOST_BYTES),
        ("/login", limits.LIMITS["/login"]),
    ],
)
def test_a_body_has_a_largest_size(address: str, path: str, most: int) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(most // 1000 + 1):
            yield b"x" * 1000

    with connect(address) as client:
        client.sendall(head("POST", path, f"Content-Length: {most + 1}"))
        assert client.recv(100).startswith(b"HTTP/1.1 413")
    refused = httpx.post(f"{address}{path}", content=pieces())
    assert (refused.status_code, f"takes up to {most:,} bytes" in refused.text) == (413, True)


def test_a_body_within_the_limit_is_read_whole(address: str) -> None:
    body = json.dumps({"inputs": ["you are an idiot"], "more": "x" * (limits.MOST_BYTES - 1000)})
    assert httpx.post(f"{address}/predict", content=body, headers={"Content-Type": "application/json"}).is_success


def test_a_body_has_a_longest_time(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.1)
    with connect(address) as client:
        client.sendall(head("POST", "/predict", "Content-Length: 10") + b"{")
        assert client.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: "])
def test_a_connection_without_a_request_is_closed(address: str, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.1)
    with connect(address) as idle:
        idle.sendall(begun)
        assert is_closed(idle)
    with connect(address) as client:
        client.sendall(head("GET", "/accounts") + b"GET / HTTP")
        assert client.recv(100).startswith(b"HTTP/1.1 503"), "the first request is answered, the second never comes"
        assert is_closed(client)


def test_too_many_connections_make_room_for_new_ones(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CONNECTIONS", 20)
    with ExitStack() as opened:
        idle = [opened.enter_context(connect(address)) for _ in range(60)]
        assert httpx.post(f"{address}/predict", json={"inputs": ["hello"]}).is_success
        assert is_closed(idle[0])


def test_a_callback_that_takes_long_stops_nobody_else(tmp_path: Path) -> None:
    is_asked, may_go_on = threading.Event(), threading.Event()
    asked = []

    def which_model() -> Path:
        if asked:
            is_asked.set()
            may_go_on.wait(60)
        return SMALL

    typed = {
        "output": "scored.children",
        "outputs": {"id": "scored", "property": "children"},
        "inputs": [{"id": "score", "property": "n_clicks", "value": 1}],
        "state": [{"id": "typed", "property": "value", "value": "hello"}],
        "changedPropIds": ["score.n_clicks"],
    }
    answers = []
    with serving(tmp_path / "warehouse", which_model=which_model) as address:
        asked.append("typed")
        slow = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{address}/_dash-update-component", json=typed, timeout=90))
        )
        slow.start()
        assert is_asked.wait(60)
        try:
            assert httpx.get(f"{address}/login", timeout=30).is_success
        finally:
            may_go_on.set()
            slow.join()
    assert "hello" in answers[0].text


@pytest.mark.parametrize(
    ("text", "sentences"),
    [("." * 20_000 + "x", 1), ("?! " * 1000, 1000), (" Hello... you! Go", 3), ("one\ntwo", 1), (" " * 20_000, 0)],
)
def test_sentences_are_found_in_one_pass(text: str, sentences: int) -> None:
    assert len(SENTENCE.findall(text)) == sentences
