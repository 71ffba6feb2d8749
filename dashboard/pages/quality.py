"""How far to believe the figures: what was collected, checked, refused, and what the model is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import figures
from dashboard.components import LANGUAGES, chart, page, panel, percent, pick_label, pick_period, table
from dashboard.figures import COLOURS, named
from dashboard.view import Answers, Row, View
from models.labels import LABELS
from models.training import report

TITLE = "Quality"


def layout(answers: Answers, view: View, card: dict[str, Any], reports: Sequence[Path]) -> Component:
    expectations = answers.rows("expectations", view)
    broken = [row for row in expectations if not row["is_met"]]
    coverage = [row | {"coverage": percent(row["coverage"])} for row in answers.rows("coverage", view)]
    nights = [row | {"seconds": f"{row['seconds']:.0f}"} for row in answers.rows("nights", view)]
    drifts = answers.rows("drifts", view)
    choices = [row for row in answers.rows("choices", view) if row["flagged"]]
    return page(
        "Quality and model",
        _sentence(expectations, broken, coverage),
        [pick_period(view), pick_label(view)],
        _listed("Nights", "What each night read, kept, scored, took and cost.", nights, "No night in this period.",
                wide=True),
        _listed("Coverage", "Captured comments of what the platform says the posts have, least first.", coverage,
                "The platforms have not said how many comments there are."),
        _listed("Rules that the last night broke",
                ["Great Expectations; a broken “fail” rule stops a night. ",
                 html.A("All nights' results", href="/checks/index.html", target="_blank")],
                broken, f"None: all {len(expectations)} rules were met."),
        _listed("Refused by platforms", "What could not be collected, and why.", answers.rows("errors", view),
                "Nothing."),
        _listed("Set aside by validate", "Rows that are not scored, by reason.", answers.rows("rejected", view),
                "No row."),
        _listed("Drift", "Scores, languages, lengths or volume unlike the four weeks before, beyond chance.",
                _drift(answers, view), "Nothing has shifted in this period."),
        _listed("Flags that were right", "What reviewers said of flagged comments, by week and category.",
                _precision(answers, view), "No flagged comment was reviewed in this period."),
        chart("How far days are from the four weeks before",
              "What moved most, by population stability index: 1 is a shift that is beyond chance.",
              figures.drifts(drifts), drifts, "There are no earlier days to compare with.", wide=True),
        chart(f"From which score a comment counts as {named(view.label)}",
              "Bars: comments of the period that a threshold flags. Line: how many of them are expected to be right. "
              "Points: how many reviewers found right, with 95 % intervals. The policy sets it, policies.toml.",
              figures.choices(choices, COLOURS[view.label]), choices, "No comments in this period.", wide=True),
        _listed("Languages", "Share of comments in the period and in the one before.", _languages(answers, view),
                "No comments in this period."),
        _model(card),
        *_evaluation(card, reports),
    )  # fmt: skip


def _evaluation(card: dict[str, Any], reports: Sequence[Path]) -> list[Component]:
    figures = report.read(card["version"], reports)
    if figures is None:
        return [panel("Evaluation", "Not yet: `toxwatch evaluate` judges the model on held-out comments.")]
    return [chart(*one, empty="Nothing of this kind was held out.") for one in report.charts(figures)]


def _drift(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "day": row["day"],
            "account": row["account"],
            "what": named(row["label"]),
            "how far": f"{row['comments']:,} comments, usually {row['usual']:,.0f}"
            if row["psi"] is None
            else f"PSI {row['psi']:.2f}" + (f", KS {row['ks']:.2f}" if row["ks"] else ""),
        }
        for row in answers.rows("drift", view)
    ]


def _precision(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "week": row["week"],
            "category": named(row["category"]),
            "right": f"{percent(row['precision'])} ± {100 * row['margin']:.0f}",
            "of": row["flagged"],
        }
        for row in answers.rows("precision", view)
    ]


def _languages(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "language": LANGUAGES.get(row["language"], row["language"]),
            "comments": row["comments"],
            "share": percent(row["share"]),
            "before": percent(row["share_before"]),
        }
        for row in answers.rows("language_mix", view)
    ]


def _sentence(expectations: Sequence[Row], broken: Sequence[Row], coverage: Sequence[Row]) -> str:
    if not expectations:
        return "No night has been checked yet."
    least = f" {coverage[0]['account']} is seen least: {coverage[0]['coverage']} of its comments." if coverage else ""
    return f"{len(expectations) - len(broken)} of {len(expectations)} rules were met last night.{least}"


def _listed(title: str, note: Any, rows: Sequence[Row], empty: str, wide: bool = False) -> Component:
    return panel(title, note, table(rows) if rows else html.P(empty, className="empty"), wide=wide)


def _model(card: dict[str, Any]) -> Component:
    is_cascade = card["kind"] == "cascade"
    losses = card["auc_loss"] if is_cascade else card["export"]["int8_auc_loss"]
    lost = "against its slow network alone" if is_cascade else "by storing it as int8"
    rows: list[Row] = [
        {
            "category": named(label),
            "share assumed": percent(card["shares"][label]),
            "threshold": card["thresholds"][label],
            "AUC lost": losses.get(label),
        }
        for label in LABELS
    ]
    said = (
        f"{card['kind']}, text rule {card['text_rule']}, validation AUC {card['validation_auc']:.4f} (mean over "
        f"categories). Trained on {card['rows']['train']:,} comments from {', '.join(card['sources'])}. "
        f"Thresholds are those of {card['settings']['precision']:.0%} precision where a category reaches it. "
        f"AUC is lost {lost}."
    )
    if is_cascade:
        said += f" Its slow network reads {card['read_share']:.0%} of unfiltered comments, its fast one all."
    return panel(f"Model {card['version']}", said, table(rows))
