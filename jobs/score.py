"""Clean comments get six calibrated probabilities from the model, inside Spark's Python workers."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache, partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema

from jobs import schema
from jobs.clean import stored_rows
from jobs.console import progress
from jobs.lake import Lake, Manifest
from jobs.settings import Settings
from jobs.spark import session
from models import scorer


def run(settings: Settings, night: date) -> Manifest:
    lake = Lake(settings.data_dir).open()
    source = lake.require("clean", night, "clean")
    model = scorer.load(settings.model_dir)
    with lake.lock("lake"), progress(f"score {night}"):
        comments = session(settings).read.schema(from_arrow_schema(schema.CLEAN)).parquet(str(source))
        manifest = Manifest("score", night, rows_in=stored_rows(source))
        manifest.versions = {"model": model.version, "text_rule": model.text_rule}
        with lake.writing("scored", manifest, model.version) as folder:
            scored = comments.mapInArrow(partial(_score_batches, settings.model_dir), from_arrow_schema(schema.SCORED))
            scored.write.mode("append").parquet(str(folder))
            manifest.rows_out = stored_rows(folder)
        return manifest


def _score_batches(model_dir: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    model = _model(model_dir)
    for batch in batches:
        scores = model.scores(batch.column("clean_text").to_pylist())
        kept = [batch.column(name) for name in ("comment_id", "text_key", "language")]
        yield pa.RecordBatch.from_arrays([*kept, *(pa.array(column) for column in scores.T)], schema=schema.SCORED)


@lru_cache(maxsize=1)
def _model(model_dir: Path) -> scorer.Scorer:
    """One model session a worker process."""
    return scorer.load(model_dir)
