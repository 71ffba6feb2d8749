"""Adds probabilities, language, whom it attacks and whether it is spam to each comment of a file of any size, and to
text on pictures.

Reads what `toxwatch import` reads, Parquet, pictures and folders of pictures. A comment in a language that the model
was not judged in gets only a probability of spam.
"""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from jobs.ask.export import safe
from jobs.collect.files import items, items_in
from jobs.collect.imports import Texts, texts
from jobs.config.settings import Settings
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake import schema
from models import pictures, scorer, spam
from models.labels import LABELS
from models.language import language_of
from models.text import clean_text
from warehouse.files import writing
from warehouse.untrusted import guarded

FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
BATCH = 10_000  # rows; enough for sorting texts by length, few enough for any machine's memory
OURS = ("comment_id", "platform", "post_id", "parent_id", "author", "text", "posted_at", "likes", "reply_count")
ON_PICTURE = pa.schema([(name, pa.string()) for name in ("file", "text", "set_aside")])
MOST_UPLOADED = 50_000_000  # bytes of an uploaded file, unpacked


class Source(NamedTuple):
    name: str
    column: str  # with the texts
    batches: Iterator[pa.RecordBatch]


def score_file(settings: Settings, source: Path, target: Path, text_column: str | None = None) -> int:
    """Scores every row and returns their number; the target appears only when complete."""
    if not source.exists():
        raise BadInput(f"File not found: {source}")
    if source.resolve() == target.resolve():
        raise BadInput(f"{source} would be overwritten. Choose another file to write to.")
    model = scorer.load(settings.model_dir)
    rows = 0
    try:
        with writing(target) as draft, progress(f"score {source.name}") as advance:
            found = _opened(source, text_column)
            writer = None
            for batch in found.batches:
                scored = _scored(batch, model, found)
                writer = writer or _writer(target, draft, scored.schema)
                writer.write_batch(scored)
                rows += scored.num_rows
                advance(scored.num_rows)
            if writer is None:
                raise BadInput(f"{source} has no rows.")
            writer.close()
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError) as error:
        raise BadInput(f"{source}, after row {rows}: {error}. Nothing was written to {target}.") from None
    return rows


