"""The words of a page that a browser shows before the page itself is there. Real Chromium, a real server."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from dashboard import first_words
from dashboard.people import People
from dashboard.view import Answers
from tests.fixtures.dashboard import serving
from warehouse import WHOLE, build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

PATHS = ["/", "/account?account=instagram%2Floud", "/compare", "/quality", "/numbers"]
PAGES = [
    "/", *(f"/?days={days}" for days in (1, 7, 14, 28, 91)),
    *(f"/?account=%23{tag}" for tag in ("both", "calm-agency", "loud-agency")),
    *(f"/account?account=instagram%2F{name}" for name in ("calm", "loud")),
]  # fmt: skip


@pytest.fixture(scope="module")
def address(warehouse: Path) -> Iterator[str]:
    with serving(warehouse) as address:
        yield address


@pytest.mark.parametrize("path", PATHS)
def test_they_stand_where_the_page_will_say_the_same(page: Page, address: str, path: str) -> None:
    page.route("**/_dash-layout", lambda route: route.abort())
    page.goto(f"{address}{path}")
    title, sentence = page.locator("#first .title"), page.locator("#first .sentence")
    words, places = (title.inner_text(), sentence.inner_text()), (title.bounding_box(), sentence.bounding_box())
    page.unroute("**/_dash-layout")

    page.goto(f"{address}{path}")
    page.locator("h1").wait_for()
    title, sentence = page.locator("h1"), page.locator(".sentence")
    assert (title.inner_text(), sentence.inner_text()) == words
    for then, now in zip(places, (title.bounding_box(), sentence.bounding_box()), strict=True):
        assert then
        assert now
        assert (round(then["x"]), round(then["y"])) == (round(now["x"]), round(now["y"]))
    expect(page.locator("#first")).to_have_count(0)


def test_likely_pages_are_drawn_ahead_of_their_visitors_once_for_each_version(
    warehouse: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(warehouse, tmp_path / "warehouse", symlinks=True))
    drawn = []

    def ticks() -> Iterator[None]:
        yield
        yield
        build.amend(folder, lambda _: None)
        yield
        yield

    def draw(path: str, search: str) -> None:
        drawn.append(path + search)
        if len(drawn) > len(PAGES):
            raise OSError("the disk is gone")

    answers = Answers(Warehouse(folder), lambda: WHOLE)
    first_words.keep_ready(folder, lambda: first_words.ahead(answers), draw, ticks())
    assert drawn == [*PAGES, PAGES[0]]
    assert caplog.text.count("could not be drawn ahead") == 1


@pytest.mark.parametrize("path", ["/comments", "/review", "/audit", "/nowhere"])
def test_pages_that_write_down_who_opened_them_have_none(address: str, path: str) -> None:
    answer = httpx.get(f"{address}/words", params={"path": path})
    assert (answer.status_code, answer.text) == (200, "")


def test_names_are_text(address: str) -> None:
    search = f"?account={quote('<img src=x onerror=alert(1)>')}"
    answer = httpx.get(f"{address}/words", params={"path": "/account", "search": search})
    assert answer.status_code == 200
    assert "<img" not in answer.text


def test_strangers_get_none(warehouse: Path, tmp_path: Path) -> None:
    people = People(tmp_path / "people.db")
    people.add("ann", "correct horse battery")
    with serving(warehouse, people) as address:
        assert httpx.get(f"{address}/words", params={"path": "/"}).status_code in (303, 401)
