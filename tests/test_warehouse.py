"""The warehouse in real DuckDB files: nights load in any order to the same rows, readers are safe, rules are told."""

import shutil
import subprocess
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.lake import schema
from models.labels import LABELS
from tests.conftest import MODEL, THRESHOLDS, TOXWATCH, at, night_of
from warehouse import Building, Part, WarehouseError, build, queries, reader, tables
from warehouse.policies import read_policies
from warehouse.reader import Warehouse

POLICIES = Path(__file__).resolve().parent.parent / "policies.toml"
FIRST, SECOND, THIRD = (date(2026, 11, day) for day in (10, 11, 12))


def context(champion: str = MODEL, policies: Path = POLICIES) -> build.Context:
    return build.Context([("instagram", "orbital", ("space",))], (champion, "1"), THRESHOLDS, policies)


def two_nights(lake: Path) -> list[build.Night]:
    """The second night brings a late comment of the first day, and one that was edited."""
    first = [(f"a{n}", f"text {n}", at(FIRST, n % 24), 0.9 if n < 4 else 0.02) for n in range(40)]
    second = [("a9", "edited text", at(FIRST, 9), 0.8), ("late", "text 0", at(FIRST, 23), 0.7)]
    second += [(f"b{n}", f"text {n}", at(SECOND, n % 24), 0.02) for n in range(40)]
    return [night_of(lake, FIRST, first), night_of(lake, SECOND, second)]


@pytest.fixture
def nights(tmp_path: Path) -> list[build.Night]:
    return two_nights(tmp_path / "lake")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("published")
    for night in two_nights(place / "lake"):
        build.publish(place / "warehouse", [night], context())
    return place / "warehouse"


@pytest.fixture
def folder(tmp_path: Path, published: Path) -> Path:
    """The published nights, in a folder of one's own."""
    return Path(shutil.copytree(published, tmp_path / "warehouse", symlinks=True))


@pytest.mark.long
def test_nights_in_any_order_and_twice_are_the_same_rows(
    tmp_path: Path, folder: Path, nights: list[build.Night]
) -> None:
    other = tmp_path / "other"
    build.publish(other, [nights[1], nights[0], nights[1], nights[0]], context())
    assert build.content_hash(other) == build.content_hash(folder)
    build.publish(folder, nights[:1], context())
    assert build.content_hash(other) == build.content_hash(folder)


def test_a_missed_night_that_is_made_up_for_takes_no_scores_away(tmp_path: Path) -> None:
    """The later night ran first, then the missed one, then the later one again, which had nothing new to score."""
    both = [("a1", "seen in both nights", at(FIRST), 0.7)]
    later = night_of(tmp_path / "lake", SECOND, both)
    build.publish(tmp_path / "warehouse", [later], context())
    missed = night_of(tmp_path / "lake", FIRST, both)
    build.publish(tmp_path / "warehouse", [missed], context())
    part = later.scored[MODEL].folder / "part.parquet"
    pq.write_table(pq.read_table(part).slice(0, 0), part)
    build.publish(tmp_path / "warehouse", [later], context())
    build.publish(tmp_path / "rebuilt", [missed, later], context())
    scores = "SELECT comment_id, night FROM scores"
    assert Warehouse(tmp_path / "warehouse").query(scores) == [("a1", FIRST)]
    assert build.content_hash(tmp_path / "warehouse") == build.content_hash(tmp_path / "rebuilt")


