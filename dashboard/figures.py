"""Charts as Plotly JSON, on a transparent background so that one figure works in light and dark mode.

Plain dictionaries: validating a page of them with Plotly's own classes takes a tenth of a second.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any
from urllib.parse import quote

from dashboard.view import Row
from dashboard.wording import counted, label_name, label_title
from models.labels import LABELS
from models.training.report import COLOURS, INK, LINES
from warehouse.measures import FEW_COMMENTS

Figure = dict[str, Any]
Address = Callable[[Row], str | None]  # where a click on a point leads, from the row that it shows

FEW = "rgba(134, 142, 150, 0.25)"  # of what few comments say
SEVERITIES = {"low": "#adb5bd", "medium": "#f2b84b", "high": "#e8743b", "critical": "#b02a37"}
BAR = 0.8 * 24 * 3600 * 1000  # milliseconds: how wide the bar of a day is
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
X = {"showgrid": False, "zeroline": False, "linecolor": LINES, "automargin": True, "ticks": ""}
Y = {"gridcolor": LINES, "zeroline": False, "automargin": True, "ticks": ""}
DAYS = {**X, "type": "date", "tickformat": "%d %b", "nticks": 6}
VOLUME = {**Y, "domain": [0, 0.17], "nticks": 2, "tickformat": "~s", "showgrid": False, "rangemode": "tozero"}
ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}  # where a legend stands
SHARES = {**Y, "tickformat": ".1~%", "rangemode": "tozero"}


def nowhere(_row: Row) -> None:
    return None


def trend(
    rows: Sequence[Row],
    label: str,
    waves: Sequence[tuple[date, str]],
    period_from: date,
    posted: Sequence[Row] = (),
    address: Address = nowhere,
    events: Sequence[tuple[date, str]] = (),
    laid_over: Sequence[Row] = (),
) -> Figure:
    """One category by day with its interval; marks the period, days with posts, waves of abuse, and people's events.

    `laid_over` is another period on the days of this one.
    """
    rows = [row for row in rows if row["label"] == label]
    by_day = {row["day"]: row["share"] for row in rows}
    period = {"type": "rect", "x0": period_from, "x1": rows[-1]["day"] if rows else period_from, "y0": 0, "y1": 1,
              "yref": "paper", "fillcolor": INK, "opacity": 0.07, "line": {"width": 0}, "layer": "below"}  # fmt: skip
    labels = [
        {"x": on, "y": by_day[on], "text": text, "font": {"size": 11}, "showarrow": True, "arrowhead": 0,
         "arrowwidth": 1, "arrowcolor": INK, "ax": 0, "ay": -26}
        for on, text in waves if on in by_day
    ]  # fmt: skip
    lines = [
        {"type": "line", "x0": on, "x1": on, "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": INK, "dash": "dot", "width": 1}} for on, _ in events
    ]  # fmt: skip
    labels += [
        {"x": on, "y": 1 - 0.09 * (i % 3), "yref": "paper", "text": escape(text, quote=False), "font": {"size": 11},
         "showarrow": False, "xanchor": "left", "yanchor": "top"} for i, (on, text) in enumerate(events)
    ]  # fmt: skip
    posts = {"type": "scatter", "x": [row["day"] for row in posted], "y": [0] * len(posted), "mode": "markers",
             "text": [f"{counted(row['posts'], 'post')}: {row['caption'] or 'no caption'}" for row in posted],
             "marker": {"symbol": "triangle-up", "size": 8, "color": INK},
             "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>"}  # fmt: skip
    other = {"type": "scatter", "x": [row["day"] for row in laid_over], "y": [row["share"] for row in laid_over],
             "text": [f"{row['of']:%a %d %b %Y}: {row['share']:.1%}" for row in laid_over], "mode": "lines",
             "line": {"color": INK, "dash": "dot", "width": 2}, "hovertemplate": "%{text}<extra></extra>"}  # fmt: skip
    extra = [*([posts] if posted else []), *([other] if laid_over else [])]
    data = [_volume(rows), *_band(rows, COLOURS[label], address, hover=True), *extra]
    axes = {"yaxis": {**SHARES, "domain": [0.24, 1]}, "yaxis2": VOLUME, "xaxis": {**DAYS, "anchor": "y2"}}
    return _quiet(data, 340, **axes, shapes=[period, *lines], annotations=labels)


def _volume(rows: Sequence[Row]) -> dict[str, Any]:
    """Comments by day, as bars below a trend."""
    return {
        "type": "bar",
        "x": [row["day"] for row in rows],
        "y": [row["comments"] for row in rows],
        "yaxis": "y2",
        "text": [counted(row["comments"], "comment") for row in rows],
        "textposition": "none",
        "marker": {"color": INK, "opacity": 0.35},
        "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>",
    }


def stacked(rows: Sequence[Row], first: date, last: date, address: Address = nowhere) -> Figure:
    """Flagged comments by day of a period, the least severe at the bottom."""
    data = [
        {"type": "bar", "name": severity.capitalize(), "x": [row["day"] for row in own],
         "y": [row["comments"] for row in own], "width": BAR, "marker": {"color": colour},
         **_opening([address(row) for row in own]),
         "hovertemplate": f"%{{x|%a %d %b}}: %{{y:,}} {severity}<extra></extra>"}
        for severity, colour in SEVERITIES.items()
        if (own := [row for row in rows if row["severity"] == severity])
    ]  # fmt: skip
    period = {**DAYS, "range": [f"{first - timedelta(1)} 12:00", f"{last} 12:00"]}
    comments = {**Y, "tickformat": "~s", "rangemode": "tozero"}
    return _quiet(data, 260, xaxis=period, yaxis=comments, barmode="stack", showlegend=True, legend=ABOVE)


def small_multiples(rows: Sequence[Row], address: Address = nowhere) -> dict[str, Figure]:
    """All categories by day, each on its own scale because they differ by a factor of a hundred."""
    return {
        label_title(label): _small(_band([row for row in rows if row["label"] == label], COLOURS[label], address))
        for label in LABELS
    }


def side_by_side(
    trends: Mapping[str, Sequence[Row]], label: str, addresses: Mapping[str, Address]
) -> dict[str, Figure]:  # fmt: skip
    """One category by day for several accounts, tags and periods, on the same scale."""
    lines = {title: [row for row in trend if row["label"] == label] for title, trend in trends.items()}
    top = max((row["share"] + row["margin"] for rows in lines.values() for row in rows), default=1)
    return {
        title: _small(_band(rows, COLOURS[label], addresses[title]), range=[0, 1.05 * top])
        for title, rows in lines.items()
    }


def weekdays(rows: Sequence[Row], label: str, zone: str, address: Address = nowhere) -> Figure:
    share: list[list[Any]] = [[None] * 24 for _ in WEEKDAYS]
    few: list[list[Any]] = [[None] * 24 for _ in WEEKDAYS]
    text = [[""] * 24 for _ in WEEKDAYS]
    behind: list[list[str | None]] = [[None] * 24 for _ in WEEKDAYS]
    for row in rows:
        share[row["weekday"] - 1][row["hour"]] = row["share"] if row["comments"] >= FEW_COMMENTS else None
        few[row["weekday"] - 1][row["hour"]] = 1 if row["comments"] < FEW_COMMENTS else None
        behind[row["weekday"] - 1][row["hour"]] = address(row)
        text[row["weekday"] - 1][row["hour"]] = f"{row['share']:.1%} of {counted(row['comments'], 'comment')}"
    data = {**_heat(label, ".0%"), "z": share, "x": [f"{hour:02}" for hour in range(24)], "y": WEEKDAYS, "text": text,
            **_opening(behind),
            "hovertemplate": f"%{{y}} %{{x}}:00 {zone}: %{{text}}<extra></extra>"}  # fmt: skip
    too_few = f"%{{y}} %{{x}}:00 {zone}: %{{text}}, too few to tell<extra></extra>"
    small = {**data, "z": few, "zmin": 0, "zmax": 1, "showscale": False, "colorscale": [[0, FEW], [1, FEW]],
             "hovertemplate": too_few}  # fmt: skip
    hours = {**X, "type": "category", "tickangle": 0}
    return _quiet([data, small], 260, xaxis=hours, yaxis={**Y, "showgrid": False, "autorange": "reversed"})


def drifts(rows: Sequence[Row], address: Address = nowhere) -> Figure:
    """How far each account's days are from the four weeks before; a significant shift has the darkest colour."""
    days, accounts = (sorted({row[name] for row in rows}) for name in ("day", "account"))
    at = {(row["account"], row["day"]): row for row in rows}
    cells = [[at.get((account, day)) for day in days] for account in accounts]
    data = {**_heat("toxic", ""), "x": days, "y": accounts, "zmin": 0, "zmax": 1,
            "z": [[cell and cell["moved"] for cell in line] for line in cells],
            "text": [[cell and _shift(cell) for cell in line] for line in cells],
            **_opening([[cell and address(cell) for cell in line] for line in cells]),
            "hovertemplate": "%{y}, %{x|%a %d %b}: %{text}<extra></extra>"}  # fmt: skip
    names = {**Y, "type": "category", "showgrid": False}
    return _quiet([data], 90 + 26 * max(len(accounts), 2), xaxis=DAYS, yaxis=names)


