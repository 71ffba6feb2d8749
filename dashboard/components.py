"""Building blocks of the pages. Comment text is always inserted as text, never as HTML or Markdown."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.glossary import term, with_terms
from dashboard.language import _, ngettext
from dashboard.view import Row, View
from dashboard.wording import heading, label_title, language_name, percent, shown
from models.labels import LABELS
from models.training.report import COLOURS

LONGEST_NARROW, LONGEST_WORD = 28, 13  # characters of a cell, and of what stays on one line
MOST_UNFOLDED = 3  # controls that a phone shows at once
NUMERIC = re.compile(r"–|[+-]?\d[\d,.\u202f\xa0]*%?( \w+)?( ± [\d,.]+)?")  # "1,204", "+1.2 points", "4,9 % ± 0,3"
GRID_THEME = """themeQuartz.withParams({
    backgroundColor: 'var(--card)', foregroundColor: 'var(--ink)', headerBackgroundColor: 'var(--paper)',
    headerTextColor: 'var(--quiet)', borderColor: 'var(--line)', fontFamily: 'inherit', wrapperBorder: false,
    browserColorScheme: 'inherit',
})"""


def page(
    title: str, sentence: Component | str | list[Any], controls: Sequence[Component], *panels: Component
) -> Component:
    head = html.Div([html.H1(title), html.P(sentence, className="sentence")], className="head-text")
    fold = [dmc.Switch(id="filters", label=_("Filters"), persistence="filters", persistence_type="session")]
    chosen = html.Div(list(controls), className="controls")
    folded = [html.Div(fold, className="fold"), chosen] if len(controls) > MOST_UNFOLDED else [chosen]
    return html.Div([html.Header([head, *folded]), *panels], className="page")


def panel(title: str, note: Any, *body: Any, wide: bool = False) -> Component:
    return html.Section(
        [html.H2(title), html.P(prose(note) if isinstance(note, str) else note, className="note"), *body],
        className="panel wide" if wide else "panel",
    )


def table(rows: Sequence[Row], headings: dict[str, str] | None = None) -> Component:
    """The columns in `headings`, or all of them."""
    headings = headings or {column: heading(column) for column in (rows[0] if rows else {})}
    kind = {name: "number" if all(_is_numeric(row[name]) for row in rows) else "" for name in headings}
    head = html.Tr(
        [
            html.Th(term(text), className=kind[name], scope="col", role="columnheader")
            for name, text in headings.items()
        ],
        role="row",
    )
    body = [
        html.Tr([
            html.Td(row[name] if isinstance(row[name], Component) else shown(row[name]),
                    className="long" if _is_long(row[name]) else kind[name], role="cell",
                    **cast(Any, {"data-heading": text}))
            for name, text in headings.items()
        ], role="row")
        for row in rows
    ]  # fmt: skip
    parts = [html.Thead(head, role="rowgroup"), html.Tbody(body, role="rowgroup")]  # a phone shows no table
    return html.Div(html.Table(parts, role="table"), className="table", tabIndex=0)


def _is_long(value: Any) -> bool:
    """Too long for a third of a phone."""
    value = _within(value)
    return isinstance(value, str) and (
        len(value) > LONGEST_NARROW or any(len(word) > LONGEST_WORD for word in value.split())
    )


def _within(value: Any) -> Any:
    """What a link or a span holds, or the value itself."""
    while isinstance(value, dcc.Link | html.Span):
        value = value.children
    return value


def _is_numeric(value: Any) -> bool:
    value = _within(value)
    if isinstance(value, str):
        return NUMERIC.fullmatch(value) is not None
    return value is None or isinstance(value, int | float)


def grid(columns: list[dict[str, Any]], height: str, options: dict[str, Any], **properties: Any) -> Component:
    """A table of any length. With Dash's own, every cell is a component, which keeps a browser busy for seconds."""
    table: Component = dag.AgGrid(
        columnDefs=columns, style={"height": height}, defaultColDef={"sortable": True, "resizable": True},
        dashGridOptions={"enableCellTextSelection": True, "theme": {"function": GRID_THEME},
                         "localeText": _grid_texts(), **options}, **properties,
    )  # fmt: skip
    return table


def _grid_texts() -> dict[str, str]:
    return {
        "noRowsToShow": _("Nothing to show"),
        "loadingOoo": _("Loading …"),
        "ariaRowSelect": _("Press Space to select this row"),
        "ariaRowDeselect": _("Press Space to deselect this row"),
        "ariaRowToggleSelection": _("Press Space to select or deselect this row"),
        "ariaSortableColumn": _("Press Enter to sort"),
        "ariaChecked": _("selected"),
        "ariaUnchecked": _("not selected"),
    }


def tile(label: str, value: str, note: str = "", mood: str = "", href: str | None = None) -> Component:
    parts = [html.Div(term(label, is_focusable=href is None), className="label"), html.Div(value, className="value"),
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
    likes = _("likes unknown") if row["likes"] is None else ngettext("{number} like", "{number} likes", row["likes"])
    language = language_name(row["language"]) if row["language"] else _("no language")
    post = shown(row["caption"] or row["url"] or _("a post"))
    return [
        f"{view.time(row['posted_at'])} {view.zone} · {language} · {likes} · ",
        html.A(post, href=row["url"], target="_blank", rel="noreferrer"),
    ]


def note(text: str, heading: str = "") -> Component:
    return html.Div(
        [html.H1(heading or _("Nothing to show")), html.P(prose(text))], className="page notice", role="status"
    )


def prose(text: str) -> list[Any]:
    """Text with `commands` set as code, and terms explained."""
    parts = [[html.Code(part)] if i % 2 else with_terms(part) for i, part in enumerate(text.split("`"))]
    return [one for part in parts for one in part]


def labelled(kind: Callable[..., Component], label: str, *body: Any, **properties: Any) -> Component:
    """A component with a name for screen readers."""
    return kind(*([list(body)] if body else []), **properties, **{"aria-label": label})


def link(text: str, path: str, search: str = "") -> Component:
    return dcc.Link(text, href=path + search)
