"""Which words explain a text's score: those whose removal lowers it."""

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.language import _
from dashboard.predict import adds
from dashboard.wording import percent
from models.scorer import Scorer

MARKED_FROM = 0.05  # a word is marked if removing it lowers the score by at least this much


def marked(model: Scorer, text: str, language: str, scores: Sequence[float]) -> list[Any]:
    """The text, with the words marked without which it would be less toxic."""
    parts: list[Any] = []
    for word, added in adds(model, text, language, scores):
        tooltip = _("{share} toxic without this word", share=percent(float(scores[0] - added[0])))
        parts += [html.Mark(word, title=tooltip) if added[0] > MARKED_FROM else word, " "]
    return parts or [text]
