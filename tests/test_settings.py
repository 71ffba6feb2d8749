"""Settings changed in the browser: the file keeps its comments, and nobody's change is lost."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.pages import clients
from dashboard.pages.watched import COLUMNS, accounts_in, found_in
from dashboard.people import People, PeopleError, Visitor
from dashboard.settings import Administration, SettingsError, SettingsFile
from jobs.collect import newcomers
from jobs.commands.administration import edited
from jobs.config.settings import Settings
from jobs.config.targets import Account, read_targets
from jobs.platforms import facebook, tiktok, youtube
from tests.conftest import SMALL
from tests.fixtures.administration import administered, serious_faults
from tests.fixtures.browser import PATIENCE, WIDTHS
from tests.fixtures.dashboard import serving
from warehouse import Part

PASSWORD = "a long password"
TARGETS = """# ours
[night]
budget_usd = 5.0   # agreed with finance

[[accounts]]
platform = "instagram"
handle = "nasa"   # the main one
tags = ["space"]
"""


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People.in_folder(tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "targets.toml"
    place.write_text(TARGETS)
    return place


@pytest.fixture
def file(place: Path, people: People) -> SettingsFile:
    return SettingsFile(edited("targets", lambda: place, read_targets, is_made=True), people)


def test_comments_stay_and_a_change_is_taken_back(file: SettingsFile, place: Path) -> None:
    with file.changed(file.version(), "changed the budget") as document:
        document["night"]["budget_usd"] = 7.5
    assert place.read_text() == TARGETS.replace("5.0", "7.5")
    assert file.last_change()[1:] == ("local", "changed the budget")
    assert file.undo() == "changed the budget"
    assert place.read_text() == TARGETS
    with pytest.raises(SettingsError, match="nothing to undo"):
        file.undo()


def test_whoever_saves_second_is_told_who_was_first(file: SettingsFile, place: Path) -> None:
    opened = file.version()
    with file.changed(opened, "paused instagram/nasa") as document:
        document["accounts"][0]["paused"] = True
    first = place.read_text()
    with (
        pytest.raises(SettingsError, match=re.escape("local changed targets.toml since you opened this page (paused")),
        file.changed(opened, "removed it") as document,
    ):
        del document["accounts"]
    assert place.read_text() == first


def test_what_is_written_by_hand_meanwhile_is_neither_lost_nor_undone(file: SettingsFile, place: Path) -> None:
    opened = file.version()
    with file.changed(opened, "changed the budget") as document:
        document["night"]["budget_usd"] = 7.5
    by_hand = place.read_text() + "# by hand\n"
    place.write_text(by_hand)
    with pytest.raises(SettingsError, match="changed by hand since you opened"), file.changed(opened, "more"):
        pass
    with pytest.raises(SettingsError, match="changed by hand since, so there is nothing to undo"):
        file.undo()
    assert place.read_text() == by_hand


def test_a_mistake_is_not_saved_and_is_said_without_the_server_s_paths(file: SettingsFile, place: Path) -> None:
    with pytest.raises(SettingsError) as error, file.changed(file.version(), "broke it") as document:
        document["night"]["budget_usd"] = -1
    assert str(error.value) == "Not saved. budget_usd: must be greater than 0 (found -1)"
    assert place.read_text() == TARGETS
    assert [path.name for path in place.parent.iterdir() if "draft" in path.name] == []


def test_a_file_of_the_project_is_left_and_one_s_own_is_written(place: Path, people: People) -> None:
    own = place.with_name("own.toml")
    file = SettingsFile(
        replace(edited("targets", lambda: own if own.exists() else place, read_targets), own=lambda: own), people
    )
    with file.changed(file.version(), "changed the budget") as document:
        document["night"]["budget_usd"] = 7.5
    assert (place.read_text(), own.read_text()) == (TARGETS, TARGETS.replace("5.0", "7.5"))
    assert file.undo() == "changed the budget"
    assert own.read_text() == TARGETS


def test_a_file_with_a_mistake_is_left_to_whoever_made_it(file: SettingsFile, place: Path) -> None:
    place.write_text("[night\n")
    with pytest.raises(SettingsError, match=r"targets\.toml has a mistake; correct it on the server"):
        file.content()


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_a_night_s_start_its_pictures_and_what_is_kept_are_set_and_taken_back(
    page: Page, administered_address: str, administration: Administration, width: int
) -> None:
    targets = administration.targets.place()
    targets.write_text(TARGETS)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{administered_address}/settings/nights")
    answer, texts = page.get_by_role("alert"), page.get_by_label("Comment texts")
    expect(page.locator("#limits-effect")).to_contain_text("Nothing is deleted.")
    texts.fill("365")
    expect(page.locator("#limits-effect")).to_contain_text("Every night deletes texts older than 365 days, for good.")
    page.locator("#save-limits").click()
    expect(answer).to_have_text("Saved: set what is kept to texts 365 days.")
    page.get_by_label("Starts at (UTC)").first.click()
    page.get_by_role("option", name="04:30").click()
    page.locator("#save-start").click()
    expect(answer).to_have_text("Saved: set the start of a night to 04:30 UTC.")
    expect(page.locator("#pictures-effect")).to_have_text("No picture is fetched.")
    page.get_by_label("Megabytes per night").fill("200")
    expect(page.locator("#pictures-effect")).to_contain_text("at most 200 MB of pictures, for at most 10 minutes.")
    page.locator("#save-pictures").click()
    expect(answer).to_have_text("Saved: set pictures to 200 MB and 10 minutes a night.")
    page.locator("#save-pictures").click()
    expect(answer).to_have_text("Nothing has changed.")
    found = read_targets(targets)
    assert (found.pictures.megabytes, found.pictures.minutes) == (200, 10)
    assert (found.keep.text_days, found.keep.raw_days, found.night.starts_at) == (365, None, time(4, 30))
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for did in ("set pictures to 200 MB", "set the start of a night to 04:30 UTC", "set what is kept"):
        page.get_by_role("button", name="Undo").click()
        expect(answer).to_contain_text(f"Taken back: {did}")
    assert targets.read_text() == TARGETS


@pytest.mark.parametrize(
    ("line", "platform", "handle"),
    [
        ("https://www.instagram.com/nasa/?hl=en", "instagram", "nasa"),
        ("tiktok.com/@tonis.kitchen", "tiktok", "tonis.kitchen"),
        ("https://m.youtube.com/@aurora.space/videos", "youtube", "aurora.space"),
        ("https://youtube.com/c/aurora", "youtube", "aurora"),
        ("facebook.com/harbourfc", "facebook", "harbourfc"),
        ("  @nasa ", "instagram", "nasa"),
        ("youtube/nasa", "youtube", "nasa"),
    ],
)
def test_a_link_or_a_handle_names_an_account(line: str, platform: str, handle: str) -> None:
    assert found_in(line, "instagram") == {"platform": platform, "handle": handle}


@pytest.mark.parametrize(
    "line",
    [
        "https://example.org/nasa",
        "https://www.instagram.com/p/DZ5T2XPllXv/",
        "https://instagram.com",
        "https://[",
        "https://evil.org/instagram.com",
    ],
)
def test_a_link_to_something_else_is_refused(line: str) -> None:
    with pytest.raises(SettingsError, match="Not saved"):
        found_in(line, "instagram")


@pytest.mark.parametrize(
    "content",
    [
        b'platform,handle,tags,max_posts,paused\ntiktok,nasa,"space, cats",5,yes\n,@esa,,,\n\n',
        '\ufeffHandle;Platform;Tags;Max_posts;Paused\r\nnasa;TikTok;"space, cats";5;True\r\nesa;;;;no\r\n'.encode(),
        b"paused\ttags\tmax_posts\thandle\n1\tspace; cats\t5\thttps://www.tiktok.com/@nasa\n\t\t\thttps://instagram.com/esa\n",
    ],
)
def test_a_file_names_accounts_however_a_spreadsheet_writes_it(content: bytes) -> None:
    given = {"tags": ["space", "cats"], "max_posts": 5, "paused": True}
    assert accounts_in(content) == [
        {"platform": "tiktok", "handle": "nasa"} | given,
        {"platform": "instagram", "handle": "esa"} | dict.fromkeys(given),
    ]


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"", "The first line needs the column handle"),
        (b"name\nnasa\n", "The first line needs the column handle"),
        (b"handle,budget\nnasa,5\n", "Unknown: budget"),
        (b"handle,max_posts\nnasa,5\nesa,many\n", "In line 3, max_posts is no number: many"),
        (b"handle,paused\nnasa,perhaps\n", "In line 2, paused is neither yes nor no: perhaps"),
        (b"handle\nhttps://example.org/nasa\n", "is no link to Instagram"),
        (b"handle\ncaf\xe9\n", "CSV in UTF-8"),
        (b"PK\x03\x04\x00handle", "The first line needs the column handle"),
        (b"handle,tags\nnasa,a,b,c\n", "Line 2 has more cells than the first line"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_its_line(content: bytes, mistake: str) -> None:
    with pytest.raises(SettingsError, match=mistake):
        accounts_in(content)


def test_only_admins_of_everything_may_change_settings() -> None:
    assert Visitor("ann", "admin").may("settings")
    assert not Visitor("ann", "admin", Part(("space",))).may("settings")
    assert not Visitor("ann", "moderator").may("settings")


def test_a_paused_account_is_not_collected(place: Path) -> None:
    place.write_text(TARGETS + '\n[[accounts]]\nplatform = "tiktok"\nhandle = "nasa"\npaused = true\n')
    targets = read_targets(place)
    assert [one.name for one in targets.collected] == ["instagram/nasa"]
    assert len(targets.accounts) == 2


def test_a_client_may_have_a_community_of_one_s_own(file: SettingsFile, place: Path, people: People) -> None:
    place.write_text(
        f'{TARGETS}\n[[communities]]\nplatform = "forum"\nhandle = "main"\ntags = ["fans"]\n'
        'connection = "TOXWATCH_DATABASE_FORUM"\nquery = "SELECT * FROM comments"\n'
    )
    page = str(clients.layout(file, people))
    assert "forum/main" in page
    assert "sees nothing" not in page


class TikTok(BaseHTTPRequestHandler):
    """Answers as TikTok does for creators' profiles that are embedded elsewhere."""

    def do_GET(self) -> None:
        handle = self.path.partition("@")[2]
        self.send_response({"nobody": 400, "busy": 503, "consent": 302}.get(handle, 200))
        if handle == "consent":
            self.send_header("Location", f"http://localhost:{self.server.server_port}/")  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def site() -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), TikTok) as server, pytest.MonkeyPatch.context() as patch:
        Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}/oembed"
        patch.setattr(tiktok, "public_address", lambda handle: f"{place}?url=@{handle}")
        yield
        server.shutdown()


