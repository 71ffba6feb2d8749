"""The comments themselves, as many as there are: filtered, sorted and paged by the warehouse."""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.components import as_csv, grid, labelled, page, pick, pick_account, pick_period
from dashboard.figures import named
from dashboard.view import SEVERITIES, Answers, Row, View
from models.labels import LABELS

TITLE = "Comments"
SORTABLE = ("posted_at", "account", "language", "likes", *LABELS)
MOST_EXPORTED = 100_000
DEFAULT_ORDER = "posted_at DESC"
REVEAL = """shown => {
    document.body.classList.toggle('revealed', Boolean(shown));
    return shown ? 'Text is shown' : 'Reveal all text';
}"""
TWO_DIGITS = {"function": "params.value == null ? '–' : d3.format('.2f')(params.value)"}


def layout(answers: Answers, view: View) -> Component:
    (count,) = answers.rows("comments_count", view)
    return page(
        TITLE,
        f"{count['comments']:,} comments pass the filters below. Their text is blurred until you point at it.",
        [
            pick_account(view, answers.accounts(), "all"),
            pick_period(view),
            pick("flag", "Flagged as", view.flag, {label: named(label) for label in LABELS}, "any or none"),
            pick("severity", "Severity", view.severity, {severity: severity for severity in SEVERITIES}, "any"),
            dmc.TextInput(id={"control": "words"}, label="Text contains", value=view.words or "", debounce=500,
                          size="sm", w=190),
        ],
        html.Div([
            dmc.Switch(id="reveal", label="Reveal all text", size="sm"),
            dmc.Button("Download as CSV", id="export", variant="default", size="xs"),
            dcc.Download(id="exported"),
        ], className="bar"),
        _grid(),
    )  # fmt: skip


def register(app: Dash, answers: Answers, write_down: Callable[[str], None]) -> None:
    @app.callback(Output("comments", "getRowsResponse"), Input("comments", "getRowsRequest"), State("url", "search"))
    def rows(request: dict[str, Any] | None, search: str) -> dict[str, Any]:
        if not request:
            return {"rowData": [], "rowCount": 0}
        view = View.read(search, answers.newest())
        start, end = request["startRow"], request["endRow"]
        found = answers.page_of_comments(view, _order(request.get("sortModel")), min(end - start, 500), start)
        (count,) = answers.rows("comments_count", view)
        return {"rowData": [_cells(row) for row in found], "rowCount": count["comments"]}

    @app.callback(
        Output("exported", "data"), Input("export", "n_clicks"), State("url", "search"), prevent_initial_call=True
    )
    def export(_clicks: int, search: str) -> dict[str, Any]:
        rows = answers.page_of_comments(View.read(search, answers.newest()), DEFAULT_ORDER, MOST_EXPORTED, 0)
        write_down(f"exported {len(rows):,} comments, {_asked(search)}")
        return {"content": as_csv(rows), "filename": "comments.csv", "type": "text/csv"}

    @app.callback(Input("reveal", "checked"), State("url", "search"), prevent_initial_call=True)
    def reveal(is_shown: bool, search: str) -> None:
        if is_shown:
            write_down(f"revealed texts, {_asked(search)}")

    app.clientside_callback(REVEAL, Output("reveal", "label"), Input("reveal", "checked"))


def _asked(search: str) -> str:
    return search.lstrip("?") or "without a filter"


def _order(sort: list[dict[str, str]] | None) -> str:
    """ORDER BY of the grid's own words: only known columns and directions get into SQL."""
    for wanted in sort or []:
        if wanted.get("colId") in SORTABLE and wanted.get("sort") in ("asc", "desc"):
            return f"{wanted['colId']} {wanted['sort']} NULLS LAST"
    return DEFAULT_ORDER


def _cells(row: Row) -> Row:
    return row | {"posted_at": f"{row['posted_at']:%Y-%m-%d %H:%M}"}


def _grid() -> Component:
    score = {"width": 92, "type": "rightAligned", "valueFormatter": TWO_DIGITS}
    columns = [
        {"field": "posted_at", "headerName": "posted (UTC)", "width": 165},
        {"field": "account", "width": 225},
        {"field": "text", "flex": 1, "minWidth": 320, "sortable": False, "cellClass": "hidden-text"},
        {"field": "severity", "width": 100, "sortable": False},
        {"field": "language", "width": 105},
        {"field": "likes", "width": 80, "type": "rightAligned"},
        *({"field": label, "headerName": named(label), **score} for label in LABELS),
    ]
    options = {"cacheBlockSize": 100, "maxBlocksInCache": 20, "rowHeight": 34}
    rows = grid(columns, "68vh", options, id="comments", rowModelType="infinite")
    return labelled(html.Section, "Comments", rows, className="panel wide grid")
