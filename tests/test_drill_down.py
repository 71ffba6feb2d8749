"""Every figure leads to the comments behind it: those of a client, a post, an author, a language, a day."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from dash import dcc
from playwright.sync_api import Page, expect

from dashboard import charts, costs
from dashboard.pages import author, compare, numbers, overview, post, quality
from dashboard.people import VISITOR, Visitor
from dashboard.view import Answers, View
from models.card import read_card
from tests.conftest import MODEL, SMALL, THRESHOLDS, at, night_of
from tests.fixtures.administration import serious_faults
from tests.fixtures.browser import WIDTHS
from tests.fixtures.dashboard import LAST, ROOT, serving
from tests.test_pages import text_of
from warehouse import Part, build
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

DAY = View(days=1, last=LAST, newest=LAST)
POST, PERSON = "instagram:loud", "@00000000"


@pytest.fixture(scope="module")
def answers(made: Path) -> Answers:
    return Answers(Warehouse(made))


def test_a_client_has_an_overview_of_its_accounts(answers: Answers) -> None:
    of_client = replace(DAY, account="#calm-agency")
    assert [row["account"] for row in answers.ranking(of_client)] == ["instagram/calm"]
    assert "of 43 scored comments" in overview.sentence(answers, of_client)
    assert "of 103 scored comments" in overview.sentence(answers, replace(DAY, account="instagram/calm"))
    assert "Last night" not in text_of(overview.layout(answers, of_client))


def test_a_post_is_followed_for_its_first_hours(answers: Answers) -> None:
    rows = answers.rows("post_hours", replace(DAY, account="instagram/loud", days=3), post=POST)
    assert {(row["hour"], row["severity"]): row["comments"] for row in rows} == {
        **{(hour, "low"): 1 for hour in range(12)}, **{(hour, "none"): 1 for hour in range(12)}
    }  # fmt: skip
    page = text_of(post.layout(answers, replace(DAY, post=POST)))
    assert "Of 24 comments in its first 48 hours, 12 were flagged; 100% came in the first 12." in page
    assert "This post was never collected" in text_of(post.layout(answers, replace(DAY, post="instagram:none")))


def test_the_comments_of_a_post_are_counted_as_they_are_listed(answers: Answers) -> None:
    for view in (replace(DAY, post=POST), replace(DAY, post=POST, flag="toxic")):
        [count] = answers.rows("comments_count", view)
        assert (
            count["comments"]
            == len(answers.page_of_comments(view, "posted_at DESC", 1000, 0))
            == 60 / (1 + bool(view.flag))
        )


def test_an_author_has_a_timeline_that_opens_each_comment(answers: Answers) -> None:
    view = View.read(author.search(DAY, PERSON.removeprefix("@")), LAST)
    assert (view.words, view.days) == (PERSON, 28)
    rows = answers.rows("timeline", view)
    assert len(rows) == 14 * 6
    assert "84 comments on 1 account: 3 flagged. Reviewers called 1 of their comments harmful." in text_of(
        author.layout(answers, view)
    )
    address = author._opening(view)(rows[0])
    opened = View.read(str(address).removeprefix("/comments"), LAST)
    assert opened.comment == f"{rows[0]['posted_at']:%Y-%m-%d}/{rows[0]['comment_id']}"
    assert rows[0]["comment_id"] in {row["comment_id"] for row in answers.page_of_comments(opened, "likes DESC", 99, 0)}
    assert "No author chosen" in text_of(author.layout(answers, DAY))


def test_a_cell_of_a_language_and_category_counts_the_comments_behind_it(answers: Answers) -> None:
    panel = charts.languages(answers, DAY)
    [cell] = [one for one in panel._traverse() if getattr(one, "href", None) and "flag=toxic" in one.href]
    [count] = answers.rows("comments_count", View.read(cell.href.removeprefix("/comments"), LAST))
    assert count["comments"] == 32
    [row] = answers.rows("language_labels", DAY)[:1]
    assert (row["language"], row["comments"]) == ("en", 103)


def counted(answers: Answers, address: str) -> int:
    """The comments behind an address, counted and listed."""
    view = View.read(address.removeprefix("/comments"), LAST)
    [count] = answers.rows("comments_count", view)
    assert count["comments"] == len(answers.page_of_comments(view, "posted_at DESC", 2000, 0))
    return int(count["comments"])


def test_a_step_of_the_spread_and_a_threshold_count_the_comments_behind_them(answers: Answers, tmp_path: Path) -> None:
    reviews, card = Reviews.in_folder(tmp_path), read_card(SMALL)
    for panel, title in ((numbers.layout(answers, DAY), "A share is an average of probabilities"),
                         (quality.layout(answers, DAY, card, [], reviews), "Choosing a threshold")):  # fmt: skip
        graphs = [one for one in panel._traverse() if isinstance(one, dcc.Graph) and title in one.id["chart"]]
        bars = graphs[0].figure["data"][0]
        assert len(bars["y"]) > 2
        assert [counted(answers, address) for address in bars["customdata"]] == list(bars["y"])


def test_the_audit_and_a_group_of_copies_are_found_by_their_own_questions(answers: Answers) -> None:
    assert counted(answers, "?review=audited&days=14") == 0
    assert counted(answers, "?words=~123456789012&days=14") == 0
    for score in ("35-36", "40-35", "0-105", "a-b", ""):
        assert View.read(f"?score={score}", LAST).score is None
    assert View.read("?score=35-40", LAST).parameters()["highest"] == 7


def test_whoever_sees_no_comments_gets_no_links_to_them(answers: Answers) -> None:
    was = VISITOR.set(Visitor("ann", "viewer", Part(texts=False)))
    try:
        pages = [
            post.layout(answers, replace(DAY, post=POST)),
            overview.layout(answers, DAY),
            compare.layout(answers, DAY),
        ]
        assert not any("/comments" in str(page.to_plotly_json()) for page in pages)
    finally:
        VISITOR.reset(was)


def test_periods_are_laid_over_each_other(answers: Answers) -> None:
    earlier, now = compare._trends(answers, View(account="instagram/loud", days=7, last=LAST, periods=2))
    assert [row["day"] for row in earlier] == [row["day"] for row in now]
    assert [row["of"] for row in earlier] == [row["day"] - timedelta(7) for row in now]


def test_costs_have_a_bar_for_the_largest_and_one_for_the_others() -> None:
    rows = [
        {"month": LAST.replace(day=1), "kind": "account", "name": f"x/{n}", "cost_usd": float(n), "usd_per_1000": 1.0}
        for n in range(1, 12)
    ]
    panel = costs._chart("account", rows, DAY)
    [figure] = [one.figure for one in panel._traverse() if hasattr(one, "figure")]
    assert [trace["y"] for trace in figure["data"]] == [*([float(n)] for n in range(11, 3, -1)), [1.0 + 2 + 3]]
    assert figure["data"][0]["customdata"] == ["/comments?account=x%2F11&days=20"]
    assert figure["layout"]["barmode"] == "stack"


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_every_figure_is_clicked_through_and_back(page: Page, warehouse: Path, width: int) -> None:
    with serving(warehouse, which_model=lambda: SMALL) as address:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        if width < 640:
            page.get_by_role("switch", name="Filters").check()
        page.get_by_role("textbox", name="Client").click()
        page.get_by_role("option", name="loud-agency").click()
        expect(page.locator("h1")).to_have_text("loud-agency")
        assert page.url.endswith("?account=%23loud-agency")
        opens(page, "Severity, by day", "Low", "30 comments match")
        page.get_by_role("link", name="instagram/loud").first.click()
        expect(page.locator("h1")).to_have_text("instagram/loud")
        opens(page, "Categories by language", re.compile("%$"), "30 comments match")
        page.locator(".panel").filter(has_text="Most toxic posts").locator("td a").first.click()
        opens(page, "The first 48 hours", "Low", "30 comments match")
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        assert serious_faults(page) == []
        page.go_back()
        page.get_by_role("link", name="00000000").click()
        expect(page.locator("h1")).to_have_text(f"Author {PERSON}")
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        assert serious_faults(page) == []
        opens(page, "Timeline", "Low", "3 comments match")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(f"{address}/?account=%23nobody")
        expect(page.locator(".sentence")).to_have_text("This client has no comments yet.")


@pytest.mark.long
def test_two_hundred_accounts_are_sorted_and_found_without_scrolling_sideways(page: Page, tmp_path: Path) -> None:
    names = [f"an_account_with_a_long_name_{n:03}" for n in range(200)]
    comments = [(f"{name}/{i}", "a comment", at(LAST, i), 0.9 if i < n % 7 else 0.02)
                for n, name in enumerate(names) for i in range(8)]  # fmt: skip
    accounts = [("instagram", name, ()) for name in names]
    context = build.Context(accounts, (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")
    build.publish(tmp_path / "warehouse", [night_of(tmp_path / "lake", LAST, comments)], context)
    with serving(tmp_path / "warehouse", which_model=lambda: SMALL) as address:
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto(f"{address}/?days=1&sort=share")
        ranking = page.locator(".panel").filter(has=page.get_by_role("heading", name="Accounts", exact=True))
        expect(ranking.locator("tbody tr")).to_have_count(25)
        ranking.get_by_role("link", name="Show all 200 accounts").click()
        expect(ranking.locator("tbody tr")).to_have_count(200)
        expect(ranking.locator(".spark")).to_have_count(200)
        for width in (390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert ranking.locator(".table").evaluate("one => one.scrollWidth - one.clientWidth") <= 1
        expect(ranking.locator("tbody tr").first).to_contain_text("68.0%")
        ranking.get_by_label("Find an account").fill("name_123")
        expect(ranking.locator("tbody tr")).to_have_count(1)


def opens(page: Page, title: str, entry: str | re.Pattern[str], sentence: str) -> None:
    """A link of a panel opens its comments; back returns to the panel."""
    panel = page.locator(".panel").filter(has=page.get_by_role("heading", name=title))
    panel.get_by_role("link", name=entry).first.click()
    expect(page.locator(".sentence")).to_contain_text(sentence)
    page.go_back()
    expect(panel).to_be_visible()
