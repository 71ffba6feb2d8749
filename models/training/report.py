"""What `toxwatch evaluate` found as charts: one HTML page that needs nothing else, and what the dashboard shows."""

import json
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

from models.labels import LABELS
from warehouse.files import write_atomically

Figure = dict[str, Any]  # Plotly's JSON
Row = dict[str, Any]
Translate = Callable[[str], str]
SOURCES = Path(__file__).with_name("sources")
LONGEST_LINE = 24  # letters beside a bar, which has little room on a phone


def N_(message: str) -> str:
    """Marks a message that is translated where it is shown; a report of its own is in English."""
    return message


TITLES = {
    "toxic": N_("Toxic"),
    "severe_toxic": N_("Severely toxic"),
    "obscene": N_("Obscene"),
    "threat": N_("Threat"),
    "insult": N_("Insult"),
    "identity_hate": N_("Identity hate"),
}
CASES = {
    "direct insult": N_("direct insult"),
    "direct threat": N_("direct threat"),
    "hate of a group": N_("hate of a group"),
    "implicit derogation": N_("implicit derogation"),
    "abuse by emoji": N_("abuse by emoji"),
    "misspelt abuse": N_("misspelt abuse"),
    "negated abuse": N_("negated abuse"),
    "counter-speech that quotes abuse": N_("counter-speech that quotes abuse"),
    "reclaimed words": N_("reclaimed words"),
    "profanity without a target": N_("profanity without a target"),
    "neutral mention of a group": N_("neutral mention of a group"),
    "positive mention of a group": N_("positive mention of a group"),
    "harsh but fair criticism": N_("harsh but fair criticism"),
    "figures of speech": N_("figures of speech"),
    "everyday friendly": N_("everyday friendly"),
}
DISGUISES = {
    "leet": N_("digits for letters"),
    "spaced": N_("letters apart"),
    "repeated": N_("repeated letters"),
    "homoglyphs": N_("Cyrillic letters that look alike"),
    "zero_width": N_("invisible characters"),
    "emoji_letters": N_("emoji for letters"),
    "masked": N_("asterisks"),
    "misspelt": N_("typing errors"),
}

