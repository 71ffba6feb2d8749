"""The parts that pages are made of. Comment text goes in as text, never as HTML or Markdown."""

import csv
import html as entities
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import available_timezones

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.figures import COLOURS, Figure, named, small_multiples
from dashboard.view import PERIODS, Row, View
from models.labels import LABELS
from warehouse.queries import FORMULA

# Plotly's bar has a button that sends the chart to its maker's cloud.
GRAPH: Any = {
    "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"],
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
}
LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese",
             "und": "undetermined"}  # fmt: skip
GRID_THEME = """themeQuartz.withParams({
    backgroundColor: 'var(--card)', foregroundColor: 'var(--ink)', headerBackgroundColor: 'var(--paper)',
    headerTextColor: 'var(--quiet)', borderColor: 'var(--line)', fontFamily: 'inherit', wrapperBorder: false,
})"""


def percent(part: float | None) -> str:
    if part is None:
        return "–"
    return f"{part:.1%}" if part >= 0.01 or part == 0 else f"{part:.2%}"


def points(change: float | None) -> str:
    """+1.2 points"""
    if change is None:
        return "–"
    return f"{100 * change:+.1f} points" if abs(change) >= 0.0005 else "0.0 points"


def is_beyond_chance(row: Row) -> bool:
    return row["change"] is not None and abs(row["change"]) > row["change_margin"]


def share(row: Row) -> str:
    """16.5% ± 1.0"""
    return f"{percent(row['share'])} ± {100 * row['margin']:.1f}"


def day(value: date) -> str:
    return f"{value.day} {value:%B}"


def shown(value: Any) -> str:
    """A value as people read it in a table."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%d %b}"
    return entities.unescape(str(value))


def page(title: str, sentence: Component | str, controls: Sequence[Component], *panels: Component) -> Component:
    head = html.Div([html.H1(title), html.P(sentence, className="sentence")], className="head-text")
    return html.Div([html.Header([head, html.Div(list(controls), className="controls")]), *panels], className="page")


def panel(title: str, note: Any, *body: Any, wide: bool = False) -> Component:
    return html.Section(
        [html.H2(title), html.P(note, className="note"), *body], className="panel wide" if wide else "panel"
    )


def chart(title: str, note: str, figure: Figure, rows: Sequence[Row], empty: str, wide: bool = False) -> Component:
    """A figure with its numbers beside it as a table and a CSV file; what it says where there is nothing."""
    if not rows:
        return panel(title, note, html.P(empty, className="empty"), wide=wide)
    graph = labelled(html.Div, f"{title}. {note}", dcc.Graph(figure=figure, config=GRAPH), role="figure",
                     className="scrolls" if wide else "")  # fmt: skip
    numbers = html.Details([html.Summary("Numbers"), _download(title, rows), _numbers(rows)], className="numbers")
    return panel(title, note, graph, numbers, wide=wide)


def all_categories(trend: Sequence[Row]) -> Component:
    return chart("All categories, by day", "Each on its own scale.", small_multiples(trend), trend,
                 "No comments were posted on these days.", wide=True)  # fmt: skip


def table(rows: Sequence[Row], names: dict[str, str] | None = None) -> Component:
    """The columns in `names`, or all."""
    names = names or {column: column.replace("_", " ") for column in (rows[0] if rows else {})}
    is_number = {name: any(isinstance(row[name], int | float) for row in rows) for name in names}
    kind = {name: "number" if is_number[name] else "" for name in names}
    head = html.Tr([html.Th(said, className=kind[name], scope="col") for name, said in names.items()])
    body = [
        html.Tr([
            html.Td(row[name] if isinstance(row[name], Component) else shown(row[name]), className=kind[name])
            for name in names
        ])
        for row in rows
    ]  # fmt: skip
    return html.Div(html.Table([html.Thead(head), html.Tbody(body)]), className="table", tabIndex=0)


def grid(columns: list[dict[str, Any]], height: str, options: dict[str, Any], **properties: Any) -> Component:
    """A table of any length. A table of Dash's own makes a component of each cell, and a browser busy for seconds."""
    return dag.AgGrid(
        columnDefs=columns, style={"height": height}, defaultColDef={"sortable": True, "resizable": True},
        dashGridOptions={"enableCellTextSelection": True, "theme": {"function": GRID_THEME}, **options}, **properties,
    )  # fmt: skip


