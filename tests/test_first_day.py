"""docs/first-day.md, walked step by step as a new user would, with real parts throughout.

Run with -s, it prints the seconds of each step, which that page quotes.
"""

import os
import re
import shutil
import socketserver
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from email.message import Message
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from jobs.config.settings import PROJECT
from jobs.standin import Server
from tests.conftest import TOXWATCH
from tests.fixtures.broker import free_port
from tests.fixtures.browser import PATIENCE
from tests.fixtures.servers import url

ACCOUNT = "instagram/harbour_fc"
PASSWORD = "a long enough password"
NIGHT_ENDS_IN = 400_000


@contextmanager
def step(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:6.1f} s  {name}")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that a new user finds, and no data."""
    for name in ("targets.toml", "policies.toml", "alerts.toml"):
        shutil.copyfile(PROJECT / name, tmp_path / name)
    return tmp_path


@contextmanager
def served(clone: Path, apify: Server, post: socketserver.BaseServer) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOXWATCH_")}
    own |= {
        "APIFY_API_BASE_URL": apify.url,
        "APIFY_TOKEN": apify.token,
        "APIFY_SETTLES_SECONDS": "0",
        "TOXWATCH_SMTP_URL": url(post).replace("http", "smtp").rstrip("/"),
    }
    with subprocess.Popen([TOXWATCH, "serve", "--port", str(port)], cwd=clone, env=own) as server:
        try:
            with step("the server answers"):
                wait_for(address, server)
            yield address
        finally:
            server.terminate()


def wait_for(address: str, server: subprocess.Popen) -> None:
    while server.poll() is None:
        try:
            return urlopen(address).close()
        except URLError:
            time.sleep(0.1)
    raise AssertionError("The server has ended.")


@pytest.mark.slow
@pytest.mark.long
def test_a_new_user_comes_from_nothing_to_a_report(
    browser: Browser, page: Page, clone: Path, apify: Server, post: socketserver.BaseServer
) -> None:
    print()
    started = time.monotonic()
    with served(clone, apify, post) as address:
        with step("First steps say what is missing"):
            see_what_is_missing(page, address)
        with step("an account is checked and added, the example removed, the budget set"):
            add_an_account(page)
        with step("the first night"):
            run_the_first_night(page)
        with step("an admin and a colleague sign in, a stranger doesn't"):
            let_people_in(browser, page, address)
        with step("the test of alerts arrives"):
            set_up_alerts(page, address, post)
        with step("the PDF of a subscription arrives"):
            subscribe(page, address, post)
        open_settings(page, "First steps")
        expect(page.locator(".sentence")).to_have_text("All is set up.")
    print(f"{time.monotonic() - started:6.1f} s  in all")


def open_settings(page: Page, name: str) -> None:
    page.locator("nav").get_by_role("link", name="Settings").click()
    expect(page.locator("h1")).to_have_text("Settings")
    page.locator(".others").get_by_role("link", name=name).click()
    expect(page.locator("h1")).to_have_text(name)


def see_what_is_missing(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="First steps").click()
    expect(page.locator(".sentence")).to_have_text("3 steps to go until Toxwatch works on its own.")


def add_an_account(page: Page) -> None:
    page.get_by_role("link", name="Add accounts").click()
    page.get_by_label("Links or handles").fill("https://www.instagram.com/harbour_fc/")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#looked-up")).to_contain_text(f"{ACCOUNT}: its platform tells nobody for free")
    expect(page.locator("#looked-up")).to_contain_text("Its first night costs about $2.63, each later one about $0.19")
    answer = page.get_by_role("alert")
    page.get_by_role("button", name="Add 1 account").click()
    expect(answer).to_contain_text(f"Saved: added {ACCOUNT}.")
    page.get_by_label("Accounts", exact=True).first.click()
    page.get_by_role("option", name="instagram/nasa").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(answer).to_contain_text("Saved: removed instagram/nasa.")
    page.get_by_label("US dollars per night").fill("4")
    page.get_by_role("button", name="Save budget").click()
    expect(answer).to_contain_text("Saved: set the budget of a night to $4.00.")
    expect(page.locator(".sentence")).to_contain_text("1 account is watched.")


def run_the_first_night(page: Page) -> None:
    open_settings(page, "First steps")
    page.get_by_role("button", name="Start it now").click()
    expect(page.locator("#night .now")).to_have_text("Collecting comments …")
    expect(page.locator("#night")).to_contain_text("Measured", timeout=NIGHT_ENDS_IN)
    expect(page.locator("#night .worse")).to_have_count(0)
    page.get_by_role("link", name="See what it found").click()
    expect(page.locator(".sentence").first).to_contain_text("comments")
    expect(page.locator("main")).to_contain_text(ACCOUNT)


def let_people_in(browser: Browser, page: Page, address: str) -> None:
    accept(page, invited(page, "ann", "Admin"), "ann")
    colleague, stranger = (browser.new_context().new_page() for _ in range(2))
    accept(colleague, invited(page, "bob", "Viewer"), "bob")
    expect(colleague.locator("main")).to_contain_text(ACCOUNT)
    stranger.goto(address)
    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()
    for one in (colleague, stranger):
        one.context.close()


def invited(page: Page, name: str, role: str) -> str:
    open_settings(page, "People and keys")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Role", exact=True).first.click()
    page.get_by_role("option", name=role).click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("alert")).to_contain_text(f"Send {name} this link.")
    return page.locator("#invitation").inner_text()


def accept(page: Page, invitation: str, name: str) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(invitation)
    expect(page.locator("h1")).to_have_text(f"Welcome, {name}")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.locator("h1")).to_have_text("Home")


def set_up_alerts(page: Page, address: str, post: socketserver.BaseServer) -> None:
    open_settings(page, "Alerts")
    page.get_by_label("E-mail addresses").first.fill("team@example.org")
    page.get_by_label("Address of this dashboard").fill(address)
    page.locator("#save-recipients").click()
    expect(page.get_by_role("alert")).to_contain_text("Saved: set recipients to team@example.org.")
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#test-answer")).to_have_text("Sent by mail. Look whether it has arrived.")
    mail = last_mail(post)
    assert mail["To"] == "team@example.org"
    assert "This is a test." in str(mail)


def subscribe(page: Page, address: str, post: socketserver.BaseServer) -> None:
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.locator("h1")).to_have_text("Home")
    page.locator("nav").get_by_role("link", name="Views").click()
    page.get_by_label("E-mail address").fill("ann@example.org")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.locator("#views-answer")).to_have_text("Saved: every Monday, to ann@example.org.")
    page.get_by_role("button", name=re.compile("Send now")).click()
    expect(page.locator("#views-answer")).to_have_text("Sent to ann@example.org.")
    text, pdf = last_mail(post).get_payload()
    assert f"{address}/" in str(text.get_payload(decode=True), "utf-8")
    assert pdf.get_payload(decode=True).startswith(b"%PDF")


def last_mail(post: socketserver.BaseServer) -> Message:
    return message_from_string(post.taken[-1].removesuffix(".\r\n"))
