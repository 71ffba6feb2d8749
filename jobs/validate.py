"""Raw items become comments in our columns; what cannot be one is set aside with every reason."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

from jobs import quality
from jobs.collect.apify import paid_runs
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.console import progress
from jobs.errors import RefusedData
from jobs.lake import schema
from jobs.lake.nights import Lake, Manifest
from jobs.lake.raw import ingest_error, mapped_comments, mapped_post, read_raw
from jobs.lake.tombstones import author_hash, read_forgotten

BATCH = 50_000
HISTORY_NIGHTS = 14
ROW_GROUP = 20_000  # comments: who reads the file holds so many at once


def run(settings: Settings, night: date) -> Manifest:
    lake = Lake.of(settings)
    lake.require("raw", night, "scrape")
    with lake.lock("lake"):
        if forgotten := read_forgotten(lake):
            forgotten.prune_raw(lake, night, settings.author_key())  # a scrape may have brought them back
        comments, posts, errors = _mapped(lake, night)
        window_start = datetime.combine(night, datetime.min.time(), UTC) - timedelta(
            days=read_targets(settings.targets_file).night.lookback_days
        )
        reasons = reject_reasons(comments, window_start, datetime.now(UTC))
        comments["author_hash"] = hash_authors(comments, settings.author_key())
        is_accepted = reasons.map(len) == 0
        accepted = comments[is_accepted]
        different = is_accepted[~comments.duplicated(["comment_id", "text"])]  # a run that failed is asked again
        accepted_share = different.mean() if len(comments) else 1.0
        summary = pd.DataFrame({"comments": [len(comments)], "accepted_share": [accepted_share]})
        frames = {"night": summary, "accepted": accepted, "volumes": volumes(lake, night, accepted)}
        checks = quality.check(settings.data_dir / "quality", night, frames)
        rejected = comments[~is_accepted].assign(reasons=reasons[~is_accepted])
        _write_rejected(lake, night, rejected, errors, checks)
        _refuse_if_failed(settings, lake, night, checks, rejected)
        manifest = Manifest("validate", night, rows_in=len(comments), rows_out=len(accepted))
        manifest.set_aside = dict(Counter(reasons[~is_accepted].str[0]))
        with lake.writing("validated", manifest) as folder:
            _write(folder / "comments.parquet", _table(accepted.sort_values("comment_id"), schema.VALIDATED))
            _write(folder / "posts.parquet", pa.Table.from_pylist(posts, schema.POSTS))
            _write(folder / "runs.parquet", pa.Table.from_pylist(paid_runs(lake, night), schema.RUNS))
        return manifest


def _mapped(lake: Lake, night: date) -> tuple[pd.DataFrame, list[dict[str, Any]], list[dict[str, Any]]]:
    """The night's raw lines as comments (MAPPED columns and is_import), posts and ingest errors."""
    batches, batch, posts, errors = [], [], {}, []
    columns = schema.MAPPED.append(pa.field("is_import", pa.bool_()))
    with progress("validate", night=night) as advance:
        for line in read_raw(lake, night):
            if line.kind == "error":
                errors.append(ingest_error(line))
            elif line.kind == "post":
                post = mapped_post(line)
                posts[post["post_id"]] = post
            else:
                for comment in mapped_comments(line):
                    comment["text"] = _storable(comment["text"])
                    batch.append({**comment, "is_import": line.run_id is None})
                if len(batch) >= BATCH:
                    batches.append(pa.Table.from_pylist(batch, columns))
                    advance(len(batch))
                    batch = []
    batches.append(pa.Table.from_pylist(batch, columns))
    comments = pa.concat_tables(batches).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return comments, list(posts.values()), errors


