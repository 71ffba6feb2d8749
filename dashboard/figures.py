"""Charts as Plotly JSON, on a transparent background so that one figure works in light and dark mode.

Plain dictionaries: validating a page of them with Plotly's own classes takes a tenth of a second.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from dashboard.view import Row
from dashboard.wording import counted, label_name, label_title
from models.labels import LABELS
from models.training.report import COLOURS, INK, LINES
from warehouse.measures import FEW_COMMENTS

Figure = dict[str, Any]

FEW = "rgba(134, 142, 150, 0.25)"  # of a cell with few comments
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
X = {"showgrid": False, "zeroline": False, "linecolor": LINES, "automargin": True, "ticks": ""}
Y = {"gridcolor": LINES, "zeroline": False, "automargin": True, "ticks": ""}
DAYS = {**X, "type": "date", "tickformat": "%d %b", "nticks": 6}
SHARES = {**Y, "tickformat": ".1~%", "rangemode": "tozero"}


def trend(
    rows: Sequence[Row], label: str, waves: Sequence[tuple[date, str]], period_from: date, posted: Sequence[Row] = ()
) -> Figure:
    """One category by day with its interval; marks the period, the days with posts, and waves of abuse."""
    rows = [row for row in rows if row["label"] == label]
    by_day = {row["day"]: row["share"] for row in rows}
    period = {"type": "rect", "x0": period_from, "x1": rows[-1]["day"] if rows else period_from, "y0": 0, "y1": 1,
              "yref": "paper", "fillcolor": INK, "opacity": 0.07, "line": {"width": 0}, "layer": "below"}  # fmt: skip
    labels = [
        {"x": on, "y": by_day[on], "text": text, "font": {"size": 11}, "showarrow": True, "arrowhead": 0,
         "arrowwidth": 1, "arrowcolor": INK, "ax": 0, "ay": -26}
        for on, text in waves if on in by_day
    ]  # fmt: skip
    posts = {"type": "scatter", "x": [row["day"] for row in posted], "y": [0] * len(posted), "mode": "markers",
             "text": [f"{counted(row['posts'], 'post')}: {row['caption'] or 'no caption'}" for row in posted],
             "marker": {"symbol": "triangle-up", "size": 8, "color": INK},
             "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>"}  # fmt: skip
    data = [*_band(rows, COLOURS[label], hover=True), *([posts] if posted else [])]
    return _quiet(data, 300, xaxis=DAYS, yaxis=SHARES, shapes=[period], annotations=labels)


def small_multiples(rows: Sequence[Row]) -> Figure:
    """All categories by day, each on its own scale because they differ by a factor of a hundred."""
    lines = {label_title(label): ([row for row in rows if row["label"] == label], COLOURS[label]) for label in LABELS}
    return _multiples(lines, 3, 360, one_scale=False)


def side_by_side(trends: Mapping[str, Sequence[Row]], label: str, columns: int) -> Figure:
    """One category by day for several accounts, tags and periods, on the same scale."""
    lines = {
        title: ([row for row in trend if row["label"] == label], COLOURS[label]) for title, trend in trends.items()
    }
    return _multiples(lines, columns, 60 + 210 * -(-len(lines) // columns), one_scale=True)


def weekdays(rows: Sequence[Row], label: str, zone: str) -> Figure:
    share: list[list[Any]] = [[None] * 24 for _ in WEEKDAYS]
    few: list[list[Any]] = [[None] * 24 for _ in WEEKDAYS]
    text = [[""] * 24 for _ in WEEKDAYS]
    for row in rows:
        share[row["weekday"] - 1][row["hour"]] = row["share"] if row["comments"] >= FEW_COMMENTS else None
        few[row["weekday"] - 1][row["hour"]] = 1 if row["comments"] < FEW_COMMENTS else None
        text[row["weekday"] - 1][row["hour"]] = f"{row['share']:.1%} of {counted(row['comments'], 'comment')}"
    data = {**_heat(label, ".0%"), "z": share, "x": [f"{hour:02}" for hour in range(24)], "y": WEEKDAYS, "text": text,
            "hovertemplate": f"%{{y}} %{{x}}:00 {zone}: %{{text}}<extra></extra>"}  # fmt: skip
    too_few = f"%{{y}} %{{x}}:00 {zone}: %{{text}}, too few to tell<extra></extra>"
    small = {**data, "z": few, "zmin": 0, "zmax": 1, "showscale": False, "colorscale": [[0, FEW], [1, FEW]],
             "hovertemplate": too_few}  # fmt: skip
    hours = {**X, "type": "category", "tickangle": 0}
    return _quiet([data, small], 260, xaxis=hours, yaxis={**Y, "showgrid": False, "autorange": "reversed"})


def drifts(rows: Sequence[Row]) -> Figure:
    """How far each account's days are from the four weeks before; a significant shift has the darkest colour."""
    data = {**_heat("toxic", ""), "x": [row["day"] for row in rows], "y": [row["account"] for row in rows],
            "z": [row["moved"] for row in rows], "zmin": 0, "zmax": 1,
            "text": [f"{label_name(row['label'])}, PSI {row['psi']:.2f}, {row['comments']:,} comments" for row in rows],
            "hovertemplate": "%{y}, %{x|%a %d %b}: %{text}<extra></extra>"}  # fmt: skip
    names = {**Y, "type": "category", "showgrid": False}
    return _quiet([data], 90 + 26 * max(len({row["account"] for row in rows}), 2), xaxis=DAYS, yaxis=names)


