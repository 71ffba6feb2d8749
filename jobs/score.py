"""Clean comments get six calibrated probabilities from the model, inside Spark's Python workers.

A comment in a language that the model was not judged in passes without: nobody knows what its scores would be worth.

Scores of recent texts are kept in texts/, so that equal comments are read once. Texts are read in slices, each saved as
soon as it is read: a night that was stopped continues where it was.
"""

from functools import partial, reduce
from operator import or_
from pathlib import Path

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.config.settings import Settings
from jobs.lake import schema
from jobs.lake.datasets import REMEMBERED
from jobs.lake.files import stored_rows
from jobs.lake.manifests import Manifest
from jobs.lake.stage import Stage, Work
from jobs.spark import spark_nlp, workers
from jobs.spark.files import append, delete_folder, make_folder, read, read_folder, write
from jobs.spark.session import shipped, slices, tasks_watched
from models import meaning
from models.card import judged_languages, read_card
from warehouse.measures import EXPIRED

TO_READ = ("text_key", "clean_text", "language")


def check(settings: Settings) -> None:
    """Raises BadInput where the engine cannot run the model: before a night costs anything."""
    if settings.engine == "sparknlp":
        spark_nlp.check(settings.model_dir)


def transform(work: Work) -> None:
    card, counts = read_card(work.settings.model_dir), Observation()
    work.versions = {"text_rule": str(card["text_rule"])}
    comments = read(work.settings, schema.CLEAN, [work.source])
    is_judged = F.col("language").isin(*judged_languages(card))
    judged, captions = comments.where(is_judged), _captions(work)
    texts = judged.select(*TO_READ)
    if captions is not None:
        captions = captions.where(is_judged).dropDuplicates(["text_key"]).cache()
        texts = texts.unionByName(captions)
    parts = slices(work.settings, work.source.manifest.rows_out)
    known = _known(work, texts).coalesce(parts).cache()  # a cache keeps its partitions: 64 were many for a small night
    with tasks_watched(work.settings, work.advance):
        new = _read_texts(work, texts, known, parts)
        scores = known.unionByName(read_folder(work.settings, schema.TEXTS, new))
        scored = judged.join(scores, "text_key").unionByName(comments.where(~is_judged), allowMissingColumns=True)
        scored = scored.observe(counts, F.count("toxic").alias("judged"))
        write(scored.select(schema.SCORED.names), work.settings, work.folder)
        on_pictures = _write_captions(work, captions, scores) if captions is not None else 0
    known.unpersist()
    work.reused = counts.get.get("judged", 0) + on_pictures - stored_rows(new, "*.parquet")


STAGE = Stage("score", "clean", "scored", transform, check)
run = STAGE.run


def _captions(work: Work) -> DataFrame | None:
    """The texts on the night's pictures."""
    pictures = work.lake.find("pictures", work.night)
    work.lake.remove(work.lake.folder("captions", work.night, work.model))
    if pictures is None:
        return None
    shown = read(work.settings, schema.PICTURES, [pictures])
    return shown.where((F.col("clean_text") != "") & (F.col("clean_text") != EXPIRED)).select(*TO_READ)


def _write_captions(work: Work, captions: DataFrame, scores: DataFrame) -> int:
    manifest = Manifest("score", work.night, versions=work.versions | {"model": work.model})
    with work.lake.writing("captions", manifest, work.model) as folder:
        rows = scores.join(captions.select("text_key"), "text_key").dropDuplicates(["text_key"])
        manifest.rows_in = manifest.rows_out = write(rows.select(schema.TEXTS.names), work.settings, folder)
        manifest.seconds = work.seconds
    return manifest.rows_out


def _read_texts(work: Work, texts: DataFrame, known: DataFrame, parts: int) -> Path:
    """Reads the texts that have no scores yet; returns the folder with theirs."""
    begun = work.lake.begun("texts", work.night, work.model)
    was_stopped = begun.exists()
    make_folder(work.settings, begun)
    manifest = Manifest("score", work.night, versions=work.versions | {"model": work.model})
    with work.lake.writing("texts", manifest, work.model) as folder:
        rows_before = _read_slices(work.settings, begun).count() if was_stopped else 0
        _read_on(work, texts, known, parts, begun)
        of_night = _read_slices(work.settings, begun).join(texts, "text_key", "left_semi")
        manifest.rows_in = write(of_night.join(known, "text_key", "left_anti"), work.settings, folder)
        manifest.rows_out = stored_rows(folder, "*.parquet")
        if was_stopped:
            texts_read = _read_slices(work.settings, begun).count() - rows_before
            manifest.reused = manifest.rows_out - texts_read
        manifest.seconds = work.seconds
    delete_folder(work.settings, begun)
    return work.lake.folder("texts", work.night, work.model)


def _read_on(work: Work, texts: DataFrame, known: DataFrame, parts: int, begun: Path) -> None:
    """Reads, slice by slice, the texts that are not known and were not read before."""
    before = _read_slices(work.settings, begun)
    distinct = texts.select(*TO_READ).repartition(parts, "text_key").dropDuplicates(["text_key"])
    unread = distinct.join(known.unionByName(before), "text_key", "left_anti")
    append(scored(unread, work.settings), work.settings, begun)


def _known(work: Work, texts: DataFrame) -> DataFrame:
    """Scores of these texts from other nights nearby. Not from this one, so that running it again gives the same.

    What is flagged is read again where its meaning is missing: an older release had none, or the text has expired.
    """
    nights = [night for night in work.lake.nights("texts", work.model) if night != work.night]
    near = [night for night in nights if abs(night - work.night) <= REMEMBERED]
    others = [stored for night in near if (stored := work.lake.find("texts", night, work.model))]
    from_ = read_card(work.settings.model_dir)["thresholds"]
    is_flagged = reduce(or_, (F.col(label) >= least for label, least in from_.items()))
    known = read(work.settings, schema.TEXTS, others).select(schema.TEXTS.names)
    known = known.where(~is_flagged | F.col("meaning").isNotNull())
    return known.join(texts.select("text_key"), "text_key", "left_semi").dropDuplicates(["text_key"])


def _read_slices(settings: Settings, begun: Path) -> DataFrame:
    """Scores saved before the night was stopped; a file cut off by a power loss is skipped."""
    return read_folder(settings, schema.TEXTS, begun, ignoreCorruptFiles="true")


def scored(texts: DataFrame, settings: Settings) -> DataFrame:
    """The columns of `schema.TEXTS`, by the engine of the settings."""
    read_batch = workers.read
    if settings.engine == "sparknlp":
        texts, read_batch = spark_nlp.read(texts, settings), workers.read_in_jvm
    model, encoder = (shipped(settings, folder) for folder in (settings.model_dir, meaning.SHIPPED))
    score_batches = partial(workers.score_batches, model, encoder, read_batch)
    return texts.mapInArrow(score_batches, from_arrow_schema(schema.TEXTS))
