"""Charts as Plotly JSON, on a transparent background so that one figure works in light and dark mode.

Plain dictionaries: validating a page of them with Plotly's own classes takes a tenth of a second.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any
from urllib.parse import quote

from dashboard.language import _, dated, ngettext, number
from dashboard.network import Node
from dashboard.view import WEEKDAYS, Row
from dashboard.wording import SEVERITIES as SEVERITY_NAMES
from dashboard.wording import comments, label_name, label_title, severity_title, weekday
from models.labels import LABELS
from models.training.report import COLOURS, INK, LINES
from warehouse.measures import FEW_COMMENTS

Figure = dict[str, Any]
Address = Callable[[Row], str | None]  # where a click on a point leads, from the row that it shows

SPAM = "#7a6bb0"
FEW = "rgba(134, 142, 150, 0.25)"  # of what few comments say
SEVERITIES = {"low": "#adb5bd", "medium": "#f2b84b", "high": "#e8743b", "critical": "#b02a37"}
FIRST_HOURS = 48  # after a post
BAR = 0.8 * 24 * 3600 * 1000  # milliseconds: how wide the bar of a day is
X = {"showgrid": False, "zeroline": False, "linecolor": LINES, "automargin": True, "ticks": ""}
Y = {"gridcolor": LINES, "zeroline": False, "automargin": True, "ticks": ""}
DAYS = {**X, "type": "date", "tickformat": "%d %b", "nticks": 6}
VOLUME = {**Y, "domain": [0, 0.17], "nticks": 2, "tickformat": "~s", "showgrid": False, "rangemode": "tozero"}
ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}  # where a legend stands
# 2k, but 0.5 rather than 500m between one comment and the next
FEW_OR_MANY = [{"dtickrange": [None, 0.9], "value": "~g"}, {"dtickrange": [0.9, None], "value": "~s"}]
COUNTS = {**Y, "tickformatstops": FEW_OR_MANY, "rangemode": "tozero"}
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
    of_volume: Address = nowhere,
) -> Figure:
    """One category by day with its interval; marks the period, days with posts, waves of abuse, and people's events.

    `laid_over` is another period on the days of this one; `of_volume` is where the bars of all comments lead.
    """
    rows = [row for row in rows if row["label"] == label]
    by_day = {row["day"]: row["share"] for row in rows}
    period = {"type": "rect", "x0": period_from, "x1": rows[-1]["day"] if rows else period_from, "y0": 0, "y1": 1,
              "yref": "paper", "fillcolor": INK, "opacity": 0.07, "line": {"width": 0}, "layer": "below"}  # fmt: skip
    middle = rows[len(rows) // 2]["day"] if rows else period_from  # texts beyond it stand left of their day
    labels = [
        {"x": on, "y": by_day[on], "text": text, "font": {"size": 11}, "showarrow": True, "arrowhead": 0,
         "arrowwidth": 1, "arrowcolor": INK, "ax": 0, "ay": -26, "xanchor": "right" if on > middle else "left"}
        for on, text in waves if on in by_day
    ]  # fmt: skip
    lines = [
        {"type": "line", "x0": on, "x1": on, "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": INK, "dash": "dot", "width": 1}} for on, _ in events
    ]  # fmt: skip
    labels += [
        {"x": on, "y": 1 - 0.09 * (i % 3), "yref": "paper", "text": escape(text, quote=False), "font": {"size": 11},
         "showarrow": False, "xanchor": "right" if on > middle else "left", "yanchor": "top"}
        for i, (on, text) in enumerate(events)
    ]  # fmt: skip
    no_caption = _("no caption")
    posts = {"type": "scatter", "x": [row["day"] for row in posted], "y": [0] * len(posted), "mode": "markers",
             "text": [f"{_posts(row['posts'])}: {row['caption'] or no_caption}" for row in posted],
             **opening([row["address"] for row in posted]),
             "marker": {"symbol": "triangle-up", "size": 8, "color": INK},
             "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>"}  # fmt: skip
    extra = [*([posts] if posted else []), *([_other_period(laid_over, address)] if laid_over else [])]
    data = [_volume(rows, of_volume), *_band(rows, COLOURS[label], address, hover=True), *extra]
    axes = {"yaxis": {**SHARES, "domain": [0.24, 1]}, "yaxis2": VOLUME, "xaxis": {**DAYS, "anchor": "y2"}}
    return quiet(data, 340, **axes, shapes=[period, *lines], annotations=labels)


def _other_period(rows: Sequence[Row], address: Address, opacity: float = 1.0) -> Figure:
    """The line of another period, whose own days are `of`, on the days of the one shown."""
    return {"type": "scatter", "x": [row["day"] for row in rows], "y": [row["share"] for row in rows],
            "text": [f"{dated(row['of'], 'yMMMEd')}: {number(row['share'], '.1%')}" for row in rows], "mode": "lines",
            "line": {"color": INK, "dash": "dot", "width": 2}, "opacity": opacity,
            **opening([address(row | {"day": row["of"]}) for row in rows]),
            "hovertemplate": "%{text}<extra></extra>"}  # fmt: skip


def _volume(rows: Sequence[Row], address: Address = nowhere) -> Figure:
    """Comments by day, as bars below a trend."""
    return {
        "type": "bar",
        "x": [row["day"] for row in rows],
        "y": [row["comments"] for row in rows],
        "yaxis": "y2",
        "text": [comments(row["comments"]) for row in rows],
        "textposition": "none",
        "marker": {"color": INK, "opacity": 0.35},
        **opening([address(row) for row in rows]),
        "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>",
    }


def stacked(rows: Sequence[Row], first: date, last: date, address: Address = nowhere) -> Figure:
    """Flagged comments by day of a period, the least severe at the bottom."""
    data = [
        {"type": "bar", "name": severity_title(severity), "x": [row["day"] for row in own],
         "y": [row["comments"] for row in own], "width": BAR, "marker": {"color": colour},
         **opening([address(row) for row in own]),
         "hovertemplate": f"%{{x|%a %d %b}}: %{{y:,}} {_(SEVERITY_NAMES[severity])}<extra></extra>"}
        for severity, colour in SEVERITIES.items()
        if (own := [row for row in rows if row["severity"] == severity])
    ]  # fmt: skip
    period = {**DAYS, "range": [f"{first - timedelta(1)} 12:00", f"{last} 12:00"]}
    return quiet(data, 260, xaxis=period, yaxis=COUNTS, barmode="stack")


def small_multiples(
    rows: Sequence[Row], address: Address = nowhere, of_volume: Address = nowhere
) -> dict[str, Figure]:  # fmt: skip
    """All categories by day, each on its own scale because they differ by a factor of a hundred, and the comments."""
    of = {label: [row for row in rows if row["label"] == label] for label in LABELS}
    volume = _small([_volume(of["toxic"], of_volume) | {"yaxis": "y"}], tickformat="~s")
    return {
        label_title(label): _small(_band(own, COLOURS[label], address)) for label, own in of.items()
    } | {_("Comments"): volume}  # fmt: skip


def side_by_side(
    trends: Mapping[str, Sequence[Sequence[Row]]], label: str, addresses: Mapping[str, Address],
    of_volume: Mapping[str, Address],
) -> dict[str, Figure]:  # fmt: skip
    """One category by day for several accounts and tags, on the same scale; earlier periods are laid over the last."""
    shares = [row["share"] + row["margin"] for periods in trends.values() for row in periods[-1]]
    shares += [row["share"] for periods in trends.values() for rows in periods for row in rows]
    return {
        title: _small(
            [
                *_band(periods[-1], COLOURS[label], addresses[title]),
                *(_other_period(rows, addresses[title], opacity=0.3 + 0.6 * i / len(periods))
                  for i, rows in enumerate(periods[:-1])),
            ],
            _volume(periods[-1], of_volume[title]),
            range=[0, 1.05 * max(shares, default=1)],
        )
        for title, periods in trends.items()
    }  # fmt: skip


def first_hours(rows: Sequence[Row], address: Address = nowhere) -> Figure:
    """Comments by hour after a post, the least severe at the bottom."""
    data = [
        {"type": "bar", "x": [row["hour"] for row in own], "y": [row["comments"] for row in own],
         "marker": {"color": SEVERITIES.get(severity, FEW)}, **opening([address(row) for row in own]),
         "hovertemplate": _("Hour {hour}: {comments} {severity}", hour="%{x}", comments="%{y:,}",
                            severity=_hour_part(severity)) + "<extra></extra>"}
        for severity in SEVERITY_NAMES
        if (own := [row for row in rows if row["severity"] == severity])
    ]  # fmt: skip
    hours = {**X, "range": [-0.5, FIRST_HOURS - 0.5], "dtick": 6, "title": {"text": _("hours after the post")}}
    return quiet(data, 280, xaxis=hours, yaxis=COUNTS, barmode="stack")


def _hour_part(severity: str) -> str:
    return _("not flagged") if severity == "none" else _(SEVERITY_NAMES[severity])


def _posts(count: int) -> str:
    return ngettext("{number} post", "{number} posts", count)


def timeline(rows: Sequence[Row], address: Address = nowhere) -> Figure:
    """Comments of one author by time and toxicity, in the colour of their severity."""
    texts = [
        _("{day} {time} on {account}: {share}", day=dated(row["posted_at"], "MMMEd"), time=f"{row['posted_at']:%H:%M}",
          account=row["account"], share=number(row["toxic"], ".0%"))
        for row in rows
    ]  # fmt: skip
    data = {"type": "scatter", "mode": "markers", "x": [row["posted_at"] for row in rows],
            "y": [row["toxic"] for row in rows], "text": texts, **opening([address(row) for row in rows]),
            "marker": {"size": 10, "color": [SEVERITIES.get(row["severity"], FEW) for row in rows],
                       "line": {"color": INK, "width": 1}},
            "hovertemplate": "%{text}<extra></extra>"}  # fmt: skip
    toxic = {**Y, "tickformat": ".0%", "range": [-0.04, 1.04], "title": {"text": label_name("toxic")}}
    return quiet([data], 300, xaxis={**DAYS, "tickformat": "%d %b"}, yaxis=toxic)


def newcomers(rows: Sequence[Row], first: date, last: date) -> Figure:
    """Authors by day: new ones below, others above; bursts are marked."""
    new = [row["new_authors"] for row in rows]
    parts = [
        (_("new"), new, COLOURS["toxic"]),
        (_("known"), [row["authors"] - row["new_authors"] for row in rows], FEW),
    ]
    data = [
        {"type": "bar", "x": [row["day"] for row in rows], "y": authors, "width": BAR, "marker": {"color": colour},
         "hovertemplate": f"%{{x|%a %d %b}}: %{{y:,}} {name}<extra></extra>"}
        for name, authors, colour in parts
    ]  # fmt: skip
    bursts = [
        {"x": row["day"], "y": row["authors"], "text": _("usually {number}", number=number(row["usual"], ".0f")),
         "font": {"size": 11},
         "showarrow": True, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": INK, "ax": 0, "ay": -22}
        for row in rows if row["is_burst"]
    ]  # fmt: skip
    period = {**DAYS, "range": [f"{first - timedelta(1)} 12:00", f"{last} 12:00"]}
    authors_axis = {**Y, "tickformat": "~s", "rangemode": "tozero"}
    return quiet(data, 240, xaxis=period, yaxis=authors_axis, barmode="stack", annotations=bursts)


def network(
    nodes: Sequence[Node], edges: Sequence[Row], places: Mapping[str, tuple[float, float]], address: Address
) -> Figure:
    """Lines from author to target, in four widths, and nodes as large as the toxicity that hits them."""
    most = max(row["toxic"] for row in edges)
    by_width: dict[int, list[Row]] = {}
    for row in edges:
        by_width.setdefault(1 + round(3 * row["toxic"] / most), []).append(row)
    lines = [
        {"type": "scatter", "mode": "lines", "line": {"width": width, "color": COLOURS["toxic"]}, "opacity": 0.35,
         "hoverinfo": "skip",
         "x": [x for row in own for x in (places[row["author"]][0], places[row["target"]][0], None)],
         "y": [y for row in own for y in (places[row["author"]][1], places[row["target"]][1], None)]}
        for width, own in sorted(by_width.items())
    ]  # fmt: skip
    largest = max(node.received for node in nodes)
    texts = [
        _("{name}: toxicity sent {sent}, received {received}", name=node.name, sent=number(node.sent, ".1f"),
          received=number(node.received, ".1f"))
        for node in nodes
    ]  # fmt: skip
    names = [node.name if node.is_account else "" for node in nodes]
    by_height = sorted(filter(None, names), key=lambda name: places[name][1])
    below = set(by_height[::2])  # accounts next to each other have their names on different sides
    drawn = {"type": "scatter", "mode": "markers+text", "text": names,
             "textposition": ["bottom center" if name in below else "top center" for name in names],
             "hovertext": texts, "hovertemplate": "%{hovertext}<extra></extra>",
             "x": [places[node.name][0] for node in nodes], "y": [places[node.name][1] for node in nodes],
             **opening([address({"name": node.name, "is_account": node.is_account}) for node in nodes]),
             "marker": {"size": [8 + 22 * (node.received / largest) ** 0.5 for node in nodes],
                        "symbol": ["square" if node.is_account else "circle" for node in nodes],
                        "color": [INK if node.is_account else COLOURS["insult"] for node in nodes]}}  # fmt: skip
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    return quiet([*lines, drawn], 460, xaxis=hidden, yaxis={**hidden, "scaleanchor": "x"})


def weekdays(rows: Sequence[Row], label: str, zone: str, address: Address = nowhere) -> Figure:
    share: list[list[Any]] = [[None] * 24 for _day in WEEKDAYS]
    few: list[list[Any]] = [[None] * 24 for _day in WEEKDAYS]
    text = [[""] * 24 for _day in WEEKDAYS]
    behind: list[list[str | None]] = [[None] * 24 for _day in WEEKDAYS]
    for row in rows:
        share[row["weekday"] - 1][row["hour"]] = row["share"] if row["comments"] >= FEW_COMMENTS else None
        few[row["weekday"] - 1][row["hour"]] = 1 if row["comments"] < FEW_COMMENTS else None
        behind[row["weekday"] - 1][row["hour"]] = address(row)
        text[row["weekday"] - 1][row["hour"]] = _of_comments(row)
    data = {**heat(label, ".0%"), "z": share, "x": [f"{hour:02}" for hour in range(24)], "text": text,
            "y": [weekday(one, is_short=True) for one in WEEKDAYS], **opening(behind),
            "hovertemplate": f"%{{y}} %{{x}}:00 {zone}: %{{text}}<extra></extra>"}  # fmt: skip
    too_few = _("{share}, too few to tell", share="%{text}")
    small = {**data, "z": few, "zmin": 0, "zmax": 1, "showscale": False, "colorscale": [[0, FEW], [1, FEW]],
             "hovertemplate": f"%{{y}} %{{x}}:00 {zone}: {too_few}<extra></extra>"}  # fmt: skip
    hours = {**X, "type": "category", "tickangle": 0}
    return quiet([data, small], 260, xaxis=hours, yaxis={**Y, "showgrid": False, "autorange": "reversed"})


def _of_comments(row: Row) -> str:
    return _("{share} of {comments}", share=number(row["share"], ".1%"), comments=comments(row["comments"]))


def bars(
    names: Sequence[str],
    shares: Sequence[float],
    margins: Sequence[float],
    colour: str | Sequence[str],
    addresses: Sequence[str | None] = (),
) -> Figure:
    error = {**whiskers(shares, margins), "thickness": 1, "width": 3}
    data = {"type": "bar", "x": shares, "y": names, "orientation": "h", "marker": {"color": colour}, "width": 0.55,
            "error_x": error, **opening(addresses), "hovertemplate": "%{y}: %{x:.1%}<extra></extra>"}  # fmt: skip
    across = {**X, "tickformat": ".1~%", "rangemode": "tozero"}
    down = {**Y, "autorange": "reversed", "ticksuffix": "  "}
    return quiet([data], 60 + 34 * max(len(names), 2), xaxis=across, yaxis=down)


def whiskers(shares: Sequence[float], margins: Sequence[float]) -> Figure:
    """Intervals of shares, none of which is less than nothing or more than all."""
    pairs = list(zip(shares, margins, strict=True))
    above, below = [min(1 - share, margin) for share, margin in pairs], [min(pair) for pair in pairs]
    return {"type": "data", "symmetric": False, "color": INK, "array": above, "arrayminus": below}


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


def opening(addresses: Sequence[Any]) -> Figure:
    """Where clicks on a trace's points lead, one address per point or line of points; nothing without an address."""
    flat = [one for line in addresses for one in (line if isinstance(line, list) else [line])]
    return {"customdata": addresses} if any(flat) else {}


