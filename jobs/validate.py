"""Raw items become comments in our columns; what cannot be one is set aside with every reason."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from jobs import quality
from jobs.collect.runs import paid_runs
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.errors import RefusedData
from jobs.lake import schema
from jobs.lake.authors import author_key
from jobs.lake.datasets import BY_NAME
from jobs.lake.manifests import Manifest
from jobs.lake.months import drop, unpack_raw
from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING
from jobs.lake.stage import Stage, Work
from jobs.lake.tombstones import Eraser, Forgotten, read_forgotten
from jobs.spark.files import write
from jobs.spark.raw import LINES, map_files
from jobs.spark.session import session, shared_mirror, slices, tasks_watched

HISTORY_NIGHTS = 14
NULLS = {  # what is counted → the column in which it is missing
    "without_id": "comment_id",
    "without_account": "account",
    "without_post": "post_id",
    "without_text": "text",
    "without_time": "posted_at",
    "without_author": "author_hash",
}


def transform(work: Work) -> None:
    settings, night = work.settings, work.night
    unpack_raw(work.lake, night)
    forgotten = read_forgotten(work.lake)
    if forgotten:
        Eraser(forgotten, author_key(settings)).prune(work.lake, night)  # a scrape may have brought them back
    lookback = timedelta(days=read_targets(settings.targets_file).night.lookback_days)
    window_start = datetime.combine(night, datetime.min.time(), UTC) - lookback
    with tasks_watched(settings, work.advance):
        lines = _mapped(work, forgotten).cache()
        others = lines.where("kind <> 'comment'").select("kind", "content").collect()
        comments = lines.where("kind = 'comment'").repartition(
            slices(settings, work.source.manifest.rows_out), "comment_id"
        )
        judged = with_reasons(comments, window_start, datetime.now(UTC)).cache()
        summary = Summary(judged)
        checks = quality.check(settings.data_dir / "quality", night, summary.frames(work.lake, night))
        _write_rejected(work, judged, _contents(others, "error"), checks)
        _refuse_if_failed(work, checks, summary)
        accepted = judged.where(F.size("reasons") == 0).select(schema.VALIDATED.names)
        write(accepted.sortWithinPartitions("comment_id"), settings, work.folder, "comments")
        judged.unpersist()
        lines.unpersist()
    posts = {post["post_id"]: _dated(post) for post in _contents(others, "post")}
    _write(work.folder / "posts.parquet", list(posts.values()), schema.POSTS)
    _write(work.folder / "runs.parquet", paid_runs(work.lake, night), schema.RUNS)
    work.rows_in, work.set_aside, work.accounts = summary.comments, summary.first_reasons, summary.accounts


def check(settings: Settings) -> None:
    author_key(settings)


STAGE = Stage("validate", "raw", "validated", transform, check)
run = STAGE.run


def _mapped(work: Work, forgotten: Forgotten) -> DataFrame:
    """The night's raw lines, mapped by Spark's workers, a file each."""
    spark, mirror = session(work.settings), shared_mirror(work.settings)
    paths = sorted(work.lake.folder("raw", work.night).glob(f"*/*{ENDING}"))
    files = [(number, str(path.relative_to(work.lake.root))) for number, path in enumerate(paths)]
    listed = spark.createDataFrame(files, "number int, path string").repartition(max(len(files), 1), "number")
    root = mirror.address if mirror else str(work.lake.root)
    mapping = partial(map_files, root, work.night, author_key(work.settings), forgotten.authors)
    return listed.mapInArrow(mapping, from_arrow_schema(LINES))


def _contents(rows: list[Row], kind: str) -> list[dict[str, Any]]:
    return [json.loads(row["content"]) for row in rows if row["kind"] == kind]


def _dated(post: dict[str, Any]) -> dict[str, Any]:
    return post | {"posted_at": post["posted_at"] and datetime.fromisoformat(post["posted_at"])}


def with_reasons(comments: DataFrame, window_start: datetime, now: datetime) -> DataFrame:
    """Adds `reasons`, everything that is wrong with a row, and `is_repeated`, whether its id and text came before.

    Of rows with the same id the first stands.
    """
    of_id = Window.partitionBy("comment_id").orderBy("position")
    of_text = Window.partitionBy("comment_id", "text").orderBy("position")
    is_blank = F.trim(F.coalesce(F.regexp_replace("text", r"(?U)\s", ""), F.lit(""))) == ""
    rules: dict[str, Column] = {
        "no_id": F.col("comment_id").isNull(),
        "no_post": F.col("post_id").isNull(),
        "no_account": F.col("account").isNull(),
        "no_time": F.col("posted_at").isNull(),
        "time_in_the_future": F.col("posted_at") > F.lit(now),
        "time_before_the_window": ~F.col("is_import") & (F.col("posted_at") < F.lit(window_start)),
        "no_text": ~F.coalesce("has_media", F.lit(False)) & is_blank,
        "text_too_long": F.length("text") > quality.LONGEST_COMMENT,
        "too_many_likes": F.col("likes") > quality.MOST_LIKES,
        "duplicate_id": F.col("comment_id").isNotNull() & (F.col("place") > 1),
    }
    reasons = F.array_compact(F.array(*(F.when(is_bad, reason) for reason, is_bad in rules.items())))
    placed = comments.withColumns({"place": F.row_number().over(of_id), "of_text": F.row_number().over(of_text)})
    return placed.withColumns({"reasons": reasons, "is_repeated": F.col("of_text") > 1})


class Summary:
    """What the rules need to know of a night, counted in Spark by account and first reason."""

    def __init__(self, judged: DataFrame) -> None:
        of_account = F.concat_ws("/", "platform", "account").alias("name")
        groups = judged.groupBy(of_account, F.get("reasons", F.lit(0)).alias("reason")).agg(
            F.count(F.lit(1)).alias("rows"),
            F.count_distinct("comment_id").alias("ids"),
            F.count_if(~F.col("is_repeated")).alias("different"),
            *(F.count_if(F.col(column).isNull()).alias(name) for name, column in NULLS.items()),
            F.max(F.length("text")).alias("longest_text"),
            F.min("likes").alias("least_likes"),
            F.max("likes").alias("most_likes"),
        )
        rows = [row.asDict() for row in groups.collect()]
        self._accepted = [row for row in rows if row["reason"] is None]
        self.comments = sum(row["rows"] for row in rows)
        self.first_reasons: dict[str, int] = {}
        for row in rows:
            if row["reason"] is not None:
                self.first_reasons[row["reason"]] = self.first_reasons.get(row["reason"], 0) + row["rows"]
        self.accounts = {row["name"]: row["rows"] for row in self._accepted}
        different = sum(row["different"] for row in rows)  # a run that failed is asked again
        self.accepted_share = self._sum("different") / different if different else 1.0
        self._repeated_ids = self._sum("rows") - self._sum("ids")

    def _sum(self, name: str) -> int:
        return sum(row[name] for row in self._accepted)

    def frames(self, lake: Lake, night: date) -> dict[str, pd.DataFrame]:
        """By the assets of the rules."""
        rows = self._sum("rows")
        facts: dict[str, float | None] = {"comments": self.comments, "accepted_share": self.accepted_share}
        facts["repeated_ids"] = self._repeated_ids
        facts |= {name: self._sum(name) for name in NULLS}
        facts |= {name: _extreme(find, self._accepted, name) for name, find in
                  {"longest_text": max, "least_likes": min, "most_likes": max}.items()}  # fmt: skip
        facts["with_author_share"] = 1 - self._sum("without_author") / rows if rows else 1.0
        return {"night": pd.DataFrame([facts], dtype=float), "volumes": volumes(lake, night, self.accounts)}


def _extreme(find: Callable[[list[float]], float], rows: list[dict[str, Any]], name: str) -> float | None:
    values = [row[name] for row in rows if row[name] is not None]
    return find(values) if values else None


def volumes(lake: Lake, night: date, tonight: dict[str, int]) -> pd.DataFrame:
    """How many comments each account has tonight, as a multiple of its own median night before."""
    nights = [earlier for earlier in lake.nights("validated") if earlier < night][-HISTORY_NIGHTS:]
    before = [manifest.accounts for one in nights if (manifest := lake.manifest("validated", one))]
    names = sorted({name for counts in before for name in counts} if before else tonight)
    usual = {name: max(median([counts.get(name, 0) for counts in before]), 1) for name in names} if before else tonight
    return pd.DataFrame({"account": names, "times_usual": [tonight.get(name, 0) / usual[name] for name in names]})


def _write_rejected(work: Work, judged: DataFrame, errors: list[dict[str, Any]], checks: list[dict[str, Any]]) -> None:
    manifest = Manifest("validate", work.night)
    with work.lake.writing("rejected", manifest) as folder:
        rows = judged.where(F.size("reasons") > 0).select(schema.REJECTED.names)
        manifest.rows_in = manifest.rows_out = write(rows, work.settings, folder, "rows")
        _write(folder / "ingest_errors.parquet", errors, schema.INGEST_ERRORS)
        _write(folder / "quality.parquet", checks, schema.QUALITY)


def _refuse_if_failed(work: Work, checks: list[dict[str, Any]], summary: Summary) -> None:
    failed = [check for check in checks if check["level"] == "fail" and not check["is_met"]]
    if not failed:
        return
    work.lake.remove(work.lake.folder("validated", work.night))
    if (month := work.lake.month("validated", work.night)) and work.night in month.manifests:
        drop(work.lake, BY_NAME["validated"], month, {work.night})
    broken = "\n".join(f"  {check['expectation']} Found: {check['observed']}." for check in failed)
    counts = ", ".join(f"{reason} {rows}" for reason, rows in summary.first_reasons.items())
    raise RefusedData(
        f"The night {work.night} did not pass its checks and goes no further:\n{broken}\n"
        f"Rejected rows by reason: {counts}\n"
        f"The rows are in {work.lake.folder('rejected', work.night)}, the report is {work.settings.data_docs}.\n"
        f"After fixing the data, run: toxwatch nightly --no-scrape --night {work.night}"
    )


def _write(path: Path, rows: list[dict[str, Any]], columns: pa.Schema) -> None:
    pq.write_table(pa.Table.from_pylist(rows, columns), path, compression="zstd")
