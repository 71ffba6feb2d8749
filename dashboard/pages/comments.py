"""All comments, filtered, sorted and paged by the warehouse; one of them with its thread."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import explain
from dashboard.components import (
    LANGUAGES,
    as_csv,
    grid,
    labelled,
    language_name,
    link,
    meters,
    page,
    panel,
    pick,
    pick_account,
    pick_attacked,
    pick_flag,
    pick_period,
    pick_zone,
    place,
)
from dashboard.inbox import MOST_URGENT, Inbox
from dashboard.view import REVIEWS, SEVERITIES, Answers, Row, View
from dashboard.wording import (
    ATTACKED,
    COMMENT_FACTS,
    LABEL_NOUNS,
    counted,
    label_name,
    label_plural,
    label_title,
)
from models.labels import LABELS
from models.scorer import Scorer

TITLE = "Comments"
SORTABLE = ("posted_at", "account", "language", "likes", *LABELS)
MOST_EXPORTED = 100_000
DEFAULT_ORDER = "posted_at DESC"
REVEAL = """shown => {
    document.body.classList.toggle('revealed', Boolean(shown));
    return shown ? 'Hide text' : 'Show text';
}"""
SHOW = "() => document.getElementById('thread').scrollIntoView({block: 'nearest', behavior: 'smooth'})"
TIMES = {"function": "`${params.value} ×`"}
TWO_DIGITS = {"function": "params.value == null ? '–' : d3.format('.2f')(params.value)"}


def layout(
    answers: Answers, view: View, in_use: Callable[[], Scorer], inbox: Inbox, write_down: Callable[[str], None]
) -> Component:
    return page(
        TITLE,
        _unread_sentence(inbox.comments(view), view) if view.inbox else _sentence(_count(answers, view), view),
        [
            pick_account(view, answers.places(), "All accounts"),
            pick_period(view),
            pick_flag(view),
            pick_attacked(view),
            pick("severity", "Severity", view.severity, {one: one.capitalize() for one in SEVERITIES}, "Any severity"),
            pick("language", "Language", view.language, LANGUAGES, "Any language"),
            pick("review", "Review", view.review, REVIEWS, "Reviewed or not"),
            pick("inbox", "In your inbox", view.inbox, {one: label_plural(one) for one in MOST_URGENT}, "Or not"),
            dmc.TextInput(id={"control": "words"}, label="Text, or @pseudonym", value=view.words or "",
                          debounce=500, size="sm", w=190),
            pick_zone(view),
        ],
        html.Div([
            dmc.Switch(id="reveal", label="Show text", size="sm"),
            dmc.Button("Export CSV", id="export", variant="default", size="xs"),
            dcc.Download(id="exported"),
        ], className="bar"),
        _grid(view),
        html.Div(
            _thread(answers, view, in_use(), inbox, write_down) if view.comment else None, id="thread", role="status"
        ),
    )  # fmt: skip


def register(
    app: Dash, answers: Answers, in_use: Callable[[], Scorer], inbox: Inbox, write_down: Callable[[str], None]
) -> None:
    @app.callback(Output("comments", "getRowsResponse"), Input("comments", "getRowsRequest"), State("url", "search"))
    def rows(request: dict[str, Any] | None, search: str) -> dict[str, Any]:
        if not request:
            return {"rowData": [], "rowCount": 0}
        view = View.read(search, answers.newest())
        start, end = request["startRow"], request["endRow"]
        page, count = _page(answers, inbox, view, _order(request.get("sortModel")), min(end - start, 500), start)
        return {"rowData": [_cells(row, view) for row in page], "rowCount": count}

    @app.callback(
        Output("thread", "children"),
        Input("comments", "cellClicked"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def open_one(cell: dict[str, Any], search: str) -> Component:
        view = replace(View.read(search, answers.newest()), comment=cell["rowId"])
        return _thread(answers, view, in_use(), inbox, write_down)

    @app.callback(
        Output("exported", "data"), Input("export", "n_clicks"), State("comments", "selectedRows"),
        State("url", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def export(_clicks: int, selected: list[Row] | None, search: str) -> dict[str, Any]:
        if selected:
            rows = answers.comments([row["id"] for row in selected])
        else:
            rows, _ = _page(answers, inbox, View.read(search, answers.newest()), DEFAULT_ORDER, MOST_EXPORTED, 0)
        write_down(f"exported {len(rows):,} comments, {'selected by hand' if selected else _filters(search)}")
        return {"content": as_csv(rows), "filename": "comments.csv", "type": "text/csv"}

    @app.callback(Input("reveal", "checked"), State("url", "search"), prevent_initial_call=True)
    def reveal(is_shown: bool, search: str) -> None:
        if is_shown:
            write_down(f"revealed texts, {_filters(search)}")

    app.clientside_callback(SHOW, Input("thread", "children"), prevent_initial_call=True)
    app.clientside_callback(REVEAL, Output("reveal", "label"), Input("reveal", "checked"))


def _page(
    answers: Answers, inbox: Inbox, view: View, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:  # fmt: skip
    """Some of the comments that match, and how many there are."""
    if view.inbox:
        column, direction, *_ = order.split()
        rows = sorted(inbox.comments(view), key=lambda row: (row[column] is not None, row[column]))
        return rows[:: 1 if direction == "asc" else -1][offset : offset + limit], len(rows)
    count = _count(answers, view)["comments"]
    return answers.page_of_comments(view, order, limit, offset), count


def _count(answers: Answers, view: View) -> Row:
    (count,) = answers.rows("comments_count", view)
    return count


def _unread_sentence(rows: list[Row], view: View) -> Component:
    if not rows:
        return html.Span(["You have seen them all. ", link("Back to your inbox", "/")])
    copies = sum(row["times"] for row in rows) - len(rows)
    more = f", and {counted(copies, 'copy').replace('copys', 'copies')} of them" if copies else ""
    noun = LABEL_NOUNS[str(view.inbox)][len(rows) != 1]
    return html.Span(f"{len(rows):,} {noun} unread{more}. Opening one marks it as seen.")


def _sentence(answer: Row, view: View) -> Component:
    count, scored = answer["comments"], answer["scored"]
    if count:
        matches = "1 comment matches" if count == 1 else f"{count:,} comments match"
        of_which = f", {scored:,} of them scored" if scored is not None and scored != count else ""
        return html.Span(f"{matches}{of_which}. Text is blurred: hover to read, click to open the thread.")
    return html.Span(
        ["No comments match. ", link("Clear filters", "/comments", View(last=view.last, newest=view.newest).search())]
    )


def _filters(search: str) -> str:
    return search.lstrip("?") or "without a filter"


def _order(sort: list[dict[str, str]] | None) -> str:
    """The grid's sort order as SQL; only known columns and directions get in."""
    for wanted in sort or []:
        if wanted.get("colId") in SORTABLE and wanted.get("sort") in ("asc", "desc"):
            return f"{wanted['colId']} {wanted['sort']} NULLS LAST"
    return DEFAULT_ORDER