# Okabe and Ito's colours, told apart by colour-blind people.
COLOURS = dict(zip(LABELS, ("#2a7ab9", "#d55e00", "#d08700", "#b0558f", "#3f9fcf", "#00966e"), strict=True))
INK = "#868e96"  # readable on white and on near black
MODEL, WRONG, THIRD, BASELINE = COLOURS["toxic"], COLOURS["severe_toxic"], COLOURS["identity_hate"], "#adb5bd"
LINES = "rgba(134, 142, 150, 0.22)"
AXIS = {"automargin": True, "zeroline": False, "gridcolor": LINES}
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #212529; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.5rem }} h2 {{ font-size: 1.1rem; margin: 2.2rem 0 0 }} p {{ color: #495057; margin: .2rem 0 }}
li {{ margin: .15rem 0 }} @media print {{ section {{ break-inside: avoid }} }}
</style><script>{script}</script></head><body><h1>{title}</h1>{sections}</body></html>"""


class Chart(NamedTuple):
    title: str
    caption: str
    figure: Figure
    rows: list[Row]  # its numbers


def write(figures: dict[str, Any], target: Path) -> None:
    from plotly.offline import get_plotlyjs

    title = f"{figures['model']} on {figures['rows']:,} held-out comments"
    sections = "".join(map(_section, charts(figures))) + _wrong(figures["cases"])
    write_atomically(target, PAGE.format(title=escape(title), script=get_plotlyjs(), sections=sections))


def read(version: str, folders: Sequence[Path]) -> dict[str, Any] | None:
    """The figures of a model, from the first folder that has them."""
    found = (folder / f"{version}.json" for folder in folders)
    return next((json.loads(path.read_text(encoding="utf-8")) for path in found if path.is_file()), None)


def charts(figures: dict[str, Any], _: Translate = N_) -> list[Chart]:
    return [
        _told_apart(figures["labels"], figures["baseline"]["labels"], _),
        _reliability(figures["labels"], _),
        _sources(figures, _),
        _cases(figures["cases"], _),
        _identities(figures["identities"], _),
        _mentions(figures.get("mentions", {}), _),
        _disguises(figures["disguises"], _),
    ]


def _told_apart(labels: dict[str, Any], baseline: dict[str, Any], _: Translate) -> Chart:
    rows: list[Row] = [
        {"category": _(TITLES[name]), "positives": row["positives"], "auc": row["auc"], "from": row["auc_interval"][0],
         "to": row["auc_interval"][1], "tfidf": baseline[name]["auc"]} for name, row in labels.items()
    ]  # fmt: skip
    interval = {"type": "data", "array": [row["to"] - row["auc"] for row in rows], "color": MODEL,
                "symmetric": False, "arrayminus": [row["auc"] - row["from"] for row in rows]}  # fmt: skip
    least = min([0.85, *(row["from"] for row in rows), *(row["tfidf"] for row in rows)])
    figure = _figure(
        _bar(rows, "category", "tfidf", "TF-IDF", BASELINE),
        {"type": "scatter", "x": [row["auc"] for row in rows], "y": [row["category"] for row in rows],
         "error_x": interval, "mode": "markers", "name": _("this model"), "marker": {"color": MODEL, "size": 10}},
        height=300, x={"range": [least, 1]}, y={"autorange": "reversed"},
    )  # fmt: skip
    caption = _("ROC AUC on held-out comments, with its 95% interval. The bar is TF-IDF with logistic regression.")
    return Chart(_("How well the model tells categories apart"), caption, figure, rows)


def _reliability(labels: dict[str, Any], _: Translate) -> Chart:
    rows: list[Row] = [
        {"category": _(TITLES[name]), "probability": predicted, "right": right, "share_of_comments": share}
        for name, row in labels.items() for predicted, right, share in row["reliability"]
    ]  # fmt: skip
    lines: list[Figure] = [
        {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"color": BASELINE}, "name": _("as predicted")}
    ]
    for name in labels:
        points = labels[name]["reliability"]
        lines.append({"x": [point[0] for point in points], "y": [point[1] for point in points],
                      "mode": "lines+markers", "name": _(TITLES[name]),
                      "line": {"color": COLOURS[name]}})  # fmt: skip
    unit = {"range": [0, 1]}
    figure = _figure(*lines, height=440, x={"title": {"text": _("probability")}, **unit},
                     y={"title": {"text": _("observed share")}, **unit})  # fmt: skip
    caption = _(
        "Of the comments that the model gives a probability, the share that people put in the category. On the "
        "diagonal, scores match reality. Weighted to the shares of unfiltered comments."
    )
    return Chart(_("Calibration: do scores match reality?"), caption, figure, rows)


def _sources(figures: dict[str, Any], _: Translate) -> Chart:
    baseline = figures["baseline"]
    rows: list[Row] = [
        {"source": _name_of(name, _) + star, "comments": row["rows"], "auc": row["auc"],
         "tfidf": baseline[kind][name]["auc"]}
        for kind, star in (("sources", ""), ("unseen_sources", "\u00a0*")) for name, row in figures[kind].items()
    ]  # fmt: skip
    figure = _figure(
        _bar(rows, "source", "auc", _("this model"), MODEL), _bar(rows, "source", "tfidf", "TF-IDF", BASELINE),
        height=120 + 45 * len(rows), x={"range": [0.5, 1]}, y={"autorange": "reversed"},
    )  # fmt: skip
    caption = _(
        "AUC within each source of labelled comments, for the category toxic. A star: for a category of a source that "
        "the model was never trained on."
    )
    return Chart(_("Sources"), caption, figure, rows)


def _name_of(source: str, _: Translate) -> str:
    """ "wiki_toxic" or "conan, toxic" as people know it, in short; file names tell parts of one data set apart"""
    file, _comma, category = source.partition(", ")
    origin = _origin(file)
    parts = origin.split(", ")
    of_part = file.partition("_")[2].replace("_", " ")
    name = f"{parts[-1]} ({of_part})" if "(part)" in origin else parts[0]
    return f"{name}: {_(TITLES[category])}" if category else name


@cache
def _origin(file: str) -> str:
    described = SOURCES / f"{file}.toml"
    return str(tomllib.loads(described.read_text(encoding="utf-8"))["origin"]) if described.is_file() else file


def _cases(cases: dict[str, Any], _: Translate) -> Chart:
    kinds = {True: _("abuse"), False: _("harmless")}
    rows: list[Row] = [
        {"case": f"{_(CASES.get(name, name))} ({kinds[row['is_toxic']]})",
         "right": row["right"], "wrong": row["texts"] - row["right"]} for name, row in cases.items()
    ]  # fmt: skip
    figure = _figure(
        _bar(rows, "case", "right", _("right"), MODEL), _bar(rows, "case", "wrong", _("wrong"), WRONG),
        height=90 + 32 * len(rows), y={"autorange": "reversed"}, barmode="stack",
    )  # fmt: skip
    return Chart(
        _("Trick cases: how many does the model get right?"),
        _("Short texts written to fool such models."),
        figure,
        rows,
    )


def _identities(identities: dict[str, Any], _: Translate) -> Chart:
    rows = [{"group": name, **row} for name, row in identities.items()]
    kinds = (("subgroup_auc", _("subgroup"), MODEL), ("bpsn_auc", "BPSN", WRONG), ("bnsp_auc", "BNSP", THIRD))
    bars = [
        {"type": "bar", "x": [row["group"] for row in rows], "y": [row[kind] for row in rows], "name": name,
         "marker": {"color": colour}} for kind, name, colour in kinds
    ]  # fmt: skip
    caption = _(
        "AUC among comments that name a group (subgroup), of their harmless ones against other toxic ones (BPSN), and "
        "the reverse (BNSP)."
    )
    return Chart(
        _("Fairness: comments that name a group"), caption, _figure(*bars, height=320, y={"range": [0.5, 1]}), rows
    )


def _mentions(mentions: dict[str, Any], _: Translate) -> Chart:
    rows: list[Row] = [{"group": name, **row} for name, row in mentions.items()]
    bars = [
        {"type": "bar", "x": [row["group"] for row in rows], "name": name, "marker": {"color": colour},
         "y": [row[f"{kind}_flagged"] / row[kind] for row in rows]}
        for kind, name, colour in (("abuse", _("abuse"), MODEL), ("harmless", _("harmless"), WRONG))
    ]  # fmt: skip
    caption = _("The same sentences about every group: how many of the abusive and of the harmless ones are flagged.")
    figure = _figure(*bars, height=320, y={"tickformat": ".0%", "range": [0, 1]})
    return Chart(_("Fairness: same sentence, different group"), caption, figure, rows)


def _disguises(disguises: dict[str, float], _: Translate) -> Chart:
    rows: list[Row] = [{"disguise": _(DISGUISES.get(name, name)), "auc_lost": lost} for name, lost in disguises.items()]
    figure = _figure(_bar(rows, "disguise", "auc_lost", _("AUC lost"), MODEL), height=90 + 26 * len(rows),
                     y={"autorange": "reversed"})  # fmt: skip
    return Chart(
        _("How much accuracy drops when people disguise words"), _("Loss of AUC, for the category toxic."), figure, rows
    )


def _bar(rows: Sequence[Row], names: str, values: str, name: str, colour: str) -> Figure:
    wrapped = ["<br>".join(wrap(row[names], LONGEST_LINE)) for row in rows]
    return {"type": "bar", "orientation": "h", "x": [row[values] for row in rows], "y": wrapped,
            "name": name, "marker": {"color": colour}}  # fmt: skip


def _figure(*data: Figure, height: int, x: Row | None = None, y: Row | None = None, **layout: Any) -> Figure:
    look = {
        "height": height, "margin": {"l": 40, "r": 20, "t": 40, "b": 40}, "font": {"color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "showlegend": len(data) > 1,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom"}, "xaxis": {**AXIS, **(x or {})},
        "yaxis": {**AXIS, **(y or {})},
    }  # fmt: skip
    return {"data": list(data), "layout": look | layout}


def _section(chart: Chart) -> str:
    from plotly.io import to_html

    drawn = to_html(chart.figure, {"displaylogo": False}, full_html=False, include_plotlyjs=False, validate=False)
    return f"<section><h2>{escape(chart.title)}</h2><p>{escape(chart.caption)}</p>{drawn}</section>"


def _wrong(cases: dict[str, Any]) -> str:
    items = "".join(f"<li>{escape(name)}: {escape(text)}</li>" for name, row in cases.items() for text in row["wrong"])
    return f"<section><h2>Functional cases that are wrong, with the probability of toxic</h2><ul>{items}</ul></section>"
