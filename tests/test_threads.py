"""Whom comments address, known from the stand-in, which wrote them; pile-ons; threads whose beginning was erased."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.view import Answers, View
from jobs import publish
from jobs.ask import export
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.authors import Pseudonyms, author_key
from jobs.platforms import values
from jobs.standin.actors import instagram_comments, instagram_posts
from jobs.standin.crowds import Crowds
from jobs.standin.world import HEATED, Comment, Community, Post, World
from jobs.upkeep import forget
from tests.conftest import MODEL, THRESHOLDS, at, comment_item, night_of
from tests.fixtures.dashboard import ROOT
from tests.fixtures.nights import store_night
from warehouse import build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

ORBITAL = Community("instagram", "orbital", "politics", 2.0, 60, moods=HEATED)
WORLD = World(1, (ORBITAL,), Crowds(piled=12))
FIRST, LAST = date(2026, 11, 2), date(2026, 11, 8)  # a week, on one day of which many answer one commenter
SEEN_AT = at(LAST + timedelta(1), 0)
WEEK = View(days=7, last=LAST, newest=LAST)


@pytest.fixture(scope="module")
def posts() -> list[Post]:
    return WORLD.posts(ORBITAL, FIRST, SEEN_AT)


@pytest.fixture(scope="module")
def written(posts: list[Post]) -> dict[str, Comment]:
    return {f"instagram:{one.id}": one for post in posts for one in WORLD.comments(post, SEEN_AT)}


@pytest.fixture
def collected(settings: Settings) -> Settings:
    asked = {"username": ["orbital"], "onlyPostsNewerThan": str(FIRST), "resultsLimit": 99}
    found = list(instagram_posts(WORLD, asked, SEEN_AT))
    urls = [str(one["url"]) for one in found]
    items = instagram_comments(WORLD, {"directUrls": urls, "resultsLimit": 999, "includeNestedComments": True}, SEEN_AT)
    store_night(settings, LAST, list(whole(items)), found)
    publish.rebuild(settings)
    return settings


def whole(items: Iterator[Any]) -> Iterator[dict[str, Any]]:
    """Without those that validate rejects."""
    for item in items:
        if is_whole(item):
            yield item | {"replies": [reply for reply in item["replies"] if is_whole(reply)]}


def is_whole(item: dict[str, Any]) -> bool:
    return "id" in item and item["timestamp"] > "2026"


def true_addressee(comment: Comment, written: dict[str, Comment]) -> str:
    parent = written.get(f"instagram:{comment.parent_id}")
    if comment.parent_id is None:
        return "nobody" if comment.author == "orbital" else "account"
    if parent is None:
        return "nobody"
    return "account" if parent.author == "orbital" else "commenter"


def test_who_is_addressed_is_whom_the_stand_in_had_in_mind(collected: Settings, written: dict[str, Comment]) -> None:
    rows = Warehouse(collected.data_dir / "warehouse").query("SELECT comment_id, directed_at FROM comments_scored")
    found = Counter(
        (true_addressee(written[id], written), whom, "@" in written[id].text and not written[id].parent_id)
        for id, whom in rows
    )
    wrong = {key: count for key, count in found.items() if key[0] != key[1]}
    assert wrong.keys() <= {("account", "commenter", True)}, "a name in a comment below a post is whom it addresses"
    assert min(found[whom, whom, False] for whom in ("account", "commenter", "nobody")) > 0
    assert found["account", "account", False] > 300
    assert found["commenter", "commenter", False] > 60


def test_the_mart_counts_what_the_view_says(collected: Settings) -> None:
    ask = Warehouse(collected.data_dir / "warehouse").query
    counted = "SELECT directed_at, count(*) FROM comments_scored WHERE toxic IS NOT NULL AND NOT is_spam GROUP BY 1"
    summed = "SELECT directed_at, sum(comments)::BIGINT FROM by_addressee GROUP BY 1"
    assert sorted(ask(counted)) == sorted(ask(summed))


def test_a_filter_finds_whom_comments_are_directed_at(collected: Settings, tmp_path: Path) -> None:
    warehouse = Warehouse(collected.data_dir / "warehouse")
    answers, month = Answers(warehouse), replace(WEEK, days=28)
    counts = dict(warehouse.query("SELECT directed_at, count(*) FROM comments_scored GROUP BY 1"))
    assert counts.keys() == {"account", "commenter", "nobody"}
    for whom, count in counts.items():
        view = replace(month, directed=whom)
        assert View.read(view.search(), LAST) == view
        assert answers.rows("comments_count", view)[0]["comments"] == count
        page = answers.page_of_comments(view, "posted_at DESC", 1000, 0)
        assert [row["directed_at"] for row in page] == [whom] * count
        assert export.run(collected, tmp_path / "some.parquet", {"directed": whom}) == count
    with pytest.raises(BadInput, match="--directed me doesn't exist"):
        export.run(collected, tmp_path / "some.parquet", {"directed": "me"})


def test_a_pile_on_names_whom_it_hits(collected: Settings, written: dict[str, Comment]) -> None:
    [(target, sent)] = Counter(one.parent_id for one in written.values() if one.crowd == "pile-on").items()
    victim = Pseudonyms(author_key(collected)).of_name("instagram", written[f"instagram:{target}"].author)
    build.amend(collected.data_dir / "warehouse", with_true_scores(written))
    answers = Answers(Warehouse(collected.data_dir / "warehouse"))
    [worst, *others] = answers.rows("pile_ons", WEEK, limit=5)
    assert (worst["target"], worst["comment_id"]) == (victim[:8], f"instagram:{target}")
    answering = [one for one in written.values() if one.parent_id == target]
    theirs = [one for one in answering if one.author != written[f"instagram:{target}"].author]
    assert worst["flagged"] == sum(one.abuse is not None for one in theirs) >= sent - 1
    assert worst["authors"] == len({one.author for one in theirs if one.abuse})
    assert worst["replies"] == len(answering)
    assert [row for row in others if row["flagged"] > worst["flagged"] / 2] == []
    hits = [row for row in answers.rows("attacks", WEEK, limit=5000) if row["target"] == victim[:8]]
    assert sum(row["comments"] for row in hits) >= worst["flagged"]


def with_true_scores(written: dict[str, Comment]) -> Callable[[duckdb.DuckDBPyConnection], None]:
    abuse = [id for id, one in written.items() if one.abuse]
    return lambda con: con.execute("UPDATE scores SET toxic = 0.9 WHERE comment_id IN (SELECT unnest($1))", [abuse])


def test_a_thread_whose_beginning_was_erased_stays_readable(settings: Settings) -> None:
    replies = [comment_item(id=str(n), text=f"answer {n}", ownerUsername=f"fan{n}", timestamp=f"{LAST}T1{n}:00:00Z")
               for n in range(3)]  # fmt: skip
    thread = comment_item(id="9", text="my secret", ownerUsername="ann", timestamp=f"{LAST}T09:00:00Z", replies=replies)
    store_night(settings, LAST, [thread], [])
    publish.rebuild(settings)
    ask = Warehouse(settings.data_dir / "warehouse").query
    assert ask("SELECT DISTINCT directed_at FROM comments_scored WHERE parent_id IS NOT NULL") == [("commenter",)]
    forget.run(settings, set(), {"instagram:9"})
    answers = Answers(Warehouse(settings.data_dir / "warehouse"))
    row = answers.comment("instagram:1", LAST)
    assert row
    assert (row["parent_text"], row["directed_at"], row["parent_id"][:7]) == (None, "nobody", "erased:")
    shown = answers.thread(row)
    assert [(one["part"], one["place"], one["text"]) for one in shown] == [
        ("sibling", n + 1, f"answer {n}") for n in range(3)
    ]


def test_an_answer_is_told_whom_it_addresses_whenever_its_parent_comes_or_goes(tmp_path: Path) -> None:
    def night(day: date, ids: str) -> build.Night:
        comments = [(id, f"text of {id}", at(FIRST, 9 + n), 0.5) for n, id in enumerate(ids.split())]
        return night_of(tmp_path / f"lake {ids}", day, comments)

    context = build.Context([("instagram", "orbital", ())], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")
    answer, parent = night(FIRST, "a+1"), night(FIRST + timedelta(1), "a b")
    asked = "SELECT directed_at FROM comments_scored WHERE comment_id = 'a+1'"
    forward, backward = tmp_path / "forward", tmp_path / "backward"
    build.publish(forward, [answer], context)
    assert Warehouse(forward).query(asked) == [("nobody",)]
    build.publish(forward, [parent], context)
    build.publish(backward, [parent, answer], context)
    assert Warehouse(forward).query(asked) == [("commenter",)]
    assert build.content_hash(forward) == build.content_hash(backward)
    build.publish(forward, [night(FIRST + timedelta(1), "b")], context)
    assert Warehouse(forward).query(f"{asked} UNION ALL SELECT directed_at FROM by_addressee ORDER BY ALL") == [
        ("commenter",), ("nobody",), ("nobody",)]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "is_reply", "named"),
    [
        ("@Orbital shame on you", False, "account"),
        ("shame on you @orbital", True, None),
        (" @bob.smith you clown", True, "other"),
        ("look @bob", False, "other"),
        ("mail me@orbital.org", False, None),
        (None, False, None),
    ],
)
def test_a_reply_addresses_whom_it_names_in_front(text: str | None, is_reply: bool, named: str | None) -> None:
    assert values.named_first(text, "orbital", is_reply) == named


@pytest.mark.parametrize(
    ("attacked", "whom"), [("person", "account"), ("gender", "group"), ("nobody", "account"), (None, "account")]
)
def test_a_comment_below_a_post_may_attack_a_group(tmp_path: Path, attacked: str | None, whom: str) -> None:
    night = night_of(tmp_path / "lake", FIRST, [(id, id, at(FIRST), p) for id, p in (("bad", 0.9), ("good", 0.1))])
    change(night.validated.folder / "comments.parquet", mention_hashes=None)
    change(night.scored[MODEL].folder / "part.parquet", attacked=attacked)
    context = build.Context([("instagram", "orbital", ())], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")
    build.publish(tmp_path / "warehouse", [night], context)
    asked = "SELECT directed_at FROM comments_scored ORDER BY comment_id"
    assert Warehouse(tmp_path / "warehouse").query(asked) == [(whom,), ("account",)]


def change(file: Path, **values: Any) -> None:
    table = pq.read_table(file)
    for name, value in values.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(
            at, table.schema.field(at), pa.array([value] * len(table), table.schema.field(at).type)
        )
    pq.write_table(table, file)
