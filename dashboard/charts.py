"""Charts as panels of a page: each has its data as a table and a file, and leads to the comments behind it."""

import csv
import io
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import grid, labelled, link, panel, prose, table
from dashboard.figures import FEW, SEVERITIES, Address, Figure, bars, daily_spam, small_multiples, stacked
from dashboard.language import LANGUAGE, _, number
from dashboard.people import VISITOR
from dashboard.view import Answers, Row, View
from dashboard.wording import (
    ADDRESSEES,
    ATTACKED,
    heading,
    label_name,
    label_title,
    language_name,
    percent,
    severity_title,
)
from models.labels import LABELS
from models.training.report import COLOURS
from warehouse.measures import FEW_COMMENTS
from warehouse.untrusted import guarded

Entry = tuple[str, str, str | None]  # of a legend: name, colour, where it leads

MOST_LANGUAGES, MOST_COLOURED = 10, 0.4  # in the table; of a cell's background, so that its text can be read
# Plotly's toolbar has a button that uploads the chart to Plotly's cloud.
GRAPH: Any = {
    "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"],
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
}


def chart(
    title: str, note: str, figure: Figure | dict[str, Figure], rows: Sequence[Row], empty: str, wide: bool = False,
    legend: Sequence[Entry] = (),
) -> Component:  # fmt: skip
    """A figure, or small ones by title, with the data as a table and a CSV file; `empty` is shown without rows."""
    if not rows:
        return panel(title, note, html.P(empty, className="empty"), wide=wide)
    is_one = "data" in figure
    figures = {title: figure} if is_one else figure
    is_open = any("customdata" in trace for one in figures.values() for trace in one["data"])
    graphs: list[Any] = [_graph(name, one) for name, one in figures.items()]
    if not is_one:
        graphs = [html.Div([html.H3(name), graph]) for name, graph in zip(figures, graphs, strict=True)]
    look = " ".join([*(["opens"] if is_open else []), *([] if is_one else ["multiples"])])
    drawn = labelled(html.Div, f"{title}. {note}", *graphs, role="figure", className=look)
    data = html.Details(
        [
            html.Summary(_("Show data"), id={"data": "show", "of": title}),
            _download(title, rows),
            " · ",
            explained(),
            html.Div(id={"data": "shown", "of": title}),
            dcc.Store(id={"data": "grid", "of": title}, data=_data(rows).to_plotly_json()),
        ],
        className="numbers",
    )
    can_read = is_open and VISITOR.get().may("texts")
    opening = [" ", html.Span(_("Click to read the comments."), className="opening")] if can_read else []
    return panel(title, [*prose(note), *opening], *_legend(legend), drawn, data, wide=wide)


def _legend(entries: Sequence[Entry]) -> list[Component]:
    """What the colours mean; each entry leads to its comments."""
    lines = [
        html.Li([html.Span(className="swatch", style={"background": colour}),
                 dcc.Link(name, href=address) if address else name])
        for name, colour, address in entries
    ]  # fmt: skip
    return [html.Ul(lines, className="legend")] if entries else []


def explained() -> Component:
    return html.Span(link(_("How these numbers are made"), "/numbers"), className="numbers")


def _graph(name: str, figure: Figure) -> Component:
    """As high before it is drawn as after, so that the page below does not jump."""
    height = {"height": figure["layout"]["height"]}
    graph: Component = dcc.Graph(id={"chart": name}, figure=figure, config=GRAPH | _in_language(), style=height)
    return graph


def _in_language() -> dict[str, Any]:
    """Names of days and months come from assets/languages.js."""
    titles = {
        "Download plot as a PNG": _("Download plot as a PNG"),
        "Zoom": _("Zoom"),
        "Pan": _("Pan"),
        "Zoom in": _("Zoom in"),
        "Zoom out": _("Zoom out"),
        "Reset axes": _("Reset axes"),
    }
    return {"locale": LANGUAGE.get(), "locales": {LANGUAGE.get(): {"dictionary": titles}}}


def behind(view: View, **filters: Any) -> str | None:
    """The address of the comments behind a figure; None for visitors who see no comments."""
    return "/comments" + view.unfiltered().search(**filters) if VISITOR.get().may("texts") else None


def behind_day(view: View) -> Address:
    """Of a figure of one day and category: that day's flagged comments."""
    of_label = cache(lambda label: behind(view, flag=label, days=1, last=view.newest))
    return lambda row: (address := of_label(row["label"])) and f"{address}&last={row['day']}"


def behind_volume(view: View) -> Address:
    """Of a figure of one day: all of its comments."""
    address = behind(view, days=1, last=view.newest)
    return lambda row: address and f"{address}&last={row['day']}"


def behind_scores(view: View, lowest: float, highest: float = 1.0) -> str | None:
    """The comments whose scores lie there."""
    return behind(view, score=f"{100 * lowest:.0f}-{100 * highest:.0f}")


def severities(rows: Sequence[Row], view: View) -> Component:
    of_severity = cache(lambda severity: behind(view, severity=severity, days=1, last=view.newest))

    def address(row: Row) -> str | None:
        return (found := of_severity(row["severity"])) and f"{found}&last={row['day']}"

    return chart(
        _("Severity, by day"), _("Flagged comments by the highest severity among their flags."),
        stacked(rows, view.first, view.last, address), rows, _("No comment is flagged in this period."), wide=True,
        legend=legend_of_severities(rows, view),
    )  # fmt: skip