def _cells(row: Row, view: View) -> Row:
    id = f"{row['posted_at']:%Y-%m-%d}/{row['comment_id']}"
    return row | {"id": id, "posted_at": view.time(row["posted_at"])}


def _thread(
    answers: Answers, view: View, model: Scorer, inbox: Inbox, write_down: Callable[[str], None]
) -> Component:  # fmt: skip
    """One comment, with the comment it replies to and its own replies."""
    write_down(f"read {view.comment}")
    posted_on, _, id = str(view.comment).partition("/")
    row = answers.comment(id, posted_on)
    if row is None:
        return panel("Comment", "Comment not found. It may have been erased.")
    inbox.see(row, view)
    scores = [row[label] for label in LABELS]
    text = explain.marked(model, row["text"], row["language"], scores) if row["toxic"] is not None else [row["text"]]
    replies = [html.Li(reply["text"], title=view.time(reply["posted_at"])) for reply in answers.replies(id, posted_on)]
    flags = f"Flagged as {_names(row['flags'])}." if row["flags"] else "Not flagged."
    reviewed = _names(row["reviewed_as"] or []) or "harmless"
    review = "" if row["reviewed_as"] is None else f" Reviewed as {reviewed}."
    return panel(
        f"{row['platform']}/{row['account']}", place(row, view),
        *([html.P(["In reply to: ", row["parent_text"]], className="note line")] if row["parent_text"] else []),
        html.P(text, className="line"),
        html.P(flags + _attacks(row, model) + review, className="note"),
        *_details(row),
        *(meters(scores) if row["toxic"] is not None else []),
        html.P(_replies(len(replies)), className="note"),
        html.Ol(replies, className="replies"),
        link("Link to this comment", "/comments", view.search()),
    )  # fmt: skip


def _details(row: Row) -> list[Component]:
    """What the source says about the comment besides, and where it stands."""
    facts = ", ".join(fact for name, fact in COMMENT_FACTS.items() if row[name])
    said: list[Any] = [f"{facts.capitalize()}. "] if facts else []
    if row["link"]:
        said.append(html.A("Open the original", href=row["link"], target="_blank", rel="noreferrer"))
    return [html.P(said, className="note")] if said else []


def _attacks(row: Row, model: Scorer) -> str:
    if row["toxic"] is None and row["language"] not in (None, *model.judged):
        return f" No scores: the model was not judged in {language_name(row['language'])}."
    return f" Attacks: {ATTACKED[row['attacked']].lower()}." if row["attacked"] in ATTACKED else ""


def _names(labels: list[str]) -> str:
    return ", ".join(map(label_name, labels))


def _replies(count: int) -> str:
    return "No replies" if count == 0 else "1 reply" if count == 1 else f"{count} replies"


def _grid(view: View) -> Component:
    score = {"width": 92, "type": "rightAligned", "valueFormatter": TWO_DIGITS}
    columns = [
        {
            "field": "posted_at",
            "headerName": f"Posted ({view.zone.rpartition('/')[2].replace('_', ' ')})",
            "width": 165,
        },
        {"field": "account", "headerName": "Account", "width": 225},
        {
            "field": "text",
            "headerName": "Text",
            "flex": 1,
            "minWidth": 320,
            "sortable": False,
            "cellClass": "hidden-text",
        },
        *([{"field": "times", "headerName": "Posted", "width": 90, "valueFormatter": TIMES}] if view.inbox else []),
        {"field": "severity", "headerName": "Severity", "width": 100, "sortable": False},
        {"field": "language", "headerName": "Language", "width": 105},
        {"field": "likes", "headerName": "Likes", "width": 80, "type": "rightAligned"},
        *({"field": label, "headerName": label_title(label), **score} for label in LABELS),
    ]
    options = {
        "cacheBlockSize": 100, "maxBlocksInCache": 20, "rowHeight": 34,
        "rowSelection": {"mode": "multiRow", "headerCheckbox": False},
        "localeText": {"noRowsToShow": "No comments match."},
    }  # fmt: skip
    rows = grid(columns, "68vh", options, id="comments", rowModelType="infinite", getRowId="params.data.id")
    return labelled(html.Section, "Comments", rows, className="panel wide grid")
