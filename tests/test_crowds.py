"""Crowds: sketches of near copies, groups, campaigns and chants, who attacks whom, and what may be seen of them."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from dashboard import network
from dashboard.view import Answers, View
from jobs import publish
from jobs.alerts import rules
from jobs.cli import app
from jobs.config.settings import Settings
from jobs.lake.authors import author_hash, author_key
from jobs.lake.manifests import Manifest
from jobs.lake.nights import Lake
from jobs.spark.sketches import sketches
from jobs.upkeep import forget
from tests.conftest import MODEL, THRESHOLDS, at, comment_item, night_of
from tests.fixtures.dashboard import ROOT
from tests.fixtures.nights import store_night
from warehouse import Part, build
from warehouse.measures import MOST_CHANGED
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

THREAT = "we know which door you walk out of in the morning, step down this week or we come for you"
QUESTION = "ask them again who paid for all of this and why nobody ever answers us"
CHANT = "stand up if you love the harbour, stand up and sing it for the boys in blue and white"
MONDAY = date(2026, 11, 2)


def differing(one: str, other: str) -> int:
    [a, b] = sketches([one, other])
    assert a
    assert b
    assert len(a) == len(b)
    return sum(x != y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(
    ("copy", "is_copy"),
    [
        (THREAT.upper() + "!!! 😡", True),
        (f"@someone {THREAT} https://t.co/x 24".replace("@someone", "user").replace("https://t.co/x", "url"), True),
        (THREAT.replace("morning", "evening"), True),
        (THREAT.replace("this week ", ""), True),
        (CHANT, False),
        (THREAT[:40] + CHANT, False),
    ],
)
def test_a_sketch_tells_near_copies(copy: str, is_copy: bool) -> None:
    assert (differing(THREAT, copy) <= MOST_CHANGED) == is_copy


def test_sketches_of_short_texts_are_equal_or_not_at_all() -> None:
    [one, same, other, emoji, none] = sketches(["Lets go!!", "lets GO 🔥", "let us go", "🐍🐍🐍", ""])
    assert one == same != other
    assert one
    assert len(one) == 16
    assert emoji is none is None


def test_sketches_do_not_depend_on_what_else_is_read() -> None:
    rng, words = random.Random(4), THREAT.split()
    texts = [" ".join(rng.choices(words, k=rng.randint(1, 60))) for _ in range(500)] + [
        "死ね死ね今すぐ消えろよお前は本当に最低だ",
        "",
    ]
    assert sketches(texts) == [sketch for text in texts for sketch in sketches([text])]
    assert [len(one) for one in sketches(["加油", "我们知道你早上从哪扇门出去"]) if one] == [16, 48]


def author_of(id: str) -> str:
    return id.partition("@")[2].partition("+")[0]


def ordinary(day: date, n: int) -> str:
    """A text that nobody else writes."""
    rng = random.Random(f"{day} {n}")
    return " ".join("".join(rng.choices("aeioubdfgklmnprstvw", k=6)) for _ in range(8))


def night(place: Path, day: date) -> build.Night:
    """Forty regulars on two accounts, who chant on Saturdays; on Sunday and Monday a campaign comes to both."""
    comments = [
        (f"{account}/{day}-{n}@fan{(n * 7 + day.day) % 40}", ordinary(day, n), 0.02)
        for account in ("harbour", "lantern")
        for n in range(20)
    ]
    if day.weekday() == 5:
        comments += [(f"harbour/{day}-c{n}@fan{n}", f"{CHANT} {'!' * (n % 3)}", 0.02) for n in range(20)]
    if day in (MONDAY, MONDAY - timedelta(1)):
        changed = [THREAT, THREAT.upper(), THREAT.replace("morning", "evening"), f"{THREAT} 😡", f"listen {THREAT}"]
        comments += [
            (f"{account}/{day}-s{n}@sent{n + 12 * (day == MONDAY)}", changed[n % 5], 0.9)
            for account in ("harbour", "lantern")
            for n in range(12)
        ]
        comments += [(f"harbour/{day}-l{n}@sent{n}", f"{CHANT}, not", 0.02) for n in range(4)]
        comments += [(f"harbour/{day}-q{n}@sent{n}", QUESTION, 0.02) for n in range(12)]
        comments += [(f"harbour/{day}-r@fan1+{n}", f"you {'fool' * n} answer me", 0.9) for n in range(2)]
    return night_of(place, day, [(id, text, at(day, 9), p) for id, text, p in comments], author_of=author_of)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[build.Night]:
    place = tmp_path_factory.mktemp("crowds")
    return [night(place, MONDAY - timedelta(back)) for back in reversed(range(43))]


def context() -> build.Context:
    accounts = [("instagram", "harbour", ("sport",)), ("instagram", "lantern", ("news",))]
    return build.Context(accounts, (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, nights: list[build.Night]) -> Path:
    place = tmp_path_factory.mktemp("crowds") / "warehouse"
    build.publish(place, nights, context())
    return place


@pytest.fixture
def answers(folder: Path) -> Iterator[Answers]:
    return Answers(Warehouse(folder))


WEEK = View(days=7, last=MONDAY, newest=MONDAY)


def test_a_campaign_is_found_across_accounts_and_nights_and_a_chant_is_none(answers: Answers) -> None:
    found = {row["text"].lower()[:5]: row for row in answers.rows("crowds", WEEK, limit=30)}
    threat, chant = found["we kn"], found["stand"]
    assert threat["is_campaign"]
    assert not chant["is_campaign"]
    assert (threat["comments"], threat["accounts"]) == (48, ["instagram/harbour", "instagram/lantern"])
    assert (threat["authors"], threat["new_authors"]) == (48, 48)  # 24 people on each of two accounts
    assert threat["usual_new"] < 5
    assert threat["came"] > 0.8
    assert (threat["flagged"], threat["first_at"], threat["last_at"]) == (
        48,
        at(MONDAY - timedelta(1), 9),
        at(MONDAY, 9),
    )
    assert threat["of_flagged"] == pytest.approx(48 / 52)
    # four of the campaign chant too, and count in both weeks
    assert (chant["comments"], chant["authors"], chant["new_authors"], chant["flagged"]) == (28, 28, 8, 0)


def test_groups_do_not_depend_on_the_order_of_nights(folder: Path, nights: list[build.Night], tmp_path: Path) -> None:
    shuffled = nights.copy()
    random.Random(3).shuffle(shuffled)
    for some in (shuffled[:20], shuffled[20:], nights[-1:]):
        build.publish(tmp_path / "warehouse", some, context())
    assert build.content_hash(tmp_path / "warehouse") == build.content_hash(folder)


def test_who_comes_together_and_when(answers: Answers) -> None:
    [together] = answers.rows("together", WEEK, limit=30)
    assert {together["text"][:3].lower(), together["other_text"][:3].lower()} == {"ask", "we "}
    assert together["authors"] == 12
    days = {row["day"]: row for row in answers.rows("newcomers", WEEK)}
    assert [day for day, row in days.items() if row["is_burst"]] == [MONDAY - timedelta(1), MONDAY]
    assert (
        days[MONDAY]["new_authors"] - days[MONDAY - timedelta(2)]["new_authors"] == 36
    )  # 24 on one account, 12 on the other


def test_the_comments_of_a_group_are_found_by_its_number(answers: Answers) -> None:
    [threat, *_] = answers.rows("crowds", WEEK, limit=1)
    view = View(days=7, last=MONDAY, newest=MONDAY, words=f"~{threat['copy']}")
    page = answers.page_of_comments(view, "posted_at DESC", 100, 0)
    assert len(page) == 48 == answers.rows("comments_count", view)[0]["comments"]
    assert all("door you walk" in row["text"].lower() for row in page)


@pytest.mark.parametrize("texts", [True, False])
def test_a_part_counts_and_shows_only_its_own(folder: Path, texts: bool) -> None:
    own = Answers(Warehouse(folder), lambda: Part(("news",), texts))
    [threat] = [row for row in own.rows("crowds", WEEK, limit=30) if row["is_campaign"]]
    assert (threat["comments"], threat["accounts"]) == (24, ["instagram/lantern"])
    assert threat["text"] == "(not shown)" if not texts else threat["text"].lower().startswith("we know")
    assert {row["target"] for row in own.rows("attacks", WEEK, limit=30) if row["is_account"]} == set()


def test_who_attacks_whom_is_a_network(folder: Path, tmp_path: Path) -> None:
    edges = Answers(Warehouse(folder)).rows("attacks", WEEK, limit=1000)
    assert {row["target"] for row in edges} == {"author ann"[:8], "author bob"[:8]}, "everybody names these two"
    replies = [row for row in edges if row["author"] == "fan1" or row["target"] == "fan1"]
    assert replies == [], "who answers themselves attacks nobody"
    target = tmp_path / "network.gexf"
    result = CliRunner().invoke(app, ["export", str(target), "--attacks", "--data-dir", str(folder.parent)])
    assert result.exit_code == 0, result.output
    graph = ElementTree.parse(target).getroot()[0]
    lines = graph.findall(".//{http://gexf.net/1.3}edge")
    nodes = {node.get("id") for node in graph.findall(".//{http://gexf.net/1.3}node")}
    assert len(lines) == len(edges)
    assert {end for line in lines for end in (line.get("source"), line.get("target"))} == nodes
    places = network.places(sorted(nodes, key=str), edges)
    assert places == network.places(sorted(nodes, key=str), edges)
    assert len({(round(x, 2), round(y, 2)) for x, y in places.values()}) == len(nodes)


def test_a_forgotten_author_leaves_the_groups(settings: Settings) -> None:
    for back, names in ((1, "abcd"), (0, "efg")):
        day = MONDAY - timedelta(back)
        items = [comment_item(id=name, text=THREAT, ownerUsername=f"who{name}", timestamp=f"{MONDAY}T0{n}:00:00Z")
                 for n, name in enumerate(names)]  # fmt: skip
        store_night(settings, day, items, [])
    publish.rebuild(settings)
    ask = Warehouse(settings.data_dir / "warehouse").query
    assert ask("SELECT sum(comments), sum(authors) FROM copies") == [(7, 7)]
    forget.run(settings, {author_hash("instagram:whoa", author_key(settings))}, {"instagram:b"})
    assert ask("SELECT sum(comments), sum(authors) FROM copies") == [(5, 5)]
    assert ask("SELECT count(*) FROM copied WHERE comment_id IN ('instagram:a', 'instagram:b')") == [(0,)]


def test_the_alert_names_one_text_behind_most_flagged_comments(settings: Settings, folder: Path) -> None:
    sunday = MONDAY - timedelta(1)
    lake = Lake(settings.data_dir).open()
    (settings.data_dir / "warehouse").symlink_to(folder)
    with lake.writing("monitored", Manifest("monitor", sunday)):
        pass
    found = rules.run(replace(settings, alerts_file=ROOT / "alerts.toml"), sunday)
    assert {(one.account, one.message) for one in found if one.rule == "crowd"} == {
        ("instagram/harbour", "12 of 14 toxic comments are one text; of its 24 authors 24 are new"),
        ("instagram/lantern", "12 of 12 toxic comments are one text; of its 24 authors 24 are new"),
        ("instagram/harbour", "a campaign: 12 authors wrote the same, 12 of them are new"),
    }
    assert {one.link for one in found if one.rule == "crowd" and one.account == "instagram/lantern"} == {
        "http://127.0.0.1:8050/crowds?account=instagram%2Flantern&last=2026-11-01&label=toxic"
    }


def test_an_erased_or_unknown_parent_is_attacked_by_nobody(folder: Path, tmp_path: Path) -> None:
    """Who is answered is looked up by the comment that is there; a lost one comes back in no picture."""
    shutil.copytree(folder, tmp_path / "warehouse", symlinks=True)

    def attacked(change: str) -> set[str]:
        build.amend(tmp_path / "warehouse", lambda con: con.execute(change))
        edges = Answers(Warehouse(tmp_path / "warehouse")).rows("attacks", WEEK, limit=1000)
        return {row["target"] for row in edges if row["author"] == "sent0"}

    answer = (
        "parent_id = (SELECT min(comment_id) FROM comments WHERE author_hash = 'fan3' AND posted_at >= '2026-10-27')"
    )
    assert attacked(f"UPDATE comments SET {answer} WHERE author_hash = 'sent0'") == {"fan3"}
    assert attacked("UPDATE comments SET author_hash = NULL WHERE author_hash = 'fan3'") == set()
    assert attacked("DELETE FROM comments WHERE author_hash IS NULL") == set()
