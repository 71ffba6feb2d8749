"""Views that people come back to or show to others: saved, shared by a signed link, sent by e-mail with a PDF."""

import re
import socketserver
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_string
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from dashboard import links as signed
from dashboard.bookmarks import Bookmarks
from dashboard.links import Links
from dashboard.pages import views
from dashboard.people import LOCAL, People, PeopleError, Visitor
from dashboard.subscriptions import Period, Subscriptions, last_whole
from dashboard.view import Answers, View
from jobs.commands import subscriptions
from jobs.config.settings import Settings
from jobs.errors import FailedService
from tests.conftest import SMALL
from tests.fixtures.administration import administered, serious_faults
from tests.fixtures.browser import WIDTHS
from tests.fixtures.dashboard import LAST, serving
from tests.fixtures.servers import serve, url
from warehouse import WHOLE, Part
from warehouse.reader import Warehouse

PASSWORD = "a long password"
ANN, CLIENT = Visitor("ann", "moderator"), Visitor("cleo", "viewer", Part(("loud-agency",)))
LOUD = Part(("loud-agency",), texts=False)
SUNDAY = LAST - timedelta(days=5)


@pytest.fixture
def people(tmp_path: Path) -> People:
    people = People.in_folder(tmp_path)
    people.add("ann", PASSWORD)
    people.add("cleo", PASSWORD, "viewer", CLIENT.part)
    return people


def test_a_shared_view_is_seen_by_whoever_sees_the_same_accounts(tmp_path: Path) -> None:
    bookmarks, bob = Bookmarks.in_folder(tmp_path), Visitor("bob")
    bookmarks.save("Monday", "/account", "?account=instagram%2Floud", ANN, is_shared=True)
    bookmarks.save("mine", "/", "", ANN, is_shared=False)
    bookmarks.save("ours", "/", "?days=28", CLIENT, is_shared=True)
    assert [one.name for one in bookmarks.seen_by(ANN)] == ["mine", "Monday"]
    assert [one.name for one in bookmarks.seen_by(bob)] == ["Monday"]
    assert [one.name for one in bookmarks.seen_by(replace(CLIENT, name="dora"))] == ["ours"]
    bookmarks.save("mine", "/compare", "", ANN, is_shared=False)
    mine, monday = bookmarks.seen_by(ANN)
    assert (mine.address, monday.address) == ("/compare", "/account?account=instagram%2Floud")
    bookmarks.remove(monday.id)
    assert bookmarks.seen_by(bob) == []


def found(links: Links, address: str) -> signed.Link | None:
    return links.find(*re.findall("=([^&]+)", address))


def test_a_link_shows_what_was_signed_while_its_maker_may_show_it(people: People) -> None:
    links = Links(people)
    address = links.make("/account", "?account=instagram%2Floud", "", LOUD, 7, ANN)
    link = found(links, address)
    assert link
    assert (link.path, link.part, link.maker) == ("/account", LOUD, "ann")
    other = links.make("/", "", "", WHOLE, 7, ANN)
    assert found(links, address.replace(f"link={link.id}", f"link={link.id + 1}")) is None
    assert found(links, address[:-1] + ("a" if address[-1] != "a" else "b")) is None
    people.query("UPDATE links SET search = '?days=28' WHERE id = ?", link.id)
    assert found(links, address) is None
    people.add("ann", PASSWORD, "moderator", Part(("loud-agency",)))
    assert found(links, other) is None
    people.remove("ann")
    assert found(links, links.make("/", "", "", WHOLE, 7, ANN)) is None


@pytest.mark.parametrize(
    ("maker", "part"),
    [(CLIENT, LOUD), (replace(CLIENT, role="moderator"), WHOLE), (replace(CLIENT, role="moderator"), Part(("space",)))],
)
def test_nobody_shares_what_they_may_not_show(people: People, maker: Visitor, part: Part) -> None:
    with pytest.raises(PeopleError, match="what you see yourself"):
        Links(people).make("/", "", "", part, 7, maker)


@pytest.fixture
def address(warehouse: Path, people: People) -> Iterator[str]:
    with serving(warehouse, people, lambda: SMALL) as address:
        yield address


