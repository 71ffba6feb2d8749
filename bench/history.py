"""What a warehouse of many comments costs: a night more, every query of the dashboard, and its size.

    python bench/history.py FOLDER [COMMENTS …]        1, 10 and 30 million unless told; 30 million need 20 GB

The comments are invented; tables, marts, views, loads and queries are the product's own.
"""

import platform
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dashboard.view import MOST_SIMILAR, Answers, View
from jobs.lake import schema
from models import meaning
from models.labels import LABELS
from warehouse import build, queries, tables
from warehouse.reader import Warehouse

SQL = Path(__file__).parent / "sql"
POLICIES = Path(__file__).resolve().parent.parent / "policies.toml"
MODEL = "bench-1"
ACCOUNTS, CLIENTS = 50, 3  # a client is a tag
DAYS = 365
LAST = date(2026, 11, 19)  # of history; the night that is loaded is the next day
NIGHT_COMMENTS = 100_000
PART_COMMENTS = 500_000  # of history that are made at once
SIZES = (1_000_000, 10_000_000, 30_000_000)
ROUNDS = 12  # times that each query is asked, each time of another account
NO_PAGE = {
    "audit_plan",
    "export",
    "reviewed",
    "comments_page",
    "comments_of",
}  # of the command line; parts of "comments"


def main(folder: Path, sizes: list[int]) -> None:
    print(f"{platform.processor() or platform.machine()}, {duckdb.__name__} {duckdb.__version__}\n")
    night = make_night(folder / "night")
    for size in sizes:
        place = folder / f"{size}"
        made = timed(partial(make_history, place, size))
        print(f"\n{size:,} comments: made in {made:.0f} s")
        print_sizes(place)
        print_night(place, night)
        print_queries(place)
        shutil.rmtree(place)


def make_comments(con: duckdb.DuckDBPyConnection, first: date, days: int, comments: int, seed: int) -> None:
    for name, value in {"first_day": first, "days": days, "comments": comments, "seed": seed}.items():
        con.execute(f"SET VARIABLE {name} = $1", [value])
    con.execute((SQL / "comments.sql").read_text())


def make_night(folder: Path) -> build.Night:
    """As the stages leave it."""
    night = LAST + timedelta(days=1)
    parts = {name: folder / name for name in ("validated", "rejected", "clean", "scored")}
    for part in parts.values():
        part.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        make_comments(con, night, 1, NIGHT_COMMENTS, seed=9)
        con.execute("ALTER TABLE made ADD COLUMN clean_text VARCHAR")
        con.execute("UPDATE made SET clean_text = text")
        for file, columns in {
            "validated/comments": schema.VALIDATED, "clean/part": schema.CLEAN, "scored/part": schema.SCORED,
        }.items():  # fmt: skip
            con.register("empty", columns.empty_table())
            con.execute("CREATE OR REPLACE TEMP TABLE part AS FROM empty")
            invented = [name for name in columns.names if name in con.table("made").columns]
            con.execute(f"INSERT INTO part BY NAME SELECT {', '.join(invented)} FROM made")
            con.execute(f"COPY part TO '{folder}/{file}.parquet'")
        for file, columns in {
            "validated/posts": schema.POSTS, "validated/runs": schema.RUNS, "rejected/rows": schema.REJECTED,
            "rejected/ingest_errors": schema.INGEST_ERRORS, "rejected/quality": schema.QUALITY,
        }.items():  # fmt: skip
            empty = columns.empty_table()
            con.register("empty", empty)
            con.execute(f"COPY empty TO '{folder}/{file}.parquet'")
    validated, rejected, clean, scored = (build.Part(parts[name]) for name in parts)
    return build.Night(night, validated, rejected, clean, {MODEL: scored})


def make_history(folder: Path, comments: int) -> None:
    """A year of comments in the warehouse's own tables and marts, some days at a time."""

    def fill(con: duckdb.DuckDBPyConnection) -> None:
        parts = max(12, comments // PART_COMMENTS)
        for part in range(parts):
            begin, end = (DAYS * at // parts for at in (part, part + 1))
            first = LAST - timedelta(days=DAYS - 1 - begin)
            make_comments(con, first, end - begin, comments // parts, seed=100 + part)
            con.execute((SQL / "fill.sql").read_text())
            tables.run_script(con, "marts/refresh.sql")

    build.amend(folder, fill)
    build.publish(folder, [], context())
    build.drop_old_versions(folder)


def context() -> build.Context:
    return build.Context(
        [("instagram", f"account{n}", (f"client{n % CLIENTS}",)) for n in range(ACCOUNTS)],
        (MODEL, "1"),
        dict.fromkeys(LABELS, 0.5),
        POLICIES,
    )


def print_sizes(folder: Path) -> None:
    file, copy = build.current(folder), folder / "copy.parquet"
    parquet = 0
    with duckdb.connect(str(file), read_only=True) as con:
        for table in ("comments", "scores"):
            con.execute(f"COPY {table} TO '{copy}' (COMPRESSION zstd)")
            parquet += copy.stat().st_size
    copy.unlink()
    print(f"size: {file.stat().st_size / 1e6:,.0f} MB, comments and scores as Parquet {parquet / 1e6:,.0f} MB")


def print_night(folder: Path, night: build.Night) -> None:
    copy = folder / "copy"
    copied = timed(lambda: shutil.copyfile(build.current(folder), copy))
    copy.unlink()
    once = timed(lambda: build.publish(folder, [night], context()))
    build.drop_old_versions(folder)
    again = timed(lambda: build.publish(folder, [night], context()))
    print(f"a night of {NIGHT_COMMENTS:,} more: {once:.1f} s, of which {copied:.1f} s copy the file")
    print(f"the same night again: {again:.1f} s; memory so far {own_peak():.1f} GB")


def print_queries(folder: Path) -> None:
    answers = Forgetful(Warehouse(folder))
    newest = answers.newest()
    views = [View(account=f"instagram/account{n * 4}", days=28, last=newest) for n in range(ROUNDS)]
    print(f"\n{'query':16} {'median ms':>10} {'slowest':>8}   28 days of an account")
    for name in sorted({path.stem for path in queries.PAGES.glob("*.sql")} - NO_PAGE):
        times = [1000 * timed(partial(ask, answers, name, view)) for view in views]
        print(f"{name:16} {statistics.median(times):10.1f} {max(times):8.1f}")


class Forgetful(Answers):
    """Asks the warehouse each time, where the dashboard asks each question of a version once."""

    def _query(self, sql: str, parameters: dict[str, Any] | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
        return self._warehouse.table(sql, parameters or {})


def ask(answers: Answers, name: str, view: View) -> object:
    if name == "comments":
        return answers.page_of_comments(view, view.order, 100, 0)
    one = "instagram:105000000777"
    return answers.rows(
        name, view, done=[], ids=[one], id=one, day=LAST, margin=0.1, at=answers.hour(), texts=["word1"],
        terms=["word1"], labels=["toxic"], flags=True, limit=30, reviewed=[],
        meaning=[1] * meaning.WIDTH, closest=-1.0, most=MOST_SIMILAR,
    )  # fmt: skip


def own_peak() -> float:
    """GB of this process, at most until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(size) for size in sys.argv[2:]] or list(SIZES))
