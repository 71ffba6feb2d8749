"""Building blocks of the pages. Comment text is always inserted as text, never as HTML or Markdown."""

import csv
import html as entities
import io
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, cast
from urllib.parse import quote

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.figures import Address, Figure, bars, small_multiples, stacked
from dashboard.people import VISITOR
from dashboard.view import FIRST_DAY, LONGEST_PERIOD, Row, View, time_zones
from dashboard.wording import ATTACKED, PERIODS, counted, dates, heading, label_title, previous_period
from models.labels import LABELS
from models.training.report import COLOURS
from warehouse.untrusted import guarded

# Plotly's toolbar has a button that uploads the chart to Plotly's cloud.
GRAPH: Any = {
    "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"],
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
}
CALENDAR: Any = {
    "ariaLabels": {"nextMonth": "Next month", "previousMonth": "Previous month", "monthLevelControl": "Choose a month"},
    "popoverProps": {"withinPortal": True},
}
LANGUAGES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese",
    "und": "Unknown", "nl": "Dutch", "pl": "Polish", "tr": "Turkish", "ar": "Arabic", "hi": "Hindi", "ru": "Russian",
    "id": "Indonesian", "zh": "Chinese", "ko": "Korean", "ja": "Japanese", "sv": "Swedish", "da": "Danish",
    "no": "Norwegian", "fi": "Finnish", "cs": "Czech", "sk": "Slovak", "hu": "Hungarian", "ro": "Romanian",
    "bg": "Bulgarian", "el": "Greek", "hr": "Croatian", "sr": "Serbian", "sl": "Slovenian", "uk": "Ukrainian",
    "he": "Hebrew", "fa": "Persian", "ur": "Urdu", "bn": "Bengali", "ta": "Tamil", "te": "Telugu", "mr": "Marathi",
    "th": "Thai", "vi": "Vietnamese", "ms": "Malay", "tl": "Tagalog", "sw": "Swahili", "ca": "Catalan", "eu": "Basque",
    "gl": "Galician", "lt": "Lithuanian", "lv": "Latvian", "et": "Estonian", "af": "Afrikaans", "sq": "Albanian",
    "kn": "Kannada", "ml": "Malayalam",
}  # fmt: skip
MOST_UNFOLDED = 4  # controls that a phone shows at once
MOST_LANGUAGES = 4  # named in a sentence
NUMERIC = re.compile(r"–|[+-]?[\d,.]+%?( points)?( ± [\d.]+)?")
GRID_THEME = """themeQuartz.withParams({
    backgroundColor: 'var(--card)', foregroundColor: 'var(--ink)', headerBackgroundColor: 'var(--paper)',
    headerTextColor: 'var(--quiet)', borderColor: 'var(--line)', fontFamily: 'inherit', wrapperBorder: false,
    browserColorScheme: 'inherit',
})"""

NAME_UPLOAD = """async () => {
    const input = () => document.querySelector('#ID input'), path = location.pathname;
    while (!input() && location.pathname === path) await new Promise(resolve => setTimeout(resolve, 50));
    if (input()) input().ariaLabel = 'NAME';
    return '';
}"""


def percent(part: float | None) -> str:
    if part is None:
        return "–"
    return f"{part:.1%}" if part >= 0.01 or part == 0 else f"{part:.2%}"


def points(change: float | None) -> str:
    """+1.2 points"""
    if change is None:
        return "–"
    return f"{100 * change:+.1f} points" if abs(change) >= 0.0005 else "0.0 points"


def up_or_down(change: float) -> str:
    """ "up 1.2 points" """
    return f"{'up' if change > 0 else 'down'} {points(abs(change)).lstrip('+')}"


def share(row: Row) -> str:
    """16.5% ± 1.0"""
    return f"{percent(row['share'])} ± {100 * row['margin']:.1f}"


def shown(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%d %b}"
    return entities.unescape(str(value))


def page(
    title: str, sentence: Component | str | list[Any], controls: Sequence[Component], *panels: Component
) -> Component:
    head = html.Div([html.H1(title), html.P(sentence, className="sentence")], className="head-text")
    fold = [dmc.Switch(id="filters", label="Filters", persistence="filters", persistence_type="session")]
    chosen = html.Div(list(controls), className="controls")
    folded = [html.Div(fold, className="fold"), chosen] if len(controls) > MOST_UNFOLDED else [chosen]
    return html.Div([html.Header([head, *folded]), *panels], className="page")


def panel(title: str, note: Any, *body: Any, wide: bool = False) -> Component:
    return html.Section(
        [html.H2(title), html.P(prose(note) if isinstance(note, str) else note, className="note"), *body],
        className="panel wide" if wide else "panel",
    )


