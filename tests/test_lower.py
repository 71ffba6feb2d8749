"""The lower part of a long page, which a browser asks for when it has the upper part. Real Chromium, a real server."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from dash._utils import to_json
from playwright.sync_api import Browser, Page, Response, expect

from bench.serving import ask_page
from dashboard.app import Lower
from dashboard.pages import account, overview
from dashboard.people import ROLES, VISITOR, Visitor
from dashboard.view import Answers, View
from tests.fixtures.dashboard import serving
from warehouse import WHOLE
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

LOUD = "/account?account=instagram%2Floud"
COUNT_EMPTY = """
window.timesEmpty = 0;
const lower = document.getElementById('lower');
new MutationObserver(() => { if (!lower.firstElementChild) timesEmpty += 1; }).observe(lower, {childList: true});
"""
# A browser that is so busy that it gets the account's lower part and the next page in one go.
TOGETHER = """
window.fetch = (ask => async (...asked) => {
  const answer = await ask(...asked), body = String(asked[1]?.body ?? ''), text = await answer.text();
  if (body.startsWith('{"output":"lower.children@') && body.includes('"/account"'))
    await new Promise(go => { window.release = go; });
  if (body.startsWith('{"output":"..page.children') && body.includes('"/compare"')) window.release();
  return new Response([204, 304].includes(answer.status) ? null : text, answer);
})(window.fetch);
"""


@pytest.fixture(scope="module")
def address(warehouse: Path) -> Iterator[str]:
    with serving(warehouse) as address:
        yield address


def is_of_lower(response: Response) -> bool:
    return "lower.children@" in (response.request.post_data or "")


@pytest.mark.parametrize(
    ("path", "upper", "lower"),
    [
        ("/", "Severity, by day", "Accounts"),
        (LOUD, "Severity, by day", "Repeat offenders"),
        ("/quality", "Coverage", "Skipped comments"),
    ],
)
def test_it_follows_and_ends_with_the_page(page: Page, address: str, path: str, upper: str, lower: str) -> None:
    page.goto(address + path)
    expect(page.locator("#page").get_by_role("heading", name=upper, exact=True)).to_be_visible()
    expect(page.locator("#lower").get_by_role("heading", name=lower, exact=True)).to_be_visible()
    page.locator("nav").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    expect(page.locator("#lower")).to_be_empty()


def test_it_does_not_stay_under_a_page_that_comes_together_with_it(browser: Browser, address: str) -> None:
    busy = browser.new_page()
    busy.add_init_script(TOGETHER)
    with busy.expect_response(is_of_lower):
        busy.goto(address + LOUD)
    busy.locator("nav").get_by_role("link", name="Compare").click()
    expect(busy.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    busy.wait_for_load_state("networkidle")
    expect(busy.locator("#lower")).to_be_empty()
    busy.close()


def test_it_stays_until_the_new_one_is_there_so_that_nothing_jumps(page: Page, address: str) -> None:
    with page.expect_response(is_of_lower):
        page.goto(address + LOUD)
    posts = page.get_by_role("heading", name="Most toxic posts")
    posts.scroll_into_view_if_needed()
    page.evaluate(COUNT_EMPTY)
    before = page.evaluate("scrollY")
    with page.expect_response(is_of_lower) as answer:
        page.evaluate("history.pushState({}, '', '?account=instagram%2Floud&zone=Asia%2FTokyo')")
        page.evaluate("dispatchEvent(new CustomEvent('_dashprivate_pushstate'))")
    assert "Asia%2FTokyo" in (answer.value.request.post_data or "")
    expect(page.locator("#lower")).to_contain_text("Asia/Tokyo")
    expect(posts).to_be_in_viewport()
    assert (page.evaluate("timesEmpty"), page.evaluate("scrollY")) == (0, before)


def test_it_is_drawn_for_each_language(address: str) -> None:
    for language, heading in (
        ("en", "Categories by language"),
        ("de", "Kategorien nach Sprache"),
        ("en", "Categories by language"),
    ):
        with httpx.Client(base_url=address, headers={"Accept-Language": language}) as client:
            _upper, lower = ask_page(client, "/", "")
        assert f'"{heading}"' in lower.text


@pytest.mark.parametrize("lower", [overview.lower, account.lower])
def test_what_is_shared_is_the_same_for_everybody(warehouse: Path, lower: Lower) -> None:
    answers = Answers(Warehouse(warehouse), lambda: WHOLE)
    view, drawn = View.read("?account=instagram%2Floud", answers.newest()), set()
    for role in ROLES:
        token = VISITOR.set(Visitor(role, role))
        drawn.add(to_json(lower(answers, view)))
        VISITOR.reset(token)
    assert len(drawn) == 1


def test_a_page_that_only_says_why_there_is_nothing_has_none(page: Page, address: str) -> None:
    with page.expect_response(is_of_lower):
        page.goto(f"{address}/account?account=instagram%2Fnobody")
    expect(page.get_by_role("heading", name="Account not found")).to_be_visible()
    expect(page.locator("#lower")).to_be_empty()
