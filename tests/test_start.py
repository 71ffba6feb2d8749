"""First steps in the browser, with a real night started there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.pages import start
from dashboard.settings import Progress
from jobs.commands.administration import administration
from jobs.standin import Server
from tests.conftest import SMALL, WATCHED
from tests.fixtures.administration import serious_faults
from tests.fixtures.dashboard import serving

COMMUNITY = """
[[communities]]
platform = "clone"
handle = "main"
connection = "TOXWATCH_DATABASE_CLONE"
query = "SELECT * FROM comments"
"""


@contextmanager
def empty(place: Path, monkeypatch: pytest.MonkeyPatch, targets: str) -> Iterator[str]:
    """A dashboard over a data folder that holds nothing yet."""
    (place / "targets.toml").write_text(targets)
    monkeypatch.setenv("TOXWATCH_CONFIG", str(place))
    monkeypatch.setenv("TOXWATCH_DATA_DIR", str(place / "data"))
    monkeypatch.delenv("TOXWATCH_TARGETS", raising=False)
    folder = place / "data" / "warehouse"
    with serving(folder, which_model=lambda: SMALL, administration=administration(place / "data")) as address:
        yield address


@pytest.mark.long
def test_a_new_installation_says_what_it_needs_and_why_a_night_failed(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APIFY_TOKEN", raising=False)
    with empty(tmp_path, monkeypatch, "# none yet\n") as address:
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto(address)
        page.get_by_role("link", name="First steps").click()
        expect(page.locator(".sentence")).to_have_text("5 steps to go until Toxwatch works on its own.")
        page.get_by_role("link", name="Add accounts").click()
        page.get_by_label("Links or handles").fill("https://www.instagram.com/nasa")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.locator("#looked-up")).to_contain_text(
            "costs about $2.63, each later one about $0.19, by the price"
        )
        page.get_by_role("button", name="Add 1 account").click()
        expect(page.get_by_role("alert")).to_contain_text("Saved: added instagram/nasa.")
        page.get_by_role("link", name="First steps").click()
        expect(page.locator(".sentence")).to_contain_text("4 steps to go")
        page.get_by_role("button", name="Start it now").click()
        expect(page.locator("#night .worse")).to_contain_text("APIFY_TOKEN")
        expect(page.get_by_role("button", name="Start it now")).to_be_visible()
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        (tmp_path / "targets.toml").write_text(COMMUNITY)  # which needs no token
        page.reload()
        expect(page.locator(".sentence")).to_contain_text("3 steps to go")


def test_a_night_is_told_stage_by_stage_and_its_comments_as_soon_as_they_are_there() -> None:
    def told(done: list[str], is_running: bool = True, error: str | None = None) -> str:
        return str(start._night(Progress(date(2026, 11, 20), is_running, dict.fromkeys(done, 1204), error)))

    half = told(["scrape", "validate"])
    assert "Checked: 1,204" in half
    assert "Preparing texts …" in half
    assert "See what it found" in told(list(start.STAGES))
    failed = told(["scrape"], is_running=False, error="no room")
    assert "no room" in failed
    assert "…" not in failed
    assert "hidden=True" not in failed


@pytest.mark.slow
@pytest.mark.long
def test_the_first_night_is_started_and_watched_until_its_comments_are_there(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apify: Server
) -> None:
    monkeypatch.setenv("APIFY_API_BASE_URL", apify.url)
    monkeypatch.setenv("APIFY_TOKEN", apify.token)
    monkeypatch.setenv("APIFY_SETTLES_SECONDS", "0")
    with empty(tmp_path, monkeypatch, WATCHED) as address:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"{address}/settings/start")
        page.get_by_role("button", name="Start it now").click()
        expect(page.locator("#night .now")).to_have_text("Collecting comments …")
        page.reload()
        expect(page.locator("#night .now")).to_be_visible()
        expect(page.locator("#night")).to_contain_text("Measured", timeout=400_000)
        page.get_by_role("link", name="See what it found").click()
        expect(page.locator("#needs")).to_be_visible()
