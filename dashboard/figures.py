"""Charts: quiet, on a transparent ground, so that one figure serves the light and the dark page."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.view import Row
from models.labels import LABELS

# Okabe and Ito's colours, told apart by colour-blind people.
COLOURS = dict(zip(LABELS, ("#2a7ab9", "#d55e00", "#d08700", "#b0558f", "#3f9fcf", "#00966e"), strict=True))
INK = "#868e96"  # readable on white and on near black
GRID = "rgba(134, 142, 150, 0.22)"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NAMES = {"severe_toxic": "severely toxic", "identity_hate": "identity hate"}


def named(label: str) -> str:
    return NAMES.get(label, label)


def trend(
    rows: Sequence[Row], label: str, waves: Sequence[tuple[date, str]], period_from: date, posted: Sequence[Row] = ()
) -> go.Figure:
    """One category by day with its interval; the period and days with posts are marked, waves of abuse are named."""
    rows = [row for row in rows if row["label"] == label]
    figure = go.Figure(_band(rows, COLOURS[label], hover=True))
    if rows:
        figure.add_vrect(x0=period_from, x1=rows[-1]["day"], fillcolor=INK, opacity=0.07, line_width=0, layer="below")
    by_day = {row["day"]: row["share"] for row in rows}
    for on, said in waves:
        if on in by_day:
            figure.add_annotation(x=on, y=by_day[on], text=said, font_size=11, showarrow=True, arrowhead=0,
                                  arrowwidth=1, arrowcolor=INK, ax=0, ay=-26)  # fmt: skip
    if posted:
        captions = [f"{row['posts']} posted: {row['caption'] or 'without words'}" for row in posted]
        figure.add_scatter(x=[row["day"] for row in posted], y=[0] * len(posted), mode="markers", text=captions,
                           marker={"symbol": "triangle-up", "size": 8, "color": INK},
                           hovertemplate="%{x|%a %d %b}: %{text}<extra></extra>")  # fmt: skip
    return _quiet(figure, 300, "%")


def small_multiples(rows: Sequence[Row]) -> go.Figure:
    """All categories by day, each on its own scale: they differ by a factor of a hundred."""
    figure = make_subplots(2, 3, subplot_titles=[named(label) for label in LABELS], vertical_spacing=0.3)
    for i, label in enumerate(LABELS):
        for trace in _band([row for row in rows if row["label"] == label], COLOURS[label]):
            figure.add_trace(trace, row=i // 3 + 1, col=i % 3 + 1)
    figure.update_annotations(font_size=12, font_color=INK)
    return _quiet(figure, 360, "%").update_xaxes(nticks=4, tickangle=0)


def side_by_side(trends: Mapping[str, Sequence[Row]], label: str, columns: int) -> go.Figure:
    """One category by day in several places and periods, on one scale."""
    columns = min(len(trends), columns)
    rows = -(-len(trends) // columns)
    figure = make_subplots(rows, columns, subplot_titles=list(trends), shared_yaxes="all", vertical_spacing=0.3 / rows)
    for i, trend in enumerate(trends.values()):
        for trace in _band([row for row in trend if row["label"] == label], COLOURS[label]):
            figure.add_trace(trace, row=i // columns + 1, col=i % columns + 1)
    figure.update_annotations(font_size=12, font_color=INK)
    return _quiet(figure, 60 + 210 * rows, "%").update_xaxes(nticks=4, tickangle=0)


def weekdays(rows: Sequence[Row], label: str, zone: str) -> go.Figure:
    share: list[list[Any]] = [[None] * 24 for _ in WEEKDAYS]
    text = [[""] * 24 for _ in WEEKDAYS]
    for row in rows:
        share[row["weekday"] - 1][row["hour"]] = row["share"]
        text[row["weekday"] - 1][row["hour"]] = f"{row['share']:.1%} of {row['comments']:,} comments"
    scale = [[0, "rgba(134, 142, 150, 0.08)"], [1, COLOURS[label]]]
    figure = go.Figure(
        go.Heatmap(z=share, x=[f"{hour:02}" for hour in range(24)], y=WEEKDAYS, colorscale=scale, text=text, xgap=2,
                   ygap=2, hovertemplate=f"%{{y}} %{{x}}:00 {zone}: %{{text}}<extra></extra>",
                   colorbar={"thickness": 8, "outlinewidth": 0, "tickformat": ".0%"})
    )  # fmt: skip
    return _quiet(figure, 260).update_xaxes(showgrid=False).update_yaxes(showgrid=False, autorange="reversed")


def bars(
    names: Sequence[str], shares: Sequence[float], margins: Sequence[float], colour: str | Sequence[str]
) -> go.Figure:
    figure = go.Figure(
        go.Bar(x=shares, y=names, orientation="h", marker_color=colour, width=0.55,
               error_x={"array": margins, "arrayminus": [min(pair) for pair in zip(shares, margins, strict=True)],
                        "symmetric": False, "color": INK, "thickness": 1, "width": 3},
               hovertemplate="%{y}: %{x:.1%}<extra></extra>")
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    return _quiet(figure, 60 + 34 * max(len(names), 2))


def choices(rows: Sequence[Row], colour: str) -> go.Figure:
    """What thresholds give: how many comments, and how many of them rightly."""
    at = [row["flagged_from"] for row in rows]
    read = [row for row in rows if row["reviewed"]]
    figure = make_subplots(specs=[[{"secondary_y": True}]])
    figure.add_bar(x=at, y=[row["flagged"] for row in rows], marker_color=INK, opacity=0.35, secondary_y=True,
                   hovertemplate="from %{x}: %{y:,} flagged<extra></extra>")  # fmt: skip
    figure.add_scatter(x=at, y=[row["expected_precision"] for row in rows], mode="lines", line_color=colour,
                       hovertemplate="from %{x}: %{y:.0%} expected to be right<extra></extra>")  # fmt: skip
    figure.add_scatter(x=[row["flagged_from"] for row in read], y=[row["precision"] for row in read], mode="markers",
                       marker_color=colour, error_y={"array": [row["margin"] for row in read], "width": 3},
                       hovertemplate="from %{x}: %{y:.0%} found right by reviewers<extra></extra>")  # fmt: skip
    for row in rows:
        if row["is_policy"]:
            figure.add_vline(x=row["flagged_from"], line_dash="dot", line_color=INK, annotation_text="policy")
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05], secondary_y=False)
    figure.update_yaxes(rangemode="tozero", showgrid=False, secondary_y=True)
    return _quiet(figure, 300)


def sparkline(shares: Sequence[float], colour: str) -> str:
    """An image address: an SVG line of one category's daily shares."""
    top = max([*shares, 0.01])
    step = 100 / max(len(shares) - 1, 1)
    points = " ".join(f"{i * step:.1f},{22 - 20 * share / top:.1f}" for i, share in enumerate(shares))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 104 24" preserveAspectRatio="none">'
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/></svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"


