"""Comments get the text that models read, their language and their text key; what is already scored stops here."""

from datetime import date
from functools import partial

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.lake import schema
from jobs.lake.nights import Lake, Manifest, stored_rows
from jobs.spark.files import located, write
from jobs.spark.session import progress_of_tasks, session, slices
from jobs.spark.terms import with_terms
from jobs.spark.workers import READABLE, clean_batches
from models import text
from models.card import read_card


def run(settings: Settings, night: date) -> Manifest:
    lake = Lake.of(settings)
    source = lake.require("validated", night, "validate")
    model = read_card(settings.model_dir)["version"]
    with lake.lock("lake"), progress_of_tasks(settings, "clean", night):
        comments = session(settings).read.parquet(located(settings, source / "comments.parquet"))
        languages = read_targets(settings.targets_file).night.languages
        parts = slices(settings, rows=stored_rows(source / "comments.parquet"))
        readable, counts = clean(comments.repartition(parts, "comment_id"), languages)
        fresh = readable.join(_scored_before(settings, lake, night, model), ["comment_id", "text_key"], "left_anti")
        manifest = Manifest("clean", night, versions={"text_rule": text.VERSION, "model": model})
        with lake.writing("clean", manifest) as folder:
            write(with_terms(fresh, languages).select(schema.CLEAN.names), settings, folder)
            manifest.rows_in = counts.get["comments"]
            manifest.rows_out = stored_rows(folder)
            without_words = manifest.rows_in - counts.get["readable"]
            manifest.set_aside = {
                "no_words": without_words,
                "already_scored": manifest.rows_in - without_words - manifest.rows_out,
            }
        return manifest


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


def _scored_before(settings: Settings, lake: Lake, night: date, model: str) -> DataFrame:
    """The text of each comment that this model scored last.

    Earlier nights only, so that a night run again gives itself again; the last text only, so that a comment
    which is edited back is seen.
    """
    spark = session(settings)
    earlier = [lake.folder("scored", n, model) for n in lake.nights("scored", model) if n < night]
    if not earlier:
        return spark.createDataFrame([], "comment_id string, text_key string")
    all_nights = spark.read.option("basePath", located(settings, earlier[0].parent))
    scored = all_nights.parquet(*(located(settings, one) for one in earlier))
    return scored.groupBy("comment_id").agg(F.max_by("text_key", "night").alias("text_key"))
