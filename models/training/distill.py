"""What a better model says of texts, as truth to learn from."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from models.labels import LABELS
from models.scorer import Network
from models.training import data
from models.training.progress import batches_shown

READ_AT_ONCE = 2048  # texts


def distilled(training: pd.DataFrame, teacher: Network) -> pd.DataFrame:
    """The mean of people's labels and a better model's; the model's alone if people gave none.

    Only for texts in the languages that it was judged in.
    """
    chosen = training.lang.isin(teacher.expected).to_numpy() if teacher.expected else np.ones(len(training), bool)
    opinions = _opinions(teacher, training.text[chosen].tolist())
    of_labels, truth = 1 / (1 + np.exp(-opinions[:, : len(LABELS)])), data.targets(training).copy()
    truth[chosen] = np.where(np.isnan(truth[chosen]), of_labels, (truth[chosen] + of_labels) / 2)
    who = training.who.to_numpy().copy()
    if opinions.shape[1] > len(LABELS):
        guess = 1 << opinions[:, len(LABELS) :].argmax(axis=1)
        who[chosen] = np.where(who[chosen] == data.ANYONE, guess, who[chosen])
    return training.assign(who=who, **dict(zip(LABELS, truth.T, strict=True)))


def _opinions(teacher: Network, texts: list[str]) -> np.ndarray:
    parts = [texts[start : start + READ_AT_ONCE] for start in range(0, len(texts), READ_AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(batches_shown("the teacher reads", pool.map(teacher.logits, parts), len(parts))))
