"""Who gets in: sign in, sign out, keys, and everything that must not open the door. A real server, real requests."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Browser, expect
from typer.testing import CliRunner

from dashboard import door
from dashboard.people import People, PeopleError, Visitor
from dashboard.view import Answers, View
from jobs.cli import app
from tests.fixtures.dashboard import serving
from warehouse import Part, queries
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

PASSWORD = "correct horse battery"


@pytest.fixture
def people(tmp_path: Path) -> People:
    people = People(tmp_path / "people.db")
    people.add("ann", PASSWORD)
    return people


@pytest.fixture
def address(warehouse: Path, people: People) -> Iterator[str]:
    docs = people._file.parent / "docs"
    docs.mkdir()
    (docs / "index.html").write_text("rows of anybody")
    with serving(warehouse, people, data_docs=docs) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def sign_in(client: httpx.Client, name: str = "ann", password: str = PASSWORD, next: str = "/") -> httpx.Response:
    token = re.findall(r'name="token" value="([^"]+)"', client.get("/login").text)[0]
    form = {"name": name, "password": password, "token": token}
    return client.post(f"/login?{urlencode({'next': next})}", data=form)


def test_a_person_signs_in_looks_and_signs_out(browser: Browser, address: str, people: People) -> None:
    page = browser.new_page()
    page.goto(f"{address}/compare?label=insult")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Wrong name or password.")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{address}/compare?label=insult")
    expect(page.locator("h1")).to_contain_text("Compare", timeout=20_000)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{address}/login")
    page.goto(address)
    expect(page).to_have_url(re.compile("/login"))
    page.close()
    did = [did.partition(" from ")[0] for _, who, did in people.audit() if who == "ann"]
    assert did == ["signed out", "signed in", "wrong password"]


@pytest.mark.parametrize("tags", [("loud-agency",), ("calm-agency", "other"), ()])
@pytest.mark.parametrize("texts", [True, False])
def test_nothing_that_is_asked_shows_what_somebody_may_not_see(
    warehouse: Path,
    tags: tuple[str, ...],
    texts: bool,
) -> None:
    answers = Answers(Warehouse(warehouse), lambda: Part(tags, texts))
    own = {("loud-agency",): ["loud"], ("calm-agency", "other"): ["calm"], (): ["loud", "calm"]}[tags]
    assert answers.accounts() == sorted(f"instagram/{account}" for account in own)
    view = View(days=14, last=answers.newest())
    simple = {path.stem for path in queries.PAGES.glob("*.sql")} - {"comments", "comments_page", "comments_of"}
    asked = {name: answers.rows(name, view, done=[], id="loud/2026-11-20-1", day=view.last) for name in sorted(simple)}
    asked["page"] = answers.page_of_comments(view, "toxic DESC", 1000, 0)
    asked["comment"] = [answers.comment(f"{account}/2026-11-20-1") for account in ("loud", "calm")]
    for account in ("loud", "calm"):
        names_it = [name for name, rows in asked.items() if account in repr(rows)]
        assert bool(names_it) == (account in own), names_it
    said = re.compile(r"(loud|calm) \d+ of 2026")
    assert bool([name for name, rows in asked.items() if said.search(repr(rows))]) == texts
    assert answers.rows("comments_count", replace(view, words=" of 2026"))[0]["comments"] == (
        14 * sum({"loud": 60, "calm": 40}[account] for account in own) if texts else 0
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 307), ("GET", "/comments", 307), ("GET", "/docs", 307), ("POST", "/_dash-update-component", 401),
     ("POST", "/predict", 401), ("GET", "/healthz", 200)],
)  # fmt: skip
def test_nothing_but_health_is_open(client: httpx.Client, method: str, path: str, status: int) -> None:
    assert client.request(method, path, headers={"Accept": "text/html"}).status_code == status
    assert client.request(method, path).status_code == (200 if status == 200 else 401)


def test_after_five_wrong_passwords_the_right_one_does_not_help_for_a_while(client: httpx.Client) -> None:
    assert [sign_in(client, password=f"guess number {n}").status_code for n in range(5)] == [401] * 5
    assert sign_in(client).status_code == 429


def test_a_form_counts_once(client: httpx.Client) -> None:
    token = re.findall(r'name="token" value="([^"]+)"', client.get("/login").text)[0]
    form = {"name": "ann", "password": PASSWORD, "token": token}
    assert client.post("/login", data=form).status_code == 303
    assert client.post("/login", data=form).status_code == 400
    assert client.post("/login", data=form | {"token": ""}).status_code == 400


def test_a_page_elsewhere_cannot_ask_with_somebodys_session(client: httpx.Client) -> None:
    assert sign_in(client).status_code == 303
    body = {"inputs": ["hello"]}
    assert client.post("/predict", json=body).status_code == 200
    assert client.post("/predict", json=body, headers={"Origin": "https://elsewhere.example"}).status_code == 403


@pytest.mark.parametrize("next", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "x"])
def test_signing_in_leads_nowhere_else(client: httpx.Client, next: str) -> None:
    assert sign_in(client, next=next).headers["location"] == "/"


def test_what_people_do_is_in_the_audit_that_admins_see(
    browser: Browser,
    address: str,
    people: People,
) -> None:
    people.add("ada", PASSWORD, "admin")
    people.add("cleo", PASSWORD, "viewer", Part(("loud-agency",), texts=False))
    page = browser.new_context(base_url=address).new_page()

    def enter(name: str, next: str) -> None:
        page.goto(f"/login?{urlencode({'next': next})}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    enter("cleo", "/compare?days=1")
    expect(page.locator("main")).to_contain_text("instagram/loud", timeout=20_000)
    expect(page.locator("main")).not_to_contain_text("calm")
    expect(page.locator("nav .links a")).to_have_text(["Overview", "Account", "Compare", "Quality", "Try it"])
    assert page.request.get("/checks/index.html").status == 403
    for closed in ("/comments", "/review", "/audit"):
        page.goto(closed)
        expect(page.locator("h1")).to_have_text("No access")
    page.get_by_role("button", name="Sign out").click()
    enter("ada", "/comments?days=1&flag=toxic")
    page.get_by_label("Show text").check(timeout=20_000)
    with page.expect_download():
        page.get_by_text("Export CSV").click()
    page.get_by_role("link", name="Audit").click()
    expect(page.locator("table")).to_contain_text("tagged loud-agency")
    for did in ("exported 32 comments, days=1&flag=toxic", "revealed texts, days=1&flag=toxic", "signed out"):
        expect(page.locator(".ag-root")).to_contain_text(did)
    page.close()


def test_a_forged_session_or_one_from_before_a_new_password_is_none(client: httpx.Client, people: People) -> None:
    sign_in(client)
    assert client.get("/accounts").status_code == 200
    people.add("ann", "another long password")
    assert client.get("/accounts").status_code == 401
    client.cookies.set("session", "eyJ1c2VyIjogImFubiJ9.forged")
    assert client.get("/accounts").status_code == 401


def test_a_key_opens_what_it_is_for_as_often_as_it_may(
    client: httpx.Client, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = people.add_key("bot", ["predict"])
    headers = {"Authorization": f"Bearer {key}"}
    assert client.post("/predict", json={"inputs": ["hello"]}, headers=headers).status_code == 200
    refused = client.get("/accounts", headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (
        403,
        "The key bot has scope predict, which doesn't include /accounts.",
    )
    assert client.get("/accounts", headers={"Authorization": "Bearer tw_wrong"}).status_code == 401
    monkeypatch.setattr(door.Calls, "is_full", lambda *_: True)
    assert client.post("/predict", json={"inputs": ["hello"]}, headers=headers).status_code == 429
    assert key not in (people._file).read_bytes().decode("latin-1")
    people.remove_key("bot")
    assert client.post("/predict", json={"inputs": ["hello"]}, headers=headers).status_code == 401


def test_calls_are_forgotten_after_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(door.time, "monotonic", lambda: now[0])
    calls = door.Calls(2, 60)
    for _ in range(2):
        assert not calls.is_full("ann")
        calls.count("ann")
    assert calls.is_full("ann")
    assert not calls.is_full("bob")
    now[0] = 61
    assert not calls.is_full("ann")


@pytest.mark.parametrize(("name", "password"), [("", PASSWORD), ("bob", "short")])
def test_a_name_and_a_long_password_are_needed(people: People, name: str, password: str) -> None:
    with pytest.raises(PeopleError, match="needs"):
        people.add(name, password)


def test_the_commands_make_and_end_people_and_keys(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout

    run("user", "add", "ann", "--password", PASSWORD)
    run("user", "add", "cleo", "--password", PASSWORD, "--role", "viewer", "--tag", "space", "--figures-only")
    assert run("user", "list") == "ann\tmoderator\ncleo\tviewer\tspace\tfigures only\n"
    people = People(tmp_path / "people.db")
    assert people.is_right("ann", PASSWORD)
    key = run("key", "add", "bot", "--scope", "read", "--tag", "space").strip()
    assert people.owner(key) == (Visitor("key bot", "viewer", Part(("space",))), ["read"])
    assert oct((tmp_path / "people.db").stat().st_mode)[-3:] == "600"
    run("user", "remove", "ann")
    assert people.names() == ["cleo"]


def test_people_and_keys_of_an_older_release_are_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "people.db") as database:
        database.execute(
            "CREATE TABLE users (name TEXT PRIMARY KEY, salt BLOB NOT NULL, password BLOB NOT NULL) WITHOUT ROWID"
        )
        database.execute(
            "CREATE TABLE keys (name TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL) WITHOUT ROWID"
        )
        database.execute("INSERT INTO users VALUES ('ann', 'salt', 'hash')")
    people = People(tmp_path / "people.db")
    assert people.visitor("ann") == Visitor("ann", "moderator")
    people.add("bob", PASSWORD, "viewer", Part(("space",)))
    assert people.visitor("bob") == Visitor("bob", "viewer", Part(("space",)))


def test_nobody_else_is_served_before_there_is_a_user(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0", "--port", "18050", "--data-dir", str(tmp_path)])
    assert isinstance(result.exception, PeopleError)
    assert "toxwatch user add" in str(result.exception)
