"""What people see who may see only some accounts, or statistics only: whole sentences and pages they may open."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bench.serving import ask_page
from dashboard.people import People
from tests.conftest import SMALL
from tests.fixtures.dashboard import serving
from warehouse import Part

pytestmark = pytest.mark.long

PASSWORD = "a long password"
PAGES = (
    "/",
    "/account",
    "/compare",
    "/comments",
    "/review",
    "/quality",
    "/numbers",
    "/try",
    "/views",
    "/audit",
    "/nowhere",
    "/post",
    "/author",
)
SEARCHES = (
    "",
    "?account=instagram/calm&days=91",
    "?last=0001-01-01",
    "?account=%23loud-agency",
    "?account=%23nobody",
    "?post=instagram:loud&words=@00000000",
)
FOR_ADMINS = ("toxwatch ", "policies.toml", "targets.toml", "/checks/")
CLIENTS = {
    "client": ("viewer", Part(("loud-agency",))),
    "statistics": ("viewer", Part(("loud-agency",), texts=False)),
    "nothing": ("viewer", Part(("tennis",))),
    "nothing-statistics": ("viewer", Part(("tennis",), texts=False)),
    "nothing-moderator": ("moderator", Part(("tennis",))),
}
EVERY_DAY = ("client", "statistics", "nothing-moderator")


@pytest.fixture(scope="module")
def address(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    people = People.in_folder(tmp_path_factory.mktemp("people"))
    for name, (role, part) in CLIENTS.items():
        people.add(name, PASSWORD, role, part)
    with serving(warehouse, people, lambda: SMALL) as address:
        yield address


@contextmanager
def signed_in(address: str, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as client:
        token = re.search(r'name="token" value="([^"]*)"', client.get("/login").text)
        assert token
        sent = {"name": name, "password": PASSWORD, "token": token[1]}
        assert client.post("/login", data=sent).status_code == 303
        yield client


@pytest.mark.parametrize(
    "name", [*EVERY_DAY, *(pytest.param(name, marks=pytest.mark.slow) for name in CLIENTS if name not in EVERY_DAY)]
)
def test_a_client_is_told_nothing_for_admins_and_led_nowhere_forbidden(address: str, name: str) -> None:
    texts = CLIENTS[name][1].texts
    with signed_in(address, name) as client:
        for path in PAGES:
            for search in SEARCHES:
                drawn = "".join(answer.text for answer in ask_page(client, path, search))
                assert [one for one in FOR_ADMINS if one in drawn] == [], path
                assert texts or ("/comments" not in drawn and "Click to read" not in drawn), path
        for path in ("/trends", "/accounts", "/inbox", "/comments", "/metrics", "/healthz"):
            assert client.get(path).status_code == (403 if path == "/comments" and not texts else 200), path


def test_a_client_without_comments_reads_whose_comments_they_would_see(address: str) -> None:
    with signed_in(address, "nothing") as client:
        drawn = ask_page(client, "/", "")[0].text
    assert "You see the accounts tagged tennis, and none of them has comments yet." in drawn
