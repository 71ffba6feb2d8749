"""The API under values that no friendly client sends. A real server, real HTTP."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.serving import ask_page
from dashboard import door
from dashboard.people import SCOPES, People
from jobs.standin import memes
from tests.conftest import SMALL
from tests.fixtures.dashboard import LAST, serving

pytestmark = pytest.mark.long

ANALYZE = "/v1alpha1/comments:analyze"
THOROUGH = [
    "--max-examples", "300", "--phases", "examples,coverage,fuzzing", "--seed", "1", "--request-timeout", "60",
    "--suppress-health-check", "all", "--checks",
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
]  # fmt: skip
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(warehouse: Path) -> Iterator[httpx.Client]:
    with serving(warehouse, which_model=lambda: SMALL) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "body",
    [
        '{"inputs": NaN}',
        '{"inputs": [Infinity]}',
        '{"inputs": [-Infinity], "explain": NaN}',
        '{"inputs": "\\ud800"}',
        '{"inputs": ["\\ud800"]}',
        '{"\\ud800": ["a"]}',
        f'{{"inputs": {nested(100_000)}}}',
        f'{{"inputs": [{"9" * 5000}]}}',
        '{"inputs": ["a"], "explain": 1e999}',
        "",
        "null",
        '"\\ud800"',
    ],
)
@pytest.mark.parametrize("content", [JSON, {"Content-Type": "text/plain"}, {}])
def test_any_body_gets_scores_or_a_refusal(client: httpx.Client, body: str, content: dict[str, str]) -> None:
    for path in ("/predict", ANALYZE):
        answer = client.post(path, content=body, headers=content)
        assert answer.status_code in (200, 400, 422), answer.text
        answer.json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"comment": {"text": "a"}, "clientToken": "\ud800"},
        {"comment": {"text": "a"}, "languages": ["\ud800"]},
        {"comment": {"text": "a"}, "requestedAttributes": {"\ud800": {}}},
        {"comment": {"text": "a"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": float("nan")}}},
        {"comment": {"text": "a"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": float("inf")}}},
        {"comment": {"text": "a"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": 10**400}}},
    ],
)
def test_odd_values_are_refused_in_the_words_of_the_perspective_api(client: httpx.Client, wrong: dict) -> None:
    body = json.dumps({"requestedAttributes": {"TOXICITY": {}}, **wrong})
    answer = client.post(ANALYZE, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_a_comment_that_was_cut_within_a_character_gets_a_score(client: httpx.Client) -> None:
    body = json.dumps({"comment": {"text": "you idiot \ud83d"}, "requestedAttributes": {"TOXICITY": {}}})
    assert client.post(ANALYZE, content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("search", "status"),
    [
        ("last=0001-01-01", 422),
        ("last=9999-12-31", 422),
        ("last=2999-12-31&days=91", 200),
        ("last=2000-01-01&days=91", 200),
        ("offset=99999999999999999999", 422),
        (f"offset={2**31}", 200),
        ("words=%ED%A0%80", 200),
        ("words=%00", 200),
        ("account=%F0%9F", 200),
        ("language=%00", 200),
        ("days=NaN", 422),
        ("%ED%A0%80=1", 422),
    ],
)
def test_odd_filters_match_nothing_or_are_refused(client: httpx.Client, search: str, status: int) -> None:
    assert client.get(f"/comments?{search}").status_code == status


@pytest.mark.parametrize("path", ["/", "/comments", "/account", "/compare", "/quality"])
def test_a_page_of_an_impossible_day_is_a_page(client: httpx.Client, path: str) -> None:
    for answer in ask_page(client, path, "?last=0001-01-01&days=91&comment=0001-01-01/x&words=\0"):
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/predict", ANALYZE])
def test_reading_what_only_takes_texts_is_refused(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_metrics_are_exact(client: httpx.Client) -> None:
    metrics = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines())
    night = metrics["toxwatch_newest_night_timestamp_seconds"]
    assert float(night) % 86_400 == 0, "midnight in UTC"
    assert "e" not in night


def test_the_reference_lists_every_operation_and_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs", headers={"Accept": "text/html"})
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "://" not in page.text
    described: dict[str, Any] = client.get("/openapi.json").json()["paths"]
    for path, methods in described.items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page.text
    assert "severity" in page.text
    assert str(LAST.year) not in page.text, "it describes, it doesn't show data"


def test_a_key_can_open_every_operation(client: httpx.Client) -> None:
    openable = {path for paths in SCOPES.values() for path in paths}
    assert set(client.get("/openapi.json").json()["paths"]) - openable == {"/healthz"}, "which is open to everybody"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("has_key", [True, False])
def test_two_thousand_requests_get_only_documented_answers(
    warehouse: Path, tmp_path: Path, has_key: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "KEY_CALLS", 1_000_000)
    people, described = People(tmp_path / "people.db"), tmp_path / "openapi.json"
    with serving(warehouse, people, which_model=lambda: SMALL) as address:
        described.write_text(httpx.get(f"{address}/openapi.json", timeout=60).text)
        people.add("ann", "correct horse battery")
        key = ["-H", f"Authorization: Bearer {people.add_key('tests', list(SCOPES))}"] if has_key else []
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(described), "--url", address, *key, *THOROUGH]
        tried = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout


def test_the_text_on_pictures_is_read_and_scored(client: httpx.Client) -> None:
    files = [memes.drawn("abusive-0.jpg") or b"", memes.drawn("photograph-1.jpg") or b"", b"<svg/>"]
    answer = client.post("/predict", json={"images": [base64.b64encode(file).decode() for file in files]})
    abusive, photograph, svg = answer.json()["images"]
    assert abusive["text"] == "YOU ARE A WORTHLESS STUPID IDIOT"
    assert {one["label"]: one["score"] for one in abusive["outputs"]}["toxic"] > 0.5
    assert (photograph["text"], photograph.get("outputs")) == ("", None)
    assert (svg.get("text"), svg["set_aside"]) == (None, "svg")
    assert answer.json()["outputs"] == []
    assert client.post("/predict", json={}).status_code == 422
    assert client.post("/predict", json={"images": ["a"]}).status_code == 422