def chart(
    title: str, note: str, figure: Figure | dict[str, Figure], rows: Sequence[Row], empty: str, wide: bool = False
) -> Component:  # fmt: skip
    """A figure, or small ones by title, with the data as a table and a CSV file; `empty` is shown without rows."""
    if not rows:
        return panel(title, note, html.P(empty, className="empty"), wide=wide)
    is_one = "data" in figure
    figures = {title: figure} if is_one else figure
    is_open = any("customdata" in trace for one in figures.values() for trace in one["data"])
    note += " Click to read the comments." if is_open else ""
    graphs: list[Any] = [_graph(name, one) for name, one in figures.items()]
    if not is_one:
        graphs = [html.Div([html.H3(name), graph]) for name, graph in zip(figures, graphs, strict=True)]
    look = " ".join([*(["opens"] if is_open else []), *([] if is_one else ["multiples"])])
    drawn = labelled(html.Div, f"{title}. {note}", *graphs, role="figure", className=look)
    data = html.Details(
        [
            html.Summary("Show data", id={"data": "show", "of": title}),
            _download(title, rows),
            " · ",
            explained(),
            html.Div(id={"data": "shown", "of": title}),
            dcc.Store(id={"data": "grid", "of": title}, data=_data(rows).to_plotly_json()),
        ],
        className="numbers",
    )
    return panel(title, note, drawn, data, wide=wide)


def explained() -> Component:
    return html.Span(link("How these numbers are made", "/numbers"), className="numbers")


def _graph(name: str, figure: Figure) -> Component:
    """As high before it is drawn as after, so that the page below does not jump."""
    height = {"height": figure["layout"]["height"]}
    graph: Component = dcc.Graph(id={"chart": name}, figure=figure, config=GRAPH, style=height)
    return graph


def behind(view: View, **filters: Any) -> str | None:
    """The address of the comments behind a figure; None for visitors who see no comments."""
    return "/comments" + view.unfiltered().search(**filters) if VISITOR.get().may("texts") else None


def behind_day(view: View) -> Address:
    """Of a figure of one day and category: that day's flagged comments."""
    of_label = cache(lambda label: behind(view, flag=label, days=1, last=view.newest))
    return lambda row: (address := of_label(row["label"])) and f"{address}&last={row['day']}"


def severities(rows: Sequence[Row], view: View) -> Component:
    of_severity = cache(lambda severity: behind(view, severity=severity, days=1, last=view.newest))

    def address(row: Row) -> str | None:
        return (found := of_severity(row["severity"])) and f"{found}&last={row['day']}"

    return chart(
        "Severity, by day", "Flagged comments by the highest severity among their flags.",
        stacked(rows, view.first, view.last, address), rows, "No comment is flagged in this period.", wide=True,
    )  # fmt: skip


def opens(text: str, view: View, **filters: Any) -> Component | str:
    """A link to the comments behind a figure, or just the text."""
    address = behind(view, **filters)
    return dcc.Link(text, href=address) if address else text


def attacked(answer: Sequence[Row], view: View) -> list[Component]:
    """Whom toxic comments attack; nothing where the model doesn't tell."""
    if not answer:
        return []
    rows = [row for row in answer if row["attacked"] in ATTACKED]
    toxic = {name: sum(row["toxic"] for row in rows if row["attacked"] == name) for name in ATTACKED}
    total = sum(toxic.values())
    shares = {name: part / total for name, part in sorted(toxic.items(), key=lambda one: -one[1]) if part}
    return [chart(
        "Who is attacked", "Share of the toxic comments that attack someone, by whom they most likely attack.",
        bars([ATTACKED[name] for name in shares], list(shares.values()), [0.0] * len(shares), COLOURS["toxic"],
             [behind(view, attacked=name) for name in shares]), rows,
        "No toxic comment of this period attacks anyone.", wide=True,
    )]  # fmt: skip


def not_judged(languages: Sequence[Row]) -> str:
    """ " Not counted: 120 comments (2.4%) in languages that the model was not judged in: Greek (100), Finnish." """
    others = [row for row in languages if not row["is_judged"]]
    if not others:
        return ""
    comments, total = (sum(row["comments"] for row in rows) for rows in (others, languages))
    named = ", ".join(f"{language_name(row['language'])} ({row['comments']:,})" for row in others[:MOST_LANGUAGES])
    more = f" and {len(others) - MOST_LANGUAGES} more" if len(others) > MOST_LANGUAGES else ""
    return (
        f" Not counted: {counted(comments, 'comment')} ({percent(comments / total)}) in languages that the model was "
        f"not judged in: {named}{more}."
    )


