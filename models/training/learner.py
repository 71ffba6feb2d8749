"""What is trained, and with which settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.labels import ModelError
from models.training.vectors import encoder_vectors, encoder_words, glove_vectors

IMBALANCE = ("none", "weights", "focal", "sampling", "smote")
COMPOSED = 90_000


@dataclass(frozen=True)
class Settings:
    epochs: int = 20  # at most; the best one is kept
    patience: int = 3  # epochs without a better validation AUC before the end
    tokens: int = 16_384  # or words, of a batch
    learning_rate: float = 4e-3  # the highest: it rises over the first steps and falls to nothing with the last epoch
    weight_decay: float = 0.0
    accumulate: int = 1  # batches whose gradients are added before a step
    mixed: bool = False  # bfloat16 arithmetic on float32 weights
    dropout: float = 0.15
    imbalance: str = "weights"
    by_source: bool = False  # rows are drawn, more often from small sources, instead of all read in each epoch
    disguised: float = 0.2  # share of training texts that are read disguised every other time
    max_train_words: int = 96
    vocabulary: int = 34_000
    min_count: int = 4
    buckets: int = 50_000
    embedding: int = 64
    units: int = 96
    head: int = 64
    phrases: bool = True  # with a sum over words and pairs beside the network
    precision: float = 0.8  # that thresholds are chosen for
    composed: int = COMPOSED  # sentences from models/templates.toml beside the labelled comments
    echoes: int = 60_000  # sentences that a teacher alone labels, if there is one
    sample: int | None = None  # train on this many rows only
    minutes: float | None = None  # at most
    language: str | None = None  # that all rows are in, for an encoder that reads no other
    seed: int = 7

    def __post_init__(self) -> None:
        if self.imbalance not in IMBALANCE:
            raise ModelError(f"imbalance is {self.imbalance!r}; choose one of {', '.join(IMBALANCE)}.")

    @property
    def seconds(self) -> float | None:
        return self.minutes * 60 if self.minutes else None


BILSTM = Settings()
TRANSFORMER = Settings(
    epochs=7,
    learning_rate=1.5e-4,
    weight_decay=0.01,
    dropout=0.1,
    by_source=True,
    max_train_words=128,
    phrases=False,
    composed=110_000,
)


@dataclass(frozen=True)
class Vectors:
    """Where word vectors come from, if they are not learned: an encoder's folder or a GloVe file."""

    encoder: Path | None = None
    glove: Path | None = None

    @property
    def file(self) -> Path | None:
        return self.encoder / "model.safetensors" if self.encoder else self.glove

    def words(self) -> list[str]:
        return encoder_words(self.encoder) if self.encoder else []

    def of(self, words: list[str], width: int) -> np.ndarray | None:
        if self.encoder:
            return encoder_vectors(self.encoder, words, width)
        return glove_vectors(self.glove, words, width) if self.glove else None


LEARNED = Vectors()


@dataclass(frozen=True)
class Learner:
    """What is trained: how a text becomes numbers, how the network is built, and how it is written down."""

    kind: str
    encoder: Any  # WordEncoder or Tokens: encode, padded, batch, inputs, write
    build: Callable[[], Any]
    export: Callable[[Any, Path], None]
    facts: dict[str, Any]
    backbone: Path | None = None  # of a transformer


Watch = Callable[[dict[str, float]], None]  # called after every epoch


def print_epoch(epoch: dict[str, float]) -> None:
    print(f"epoch {epoch['epoch']}: loss {epoch['loss']:.4f}, validation AUC {epoch['auc']:.4f}", flush=True)
