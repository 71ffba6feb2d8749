"""Try it: text typed or pasted gets its scores at once, and the words that carry them."""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from dashboard.components import labelled, meters, page, panel, percent
from dashboard.view import Answers, View
from models.scorer import Scorer
from models.text import clean_text

TITLE = "Try it"
MOST_LINES = 1000
MOST_LETTERS = 2000  # of a line
MOST_EXPLAINED = 20  # lines
MOST_WORDS = 60  # of a line that is explained
CARRIES = 0.05  # a word is marked when the score falls by so much without it


def layout(answers: Answers, view: View) -> Component:  # noqa: ARG001
    return page(
        TITLE,
        "Type a comment, or paste up to 1,000 lines. Nothing is stored.",
        [],
        panel(
            "Comments", "One a line.",
            labelled(dmc.Textarea, "Comments, one a line", id="typed", autosize=True, minRows=4, maxRows=14,
                     placeholder="What a picture 🌎"),
            dmc.Button("Score", id="score", mt="sm"),
            wide=True,
        ),
        html.Div(id="scored", className="scored", role="status"),
    )  # fmt: skip


def register(app: Dash, in_use: Callable[[], Scorer]) -> None:
    @app.callback(
        Output("scored", "children"), Input("score", "n_clicks"), State("typed", "value"), prevent_initial_call=True
    )
    def score(_clicks: int, typed: Any) -> list[Component]:
        lines = [line[:MOST_LETTERS] for line in str(typed or "").splitlines() if clean_text(line[:MOST_LETTERS])]
        if not lines:
            return [html.P("There are no words to score.", className="empty")]
        if len(lines) > MOST_LINES:
            return [html.P(f"{len(lines):,} lines are too many for this page, {MOST_LINES:,} are the most. "
                           "`toxwatch score-file` takes files of any size.", className="empty")]  # fmt: skip
        model = in_use()
        scores = model.scores([clean_text(line) for line in lines])
        return [_result(model, lines[i], scores[i], i < MOST_EXPLAINED) for i in range(len(lines))]


def _result(model: Scorer, line: str, scores: Any, is_explained: bool) -> Component:
    words = _marked(model, line, float(scores[0])) if is_explained else [line]
    return html.Section([html.P(words, className="line"), *meters(scores)], className="panel result")


def _marked(model: Scorer, line: str, toxic: float) -> list[Any]:
    """The line with those words marked without which it would be less toxic."""
    words = line.split()
    if not 1 < len(words) <= MOST_WORDS:
        return [line]
    without = model.scores([clean_text(" ".join(words[:i] + words[i + 1 :])) for i in range(len(words))])[:, 0]
    marked: list[Any] = []
    for word, rest in zip(words, without, strict=True):
        fall = toxic - float(rest)
        marked += [html.Mark(word, title=f"without it {percent(float(rest))}") if fall > CARRIES else word, " "]
    return marked
