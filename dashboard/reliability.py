"""Charts of what was collected, at what cost, and how far to believe it."""

from collections.abc import Mapping, Sequence
from html import escape

from dashboard.figures import ABOVE, DAYS, FEW, SHARES, Address, Figure, X, Y, heat, nowhere, opening, quiet, whiskers
from dashboard.language import _, dated, number
from dashboard.view import Row
from dashboard.wording import comments, label_name, label_title
from models.training.report import COLOURS, INK


def drifts(rows: Sequence[Row], address: Address = nowhere) -> Figure:
    """How far each account's days are from the four weeks before; a significant shift has the darkest colour."""
    days, accounts = (sorted({row[name] for row in rows}) for name in ("day", "account"))
    at = {(row["account"], row["day"]): row for row in rows}
    cells = [[at.get((account, day)) for day in days] for account in accounts]
    data = {**heat("toxic", ""), "x": days, "y": accounts, "zmin": 0, "zmax": 1,
            "z": [[cell and cell["moved"] for cell in line] for line in cells],
            "text": [[cell and _shift(cell) for cell in line] for line in cells],
            **opening([[cell and address(cell) for cell in line] for line in cells]),
            "hovertemplate": "%{y}, %{x|%a %d %b}: %{text}<extra></extra>"}  # fmt: skip
    names = {**Y, "type": "category", "showgrid": False}
    return quiet([data], 90 + 26 * max(len(accounts), 2), xaxis=DAYS, yaxis=names)


def _shift(row: Row) -> str:
    return f"{label_name(row['label'])}, PSI {number(row['psi'], '.2f')}, {comments(row['comments'])}"


def costs(
    rows: Sequence[Row], colours: Mapping[str, str], address: Address = nowhere, are_parts: bool = True
) -> Figure:
    """USD by month: parts of one bar, or bars side by side where what they stand for overlaps."""
    oldest_first = sorted(rows, key=lambda row: row["month"])
    data = [
        {"type": "bar", "x": [dated(row["month"], "yMMM") for row in own], "y": [row["cost_usd"] for row in own],
         "marker": {"color": colour}, "text": [_price(row) for row in own], "textposition": "none",
         **opening([address(row) for row in own]), "hovertemplate": "%{text}<extra></extra>"}
        for name, colour in colours.items()
        for own in [[row for row in oldest_first if row["name"] == name]]
    ]  # fmt: skip
    months = {**X, "type": "category", "categoryarray": [dated(row["month"], "yMMM") for row in oldest_first]}
    usd = {**Y, "tickprefix": "$", "tickformat": ".2f", "rangemode": "tozero"}
    bars = {"barmode": "stack", "bargap": 0.5} if are_parts else {"barmode": "group", "bargap": 0.2}
    return quiet(data, 300, xaxis=months, yaxis=usd, **bars)


def _price(row: Row) -> str:
    cost = f"{row['name']}, {dated(row['month'], 'yMMMM')}: ${number(row['cost_usd'], '.2f')}"
    if row["usd_per_1000"] is None:
        return escape(cost)
    return escape(_("{cost}, ${rate} per 1,000 new comments", cost=cost, rate=number(row["usd_per_1000"], ".2f")))


def coverage(rows: Sequence[Row], address: Address = nowhere) -> Figure:
    """Which share of the comments that platforms report was collected, a bar for each account."""
    texts = [
        _("{collected} of {reported}: {share}", collected=number(row["captured"]),
          reported=number(row["reported_by_platform"]), share=number(row["coverage"], ".1%"))
        for row in rows
    ]  # fmt: skip
    data = {"type": "bar", "orientation": "h", "y": [row["account"] for row in rows],
            "x": [row["coverage"] for row in rows], "width": 0.55, "text": texts, "textposition": "none",
            "marker": {"color": COLOURS["toxic"]}, **opening([address(row) for row in rows]),
            "hovertemplate": "%{y}: %{text}<extra></extra>"}  # fmt: skip
    across = {**X, "tickformat": ".0%", "range": [0, 1.02]}
    down = {**Y, "autorange": "reversed", "ticksuffix": "  ", "showgrid": False}
    return quiet([data], 60 + 26 * max(len(rows), 2), xaxis=across, yaxis=down)


def spread(rows: Sequence[Row], label: str, address: Address = nowhere) -> Figure:
    """How many comments have which probability; a dotted line marks where flags begin."""
    middles = [(row["probability_from"] + row["probability_to"]) / 2 for row in rows]
    counts = [row["comments"] for row in rows]
    widths = [row["probability_to"] - row["probability_from"] for row in rows]
    spans = [
        _("{first} to {last}", first=number(row["probability_from"], ".0%"), last=number(row["probability_to"], ".0%"))
        for row in rows
    ]
    data = {
        "type": "bar",
        "x": middles,
        "y": counts,
        "width": widths,
        "text": spans,
        "textposition": "none",
        "marker": {"color": COLOURS[label], "opacity": 0.7},
        **opening([address(row) for row in rows]),
        "hovertemplate": _("{share}: {number} comments", share="%{text}", number="%{y:,}") + "<extra></extra>",
    }
    marks = [_upright(row["flagged_from"], _("flagged from here on")) for row in rows[:1]]
    x = {**X, "tickformat": ".0%", "range": [0, 1]}
    y = {**Y, "type": "log", "dtick": 1, "tickformat": "~s"}
    return quiet([data], 240, xaxis=x, yaxis=y, shapes=[line for line, _ in marks],
                  annotations=[words for _, words in marks])  # fmt: skip


