"""Files that hold the old content or the new, also after a power cut."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.touch(mode)
    with draft.open("wb") as handle:
        handle.write(content.encode("utf-8") if isinstance(content, str) else content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)


def write_table(path: Path, table: pa.Table) -> None:
    """A Parquet file with other rows, in one step."""
    draft = path.with_name(f".{path.name}")
    pq.write_table(table, draft, compression="zstd")
    draft.replace(path)


def stored_rows(folder: Path, pattern: str) -> int:
    """Rows of the Parquet files of a folder, by their own footers."""
    return sum(pq.ParquetFile(path).metadata.num_rows for path in folder.glob(pattern))
