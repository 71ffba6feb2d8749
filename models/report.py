"""The figures of `toxwatch evaluate` as one HTML page that needs nothing else to be read."""

from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

INK, MODEL, BASELINE, WRONG = "#495057", "#2a7ab9", "#ced4da", "#d55e00"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #212529; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.5rem }} h2 {{ font-size: 1.1rem; margin: 2.2rem 0 0 }} p {{ color: #495057; margin: .2rem 0 }}
li {{ margin: .15rem 0 }} @media print {{ section {{ break-inside: avoid }} }}
</style><script>{script}</script></head><body><h1>{title}</h1>{sections}</body></html>"""


def write(figures: dict[str, Any], target: Path) -> None:
    title = f"{figures['model']} on {figures['rows']:,} held-out comments"
    parts = [
        ("Categories", "ROC AUC with its 95 % interval; the bar behind is TF-IDF and logistic regression on the same "
         "rows.", _labels(figures["labels"], figures["baseline"]["labels"])),
        ("Calibration", "Of comments that the model gives a probability, the share that people call so. On the "
         "diagonal it means what it says. At the shares of unfiltered comments.", _reliability(figures["labels"])),
        ("Sources", "AUC of toxic within each source. Those with a star were never trained on.", _sources(figures)),
        ("Functional cases", "Short texts that fool such models: how many are right.", _cases(figures["cases"])),
        ("Named groups", "AUC among comments that name a group (subgroup), of their harmless ones against other toxic "
         "ones (BPSN), and the reverse (BNSP).", _identities(figures["identities"])),
        ("Disguises", "What writing past a filter costs in AUC of toxic.", _disguises(figures["disguises"])),
    ]  # fmt: skip
    sections = "".join(_section(*part) for part in parts) + _wrong(figures["cases"])
    page = PAGE.format(title=escape(title), script=get_plotlyjs(), sections=sections)
    target.write_text(page, encoding="utf-8")


def _section(title: str, said: str, figure: go.Figure) -> str:
    figure.update_layout(template="none", margin={"t": 20, "r": 20, "b": 50}, font_color=INK, legend_orientation="h")
    figure.update_yaxes(automargin=True)
    chart = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    return f"<section><h2>{escape(title)}</h2><p>{escape(said)}</p>{chart}</section>"


def _labels(labels: dict[str, Any], baseline: dict[str, Any]) -> go.Figure:
    names = list(labels)
    auc = [labels[name]["auc"] for name in names]
    above = [labels[name]["auc_interval"][1] - labels[name]["auc"] for name in names]
    below = [labels[name]["auc"] - labels[name]["auc_interval"][0] for name in names]
    figure = go.Figure([
        go.Bar(x=[baseline[name]["auc"] for name in names], y=names, orientation="h", name="TF-IDF",
               marker_color=BASELINE),
        go.Scatter(x=auc, y=names, mode="markers", name="this model", marker={"color": MODEL, "size": 10},
                   error_x={"array": above, "arrayminus": below, "color": MODEL}),
    ])  # fmt: skip
    return figure.update_xaxes(range=[0.85, 1]).update_layout(height=300)


def _reliability(labels: dict[str, Any]) -> go.Figure:
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": BASELINE}, name="as said"))
    for name, row in labels.items():
        said, right, _ = zip(*row["reliability"], strict=True)
        figure.add_scatter(x=said, y=right, mode="lines+markers", name=name)
    figure.update_xaxes(title="probability", range=[0, 1]).update_yaxes(title="share that is so", range=[0, 1])
    return figure.update_layout(height=440, legend_y=-0.2)


def _sources(figures: dict[str, Any]) -> go.Figure:
    baseline = figures["baseline"]
    ours = figures["sources"] | {f"{name} *": row for name, row in figures["unseen_sources"].items()}
    theirs = baseline["sources"] | {f"{name} *": row for name, row in baseline["unseen_sources"].items()}
    names = list(ours)
    return _two_bars(names, [ours[name]["auc"] for name in names], [theirs[name]["auc"] for name in names])


def _two_bars(names: list[str], model: list[float], baseline: list[float]) -> go.Figure:
    figure = go.Figure([
        go.Bar(x=model, y=names, orientation="h", name="this model", marker_color=MODEL),
        go.Bar(x=baseline, y=names, orientation="h", name="TF-IDF", marker_color=BASELINE),
    ])  # fmt: skip
    return figure.update_xaxes(range=[0.5, 1]).update_layout(height=120 + 45 * len(names))


def _cases(cases: dict[str, Any]) -> go.Figure:
    names = [f"{name} ({'abuse' if row['is_toxic'] else 'harmless'})" for name, row in cases.items()]
    right = [row["right"] for row in cases.values()]
    wrong = [row["texts"] - row["right"] for row in cases.values()]
    figure = go.Figure([
        go.Bar(x=right, y=names, orientation="h", name="right", marker_color=MODEL),
        go.Bar(x=wrong, y=names, orientation="h", name="wrong", marker_color=WRONG),
    ])  # fmt: skip
    return figure.update_layout(barmode="stack", height=90 + 26 * len(names)).update_yaxes(autorange="reversed")


def _identities(identities: dict[str, Any]) -> go.Figure:
    figure = go.Figure()
    for name, colour in (("subgroup_auc", MODEL), ("bpsn_auc", WRONG), ("bnsp_auc", "#00966e")):
        figure.add_bar(x=list(identities), y=[row[name] for row in identities.values()], name=name, marker_color=colour)
    return figure.update_yaxes(range=[0.5, 1]).update_layout(height=320)


def _disguises(disguises: dict[str, float]) -> go.Figure:
    bars = go.Bar(x=list(disguises.values()), y=list(disguises), orientation="h", marker_color=MODEL)
    return go.Figure(bars).update_layout(height=90 + 26 * len(disguises))


def _wrong(cases: dict[str, Any]) -> str:
    items = "".join(f"<li>{escape(name)}: {escape(text)}</li>" for name, row in cases.items() for text in row["wrong"])
    return f"<section><h2>Functional cases that are wrong, with the probability of toxic</h2><ul>{items}</ul></section>"
