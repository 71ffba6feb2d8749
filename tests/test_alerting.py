"""Alerts set up in the browser, with a test that really arrives. Real servers for mail and webhooks."""

import socketserver
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jobs.alerts.rules import read_rules
from jobs.commands.administration import administration
from jobs.config.settings import PROJECT
from tests.conftest import SMALL
from tests.fixtures.administration import serious_faults
from tests.fixtures.dashboard import serving
from tests.fixtures.servers import url


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, post: socketserver.BaseServer) -> Path:
    """Where one's own files are; there are none yet."""
    monkeypatch.setenv("TOXWATCH_CONFIG", str(tmp_path))
    monkeypatch.setenv("TOXWATCH_SMTP_URL", url(post).replace("http", "smtp").rstrip("/"))
    return tmp_path / "alerts.toml"


@pytest.fixture
def address(warehouse: Path, place: Path) -> Iterator[str]:
    with serving(warehouse, which_model=lambda: SMALL, administration=administration(place.parent / "data")) as address:
        yield address


@pytest.mark.long
def test_recipients_and_rules_are_saved_and_a_test_arrives(
    page: Page, address: str, place: Path, post: socketserver.BaseServer
) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{address}/settings/alerts")
    expect(page.get_by_text("Nobody is told yet.")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#test-answer")).to_contain_text("There is nobody to send to")
    answer, emails = page.locator("#alerts-answer"), page.get_by_label("E-mail addresses").first
    emails.fill("team")
    emails.press("Enter")
    page.locator("#save-recipients").click()
    expect(answer).to_have_text("team is no e-mail address.")
    emails.press("Backspace")
    emails.fill("team@example.org")
    emails.press("Enter")
    page.locator("#save-recipients").click()
    expect(answer).to_have_text("Saved: set recipients to team@example.org.")
    page.get_by_label("Scores, languages, lengths or volume unlike the four weeks before").uncheck()
    page.get_by_label("Least flagged comments").fill("9")
    page.locator("#save-rules").click()
    expect(answer).to_contain_text("Saved: set the rules")
    expect(page.get_by_text("Alerts go out by mail.")).to_be_visible()
    rules = read_rules(place)
    assert (rules.send.email, rules.drift, rules.wave.least_flagged) == (("team@example.org",), None, 9)
    assert rules.toxicity == read_rules(PROJECT / "alerts.toml").toxicity
    assert place.read_text().startswith((PROJECT / "alerts.toml").read_text()[:300])
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#test-answer")).to_have_text("Sent by mail. Look whether it has arrived.")
    [mail] = post.taken
    assert "To: team@example.org" in mail
    assert "This is a test." in mail
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    for did in ("set the rules", "set recipients"):
        page.get_by_role("button", name="Undo").click()
        expect(answer).to_contain_text(f"Taken back: {did}")
    assert place.read_text() == (PROJECT / "alerts.toml").read_text()