def _shift(row: Row) -> str:
    return f"{label_name(row['label'])}, PSI {row['psi']:.2f}, {row['comments']:,} comments"


def costs(rows: Sequence[Row]) -> Figure:
    """USD per 1,000 new comments by month, one bar for each account."""
    oldest_first = sorted(rows, key=lambda row: row["month"])
    data = [
        {"type": "bar", "name": name, "x": [f"{row['month']:%b %Y}" for row in own],
         "y": [row["usd_per_1000"] for row in own],
         "hovertemplate": f"{escape(name)}, %{{x}}: $%{{y:.2f}}<extra></extra>"}
        for name in dict.fromkeys(row["name"] for row in rows)
        for own in [[row for row in oldest_first if row["name"] == name]]
    ]  # fmt: skip
    months = {**X, "type": "category", "categoryarray": [f"{row['month']:%b %Y}" for row in oldest_first]}
    usd = {**Y, "tickprefix": "$", "tickformat": ".2f", "rangemode": "tozero"}
    return _quiet(data, 300, xaxis=months, yaxis=usd, showlegend=True)


def bars(
    names: Sequence[str],
    shares: Sequence[float],
    margins: Sequence[float],
    colour: str | Sequence[str],
    addresses: Sequence[str | None] = (),
) -> Figure:
    error = {"type": "data", "array": margins, "symmetric": False, "color": INK, "thickness": 1, "width": 3,
             "arrayminus": [min(pair) for pair in zip(shares, margins, strict=True)]}  # fmt: skip
    data = {"type": "bar", "x": shares, "y": names, "orientation": "h", "marker": {"color": colour}, "width": 0.55,
            "error_x": error, **_opening(addresses), "hovertemplate": "%{y}: %{x:.1%}<extra></extra>"}  # fmt: skip
    across = {**X, "tickformat": ".1~%", "rangemode": "tozero"}
    down = {**Y, "autorange": "reversed", "ticksuffix": "  "}
    return _quiet([data], 60 + 34 * max(len(names), 2), xaxis=across, yaxis=down)


