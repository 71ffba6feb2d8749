"""Adds probabilities, language and whom it attacks to each row of a CSV, Parquet or JSON Lines file of any size.

A row in a language that the model was not judged in gets no probabilities.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from jobs.config.settings import Settings
from jobs.console import progress
from jobs.errors import BadInput
from models import scorer
from models.labels import LABELS
from models.language import language_of
from models.text import clean_text
from warehouse.files import writing

FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
BATCH = 10_000  # rows; enough for sorting texts by length, few enough for any machine's memory
CSV_BLOCK = 4 << 20  # bytes; the longest possible row


def score_file(settings: Settings, source: Path, target: Path, text_column: str) -> int:
    """Scores every row and returns their number; the target appears only when complete."""
    if not source.is_file():
        raise BadInput(f"File not found: {source}")
    if source.resolve() == target.resolve():
        raise BadInput(f"{source} would be overwritten. Choose another file to write to.")
    model = scorer.load(settings.model_dir)
    rows = 0
    try:
        with writing(target) as draft, progress(f"score {source.name}") as advance:
            batches = _read(source)
            writer = None
            for batch in batches:
                scored = _scored(batch, model, text_column, source)
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


def _scored(batch: pa.RecordBatch, model: scorer.Scorer, text_column: str, source: Path) -> pa.RecordBatch:
    if text_column not in batch.schema.names:
        raise BadInput(f"{source} has no column {text_column!r}. Columns: {', '.join(batch.schema.names)}")
    if taken := {*LABELS, "detected_language", "attacked"} & set(batch.schema.names):
        raise BadInput(f"{source} already has the columns {', '.join(sorted(taken))}. Rename them first.")
    originals = [text or "" for text in batch.column(text_column).cast(pa.string()).to_pylist()]
    texts, languages = [clean_text(text) for text in originals], list(map(language_of(model.expected), originals))
    reading = model.read(texts, languages)
    is_unread = np.array([text == "" or lang not in model.judged for text, lang in zip(texts, languages, strict=True)])
    for label, column in zip(LABELS, reading.scores.T, strict=True):
        batch = batch.append_column(label, pa.array(column, mask=is_unread))
    batch = batch.append_column("detected_language", pa.array(languages))
    return batch.append_column("attacked", pa.array(reading.attacked(), pa.string(), mask=is_unread))


def _read(source: Path) -> Iterator[pa.RecordBatch]:
    format = _format(source)
    if format == "parquet":
        yield from pq.ParquetFile(source).iter_batches(BATCH)
    elif format == "csv":
        yield from _read_csv(source)
    else:
        yield from _read_json_lines(source)


def _read_csv(source: Path) -> Iterator[pa.RecordBatch]:
    """Reads every column as text, so that other columns come out unchanged."""
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    read = pyarrow.csv.ReadOptions(block_size=CSV_BLOCK)
    with pyarrow.csv.open_csv(source, read, parse) as head:
        names = head.schema.names
    as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    with pyarrow.csv.open_csv(source, read, parse, as_text) as batches:
        for batch in batches:
            for start in range(0, batch.num_rows, BATCH):
                yield batch.slice(start, BATCH)


def _read_json_lines(source: Path) -> Iterator[pa.RecordBatch]:
    """The first batch sets the file's schema; a later row that doesn't fit is reported with its line."""
    columns, rows = None, []
    with source.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                rows.append(_json_row(source, number, line, columns))
            if len(rows) == BATCH:
                batch = pa.RecordBatch.from_pylist(rows, columns)
                columns = batch.schema
                yield batch
                rows = []
    if rows:
        yield pa.RecordBatch.from_pylist(rows, columns)


def _json_row(source: Path, number: int, line: str, columns: pa.Schema | None) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{source}, line {number} is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise BadInput(f"{source}, line {number}: expected an object, found {type(row).__name__}")
    if columns and (unknown := row.keys() - set(columns.names)):
        raise BadInput(
            f"{source}, line {number}: new field {', '.join(sorted(unknown))}, not in the first {BATCH:,} rows"
        )
    return row


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


def _writer(target: Path, draft: Path, columns: pa.Schema) -> _Writer:
    writers: dict[str, Callable[[], _Writer]] = {
        "parquet": lambda: pq.ParquetWriter(draft, columns, compression="zstd"),
        "csv": lambda: pyarrow.csv.CSVWriter(draft, columns),
        "jsonl": lambda: _JsonLinesWriter(draft),
    }
    return writers[_format(target)]()


def _format(path: Path) -> str:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise BadInput(f"{path}: use a name that ends in {', '.join(FORMATS)}") from None
