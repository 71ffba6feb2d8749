"""The random audit: intervals hold whatever the model is worth, a draw is made once, picked reviews do not count."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import MODEL, THRESHOLDS, TOXWATCH, at, night_of
from warehouse import build, measures, queries, tables
from warehouse.policies import read_policies
from warehouse.reader import Warehouse
from warehouse.reviews import HASTY_FROM, Reviews, needs_two

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parent.parent
FIRST = date(2026, 11, 2)
NIGHTS, SECTIONS, COMMENTS = 8, 120, 60  # comments of a section and night
ASKED = {"first": FIRST, "last": FIRST + timedelta(NIGHTS - 1), "only": None, "places": None, "language": None}


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Sections whose model is overconfident and sees too little; three quarters of what was drawn is reviewed, in
    order, and every comment that the model is sure of besides."""
    draw = np.random.default_rng(4)
    total = NIGHTS * SECTIONS * COMMENTS
    logit = draw.normal(-2.5, 2.0, total)
    made = pa.table({  # noqa: F841
        "section": np.arange(total) % SECTIONS, "night": np.arange(total) // SECTIONS % NIGHTS,
        "p": 1 / (1 + np.exp(-logit)), "y": draw.random(total) < 1 / (1 + np.exp(-0.6 * logit + 0.2)),
    })  # fmt: skip
    with duckdb.connect() as con:
        tables.create(con)
        con.execute("INSERT INTO models VALUES ('m', '1', true)")
        con.execute("INSERT INTO policy_rules VALUES ('1', NULL, NULL, NULL, 'toxic', 0.5, 'low')")
        con.execute(
            """CREATE TABLE truth AS
            SELECT 'c' || row_number() OVER () AS comment_id, 's' || section AS account, $1 + night::INTEGER AS day,
                p, y
            FROM made""",
            [FIRST],
        )
        con.execute(
            """INSERT INTO comments BY NAME
            SELECT comment_id, 'instagram' AS platform, account, 'p' AS post_id, comment_id AS text, false AS has_media,
                day::TIMESTAMPTZ AS posted_at, 'en' AS language, comment_id AS text_key, 'account' AS addressed,
                day AS first_night, day AS last_night
            FROM truth"""
        )
        con.execute(
            "INSERT INTO scores SELECT comment_id, comment_id, 'm', day, p, 0, 0, 0, 0, 0, day, NULL, NULL FROM truth"
        )
        con.execute(
            """CREATE OR REPLACE TEMP TABLE touched AS
            SELECT DISTINCT platform, account, posted_at::DATE AS day FROM comments"""
        )
        tables.run_script(con, "marts/refresh.sql")
        tables.run_script(con, "load/thresholds.sql")
        for night in range(NIGHTS):
            tables.run_script(con, "load/draw.sql", night=FIRST + timedelta(night))
        con.execute(
            """INSERT INTO reviews
            SELECT comment_id, 'ann', if(y, ['toxic'], []), now(), [], 'm', '1'
            FROM truth LEFT JOIN drawn USING (comment_id) WHERE place < 0.75 OR p > 0.8"""
        )
        yield con


def test_a_night_gives_each_account_about_as_many_and_only_once(con: duckdb.DuckDBPyConnection) -> None:
    drawn = "SELECT count(*) / $1, min(chance) > 0, max(chance) <= 1 FROM drawn"
    found = con.execute(drawn, [NIGHTS * SECTIONS]).fetchall()
    assert found == [(pytest.approx(measures.DRAWN_A_NIGHT, rel=0.05), True, True)]
    tables.run_script(con, "load/draw.sql", night=FIRST)
    assert con.execute(drawn, [NIGHTS * SECTIONS]).fetchall() == found


