"""What Spark's Python workers do with comments. They get our packages and the model with the job, and import no more
than this needs: NumPy, Arrow, ONNX Runtime, tokenizers and py3langid.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jobs.lake import schema
from jobs.spark.sketches import sketches
from models import meaning, scorer, spam, text
from models.card import read_card
from models.language import language_of
from models.tokens import Tokens

READABLE = pa.schema([field for field in schema.CLEAN if field.name not in ("terms", "listed")]).append(
    pa.field("spoken", pa.string())  # the words and emoji that terms are made of
)
SURE = 1e-7  # a probability in the JVM is a float: what is surer than this is 0 or 1

Read = Callable[[scorer.Scorer, pa.RecordBatch], scorer.Reading]


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
        spoken = list(map(text.with_emoji, originals, cleaned))
        yield pa.RecordBatch.from_arrays(
            [
                batch.column("comment_id"),
                batch.column("account"),
                pa.array(cleaned),
                pa.array([language(original) for original in originals]),
                pa.array([text.text_key(words) for words in cleaned]),
                pa.array(sketches(spoken)),
                pa.array(spam.shipped().read(cleaned)),
                pa.array(spoken),
            ],
            schema=READABLE,
        )


def score_batches(
    model: Model, encoder: Model, read: Read, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """To the columns of `schema.TEXTS`."""
    scorer_of_worker = loaded(model)
    for batch in batches:
        reading = read(scorer_of_worker, batch)
        scores = [pa.array(column) for column in reading.scores.T]
        attacked = pa.array(reading.attacked(), pa.string())
        columns = [batch.column("text_key"), *scores, attacked, _meanings(scorer_of_worker, encoder, reading, batch)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema.TEXTS)


def _meanings(model: scorer.Scorer, encoder: Model, reading: scorer.Reading, batch: pa.RecordBatch) -> pa.Array:
    """Of those that the model's own thresholds flag: an encoder takes as long for a text as the slowest model."""
    flagged = model.flagged(reading.scores)
    found: list[NDArray[np.int8] | None] = [None] * len(batch)
    if flagged:
        texts = batch.column("clean_text").to_pylist()
        for i, vector in zip(flagged, _encoder(encoder).read([texts[i] for i in flagged]), strict=True):
            found[i] = vector
    return pa.array(found, pa.list_(pa.int8()))


def read(model: scorer.Scorer, batch: pa.RecordBatch) -> scorer.Reading:
    return model.read(batch.column("clean_text").to_pylist(), batch.column("language").to_pylist())


def read_in_jvm(model: scorer.Scorer, batch: pa.RecordBatch) -> scorer.Reading:
    """What Spark NLP read, calibrated; the model itself reads texts that are cut."""
    p = np.array(batch.column("p").to_pylist(), np.float64).clip(SURE, 1 - SURE)
    texts, languages = batch.column("clean_text").to_pylist(), batch.column("language").to_pylist()
    reading = scorer.Reading.of(model.card, np.log(p / (1 - p)), languages)
    if cut := np.flatnonzero(batch.column("is_cut").to_pylist()).tolist():
        whole = model.read([texts[i] for i in cut], [languages[i] for i in cut])
        reading.scores[cut] = whole.scores
        if reading.who is not None:
            reading.who[cut] = whole.who
    return reading


def numbered(model: Model, text: str) -> str | None:
    """The numbers of a text's tokens, as words that Spark NLP finds in its vocabulary; None where the text is cut."""
    return _tokens(model).numbered(text)


@lru_cache(maxsize=1)
def loaded(model: Model) -> scorer.Scorer:
    """One model session a worker process."""
    return scorer.load(model.found())


@lru_cache(maxsize=1)
def _encoder(model: Model) -> meaning.Meaning:
    return meaning.load(model.found())


@lru_cache(maxsize=1)
def _tokens(model: Model) -> Tokens:
    return Tokens(model.found(), read_card(model.found())["longest"])