@pytest.mark.long
def test_a_link_opens_one_view_and_nothing_else_without_a_login(address: str, people: People) -> None:
    links = Links(people)
    page = links.make("/comments", "?flag=toxic", "", Part(("loud-agency",)), 7, ANN)
    panel = links.make("/", "", "Toxic comments, by day", LOUD, 7, ANN)
    with httpx.Client(base_url=address, timeout=60) as stranger:
        shown = stranger.get(page)
        assert shown.status_code == 200
        assert "30 comments: flagged as toxic, in the 7 days to 20 November 2026." in shown.text
        assert "calm" not in shown.text
        assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
        embedded = stranger.get(panel)
        assert embedded.text.count("data-figure") == 1
        assert "calm" not in embedded.text
        assert "frame-ancestors *" in embedded.headers["content-security-policy"]
        assert stranger.get(page.replace("link=1", "link=2")).status_code == 404
        assert stranger.get("/shared").status_code == 404
        assert [stranger.get(path).status_code for path in ("/comments", "/accounts", "/_dash-layout")] == [401] * 3
        people.query("UPDATE links SET ends = ? WHERE id = 1", time.time() - 60)
        resigned = f"/shared?link=1&signature={links._signature(links.all()[-1])}"
        expired = stranger.get(resigned)
        assert expired.status_code == 410
        assert "This link expired on" in expired.text
        links.revoke(1)
        assert "took it back" in stranger.get(resigned).text


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[socketserver.BaseServer]:
    """Another site, of files."""
    yield from serve(ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)))


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_a_view_is_saved_found_again_and_shared(
    page: Page, tmp_path: Path, warehouse: Path, elsewhere: socketserver.BaseServer, width: int
) -> None:
    (tmp_path / "targets.toml").write_text("# none yet\n")
    administration = replace(
        administered(tmp_path / "targets.toml", warehouse), has_mail=lambda: True, send_view=lambda _: "Sent."
    )
    bookmarks, people = Bookmarks.in_folder(warehouse.parent), People.in_folder(tmp_path)
    bookmarks.save("old", "/account", "?account=instagram%2Fgone", LOCAL, is_shared=False)
    with serving(warehouse, people, lambda: SMALL, administration=administration) as address:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}/account?account=instagram/loud&days=14")
        expect(page.locator("h1")).to_have_text("instagram/loud")
        if width == 390:
            page.get_by_role("button", name="Menu").click()
        page.locator("nav").get_by_role("link", name="Views").click()
        answer = page.locator("#views-answer")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(answer).to_have_text("Give the view a name.")
        page.get_by_label("Name").fill("<b>Monday</b>")
        page.get_by_label("For everybody who sees these accounts").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(answer).to_have_text("Saved: <b>Monday</b>.")
        expect(page.locator("main")).to_contain_text("instagram/gone is gone")
        page.get_by_label("E-mail address").fill("ann@example.org")
        page.get_by_role("button", name="Subscribe").click()
        expect(answer).to_have_text("Saved: every Monday, to ann@example.org.")
        page.get_by_role("button", name="Make a link").click()
        link = page.locator("#made-link").inner_text()
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("Control+k")
        page.get_by_label("Page, account or saved view").fill("mon")
        expect(page.locator("#palette .choice:visible")).to_have_text(["<b>Monday</b>Saved view"])
        assert serious_faults(page) == []
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{address}/account?account=instagram%2Floud&days=14")
        expect(page.locator("h1")).to_have_text("instagram/loud")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Find a page, an account or a saved view")
        page.keyboard.press("Escape")
        page.goto(link)
        expect(page.locator("h1")).to_have_text("instagram/loud")
        expect(page.locator(".js-plotly-plot .main-svg").last).to_be_visible()
        assert serious_faults(page) == []
        page.goto(f"{address}/views?of=/account&account=instagram/loud&days=14")
        page.get_by_label("What it shows").first.click()
        page.get_by_role("option", name="Severity, by day").click()
        page.get_by_role("button", name="Make a link").click()
        embedding = page.locator(".made code").last.inner_text()
        (tmp_path / "elsewhere.html").write_text(embedding)
        page.goto(f"{url(elsewhere)}elsewhere.html")
        expect(page.frame_locator("iframe").locator("h2")).to_have_text("Severity, by day")
        expect(page.frame_locator("iframe").locator(".js-plotly-plot .main-svg").last).to_be_visible()
        page.goto(f"{address}/views")
        for name in ("Remove: <b>Monday</b>", "Remove: ann@example.org", "Revoke: 2", "Revoke: 1"):
            page.get_by_role("button", name=name).click()
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        expect(answer).to_contain_text("The link works no longer.")
        page.goto(link)
        expect(page.locator("h1")).to_have_text("No such link")
    assert [one.name for one in bookmarks.seen_by(LOCAL)] == ["old"]
    assert Subscriptions.in_folder(warehouse.parent).all() == []


