"""Whether campaigns are found and chants are not taken for them, in invented worlds; and what groups of copies cost.

    python bench/crowds.py [WORLDS]       24 unless told; the rule was chosen on some of those with even numbers
    python bench/crowds.py cost           weeks of up to a million comments, and a million equal ones

Worlds, sketches, loads and marts are the product's own. What each world is like is drawn for it: campaigns of 3 to 39
comments below a post, on one to three accounts, with few or many edits and up to half of their authors known; chants;
in two of three a giveaway; and how many of those who write otherwise write once.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import own_peak
from jobs.lake import schema
from jobs.spark.sketches import sketches
from jobs.standin.crowds import Crowds
from jobs.standin.world import LIFE, Comment, World
from models.labels import LABELS
from models.text import clean_text, text_key, with_emoji
from warehouse import build, tables
from warehouse.reader import Warehouse

POLICIES = Path(__file__).resolve().parent.parent / "policies.toml"
MODEL = "bench-1"
LAST = date(2026, 11, 22)
DAYS, JUDGED = 42, 14  # of a world; the last of them, which have four weeks before them
STRANGERS = (0.0, 0.2, 0.4, 0.6)  # share of ordinary comments by people who write once
SIZES = (250_000, 500_000, 1_000_000)  # comments of a week
FOUND = """
SELECT any_value(is_campaign(is_short, came, authors)), list(k.comment_id)
FROM copied k JOIN by_copy c ON c.copy = k.copy AND c.week = date_trunc('week', k.day)
WHERE k.day > $1 GROUP BY k.copy, c.week
"""


COMMENTS = """
SELECT 'c' || i AS comment_id, 'instagram' AS platform, 'large' AS account, 'p' AS post_id, '' AS text,
    md5(i::VARCHAR) AS author_hash, false AS has_media, DATE '2026-11-16' + (i % 7)::INTEGER AS posted_at,
    {sketch} AS sketch, '2026-11-16' AS first_night, '2026-11-22' AS last_night
FROM range($1) r(i)
"""


class Judged(NamedTuple):
    groups: Counter[str]  # by what most of their comments are
    called: Counter[str]  # of these, those called campaigns
    campaigns: int
    found: int  # campaigns of which most comments are in groups called so


def drawn(number: int) -> tuple[Crowds, float]:
    """What a world's crowds are like, and its share of strangers."""
    chance = Random(number)
    crowds = Crowds(
        chanted=chance.uniform(0.1, 1.0),
        sent=round(3 * 13 ** chance.random()),
        period=chance.choice((7, 14)),
        accounts=chance.randint(1, 3),
        days=chance.randint(1, 3),
        new=chance.uniform(0.5, 1.0),
        edited=chance.random(),
        entered=chance.choice((0, 20, 60)),
    )
    return crowds, chance.choice(STRANGERS)


def comments_of(world: World, strangers: float) -> Iterator[tuple[str, str, str, Comment]]:
    """With their platform, account and post. Whoever did not come for something may write this once."""
    chance = Random(world.seed)
    for community in world.communities:
        for back in range(DAYS):
            day = LAST - timedelta(days=back)
            for age in range(len(LIFE)):
                for post in world.posts_on(community, day - timedelta(days=age)):
                    for comment in world.comments_on(post, day):
                        is_once = "." not in comment.author and chance.random() < strangers
                        written = replace(comment, author=comment.id) if is_once else comment
                        yield community.platform, community.handle, f"{community.platform}:{post.key}", written


