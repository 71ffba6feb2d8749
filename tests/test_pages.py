"""What means the same is the same on every page and in SQL. Without a browser."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import plotly
import pytest
from dash import dcc
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard import api, bundle, figures, report
from dashboard.bookmarks import Bookmarks
from dashboard.charts import behind_day
from dashboard.inbox import Inbox
from dashboard.pages import account, comments, compare, home, numbers, overview, quality
from dashboard.people import People
from dashboard.view import Answers, View
from dashboard.wording import percent
from models.card import read_card
from tests.fixtures.dashboard import LAST, SHIPPED
from warehouse import queries
from warehouse.cases import Cases
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

WEEK = View(days=7, last=LAST)
ACCOUNTS = ("instagram/calm", "instagram/loud")


@pytest.fixture(scope="module")
def answers(made: Path) -> Answers:
    return Answers(Warehouse(made))


def text_of(page: object) -> str:
    """The page as people read it."""
    html = "".join(report._html(page, ""))
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL))


def counted(text: str) -> int:
    """The comments that a page's sentence speaks of."""
    [count] = re.findall(r"of ([\d,]+) scored comments", text)
    return int(count.replace(",", ""))


def test_every_page_counts_the_same_comments(answers: Answers, made: Path) -> None:
    sql = "SELECT sum(comments) FROM daily WHERE label = 'toxic' AND day BETWEEN $1 AND $2"
    [(truth,)] = Warehouse(made).query(sql, [WEEK.first, WEEK.last])
    assert counted(text_of(overview.layout(answers, WEEK))) == truth
    assert sum(counted(text_of(account.layout(answers, replace(WEEK, account=one)))) for one in ACCOUNTS) == truth
    trend = [row for row in answers.trend(WEEK) if row["label"] == "toxic" and row["day"] >= WEEK.first]
    assert sum(row["comments"] for row in trend) == truth
    assert sum(row["comments"] for row in answers.rows("ranking", WEEK)) == truth
    assert sum(row["comments"] for row in answers.rows("weekdays", WEEK, account=None)) == truth
    assert sum(row["comments"] for row in answers.rows("language_mix", WEEK)) == truth
    [count] = answers.rows("comments_count", WEEK)
    assert (count["comments"], count["scored"]) == (truth, truth)


def test_the_report_the_api_and_sql_count_the_same_comments_and_shares(
    answers: Answers, made: Path, tmp_path: Path
) -> None:
    view = View(days=14, last=LAST)
    change = {row["label"]: row for row in answers.rows("change", view)}
    truth, flagged = change["toxic"]["comments"], change["toxic"]["flagged"]
    report.write(answers, view, tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text()
    said = re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL))
    overview_said, *accounts_said = re.findall(r"estimated ([\d.]+%) of ([\d,]+) scored comments were toxic", said)
    assert overview_said == (percent(change["toxic"]["share"]), f"{truth:,}")
    assert sum(int(count.replace(",", "")) for _, count in accounts_said) == truth

    server = FastAPI()
    reviews, cases = Reviews.in_folder(tmp_path), Cases.in_folder(tmp_path)
    inbox = Inbox(answers, reviews, cases, People.in_folder(tmp_path), lambda: None)
    api.add(
        server, answers, lambda: pytest.fail("nothing is scored"), inbox, lambda _: None, Bookmarks.in_folder(tmp_path)
    )
    with TestClient(server) as client:
        trend = [row for row in client.get("/trends?days=14").json() if row["label"] == "toxic"]
        comments = client.get("/comments?days=14&limit=1000&flag=toxic").json()
    of_period = [row for row in trend if row["day"] >= str(view.first)]
    assert sum(row["comments"] for row in of_period) == truth
    assert sum(row["flagged"] for row in of_period) == len(comments) == flagged
    expected = sum(row["share"] * row["comments"] for row in of_period)
    assert expected / truth == pytest.approx(change["toxic"]["share"])

    ask = Warehouse(made).table
    columns, rows = ask(queries.sql("categories"))
    categories = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    assert categories["toxic"]["share"] == pytest.approx(change["toxic"]["share"])
    assert categories["toxic"]["flagged"] == flagged
    columns, rows = ask(queries.sql("accounts"))
    accounts = [dict(zip(columns, row, strict=True)) for row in rows]
    assert sum(row["comments"] for row in accounts) == truth
    ranking = {row["account"]: row for row in answers.rows("ranking", view)}
    for row in accounts:
        assert row["toxic_share"] == pytest.approx(ranking[row["account"]]["share"])


@pytest.mark.parametrize("one", ACCOUNTS)
def test_an_account_has_one_share_and_one_verdict(answers: Answers, one: str) -> None:
    view = replace(WEEK, days=1, account=one)
    [ranked] = [row for row in answers.rows("ranking", view) if row["account"] == one]
    [alone] = [row for row in answers.rows("change", view) if row["label"] == "toxic"]
    for name in ("comments", "share", "margin", "flagged", "change", "change_margin"):
        assert alone[name] == pytest.approx(ranked[name]), name
    assert answers.ranked(view) == ranked
    assert ranked["is_significant"] == (one == "instagram/loud")
    assert ("Yes" in text_of(compare.layout(answers, replace(view, accounts=(one,))))) == ranked["is_significant"]


def test_no_interval_of_a_share_reaches_beyond_nothing_or_all() -> None:
    error = figures.bars(["few", "many"], [0.7, 0.25], [0.9, 0.05], "blue")["data"][0]["error_x"]
    assert [pytest.approx(pair) for pair in zip(error["arrayminus"], error["array"], strict=True)] == [
        (0.7, 0.3),
        (0.05, 0.05),
    ]