def spread(rows: Sequence[Row], label: str) -> Figure:
    """How many comments have which probability; a dotted line marks where flags begin."""
    middles = [(row["probability_from"] + row["probability_to"]) / 2 for row in rows]
    comments = [row["comments"] for row in rows]
    widths = [row["probability_to"] - row["probability_from"] for row in rows]
    spans = [f"{row['probability_from']:.0%} to {row['probability_to']:.0%}" for row in rows]
    data = {"type": "bar", "x": middles, "y": comments, "width": widths, "text": spans, "textposition": "none",
            "marker": {"color": COLOURS[label], "opacity": 0.7},
            "hovertemplate": "%{text}: %{y:,} comments<extra></extra>"}  # fmt: skip
    marks = [_upright(row["flagged_from"], "flagged from here on") for row in rows[:1]]
    x = {**X, "tickformat": ".0%", "range": [0, 1]}
    y = {**Y, "type": "log", "dtick": 1, "tickformat": "~s"}
    return _quiet([data], 240, xaxis=x, yaxis=y, shapes=[line for line, _ in marks],
                  annotations=[words for _, words in marks])  # fmt: skip


def widths(rows: Sequence[Row], label: str) -> Figure:
    """One share with the interval that it has with few and with many comments."""
    shares, margins = ([row[name] for row in rows] for name in ("share", "margin"))
    lower = [min(pair) for pair in zip(shares, margins, strict=True)]
    texts = [f"{row['share']:.1%} ± {row['margin']:.1%}" for row in rows]
    data = {"type": "scatter", "mode": "markers", "x": [f"{row['comments']:,}" for row in rows], "y": shares,
            "text": texts, "marker": {"color": COLOURS[label], "size": 8},
            "error_y": {"type": "data", "array": margins, "symmetric": False, "arrayminus": lower, "color": INK,
                        "thickness": 1.5, "width": 5},
            "hovertemplate": "%{x} comments: %{text}<extra></extra>"}  # fmt: skip
    return _quiet([data], 240, xaxis={**X, "type": "category", "title": {"text": "comments"}}, yaxis=SHARES)


