"""What people do about one comment, from the thread to the file of decisions."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.inbox import Inbox
from dashboard.pages import review
from dashboard.people import VISITOR, People, Visitor
from dashboard.view import Answers, View
from tests.conftest import SMALL
from tests.fixtures.administration import serious_faults
from tests.fixtures.dashboard import LAST, serving
from warehouse import Part
from warehouse.cases import Cases
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

PASSWORD = "a long password"
ONE = f"loud/{LAST}-1"
WEEK = View(days=7, last=LAST, newest=LAST)


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    return Cases.in_folder(tmp_path)


def test_the_first_deed_counts_for_the_time_to_answer(cases: Cases) -> None:
    posted = datetime.now(UTC) - timedelta(hours=5)
    first, today = (posted - timedelta(hours=10)).date(), datetime.now(UTC).date()
    cases.handle("a", "hidden", "instagram/loud", posted, "ann")
    cases.handle("a", "hidden", "instagram/loud", posted + timedelta(hours=4), "bob")
    cases.handle("a", "replied", "instagram/loud", posted, "bob")
    cases.handle("b", "replied", "instagram/calm", posted - timedelta(hours=10), "ann")
    assert [entry.person for entry in cases.handled("a").values()] == ["ann", "bob"]
    hours, number = cases.hours_to_answer(["instagram/loud", "instagram/calm"], first, today)
    assert (round(hours or 0), number) == (10, 2)
    assert cases.hours_to_answer(["instagram/calm"], first, today)[1] == 1
    assert cases.hours_to_answer(["instagram/calm"], today - timedelta(9), first - timedelta(1)) == (None, 0)
    cases.take_back("a", "hidden")
    assert list(cases.handled("a")) == ["replied"]


def test_a_strike_is_a_comment_that_was_called_harmful_or_taken_away(cases: Cases, tmp_path: Path) -> None:
    reviews = Reviews.in_folder(tmp_path)
    reviews.record("harmless", "ann", [], ["toxic"], "m", "p")
    reviews.record("harmful", "ann", ["insult"], [], "m", "p")
    reviews.record("clicked", "hasty", ["insult"], [], "m", "p")
    reviews.leave_out("hasty")
    for how in ("hidden", "replied"):
        cases.handle(how, how, "instagram/loud", datetime.now(UTC), "ann")
    assert sorted(cases.harmful()) == ["harmful", "hidden"]


def test_a_handed_comment_is_in_the_inbox_of_whoever_got_it_until_they_open_it(made: Path, tmp_path: Path) -> None:
    people, reviews, cases = People.in_folder(tmp_path), Reviews.in_folder(tmp_path), Cases.in_folder(tmp_path)
    answers = Answers(Warehouse(made), lambda: VISITOR.get().part)
    inbox = Inbox(answers, reviews, cases, people, lambda: None)
    cases.hand("calm/formula", "bob", "ann")
    token = VISITOR.set(Visitor("bob", "moderator"))
    try:
        [line] = [line for line in inbox.lines(WEEK) if line.kind == "handed"]
        assert (line.text, line.detail) == ("1 comment handed to you", "by ann")
        view = View.read((line.address or "").partition("?")[2], LAST)
        [row] = inbox.comments(view)
        assert row["comment_id"] == "calm/formula"
        inbox.see(row, view)
        assert [line for line in inbox.lines(WEEK) if line.kind == "handed"] == []
        cases.hand("calm/formula", "bob", "cid")
        assert [line.detail for line in inbox.lines(WEEK) if line.kind == "handed"] == ["by cid"]
        VISITOR.set(Visitor("bob", "moderator", Part(("loud-agency",))))
        assert [line for line in inbox.lines(WEEK) if line.kind == "handed"] == []
    finally:
        VISITOR.reset(token)


def test_decisions_are_exported_with_what_was_done(made: Path, cases: Cases, tmp_path: Path) -> None:
    answers = Answers(Warehouse(made))
    Reviews.in_folder(tmp_path).record(ONE, "ann", ["toxic"], ["toxic"], "m", "p")
    cases.say_attacked(ONE, "gender", "ann")
    cases.note(ONE, "told the club", "bob")
    cases.handle(ONE, "hidden", "instagram/loud", datetime.now(UTC), "ann")
    cases.note("calm/formula", "=1+1", "bob")
    by_id = {row["comment_id"]: row for row in review.decisions(answers, WEEK, cases)}
    row = by_id[ONE]
    assert (row["reviewer"], row["labels"], row["attacked"], row["handled"]) == ("ann", "toxic", "gender", "hidden")
    assert row["notes"] == "bob: told the club"
    assert (by_id["calm/formula"]["reviewer"], by_id["calm/formula"]["notes"]) == (None, "bob: =1+1")
    assert review.decisions(answers, View(last=LAST - timedelta(30), newest=LAST), cases) == []
    only = View(account="#calm-agency", days=7, last=LAST, newest=LAST)
    assert [row["comment_id"] for row in review.decisions(answers, only, cases)] == ["calm/formula"]


@pytest.fixture
def address(warehouse: Path) -> Iterator[str]:
    people = People.in_folder(warehouse.parent)
    for name in ("ann", "bob"):
        people.add(name, PASSWORD)
    with serving(warehouse, people, which_model=lambda: SMALL) as address:
        yield address


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.long
def test_a_comment_is_judged_noted_handed_on_and_answered(
    browser: Browser, page: Page, address: str, tmp_path: Path
) -> None:
    case = f"{address}/comments?comment={LAST}/{ONE}"
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        if width == 390:
            sign_in(page, case, "ann")
        else:
            page.goto(case)
        status = page.locator("#case-body [role=status]")
        page.get_by_role("button", name=re.compile("^Hidden")).click()
        expect(status).to_have_text("Hidden on the platform." if width == 390 else "Not hidden after all.")
        page.get_by_label("Note for colleagues").fill("<b>told</b> the club")
        page.get_by_role("button", name="Add note").click()
        expect(page.locator(".log")).to_contain_text("ann: <b>told</b> the club")
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#case-attacked").click()
    page.get_by_role("option", name="Religion").click()
    page.locator("#case-attacked-button").click()
    expect(page.locator(".log")).to_contain_text("ann: Attacks: religion.")
    page.get_by_text("Other categories").click()
    page.locator(".case .choices").get_by_label("Insult", exact=True).check()
    page.locator("#case-save-button").click()
    expect(status).to_contain_text("Reviewed as toxic, insult.")
    page.locator("#case-colleague").click()
    page.get_by_role("option", name="bob").click()
    page.get_by_role("button", name="Hand over").click()
    expect(status).to_have_text("Handed to bob.")
    page.goto(f"{address}/review")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export decisions").click()
    download.value.save_as(tmp_path / "decisions.csv")
    with (tmp_path / "decisions.csv").open() as file:
        [row] = [row for row in csv.DictReader(file) if row["comment_id"] == ONE and row["reviewer"] == "ann"]
    assert (row["labels"], row["attacked"], row["handled"]) == ("toxic insult", "religion", "")
    colleague = browser.new_context(viewport={"width": 390, "height": 900}).new_page()
    sign_in(colleague, address, "bob")
    colleague.get_by_role("link", name="1 comment handed to you").click()
    expect(colleague.locator(".cards article")).to_have_count(1)
    colleague.get_by_role("link", name="Open", exact=True).click()
    expect(colleague.locator(".log")).to_contain_text("ann: <b>told</b> the club")
    colleague.context.close()
