"""What people write on the charts is seen by all who see the account, as text."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard import trend
from dashboard.people import VISITOR, Visitor
from dashboard.view import Answers, View
from tests.conftest import SMALL
from tests.fixtures.browser import WIDTHS
from tests.fixtures.dashboard import LAST, serving
from warehouse import Part
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

WEEK = View(days=7, last=LAST, newest=LAST)
SCRIPT = "<b>derby</b><script>alert(1)</script>"


@contextmanager
def visited_by(visitor: Visitor) -> Iterator[None]:
    before = VISITOR.set(visitor)
    yield
    VISITOR.reset(before)


@pytest.fixture
def reviews(tmp_path: Path) -> Reviews:
    reviews = Reviews.in_folder(tmp_path)
    reviews.annotate(LAST, "instagram/loud", SCRIPT, "ann")
    reviews.annotate(LAST - timedelta(days=3), "", "campaign start", "ann")
    reviews.annotate(LAST - timedelta(days=90), "instagram/loud", "long ago", "ann")
    return reviews


@pytest.fixture
def answers(made: Path) -> Answers:
    return Answers(Warehouse(made), lambda: VISITOR.get().part)


def said(answers: Answers, reviews: Reviews, account: str | None = None) -> list[str]:
    return [text for text in ("campaign start", "derby", "long ago")
            if text in str(trend.panel(answers, replace(WEEK, account=account), reviews))]  # fmt: skip


def test_whoever_sees_an_account_sees_what_is_written_on_it(answers: Answers, reviews: Reviews) -> None:
    assert said(answers, reviews) == said(answers, reviews, "instagram/loud") == ["campaign start", "derby"]
    assert said(answers, reviews, "instagram/calm") == ["campaign start"]
    with visited_by(Visitor("client", "viewer", Part(("loud-agency",)))):
        assert said(answers, reviews) == ["derby"]
        assert "annotate" not in str(trend.panel(answers, WEEK, reviews))
    with visited_by(Visitor("other", "moderator", Part(("calm-agency",)))):
        assert said(answers, reviews) == []


def test_a_chart_shows_markup_as_text(answers: Answers, reviews: Reviews) -> None:
    drawn = str(trend.panel(answers, replace(WEEK, account="instagram/loud"), reviews))
    assert "&lt;b&gt;derby&lt;/b&gt;&lt;script&gt;" in drawn


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_a_chart_is_written_on_and_wiped(page: Page, warehouse: Path, width: int) -> None:
    with serving(warehouse, which_model=lambda: SMALL) as address:
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"{address}/account?account=instagram/loud")
        page.get_by_text("Write on the chart").click(timeout=30_000)
        page.get_by_label("What happened").fill("derby")
        page.get_by_role("button", name="Write").click()
        expect(page.locator("#trend .annotation-text").last).to_have_text("derby", timeout=20_000)
        page.goto(address)
        expect(page.locator("#trend")).to_contain_text("derby (instagram/loud)", timeout=30_000)
        page.get_by_text("Write on the chart").click()
        page.get_by_role("button", name="Remove derby").click()
        expect(page.locator("#trend")).not_to_contain_text("derby", timeout=20_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Reviews.in_folder(warehouse.parent).annotations(LAST, LAST) == []