def test_a_large_night_is_loaded_in_slices(
    tmp_path: Path, folder: Path, nights: list[build.Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "SLICE", 7)
    build.publish(tmp_path / "other", nights, context())
    assert build.content_hash(tmp_path / "other") == build.content_hash(folder)


def test_a_late_comment_counts_on_its_day_and_an_edited_one_shows_its_new_score(folder: Path) -> None:
    ask = Warehouse(folder).query
    assert ask("select comments from daily where day = ? and label = 'toxic'", [FIRST]) == [(41,)]
    assert ask("select text, round(toxic::double, 2) from comments_scored where comment_id = 'a9'") == [
        ("edited text", 0.8)
    ]
    assert ask("select count(*) from scores where comment_id = 'a9'") == [(2,)]


def test_shares_are_expected_shares_with_their_margin(folder: Path) -> None:
    [(share, margin, flagged)] = Warehouse(folder).query(
        "select share, margin, flagged from daily where day = ? and label = 'toxic'", [SECOND]
    )
    assert share == pytest.approx(0.02, abs=1e-6)
    assert margin == pytest.approx(1.96 * (40 * 0.02 * 0.98) ** 0.5 / 40, rel=1e-4)
    assert flagged in (0, None)


@pytest.mark.long
def test_readers_see_whole_versions_while_nights_are_published(
    tmp_path: Path, folder: Path, nights: list[build.Night]
) -> None:
    reader, seen, stop = Warehouse(folder), set(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(reader.query("select count(*), (select count(distinct comment_id) from scores) from comments")[0])

    thread = threading.Thread(target=read)
    thread.start()
    third = night_of(tmp_path / "lake", THIRD, [(f"c{n}", f"text {n}", at(THIRD), 0.5) for n in range(10)])
    build.publish(folder, [third], context())
    build.publish(folder, [nights[0]], context())
    while (91, 91) not in seen:
        assert thread.is_alive()
    stop.set()
    thread.join()
    assert seen <= {(81, 81), (91, 91)}


def test_two_readers_of_one_file_do_not_disturb_each_other(folder: Path) -> None:
    one, other = Warehouse(folder), Warehouse(folder, seconds=5)
    assert one.query("select count(*) from comments") == other.query("select count(*) from comments")
    assert build.content_hash(folder)


def test_two_builds_at_once_are_one_and_a_refusal(folder: Path, nights: list[build.Night]) -> None:
    with build._lock(folder), pytest.raises(Building, match="Run this again"):
        build.publish(folder, nights, context())


def test_a_build_that_breaks_a_rule_is_not_published(tmp_path: Path, folder: Path) -> None:
    before = build.current(folder)
    broken = night_of(tmp_path / "lake", THIRD, [("c", "text", at(THIRD), 1.5)])
    with pytest.raises(WarehouseError, match="Scores are between 0 and 1"):
        build.publish(folder, [broken], context())
    assert build.current(folder) == before
    assert Warehouse(folder).query("select count(*) from comments") == [(81,)]


def test_a_rollback_is_one_step_and_says_when_there_is_nothing_older(folder: Path) -> None:
    now = build.current(folder)
    assert build.rollback(folder) < now
    assert Warehouse(folder).query("select count(*) from comments") == [(40,)]
    with pytest.raises(WarehouseError, match="No older version"):
        build.rollback(folder)


@pytest.mark.long
def test_only_a_few_versions_are_kept(folder: Path, nights: list[build.Night]) -> None:
    for _ in range(build.VERSIONS_KEPT + 1):
        build.publish(folder, nights[:1], context())
    assert len(list(folder.glob("v*.duckdb"))) == build.VERSIONS_KEPT


@pytest.mark.long
def test_more_versions_are_kept_where_somebody_wants_to_look_back(folder: Path, nights: list[build.Night]) -> None:
    for _ in range(6):
        build.publish(folder, nights[:1], replace(context(), versions_kept=5))
    assert len(list(folder.glob("v*.duckdb"))) == 5


def test_two_models_stand_side_by_side_and_the_champion_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "warehouse"
    night = night_of(tmp_path / "lake", FIRST, [("a", "text", at(FIRST), 0.2)], {MODEL: 0.0, "transformer-1": 0.5})
    for champion, toxic in ((MODEL, 0.2), ("transformer-1", 0.7)):
        build.publish(folder, [night], context(champion))
        assert Warehouse(folder).query("select model, round(toxic, 3) from comments_scored") == [
            (champion, pytest.approx(toxic))
        ]
    assert Warehouse(folder).query("select count(*) from scores") == [(2,)]


@pytest.mark.parametrize(
    ("rule", "flagged"),
    [
        ("", []),
        ('[[for]]\ntag = "space"\ntoxic = { from = 0.30, severity = "medium" }', ["toxic"]),
        ('[[for]]\naccount = "instagram/orbital"\ntoxic = { from = 0.30, severity = "high" }', ["toxic"]),
        ('[[for]]\nlanguage = "de"\ntoxic = { from = 0.30, severity = "high" }', []),
        ('[[for]]\ntag = "cooking"\ntoxic = { from = 0.30, severity = "high" }', []),
    ],
)
def test_a_policy_flags_for_whom_it_was_written(tmp_path: Path, rule: str, flagged: list[str]) -> None:
    policies = tmp_path / "policies.toml"
    policies.write_text(f"{POLICIES.read_text()}\n{rule}\n")
    night = night_of(tmp_path / "lake", FIRST, [("a", "text", at(FIRST), 0.4)])
    build.publish(tmp_path / "warehouse", [night], context(policies=policies))
    assert Warehouse(tmp_path / "warehouse").query("select flags from comments_scored") == [(flagged,)]


def test_a_model_brings_the_thresholds_that_the_policy_does_not_name(tmp_path: Path) -> None:
    night = night_of(tmp_path / "lake", FIRST, [("a", "text", at(FIRST), 0.42)])
    for threshold, flags in ((0.43, []), (0.42, ["toxic"])):  # the nearest step of 0.05
        thresholds = THRESHOLDS | {"toxic": threshold}
        given = build.Context([("instagram", "orbital", ("space",))], (MODEL, "1"), thresholds, POLICIES)
        build.publish(tmp_path / "warehouse", [night], given)
        assert Warehouse(tmp_path / "warehouse").query("select flags from comments_scored") == [(flags,)]
        assert read_policies(POLICIES).thresholds(thresholds)["toxic"] == (0.45 if threshold == 0.43 else 0.4)


def test_a_comment_without_scores_is_in_no_share(tmp_path: Path) -> None:
    comments = [("a", "text", at(FIRST), 0.9), ("b", "thanks", at(FIRST), 0.1), ("c", "ευχαριστώ", at(FIRST), 0.9)]
    night = night_of(tmp_path / "lake", FIRST, comments)
    file = next(night.scored[MODEL].folder.glob("*.parquet"))
    rows = pq.read_table(file).to_pylist()
    rows[2] |= dict.fromkeys([*LABELS, "attacked"], None)
    pq.write_table(pa.Table.from_pylist(rows, schema.SCORED), file)
    clean = next(night.clean.folder.glob("*.parquet"))
    greek = [row | ({"language": "el"} if row["comment_id"] == "c" else {}) for row in pq.read_table(clean).to_pylist()]
    pq.write_table(pa.Table.from_pylist(greek, schema.CLEAN), clean)
    build.publish(tmp_path / "warehouse", [night], context())
    ask = Warehouse(tmp_path / "warehouse").query
    assert ask("select comments, round(expected, 3) from daily where label = 'toxic'") == [(2, 1.0)]
    assert ask("select flags, severity, attacked from comments_scored order by comment_id") == [
        (["toxic"], "low", "person"), ([], "none", None), ([], "none", None),
    ]  # fmt: skip
    assert ask("select language, comments, is_judged from languages_judged order by language") == [
        ("el", 1, False), ("en", 2, True),
    ]  # fmt: skip
    assert ask("select attacked, comments, round(expected, 3) from by_attacked") == [("person", 2, 1.0)]


def test_a_changed_policy_reads_all_of_history_anew(tmp_path: Path, folder: Path) -> None:
    strict = tmp_path / "policies.toml"
    rule = '[[for]]\naccount = "instagram/orbital"\ntoxic = { from = 0.95, severity = "critical" }'
    strict.write_text(POLICIES.read_text().replace('version = "2"', 'version = "3"') + f"\n{rule}\n")
    ask = Warehouse(folder).query
    flagged = "SELECT sum(flagged)::INTEGER FROM daily WHERE label = 'toxic'"
    assert ask(flagged) != [(0,)]
    build.publish(folder, [], context(policies=strict))
    assert ask(flagged) == [(0,)]
    assert ask("SELECT DISTINCT policy FROM comments_scored") == [("3",)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{ severity", "{ from = 0.53, severity"), "line 9: from: must be a multiple of 0.05 (found 0.53)"),
        (("{ severity", "{ from = 1, severity"), "line 9: from: must be less than 1 (found 1)"),
        (('"low"', '"mild"'), "line 9: severity: must be 'low', 'medium', 'high' or 'critical' (found 'mild')"),
        (('severity = "critical"', 'sever = "high"'), "line 14: sever: unknown key; allowed here: from, severity"),
        (("obscene ", "rude "), "line 10: rude: unknown key; allowed here: toxic, severe_toxic, obscene"),
        (("threat ", "# threat "), "line 8: default: lacks threat"),
        (("[default]", "[default"), "policies.toml is not valid TOML: "),
        (("[default]", '[[for]]\ntags = "kids"\n[default]'), "line 9: tags: unknown key; allowed here: toxic, "),
        (("[default]", "[[for]]\ntoxic = 1\n[default]"), "line 9: toxic: must be a table of from, severity (found 1)"),
    ],
)
def test_a_policy_with_a_mistake_is_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    policies = tmp_path / "policies.toml"
    policies.write_text(POLICIES.read_text().replace(*change, 1))
    with pytest.raises(WarehouseError) as refusal:
        read_policies(policies)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    "query",
    [
        "delete from comments",
        "create table mine as select 1",
        "copy comments to '{place}/out.csv'",
        "select * from read_csv('/etc/passwd')",
        "attach '{place}/other.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
        "pragma enable_profiling = 'json'",
    ],
)
def test_a_query_can_neither_write_nor_leave_the_warehouse(folder: Path, tmp_path: Path, query: str) -> None:
    with pytest.raises(WarehouseError):
        Warehouse(folder).query(query.format(place=tmp_path))
    assert not (tmp_path / "out.csv").exists()


def test_an_endless_query_is_stopped(folder: Path) -> None:
    with pytest.raises(WarehouseError, match="took longer than 1 s"):
        Warehouse(folder, seconds=1).query("select count(*) from range(10000000000) a, range(10000000000) b")


@pytest.mark.parametrize(
    "query", ["SELECT * FROM range(100_000_000)", "SELECT repeat('é', 1000) FROM range(1_000_000)"]
)
def test_an_answer_without_end_is_stopped_while_it_is_fetched(
    folder: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 2000)
    monkeypatch.setattr(reader, "MOST_BYTES", 1_000_000)
    with pytest.raises(WarehouseError, match="Add a LIMIT"):
        Warehouse(folder).query(query)
    assert len(Warehouse(folder).query(f"{query} LIMIT 500")) == 500


def test_a_rollback_without_a_warehouse_says_so(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="No warehouse at"):
        build.rollback(tmp_path / "nowhere")


def test_a_folder_may_have_an_apostrophe_in_its_name(tmp_path: Path, nights: list[build.Night]) -> None:
    folder = tmp_path / "ann's" / "warehouse"
    build.publish(folder, nights[:1], context())
    assert Warehouse(folder).part(Part(texts=False)).query("SELECT count(*) > 0 FROM comments") == [(True,)]


def test_no_warehouse_and_a_damaged_one_say_what_to_run(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(WarehouseError, match="toxwatch nightly"):
        Warehouse(tmp_path / "nowhere").query("select 1")
    build.current(folder).write_bytes(b"no DuckDB file at all" * 1000)
    with pytest.raises(WarehouseError, match="toxwatch rebuild"):
        Warehouse(folder).query("select 1")


@pytest.mark.parametrize("name", queries.names())
def test_every_ready_question_is_answered(folder: Path, name: str) -> None:
    columns, _ = Warehouse(folder).table(queries.sql(name))
    assert len(columns) >= 2
    assert queries.question(name).endswith("?")


def test_everything_in_the_warehouse_is_explained(folder: Path) -> None:
    with duckdb.connect(str(build.current(folder)), read_only=True) as con:
        unexplained = con.execute(
            """SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL
               UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE comment IS NULL
               UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE NOT internal AND comment IS NULL"""
        ).fetchall()
    assert unexplained == []


def test_a_load_reads_only_the_days_it_touches(folder: Path, tmp_path: Path) -> None:
    """Marts of other days stay as they are, and say what the tables say."""
    later = night_of(tmp_path / "lake", THIRD, [("c", "text", at(THIRD), 0.5)])
    build.publish(folder, [later], context())
    counted = Warehouse(folder).query(
        "select day, sum(comments)::int from daily where label = 'threat' group by day order by day"
    )
    assert counted == [(FIRST, 41), (FIRST + timedelta(days=1), 40), (THIRD, 1)]


def test_an_answer_is_all_that_a_question_prints(folder: Path) -> None:
    for query, printed in (("SELECT 1 AS one", "one\n1\n"), ("rejected", "reason\tcomments\tlast_night\n")):
        command = [TOXWATCH, "sql", query, "--data-dir", folder.parent]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        assert (said.stdout.startswith(printed), said.stderr) == (True, "")


def test_comments_are_found_by_their_words_or_by_an_author(folder: Path) -> None:
    found = Warehouse(folder).query(
        """SELECT is_asked('1', TIMESTAMPTZ '2026-11-10 12:00+00', 'instagram', 'a', 'en', '0998bd5e77', 'Hello @NASA',
            ['hello'], '2026-11-10', '2026-11-10', NULL, NULL, NULL, words)
        FROM (VALUES ('hell'), ('@nasa'), ('@0998bd5e'), ('@0998bd5e77'), ('@0998bd5f'), ('@0998')) t(words)"""
    )
    assert [is_found for (is_found,) in found] == [True, True, True, True, False, False]


def test_drift_is_what_moved_beyond_chance_and_by_how_much(tmp_path: Path) -> None:
    """Four weeks of a hundred calm English comments a day, then a day like them, a toxic one and a German one, a loud
    one with long comments."""

    def fill(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(
            """INSERT INTO score_bins
            SELECT 'instagram', 'a', DATE '2026-10-01' + d::INTEGER, CASE d WHEN 30 THEN 'de' ELSE 'en' END, 'm',
                'toxic', CASE WHEN d = 29 AND n < 60 THEN 18 WHEN n < 50 THEN 0 ELSE 1 END,
                CASE d WHEN 31 THEN 4 ELSE 1 END, 0.1, 0.1, 0
            FROM range(32) t(d), range(100) r(n)"""
        )
        con.execute(
            """INSERT INTO days
            SELECT platform, account, day, model, label, sum(comments), sum(expected), sum(variance), 0
            FROM score_bins GROUP BY ALL"""
        )
        con.execute(
            """INSERT INTO lengths
            SELECT platform, account, day, CASE day WHEN DATE '2026-11-01' THEN 18 ELSE 8 END, comments FROM days"""
        )
        tables.run_script(con, "marts/drift.sql", loaded_from=date(2026, 10, 1))

    loud = date(2026, 11, 1)
    build.amend(tmp_path, fill)
    found = {
        (day.day, label): row
        for day, label, *row in Warehouse(tmp_path).query(
            "SELECT day, label, is_shift, round(ks, 2), ks > ks_by_chance FROM drift WHERE day >= DATE '2026-10-29' "
            "AND label IN ('toxic', 'language')"
        )
    }
    assert found == {
        (29, "toxic"): [False, 0.0, False],
        (30, "toxic"): [True, 0.6, True],
        (31, "toxic"): [False, 0.02, False],
        (29, "language"): [False, None, None],
        (30, "language"): [False, None, None],
        (31, "language"): [True, None, None],
        (1, "toxic"): [False, 0.02, False],
        (1, "language"): [False, None, None],
    }
    other = (
        "SELECT day, label, comments, usual FROM drift WHERE label IN ('length', 'volume') AND is_shift ORDER BY label"
    )
    assert Warehouse(tmp_path).query(other) == [(loud, "length", 400, None), (loud, "volume", 400, 100.0)]
    first_day = "SELECT DISTINCT is_shift FROM drift WHERE comments_before IS NULL"
    assert Warehouse(tmp_path).query(first_day) == [(False,)], "nothing has moved where nothing was before"


def test_a_wave_is_a_day_of_abuse_or_days_on_which_it_rises(tmp_path: Path) -> None:
    """Toxic comments of a hundred a day: as usual but for one day of abuse, and a rise of which no day stands out."""
    usual = [2, 3, 1, 2, 2, 3, 1, 2, 3, 2]
    toxic = [*usual, 40, *usual, 4, 5, 5, 6, 6, 5, *usual]

    def fill(con: duckdb.DuckDBPyConnection) -> None:
        con.execute("INSERT INTO models VALUES ('m', '1', true)")
        con.executemany(
            """INSERT INTO days
            VALUES ('instagram', 'a', DATE '2026-10-01' + $1::INTEGER, 'm', 'toxic', 100, $2, 0.5, 0)""",
            [[n, many] for n, many in enumerate(toxic)],
        )

    build.amend(tmp_path, fill)
    days = [day for (day,) in Warehouse(tmp_path).query("SELECT day - DATE '2026-10-01' FROM waves ORDER BY 1")]
    assert days == [10, *range(21, 27)]


@pytest.mark.parametrize("old", sorted((Path(__file__).parent / "old").glob("*.sql")), ids=lambda path: path.stem)
@pytest.mark.long
def test_a_warehouse_of_an_older_release_is_brought_forward(tmp_path: Path, old: Path) -> None:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{folder}/v000001.duckdb' AS old (STORAGE_VERSION '{build.STORAGE_VERSION}')")
        con.execute("USE old")
        con.execute(old.read_text())
    build.point(folder / build.CURRENT, Path("v000001.duckdb"))
    first = night_of(
        tmp_path / "lake", FIRST, [(f"a{n}", f"text {n}", at(FIRST, n), [0.9, 0.02][n > 1]) for n in range(4)]
    )
    second = night_of(tmp_path / "lake", SECOND, [("b", "text", at(SECOND), 0.5)])
    with pytest.raises(WarehouseError, match="Run `toxwatch apply`"):
        Warehouse(folder).query("FROM daily")
    build.publish(folder, [second], context())
    build.publish(tmp_path / "new", [first, second], context())
    later = "terms, listed, attacked, link, is_verified, is_edited, media, mention_hashes, spam, directed_at"
    for question in (f"SELECT * EXCLUDE ({later}) FROM comments_scored", "FROM by_post", "FROM daily"):
        forward, new = (Warehouse(place).query(f"{question} ORDER BY ALL") for place in (folder, tmp_path / "new"))
        assert forward == new
    build.publish(folder, [first], context())
    assert build.content_hash(folder) == build.content_hash(tmp_path / "new")


def test_a_warehouse_of_a_newer_release_is_left_alone(folder: Path, nights: list[build.Night]) -> None:
    with duckdb.connect(str(build.current(folder))) as con:
        con.execute("UPDATE format SET steps = 99")
    before = build.current(folder)
    with pytest.raises(WarehouseError, match="newer Toxwatch"):
        build.publish(folder, nights, context())
    assert build.current(folder) == before


def test_views_are_made_anew_only_where_another_release_made_them() -> None:
    def has_waves() -> bool:
        return con.execute("SELECT count(*) FROM duckdb_views() WHERE view_name = 'waves'").fetchall() == [(1,)]

    with duckdb.connect() as con:
        tables.create(con)
        con.execute("DROP VIEW waves")
        tables.create(con)
        assert not has_waves()
        con.execute("CREATE OR REPLACE MACRO definitions() AS 'those of another release'")
        con.begin()
        tables.create(con)
        con.commit()
        assert has_waves()


@pytest.mark.long
def test_a_comment_whose_neighbours_were_there_twice_without_it_was_taken_down(tmp_path: Path) -> None:
    def night(day: date, ids: str) -> build.Night:
        return night_of(tmp_path / "lake", day, [(id, id, at(FIRST, ord(id) - 97), 0.1) for id in ids])

    last = date(2026, 11, 21)
    nights = [night(FIRST, "abcdefgh"), night(SECOND, "bcdegh"), night(THIRD, "bcdegh"), night(last, "abcdefgh")]
    gone = "SELECT comment_id, gone_since FROM comments WHERE gone_since IS NOT NULL"
    forward, backward = tmp_path / "forward", tmp_path / "backward"
    build.publish(forward, nights[:2], context())
    assert Warehouse(forward).query(gone) == [], "one look is not enough"
    build.publish(forward, nights[:3], context())
    build.publish(backward, nights[2::-1], context())
    for folder in (forward, backward):
        assert Warehouse(folder).query(gone) == [("f", SECOND)], "a is older than what the later nights saw"
        build.publish(folder, nights, context())
        assert Warehouse(folder).query(gone) == [], "f has come back"


@pytest.mark.long
def test_a_night_that_lost_an_account_is_published_without_what_only_it_had(tmp_path: Path) -> None:
    """A file is missing, an import was taken back, or a changed rule rejects what it accepted."""
    first = night_of(tmp_path / "lake", FIRST, [("a", "text 1", at(FIRST), 0.9)])
    rows = [("a", "edited text", at(FIRST), 0.8), ("b", "text 2", at(FIRST), 0.3), ("c", "text 3", at(SECOND), 0.7)]
    whole = night_of(tmp_path / "whole", SECOND, rows)
    folder, other = tmp_path / "warehouse", tmp_path / "other"
    build.publish(folder, [first, whole], context())
    build.publish(folder, [night_of(tmp_path / "lake", SECOND, rows[1:2])], context())
    assert Warehouse(folder).query(
        "SELECT comment_id, text, round(toxic::DOUBLE, 2) FROM comments_scored ORDER BY ALL"
    ) == [("a", "edited text", 0.8), ("b", "text 2", 0.3)], "an earlier night had a too"
    assert Warehouse(folder).query("SELECT sum(comments)::INT FROM daily WHERE label = 'toxic'") == [(2,)]
    build.publish(folder, [whole], context())
    build.publish(other, [first, whole], context())
    assert build.content_hash(folder) == build.content_hash(other)


def test_terms_are_what_three_people_say_and_how_toxic_it_is(tmp_path: Path) -> None:
    said = [(f"t{n}", "you idiot", at(FIRST, n), 0.9) for n in range(3)] + [("u1", "anna idiot", at(FIRST, 5), 0.8)]
    said += [(f"v{n}", "you shine", at(FIRST, n), 0.0) for n in range(6)]
    build.publish(tmp_path / "warehouse", [night_of(tmp_path / "lake", FIRST, said)], context())
    found = Warehouse(tmp_path / "warehouse").query(
        "SELECT term, is_listed, comments, round(excess, 2) FROM by_term ORDER BY excess DESC"
    )
    assert found == [("idiot", True, 4, 2.1), ("you", False, 9, -0.45), ("shine", False, 6, -2.1)]


def test_a_night_with_a_missing_column_is_named_and_one_with_more_is_read(
    folder: Path, nights: list[build.Night]
) -> None:
    before = build.current(folder)
    comments = nights[1].validated.folder / "comments.parquet"
    whole = pq.read_table(comments)
    pq.write_table(whole.drop_columns(["posted_at"]), comments)
    with pytest.raises(WarehouseError, match=rf"Can't load the night {SECOND}(?s:.*)posted_at(?s:.*)--night {SECOND}"):
        build.publish(folder, nights, context())
    assert build.current(folder) == before
    pq.write_table(whole.append_column("mood", pa.array(["?"] * len(whole))), comments)
    build.publish(folder, nights, context())
