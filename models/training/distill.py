"""What better models say of texts, as truth to learn from."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from models.labels import LABELS
from models.scorer import Network
from models.training import data
from models.training.progress import batches_shown

READ_AT_ONCE = 2048  # texts


def distilled(training: pd.DataFrame, teachers: Sequence[Network]) -> pd.DataFrame:
    """The mean of people's labels and of better models' opinion; the opinion alone if people gave no label.

    Labels of composed sentences are sure and stay as they are: halved with an opinion that was halved before, a plain
    threat could not reach more than 0.95, and stood among doubtful ones.

    A teacher is asked only for texts in the languages that it was judged in. The opinion is that of all who were asked:
    cross-entropy is linear in its target, so their mean teaches what they teach in turn.
    """
    total, asked = np.zeros((len(training), len(LABELS)), np.float32), np.zeros(len(training), int)
    who = training.who.to_numpy().copy()
    for teacher in teachers:
        chosen = training.lang.isin(teacher.expected).to_numpy() if teacher.expected else np.ones(len(training), bool)
        opinions = logits_of(teacher, training.text[chosen].tolist(), "a teacher reads")
        total[chosen] += 1 / (1 + np.exp(-opinions[:, : len(LABELS)]))
        asked += chosen
        if opinions.shape[1] > len(LABELS):
            guess = 1 << opinions[:, len(LABELS) :].argmax(axis=1)
            who[chosen] = np.where(who[chosen] == data.ANYONE, guess, who[chosen])
    truth, opinion = data.targets(training).copy(), total / np.maximum(asked, 1)[:, None]
    is_sure = (training.source == "composed").to_numpy()[:, None]
    taught = np.where(np.isnan(truth), opinion, np.where(is_sure, truth, (truth + opinion) / 2))
    truth = np.where(asked[:, None] > 0, taught, truth)
    return training.assign(who=who, **dict(zip(LABELS, truth.T, strict=True)))


def logits_of(network: Network, texts: list[str], what: str) -> np.ndarray:
    """A network's logits for many texts, read by all cores."""
    parts = [texts[start : start + READ_AT_ONCE] for start in range(0, len(texts), READ_AT_ONCE)] or [[]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(batches_shown(what, pool.map(network.logits, parts), len(parts))))
