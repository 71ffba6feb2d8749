"""The files of pictures, which lie in the lake beside the warehouse until raw items expire."""

from pathlib import Path

import duckdb

FILES = "pictures/*=*/shown*.parquet"


def content(data_dir: Path, picture_id: str) -> bytes | None:
    """The file as it was fetched; None if it is not stored, or no longer."""
    if not any(data_dir.glob(FILES)):
        return None
    files = "read_parquet($1, union_by_name = true)"
    find = f"SELECT content FROM {files} WHERE picture_id = $2 AND content IS NOT NULL LIMIT 1"
    with duckdb.connect() as con:
        found = con.execute(find, [str(data_dir / FILES), picture_id]).fetchone()
    return bytes(found[0]) if found else None
