"""Any dates can be looked at, and compared with any others."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard import trend
from dashboard.pages import account, overview
from dashboard.view import LONGEST_PERIOD, Answers, View
from dashboard.wording import dates
from tests.conftest import SMALL
from tests.fixtures.browser import WIDTHS
from tests.fixtures.dashboard import LAST, serving
from warehouse.reader import Warehouse


@pytest.fixture
def answers(made: Path) -> Answers:
    return Answers(Warehouse(made))


@pytest.mark.parametrize("days", [1, 3, 45, LONGEST_PERIOD])
def test_an_address_may_ask_for_any_number_of_days(days: int) -> None:
    view = View.read(f"?days={days}", LAST)
    assert (view.days, View.read(view.search(), LAST)) == (days, view)


@pytest.mark.parametrize("days", ["0", "-3", "3661", "99999999999", "٣", "3.5", ""])
def test_an_impossible_number_of_days_is_a_week(days: str) -> None:
    assert View.read(f"?days={days}", LAST).days == 7


@pytest.mark.parametrize("against", ["", "yesterday", "2026-13-01", "0001-01-01", "<script>"])
def test_an_impossible_comparison_is_with_the_period_before(against: str) -> None:
    assert View.read(f"?against={against}", LAST).compared is None


def test_the_same_weeks_last_year_have_the_same_weekdays() -> None:
    other = View.read("?against=year", LAST).compared
    assert other is not None
    assert (LAST - other.last).days == 364
    assert other.last.weekday() == LAST.weekday()


def test_a_change_is_from_the_period_that_is_named(answers: Answers) -> None:
    view = View.read(f"?days=1&against={LAST - timedelta(days=9)}&account=instagram/loud", LAST)
    (now,) = [row for row in answers.changes(view) if row["label"] == "toxic"]
    assert now["change"] == pytest.approx(0.44)
    assert f"up 44.0 points from {dates(LAST - timedelta(days=9), LAST - timedelta(days=9))}" in str(
        account.layout(answers, view)
    )
    assert "The dotted line is 11 November 2026" in str(trend.panel(answers, view))


def test_a_period_without_comments_to_compare_with_is_said(answers: Answers) -> None:
    output = str(overview.layout(answers, View.read("?against=year", LAST)))
    assert "There are no comments from the same weeks last year to compare with." in output
    assert "not there then" in output


def test_dates_are_written_as_briefly_as_they_are_read() -> None:
    day = date(2026, 11, 20)
    assert dates(day, day) == "20 November 2026"
    assert dates(date(2026, 11, 1), day) == "1 to 20 November 2026"
    assert dates(date(2026, 10, 31), day) == "31 October to 20 November 2026"
    assert dates(date(2025, 12, 28), date(2026, 1, 3)) == "28 December 2025 to 3 January 2026"


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_dates_and_a_comparison_are_picked(page: Page, warehouse: Path, width: int) -> None:
    with serving(warehouse, which_model=lambda: SMALL) as address:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}/account?account=instagram/loud")
        expect(page.locator(".js-plotly-plot .main-svg").last).to_be_visible(timeout=120_000)
        if width < 640:
            page.get_by_role("switch", name="Filters").check()
        page.get_by_role("button", name="Dates").click()
        for day in ("9 November 2026", "11 November 2026"):
            page.get_by_role("button", name=day, exact=True).click()
        expect(page.locator(".sentence")).to_contain_text("In the 3 days to 11 November 2026", timeout=60_000)
        assert page.url.endswith("days=3&last=2026-11-11")
        page.get_by_role("textbox", name="Compare with").click()
        page.get_by_role("option", name="Another period…").click()
        page.get_by_role("button", name="which starts on").click()
        page.get_by_role("button", name="7 November 2026", exact=True).click()
        expect(page.locator(".sentence")).to_contain_text("7 to 9 November 2026", timeout=60_000)
        assert "against=2026-11-07" in page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width
