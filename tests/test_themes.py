"""What flagged comments say: the same in other words is one theme, few are none, and a night changes little."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sklearn.metrics import adjusted_rand_score

from bench.topics import numbers
from dashboard.view import Answers, View
from tests.conftest import MODEL, THRESHOLDS, Comment, at, night_of
from tests.fixtures.dashboard import ROOT, serving
from warehouse import Part, build
from warehouse.reader import Warehouse

MONDAY = date(2026, 11, 2)
BEFORE = MONDAY - timedelta(days=7)
WEEK = View(account="instagram/loud", days=7, last=MONDAY, newest=MONDAY)
HOME = [
    "go back to where you came from",
    "leave, return to your own country",
    "go home to the country you came from",
    "pack your bags and go back to your country",
    "geh dahin zurück wo du herkommst",
    "go back to your own country",
]
VOICE = [
    "you sing so badly, my ears hurt",
    "your singing hurts my ears",
    "please stop singing, it hurts",
    "awful singing",
]


def comments(account: str, texts: list[str], day: date, score: float = 0.9) -> list[Comment]:
    return [(f"{account}/{day:%d}-{text}", text, at(day, hour), score) for hour, text in enumerate(texts)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("themes")
    now = comments("loud", HOME + VOICE, MONDAY) + comments("calm", HOME[:4], MONDAY)
    now += comments("loud", ["we went back to the country we came from, what a journey"], MONDAY, 0.1)
    nights = [
        night_of(place / "before", BEFORE, comments("loud", HOME[:2], BEFORE)),
        night_of(place / "now", MONDAY, now),
    ]
    accounts = [("instagram", "loud", ("noise",)), ("instagram", "calm", ("peace",))]
    build.publish(
        place / "warehouse", nights, build.Context(accounts, (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")
    )
    return place / "warehouse"


def test_a_theme_is_what_five_flagged_comments_say_in_whatever_words(folder: Path) -> None:
    [theme] = Answers(Warehouse(folder)).themes(WEEK)
    assert (theme["comments"], theme["before"], theme["flagged"]) == (len(HOME), 2, len(HOME) + len(VOICE))
    assert theme["text"] in HOME
    assert theme["comment"].endswith(theme["text"]), "the one that most are close to, of the period or before"
    assert {"back", "country"} & {word for term in theme["terms"] for word in term.split()}


def test_few_comments_are_no_theme_and_neither_is_a_category_without_flags(folder: Path) -> None:
    answers = Answers(Warehouse(folder))
    assert answers.themes(replace(WEEK, account="instagram/calm")) == []
    assert answers.themes(replace(WEEK, label="threat")) == []
    assert answers.themes(replace(WEEK, last=BEFORE)) == []
    assert answers.themes(replace(WEEK, account="instagram/nobody")) == []


def test_who_may_not_read_texts_has_no_themes(folder: Path) -> None:
    assert Answers(Warehouse(folder), lambda: Part(texts=False)).themes(WEEK) == []
    assert Answers(Warehouse(folder), lambda: Part(("peace",))).themes(WEEK) == []
    with serving(folder) as address:
        [theme] = httpx.get(f"{address}/themes?account=instagram/loud&days=7").json()
    assert theme["comments"] == len(HOME)


def test_where_not_all_comments_can_be_read_nothing_is_said_of_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.view.MOST_READ", len(HOME) + len(VOICE))
    [theme] = Answers(Warehouse(folder)).themes(WEEK)
    assert (theme["comments"], theme["before"]) == (len(HOME), None)


def test_groups_are_those_of_the_truth_and_a_night_more_changes_little() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(12, size=600)
    meanings = rng.normal(size=(12, 64))[truth] + rng.normal(scale=0.5, size=(600, 64))
    meanings[550:] = rng.normal(size=(50, 64))  # like nothing else
    tonight, night_before = (numbers(meanings[:count].astype(np.float32)) for count in (600, 580))
    assert adjusted_rand_score(truth[:550], tonight[:550]) > 0.9
    assert set(tonight[550:]) == {-1}
    assert adjusted_rand_score(tonight[:580], night_before) > 0.95


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 1440])
def test_an_account_says_its_themes_and_leads_to_their_comments(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/account?account=instagram/loud&days=7")
    panel = page.locator(".panel", has=page.get_by_role("heading", name="What flagged comments say"))
    expect(panel).to_contain_text("6 of 10 flagged comments are in one of these themes.")
    panel.get_by_role("link").click()
    expect(page.locator(".sentence")).to_contain_text("similar to this comment, closest first.")
