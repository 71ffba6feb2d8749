"""What the lake holds: one row for each dataset."""

from dataclasses import dataclass, field
from datetime import timedelta

import pyarrow as pa

from jobs.lake import schema


@dataclass(frozen=True)
class Dataset:
    name: str
    stage: str  # that makes it
    tables: dict[str, pa.Schema] = field(default_factory=dict)  # its Parquet files, by how their names begin
    key: str = ""  # what a row of the first table is found by, where that holds comments or their texts
    texts: tuple[str, ...] = ()  # columns that are blanked when texts expire
    authors: tuple[str, ...] = ()  # the same for authors
    received: tuple[str, ...] = ()  # the same for what is kept as long as raw items
    by_model: bool = False  # each model has nights of its own
    ends_stage: bool = True  # the stage has finished when this is there

    @property
    def rows(self) -> str:
        """The files whose rows a stage hands on."""
        return f"{next(iter(self.tables), '')}*.parquet"


DATASETS = (
    Dataset("raw", "scrape"),
    Dataset(
        "rejected",
        "validate",
        {"rows": schema.REJECTED, "ingest_errors": schema.INGEST_ERRORS, "quality": schema.QUALITY},
        key="comment_id",
        texts=("text", "media"),
        authors=(*schema.PEOPLE, "link"),
        ends_stage=False,
    ),
    Dataset(
        "validated",
        "validate",
        {"comments": schema.VALIDATED, "posts": schema.POSTS, "runs": schema.RUNS},
        key="comment_id",
        texts=("text", "media"),
        authors=(*schema.PEOPLE, "link"),
    ),
    Dataset(
        "pictures",
        "clean",
        {"shown": schema.PICTURES},
        key="comment_id",
        texts=("address", "looks", "text", "clean_text"),
        received=("content",),
        ends_stage=False,
    ),
    Dataset(
        "clean", "clean", {"part": schema.CLEAN}, key="comment_id", texts=("clean_text", "terms", "listed", "sketch")
    ),
    Dataset(
        "texts", "score", {"part": schema.TEXTS}, key="text_key", texts=("meaning",), by_model=True, ends_stage=False
    ),
    Dataset(
        "captions", "score", {"part": schema.TEXTS}, key="text_key", texts=("meaning",), by_model=True, ends_stage=False
    ),
    Dataset("scored", "score", {"part": schema.SCORED}, key="comment_id", texts=("meaning",), by_model=True),
    Dataset("published", "publish"),
    Dataset("monitored", "monitor", {"figures": schema.FIGURES}),
)
REMEMBERED = timedelta(days=28)  # scores of a text are kept this long for later nights
BY_NAME = {one.name: one for one in DATASETS}
STAGES = tuple(one for one in DATASETS if one.ends_stage)  # what each stage of a night leaves behind, in order
OF_COMMENTS = tuple(one for one in DATASETS if one.key)
