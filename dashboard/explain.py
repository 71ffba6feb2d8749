"""Which words carry a text's scores: what each would be without one of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from dash import html

from dashboard.components import percent
from models.scorer import Scorer
from models.text import clean_text

MOST_WORDS = 60  # of a text that is explained
CARRIES = 0.05  # a word is marked when the score falls by so much without it


def adds(model: Scorer, text: str, scores: Sequence[float]) -> list[tuple[str, np.ndarray]]:
    """Each word with what it adds to each score; none for a text of one word or of too many."""
    words = text.split()
    if not 1 < len(words) <= MOST_WORDS:
        return []
    without = model.scores([clean_text(" ".join(words[:i] + words[i + 1 :])) for i in range(len(words))])
    return list(zip(words, np.asarray(scores) - without, strict=True))


def marked(model: Scorer, text: str, scores: Sequence[float]) -> list[Any]:
    """The text with those words marked without which it would be less toxic."""
    parts: list[Any] = []
    for word, added in adds(model, text, scores):
        said = f"without it {percent(float(scores[0] - added[0]))}"
        parts += [html.Mark(word, title=said) if added[0] > CARRIES else word, " "]
    return parts or [text]
