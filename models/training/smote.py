"""SMOTE on pooled features: rare labels get synthetic neighbours, and the feed-forward head is fitted once more.

A synthetic row knows only the label that it was made for; the loss leaves the others out.
"""

from typing import Any

import keras
import numpy as np
from imblearn.over_sampling import SMOTE

from models.labels import WHO
from models.training.objective import MaskedLoss

SHARE = 0.1  # of a label's known rows that shall be positive
NEIGHBOURS = 5
EPOCHS = 3
BATCH = 512


def refit_head(model: Any, batches: list[np.ndarray], truth: np.ndarray, dropout: float, seed: int) -> None:
    """Fit the layers after the pool again, on the features of `batches` and on synthetic ones; changes the model."""
    pooled = keras.Model(model.input, model.get_layer("pool").output)
    features = np.concatenate([pooled.predict_on_batch(ids) for ids in batches])
    more, labels = synthetic(features, truth, seed)
    given = keras.Input((features.shape[1],))
    hidden = keras.layers.Dropout(dropout)(model.get_layer("hidden")(keras.layers.Dropout(dropout)(given)))
    head = keras.Model(given, model.get_layer("logits")(hidden))
    head.compile(optimizer=keras.optimizers.Adam(1e-3), loss=MaskedLoss([1.0] * truth.shape[1]))
    rows, known = np.concatenate([features, more]), np.concatenate([truth, labels])
    anyone = np.ones((len(rows), len(WHO)), np.float32)  # who is attacked stays unknown, so that its loss is 0
    head.fit(rows, np.concatenate([known, anyone], axis=1), batch_size=BATCH, epochs=EPOCHS, verbose=0)


def synthetic(features: np.ndarray, truth: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of the positives of each rare label, and their labels, NaN but for that one."""
    made, labels = [features[:0]], [truth[:0]]
    for i in range(truth.shape[1]):
        known = ~np.isnan(truth[:, i])
        wanted, positives = int(SHARE * known.sum()), int((truth[:, i] == 1).sum())
        if not NEIGHBOURS < positives < wanted:
            continue
        smote = SMOTE(sampling_strategy={1: wanted}, k_neighbors=NEIGHBOURS, random_state=seed)
        rows, _ = smote.fit_resample(features[known], truth[known, i].astype(int))
        made.append(rows[known.sum() :])
        labels.append(np.full((wanted - positives, truth.shape[1]), np.nan, np.float32))
        labels[-1][:, i] = 1.0
    return np.concatenate(made), np.concatenate(labels)
