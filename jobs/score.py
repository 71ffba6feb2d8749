"""Clean comments get six calibrated probabilities from the model, inside Spark's Python workers.

A model reads a text once: what it said of texts is kept in texts/, and equal comments of all nights share it.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from jobs import in_jvm, schema
from jobs.clean import stored_rows
from jobs.console import progress
from jobs.lake import Lake, Manifest
from jobs.settings import Settings
from jobs.spark import seen, session, write
from models import scorer
from models.card import read_card

Scores = Callable[[scorer.Scorer, pa.RecordBatch], np.ndarray]


def check(settings: Settings) -> None:
    """Raises BadInput where the engine cannot run the model: before a night costs anything."""
    if settings.engine == "sparknlp":
        in_jvm.check(settings.model_dir)


def run(settings: Settings, night: date) -> Manifest:
    check(settings)
    lake = Lake.of(settings)
    source = lake.require("clean", night, "clean")
    card = read_card(settings.model_dir)
    model, versions = card["version"], {"model": card["version"], "text_rule": card["text_rule"]}
    with lake.lock("lake"), progress("score", night=night):
        comments = _read(settings, schema.CLEAN, [source])
        known = _read_before(settings, lake, night, model)
        texts = comments.dropDuplicates(["text_key"]).join(known, "text_key", "left_anti")
        reading = Manifest("score", night, versions=versions)
        with lake.writing("texts", reading, model) as folder:
            write(scored(texts, settings), settings, folder)
            reading.rows_in = reading.rows_out = stored_rows(folder)
        scores = known.unionByName(_read(settings, schema.TEXTS, [lake.folder("texts", night, model)]))
        manifest = Manifest("score", night, rows_in=stored_rows(source), versions=versions)
        with lake.writing("scored", manifest, model) as folder:
            write(comments.join(scores, "text_key").select(schema.SCORED.names), settings, folder)
            manifest.rows_out = stored_rows(folder)
            manifest.reused = manifest.rows_out - reading.rows_out
        return manifest


def _read_before(settings: Settings, lake: Lake, night: date, model: str) -> DataFrame:
    """What the model said of texts in all other nights, so that a night run again gives itself again."""
    others = [lake.folder("texts", n, model) for n in lake.nights("texts", model) if n != night]
    return _read(settings, schema.TEXTS, others)


def _read(settings: Settings, columns: pa.Schema, folders: list[Path]) -> DataFrame:
    spark, types = session(settings), from_arrow_schema(columns)
    if not folders:
        return spark.createDataFrame([], types)
    return spark.read.schema(types).parquet(*(seen(settings, folder) for folder in folders))


def scored(texts: DataFrame, settings: Settings) -> DataFrame:
    """The columns of `schema.TEXTS`, by the engine of the settings."""
    scores: Scores = _scores
    if settings.engine == "sparknlp":
        texts, scores = in_jvm.read(texts, settings.model_dir), in_jvm.scores
    return texts.mapInArrow(partial(_score_batches, settings.model_dir, scores), from_arrow_schema(schema.TEXTS))


def _score_batches(model_dir: Path, scores: Scores, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    model = _model(model_dir)
    for batch in batches:
        columns = [batch.column("text_key"), *(pa.array(column) for column in scores(model, batch).T)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema.TEXTS)


def _scores(model: scorer.Scorer, batch: pa.RecordBatch) -> np.ndarray:
    return model.scores(batch.column("clean_text").to_pylist())


@lru_cache(maxsize=1)
def _model(model_dir: Path) -> scorer.Scorer:
    """One model session a worker process."""
    return scorer.load(model_dir)
