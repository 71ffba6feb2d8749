"""Single sign-on with a real provider of OpenID Connect, over HTTP."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread

from dashboard.openid import COOKIE, Provider
from dashboard.people import People
from tests.conftest import SMALL
from tests.fixtures.dashboard import serving
from warehouse import Part

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config")  # that the provider still uses
PASSWORD = "a long password"
USERS = [
    User(sub="1", claims={"email": "ann@example.org", "email_verified": True}),
    User(sub="2", claims={"email": "eve@example.org", "email_verified": True}),
    User(sub="3", claims={"email": "ann@example.org", "email_verified": False}),
    User(sub="4"),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with run_server_in_thread(user_claims=USERS) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def people(tmp_path: Path) -> People:
    people = People.in_folder(tmp_path)
    people.add("boss@example.org", PASSWORD, "admin")
    people.invite("ann@example.org", "viewer", Part(("sport",)))
    return people


@pytest.fixture
def address(warehouse: Path, people: People, issuer: str) -> Iterator[str]:
    provider = Provider(issuer, "toxwatch", "s3cret")
    with serving(warehouse, people, which_model=lambda: SMALL, provider=provider) as address:
        yield address


def signed_in(browser: httpx.Client, address: str, sub: str, next: str = "") -> httpx.Response:
    """As somebody does who is `sub` at the provider."""
    asked = browser.get(f"{address}/login/openid?next={next}")
    assert asked.status_code == 302
    back = browser.post(asked.headers["location"], data={"sub": sub})
    assert back.status_code == 302
    return browser.get(back.headers["location"])


def test_whoever_is_invited_comes_in_as_invited_and_nobody_else(address: str, people: People) -> None:
    with httpx.Client(headers={"Accept": "text/html"}) as browser:
        door = browser.get(f"{address}/login?next=/compare").text
        assert re.search(r'href="/login/openid\?next=/compare">Sign in with 127\.0\.0\.1:\d+<', door)
        answer = signed_in(browser, address, "1", "/compare")
        assert (answer.status_code, answer.headers["location"]) == (303, "/compare")
        assert browser.get(f"{address}/accounts", headers={"Accept": "application/json"}).json() == []
        assert people.known("ann@example.org").part == Part(("sport",))
        assert COOKIE not in browser.cookies
    assert [did.partition(" by ")[0] for _, who, did in people.audit() if who == "ann@example.org"] == ["signed in"]


@pytest.mark.parametrize(
    ("sub", "status", "reason"),
    [("2", 403, "eve@example.org has no access here"), ("3", 403, "that it has verified"), ("4", 403, "verified")],
)
def test_a_stranger_and_an_address_that_nobody_verified_stay_out(
    address: str, sub: str, status: int, reason: str
) -> None:
    with httpx.Client(headers={"Accept": "text/html"}) as browser:
        answer = signed_in(browser, address, sub)
        assert answer.status_code == status
        assert reason in answer.text
        assert "session" not in browser.cookies


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(address: str) -> None:
    with httpx.Client() as attacker, httpx.Client() as victim:
        asked = attacker.get(f"{address}/login/openid")
        assert {"code_challenge", "nonce", "state"} <= parse_qs(urlsplit(asked.headers["location"]).query).keys()
        back = attacker.post(asked.headers["location"], data={"sub": "1"}).headers["location"]
        assert victim.get(back).status_code == 401
        assert victim.get(back, headers={"Cookie": f"{COOKIE}=nonsense"}).status_code == 401
        assert attacker.get(back).status_code == 303
        assert attacker.get(back).status_code == 401, "a code works once"


def test_a_provider_that_does_not_answer_is_said(warehouse: Path, people: People) -> None:
    silent = Provider("http://127.0.0.1:9", "toxwatch", "s3cret")
    with serving(warehouse, people, which_model=lambda: SMALL, provider=silent) as address:
        answer = httpx.get(f"{address}/login/openid", headers={"Accept": "text/html"})
        assert (answer.status_code, "does not answer" in answer.text) == (502, True)
        assert httpx.get(f"{address}/login/openid?next=//evil.example").status_code == 502
