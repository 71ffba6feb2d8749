"""Tables, marts and views of a warehouse with their descriptions, made or brought forward from the files of sql/."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from warehouse import WarehouseError
from warehouse.measures import MACROS

SQL = Path(__file__).parent / "sql"
MIGRATIONS = sorted((SQL / "migrations").glob("*.sql"), key=lambda step: int(step.name.partition("-")[0]))
TABLES = (SQL / "schema" / "tables.sql", SQL / "marts" / "tables.sql")
COLUMNS = (SQL / "contract" / "columns.sql").read_text(encoding="utf-8")


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Creates tables, marts and views with their descriptions, unless this release has; migrates older tables."""
    steps = format_of(con)
    if not _is_defined(con):
        _define(con, steps)
    run_script(con, "marts/judged.sql")


def _is_defined(con: duckdb.DuckDBPyConnection) -> bool:
    macro = "FROM duckdb_functions() WHERE database_name = current_database() AND function_name = 'definitions'"
    return con.execute(f"SELECT macro_definition {macro}").fetchall() == [(quoted(_definitions()),)]


def _define(con: duckdb.DuckDBPyConnection, steps: int) -> None:
    for step in MIGRATIONS[steps:]:
        con.execute(step.read_text())
    for path in TABLES:
        script = path.read_text()
        con.execute(script)
        for statement in comments_of(script):
            con.execute(statement)
    con.execute("DELETE FROM format")
    con.execute("INSERT INTO format VALUES ($1)", [len(MIGRATIONS)])
    create_views(con)
    for view, column, description in con.execute((SQL / "views" / "inherited.sql").read_text()).fetchall():
        con.execute(f"COMMENT ON COLUMN {view}.{column} IS {quoted(description)}")
    con.execute(f"CREATE OR REPLACE MACRO definitions() AS {quoted(_definitions())}")


@cache
def _definitions() -> str:
    """A hash of everything that a warehouse is defined by."""
    files = [Path(__file__), *MIGRATIONS, *TABLES, *sorted((SQL / "views").glob("*.sql"))]
    content = [duckdb.__version__.encode(), repr(MACROS).encode(), *(file.read_bytes() for file in files)]
    return sha256(b"\0".join(content)).hexdigest()


def create_views(con: duckdb.DuckDBPyConnection) -> None:
    """The views, over tables that exist, and the macros that views, marts, pages and alerts share."""
    for name, value in MACROS.items():
        literal = list(value) if isinstance(value, tuple) else value
        con.execute(f"CREATE OR REPLACE MACRO {name}() AS {literal!r}")
    run_script(con, "views/macros.sql")
    run_script(con, "views/views.sql")
    run_script(con, "views/levels.sql")
    run_script(con, "views/stable.sql")


def format_of(con: duckdb.DuckDBPyConnection) -> int:
    """How many migrations have been applied; an empty warehouse needs none."""
    there = names(con)
    if "format" not in there:
        return 0 if there else len(MIGRATIONS)
    ((steps,),) = con.execute("FROM format").fetchall()
    if steps > len(MIGRATIONS):
        raise WarehouseError(
            f"The warehouse was written by a newer Toxwatch (format {steps}, this release knows {len(MIGRATIONS)}). "
            "Upgrade Toxwatch, or run `toxwatch rebuild` to rebuild it from the lake."
        )
    return int(steps)


def comments_of(script: str) -> Iterator[str]:
    """COMMENT ON statements made from the `--` comments on the lines of tables and columns."""
    table = ""
    for line in script.splitlines():
        if match := re.match(r"CREATE TABLE IF NOT EXISTS (\w+) \( -- (.*)", line):
            table = match[1]
            yield f"COMMENT ON TABLE {table} IS {quoted(match[2])}"
        elif match := re.match(r"    (\w+) .*? -- (.*)", line):
            yield f"COMMENT ON COLUMN {table}.{match[1]} IS {quoted(match[2])}"


def run_script(
    con: duckdb.DuckDBPyConnection, script: str, **variables: date | str | bool | int | Path | list[str]
) -> None:
    """Runs a file of sql/, which reads the variables with getvariable()."""
    for name, value in variables.items():
        con.execute(f"SET VARIABLE {name} = $1", [str(value) if isinstance(value, Path) else value])
    con.execute((SQL / script).read_text())


def refill(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """At once: one by one, rows take DuckDB sixty times as long, and some tables grow with every night."""
    con.execute(f"DELETE FROM {table}")
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        values = ", ".join(f"unnest(${number})" for number, _ in enumerate(columns, 1))
        con.execute(f"INSERT INTO {table} SELECT {values}", columns)


def names(con: duckdb.DuckDBPyConnection, database: str | None = None) -> list[str]:
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = coalesce($1, current_database()) ORDER BY ALL"
    return [name for (name,) in con.execute(query, [database]).fetchall()]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
