"""Files of the lake: Parquet with other rows in one step, and what is not a whole file yet."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import BadInput
from warehouse.files import is_draft, writing

FRESH, OLD, BEGUN = ".fresh-", ".old-", ".begun-"  # before the name of a night or month that is being written


def read_json(path: Path, remedy: str, needed: Collection[str] = ()) -> dict[str, Any]:
    """What one of our own files says; raises BadInput with the remedy if it is damaged or lacks what is needed."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as damage:
        raise BadInput(f"{path} is damaged ({damage}). {remedy}") from None
    if not isinstance(content, dict) or not content.keys() >= set(needed):
        raise BadInput(f"{path} is damaged (it lacks {', '.join(needed) or 'everything'}). {remedy}")
    return content


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file; raises BadInput with the remedy if it is damaged."""
    try:
        yield pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as damage:
        raise BadInput(
            f"{path} is damaged ({damage}). Restore it from a backup, or make it again: files of a night with "
            "`toxwatch nightly --no-scrape --night NIGHT`."
        ) from None


def column_names(path: Path) -> set[str]:
    with opened(path) as file:
        return set(file.schema_arrow.names)


def read_table(path: Path, columns: Collection[str] | None = None) -> pa.Table:
    """All columns, or those of the named ones that it has."""
    with opened(path) as file:
        return file.read(columns and [name for name in columns if name in file.schema_arrow.names])


def write_table(path: Path, table: pa.Table) -> None:
    with writing(path) as draft:
        pq.write_table(table, draft, compression="zstd")


def is_unfinished(name: str) -> bool:
    """Whether a file or folder of this name is a draft, or is being replaced."""
    return is_draft(name) or name.startswith((FRESH, OLD, BEGUN))


def stored_rows(folder: Path, pattern: str) -> int:
    """Rows of the Parquet files of a folder, by their own footers."""
    return sum(pq.ParquetFile(path).metadata.num_rows for path in folder.glob(pattern))
