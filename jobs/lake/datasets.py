"""What the lake holds: one row for each dataset."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    name: str
    stage: str  # that makes it
    files: str | None = None  # those with comments or their texts
    key: str = "comment_id"  # what a row is found by
    texts: tuple[str, ...] = ()  # columns that are blanked when texts expire; the first tells whether there is one
    authors: tuple[str, ...] = ()  # the same for authors
    by_model: bool = False  # each model has nights of its own
    ends_stage: bool = True  # the stage has finished when this is there


DATASETS = (
    Dataset("raw", "scrape"),
    Dataset("rejected", "validate", "rows.parquet", texts=("text",), authors=("author_hash",), ends_stage=False),
    Dataset("validated", "validate", "comments.parquet", texts=("text",), authors=("author_hash",)),
    Dataset("clean", "clean", "*.parquet", texts=("clean_text", "terms", "listed")),
    Dataset("texts", "score", "*.parquet", key="text_key", by_model=True, ends_stage=False),
    Dataset("scored", "score", "*.parquet", by_model=True),
    Dataset("published", "publish"),
    Dataset("monitored", "monitor"),
)
BY_NAME = {one.name: one for one in DATASETS}
STAGES = tuple(one for one in DATASETS if one.ends_stage)  # what each stage of a night leaves behind, in order
OF_COMMENTS = tuple(one for one in DATASETS if one.files)
