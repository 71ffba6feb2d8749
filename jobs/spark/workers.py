"""What Spark's Python workers do with comments. They get our packages and the model with the job, and import no more
than this needs: NumPy, Arrow, ONNX Runtime, tokenizers and py3langid.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from jobs.lake import schema
from models import scorer, text
from models.card import read_card
from models.language import language_of
from models.tokens import Tokens

READABLE = pa.schema([field for field in schema.CLEAN if field.name not in ("terms", "listed")])
SURE = 1e-7  # a probability in the JVM is a float: what is surer than this is 0 or 1

Scores = Callable[[scorer.Scorer, pa.RecordBatch], np.ndarray]


class Model(NamedTuple):
    """Where a worker finds the model: in a folder here, or in an archive that Spark brought."""

    folder: Path
    archive: str | None = None

    def found(self) -> Path:
        if self.archive is None:
            return self.folder
        from pyspark import SparkFiles

        return Path(SparkFiles.get(self.archive)) / self.folder


def clean_batches(languages: tuple[str, ...], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """From comment_id, account and text to READABLE."""
    language = language_of(languages)
    for batch in batches:
        originals = batch.column("text").to_pylist()
        cleaned = [text.clean_text(original) for original in originals]
        yield pa.RecordBatch.from_arrays(
            [
                batch.column("comment_id"),
                batch.column("account"),
                pa.array(cleaned),
                pa.array([language(original) for original in originals]),
                pa.array([text.text_key(words) for words in cleaned]),
            ],
            schema=READABLE,
        )


def score_batches(model: Model, scores: Scores, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """To the columns of `schema.TEXTS`."""
    scorer_of_worker = loaded(model)
    for batch in batches:
        columns = [batch.column("text_key"), *(pa.array(column) for column in scores(scorer_of_worker, batch).T)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema.TEXTS)


def scores(model: scorer.Scorer, batch: pa.RecordBatch) -> np.ndarray:
    return model.scores(batch.column("clean_text").to_pylist())


def scores_of_jvm(model: scorer.Scorer, batch: pa.RecordBatch) -> np.ndarray:
    """What Spark NLP read, calibrated, and the model's own word on texts that are cut."""
    p = np.array(batch.column("p").to_pylist(), np.float64).clip(SURE, 1 - SURE)
    found = scorer.probabilities(model.card["calibration"], np.log(p / (1 - p))).astype(np.float32)
    texts = batch.column("clean_text").to_pylist()
    if cut := np.flatnonzero(batch.column("is_cut").to_pylist()).tolist():
        found[cut] = model.scores([texts[i] for i in cut])
    return found


def words(model: Model, text: str) -> str | None:
    """The text as its words, since Spark NLP finds others by accents and punctuation; None where the text is cut."""
    return _tokens(model).words(text)


@lru_cache(maxsize=1)
def loaded(model: Model) -> scorer.Scorer:
    """One model session a worker process."""
    return scorer.load(model.found())


@lru_cache(maxsize=1)
def _tokens(model: Model) -> Tokens:
    return Tokens(model.found(), read_card(model.found())["longest"])