def test_the_interval_holds_the_truth_although_the_model_is_wrong(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        """WITH truths AS (SELECT account, avg(y::INTEGER) AS truth FROM truth GROUP BY account),
        totals AS (
            SELECT account, sum(expected) / sum(comments) AS model, sum(comments) AS comments,
                total_of_sums(sums) AS sums
            FROM audited($1, $2) WHERE label = 'toxic' GROUP BY account
        ),
        people AS (SELECT account, model, comments, interval_of_audit(model, sums) AS part FROM totals)
        SELECT avg(model), avg(truth), avg(part.people), avg((truth BETWEEN part.low AND part.high)::INTEGER),
            avg((abs(model - truth) <= margin_of_share(model, comments, NULL))::INTEGER)
        FROM people JOIN truths USING (account)""",
        [ASKED["first"], ASKED["last"]],
    ).fetchall()
    [(model, truth, people, covered, covered_by_model)] = found
    assert truth - model > 0.03
    assert people == pytest.approx(truth, abs=0.005), "though the reviewers picked what is surely toxic besides"
    assert 0.9 <= covered <= 0.99
    assert covered_by_model < 0.7


def test_precision_and_recall_are_of_all_comments(con: duckdb.DuckDBPyConnection) -> None:
    [(precision, recall)] = con.execute(
        """SELECT count(*) FILTER (y AND p >= 0.5) / count(*) FILTER (p >= 0.5),
            count(*) FILTER (y AND p >= 0.5) / count(*) FILTER (y) FROM truth"""
    ).fetchall()
    sql = queries.page_sql("audited")
    columns = [column[0] for column in con.execute(sql, ASKED).description or ()]
    row = dict(zip(columns, next(row for row in con.execute(sql, ASKED).fetchall() if row[0] == "toxic"), strict=True))
    assert (row["precision"], row["recall"]) == (pytest.approx(precision, abs=0.02), pytest.approx(recall, abs=0.02))
    assert row["is_off"]
    assert row["high"] - row["low"] < 0.04


def test_the_intervals_of_precision_and_recall_hold_the_truth(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        """WITH truths AS (
            SELECT account, count(*) FILTER (y AND p >= 0.5) AS found, found / count(*) FILTER (p >= 0.5) AS precision,
                found / count(*) FILTER (y) AS recall
            FROM truth GROUP BY account
        ),
        totals AS (
            SELECT account, total_of_sums(of_flagged) AS of_flagged, total_of_sums(of_harmful) AS of_harmful
            FROM audited($1, $2) WHERE label = 'toxic' GROUP BY account
        ),
        parts AS (
            SELECT account, interval_of_audit(0.5, of_flagged) AS of_flagged,
                interval_of_audit(0.5, of_harmful) AS of_harmful
            FROM totals
        )
        SELECT avg((precision BETWEEN of_flagged.low AND of_flagged.high)::INTEGER),
            avg((recall BETWEEN of_harmful.low AND of_harmful.high)::INTEGER), avg(of_flagged.high - of_flagged.low),
            avg(of_harmful.high - of_harmful.low)
        FROM parts JOIN truths USING (account)""",
        [ASKED["first"], ASKED["last"]],
    ).fetchall()
    [(of_precision, of_recall, *widths)] = found
    assert 0.9 <= of_precision <= 0.99
    assert 0.9 <= of_recall <= 0.99
    assert max(widths) < 0.5


def test_a_plan_says_how_many_reviews_an_interval_needs(con: duckdb.DuckDBPyConnection) -> None:
    def reviews(margin: float) -> int:
        asked = {"first": ASKED["first"], "last": ASKED["last"], "only": "instagram/s1", "margin": margin}
        rows = con.execute(queries.page_sql("audit_plan"), asked).fetchall()
        return int(next(row[3] for row in rows if row[0] == "toxic"))

    assert reviews(0.1) < reviews(0.05) < reviews(0.001) == NIGHTS * COMMENTS