def all_categories(trend: Sequence[Row], view: View) -> Component:
    figure = small_multiples(trend, behind_day(view))
    return chart("All categories, by day", "Each chart has its own scale.", figure, trend,
                 "No comments in this period.", wide=True)  # fmt: skip


def table(rows: Sequence[Row], headings: dict[str, str] | None = None) -> Component:
    """The columns in `headings`, or all of them."""
    headings = headings or {column: heading(column) for column in (rows[0] if rows else {})}
    kind = {name: "number" if all(_is_numeric(row[name]) for row in rows) else "" for name in headings}
    head = html.Tr(
        [html.Th(text, className=kind[name], scope="col", role="columnheader") for name, text in headings.items()],
        role="row",
    )
    body = [
        html.Tr([
            html.Td(row[name] if isinstance(row[name], Component) else shown(row[name]), className=kind[name],
                    role="cell", **cast(Any, {"data-heading": text}))
            for name, text in headings.items()
        ], role="row")
        for row in rows
    ]  # fmt: skip
    parts = [html.Thead(head, role="rowgroup"), html.Tbody(body, role="rowgroup")]  # a phone shows no table
    return html.Div(html.Table(parts, role="table"), className="table", tabIndex=0)


def _is_numeric(value: Any) -> bool:
    if isinstance(value, dcc.Link):
        value = value.children
    if isinstance(value, str):
        return NUMERIC.fullmatch(value) is not None
    return value is None or isinstance(value, int | float)


def grid(columns: list[dict[str, Any]], height: str, options: dict[str, Any], **properties: Any) -> Component:
    """A table of any length. With Dash's own, every cell is a component, which keeps a browser busy for seconds."""
    table: Component = dag.AgGrid(
        columnDefs=columns, style={"height": height}, defaultColDef={"sortable": True, "resizable": True},
        dashGridOptions={"enableCellTextSelection": True, "theme": {"function": GRID_THEME}, **options}, **properties,
    )  # fmt: skip
    return table


def _data(rows: Sequence[Row]) -> Component:
    columns = []
    for name in rows[0]:
        column: dict[str, Any] = {"field": name, "headerName": heading(name), "minWidth": 125}
        if any(isinstance(row[name], int | float) for row in rows):
            digits = ",.3~r" if any(isinstance(row[name], float) for row in rows) else ","
            formatted = f"params.value == null ? '–' : d3.format('{digits}')(params.value)"
            column |= {"type": "rightAligned", "valueFormatter": {"function": formatted}}
        columns.append(column)
    return grid(columns, "300px", {"rowHeight": 28}, rowData=list(rows), columnSize="responsiveSizeToFit")


def tile(label: str, value: str, note: str = "", mood: str = "", href: str | None = None) -> Component:
    parts = [html.Div(label, className="label"), html.Div(value, className="value"),
             html.Div(note, className=f"note {mood}")]  # fmt: skip
    return dcc.Link(parts, href=href, className="tile") if href else html.Div(parts, className="tile")


def tiles(*items: Component) -> Component:
    return html.Div(list(items), className="tiles")


def meters(scores: Sequence[float]) -> list[Component]:
    """One bar per category."""
    return [
        html.Div([
            html.Span(label_title(label), className="label"),
            html.Span(html.Span(style={"width": f"{100 * p:.1f}%", "background": COLOURS[label]}), className="meter"),
            html.Span(percent(float(p)), className="number"),
        ], className="meters")
        for label, p in zip(LABELS, scores, strict=True)
    ]  # fmt: skip


def place(row: Row, view: View) -> list[Any]:
    """When and where a comment was written."""
    likes = "likes unknown" if row["likes"] is None else counted(row["likes"], "like")
    language = language_name(row["language"]) if row["language"] else "no language"
    post = shown(row["caption"] or row["url"] or "a post")
    return [
        f"{view.time(row['posted_at'])} {view.zone} · {language} · {likes} · on ",
        html.A(post, href=row["url"], target="_blank", rel="noreferrer"),
    ]


def language_name(code: str) -> str:
    return LANGUAGES.get(code, code)


def note(text: str, heading: str = "Nothing to show") -> Component:
    return html.Div([html.H1(heading), html.P(prose(text))], className="page notice", role="status")


def prose(text: str) -> list[Any]:
    """Text with `commands` set as code."""
    return [html.Code(part) if i % 2 else part for i, part in enumerate(text.split("`"))]


def pick(
    name: str, label: str, value: Any, choices: dict[str, str], empty: str | None = None, **options: Any
) -> Component:
    """A control whose value becomes part of the URL."""
    select: Component = dmc.Select(
        id={"control": name}, label=label, value=None if value is None else str(value), clearable=empty is not None,
        data=[{"value": key, "label": text} for key, text in choices.items()], size="sm",
        allowDeselect=False, comboboxProps={"withinPortal": True}, searchable=len(choices) > 8, w=190,
        **{"placeholder": empty, **options},
    )  # fmt: skip
    return select