def _band(rows: Sequence[Row], colour: str, hover: bool = False) -> list[go.Scatter]:
    days = [row["day"] for row in rows]
    upper = [row["share"] + row["margin"] for row in rows]
    lower = [max(row["share"] - row["margin"], 0) for row in rows]
    said = [
        f"{row['share']:.1%} ± {row['margin']:.1%} of {row['comments']:,}; {row['flagged']:,} flagged" for row in rows
    ]
    return [
        go.Scatter(x=days + days[::-1], y=upper + lower[::-1], fill="toself", fillcolor=colour, opacity=0.18,
                   line_width=0, mode="lines", hoverinfo="skip"),
        go.Scatter(x=days, y=[row["share"] for row in rows], mode="lines+markers" if hover else "lines",
                   line={"color": colour, "width": 2}, marker={"size": 5}, text=said,
                   hovertemplate="%{x|%a %d %b}: %{text}<extra></extra>"),
    ]  # fmt: skip


def _quiet(figure: go.Figure, height: int, unit: str = "") -> go.Figure:
    figure.update_layout(
        height=height, margin={"l": 44, "r": 12, "t": 26, "b": 32}, showlegend=False, font={"color": INK, "size": 12},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", hoverlabel={"font_size": 12},
    )  # fmt: skip
    figure.update_xaxes(gridcolor="rgba(0,0,0,0)", zeroline=False, linecolor=GRID)
    figure.update_yaxes(gridcolor=GRID, zeroline=False)
    if unit == "%":
        figure.update_yaxes(tickformat=".1~%", rangemode="tozero")
        figure.update_xaxes(tickformat="%d %b", nticks=6)
    return figure
