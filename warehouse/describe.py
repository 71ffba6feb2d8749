"""Writes docs/warehouse.md from the comments in the SQL files: `python -m warehouse.describe`."""

from pathlib import Path

import duckdb

from warehouse import queries, tables

PAGE = Path(__file__).resolve().parent.parent / "docs" / "warehouse.md"
HEAD = """# The warehouse

The warehouse is one DuckDB file, `data/warehouse/current.duckdb`. Query it with `toxwatch sql` or any DuckDB client.

This page is generated from the comments in `warehouse/sql/` by `python -m warehouse.describe`; `\\d TABLE` in
`toxwatch sql` shows the same descriptions.

**For programs of your own**: ask the views `v1_…` and nothing else. Their columns keep name, type and meaning in all
releases with the same first number; the other tables and views may change with any release. `toxwatch contract show`
prints this promise as an [Open Data Contract](https://bitol.io), and `toxwatch contract check` tests it on your
warehouse: columns, keys, rules, freshness. With `--against FILE` it tests the contract you built on.
"""


def page() -> str:
    """The page as Markdown."""
    with duckdb.connect() as con:
        tables.create(con)
        views = con.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY view_oid"
        ).fetchall()
        stored = con.execute("SELECT table_name, comment FROM duckdb_tables() ORDER BY table_oid").fetchall()
        parts = [
            HEAD,
            "## Views\n",
            "Start with these; they show the scores of the model in use.\n",
            *(_entry(con, *view) for view in views),
        ]
        parts += ["## Tables\n", *(_entry(con, *table) for table in stored)]
    how = "`toxwatch sql --examples` runs them on your data; `toxwatch sql costs > costs.tsv`, or `--json`, runs one.\n"
    parts += ["## Example queries\n", how]
    parts += [f"- {queries.question(name)} (`{name}`)" for name in queries.names()]
    return "\n".join(parts) + "\n"


def _entry(con: duckdb.DuckDBPyConnection, name: str, comment: str) -> str:
    columns = con.execute(tables.COLUMNS, [name]).fetchall()
    rows = [f"| `{column}` | {type} | {text} |" for _, column, type, text in columns if text]
    head = ["| Column | Type | Description |", "|---|---|---|"] if rows else []
    names = "" if rows else "Columns: " + ", ".join(f"`{column}`" for _, column, *_ in columns) + ".\n"
    return "\n".join([f"### {name}\n", f"{comment}\n", names, *head, *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