def choice(id: str, label: str, choices: dict[str, str], value: str | None = None, **options: Any) -> Component:
    """A control of a form; `choices` is value → text."""
    select: Component = dmc.Select(
        id=id, label=label, value=value, size="sm",
        data=[{"value": key, "label": text} for key, text in choices.items()], **options,
    )  # fmt: skip
    return select


def pick_period(view: View) -> list[Component]:
    """A usual period, or any dates."""
    lengths = {str(days): text for days, text in PERIODS.items()}
    calendar = dmc.DatePickerInput(
        id={"control": "dates"}, label="Dates", type="range", value=[str(view.first), str(view.last)], size="sm",
        valueFormat="D MMM YYYY", maxDate=str(view.newest), allowSingleDateInRange=True,
        minDate=str(max(view.newest - timedelta(days=LONGEST_PERIOD), FIRST_DAY)), **CALENDAR,
    )  # fmt: skip
    return [
        pick("days", "Period", view.days if view.days in PERIODS else None, lengths, placeholder="Own dates"),
        html.Div(calendar, className="dates"),
    ]


def pick_comparison(view: View) -> list[Component]:
    """The period to compare with; any other starts on a day of one's choice."""
    first = str(view.first - timedelta(days=view.days))
    is_other = view.against not in (None, "year")
    choices = {"year": "Same weeks last year", str(view.against) if is_other else first: "Another period…"}
    chosen = pick("against", "Compare with", view.against, choices, "Previous period")
    if not is_other:
        return [chosen]
    start = dmc.DatePickerInput(
        id={"control": "against day"}, label="which starts on", value=view.against, size="sm",
        valueFormat="D MMM YYYY", maxDate=str(view.newest), **CALENDAR,
    )  # fmt: skip
    return [chosen, html.Div(start, className="dates")]


def change_from(change: float, view: View) -> str:
    """ "up 1.2 points from the previous 7 days", "the same as the previous 7 days" """
    if abs(change) < 0.0005:
        return f"the same as {compared_with(view)}"
    return f"{up_or_down(change)} from {compared_with(view)}"


def compared_with(view: View) -> str:
    """ "the previous 7 days", "the same weeks last year", "1 to 7 November 2026" """
    if view.compared is None:
        return previous_period(view.days)
    if view.against == "year":
        return "the same weeks last year"
    return dates(view.compared.first, view.compared.last)


def pick_zone(view: View) -> Component:
    zones = {
        zone: zone.replace("_", " ")
        for zone in ["UTC", *sorted(time_zones())]
        if zone == "UTC" or ("/" in zone and not zone.startswith("Etc/"))
    }
    return pick("zone", "Time zone", view.zone, zones, limit=100)


def pick_label(view: View) -> Component:
    return pick("label", "Category", view.label, {label: label_title(label) for label in LABELS})


def pick_flag(view: View) -> Component:
    return pick("flag", "Flagged as", view.flag, {label: label_title(label) for label in LABELS}, "All comments")


def pick_attacked(view: View) -> Component:
    return pick("attacked", "Attacks", view.attacked, ATTACKED, "Anyone or nobody")


def pick_account(view: View, places: dict[str, str], empty: str | None = None) -> Component:
    return pick("account", "Account", view.account, places, empty)


def labelled(kind: Callable[..., Component], label: str, *body: Any, **properties: Any) -> Component:
    """A component with a name for screen readers."""
    return kind(*([list(body)] if body else []), **properties, **{"aria-label": label})


def upload(id: str, caption: Component, **options: Any) -> Component:
    return html.Div(dcc.Upload(caption, id=id, **options), id=f"{id}-place")


def name_upload(app: Dash, id: str, name: str) -> None:
    """For screen readers: Dash adds the input late and without a name."""
    app.clientside_callback(
        NAME_UPLOAD.replace("ID", id).replace("NAME", name), Output(f"{id}-place", "data-named"), Input(id, "id")
    )


def link(text: str, path: str, search: str = "") -> Component:
    return dcc.Link(text, href=path + search)


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV; cells that a spreadsheet would run as formulas are escaped."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(guarded, rows[0] if rows else []))
    writer.writerows([_safe(value) for value in row.values()] for row in rows)
    return out.getvalue()


def _safe(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) else value


def _download(title: str, rows: Sequence[Row]) -> Component:
    return html.A("Download CSV", download=f"{title}.csv", href=f"data:text/csv;charset=utf-8,{quote(as_csv(rows))}")