def score_upload(model: scorer.Scorer, name: str, content: bytes, most_rows: int) -> list[dict[str, Any]]:
    """The rows of an uploaded file, with their scores; raises ValueError saying what is wrong with it."""
    try:
        found = texts(items_in(Path(name), BytesIO(content), MOST_UPLOADED), name, None)
        first = found._replace(rows=islice(found.rows, most_rows + 1))
        source = Source(name, found.column, _batches(first, name))
        scored = [row for batch in source.batches for row in _scored(batch, model, source).to_pylist()]
    except (BadInput, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ValueError(str(error)) from None
    if len(scored) > most_rows:
        raise ValueError(f"this page scores up to {most_rows:,} rows. Use `toxwatch score-file` for more.")
    return scored


def _scored(batch: pa.RecordBatch, model: scorer.Scorer, source: Source) -> pa.RecordBatch:
    if taken := {*LABELS, "detected_language", "attacked", "spam"} & set(batch.schema.names):
        raise BadInput(f"{source.name} already has the columns {', '.join(sorted(taken))}. Rename them first.")
    originals = [text or "" for text in batch.column(source.column).cast(pa.string()).to_pylist()]
    cleaned, languages = [clean_text(text) for text in originals], list(map(language_of(model.expected), originals))
    reading = model.read(cleaned, languages)
    is_unread = np.array(
        [text == "" or lang not in model.judged for text, lang in zip(cleaned, languages, strict=True)]
    )
    for label, column in zip(LABELS, reading.scores.T, strict=True):
        batch = batch.append_column(label, pa.array(column, mask=is_unread))
    batch = batch.append_column("detected_language", pa.array(languages))
    batch = batch.append_column("attacked", pa.array(reading.attacked(), pa.string(), mask=is_unread))
    has_no_words = np.array([text == "" for text in cleaned])
    return batch.append_column("spam", pa.array(spam.shipped().read(cleaned), mask=has_no_words))


def _opened(source: Path, text_column: str | None) -> Source:
    if source.is_dir() or source.suffix.lower() in pictures.ENDINGS:
        return Source(str(source), "text", _picture_batches(source))
    if source.suffix.lower() != ".parquet":
        found = texts(items(source), str(source), text_column)
        return Source(str(source), found.column, _batches(found, str(source)))
    file = pq.ParquetFile(source)
    first = dict.fromkeys(file.schema_arrow.names)
    column = texts(iter([first]), str(source), text_column).column
    return Source(str(source), column, file.iter_batches(BATCH))


def _picture_batches(source: Path) -> Iterator[pa.RecordBatch]:
    """A picture, or all pictures below a folder, each with the text on it."""
    files = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    if not pictures.is_installed():
        raise BadInput(f"{source}: what reads pictures is not installed. {pictures.INSTALL}")
    for path in files:
        name = str(path.relative_to(source)) if source.is_dir() else path.name
        with path.open("rb") as file:
            row = _on_picture(name, file.read(pictures.MOST_BYTES + 1))
        yield pa.RecordBatch.from_pylist([row], ON_PICTURE)


def _on_picture(name: str, content: bytes) -> dict[str, Any]:
    try:
        return {"file": name, "text": pictures.text_in(content)}
    except pictures.SetAside as reason:
        return {"file": name, "set_aside": str(reason)}


def _batches(found: Texts, source: str) -> Iterator[pa.RecordBatch]:
    """The first batch of a table sets the columns; a later row that doesn't fit is reported."""
    columns = pa.schema([schema.MAPPED.field(name) for name in OURS]) if found.is_ours else None
    done = 0
    while rows := list(islice(found.rows, BATCH)):
        if columns and not found.is_ours:
            _check_fields(rows, columns, source, done)
        batch = pa.RecordBatch.from_pylist(rows, columns)
        columns = batch.schema
        done += len(rows)
        yield batch


def _check_fields(rows: list[dict[str, Any]], columns: pa.Schema, source: str, done: int) -> None:
    for number, row in enumerate(rows, start=done + 1):
        if unknown := row.keys() - set(columns.names):
            raise BadInput(
                f"{source}, row {number}: new field {', '.join(sorted(unknown))}, not in the first {BATCH:,} rows"
            )


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...


class _JsonLinesWriter:
    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8")

    def write_batch(self, batch: pa.RecordBatch) -> None:
        for row in batch.to_pylist():
            self.file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        self.file.close()


class _CsvWriter:
    """Writes nested values as JSON, and nothing that a spreadsheet would run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: pyarrow.csv.CSVWriter | None = None

    def write_batch(self, batch: pa.RecordBatch) -> None:
        arrays = [safe(_flat(column)) for column in batch.columns]
        batch = pa.RecordBatch.from_arrays(arrays, [guarded(name) for name in batch.schema.names])
        self.writer = self.writer or pyarrow.csv.CSVWriter(self.path, batch.schema)
        self.writer.write_batch(batch)

    def close(self) -> None:
        if self.writer:
            self.writer.close()


def _flat(column: pa.Array) -> pa.Array:
    if not pa.types.is_nested(column.type):
        return column
    values = column.to_pylist()
    return pa.array([None if one is None else json.dumps(one, ensure_ascii=False, default=str) for one in values])


def _writer(target: Path, draft: Path, columns: pa.Schema) -> _Writer:
    writers: dict[str, Callable[[], _Writer]] = {
        "parquet": lambda: pq.ParquetWriter(draft, columns, compression="zstd"),
        "csv": lambda: _CsvWriter(draft),
        "jsonl": lambda: _JsonLinesWriter(draft),
    }
    return writers[_format(target)]()


def _format(path: Path) -> str:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise BadInput(f"{path}: use a name that ends in {', '.join(FORMATS)}") from None