def test_a_draw_outlives_the_warehouse_and_is_erased_with_its_comment(tmp_path: Path) -> None:
    night = night_of(tmp_path / "lake", FIRST, [(f"a{n}", f"text {n}", at(FIRST), 0.3) for n in range(60)])
    context = build.Context([], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")
    build.publish(tmp_path / "warehouse", [night], context)
    ask, book = Warehouse(tmp_path / "warehouse").query, Reviews.in_folder(tmp_path)
    drawn = ask("SELECT comment_id, night, chance, place FROM drawn ORDER BY ALL")
    assert 10 <= len(drawn) <= 32
    book.keep_drawn(drawn)
    book.keep_drawn(drawn)
    again = build.Context([], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml", drawn=book.drawn())
    build.publish(tmp_path / "warehouse", [night], again, anew=True)
    assert ask("SELECT comment_id, night, chance, place FROM drawn ORDER BY ALL") == drawn
    book.erase([drawn[0][0]])
    assert len(book.drawn()) == len(drawn) - 1


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_a_share_of_the_reviews_is_of_the_audit(tmp_path: Path, share: float) -> None:
    book = Reviews.in_folder(tmp_path, lambda: share)
    turns = []
    for n in range(20):
        turns.append(book.is_turn_of_audit("ann"))
        book.record(f"c{n}", "ann", [], [], "m", "p", also=[f"copy of c{n}"])
    assert sum(turns) == 20 * share


def test_the_share_of_the_audit_is_in_policies_toml(tmp_path: Path) -> None:
    own = tmp_path / "policies.toml"
    own.write_text((ROOT / "policies.toml").read_text().replace("audited = 0.2", "audited = 0.4"))
    assert (read_policies(ROOT / "policies.toml").review.audited, read_policies(own).review.audited) == (0.2, 0.4)


def test_a_text_that_repeats_is_decided_and_taken_back_at_once(tmp_path: Path) -> None:
    book = Reviews.in_folder(tmp_path)
    book.record("x", "ann", [], [], "m", "p")
    book.record("a", "ann", ["toxic"], [], "m", "p", also=["b", "c"])
    assert book.undo("ann") == "a"
    assert [row[0] for row in book.rows()] == ["x"]


def test_the_queue_has_the_most_severe_first_and_a_repeated_text_once(tmp_path: Path) -> None:
    shown = [("sure", "awful", at(FIRST), 0.99), ("unsure", "rude", at(FIRST), 0.55)]
    shown += [(f"copy{n}", text, at(FIRST, n), 0.52) for n, text in enumerate(("same", "Same", "SAME"))]
    night = night_of(tmp_path / "lake", FIRST, shown)
    build.publish(tmp_path / "warehouse", [night], build.Context([], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml"))
    warehouse, done, order = Warehouse(tmp_path / "warehouse"), [], []
    sql = queries.page_sql("queue")
    asked = dict.fromkeys(re.findall(r"\$([a-z]+)", sql)) | {"first": FIRST, "last": FIRST}
    while rows := warehouse.query(sql, asked | {"done": done}):
        comment_id, _, times, waiting = rows[0]
        order.append((comment_id, times, waiting))
        same = warehouse.query(queries.page_sql("same_text"), {"id": comment_id, "first": FIRST, "last": FIRST})
        done += [comment_id, *(id for (id,) in same)]
    assert order == [("copy0", 3, 3), ("unsure", 1, 2), ("sure", 1, 1)]


def test_the_command_line_plans_and_shows_the_audit(tmp_path: Path) -> None:
    night = night_of(tmp_path / "lake", FIRST, [(f"a{n}", f"text {n}", at(FIRST), 0.3) for n in range(60)])
    build.publish(tmp_path / "warehouse", [night], build.Context([], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml"))
    command = [TOXWATCH, "audit", "plan", "--to", str(FIRST), "--json", "--data-dir", str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(shown.stdout)[0].keys() == {"label", "comments", "share", "reviews"}
    command = [TOXWATCH, "audit", "show", "--to", str(FIRST), "--data-dir", str(tmp_path)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert refused.returncode == 2
    assert "has been reviewed in this period" in refused.stderr


def published(place: Path, *nights: build.Night, reviews: Sequence[tuple[Any, ...]] = ()) -> Warehouse:
    context = build.Context([], (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml", reviews)
    warehouse = Warehouse(place / "warehouse")
    drawn = warehouse.query("FROM drawn") if warehouse.folder.exists() else ()
    build.publish(warehouse.folder, list(nights), replace(context, drawn=drawn))
    return warehouse


def reviews_of(who: str, ids: Iterable[str], *labels: str, on: date = FIRST + timedelta(1)) -> list[tuple[Any, ...]]:
    return [(id, who, list(labels), at(on), [], MODEL, "1") for id in ids]


def judged(warehouse: Warehouse) -> dict[str, float]:
    """What people say of each comment that counts."""
    sql = "SELECT comment_id, y FROM audit_judged($1, $2) WHERE label = 'toxic'"
    return dict(warehouse.query(sql, [FIRST, FIRST + timedelta(9)]))


@pytest.fixture
def some(tmp_path: Path) -> tuple[build.Night, list[str]]:
    """A night, and what was drawn of it in the order of review."""
    night = night_of(tmp_path / "lake", FIRST, [(f"a{n}", f"text {n}", at(FIRST), 0.3) for n in range(60)])
    drawn = published(tmp_path, night).query("SELECT comment_id FROM drawn ORDER BY place")
    return night, [id for (id,) in drawn]


def test_what_was_drawn_last_night_does_not_hide_what_was_reviewed_before(
    tmp_path: Path, some: tuple[build.Night, list[str]]
) -> None:
    night, drawn = some
    later = [(f"b{n}", f"more {n}", at(FIRST + timedelta(1)), 0.3) for n in range(60)]
    after = night_of(tmp_path / "lake", FIRST + timedelta(1), later)
    warehouse = published(tmp_path, night, after, reviews=reviews_of("ann", drawn))
    assert judged(warehouse).keys() == set(drawn)


def test_reviews_count_up_to_the_first_drawn_comment_that_nobody_has_reviewed(
    tmp_path: Path, some: tuple[build.Night, list[str]]
) -> None:
    night, drawn = some
    warehouse = published(tmp_path, night, reviews=reviews_of("ann", drawn[:5] + drawn[6:]))
    assert judged(warehouse).keys() == set(drawn[:5])
    weights = warehouse.query("SELECT sum(weight) FROM audit_judged($1, $1) WHERE label = 'toxic'", [FIRST])
    [(of_all,)] = warehouse.query("SELECT sum(1 / chance) FROM drawn")
    assert weights == [(pytest.approx(of_all, rel=0.01),)], "five stand for all"


def test_two_reviewers_who_disagree_count_half_each(tmp_path: Path, some: tuple[build.Night, list[str]]) -> None:
    night, drawn = some
    reviews = reviews_of("ann", drawn, "toxic") + reviews_of("bob", drawn[:1]) + reviews_of("bob", drawn[1:2], "toxic")
    assert list(map(judged(published(tmp_path, night, reviews=reviews)).get, drawn[:3])) == [0.5, 1.0, 1.0]


def test_a_comment_that_was_edited_after_its_review_is_left_out(
    tmp_path: Path, some: tuple[build.Night, list[str]]
) -> None:
    night, drawn = some
    second = FIRST + timedelta(3)
    edited = night_of(tmp_path / "lake", second, [(drawn[0], "kind now", at(FIRST), 0.1)])
    before = published(tmp_path, night, edited, reviews=reviews_of("ann", drawn, on=second))
    assert judged(before).keys() == set(drawn[1:])
    after = published(tmp_path, reviews=reviews_of("ann", drawn, on=second + timedelta(1)))
    assert judged(after).keys() == set(drawn)


def test_a_comment_deleted_before_its_review_is_left_out_and_one_after_it_counts(
    tmp_path: Path, some: tuple[build.Night, list[str]]
) -> None:
    night, drawn = some
    published(tmp_path, night, reviews=reviews_of("ann", drawn[1:]))
    build.amend(
        tmp_path / "warehouse",
        lambda con: con.execute(
            "UPDATE comments SET gone_since = $1 WHERE comment_id IN ($2, $3)", [FIRST, *drawn[:2]]
        ),
    )
    assert judged(Warehouse(tmp_path / "warehouse")).keys() == set(drawn[1:])


def test_a_stratum_without_reviews_has_no_figure_and_spoils_none(
    tmp_path: Path, some: tuple[build.Night, list[str]]
) -> None:
    night, drawn = some
    published(tmp_path, night, reviews=reviews_of("ann", drawn, "toxic"))
    build.amend(
        tmp_path / "warehouse",
        lambda con: con.execute(
            """INSERT INTO score_bins BY NAME
            SELECT 'instagram' AS platform, 'orbital' AS account, $1 AS day, 'de' AS language, $2 AS model,
                'toxic' AS label, 3 AS bin, 7 AS comments, 1 AS expected, 0.5 AS variance""",
            [FIRST, MODEL],
        ),
    )
    asked = ASKED | {"label": "toxic"}
    sql = queries.page_sql("audited_sections")
    wanted = {name: asked[name] for name in set(re.findall(r"\$([a-z]+)", sql))}
    rows = {row[1]: row for row in Warehouse(tmp_path / "warehouse").query(sql, wanted)}
    assert rows["de"][2:4] + rows["de"][5:] == (0, 7, None, None, None)
    assert rows["instagram/orbital"][5] > 0.9


@pytest.mark.parametrize(("reviewed", "expected"), [(0, None), (1, None), (10, (0.0, 0.0)), (20, (0.0, 0.0))])
def test_no_review_or_one_says_nothing_and_ten_say_little(
    tmp_path: Path, some: tuple[build.Night, list[str]], reviewed: int, expected: tuple[float, float] | None
) -> None:
    night, drawn = some
    warehouse = published(tmp_path, night, reviews=reviews_of("ann", drawn[:reviewed]))
    columns, rows = warehouse.table(queries.page_sql("audited"), ASKED)
    found = {row["label"]: row for row in (dict(zip(columns, row, strict=True)) for row in rows)}.get("toxic")
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found["people"], found["low"]) == pytest.approx(expected, abs=0.03)
        assert 1.5 / reviewed < found["high"] < 4 / reviewed, "nothing found in n leaves 2 to 3 ÷ n possible"


def test_the_draw_leaves_no_language_of_an_account_out(tmp_path: Path) -> None:
    shown = [(f"a{n}", f"text {n}", at(FIRST), 0.3) for n in range(400)]
    night = night_of(tmp_path / "lake", FIRST, shown)
    for file in [*(night.clean.folder).glob("*.parquet"), *night.scored[MODEL].folder.glob("*.parquet")]:
        rows = pq.read_table(file)
        of = ["cy" if int(id[1:]) < 16 else "en" for id in rows["comment_id"].to_pylist()]
        pq.write_table(rows.set_column(rows.column_names.index("language"), "language", pa.array(of)), file)
    chances = published(tmp_path, night).query(
        "SELECT language, avg(chance) FROM drawn JOIN comments USING (comment_id) GROUP BY language ORDER BY 1"
    )
    assert [language for language, *_ in chances] == ["cy", "en"]
    assert chances[0][1] > 4 * chances[1][1]


def test_who_clicks_through_is_shown_and_left_out_on_request(tmp_path: Path) -> None:
    book = Reviews.in_folder(tmp_path)
    start = datetime(2026, 11, 3, 9, tzinfo=UTC)
    for name, seconds in (("fast", 1), ("slow", 20)):
        for n in range(HASTY_FROM):
            book.record(f"c{n}", name, ["toxic"] if name == "slow" and n == 0 else [], [], "m", "p")
            at_last = (start + timedelta(seconds=seconds * n)).strftime("%Y-%m-%d %H:%M:%S.%f")
            book.query(
                "UPDATE reviews SET reviewed_at = ? WHERE reviewer = ? AND comment_id = ?", at_last, name, f"c{n}"
            )
    fast, slow = book.reviewers()
    assert (fast.name, fast.seconds, fast.is_hasty, slow.seconds, slow.is_hasty) == ("fast", 1, True, 20, False)
    assert (fast.shared, fast.agreed, slow.harmful) == (HASTY_FROM, HASTY_FROM - 1, 1 / HASTY_FROM)
    book.leave_out("fast")
    assert {row[1] for row in book.rows()} == {"slow"}
    assert book.tally("slow").pairs == 0
    assert book.reviewers()[0].is_left_out
    book.take_in("fast")
    assert {row[1] for row in book.rows()} == {"slow", "fast"}


def test_what_was_left_out_is_offered_to_others_again(tmp_path: Path) -> None:
    book = Reviews.in_folder(tmp_path)
    book.record("c1", "fast", [], [], "m", "p")
    hidden = book.hidden_from("ann")
    book.leave_out("fast")
    assert (hidden, book.hidden_from("ann"), book.hidden_from("fast")) == (
        [] if needs_two("c1") else ["c1"],
        [],
        ["c1"],
    )


def test_where_nobody_finds_anything_the_interval_is_no_wider_than_the_normal_one(
    con: duckdb.DuckDBPyConnection,
) -> None:
    sql = "SELECT interval_of_doubt(0, doubt_of(0, 0.004 ** 2, 2000)).high"
    assert con.execute(sql).fetchall() == [(pytest.approx(1.96 * 0.004, rel=0.02),)]