def test_what_was_collected_over_what_is_reported_is_the_coverage(answers: Answers) -> None:
    for row in answers.rows("coverage", WEEK):
        assert row["coverage"] == pytest.approx(row["captured"] / row["reported_by_platform"])


def test_the_part_of_plotly_has_the_version_that_python_draws_for() -> None:
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert bundle.version() == bundle.version(whole)


def test_every_page_can_be_drawn_and_says_how_its_numbers_are_made(answers: Answers, tmp_path: Path) -> None:
    card = read_card(SHIPPED)
    reviews = Reviews.in_folder(tmp_path)
    inbox = Inbox(answers, reviews, Cases.in_folder(tmp_path), People.in_folder(tmp_path), lambda: 5.0)
    pages = [
        home.layout(answers, WEEK, inbox, reviews), account.layout(answers, WEEK), compare.layout(answers, WEEK),
        quality.layout(answers, WEEK, card, [], reviews), numbers.layout(answers, WEEK),
        comments.layout(answers, WEEK, lambda: pytest.fail("no comment is open"), inbox, Cases.in_folder(tmp_path),
                        lambda _: None),
    ]  # fmt: skip
    said = [text_of(page) for page in pages]
    assert "Random audit" in said[3]
    drawn = [one.figure["data"] for one in pages[4]._traverse() if isinstance(one, dcc.Graph)]
    assert [len(data) for data in drawn] == [1, 1, 2], "no picture of an audit that nobody reviewed"
    assert all("/numbers" in str(page.to_plotly_json()) for page in pages[:4])


@pytest.mark.long
def test_a_cell_of_the_week_counts_the_comments_behind_it(answers: Answers) -> None:
    view = replace(WEEK, account=ACCOUNTS[1], zone="Asia/Kolkata")
    cells = answers.rows("weekdays", view)
    assert len(cells) > 24
    for cell in cells:
        behind = View.read(view.search(weekday=cell["weekday"], hour=cell["hour"]), LAST)
        [count] = answers.rows("comments_count", behind)
        assert count == {"comments": cell["comments"], "scored": None}
        assert len(answers.page_of_comments(behind, "posted_at DESC", 1000, 0)) == cell["comments"]


def test_a_point_leads_to_the_flagged_comments_of_its_day(answers: Answers) -> None:
    rows = [row for row in answers.trend(WEEK) if row["label"] == "toxic"]
    [*_, line] = figures.trend(rows, "toxic", [], WEEK.first, address=behind_day(WEEK))["data"]
    for row, address in zip(rows, line["customdata"], strict=True):
        [count] = answers.rows("comments_count", View.read(address.removeprefix("/comments"), LAST))
        assert count["comments"] == row["flagged"]


def test_a_link_on_the_page_of_a_past_period_stays_in_it() -> None:
    past = View.read("?last=2026-11-10&days=14", LAST)
    assert past.search(flag="toxic") == "?days=14&last=2026-11-10&flag=toxic"
    assert View.read("?days=14", LAST).search() == "?days=14"


def test_the_accounts_are_sorted_and_found() -> None:
    rows = [
        {"account": f"instagram/{name}", "share": share, "coverage": coverage}
        for name, share, coverage in (("b", 0.2, None), ("a", 0.1, 0.9), ("c", 0.3, 0.5))
    ]

    def shown(search: str) -> str:
        return "".join(row["account"][-1] for row in overview._sorted(rows, View.read(search, LAST)))

    assert [shown(f"?sort={sort}") for sort in ("", "account", "share", "coverage")] == ["bac", "abc", "cba", "cab"]
    assert shown("?find=M/C") == "c"


def test_bars_below_a_trend_are_the_comments_of_its_days(answers: Answers) -> None:
    rows = [row for row in answers.trend(WEEK) if row["label"] == "toxic"]
    volume, *_ = figures.trend(rows, "toxic", [], WEEK.first)["data"]
    assert dict(zip(volume["x"], volume["y"], strict=True)) == {str(row["day"]): row["comments"] for row in rows}
    assert (volume["type"], volume["yaxis"], sum(volume["y"][-7:])) == ("bar", "y2", 703)


def test_a_day_with_few_comments_is_grey(answers: Answers) -> None:
    rows = [row for row in answers.trend(WEEK) if row["label"] == "toxic"]
    [*_, line] = figures.trend([rows[0] | {"comments": 3}, *rows[1:]], "toxic", [], WEEK.first)["data"]
    assert line["marker"]["color"][0] == figures.FEW
    assert figures.FEW not in line["marker"]["color"][1:]


def test_a_day_without_comments_interrupts_the_line(answers: Answers) -> None:
    rows = [row for row in answers.trend(WEEK) if row["label"] == "toxic"]
    whole = figures.trend(rows, "toxic", [], WEEK.first)["data"]
    broken = figures.trend(rows[:3] + rows[4:], "toxic", [], WEEK.first)["data"]
    assert (len(whole), len(broken)) == (3, 5)
    assert figures.sparkline(rows[:3] + rows[4:], "red").count("polyline") == 2


def test_the_posts_of_a_past_period_are_judged_by_what_was_written_in_it(answers: Answers) -> None:
    def posts(last: date) -> list[tuple[int, float]]:
        view = View(account="instagram/loud", days=7, last=last)
        return [(row["comments"], round(row["toxic_share"], 3)) for row in answers.rows("posts", view)]

    assert posts(LAST) == [(420, round((30 * 0.9 + 390 * 0.02) / 420, 3))]
    assert posts(LAST - timedelta(1)) == [(420, 0.02)]
    assert posts(LAST - timedelta(30)) == []