def _storable(text: str | None) -> str | None:
    """Halves of surrogate pairs, which JSON can carry and UTF-8 cannot, become the replacement character."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def reject_reasons(comments: pd.DataFrame, window_start: datetime, now: datetime) -> pd.Series:
    """For each row the list of everything that is wrong with it; an empty list is a good row."""
    rules: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
        "no_id": lambda c: c.comment_id.isna(),
        "no_post": lambda c: c.post_id.isna(),
        "no_account": lambda c: c.account.isna(),
        "no_time": lambda c: c.posted_at.isna(),
        "time_in_the_future": lambda c: c.posted_at > now,
        "time_before_the_window": lambda c: ~c.is_import & (c.posted_at < window_start),
        "no_text": lambda c: ~c.has_media.eq(True) & (c.text.isna() | (c.text.str.strip() == "")),
        "text_too_long": lambda c: c.text.str.len() > quality.LONGEST_COMMENT,
        "too_many_likes": lambda c: (c.likes > quality.MOST_LIKES).fillna(False),
        "duplicate_id": lambda c: c.comment_id.notna() & c.comment_id.duplicated(),
    }
    reasons: list[list[str]] = [[] for _ in range(len(comments))]
    for reason, is_bad in rules.items():
        for position in is_bad(comments).to_numpy(dtype=bool).nonzero()[0]:
            reasons[position].append(reason)
    return pd.Series(reasons, index=comments.index, dtype=object)


def hash_authors(comments: pd.DataFrame, key: bytes) -> pd.Series:
    """The author_hash of each row that names an author."""
    names = (comments.platform + ":" + comments.author).dropna()
    return names.map({name: author_hash(name, key) for name in names.unique()}).reindex(comments.index)


def volumes(lake: Lake, night: date, accepted: pd.DataFrame) -> pd.DataFrame:
    """How many comments each account has tonight, as a multiple of its own median night before."""
    before = [n for n in lake.nights("validated") if n < night][-HISTORY_NIGHTS:]
    tonight = _per_account(accepted)
    if not before:
        return pd.DataFrame({"account": tonight.index, "times_usual": 1.0})
    files = [lake.folder("validated", n) / "comments.parquet" for n in before]
    counts = [_per_account(pq.read_table(file, columns=["platform", "account"]).to_pandas()) for file in files]
    usual = pd.concat(counts, axis=1).fillna(0).median(axis=1)
    times = (tonight.reindex(usual.index, fill_value=0) / usual.clip(lower=1)).rename("times_usual")
    return times.rename_axis("account").reset_index()


def _per_account(comments: pd.DataFrame) -> pd.Series:
    """Comments by "instagram/nasa"."""
    return (comments.platform + "/" + comments.account).value_counts()


def _write_rejected(
    lake: Lake, night: date, rejected: pd.DataFrame, errors: list[dict[str, Any]], checks: list[dict[str, Any]]
) -> None:
    manifest = Manifest("validate", night, rows_in=len(rejected), rows_out=len(rejected))
    with lake.writing("rejected", manifest) as folder:
        _write(folder / "rows.parquet", _table(rejected, schema.REJECTED))
        _write(folder / "ingest_errors.parquet", pa.Table.from_pylist(errors, schema.INGEST_ERRORS))
        _write(folder / "quality.parquet", pa.Table.from_pylist(checks, schema.QUALITY))


def _refuse_if_failed(
    settings: Settings, lake: Lake, night: date, checks: list[dict[str, Any]], rejected: pd.DataFrame
) -> None:
    failed = [check for check in checks if check["level"] == "fail" and not check["is_met"]]
    if not failed:
        return
    lake.remove("validated", night)
    said = [f"  {c['expectation']} on {c['column_name']}: observed {c['observed']}" for c in failed]
    counts = rejected.reasons.explode().value_counts()
    raise RefusedData(
        f"The night {night} did not pass its checks and goes no further:\n"
        + "\n".join(said)
        + f"\nRejected rows by reason: {', '.join(f'{reason} {n}' for reason, n in counts.items())}\n"
        f"The rows are in {lake.folder('rejected', night)}, the report is {settings.data_docs}.\n"
        f"When the cause is mended: toxwatch nightly --night {night}"
    )


def _table(frame: pd.DataFrame, columns: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame.reindex(columns=columns.names), columns, preserve_index=False)


def _write(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, row_group_size=ROW_GROUP, compression="zstd")
