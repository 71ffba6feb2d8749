"""What Spark's workers do with pictures: open them within bounds and read their text."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.config.settings import Settings
from jobs.lake import schema
from jobs.spark.session import session
from models import pictures

READ = pa.schema([schema.PICTURES.field(name) for name in ("picture_id", "reason", "width", "height", "looks", "text")])


def read_pictures(settings: Settings, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Of files whose names are their hashes."""
    spark = session(settings)
    contents = [(path.name, path.read_bytes()) for path in paths]
    given = spark.createDataFrame(contents, "picture_id string, content binary")
    parts = min(len(paths), spark.sparkContext.defaultParallelism)
    rows = given.repartition(parts).mapInArrow(read_batches, from_arrow_schema(READ))
    return [row.asDict() for row in rows.collect()]


def read_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = [_read(one["picture_id"], one["content"]) for one in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows, READ)


def _read(picture_id: str, content: bytes) -> dict[str, Any]:
    try:
        image = pictures.opened(content)
    except pictures.SetAside as reason:
        return {"picture_id": picture_id, "reason": str(reason)}
    width, height = image.size
    return {
        "picture_id": picture_id,
        "width": width,
        "height": height,
        "looks": pictures.looks(image),
        "text": pictures.text_on(image),
    }