def _numbers(rows: Sequence[Row]) -> Component:
    columns = []
    for name in rows[0]:
        column: dict[str, Any] = {"field": name, "headerName": name.replace("_", " "), "minWidth": 125}
        if any(isinstance(row[name], int | float) for row in rows):
            digits = ",.3~r" if any(isinstance(row[name], float) for row in rows) else ","
            said = f"params.value == null ? '–' : d3.format('{digits}')(params.value)"
            column |= {"type": "rightAligned", "valueFormatter": {"function": said}}
        columns.append(column)
    return grid(columns, "300px", {"rowHeight": 28}, rowData=list(rows), columnSize="responsiveSizeToFit")


def tile(said: str, value: str, note: str = "", mood: str = "") -> Component:
    return html.Div([html.Div(said, className="said"), html.Div(value, className="value"),
                     html.Div(note, className=f"note {mood}")], className="tile")  # fmt: skip


def tiles(*those: Component) -> Component:
    return html.Div(list(those), className="tiles")


def meters(scores: Sequence[float]) -> list[Component]:
    """A bar for each category."""
    return [
        html.Div([
            html.Span(named(label), className="label"),
            html.Span(html.Span(style={"width": f"{100 * p:.1f}%", "background": COLOURS[label]}), className="meter"),
            html.Span(percent(float(p)), className="number"),
        ], className="meters")
        for label, p in zip(LABELS, scores, strict=True)
    ]  # fmt: skip


def place(row: Row, view: View) -> list[Any]:
    """When and where a comment was written."""
    said = f"{view.time(row['posted_at'])} {view.zone}, {row['language']}, {shown(row['likes'])} likes; below "
    post = shown(row["caption"] or row["url"] or "a post")
    return [said, html.A(post, href=row["url"], target="_blank", rel="noreferrer")]


def note(text: str, heading: str = "Nothing to show") -> Component:
    return html.Div([html.H1(heading), html.P(text)], className="page notice", role="status")


def pick(
    name: str, label: str, value: Any, choices: dict[str, str], empty: str | None = None, **options: Any
) -> Component:
    """A control whose value goes into the address."""
    return dmc.Select(
        id={"control": name}, label=label, value=None if value is None else str(value), clearable=empty is not None,
        data=[{"value": key, "label": said} for key, said in choices.items()], placeholder=empty, size="sm",
        allowDeselect=False, comboboxProps={"withinPortal": True}, searchable=len(choices) > 8, w=190,
        **options,
    )  # fmt: skip


def pick_period(view: View) -> Component:
    return pick("days", "Period", view.days, {str(days): said for days, said in PERIODS.items()})


def pick_zone(view: View) -> Component:
    zones = {
        zone: zone.replace("_", " ")
        for zone in ["UTC", *sorted(available_timezones())]
        if zone == "UTC" or ("/" in zone and not zone.startswith("Etc/"))
    }
    return pick("zone", "Times in", view.zone, zones, limit=100)


def pick_label(view: View) -> Component:
    return pick("label", "Category", view.label, {label: named(label) for label in LABELS})


def pick_account(view: View, places: dict[str, str], empty: str | None = None) -> Component:
    return pick("account", "Account", view.account, places, empty)


def labelled(kind: Callable[..., Component], label: str, *body: Any, **properties: Any) -> Component:
    """A component that a screen reader names."""
    return kind(*([list(body)] if body else []), **properties, **{"aria-label": label})


def link(text: str, path: str, search: str = "") -> Component:
    return dcc.Link(text, href=path + search)


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as a CSV file in which no cell is run by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(rows[0] if rows else [])
    writer.writerows([_safe(value) for value in row.values()] for row in rows)
    return out.getvalue()


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _download(title: str, rows: Sequence[Row]) -> Component:
    return html.A("CSV", download=f"{title}.csv", href=f"data:text/csv;charset=utf-8,{quote(as_csv(rows))}")
