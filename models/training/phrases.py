"""What words and pairs of neighbours say by themselves: a sum beside the network, and a second opinion.

A network that reads sentences is better where it has seen their like. On sources that neither has seen, both together
are better than either.
"""

from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from models.labels import LABELS
from models.training import data

PAIRS = 32_768  # that pairs of words share
SPREAD = 31_337  # what the first of a pair is multiplied by; ids times it stay below 2**31
WEIGHTS = np.linspace(0, 1, 11)  # that are tried, as shares of the network's own spread
AT_ONCE = 512  # texts


@keras.saving.register_keras_serializable("toxwatch")
class Phrases(layers.Layer):
    """The logits, and the sum of what its words and pairs say by the root of their number."""

    def __init__(self, table: np.ndarray, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = table

    def call(self, ids: Any, logits: Any) -> Any:
        found = phrases_of(ids, len(self.table) - PAIRS)
        number = ops.sum(ops.cast(found > 0, "float32"), axis=1, keepdims=True)
        weights = ops.sum(ops.take(ops.convert_to_tensor(self.table), found, axis=0), axis=1)
        silent = logits.shape[-1] - self.table.shape[-1]  # nothing is added to who is attacked
        return logits + ops.pad(weights / ops.sqrt(ops.maximum(number, 1.0)), ((0, 0), (0, silent)))


def phrases_of(ids: Any, size: int) -> Any:
    """int32[text, phrase]: everything that a network reads of each word, and each two neighbours; 0 is none."""
    own = ids[:, :, 0] if len(ids.shape) == 3 else ids
    pairs = (own[:, :-1] * SPREAD + own[:, 1:]) % PAIRS + size
    words = ops.reshape(ids, (ops.shape(ids)[0], -1))
    return ops.concatenate([words, ops.where(own[:, 1:] > 0, pairs, 0)], axis=1)


def learned(encoder: Any, training: pd.DataFrame, validation: pd.DataFrame, logits: np.ndarray) -> np.ndarray:
    """float32[phrase, label] for a network's logits on the validation comments.

    An opinion counts as much as it may without ranking those worse than the network does alone.
    """
    table = np.zeros((encoder.size + PAIRS, len(LABELS)), np.float32)
    counts, held_out = (_counted(encoder, rows.text.tolist()) for rows in (training, validation))
    labels, truth = data.targets(training), data.targets(validation)
    for i in range(len(LABELS)):
        known, judged = ~np.isnan(labels[:, i]), ~np.isnan(truth[:, i])
        if min(len(np.unique(values)) for values in (labels[known, i], truth[judged, i])) < 2:
            continue
        linear = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", tol=0.01)
        weights = linear.fit(counts[known], labels[known, i]).coef_[0]
        opinion, own = held_out[judged] @ weights, logits[judged, i]
        scale = own.std() / max(opinion.std(), 1e-9)
        aucs = [roc_auc_score(truth[judged, i], own + share * scale * opinion) for share in WEIGHTS]
        table[:, i] = weights * scale * max(share for share, auc in zip(WEIGHTS, aucs, strict=True) if auc >= aucs[0])
    return table


def _counted(encoder: Any, texts: list[str]) -> csr_matrix:
    """Each text's phrases, by the root of their number."""
    rows = [np.zeros(0, np.int64)] * len(texts)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), AT_ONCE):
        chunk = order[start : start + AT_ONCE]
        found = ops.convert_to_numpy(phrases_of(encoder.batch([texts[i] for i in chunk]), encoder.size))
        for i, phrases in zip(chunk, found, strict=True):
            rows[i] = phrases[phrases > 0]
    numbers = np.array([len(phrases) for phrases in rows])
    ends = np.concatenate([[0], numbers.cumsum()])
    values = np.repeat(1 / np.sqrt(np.maximum(numbers, 1)), numbers).astype(np.float32)
    counted = csr_matrix((values, np.concatenate(rows), ends), (len(texts), encoder.size + PAIRS))
    counted.sum_duplicates()
    return counted
