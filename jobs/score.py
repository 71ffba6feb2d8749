"""Clean comments get six calibrated probabilities from the model, inside Spark's Python workers.

A model reads a text once: what it said of texts is kept in texts/, and equal comments of all nights share it. Texts are
read in slices, each kept as soon as it is read: a night that was stopped goes on where it was.
"""

from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.config.settings import Settings
from jobs.lake import schema
from jobs.lake.nights import Lake, Manifest, stored_rows
from jobs.spark import spark_nlp, workers
from jobs.spark.files import append, delete_folder, located, make_folder, write
from jobs.spark.session import progress_of_tasks, session, shipped, slices
from models.card import read_card


def check(settings: Settings) -> None:
    """Raises BadInput where the engine cannot run the model: before a night costs anything."""
    if settings.engine == "sparknlp":
        spark_nlp.check(settings.model_dir)


def run(settings: Settings, night: date) -> Manifest:
    check(settings)
    lake = Lake.of(settings)
    source = lake.require("clean", night, "clean")
    card = read_card(settings.model_dir)
    model, versions = card["version"], {"model": card["version"], "text_rule": card["text_rule"]}
    with lake.lock("lake"), progress_of_tasks(settings, "score", night):
        comments = _read(settings, schema.CLEAN, [source])
        known = _read_before(settings, lake, night, model)
        reading = Manifest("score", night, versions=versions)
        with lake.writing("texts", reading, model) as folder:
            begun = make_folder(settings, lake.begun("texts", night, model))
            texts_read = _read_on(settings, comments, known, begun, parts=slices(settings, stored_rows(source)))
            of_night = _read_slices(settings, begun).join(comments, "text_key", "left_semi")
            write(of_night.join(known, "text_key", "left_anti"), settings, folder)
            reading.rows_in = reading.rows_out = stored_rows(folder)
            reading.reused = reading.rows_out - texts_read
        delete_folder(settings, begun)
        scores = known.unionByName(_read(settings, schema.TEXTS, [lake.folder("texts", night, model)]))
        manifest = Manifest("score", night, rows_in=stored_rows(source), versions=versions)
        with lake.writing("scored", manifest, model) as folder:
            write(comments.join(scores, "text_key").select(schema.SCORED.names), settings, folder)
            manifest.rows_out = stored_rows(folder)
            manifest.reused = manifest.rows_out - reading.rows_out
        return manifest


def _read_on(settings: Settings, comments: DataFrame, known: DataFrame, begun: Path, parts: int) -> int:
    """Reads, slice by slice, the texts that are not known and were not read before; returns how many."""
    before = _read_slices(settings, begun)
    rows_before = before.count()
    texts = comments.select("text_key", "clean_text").repartition(parts, "text_key").dropDuplicates(["text_key"])
    unread = texts.join(known.unionByName(before), "text_key", "left_anti")
    append(scored(unread, settings), settings, begun)
    return _read_slices(settings, begun).count() - rows_before


def _read_before(settings: Settings, lake: Lake, night: date, model: str) -> DataFrame:
    """What the model said of texts in all other nights, so that a night run again gives itself again."""
    others = [lake.folder("texts", n, model) for n in lake.nights("texts", model) if n != night]
    return _read(settings, schema.TEXTS, others)


def _read_slices(settings: Settings, begun: Path) -> DataFrame:
    """What the model said of texts of this night before it was stopped; a file that a power cut left half is none."""
    reader = session(settings).read.schema(from_arrow_schema(schema.TEXTS)).option("ignoreCorruptFiles", "true")
    return reader.parquet(located(settings, begun))


def _read(settings: Settings, columns: pa.Schema, folders: list[Path]) -> DataFrame:
    spark, types = session(settings), from_arrow_schema(columns)
    if not folders:
        return spark.createDataFrame([], types)
    return spark.read.schema(types).parquet(*(located(settings, folder) for folder in folders))


def scored(texts: DataFrame, settings: Settings) -> DataFrame:
    """The columns of `schema.TEXTS`, by the engine of the settings."""
    scores = workers.scores
    if settings.engine == "sparknlp":
        texts, scores = spark_nlp.read(texts, settings), workers.scores_of_jvm
    score_batches = partial(workers.score_batches, shipped(settings), scores)
    return texts.mapInArrow(score_batches, from_arrow_schema(schema.TEXTS))
