"""Sentences that nobody wrote, for a teacher to label: pieces of training texts, joined, with some words exchanged.

On labelled comments a student learns what its teacher says; on these it learns how the teacher reads.
"""

import random

import numpy as np
import pandas as pd

from models.labels import LABELS
from models.text import text_key
from models.training.data import ANYONE, COLUMNS

PIECE = (3, 20)  # words
EXCHANGED = 0.15  # share of the words


def echoes(training: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """About `rows` different sentences with the columns of `models.training.data.COLUMNS`, their labels unknown.

    Each sentence mixes texts of one language only.
    """
    rng = random.Random(seed)
    words = {lang: [text.split() for text in texts] for lang, texts in training.groupby("lang").text}
    langs = rng.choices(list(words), [len(texts) for texts in words.values()], k=rows)
    made = sorted({(" ".join(_echo(words[lang], rng)), lang) for lang in langs})
    table = pd.DataFrame(made, columns=["text", "lang"]).assign(source="echo", who=ANYONE)
    table = table.assign(raw=table.text, key=[text_key(text) for text in table.text])
    return table.assign(**dict.fromkeys(LABELS, np.nan))[list(COLUMNS)]


def _echo(words: list[list[str]], rng: random.Random) -> list[str]:
    echo = [word for _ in range(rng.choice((1, 1, 2))) for word in _piece(rng.choice(words), rng)]
    return [rng.choice(rng.choice(words) or [word]) if rng.random() < EXCHANGED else word for word in echo]


def _piece(text: list[str], rng: random.Random) -> list[str]:
    length = rng.randint(*PIECE)
    start = rng.randint(0, max(0, len(text) - length))
    return text[start : start + length]