def worth(rows: Sequence[Row], label: str) -> Figure:
    """Comments of each account, and as how many independent ones they count."""
    names = [row["account"] for row in rows]
    data = [
        {"type": "bar", "orientation": "h", "y": names, "x": [row[name] for row in rows], "name": title,
         "marker": {"color": colour}, "hovertemplate": f"%{{y}}: {title} %{{x:,}}<extra></extra>"}
        for name, title, colour in (("comments", "comments", FEW), ("worth", "count as", COLOURS[label]))
    ]  # fmt: skip
    down = {**Y, "autorange": "reversed", "ticksuffix": "  "}
    across = {**X, "tickformat": "~s", "rangemode": "tozero"}
    return _quiet(data, 90 + 34 * len(names), xaxis=across, yaxis=down, showlegend=True, legend=ABOVE)


def audited(rows: Sequence[Row]) -> Figure:
    """What the model says of each category beside what people say, with its interval."""
    names = [label_title(row["label"]) for row in rows]
    people = {"type": "scatter", "mode": "markers", "name": "people", "y": names, "x": [row["people"] for row in rows],
              "marker": {"color": INK, "size": 9},
              "error_x": {"type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 5,
                          "array": [row["high"] - row["people"] for row in rows],
                          "arrayminus": [row["people"] - row["low"] for row in rows]},
              "hovertemplate": "%{y}: people say %{x:.1%}<extra></extra>"}  # fmt: skip
    model = {"type": "scatter", "mode": "markers", "name": "model", "y": names, "x": [row["share"] for row in rows],
             "marker": {"color": [COLOURS[row["label"]] for row in rows], "size": 11, "symbol": "diamond-open",
                        "line": {"width": 2}},
             "hovertemplate": "%{y}: the model says %{x:.1%}<extra></extra>"}  # fmt: skip
    down = {**Y, "autorange": "reversed", "ticksuffix": "  "}
    across = {**X, "tickformat": ".1~%", "rangemode": "tozero"}
    return _quiet([people, model], 90 + 34 * len(names), xaxis=across, yaxis=down, showlegend=True, legend=ABOVE)


def _upright(x: float, text: str) -> tuple[Figure, Figure]:
    """A dotted line and what it marks."""
    line = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": INK, "dash": "dot", "width": 1}}  # fmt: skip
    return line, {"x": x, "y": 1, "yref": "paper", "text": text, "showarrow": False, "xanchor": "left"}


def choices(rows: Sequence[Row], colour: str) -> Figure:
    """For each threshold: how many comments it flags, and what share of those flags is right."""
    at, reviewed = [row["flagged_from"] for row in rows], [row for row in rows if row["reviewed"]]
    data: list[Figure] = [
        {"type": "bar", "x": at, "y": [row["flagged"] for row in rows], "marker": {"color": INK}, "opacity": 0.35,
         "yaxis": "y2", "hovertemplate": "Threshold %{x}: %{y:,} flagged<extra></extra>"},
        {"type": "scatter", "x": at, "y": [row["expected_precision"] for row in rows], "mode": "lines",
         "line": {"color": colour}, "hovertemplate": "Threshold %{x}: %{y:.0%} estimated correct<extra></extra>"},
        {"type": "scatter", "x": [row["flagged_from"] for row in reviewed], "y": [row["precision"] for row in reviewed],
         "mode": "markers", "marker": {"color": colour},
         "error_y": {"type": "data", "array": [row["margin"] for row in reviewed], "width": 3},
         "hovertemplate": "Threshold %{x}: %{y:.0%} confirmed by reviewers<extra></extra>"},
    ]  # fmt: skip
    policy = [row["flagged_from"] for row in rows if row["is_policy"]]
    marks = [_upright(x, "in use") for x in policy]
    precision = {**Y, "tickformat": ".0%", "range": [0, 1.05], "overlaying": "y2"}
    volume = {**Y, "side": "right", "showgrid": False, "rangemode": "tozero"}
    return _quiet(data, 300, xaxis=X, yaxis=precision, yaxis2=volume,
                  shapes=[line for line, _ in marks], annotations=[words for _, words in marks])  # fmt: skip