def legend_of_severities(rows: Sequence[Row], view: View, **filters: Any) -> list[Entry]:
    shown = {row["severity"] for row in rows}
    return [
        (severity_title(severity), colour, behind(view, severity=severity, **filters))
        for severity, colour in SEVERITIES.items()
        if severity in shown
    ]


def languages(answers: Answers, view: View) -> Component:
    """Each category in each language, and the languages that the model was not judged in."""
    shares = {(row["language"], row["label"]): row["share"] for row in answers.rows("language_labels", view)}
    largest = {label: max((shares[one] for one in shares if one[1] == label), default=0.0) for label in LABELS}

    def cell(language: str, label: str) -> Component | str:
        share = shares.get((language, label))
        if share is None:
            return "–"
        strength = f"{MOST_COLOURED * share / largest[label]:.0%}" if share else "0%"
        colour = f"color-mix(in srgb, {COLOURS[label]} {strength}, transparent)"
        return html.Div(opens(percent(share), view, language=language, flag=label), className="heat",
                        style={"background": colour})  # fmt: skip

    rows = [
        {
            _("Language"): language_name(row["language"]),
            _("Comments"): opens(number(row["comments"]), view, language=row["language"]),
        }
        | {label_title(label): cell(row["language"], label) for label in LABELS}
        for row in answers.rows("judged", view)[:MOST_LANGUAGES]
    ]
    body = table(rows) if rows else html.P(_("No comments in this period."), className="empty")
    return panel(
        _("Categories by language"),
        _("Estimated share of each category; its colour is deepest where the share is largest. A dash: the model was "
          "not judged in that language, so its comments have no scores."),
        body, explained(), wide=True,
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
        _("Who is attacked"), _("Share of the toxic comments that attack someone, by whom they most likely attack."),
        bars([_(ATTACKED[name]) for name in shares], list(shares.values()), [0.0] * len(shares), COLOURS["toxic"],
             [behind(view, attacked=name) for name in shares]), rows,
        _("No toxic comment of this period attacks anyone."), wide=True,
    )]  # fmt: skip


def addressees(rows: Sequence[Row], view: View) -> Component:
    """Whom comments address, and how toxic those are."""
    names = [_(name) for name in (ADDRESSEES[row["directed_at"]] for row in rows)]
    few = [FEW if row["comments"] < FEW_COMMENTS else COLOURS["toxic"] for row in rows]
    return chart(
        _("Who is addressed"),
        _("Estimated share of toxic comments, with 95% interval, by whom comments answer or name; most comments first. "
          "Grey: fewer than {number} comments.", number=FEW_COMMENTS),
        bars(names, [row["share"] for row in rows], [row["margin"] for row in rows], few,
             [behind(view, flag="toxic", directed=row["directed_at"]) for row in rows]), rows,
        _("No comments in this period."), wide=True,
    )  # fmt: skip


def spam(rows: Sequence[Row], view: View) -> Component:
    """Spam apart from toxicity, and how toxic the other comments are."""
    read = [row for row in rows if row["comments"]]
    address = behind(view, spam="only", days=1, last=view.newest)
    return chart(
        _("Spam, by day"), _spam_sentence(rows, view),
        daily_spam(read, lambda row: address and f"{address}&last={row['day']}"), read,
        _("No comment of this period was read for spam."), wide=True,
    )  # fmt: skip


def _spam_sentence(rows: Sequence[Row], view: View) -> str:
    read, unread = (sum(row[name] for row in rows) for name in ("comments", "unread"))
    if not read:
        return _("Adverts, scams and calls to follow.")
    expected = sum(row["share"] * row["comments"] for row in rows if row["comments"])
    sentences = [
        _("Adverts, scams and calls to follow, in any language: an estimated {share} of {number} comments.",
          share=percent(expected / read), number=number(read))
    ]  # fmt: skip
    if others := sum(row["others"] or 0 for row in rows):
        part = sum(row["share_of_others"] * row["others"] for row in rows if row["others"]) / others
        sentences.append(_("Without them: {category} {share}.", category=label_name(view.label), share=percent(part)))
    if not rows[0]["is_counted"]:
        sentences.append(_("By policies.toml no other figure counts them."))
    if unread:
        sentences.append(_("Not read for spam, because an older release cleaned them: {number}.",
                           number=number(unread)))  # fmt: skip
    return " ".join(sentences)


def all_categories(trend: Sequence[Row], view: View) -> Component:
    figure = small_multiples(trend, behind_day(view), behind_volume(view))
    return chart(_("All categories, by day"), _("Each chart has its own scale."), figure, trend,
                 _("No comments in this period."), wide=True)  # fmt: skip


def _data(rows: Sequence[Row]) -> Component:
    columns = []
    for name in rows[0]:
        column: dict[str, Any] = {"field": name, "headerName": heading(name), "minWidth": 125}
        if any(isinstance(row[name], int | float) for row in rows):
            digits = "{maximumSignificantDigits: 3}" if any(isinstance(row[name], float) for row in rows) else "{}"
            formatted = f"localNumber(params.value, {digits})"
            column |= {"type": "rightAligned", "valueFormatter": {"function": formatted}}
        columns.append(column)
    return grid(columns, "300px", {"rowHeight": 28}, rowData=list(rows), columnSize="responsiveSizeToFit")


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
    return html.A(_("Download CSV"), download=f"{title}.csv", href=f"data:text/csv;charset=utf-8,{quote(as_csv(rows))}")
