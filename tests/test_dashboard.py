"""The dashboard in real Chromium and its API over HTTP: pages, flows, what is hostile and what is missing."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import duckdb
import pytest
from playwright.sync_api import Browser, Download, Page, expect

from dashboard import report
from dashboard.glossary import MEANINGS
from dashboard.people import People
from dashboard.view import Answers, View
from tests.conftest import MODEL, SMALL, THRESHOLDS, at, night_of
from tests.fixtures.administration import serious_faults
from tests.fixtures.dashboard import FORMULA, HOSTILE, LAST, ROOT, SHIPPED, serving
from warehouse import build
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

pytestmark = pytest.mark.long

Theme = Literal["light", "dark"]
PAGES = ["/", "/account", "/compare", "/comments", "/crowds", "/review", "/quality", "/numbers", "/try", "/audit"]


@pytest.fixture(scope="module")
def address(warehouse: Path) -> Iterator[str]:
    with serving(warehouse) as address:
        yield address


@pytest.fixture(scope="module")
def window(browser: Browser, address: str) -> Iterator[Page]:
    """Every path that it goes to is of this address."""
    window = browser.new_page(base_url=address)
    yield window
    window.close()


@pytest.fixture
def page(watched_page: Page) -> Page:
    return watched_page


@pytest.mark.parametrize("path", PAGES)
def test_every_page_fits_a_phone_and_can_be_read_aloud(page: Page, path: str) -> None:
    show(page, path, 390, "dark")
    wide = "one => one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX)"
    parts = "'.panel, .table, .opens, .controls, nav'"
    assert page.evaluate(f"[...document.querySelectorAll({parts})].filter({wide})") == []
    assert serious_faults(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_every_page_can_be_read_aloud_at_every_width_in_both_themes(
    page: Page, path: str, theme: Theme, width: int
) -> None:
    show(page, path, width, theme)
    assert serious_faults(page) == []


def show(page: Page, path: str, width: int, theme: Theme) -> None:
    """The page as it is when all of it is drawn; it is no wider than the window."""
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=theme)
    page.goto(path)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("nav a.here")).to_have_count(1)
    expect(page.locator(".panel:visible").last).to_be_visible()
    if path in ("/", "/account"):
        expect(page.locator(".js-plotly-plot .main-svg").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_shared_link_that_is_the_first_request_has_its_style(warehouse: Path) -> None:
    with serving(warehouse) as address, urlopen(f"{address}/account?account=instagram/loud") as reply:
        assert "/assets/style.css" in reply.read().decode()


def test_the_overview_says_what_changed_and_where(page: Page) -> None:
    page.goto("/?days=1")
    sentence = page.locator(".sentence")
    expect(sentence).to_contain_text("On 20 November 2026")
    expect(sentence).to_contain_text("from the day before")
    expect(sentence).to_contain_text("instagram/loud changed most")
    expect(page.locator("main tbody tr").filter(has_text="instagram/loud").locator("td").nth(4)).to_have_text("Yes")
    expect(page.locator(".js-plotly-plot").first).to_contain_text("wave: instagram/loud")
    page.get_by_role("columnheader").get_by_text("Significant?").focus()
    expect(page.get_by_role("tooltip")).to_have_text(MEANINGS["significant?"])


def test_a_control_changes_the_address_and_the_address_the_page(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Period").first.click()
    page.get_by_role("option", name="14 days").click()
    expect(page.locator(".sentence")).to_contain_text("In the 14 days to 20 November")
    assert "days=14" in page.url
    page.go_back()
    expect(page.locator(".sentence")).to_contain_text("In the 7 days to 20 November")
    page.get_by_role("link", name="instagram/loud").click()
    expect(page.locator("h1")).to_have_text("instagram/loud")
    page.reload()
    expect(page.locator("h1")).to_have_text("instagram/loud")


def test_accounts_stand_side_by_side_and_the_address_says_which(page: Page) -> None:
    page.goto("/compare?accounts=instagram/calm")
    expect(page.locator(".sentence")).to_have_text("Toxic comments: instagram/calm (same scale).")
    page.get_by_label("Accounts").first.click()
    page.get_by_role("option", name="instagram/loud").click()
    expect(page.locator(".sentence")).to_contain_text("instagram/calm, instagram/loud (")
    assert "accounts=instagram%2Fcalm%2Cinstagram%2Floud" in page.url
    expect(page.locator("main tbody tr").filter(has_text="instagram/loud").last).to_contain_text("420")


def test_tags_and_periods_stand_side_by_side(page: Page) -> None:
    page.goto("/compare?accounts=%23both,instagram/loud&periods=2")
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(4)
    both, loud = (rows.nth(n) for n in (1, 3))
    expect(both).to_contain_text("tagged both, 14 Nov – 20 Nov")
    expect(both.locator("td").nth(4)).to_have_text("703")
    expect(loud.locator("td").nth(4)).to_have_text("420")
    expect(page.locator(".multiples h3")).to_have_count(2)
    expect(page.locator(".multiples .js-plotly-plot").first.locator(".scatterlayer .trace")).to_have_count(3)
    loud.get_by_role("link", name="instagram/loud").click()
    expect(page.locator(".panel").filter(has_text="Compared with similar accounts")).to_contain_text(
        "Accounts tagged both"
    )


def test_a_word_that_drives_toxicity_leads_to_its_comments(page: Page) -> None:
    page.goto("/account?account=instagram/loud&days=14")
    driving = page.locator(".panel").filter(has_text="Words behind the toxicity")
    expect(driving.locator("tbody tr").first).to_contain_text("46.0%")
    driving.get_by_role("link", name=str(LAST)).click()
    expect(page.locator(".sentence")).to_contain_text("60 comments match")


def test_a_bar_of_severity_opens_its_comments(page: Page) -> None:
    page.goto("/account?account=instagram/loud")
    bar = page.locator(".panel").filter(has_text="Severity, by day").locator(".barlayer .point path")
    expect(bar).to_have_count(1)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box
    point_and_click(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, "Fri 20 Nov: 30 low")
    expect(page.locator(".sentence")).to_contain_text("30 comments match")
    assert page.url.endswith("/comments?account=instagram%2Floud&days=1&severity=low&last=2026-11-20")


def test_a_tile_a_point_and_a_cell_open_their_comments_and_back_keeps_the_place(page: Page) -> None:
    page.goto("/account?account=instagram/loud")
    plots = page.locator(".js-plotly-plot")
    cells = page.locator(".panel").filter(has_text="By weekday and hour").locator(".nsewdrag").first
    expect(plots.locator(".main-svg").last).to_be_visible()
    cells.scroll_into_view_if_needed()
    box, place = cells.bounding_box(), page.evaluate("scrollY")
    assert box
    point_and_click(page, box["x"] + box["width"] * 5.5 / 24, box["y"] + box["height"] * 4.5 / 7, "Fri 05:00")
    expect(page.locator(".sentence")).to_contain_text("2 comments match")
    assert page.url.endswith("/comments?account=instagram%2Floud&flag=toxic&weekday=5&hour=5")
    page.go_back()
    expect(page.locator("h1")).to_have_text("instagram/loud")
    wait_until(page, f"Math.abs(scrollY - {place}) < 5")
    page.mouse.wheel(0, -10_000)
    wait_until(page, "scrollY === 0")
    points = plots.first.locator(".trace:has(.points path)").first.locator(".points path")
    expect(points).to_have_count(14)
    at = points.last.bounding_box()
    assert at
    point_and_click(page, at["x"] + at["width"] / 2, at["y"] + at["height"] / 2, "Fri 20 Nov")
    expect(page.locator(".sentence")).to_contain_text("30 comments match")
    assert f"last={LAST}" in page.url
    page.goto("/")
    page.locator("a.tile").first.click()
    expect(page.locator(".sentence")).to_contain_text("32 comments match")


def point_and_click(page: Page, x: float, y: float, label: str) -> None:
    """A chart knows what is clicked once it has labelled it."""
    page.mouse.move(x, y)
    expect(page.locator(".hovertext").first).to_contain_text(label)
    page.mouse.click(x, y)


def test_on_a_phone_comments_are_cards_that_open_and_can_be_judged(page: Page, warehouse: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/comments?account=instagram/loud&flag=toxic")
    cards = page.locator(".card")
    expect(cards).to_have_count(20)
    expect(page.locator(".grid")).to_be_hidden()
    expect(page.get_by_text("tap it to read.")).to_be_visible()
    expect(page.get_by_text("point at it to read")).to_be_hidden()
    expect(page.get_by_label("Severity").first).to_be_hidden()
    page.get_by_role("switch", name="Filters").check()
    expect(page.get_by_label("Severity").first).to_be_visible()
    expect(cards.first).to_contain_text("low instagram/loud · 2026-11-20 23:00")
    page.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(30)
    cards.first.get_by_role("button", name="Harmless").click()
    expect(cards.first).to_contain_text("Reviewed as harmless.")
    [(judged, who, labels, *_)] = Reviews.in_folder(warehouse.parent).rows()
    assert (judged, who, labels) == (f"loud/{LAST}-23", "local", [])
    Reviews.in_folder(warehouse.parent).undo("local")
    cards.last.get_by_role("link", name="Open").click()
    expect(page.locator("#thread")).to_be_in_viewport()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Compare").click()
    expect(page.locator("h1")).to_have_text("Compare")
    expect(page.get_by_role("link", name="Quality")).to_be_hidden()
    assert page.title() == "Compare – Toxwatch"


def test_a_filter_that_the_model_cannot_answer_is_left_out_and_said(page: Page, tmp_path: Path) -> None:
    day = night_of(tmp_path / "lake", LAST, [("calm/1", "hello", at(LAST), 0.9)])
    context = build.Context([("instagram", "calm", ())], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")
    build.publish(tmp_path / "warehouse", [day], context)
    forget_who_is_attacked(tmp_path / "warehouse")
    with serving(tmp_path / "warehouse", which_model=lambda: SMALL) as address:
        page.goto(f"{address}/comments?attacked=person")
        expect(page.locator(".sentence")).to_contain_text("The model in use does not tell who is attacked.")
        assert page.get_by_label("Attacks").count() == 0
        page.get_by_role("link", name="Clear this filter").click()
        expect(page.locator(".sentence")).to_contain_text("1 comment matches")


def forget_who_is_attacked(warehouse: Path) -> None:
    with duckdb.connect(str(build.current(warehouse))) as con:
        con.execute("DELETE FROM attacks")
        con.execute("UPDATE scores SET attacked = NULL")


def test_a_chart_has_its_numbers_as_a_table_and_a_file(page: Page) -> None:
    page.goto("/account?account=instagram/loud")
    panel = page.locator(".panel").filter(has_text="by day").first
    panel.get_by_text("Show data").click()
    numbers = panel.locator(".ag-center-cols-container .ag-row")
    expect(numbers.first).to_contain_text(str(LAST - timedelta(days=13)))
    panel.get_by_role("grid").get_by_text("Day", exact=True).click(click_count=2)
    expect(numbers.filter(has_text=str(LAST))).to_be_visible()
    with page.expect_download() as download:
        panel.get_by_role("link", name="Download CSV").click()
    rows = rows_of(download.value)
    assert [row["day"] for row in rows] == [str(LAST - timedelta(days=back)) for back in reversed(range(14))]


def test_comments_are_filtered_searched_and_hostile_text_is_only_text(page: Page) -> None:
    page.goto("/comments?account=instagram/calm&flag=toxic")
    expect(page.locator(".sentence")).to_contain_text("2 comments match")
    cell = page.locator(".hidden-text").filter(has_text="script")
    expect(cell).to_have_text(HOSTILE)
    expect(cell).to_have_css("filter", "blur(5px)")
    page.get_by_role("switch", name="Show text").click()
    expect(page.locator("body.revealed")).to_have_count(1)
    assert page.title() == "Comments – Toxwatch"
    page.get_by_label("Text, @author, ~group").fill("hyperlink")
    expect(page.locator(".sentence")).to_contain_text("1 comment matches")
    with page.expect_download() as download:
        page.get_by_text("Export CSV").click()
    [row] = rows_of(download.value)
    assert row["text"] == f"'{FORMULA}", "a spreadsheet must not run it"


def test_a_comment_opens_with_its_thread_at_the_time_of_a_zone_and_has_an_address(page: Page) -> None:
    page.goto("/comments?account=instagram/calm&flag=toxic&zone=Asia/Tokyo")
    page.locator(".ag-cell").filter(has_text="script").click()
    thread = page.locator("#thread .panel")
    expect(thread).to_contain_text("2026-11-21 05:00 Asia/Tokyo")
    expect(thread.locator("li")).to_have_text("2026-11-21 07:00 please stop")
    expect(thread).to_contain_text("Flagged as toxic.")
    expect(thread).to_contain_text("Verified author.")
    original = thread.get_by_role("link", name="Open the original")
    expect(original).to_have_attribute("href", "https://www.instagram.com/p/p1/c/calm/hostile")
    thread.get_by_role("link", name="Link to this comment").click()
    expect(page).to_have_url(re.compile("comment=2026-11-20%2Fcalm%2Fhostile"))
    page.goto("/comments?comment=2026-11-20/calm/hostile%2B1")
    expect(thread).to_contain_text("In reply to: <script>")
    page.goto("/comments?comment=2026-11-20/nobody")
    expect(thread).to_contain_text("Comment not found")


def test_comments_that_are_selected_are_the_ones_that_are_exported(page: Page) -> None:
    page.goto("/comments?account=instagram/calm&days=1")
    page.locator(".ag-row").filter(has_text="HYPERLINK").get_by_role("checkbox").check()
    with page.expect_download() as download:
        page.get_by_text("Export CSV").click()
    assert [row["text"] for row in rows_of(download.value)] == [f"'{FORMULA}"]


def test_a_threshold_is_chosen_by_what_it_gives(page: Page, warehouse: Path) -> None:
    rows = Answers(Warehouse(warehouse)).choices(View(days=1, last=LAST))
    half = next(row for row in rows if row["flagged_from"] == 0.5)
    assert (half["flagged"], half["reviewed"], half["precision"], half["is_policy"]) == (32, 2, 0.5, True)
    assert half["expected_precision"] == pytest.approx((30 * 0.9 + 0.7 + 0.6) / 32)
    page.goto("/quality?days=1")
    expect(page.locator(".panel").filter(has_text="Choosing a threshold")).to_contain_text("in use")


def test_quality_draws_drift_and_how_far_to_believe_the_model(page: Page) -> None:
    page.goto("/quality")
    drawn = {
        "Drift by day": "instagram/loud",
        "How well the model": "TF-IDF",
        "Trick cases": "implicit derogation",
    }
    for title, said in drawn.items():
        chart = page.locator(".panel").filter(has_text=title).locator(".js-plotly-plot")
        expect(chart).to_contain_text(said)
    expect(page.locator(".panel").filter(has_text="Days that differ")).to_contain_text("Toxic")


def test_a_file_comes_back_scored_and_what_is_wrong_with_one_is_said(page: Page) -> None:
    page.goto("/try")
    status, file = page.locator("#file-status"), page.get_by_label("File of comments", exact=True)

    def drop(content: str) -> None:
        file.set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": content.encode()})

    with page.expect_download() as download:
        drop('id,text\n1,you are an idiot\n2,"thanks,\nfriend"\n')
    rude, kind = rows_of(download.value)
    assert (rude["id"], kind["text"]) == ("1", "thanks,\nfriend")
    assert float(rude["insult"]) > 0.5 > float(kind["insult"])
    expect(status).to_have_text("Scored 2 comments of mine.csv.")
    for content, wrong in (
        ("a" * 5_000_001, "mine.csv is larger than 5 MB, the most that this page reads."),
        ("a,b\n1,2\n", "mine.csv has the columns a, b. Name the one with the comments"),
        ("text\n", "mine.csv has no rows"),
        ("", "mine.csv has no rows"),
    ):
        drop(content)
        expect(status).to_contain_text(wrong)


def test_checks_are_shown_in_a_sandbox(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>checks</h1>")
    with serving(warehouse, data_docs=tmp_path) as address, urlopen(f"{address}/checks/index.html") as reply:
        assert reply.read() == b"<h1>checks</h1>"
        assert reply.headers["Content-Security-Policy"].startswith("sandbox")


def test_comments_are_reviewed_by_keyboard_and_a_word_can_be_taken_back(page: Page, warehouse: Path) -> None:
    page.goto("/review?days=1&account=instagram/calm")
    line, waiting = page.locator(".review .line"), page.locator(".review .tile .value").first
    expect(line).to_have_text(FORMULA)  # 0.6 is less certain than 0.7
    expect(waiting).to_have_text("2")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    expect(line).to_have_text(HOSTILE)
    page.keyboard.press("h")
    expect(waiting).to_have_text("0")  # what follows is drawn at random
    assert sorted(row[:3] for row in Reviews.in_folder(warehouse.parent).rows()) == [
        ("calm/formula", "local", ["toxic", "insult"]), ("calm/hostile", "local", [])
    ]  # fmt: skip
    page.keyboard.press("u")
    expect(line).to_have_text(HOSTILE)
    page.get_by_role("button", name="Undo").click()
    expect(line).to_have_text(FORMULA)
    assert Reviews.in_folder(warehouse.parent).rows() == []
    page.keyboard.press("s")
    expect(line).to_have_text(HOSTILE)
    page.keyboard.press("a")
    expect(page.locator(".review")).to_contain_text("100%")
    [(_, _, labels, _, flags, model, _)] = Reviews.in_folder(warehouse.parent).rows()
    assert (labels, flags, model) == (["toxic"], ["toxic"], MODEL)


def test_a_review_names_who_signed_in_and_viewers_only_look(browser: Browser, warehouse: Path, tmp_path: Path) -> None:
    people = People.in_folder(tmp_path)
    people.add("ann", "a long password")
    people.add("eve", "a long password", "viewer")
    place = tmp_path / "warehouse"
    shutil.copytree(warehouse, place, symlinks=True)
    with serving(place, people) as address:
        for name, said in (("ann", "Agree with flags"), ("eve", "No access")):
            page = browser.new_context().new_page()
            page.goto(f"{address}/review?days=1")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill("a long password")
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("main")).to_contain_text(said)
            if name == "ann":
                wait_until(page, "window.hasReviewKeys")  # a moment after the page is seen
                page.keyboard.press("h")
                expect(page.locator(".review .tile .value").nth(1)).to_have_text("1")
            page.close()
    assert [row[1] for row in Reviews.in_folder(tmp_path).rows()] == ["ann"]
    assert [did for _, who, did in people.audit() if "reviewed" in did] == ["reviewed calm/formula as harmless"]


def test_a_script_that_got_into_a_page_would_not_run(browser: Browser, address: str) -> None:
    page = browser.new_page()
    answer = page.goto(address)
    assert answer is not None
    assert "script-src 'self' 'sha256-" in answer.headers["content-security-policy"]
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.evaluate("document.head.append(Object.assign(document.createElement('script'), {text: 'document.title = 1'}))")
    wait_until(page, "document.title.includes('–')")
    assert page.title() == "Home – Toxwatch"
    assert any("Content Security Policy" in text for text in refused)
    page.close()


def test_a_typed_comment_gets_its_scores_and_the_words_that_carry_them(page: Page) -> None:
    page.goto("/try")
    page.get_by_label("Comments, one per line").fill("you are an idiot\nwhat a lovely garden\n\n")
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".result")).to_have_count(2)
    expect(page.locator(".result").first.locator("mark")).to_contain_text(["idiot"])
    expect(page.locator(".result").last.locator("mark")).to_have_count(0)
    page.get_by_label("Comments, one per line").fill("  \n\u200b\n")
    page.get_by_role("button", name="Score").click()
    expect(page.locator(".scored")).to_have_text("Type something to score.")


def test_dark_and_light_are_remembered(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/try")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.get_by_role("button", name="Light")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nowhere", "There is no page at /nowhere."),
        ("/account?account=instagram/<b>nobody</b>", "No account instagram/<b>nobody</b> has scored comments."),
        ("/?days=-1&label=nice&last=2026-99-99&account=%00", "In the 7 days to 20 November"),
        ("/comments?words=%27%29%3B--", "No comments match. Clear filters"),
    ],
)
def test_a_broken_address_is_a_clear_page(page: Page, path: str, said: str) -> None:
    page.goto(path)
    expect(page.locator("main")).to_contain_text(said)


def test_without_a_warehouse_the_page_says_what_to_run(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "nowhere") as address:
        page = browser.new_page()
        page.goto(address)
        expect(page.locator("main")).to_contain_text("Run toxwatch doctor")
        page.close()
        assert post(f"{address}/predict", {"inputs": ["hello"]})[0] == 200
        assert get(f"{address}/healthz")[0] == 503


def test_the_api_scores_as_the_model_does(address: str) -> None:
    status, body = post(f"{address}/predict", {"inputs": ["you are an idiot", "thank you"]})
    assert status == 200
    rude, kind = ({score["label"]: score["score"] for score in scores} for scores in body["outputs"])
    assert list(rude) == ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
    assert rude["insult"] > 0.5 > kind["toxic"]
    assert body["model"].startswith("cascade-")
    assert "explanations" not in body
    said = post(f"{address}/predict", {"inputs": ["you idiot", "hello"], "explain": True})[1]["explanations"]
    adds = {word["word"]: {one["label"]: one["score"] for one in word["adds"]} for word in said[0]}
    assert adds["idiot"]["insult"] > 0.5 > adds["you"]["insult"]
    assert said[1] == [], "one word has nothing to be without"
    assert post(f"{address}/predict", {"inputs": ["hello"] * 21, "explain": True})[0] == 422
    assert get(f"{address}/accounts") == (200, ["instagram/calm", "instagram/loud"])
    assert get(f"{address}/healthz")[1]["newest_night"] == str(LAST)


def test_the_api_gives_what_the_pages_show(address: str) -> None:
    status, trend = get(f"{address}/trends?account=instagram/loud&days=1")
    assert (status, trend[-1]["day"], trend[-1]["comments"]) == (200, str(LAST), 60)
    assert len(get(f"{address}/comments?account=instagram/calm&days=3&limit=1000")[1]) == 123
    status, comments = get(f"{address}/comments?account=instagram/calm&days=1&flag=toxic&limit=1&offset=1")
    assert (status, [row["text"] for row in comments]) == (200, [HOSTILE])
    assert len(get(f"{address}/comments?account=%23both&days=1&limit=1000")[1]) == 103
    assert len(get(f"{address}/comments?account=%23calm-agency&days=1&limit=1000")[1]) == 43
    assert get(f"{address}/comments?account=%23nobody")[1] == []
    for review, found in (("harmful", [["toxic"]]), ("harmless", [[]]), ("none", [None] * 101)):
        ids = [row["comment_id"] for row in get(f"{address}/comments?review={review}&days=1&limit=1000")[1]]
        assert len(ids) == len(found)
    with urlopen(f"{address}/metrics") as reply:
        metrics = dict(line.rsplit(" ", 1) for line in reply.read().decode().splitlines())
    assert metrics["toxwatch_comments"] == "1403"
    assert metrics["toxwatch_newest_night_timestamp_seconds"] == "1795132800"
    drawn = set(re.findall(r"toxwatch_\w+", (ROOT / "docs" / "grafana.json").read_text()))
    assert drawn - {"toxwatch_night_rows", "toxwatch_night_seconds"} == {name.partition("{")[0] for name in metrics}


@pytest.mark.parametrize(
    "search", ["days=0", "days=3661", "limit=0", "flag=rude", "last=yesterday", "colour=red", "offset=-1"]
)
def test_a_wrong_question_to_the_api_is_refused_with_what_is_allowed(address: str, search: str) -> None:
    status, body = get(f"{address}/comments?{search}")
    assert status == 422
    assert body["detail"][0]["loc"] == ["query", search.partition("=")[0]]


def test_a_report_is_one_file_that_needs_nothing_else(browser: Browser, warehouse: Path, tmp_path: Path) -> None:
    answers = Answers(Warehouse(warehouse))
    file = tmp_path / "week.html"
    assert report.write(answers, View(days=1, last=LAST), file, "https://tox.example/") == 2
    page = browser.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: troubles.append(request.url) if request.url.startswith("http") else None)
    page.goto(file.as_uri())
    expect(page.locator("h1")).to_have_text(["Overview", "instagram/calm", "instagram/loud"])
    expect(page.locator(".sentence").first).to_contain_text("instagram/loud changed most")
    expect(page.locator(".js-plotly-plot .main-svg").last).to_be_visible()
    expect(page.locator("tbody a").first).to_have_attribute(
        "href", "https://tox.example/account?account=instagram%2Floud&days=1&last=2026-11-20"
    )
    assert page.locator(".controls").count() == 0
    page.close()
    assert troubles == []


def test_a_model_that_takes_over_is_asked_without_a_new_start(tmp_path: Path) -> None:
    chosen = [SHIPPED]
    with serving(tmp_path, which_model=lambda: chosen[0]) as address:
        assert post(f"{address}/predict", {"inputs": ["hello"]})[1]["model"].startswith("cascade-")
        chosen[0] = SHIPPED.with_name("bilstm")
        assert post(f"{address}/predict", {"inputs": ["hello"]})[1]["model"].startswith("bilstm-")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"inputs": []}', b'{"inputs": [7]}', json.dumps({"inputs": ["a"] * 1001}).encode()]
)
def test_a_malformed_request_is_refused_and_the_process_lives_on(address: str, body: bytes) -> None:
    assert post(f"{address}/predict", body)[0] == 422
    assert get(f"{address}/healthz")[0] == 200


@pytest.mark.parametrize("search", ["", "?days=7&label=toxic", "?account=a%2Fb&days=28&flag=threat&words=%26%3D"])
def test_an_address_says_its_view_in_the_shortest_way(search: str) -> None:
    view = View.read(search, LAST)
    assert View.read(view.search(), LAST) == view
    assert "days=7" not in view.search()


def wait_until(page: Page, condition: str) -> None:
    """Playwright's own waits with eval, which our pages forbid."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {condition}")


def rows_of(download: Download) -> list[dict[str, str]]:
    with Path(download.path()).open(newline="") as file:
        return list(csv.DictReader(file))


def get(url: str) -> tuple[int, object]:
    return _answer(Request(url))


def post(url: str, body: object) -> tuple[int, dict]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _answer(Request(url, content, {"Content-Type": "application/json"}))


def _answer(request: Request) -> tuple[int, dict]:
    try:
        with urlopen(request, timeout=20) as reply:
            return reply.status, json.load(reply)
    except HTTPError as error:
        return error.code, json.load(error)