def test_a_view_of_one_author_is_neither_saved_nor_shared(made: Path, tmp_path: Path) -> None:
    people, bookmarks, mails = (
        People.in_folder(tmp_path),
        Bookmarks.in_folder(tmp_path),
        Subscriptions.in_folder(tmp_path),
    )
    shelf = views.Shelf(bookmarks, Links(people), mails, lambda _: "Sent.", lambda _: None)
    answers, view = Answers(Warehouse(made)), View(of="/comments", words="idiot", last=LAST, newest=LAST)
    assert "make-link" in str(views.layout(answers, view, shelf))
    of_author = str(views.layout(answers, replace(view, words="@0123abcd"), shelf))
    assert "neither saved nor shared" in of_author
    assert "make-link" not in of_author


@pytest.mark.parametrize(
    ("newest", "week", "month"),
    [
        (date(2026, 11, 22), (date(2026, 11, 16), date(2026, 11, 22)), (date(2026, 10, 1), date(2026, 10, 31))),
        (date(2026, 11, 21), (date(2026, 11, 9), date(2026, 11, 15)), (date(2026, 10, 1), date(2026, 10, 31))),
        (date(2026, 11, 30), (date(2026, 11, 23), date(2026, 11, 29)), (date(2026, 11, 1), date(2026, 11, 30))),
    ],
)
def test_a_period_is_sent_when_all_of_its_days_are_there(newest: date, week: Period, month: Period) -> None:
    assert (last_whole("week", newest), last_whole("month", newest)) == (week, month)


@pytest.fixture
def settings(warehouse: Path, tmp_path: Path, post: socketserver.BaseServer) -> Settings:
    alerts = tmp_path / "alerts.toml"
    alerts.write_text('[send]\ndashboard = "https://tox.example/"\n')
    for name in ("people.db", "reviews.db"):
        (warehouse.parent / name).unlink(missing_ok=True)
    return replace(
        Settings.load(warehouse.parent), alerts_file=alerts, chromium=None,
        smtp_url=url(post).replace("http", "smtp").rstrip("/"),
    )  # fmt: skip


def subscribed(settings: Settings, owner: str, search: str = "", every: str = "week") -> Subscriptions:
    found = Subscriptions.in_folder(settings.data_dir)
    found.add("/", search, owner, f"{owner}@example.org", every)
    found.query("UPDATE subscriptions SET made_on = ?", str(SUNDAY - timedelta(days=1)))
    return found


def test_a_view_is_sent_once_for_its_week_and_again_if_it_failed(
    settings: Settings, post: socketserver.BaseServer
) -> None:
    people = People.in_folder(settings.data_dir)
    people.add("cleo", PASSWORD, "viewer", CLIENT.part)
    subscribed(settings, "cleo")
    subscribed(settings, "removed")
    with pytest.raises(FailedService, match=r"Not sent to cleo@example\.org: the mail server"):
        subscriptions.send_due(replace(settings, smtp_url="smtp://127.0.0.1:9"), LAST)
    assert [subscriptions.send_due(settings, LAST) for _ in range(2)] == [1, 0]
    [mail] = [message_from_string(one.removesuffix(".\r\n")) for one in post.taken]
    assert mail["To"] == "cleo@example.org"
    text, file = (str(part.get_payload(decode=True), "utf-8") for part in mail.get_payload())
    assert text.startswith("In the 7 days to 15 November 2026, an estimated 2.0% of 420 scored comments were toxic")
    assert "https://tox.example/?last=2026-11-15" in text
    assert "instagram/loud" in file
    assert "instagram/calm" not in file
    subscribed(settings, "ann").add("/", "", "cleo", "cleo@example.org", "month")
    assert subscriptions.send_due(settings, LAST) == 0


@pytest.mark.long
def test_a_view_arrives_as_a_pdf_where_there_is_a_chromium(settings: Settings, post: socketserver.BaseServer) -> None:
    settings = replace(settings, chromium=Settings.load(settings.data_dir).chromium)
    if settings.chromium is None:
        pytest.skip("no browser that prints")
    [one] = subscribed(settings, "local").all()
    assert subscriptions.send_now(settings, one.id) == "Sent to local@example.org."
    [mail] = [message_from_string(one.removesuffix(".\r\n")) for one in post.taken]
    _, attached = mail.get_payload()
    assert attached.get_filename() == f"toxwatch-{LAST}.pdf"
    assert attached.get_payload(decode=True).startswith(b"%PDF-")
    assert subscriptions.send_due(settings, LAST) == 1
