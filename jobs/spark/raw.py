"""Raw files as Spark's workers map them: each line becomes our columns where its file lies."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.lake import schema
from jobs.lake.authors import Pseudonyms
from jobs.lake.mirror import Mirror
from jobs.lake.raw import RawLine, ingest_error, mapped_comments, mapped_post, read_file

LINES = pa.schema([
    pa.field("kind", pa.string()),  # "comment"; or "post" or "error", whose content is JSON
    pa.field("content", pa.string()),
    pa.field("position", pa.int64()),  # orders all lines of a night
    pa.field("is_import", pa.bool_()),
    *(field.with_nullable(True) for field in schema.VALIDATED),
])  # fmt: skip
BATCH = 10_000  # rows
FILE_POSITIONS = 1 << 40  # lines of a file, at most
LARGEST = 1 << 62  # number that is stored; more is as wrong


def map_files(
    root: str, night: date, key: bytes, forgotten: frozenset[str], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """From numbered paths below the data folder, or a store's address, to LINES; the forgotten are not hashed again."""
    people = Pseudonyms(key, forgotten)
    with tempfile.TemporaryDirectory() as folder:
        for batch in batches:
            for number, name in zip(batch["number"].to_pylist(), batch["path"].to_pylist(), strict=True):
                path = Mirror(root).download(name, Path(folder)) if "://" in root else Path(root) / name
                rows: list[dict[str, Any]] = []
                for row in _rows(path, night, people, count(number * FILE_POSITIONS)):
                    rows.append(row)
                    if len(rows) == BATCH:
                        yield pa.RecordBatch.from_pylist(rows, LINES)
                        rows = []
                yield pa.RecordBatch.from_pylist(rows, LINES)


def _rows(
    path: Path, night: date, people: Pseudonyms, positions: Iterator[int]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    for line in read_file(path, night):
        try:
            rows = list(_mapped(line, people))
        except Exception as error:  # an item that nobody foresaw must not stop the other accounts
            rows = [_other("error", ingest_error(replace(line, item=_not_understood(error))))]
        for row in rows:
            yield row | {"position": next(positions)}


def _mapped(line: RawLine, people: Pseudonyms) -> Iterator[dict[str, Any]]:
    if line.kind == "comment":
        yield from (_comment(line, comment, people) for comment in mapped_comments(line))
    elif line.kind == "post" and (post := mapped_post(line))["post_id"] and post["url"]:
        row = post | people.of_post(post)
        yield _other("post", {name: row[name] for name in schema.POSTS.names})
    else:
        yield _other("error", ingest_error(line))


def _other(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    storable = {name: _storable(value) for name, value in content.items()}
    return {"kind": kind, "content": json.dumps(storable, default=_as_text)}


def _not_understood(error: Exception) -> dict[str, Any]:
    return {"error": "not_understood", "errorDescription": f"Toxwatch could not read an item ({error!r:.300})."}


def _comment(line: RawLine, comment: dict[str, Any], people: Pseudonyms) -> dict[str, Any]:
    row = {name: _storable(value) for name, value in comment.items() if name in schema.VALIDATED.names}
    return row | people.of_comment(comment) | {"kind": "comment", "is_import": line.run_id is None}


def _storable(value: Any) -> Any:
    """Halves of surrogate pairs, which JSON can carry and UTF-8 cannot, become the replacement character."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-LARGEST, min(value, LARGEST))
    return value


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
