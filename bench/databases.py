"""The same rows in DuckDB, SQLite and PostgreSQL: how long they load, how large they are, how fast they answer.

    python bench/databases.py FOLDER [COMMENTS]          a million unless told

PostgreSQL is started from Debian's package (`apt-get install postgresql`) in FOLDER and stopped again; without it the
other two are compared. Each has two threads at most, and indexes where it wants them.
"""

import csv
import sqlite3
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import servers
from bench.history import make_history, timed
from warehouse import build

SQL = Path(__file__).parent / "sql"
COLUMNS = {
    "comments": "comment_id, account, author_hash, text, posted_at::TIMESTAMP, likes, language",
    "scores": "comment_id, posted_on, toxic, severe_toxic, obscene, threat, insult, identity_hate",
    "score_bins": "account, day, label, bin, comments, expected",
}
ROUNDS = 5

Ask = Callable[[str], list[tuple[Any, ...]]]


def main(folder: Path, comments: int) -> None:
    make_history(folder / "warehouse", comments)
    with duckdb.connect(str(build.current(folder / "warehouse")), read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        for table, columns in COLUMNS.items():
            con.execute(f"COPY (SELECT {columns} FROM {table}) TO '{folder}/{table}.csv' (HEADER false)")
    with in_duckdb(folder) as duck, in_sqlite(folder) as sqlite, in_postgres(folder) as postgres:
        asked = {"DuckDB": duck, "SQLite": sqlite} | ({"PostgreSQL": postgres} if postgres else {})
        print(f"\n{'milliseconds, median':62}" + "".join(f"{name:>12}" for name in asked))
        for path in sorted((SQL / "questions").glob("*.sql")):
            print_question(path.read_text(), asked)


def print_question(sql: str, asked: dict[str, Ask]) -> None:
    answers, times = {}, {}
    for name, ask in asked.items():
        answers[name] = ask(sql)
        times[name] = 1000 * statistics.median(timed(partial(ask, sql)) for _ in range(ROUNDS))
    if len({len(rows) for rows in answers.values()}) > 1:
        raise AssertionError(f"They do not agree on {sql}")
    print(f"{sql.splitlines()[0].removeprefix('-- '):62}" + "".join(f"{times[name]:12.1f}" for name in asked))


@contextmanager
def in_duckdb(folder: Path) -> Iterator[Ask]:
    file = folder / "comments.duckdb"
    with duckdb.connect(str(file), config={"threads": 2}) as con:
        con.execute((SQL / "tables.sql").read_text())
        seconds = timed(lambda: [con.execute(f"COPY {table} FROM '{folder}/{table}.csv'") for table in COLUMNS])
        con.execute("CHECKPOINT")
        print(f"DuckDB: loaded in {seconds:.0f} s, {file.stat().st_size / 1e6:,.0f} MB")
        yield lambda sql: con.execute(sql).fetchall()


@contextmanager
def in_sqlite(folder: Path) -> Iterator[Ask]:
    file = folder / "comments.sqlite"
    with sqlite3.connect(file) as con:
        seconds = timed(lambda: load_sqlite(con, folder))
        print(f"SQLite: loaded in {seconds:.0f} s, {file.stat().st_size / 1e6:,.0f} MB")
        yield lambda sql: con.execute(sql).fetchall()


def load_sqlite(con: sqlite3.Connection, folder: Path) -> None:
    con.executescript((SQL / "tables.sql").read_text())
    for table in COLUMNS:
        with (folder / f"{table}.csv").open(newline="") as file:
            marks = ", ".join("?" * len(COLUMNS[table].split(",")))
            con.executemany(f"INSERT INTO {table} VALUES ({marks})", csv.reader(file))
    con.commit()
    con.executescript((SQL / "indexes.sql").read_text() + "ANALYZE;")


@contextmanager
def in_postgres(folder: Path) -> Iterator[Ask | None]:
    if servers.POSTGRES is None:
        print("PostgreSQL: not here (`apt-get install postgresql`)")
        yield None
        return
    import psycopg2

    place = folder / "postgres"
    options = "-c shared_buffers=1GB -c work_mem=256MB -c max_parallel_workers_per_gather=1"
    with (
        servers.postgres(place, *options.split()) as port,
        psycopg2.connect(host=str(place), port=port, user="postgres") as con,
        con.cursor() as cursor,
    ):
        con.autocommit = True
        seconds = timed(lambda: load_postgres(cursor, folder))
        cursor.execute("SELECT pg_database_size('postgres')")
        print(f"PostgreSQL: loaded in {seconds:.0f} s, {cursor.fetchone()[0] / 1e6:,.0f} MB")

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        yield ask


def load_postgres(cursor: Any, folder: Path) -> None:
    cursor.execute((SQL / "tables.sql").read_text())
    for table in COLUMNS:
        with (folder / f"{table}.csv").open() as file:
            cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv)", file)
    cursor.execute((SQL / "indexes.sql").read_text())
    cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
