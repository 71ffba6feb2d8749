"""Who gets in: sign in, sign out, keys, and everything that must not open the door. A real server, real requests."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import Request
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from bench.serving import ask_page
from dashboard import door
from dashboard.bookmarks import Bookmarks
from dashboard.people import People, PeopleError, Visitor
from dashboard.view import Answers, View
from jobs.cli import app
from models import meaning
from tests.conftest import SMALL
from tests.fixtures.administration import administered
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
    with serving(warehouse, people, data_docs=docs, which_model=lambda: SMALL) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def sign_in(client: httpx.Client, name: str = "ann", password: str = PASSWORD, next: str = "/") -> httpx.Response:
    token = re.findall(r'name="token" value="([^"]+)"', client.get("/login").text)[0]
    form = {"name": name, "password": password, "token": token}
    return client.post(f"/login?{urlencode({'next': next})}", data=form)


def test_a_person_signs_in_looks_and_signs_out(page: Page, address: str, people: People) -> None:
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
    expect(page.locator("h1")).to_contain_text("Compare")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{address}/login")
    page.goto(address)
    expect(page).to_have_url(re.compile("/login"))
    did = [did.partition(" from ")[0] for _, who, did in people.audit() if who == "ann"]
    assert did == ["signed out", "signed in", "wrong password"]


@pytest.mark.parametrize(
    ("tags", "texts"),
    [
        (("loud-agency",), True),
        (("calm-agency", "other"), False),
        pytest.param(("loud-agency",), False, marks=pytest.mark.slow),
        pytest.param(("calm-agency", "other"), True, marks=pytest.mark.slow),
        pytest.param((), True, marks=pytest.mark.slow),
        pytest.param((), False, marks=pytest.mark.slow),
    ],
)
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
    asked = {
        name: answers.rows(
            name,
            view,
            done=[],
            ids=["loud/2026-11-20-1", "calm/2026-11-20-1"],
            id="loud/2026-11-20-1",
            day=view.last,
            margin=0.1,
            at=answers.hour(),
            texts=["loud"],
            terms=["loud", "calm"],
            labels=["toxic"],
            flags=True,
            limit=30,
            reviewed=[],
            meaning=[1] * meaning.WIDTH,
            closest=-1.0,
            most=1000,
        )
        for name in sorted(simple)
    }
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


def test_after_many_wrong_passwords_an_address_has_to_wait_and_nobody_else(
    warehouse: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "LONGEST_DELAY", 0)
    with serving(warehouse, people, proxies="127.0.0.1", which_model=lambda: SMALL) as address:
        with httpx.Client(base_url=address, headers={"X-Forwarded-For": "203.0.113.7"}) as stranger:
            guesses = [sign_in(stranger, password=f"guess number {n}").status_code for n in range(door.FAILURES)]
            assert guesses == [401] * door.FAILURES
            assert sign_in(stranger).status_code == 429
        with httpx.Client(base_url=address, headers={"X-Forwarded-For": "198.51.100.4"}) as ann:
            assert sign_in(ann).status_code == 303
    assert "wrong password from 203.0.113.7" in [did for _, _, did in people.audit()]


def test_only_a_trusted_proxy_says_whose_request_it_is(client: httpx.Client, people: People) -> None:
    sign_in(client, password="not this one")
    client.headers["X-Forwarded-For"] = "203.0.113.7"
    sign_in(client, password="not this one")
    assert {did for _, _, did in people.audit()} == {"wrong password from 127.0.0.1"}


def test_a_trusted_proxy_says_who_has_signed_in(warehouse: Path, people: People) -> None:
    people.invite("bob", "viewer", Part(("loud-agency",)))
    for trusted, statuses in (("127.0.0.1", [200, 200, 403]), ("203.0.113.7", [401, 401, 401])):
        with serving(warehouse, people, lambda: SMALL, proxies=trusted, sso_header="Remote-User") as address:
            asked = [httpx.get(f"{address}/accounts", headers={"Remote-User": who}) for who in ("ann", "bob", "eve")]
            assert [one.status_code for one in asked] == statuses
            assert httpx.get(f"{address}/accounts").status_code == 401
            if trusted == "127.0.0.1":
                assert [one.json() for one in asked[:2]] == [["instagram/calm", "instagram/loud"], ["instagram/loud"]]
    with serving(warehouse, people, lambda: SMALL, proxies="127.0.0.1") as address:
        assert httpx.get(f"{address}/accounts", headers={"Remote-User": "ann"}).status_code == 401
    assert [did for _, who, did in people.audit() if who == "bob"] == ["signed in by the proxy"]


def test_settings_and_saved_views_are_read_by_programs(warehouse: Path, people: People, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text('[[accounts]]\nplatform = "instagram"\nhandle = "nasa"\n')
    administration = administered(tmp_path / "targets.toml", warehouse)
    reader, manager = (people.add_key(name, [name]) for name in ("read", "settings"))
    Bookmarks.in_folder(warehouse.parent).save("Monday", "/", "?days=28", Visitor("ann"), is_shared=True)

    def ask(path: str, key: str) -> httpx.Response:
        return httpx.get(f"{address}{path}", headers={"Authorization": f"Bearer {key}"})

    with serving(warehouse, people, lambda: SMALL, administration=administration) as address:
        [monday] = ask("/views", reader).json()
        assert monday == {"name": "Monday", "address": "/?days=28", "owner": "ann", "is_shared": True}
        assert ask("/settings", manager).json()["targets.toml"]["accounts"][0]["handle"] == "nasa"
        assert [ask(path, key).status_code for path, key in (("/settings", reader), ("/comments", manager))] == [
            403
        ] * 2
        page = httpx.get(f"{address}/settings", headers={"Accept": "text/html"})
        assert page.status_code == 307


def test_guessing_a_name_slows_down_and_never_locks() -> None:
    assert [door.delay(failures) for failures in (0, 2, 3, 4, 7, 8, 20)] == [0, 0, 1, 2, 16, 30, 30]


def test_names_that_failed_are_remembered_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_REMEMBERED", 3)
    calls = door.Calls(2, 60)
    for name in ("ann", "bob", "cleo", "ann", "dora"):
        calls.count(name)
    assert [name for name in ("ann", "bob", "cleo", "dora", "eve") if calls.number(name)] == ["ann", "cleo", "dora"]
    assert len(calls._times) == 3


def test_addresses_of_one_network_are_one() -> None:
    asked = [
        Request({"type": "http", "client": (host, 1)}) for host in ("2001:db8:1:2:aaaa::1", "2001:db8:1:2:bbbb::2")
    ]
    assert len({door.place(request) for request in asked}) == 1


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


@pytest.mark.parametrize(
    "next",
    ["//elsewhere.example", "///elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "x", "//[",
     "/\t/elsewhere.example", "/\r\nSet-Cookie: a=b", ""],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(client: httpx.Client, next: str) -> None:
    assert sign_in(client, next=next).headers["location"] == "/"


def test_what_people_do_is_in_the_audit_that_admins_see(
    page: Page,
    address: str,
    people: People,
) -> None:
    people.add("ada", PASSWORD, "admin")
    people.add("cleo", PASSWORD, "viewer", Part(("loud-agency",), texts=False))

    def enter(name: str, next: str) -> None:
        page.goto(f"{address}/login?{urlencode({'next': next})}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    enter("cleo", "/compare?days=1")
    expect(page.locator("main")).to_contain_text("instagram/loud")
    expect(page.locator("main")).not_to_contain_text("calm")
    allowed = ["Home", "Account", "Compare", "Crowds", "Quality", "Numbers", "Try it", "Views"]
    expect(page.locator("nav .links a")).to_have_text(allowed)
    assert page.request.get(f"{address}/checks/index.html").status == 403
    for closed in ("/comments", "/review", "/audit"):
        page.goto(address + closed)
        expect(page.locator("h1")).to_have_text("No access")
    page.get_by_role("button", name="Sign out").click()
    enter("ada", "/comments?days=1&flag=toxic")
    page.get_by_label("Show text").check()
    with page.expect_download():
        page.get_by_text("Export CSV").click()
    page.get_by_role("link", name="Audit").click()
    expect(page.locator("main table")).to_contain_text("tagged loud-agency")
    for did in ("exported 32 comments, days=1&flag=toxic", "revealed texts, days=1&flag=toxic", "signed out"):
        expect(page.locator(".ag-root")).to_contain_text(did)


@pytest.mark.parametrize("end", ["new password", "removal", "signing out"])
def test_a_session_ends_for_whoever_has_its_cookie(client: httpx.Client, people: People, end: str) -> None:
    people.add("bob", PASSWORD)
    sign_in(client)
    stolen = {"Cookie": f"session={client.cookies['session']}"}
    assert httpx.get(client.base_url.join("/accounts"), headers=stolen).status_code == 200
    if end == "new password":
        people.add("ann", "another long password")
    elif end == "removal":
        people.remove("ann")
    else:
        assert client.post("/logout").headers["location"] == "/login"
    assert httpx.get(client.base_url.join("/accounts"), headers=stolen).status_code == 401


def test_a_forged_session_is_none_and_its_token_is_not_stored(client: httpx.Client, people: People) -> None:
    sign_in(client)
    token = client.cookies["session"]
    assert token.encode() not in b"".join(file.read_bytes() for file in people._file.parent.glob("people.db*"))
    client.cookies.clear()
    for forged in (f"{token}x", "", "eyJ1c2VyIjogImFubiJ9.forged"):
        headers = {"Cookie": f"session={forged}"}
        assert client.get("/accounts", headers=headers).status_code == 401


def test_the_first_user_closes_the_door_at_once_and_it_stays_closed(warehouse: Path, tmp_path: Path) -> None:
    people = People(tmp_path / "people.db")
    with serving(warehouse, people, which_model=lambda: SMALL) as address:
        assert httpx.get(f"{address}/accounts").status_code == 200
        people.add("ann", PASSWORD)
        assert httpx.get(f"{address}/accounts").status_code == 401
        people.remove("ann")
        assert httpx.get(f"{address}/accounts").status_code == 401


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "elsewhere.example:8050", "127.0.0.1.elsewhere.example", "[", ""]
)
def test_without_a_login_only_this_computers_names_are_answered(warehouse: Path, tmp_path: Path, host: str) -> None:
    with serving(warehouse, People(tmp_path / "people.db"), which_model=lambda: SMALL) as address:
        for known in ("localhost:8050", "127.0.0.1", "[::1]:8050"):
            assert httpx.get(f"{address}/accounts", headers={"Host": known}).status_code == 200
        refused = httpx.get(f"{address}/accounts", headers={"Host": host})
        assert refused.status_code in (400, 403)
        assert "Without a login" in refused.text or not host
        away = {"Origin": "https://elsewhere.example"}
        assert httpx.post(f"{address}/predict", json={"inputs": ["hello"]}, headers=away).status_code == 403


def test_a_server_that_others_can_reach_answers_nobody_without_users(warehouse: Path, tmp_path: Path) -> None:
    with serving(warehouse, People(tmp_path / "people.db"), host="0.0.0.0", which_model=lambda: SMALL) as address:
        assert httpx.get(f"{address}/accounts").status_code == 403


def test_someone_with_statistics_only_gets_no_rows_of_comments(client: httpx.Client, people: People) -> None:
    people.add("cleo", PASSWORD, "viewer", Part(("loud-agency",), texts=False))
    assert sign_in(client, "cleo").status_code == 303
    assert client.get("/comments?days=1").status_code == 403
    assert client.get("/trends?days=1").json()[-1]["comments"] == 60
    rows = {
        "output": "comments.getRowsResponse",
        "outputs": {"id": "comments", "property": "getRowsResponse"},
        "inputs": [{"id": "comments", "property": "getRowsRequest", "value": {"startRow": 0, "endRow": 100}}],
        "state": [{"id": "url", "property": "search", "value": "?days=1"}],
        "changedPropIds": ["comments.getRowsRequest"],
    }
    answer = client.post("/_dash-update-component", json=rows)
    assert answer.json()["response"]["comments"]["getRowsResponse"]["rowData"] == []


def test_someone_whose_accounts_have_no_comments_yet_is_told(client: httpx.Client, people: People) -> None:
    people.add("cleo", PASSWORD, "viewer", Part(("tennis",)))
    sign_in(client, "cleo")
    assert client.get("/trends").json() == client.get("/comments").json() == client.get("/accounts").json() == []
    for path in ("/", "/account", "/compare", "/comments", "/quality", "/try"):
        text = "".join(answer.text for answer in ask_page(client, path, ""))
        assert ("No comments yet" in text) == (path not in ("/quality", "/try"))


def test_the_login_is_dark_where_the_pages_are(client: httpx.Client) -> None:
    def drawn(cookie: str) -> str:
        return client.get("/login", headers={"Cookie": cookie}).text.partition("<head>")[0]

    assert drawn("theme=dark").endswith('data-mantine-color-scheme="dark">')
    assert "scheme" not in drawn("a=b") + drawn("theme=x onload=alert(1)")


def test_names_that_cannot_be_seen_are_escaped_in_the_audit(client: httpx.Client, people: People) -> None:
    sign_in(client, "ann\n2026-11-20 00:00:00\tada\tsigned in \x1b[2J" + "x" * 500, "wrong")
    [(_, who, _)] = people.audit()
    assert who.startswith(r"ann\n2026-11-20 00:00:00\tada\tsigned in \x1b[2J")
    assert len(who) == 100


def test_what_browsers_are_told(warehouse: Path, people: People) -> None:
    with (
        serving(warehouse, people, is_https=True, which_model=lambda: SMALL) as address,
        httpx.Client(base_url=address) as client,
    ):
        for path in ("/login", "/healthz", "/accounts"):
            headers = client.get(path).headers
            assert headers["cache-control"] == "no-store"
            assert headers["strict-transport-security"] == "max-age=31536000"
            assert "server" not in headers
        assert "cache-control" not in client.get("/assets/style.css").headers
        cookie = client.get("/login").headers["set-cookie"]
        assert all(attribute in cookie for attribute in ("HttpOnly", "Secure", "SameSite=strict"))


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


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), ("a\nb", PASSWORD), ("b" * 101, PASSWORD), ("bob", "short")]
)
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
    assert people.sign_in("ann", PASSWORD)
    assert people.sign_in("ann", "not this one") is None
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
    people.add("bob", PASSWORD, "viewer", Part(("space",)))
    assert people.visitors() == [Visitor("ann", "moderator"), Visitor("bob", "viewer", Part(("space",)))]


def test_nobody_else_is_served_before_there_is_a_user(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0", "--port", "18050", "--data-dir", str(tmp_path)])
    assert isinstance(result.exception, PeopleError)
    assert "toxwatch user add" in str(result.exception)
