"""Try it: score typed or pasted text or a file of comments, and see which words matter."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import explain
from dashboard.charts import as_csv
from dashboard.components import labelled, meters, page, panel
from dashboard.controls import prepare_upload, upload
from dashboard.language import N_, _, number
from dashboard.pictures import why
from dashboard.view import Answers, Row, View
from dashboard.wording import ATTACKED, comments, in_sentence, language_name, percent
from models import pictures, spam
from models.labels import LABELS
from models.language import language_of
from models.scorer import Scorer
from models.text import clean_text

TITLE = N_("Try it")
MOST_LINES = 1000
MOST_LETTERS = 2000  # of a line or row; models read less
MOST_EXPLAINED = 20  # lines
MOST_ROWS, MOST_MEGABYTES = 5000, 5  # of a file
ENDINGS = ".csv,.tsv,.json,.jsonl,.ndjson,.xlsx,.xml,.gz,.zip"

ScoreUpload = Callable[[Scorer, str, bytes, int], list[Row]]  # raises ValueError saying what is wrong with the file


def layout(answers: Answers, view: View) -> Component:  # noqa: ARG001
    return page(
        _(TITLE),
        _("Type a comment, paste up to {number} lines, or upload a file. Nothing is stored.",
          number=number(MOST_LINES)),
        [],
        panel(
            _("Comments"), _("One per line."),
            labelled(dmc.Textarea, _("Comments, one per line"), id="typed", autosize=True, minRows=4, maxRows=14,
                     placeholder="What a picture 🌎"),
            dmc.Button(_("Score"), id="score", mt="sm"),
            wide=True,
        ),
        panel(
            _("File of comments"),
            _("CSV, JSON or XLSX, also as .gz or .zip: a table with a column such as “text”, or an export of Apify, "
              "YouTube, Meta, Zeeschuimer or 4CAT. Up to {number} comments; you get them back with scores.",
              number=number(MOST_ROWS)),
            upload("file", _("File of comments"), dmc.Button(_("Choose a file or drop it here"), variant="default"),
                   MOST_MEGABYTES, accept=ENDINGS, className="drop"),
            html.P(id="file-status", role="status", className="note"), dcc.Download(id="file-scored"), wide=True,
        ),
        panel(
            _("Picture"), _("A meme, a screenshot or a photograph: the text on it is read and scored."),
            upload("picture", _("Picture"), dmc.Button(_("Choose a picture or drop it here"), variant="default"),
                   MOST_MEGABYTES, accept=",".join(pictures.ENDINGS), className="drop"),
            html.P(id="picture-status", role="status", className="note"), wide=True,
        ),
        html.Div(id="scored", className="scored", role="status"),
    )  # fmt: skip


def register(app: Dash, in_use: Callable[[], Scorer], score_upload: ScoreUpload) -> None:
    @app.callback(
        Output("scored", "children"), Input("score", "n_clicks"), State("typed", "value"), prevent_initial_call=True
    )
    def score(_clicks: int, typed: Any) -> list[Component]:
        lines = [line[:MOST_LETTERS] for line in str(typed or "").splitlines() if clean_text(line[:MOST_LETTERS])]
        if not lines:
            return [html.P(_("Type something to score."), className="empty")]
        if len(lines) > MOST_LINES:
            too_many = _("This page scores up to {most} lines (got {number}). Use toxwatch score-file for more.",
                         most=number(MOST_LINES), number=number(len(lines)))  # fmt: skip
            return [html.P(too_many, className="empty")]
        return _results(in_use(), lines)

    @app.callback(
        Output("scored", "children", allow_duplicate=True), Output("picture-status", "children"),
        Input("picture", "contents"), State("picture", "filename"), prevent_initial_call=True,
    )  # fmt: skip
    def score_picture(contents: str, name: str) -> tuple[list[Component], str]:
        try:
            text = pictures.text_in(base64.b64decode(contents.partition(",")[2], validate=True))
        except (binascii.Error, pictures.SetAside) as problem:
            return [], f"{name}: " + why(str(problem) if isinstance(problem, pictures.SetAside) else "damaged")
        if not clean_text(text):
            return [], f"{name}: " + _("No text was found on it.")
        return _results(in_use(), [text[:MOST_LETTERS]]), f"{name}: " + _("The text on it is scored below.")

    @app.callback(
        Output("file-scored", "data"), Output("file-status", "children"), Input("file", "contents"),
        State("file", "filename"), prevent_initial_call=True,
    )  # fmt: skip
    def score_file(contents: str, name: str) -> tuple[dict[str, Any] | None, str]:
        try:
            content = base64.b64decode(contents.partition(",")[2], validate=True)
            rows = score_upload(in_use(), name, content, MOST_ROWS)
        except (binascii.Error, ValueError) as error:
            return None, str(error) if name in str(error) else f"{name}: {error}"
        file = {
            "content": as_csv([_rounded(row) for row in rows]),
            "filename": f"scored-{name.partition('.')[0]}.csv",
            "type": "text/csv",
        }
        return file, _("Scored {comments} of {file}.", comments=comments(len(rows)), file=name)

    prepare_upload(app, "file", MOST_MEGABYTES, "file-status")
    prepare_upload(app, "picture", MOST_MEGABYTES, "picture-status")


def _results(model: Scorer, lines: list[str]) -> list[Component]:
    languages = list(map(language_of(model.expected), lines))
    cleaned = [clean_text(line) for line in lines]
    reading, spam_of = model.read(cleaned, languages), spam.shipped().read(cleaned)
    attacked = reading.attacked()
    return [
        _result(model, lines[i], reading.scores[i], languages[i], attacked[i], spam_of[i], i < MOST_EXPLAINED)
        for i in range(len(lines))
    ]


def _rounded(row: Row) -> Row:
    return row | {label: None if row[label] is None else round(row[label], 4) for label in LABELS}


def _result(
    model: Scorer, line: str, scores: Any, language: str, attacked: str | None, p_spam: float, is_explained: bool
) -> Component:
    words = explain.marked(model, line, language, scores) if is_explained else [line]
    about = language_name(language)
    if language not in model.judged:
        about += ". " + _("The model was not judged in this language, so these scores may be unreliable.")
    elif scores[0] >= model.thresholds["toxic"] and attacked in ATTACKED:
        about += " · " + _("attacks: {whom}", whom=in_sentence(_(ATTACKED[attacked])))
    about += " · " + _("spam: {share}", share=percent(p_spam))
    return html.Section(
        [html.P(words, className="line"), html.P(about, className="note"), *meters(scores)], className="panel result"
    )
