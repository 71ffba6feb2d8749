"""Exports comments with their scores to CSV, Parquet or a DuckDB file."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from jobs.config.settings import Settings
from jobs.console import progress
from jobs.errors import BadInput
from models.labels import LABELS, WHO
from warehouse import queries, untrusted
from warehouse.files import writing
from warehouse.measures import ADDRESSEES, COMMENT_SEVERITIES
from warehouse.reader import Warehouse
from warehouse.tables import quoted

BATCH = 50_000  # rows
CHOICES: dict[str, tuple[str, ...]] = {
    "flag": LABELS,
    "severity": COMMENT_SEVERITIES,
    "attacked": WHO[1:],
    "directed": ADDRESSEES,
    "spam": ("without", "only"),
}
FIRST, LAST = date(1970, 1, 1), date(2999, 12, 31)
FILTERS = (
    "first",
    "last",
    "only",
    "places",
    "language",
    "severity",
    "flag",
    "attacked",
    "directed",
    "review",
    "spam",
    "words",
    "among",
)


def run(settings: Settings, target: Path, filters: dict[str, Any], what: str = "export") -> int:
    """Writes the matching comments and returns their number; the file appears only when complete.

    what: "export" for all comments, "reviewed" for reviewed ones with the reviewers' labels.
    """
    writers = {".csv": _write_csv, ".parquet": _write_parquet, ".duckdb": _write_duckdb}
    if target.suffix not in writers:
        raise BadInput(f"{target}: use a name that ends in {', '.join(writers)}.")
    check(filters)
    parameters = dict.fromkeys(FILTERS) | {"first": FIRST, "last": LAST} | filters
    warehouse = Warehouse(settings.data_dir / "warehouse")
    if group := queries.group_in(parameters["words"]):
        asked = {"copy": group, "first": parameters["first"], "last": parameters["last"]}
        parameters |= {"words": None, "among": [id for (id,) in warehouse.query(queries.page_sql("copied"), asked)]}
    batches = warehouse.batches(queries.page_sql(what), parameters, BATCH)
    first = next(batches, None)
    if first is None or first.num_rows == 0:
        raise BadInput("No comments match; nothing was written.")
    rows = 0
    with writing(target) as draft, progress(f"export {target.name}") as advance:

        def counted() -> Iterator[pa.RecordBatch]:
            nonlocal rows
            for batch in chain([first], batches):
                rows += batch.num_rows
                advance(batch.num_rows)
                yield batch

        writers[target.suffix](draft, pa.RecordBatchReader.from_batches(first.schema, counted()))
    return rows


def check(filters: dict[str, Any]) -> None:
    """Raises BadInput for a value that can never match."""
    for name, allowed in CHOICES.items():
        if filters.get(name) not in (None, *allowed):
            raise BadInput(f"--{name} {filters[name]} doesn't exist. Choose from {', '.join(allowed)}.")


def _write_csv(draft: Path, rows: pa.RecordBatchReader) -> None:
    with pyarrow.csv.CSVWriter(draft, rows.schema) as writer:
        for batch in rows:
            writer.write_batch(pa.record_batch([safe(column) for column in batch.columns], schema=rows.schema))


def safe(column: pa.Array) -> pa.Array:
    """Adds an apostrophe before text that a spreadsheet would run as a formula."""
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring_regex(column, untrusted.FORMULA, untrusted.GUARDED)


def _write_parquet(draft: Path, rows: pa.RecordBatchReader) -> None:
    with pq.ParquetWriter(draft, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)


def _write_duckdb(draft: Path, rows: pa.RecordBatchReader) -> None:  # noqa: ARG001
    with duckdb.connect() as con:
        con.execute(f"ATTACH {quoted(str(draft))} AS export (STORAGE_VERSION 'v1.5.0')")
        con.execute("CREATE TABLE export.comments AS FROM rows")
        con.execute("DETACH export")
