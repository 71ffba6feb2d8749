"""Comments get the text that models read, their language and their text key; what is already scored stops here."""

from datetime import timedelta
from functools import partial

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from jobs import pictures
from jobs.config.targets import read_targets
from jobs.lake import schema
from jobs.lake.stage import Stage, Work
from jobs.spark.files import read, write
from jobs.spark.session import slices, tasks_watched
from jobs.spark.terms import with_terms
from jobs.spark.workers import READABLE, clean_batches
from models import spam, text
from models.card import expected_languages, read_card


def transform(work: Work) -> None:
    comments = read(work.settings, schema.VALIDATED, [work.source], "comments*.parquet")
    languages = _expected_languages(work)
    if read_targets(work.settings.targets_file).pictures.megabytes:
        pictures.look(work, languages)
    parts = slices(work.settings, work.source.manifest.rows_out)
    with tasks_watched(work.settings, work.advance):
        readable, counts = clean(comments.repartition(parts, "comment_id"), languages)
        fresh = readable.join(_scored_before(work, comments), ["comment_id", "text_key"], "left_anti")
        rows = write(with_terms(fresh, languages).select(schema.CLEAN.names), work.settings, work.folder)
    found, with_words = (counts.get.get(name, 0) for name in ("comments", "readable"))  # Spark leaves out empty plans
    work.set_aside = {"no_words": found - with_words, "already_scored": with_words - rows}
    work.versions = {"text_rule": text.VERSION, "spam": spam.shipped().version}


STAGE = Stage("clean", "validated", "clean", transform)
run = STAGE.run


def clean(comments: DataFrame, languages: tuple[str, ...]) -> tuple[DataFrame, Observation]:
    """The comments that have words, with READABLE columns; the observation counts `comments` and `readable`."""
    counts = Observation()
    is_readable = F.col("clean_text") != ""
    cleaned = (
        comments.select("comment_id", "account", "text")
        .mapInArrow(partial(clean_batches, languages), from_arrow_schema(READABLE))
        .observe(counts, F.count(F.lit(1)).alias("comments"), F.count_if(is_readable).alias("readable"))
    )
    return cleaned.where(is_readable), counts


def _expected_languages(work: Work) -> tuple[str, ...]:
    """Those of targets.toml, else those that the model was judged in."""
    configured = read_targets(work.settings.targets_file).night.languages
    return configured or expected_languages(read_card(work.settings.model_dir))


def _scored_before(work: Work, comments: DataFrame) -> DataFrame:
    """The text of each comment that this model scored last.

    Earlier nights only, so that a night run again gives itself again; the last text only, so that a comment which is
    edited back is noticed. No night scored a comment before it was posted, so older nights are not read.
    """
    nights = [night for night in work.lake.nights("scored", work.model) if night < work.night]
    if nights:
        [(oldest,)] = comments.agg(F.min("posted_at")).collect()
        nights = [night for night in nights if oldest and night >= oldest.date() - timedelta(days=1)]
    earlier = [stored for night in nights if (stored := work.lake.find("scored", night, work.model))]
    scored = read(work.settings, schema.SCORED, earlier)
    return scored.groupBy("comment_id").agg(F.max_by("text_key", "night").alias("text_key"))
