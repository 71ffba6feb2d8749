"""SQL in the terminal: one query, the example queries, or a prompt."""

import csv
import json
import readline
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from jobs.console import print_table
from warehouse import WarehouseError, queries, tables
from warehouse.reader import Warehouse
from warehouse.untrusted import printable

HISTORY = Path.home() / ".toxwatch_history"
HELP = "End a query with ; or an empty line. \\t lists tables, \\d NAME describes one, \\e runs examples, \\q quits."
TABLES = """SELECT table_name AS name, comment FROM duckdb_tables() UNION ALL BY NAME
SELECT view_name AS name, comment FROM duckdb_views() WHERE NOT internal ORDER BY name"""


def answer(folder: Path, query: str, as_json: bool) -> None:
    """Prints a table on a terminal, otherwise tab-separated values; JSON on request. Example queries go by name."""
    reader = Warehouse(folder)
    try:
        names, rows = reader.table(queries.sql(query) if query in queries.names() else query)
    except WarehouseError as error:
        tables = ", ".join(name for name, _ in reader.query(TABLES))
        raise WarehouseError(f"{error}\nTables and views: {tables}.") from None
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str))
    elif sys.stdout.isatty():
        print_table(names, rows)
    else:
        writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_printable(value) for value in row] for row in rows)


def _printable(value: Any) -> Any:
    return printable(value, keep="\n\t") if isinstance(value, str) else value


def examples(folder: Path) -> None:
    """Runs every example query and prints its question, SQL and result."""
    console = Console(highlight=False)
    for name in queries.names():
        console.print(f"\n[bold]{queries.question(name)}[/]")
        console.print(f"[dim]{queries.sql(name).partition(chr(10))[2].strip()}[/]")
        show(folder, name)


def show(folder: Path, name: str) -> None:
    """Prints the result of one example query."""
    print_table(*Warehouse(folder).table(queries.sql(name)))


def prompt(folder: Path) -> None:
    """Runs queries until \\q or the end of input."""
    reader = Warehouse(folder)
    reader.query("SELECT 1")
    if HISTORY.exists():
        readline.read_history_file(HISTORY)
    print(HELP)
    while (line := _read()) is not None:
        try:
            _respond(folder, reader, line)
        except WarehouseError as error:
            print(error)
    readline.write_history_file(HISTORY)


def _respond(folder: Path, reader: Warehouse, line: str) -> None:
    command, _, name = line.partition(" ")
    if command == "\\t":
        print_table(*reader.table(TABLES))
    elif command == "\\d":
        columns, rows = reader.table(tables.COLUMNS, [name.strip()])
        print_table(columns[1:], [row[1:] for row in rows])
    elif command == "\\e":
        examples(folder)
    elif line:
        print_table(*reader.table(line))


def _read() -> str | None:
    """The lines up to a semicolon or an empty line; None at the end of input."""
    lines: list[str] = []
    while True:
        try:
            line = input("  … " if lines else "sql ")
        except EOFError:
            return None
        if line.strip() == "\\q":
            return None
        lines.append(line)
        if not line.strip() or line.rstrip().endswith(";") or line.startswith("\\"):
            return "\n".join(lines).strip()