def heat(label: str, unit: str) -> Figure:
    scale = [[0, "rgba(134, 142, 150, 0.08)"], [1, COLOURS[label]]]
    return {"type": "heatmap", "colorscale": scale, "xgap": 2, "ygap": 2,
            "colorbar": {"thickness": 8, "outlinewidth": 0, "tickformat": unit}}  # fmt: skip


def _small(traces: list[Figure], volume: Figure | None = None, **scale: Any) -> Figure:
    """A chart that is one of several: with ticks on the first and the last day, which have room on a phone."""
    days = sorted({day for trace in traces for day in trace["x"]})
    ends = {"tickvals": [days[0], days[-1]]} if days else {}
    xaxis, yaxis = {**DAYS, "tickangle": 0, **ends}, {**SHARES, "nticks": 4, **scale}
    if volume is None:
        figure = quiet(traces, 150, xaxis=xaxis, yaxis=yaxis)
    else:
        axes = {"xaxis": {**xaxis, "anchor": "y2"}, "yaxis": {**yaxis, "domain": [0.28, 1]}, "yaxis2": VOLUME}
        figure = quiet([volume, *traces], 180, **axes)
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
    upper = [min(row["share"] + row["margin"], 1) for row in rows]
    lower = [max(row["share"] - row["margin"], 0) for row in rows]
    texts = [
        _(
            "{share} ± {margin} of {comments}; {flagged} flagged",
            share=number(row["share"], ".1%"),
            margin=number(row["margin"], ".1%"),
            comments=number(row["comments"]),
            flagged=number(row["flagged"]),
        )
        for row in rows
    ]
    return [
        {"type": "scatter", "x": days + days[::-1], "y": upper + lower[::-1], "fill": "toself", "fillcolor": colour,
         "opacity": 0.18, "line": {"width": 0}, "mode": "lines", "hoverinfo": "skip"},
        {"type": "scatter", "x": days, "y": [row["share"] for row in rows], "text": texts,
         "mode": "lines+markers" if hover or len(rows) == 1 else "lines", "line": {"color": colour, "width": 2},
         "marker": {"size": 5, "color": [FEW if row["comments"] < FEW_COMMENTS else colour for row in rows]},
         **opening([address(row) for row in rows]),
         "hovertemplate": "%{x|%a %d %b}: %{text}<extra></extra>"},
    ]  # fmt: skip