def sparkline(rows: Sequence[Row], colour: str) -> str:
    """The URL of an SVG line of one category's daily shares."""
    first, days = rows[0]["day"], max((rows[-1]["day"] - rows[0]["day"]).days, 1)
    top = max([0.01, *(row["share"] for row in rows)])
    lines = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        for run in _unbroken(rows)
        if (
            points := [
                (100 * (row["day"] - first).days / days, 22 - 20 * row["share"] / top)
                for row in (run if len(run) > 1 else run * 2)
            ]
        )
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 104 24" preserveAspectRatio="none">'
        f'<g fill="none" stroke="{colour}" stroke-width="1.6" stroke-linecap="round">{lines}</g></svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"


def _opening(addresses: Sequence[Any]) -> Figure:
    """Where clicks on a trace's points lead, one address per point or line of points; nothing without an address."""
    flat = [one for line in addresses for one in (line if isinstance(line, list) else [line])]
    return {"customdata": addresses} if any(flat) else {}


def _heat(label: str, unit: str) -> Figure:
    scale = [[0, "rgba(134, 142, 150, 0.08)"], [1, COLOURS[label]]]
    return {"type": "heatmap", "colorscale": scale, "xgap": 2, "ygap": 2,
            "colorbar": {"thickness": 8, "outlinewidth": 0, "tickformat": unit}}  # fmt: skip


def _small(traces: list[Figure], **scale: Any) -> Figure:
    """A chart that is one of several: with ticks on the first and the last day, which have room on a phone."""
    days = sorted({day for trace in traces for day in trace["x"]})
    ends = {"tickvals": [days[0], days[-1]]} if days else {}
    figure = _quiet(traces, 150, xaxis={**DAYS, "tickangle": 0, **ends}, yaxis={**SHARES, "nticks": 4, **scale})
    figure["layout"]["margin"] = {"l": 36, "r": 26, "t": 8, "b": 24}
    return figure


def _unbroken(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in runs of consecutive days: a day without comments has no share, so no line is drawn across it."""
    runs: list[list[Row]] = []
    for row in rows:
        if runs and (row["day"] - runs[-1][-1]["day"]).days == 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _band(rows: Sequence[Row], colour: str, address: Address, hover: bool = False) -> list[Figure]:
    """The line of one category with its interval, interrupted where days are missing."""
    return [trace for run in _unbroken(rows) for trace in _line(run, colour, address, hover)]


def _line(rows: Sequence[Row], colour: str, address: Address, hover: bool) -> list[Figure]:
    days = [row["day"] for row in rows]
    upper = [row["share"] + row["margin"] for row in rows]
    lower = [max(row["share"] - row["margin"], 0) for row in rows]
    texts = [
        f"{row['share']:.1%} ± {row['margin']:.1%} of {row['comments']:,}; {row['flagged']:,} flagged" for row in rows
    ]
    return [
        {"type": "scatter", "x": days + days[::-1], "y": upper + lower[::-1], "fill": "toself", "fillcolor": colour,
         "opacity": 0.18, "line": {"width": 0}, "mode": "lines", "hoverinfo": "skip"},
        {"type": "scatter", "x": days, "y": [row["share"] for row in rows], "text": texts,
         "mode": "lines+markers" if hover or len(rows) == 1 else "lines", "line": {"color": colour, "width": 2},
         "marker": {"size": 5, "color": [FEW if row["comments"] < FEW_COMMENTS else colour for row in rows]},
         **_opening([address(row) for row in rows]),
         "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>"},
    ]  # fmt: skip


def _quiet(data: list[Figure], height: int, **layout: Any) -> Figure:
    look = {
        "height": height, "margin": {"l": 44, "r": 12, "t": 26, "b": 32}, "showlegend": False,
        "font": {"color": INK, "size": 12}, "hoverlabel": {"font": {"size": 12}, "align": "left"},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "hovermode": "closest",
    }  # fmt: skip
    return {"data": data, "layout": look | layout}