def bars(
    names: Sequence[str], shares: Sequence[float], margins: Sequence[float], colour: str | Sequence[str]
) -> Figure:
    error = {"type": "data", "array": margins, "symmetric": False, "color": INK, "thickness": 1, "width": 3,
             "arrayminus": [min(pair) for pair in zip(shares, margins, strict=True)]}  # fmt: skip
    data = {"type": "bar", "x": shares, "y": names, "orientation": "h", "marker": {"color": colour}, "width": 0.55,
            "error_x": error, "hovertemplate": "%{y}: %{x:.1%}<extra></extra>"}  # fmt: skip
    across = {**X, "tickformat": ".1~%", "rangemode": "tozero"}
    return _quiet([data], 60 + 34 * max(len(names), 2), xaxis=across, yaxis={**Y, "autorange": "reversed"})


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
    shapes = [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
               "line": {"color": INK, "dash": "dot", "width": 1}} for x in policy]  # fmt: skip
    labels = [
        {"x": x, "y": 1, "yref": "paper", "text": "in use", "showarrow": False, "xanchor": "left"} for x in policy
    ]
    precision = {**Y, "tickformat": ".0%", "range": [0, 1.05], "overlaying": "y2"}
    volume = {**Y, "side": "right", "showgrid": False, "rangemode": "tozero"}
    return _quiet(data, 300, xaxis=X, yaxis=precision, yaxis2=volume, shapes=shapes, annotations=labels)


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


def _heat(label: str, unit: str) -> Figure:
    scale = [[0, "rgba(134, 142, 150, 0.08)"], [1, COLOURS[label]]]
    return {"type": "heatmap", "colorscale": scale, "xgap": 2, "ygap": 2,
            "colorbar": {"thickness": 8, "outlinewidth": 0, "tickformat": unit}}  # fmt: skip


def _multiples(lines: Mapping[str, tuple[Sequence[Row], str]], columns: int, height: int, one_scale: bool) -> Figure:
    """One small chart per line, each with its title."""
    columns = min(columns, len(lines))
    rows = -(-len(lines) // columns)
    wide, high, gap = (1 - 0.09 * (columns - 1)) / columns, (1 - 0.3 * (rows - 1) / rows) / rows, 0.3 / rows
    data, axes, titles = [], {}, []
    for i, (title, (line, colour)) in enumerate(lines.items()):
        n, left, top = str(i + 1 if i else ""), i % columns * (wide + 0.09), 1 - i // columns * (high + gap)
        axes[f"xaxis{n}"] = {
            **DAYS,
            "domain": [left, min(left + wide, 1)],
            "anchor": f"y{n}",
            "nticks": 4,
            "tickangle": 0,
        }
        axes[f"yaxis{n}"] = {**SHARES, "domain": [max(top - high, 0), top], "anchor": f"x{n}"}
        if one_scale and i:
            axes[f"yaxis{n}"] |= {"matches": "y", "showticklabels": i % columns == 0}
        titles.append({"text": title, "x": left + wide / 2, "y": top, "xref": "paper", "yref": "paper",
                       "xanchor": "center", "yanchor": "bottom", "showarrow": False})  # fmt: skip
        data += [trace | {"xaxis": f"x{n}", "yaxis": f"y{n}"} for trace in _band(line, colour)]
    return _quiet(data, height, annotations=titles, **axes)


def _unbroken(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in runs of consecutive days: a day without comments has no share, so no line is drawn across it."""
    runs: list[list[Row]] = []
    for row in rows:
        if runs and (row["day"] - runs[-1][-1]["day"]).days == 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _band(rows: Sequence[Row], colour: str, hover: bool = False) -> list[Figure]:
    """The line of one category with its interval, interrupted where days are missing."""
    return [trace for run in _unbroken(rows) for trace in _line(run, colour, hover)]


def _line(rows: Sequence[Row], colour: str, hover: bool) -> list[Figure]:
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
         "marker": {"size": 5},
         "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>"},
    ]  # fmt: skip


def _quiet(data: list[Figure], height: int, **layout: Any) -> Figure:
    look = {
        "height": height, "margin": {"l": 44, "r": 12, "t": 26, "b": 32}, "showlegend": False,
        "font": {"color": INK, "size": 12}, "hoverlabel": {"font": {"size": 12}, "align": "left"},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "hovermode": "closest",
    }  # fmt: skip
    return {"data": data, "layout": look | layout}