def widths(rows: Sequence[Row], label: str) -> Figure:
    """One share with the interval that it has with few and with many comments."""
    shares, margins = ([row[name] for row in rows] for name in ("share", "margin"))
    texts = [f"{number(row['share'], '.1%')} ± {number(row['margin'], '.1%')}" for row in rows]
    data = {
        "type": "scatter",
        "mode": "markers",
        "x": [number(row["comments"]) for row in rows],
        "y": shares,
        "text": texts,
        "marker": {"color": COLOURS[label], "size": 8},
        "error_y": {**whiskers(shares, margins), "thickness": 1.5, "width": 5},
        "hovertemplate": _("{number} comments: {share}", number="%{x}", share="%{text}") + "<extra></extra>",
    }
    return quiet([data], 240, xaxis={**X, "type": "category", "title": {"text": _("comments")}}, yaxis=SHARES)


def worth(rows: Sequence[Row], label: str, address: Address = nowhere) -> Figure:
    """Comments of each account, and as how many independent ones they count."""
    names = [row["account"] for row in rows]
    data = [
        {"type": "bar", "orientation": "h", "y": names, "x": [row[name] for row in rows], "name": title,
         "marker": {"color": colour}, **opening([address(row) for row in rows]),
         "hovertemplate": f"%{{y}}: {title} %{{x:,}}<extra></extra>"}
        for name, title, colour in (("comments", _("comments"), FEW), ("worth", _("count as"), COLOURS[label]))
    ]  # fmt: skip
    down = {**Y, "autorange": "reversed", "ticksuffix": "  "}
    across = {**X, "tickformat": "~s", "rangemode": "tozero"}
    return quiet(data, 90 + 34 * len(names), xaxis=across, yaxis=down, showlegend=True, legend=ABOVE)


def audited(rows: Sequence[Row], address: Address = nowhere) -> Figure:
    """What the model says of each category beside what people say, with its interval."""
    names, opened = [label_title(row["label"]) for row in rows], opening([address(row) for row in rows])
    people = {"type": "scatter", "mode": "markers", "name": _("people"), "y": names,
              "x": [row["people"] for row in rows],
              "marker": {"color": INK, "size": 9}, **opened,
              "error_x": {"type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 5,
                          "array": [row["high"] - row["people"] for row in rows],
                          "arrayminus": [row["people"] - row["low"] for row in rows]},
              "hovertemplate": _("{category}: people say {share}", category="%{y}", share="%{x:.1%}")
              + "<extra></extra>"}  # fmt: skip
    model = {"type": "scatter", "mode": "markers", "name": _("model"), "y": names, "x": [row["share"] for row in rows],
             "marker": {"color": [COLOURS[row["label"]] for row in rows], "size": 11, "symbol": "diamond-open",
                        "line": {"width": 2}}, **opened,
             "hovertemplate": _("{category}: the model says {share}", category="%{y}", share="%{x:.1%}")
             + "<extra></extra>"}  # fmt: skip
    down = {**Y, "autorange": "reversed", "ticksuffix": "  "}
    across = {**X, "tickformat": ".1~%", "rangemode": "tozero"}
    return quiet([people, model], 90 + 34 * len(names), xaxis=across, yaxis=down, showlegend=True, legend=ABOVE)


def _upright(x: float, text: str) -> tuple[Figure, Figure]:
    """A dotted line and what it marks."""
    line = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": INK, "dash": "dot", "width": 1}}  # fmt: skip
    return line, {"x": x, "y": 1, "yref": "paper", "text": text, "showarrow": False, "xanchor": "left"}


def choices(rows: Sequence[Row], colour: str, address: Address = nowhere) -> Figure:
    """For each threshold: how many comments it flags, and what share of those flags is right."""
    end = "<extra></extra>"
    at, reviewed = [row["flagged_from"] for row in rows], [row for row in rows if row["reviewed"]]
    opened = opening([address(row) for row in rows])
    data: list[Figure] = [
        {"type": "bar", "x": at, "y": [row["flagged"] for row in rows], "marker": {"color": INK}, "opacity": 0.35,
         "yaxis": "y2", **opened, "hovertemplate": _("Threshold {threshold}: {number} flagged", threshold="%{x}",
                                           number="%{y:,}") + end},
        {"type": "scatter", "x": at, "y": [row["expected_precision"] for row in rows], "mode": "lines",
         "line": {"color": colour}, **opened,
         "hovertemplate": _("Threshold {threshold}: {share} estimated correct",
                                                       threshold="%{x}", share="%{y:.0%}")
         + end},
        {"type": "scatter", "x": [row["flagged_from"] for row in reviewed], "y": [row["precision"] for row in reviewed],
         "mode": "markers", "marker": {"color": colour},
         "error_y": {"type": "data", "array": [row["margin"] for row in reviewed], "width": 3},
         "hovertemplate": _("Threshold {threshold}: {share} confirmed by reviewers", threshold="%{x}",
                            share="%{y:.0%}") + end},
    ]  # fmt: skip
    policy = [row["flagged_from"] for row in rows if row["is_policy"]]
    marks = [_upright(x, _("in use")) for x in policy]
    precision = {**Y, "tickformat": ".0%", "range": [0, 1.05], "overlaying": "y2"}
    volume = {**Y, "side": "right", "showgrid": False, "rangemode": "tozero"}
    return quiet(data, 300, xaxis=X, yaxis=precision, yaxis2=volume,
                  shapes=[line for line, _ in marks], annotations=[words for _, words in marks])  # fmt: skip