def judged(number: int) -> Judged:
    crowds, strangers = drawn(number)
    comments = list(comments_of(World(number, crowds=crowds), strangers))
    true = {f"{platform}:{comment.id}": comment for platform, _, _, comment in comments}
    since = LAST - timedelta(days=JUDGED)
    with tempfile.TemporaryDirectory() as place:
        rows = [row(*one) for one in comments if one[3].text.strip()]
        found = Warehouse(publish(Path(place), rows)).query(FOUND, [since])
    kinds = [Counter(true[id].crowd or "other" for id in ids).most_common(1)[0][0] for _, ids in found]
    called = {id for is_campaign, ids in found if is_campaign for id in ids}
    sent: dict[int, list[str]] = {}
    for id, comment in true.items():
        if comment.crowd == "campaign" and comment.posted_at.date() > since:
            sent.setdefault(comment.posted_at.date().toordinal() // crowds.period, []).append(id)
    return Judged(
        Counter(kinds),
        Counter(kind for kind, (is_campaign, _) in zip(kinds, found, strict=True) if is_campaign),
        len(sent),
        sum(2 * len(called.intersection(ids)) > len(ids) for ids in sent.values()),
    )


def row(platform: str, account: str, post_id: str, comment: Comment) -> dict[str, Any]:
    clean = clean_text(comment.text)
    return {
        "comment_id": f"{platform}:{comment.id}",
        "platform": platform,
        "account": account,
        "post_id": post_id,
        "author_hash": comment.author,
        "text": comment.text,
        "has_media": False,
        "posted_at": comment.posted_at,
        "clean_text": clean,
        "language": "en",
        "text_key": text_key(clean),
        "spoken": with_emoji(comment.text, clean),
        **dict.fromkeys(LABELS, 0.9 if comment.abuse else 0.01),
    }


def publish(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """As a night of the pipeline does, without Spark."""
    for one, sketch in zip(rows, sketches([one["spoken"] for one in rows]), strict=True):
        one["sketch"] = sketch
    files: dict[str, tuple[pa.Schema, list[dict[str, Any]]]] = {
        "validated/comments": (schema.VALIDATED, rows),
        "validated/posts": (schema.POSTS, []),
        "validated/runs": (schema.RUNS, []),
        "rejected/rows": (schema.REJECTED, []),
        "rejected/ingest_errors": (schema.INGEST_ERRORS, []),
        "rejected/quality": (schema.QUALITY, []),
        "clean/part": (schema.CLEAN, rows),
        "scored/part": (schema.SCORED, rows),
    }
    for name, (columns, content) in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(content, columns), folder / f"{name}.parquet")
    validated, rejected, clean, scored = (
        build.Part(folder / name) for name in ("validated", "rejected", "clean", "scored")
    )
    night = build.Night(LAST, validated, rejected, clean, {MODEL: scored})
    build.publish(folder / "warehouse", [night], build.Context([], (MODEL, "1"), dict.fromkeys(LABELS, 0.5), POLICIES))
    return folder / "warehouse"


def print_judged(worlds: int) -> None:
    results = {number: judged(number) for number in range(worlds)}
    print("| worlds | campaigns found | groups called that are campaigns | chants called | giveaways | others |")
    print("|---|---|---|---|---|---|")
    odd = [number for number in results if number % 2]
    print_line("even numbers", [results[number] for number in results if number % 2 == 0])
    print_line("odd numbers", [results[number] for number in odd])
    for share in STRANGERS:
        print_line(f"odd, {share:.0%} strangers", [results[number] for number in odd if drawn(number)[1] == share])


def print_line(name: str, results: list[Judged]) -> None:
    groups, called = (sum((getattr(one, what) for one in results), Counter[str]()) for what in ("groups", "called"))
    found, campaigns = (sum(getattr(one, what) for one in results) for what in ("found", "campaigns"))
    of_kinds = " | ".join(f"{called[kind]} of {groups[kind]:,}" for kind in ("chant", "giveaway", "other"))
    precise = f"{called['campaign']} of {called.total()}"
    print(f"| {len(results)}, {name} | {found} of {campaigns} | {precise} | {of_kinds} |")


def print_costs() -> None:
    print("| comments of a week | CPU-seconds | for a million | most memory so far |\n|---|---|---|---|")
    equal = "'" + "ab" * 24 + "'"
    print_cost("1,000,000 equal ones", 1_000_000, equal)
    tenth = "CASE WHEN i % 10 = 0 THEN i % 997 ELSE i END"
    for size in SIZES:
        print_cost(f"{size:,}", size, f"left(md5(({tenth})::VARCHAR) || md5(({tenth})::VARCHAR || 'b'), 48)")


def print_cost(name: str, size: int, sketch: str) -> None:
    """Of the groups alone, of comments by as many people, with the memory that a publish has."""
    with tempfile.TemporaryDirectory() as place, duckdb.connect(f"{place}/warehouse.duckdb") as con:
        con.execute(
            "SET memory_limit = '2GB'; SET threads = 2; SET preserve_insertion_order = false; SET TimeZone = 'UTC'"
        )
        tables.create(con)
        con.execute(f"INSERT INTO comments BY NAME {COMMENTS.format(sketch=sketch)}", [size])
        con.execute("INSERT INTO post_days VALUES ('instagram', 'large', $1, 'p', 1, 0)", [LAST])
        start = time.process_time()
        tables.run_script(con, "marts/copies.sql")
        seconds = time.process_time() - start
        ((copied,),) = con.execute("SELECT count(*) FROM copied").fetchall()
    print(f"| {name}, {copied:,} copied | {seconds:.1f} | {seconds / size * 1e6:.1f} | {own_peak():.1f} GB |")


if __name__ == "__main__":
    if sys.argv[1:] == ["cost"]:
        print_costs()
    else:
        print_judged(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
