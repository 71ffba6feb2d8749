"""Which words carry a text's scores: what each would be without one of them."""

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.components import percent
from dashboard.predict import adds
from models.scorer import Scorer

CARRIES = 0.05  # a word is marked when the score falls by so much without it


def marked(model: Scorer, text: str, scores: Sequence[float]) -> list[Any]:
    """The text with those words marked without which it would be less toxic."""
    parts: list[Any] = []
    for word, added in adds(model, text, scores):
        said = f"without it {percent(float(scores[0] - added[0]))}"
        parts += [html.Mark(word, title=said) if added[0] > CARRIES else word, " "]
    return parts or [text]