@pytest.mark.parametrize(
    ("account", "found"),
    [("tiktok/nasa", "yes"), ("tiktok/nobody", "no"), ("tiktok/busy", "unanswered"), ("tiktok/consent", "unanswered"),
     ("facebook/nasa", "untold")],
)  # fmt: skip
def test_an_account_is_looked_up_where_its_platform_tells(account: str, found: str) -> None:
    platform, handle = account.split("/")
    assert newcomers.exists(Account(platform=platform, handle=handle)) == found


def test_a_platform_that_cannot_be_reached_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(youtube, "public_address", lambda handle: f"http://127.0.0.1:9/@{handle}")
    assert newcomers.exists(Account(platform="youtube", handle="nasa")) == "unanswered"


def test_a_new_account_has_the_price_of_the_list_until_nights_tell_it(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path)
    [one] = newcomers.look_up(settings, date(2026, 11, 20), [Account(platform="facebook", handle="nasa")])
    assert one.is_list_price
    posts, comments = facebook.POSTS, facebook.COMMENTS
    assert one.plan.expected_usd == posts.usd(20) + comments.usd(20 * 50)
    assert one.plan.later_usd == one.plan.expected_usd / 14


@pytest.fixture
def address(warehouse: Path, place: Path) -> Iterator[str]:
    with serving(warehouse, which_model=lambda: SMALL, administration=administered(place, warehouse)) as address:
        yield address


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_accounts_and_the_budget_are_changed_in_the_browser(page: Page, address: str, place: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/settings")
    said = page.get_by_role("alert")
    expect(page.locator(".sentence")).to_contain_text("1 account is watched. Collecting will cost about $12.00")
    page.get_by_label("Links or handles").fill("https://www.tiktok.com/@space.cats\nhttps://example.org/x")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(said).to_contain_text("https://example.org/x is no link to Instagram, TikTok, YouTube and Facebook.")
    expect(page.get_by_label("Links or handles")).to_have_value(re.compile("space.cats"))
    assert place.read_text() == TARGETS
    page.get_by_label("Links or handles").fill("https://www.tiktok.com/@space.cats\n@esa\ntiktok/nobody")
    page.get_by_role("button", name="Check", exact=True).click()
    looked_up = page.locator("#looked-up")
    expect(looked_up).to_contain_text("tiktok/space.cats exists. Its first night costs about $1.35, each later one")
    expect(looked_up).to_contain_text("instagram/esa: its platform tells nobody for free whether it exists")
    expect(looked_up).to_contain_text("tiktok/nobody does not exist and is not added.")
    assert place.read_text() == TARGETS
    page.get_by_role("button", name="Add 2 accounts").click()
    expect(said).to_contain_text("Saved: added tiktok/space.cats and instagram/esa.")
    page.get_by_label("Accounts", exact=True).first.click()
    page.get_by_role("option", name="tiktok/space.cats").click()
    page.get_by_role("option", name="instagram/esa").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(said).to_contain_text("Saved: paused tiktok/space.cats and instagram/esa.")
    expect(page.get_by_role("row").filter(has_text="instagram/esa")).to_contain_text("Paused")
    page.get_by_label("US dollars per night").fill("0")
    page.get_by_role("button", name="Save budget").click()
    expect(said).to_have_text("A budget needs to be above $0. To collect nothing, pause the accounts.")
    page.get_by_label("US dollars per night").fill("8")
    page.get_by_role("button", name="Save budget").click()
    expect(said).to_contain_text("Saved: set the budget of a night to $8.00.")
    saved = read_targets(place)
    assert ([one.name for one in saved.collected], saved.night.budget_usd) == (["instagram/nasa"], 8)
    assert all(comment in place.read_text() for comment in re.findall("#.*", TARGETS))
    page.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Taken back: set the budget of a night to $8.00.")
    assert read_targets(place).night.budget_usd == 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_faults(page) == []


@pytest.mark.long
def test_accounts_come_from_a_file_and_clients_have_theirs(page: Page, address: str, place: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{address}/settings")
    said = page.get_by_role("alert")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    downloaded = download.value.path().read_text()
    assert downloaded.splitlines() == [",".join(COLUMNS), "instagram,nasa,space,,,"]
    page.get_by_label("File of accounts").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": (downloaded + "tiktok,=cats,pets,3,,no\n").encode()}
    )
    expect(said).to_contain_text("Not saved. handle: write just the name")
    page.get_by_label("File of accounts").set_input_files(
        {"name": "large.csv", "mimeType": "text/csv", "buffer": b"a" * 1_000_001}
    )
    expect(said).to_have_text("large.csv is larger than 1 MB, the most that this page reads.")
    page.reload()
    page.get_by_label("File of accounts").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"platform,handle\ntiktok,nobody\n"}
    )
    expect(said).to_have_text("Not saved. There is no tiktok/nobody.")
    changed = downloaded.replace("space,,,", "space,9,,yes") + 'tiktok,cats,"pets, fun",3,,no\n'
    page.get_by_label("File of accounts").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": changed.encode()}
    )
    expect(said).to_contain_text("Saved: added tiktok/cats and changed instagram/nasa from a file.")
    expect(said).to_contain_text("Their first night costs about $1.35.")
    expect(said).not_to_contain_text("could not be checked")
    nasa, cats = read_targets(place).accounts
    assert (nasa.max_posts, nasa.paused, cats.max_posts, cats.tags) == (9, True, 3, ("pets", "fun"))
    page.goto(f"{address}/settings/clients")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(said).to_have_text("Name the client.")
    page.get_by_label("Client", exact=True).first.fill("pets")
    page.keyboard.press("Escape")
    expect(page.locator("#client-accounts").locator("..")).to_contain_text("tiktok/cats")
    page.get_by_label("Accounts", exact=True).first.click()
    page.get_by_role("option", name="instagram/nasa").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(said).to_contain_text("Saved: set the accounts of pets to instagram/nasa and tiktok/cats.")
    assert [one.tags for one in read_targets(place).accounts] == [("space", "pets"), ("pets", "fun")]
    expect(page.get_by_role("row").filter(has_text="pets")).to_contain_text("instagram/nasa, tiktok/cats")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for did in ("set the accounts of pets", "added tiktok/cats and changed instagram/nasa from a file"):
        page.get_by_role("button", name="Undo").click()
        expect(said).to_contain_text(f"Taken back: {did}")
    assert place.read_text() == TARGETS