def daily_spam(rows: Sequence[Row], address: Address) -> Figure:
    """Its estimated share by day, above the number of comments."""
    shares = {"type": "scatter", "x": [row["day"] for row in rows], "y": [row["share"] for row in rows],
              "mode": "lines+markers", "line": {"color": SPAM, "width": 2}, "marker": {"size": 5},
              **opening([address(row) for row in rows]),
              "hovertemplate": "%{x|%a %d %b}: %{y:.1%}<extra></extra>"}  # fmt: skip
    axes = {"yaxis": {**SHARES, "domain": [0.24, 1]}, "yaxis2": VOLUME, "xaxis": {**DAYS, "anchor": "y2"}}
    return quiet([_volume(rows), shares], 260, **axes)


def quiet(data: list[Figure], height: int, **layout: Any) -> Figure:
    look = {
        "height": height, "margin": {"l": 44, "r": 12, "t": 26, "b": 32}, "showlegend": False,
        "font": {"color": INK, "size": 12}, "hoverlabel": {"font": {"size": 12}, "align": "left"},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "hovermode": "closest",
    }  # fmt: skip
    return {"data": [_with_plain_days(trace) for trace in data], "layout": look | layout}


def _with_plain_days(trace: Figure) -> Figure:
    """Days as text: Plotly's JSON encoder takes ten times as long for dates."""
    days = [day.isoformat() if isinstance(day, date) else day for day in trace.get("x", ())]
    return trace | {"x": days} if days else trace