def test_an_invitation_works_once_and_a_new_one_replaces_it(people: People) -> None:
    old, new = (people.invite("ann", "admin", Part()) for _ in range(2))
    assert (people.invited(old), people.invited(new), people.names()) == (None, "ann", [])
    with pytest.raises(PeopleError, match="at least 10"):
        people.accept(new, "short")
    assert people.accept(new, PASSWORD)
    assert not people.accept(new, "another password")
    assert (people.names(), people.invited(new)) == (["ann"], None)
    assert people.sign_in("ann", PASSWORD)
    assert people.invited("") is None


def test_an_old_invitation_and_that_of_a_removed_person_are_worth_nothing(people: People) -> None:
    late = people.invite("bob", "viewer", Part())
    people.query("UPDATE invitations SET ends = ends - 4 * 24 * 3600")
    assert people.invited(late) is None
    people.add("ann", PASSWORD)
    token = people.invite("ann", "admin", Part())
    people.remove("ann")
    assert not people.accept(token, PASSWORD)


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb"])
def test_nobody_is_invited_without_a_name(people: People, name: str) -> None:
    with pytest.raises(PeopleError, match="Give the user a name"):
        people.invite(name, "admin", Part())


@pytest.mark.long
def test_people_are_invited_choose_a_password_and_are_removed(
    browser: Browser, page: Page, warehouse: Path, people: People
) -> None:
    people.add("ann", PASSWORD, "admin")
    with serving(warehouse, people, which_model=lambda: SMALL) as address:
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto(f"{address}/settings/people")
        page.get_by_label("Name").fill("ann")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        said = page.get_by_role("alert")
        page.get_by_label("Name", exact=True).fill("bob")
        page.get_by_role("button", name="Make a link").click()
        expect(said).to_contain_text("Send bob this link.", timeout=60_000)
        invitation = page.locator("#invitation").inner_text()
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        guest = browser.new_context().new_page()
        guest.set_default_timeout(PATIENCE)
        guest.goto(invitation)
        expect(guest.locator("h1")).to_have_text("Welcome, bob")
        guest.get_by_label("Choose a password").fill("short")
        guest.get_by_role("button", name="Save and sign in").click()
        expect(guest.get_by_role("alert")).to_contain_text("at least 10 characters")
        guest.get_by_label("Choose a password").fill("bob's own password")
        guest.get_by_role("button", name="Save and sign in").click()
        expect(guest.locator("h1")).to_have_text("Home", timeout=60_000)
        assert guest.goto(invitation).status == 410
        guest.goto(f"{address}/settings/people")
        expect(guest.locator("h1")).to_have_text("No access", timeout=60_000)
        page.reload()
        for name, answer in (("ann", "ann is the only admin"), ("bob", "bob was removed and signed out.")):
            page.get_by_label("Person", exact=True).first.click()
            page.get_by_role("option", name=name).click()
            page.get_by_role("button", name="Remove", exact=True).click()
            expect(said).to_contain_text(answer, timeout=60_000)
    assert people.names() == ["ann"]
    done = [did.partition(" from ")[0] for _, _, did in people.audit()]
    assert done[:2] == ["removed bob", "chose a password"]
    assert "invited bob as moderator" in done
