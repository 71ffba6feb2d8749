"""How reliable the figures are: what was collected, checked and rejected, and how good the model is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import costs, reliability
from dashboard.charts import behind, chart, explained
from dashboard.components import page, panel, table
from dashboard.controls import pick_label, pick_period
from dashboard.people import VISITOR
from dashboard.view import Answers, Row, View
from dashboard.wording import COLLECTION_ERRORS, REJECTIONS, counted, label_name, label_title, language_name, percent
from models.labels import LABELS
from models.training import report
from models.training.report import COLOURS
from warehouse import measures
from warehouse.reviews import HASTY_SECONDS, Reviews

TITLE = "Quality"
EFFECTS = {"fail": "Stops the night", "warn": "Warns"}  # of a failed check
MOST_BARS = 25  # accounts in a chart
MODEL_HEADINGS = {
    "category": "Category",
    "assumed_share": "Assumed share",
    "threshold": "Threshold",
    "AUC loss": "AUC loss",
}


def layout(answers: Answers, view: View, card: dict[str, Any], reports: Sequence[Path], reviews: Reviews) -> Component:
    expectations = answers.rows("expectations", view)
    failed = [row for row in expectations if not row["is_met"]]
    coverage = answers.rows("coverage", view)
    nights = [
        row
        | {
            "seconds": f"{row['seconds']:.0f}",
            "cost_usd": f"{row['cost_usd'] or 0:.2f}",
            "ready_at": f"{row['ready_at']:%Y-%m-%d %H:%M}"
            if row.get("ready_at")
            else "–",  # older warehouses do not say
        }
        for row in answers.rows("nights", view)
    ]
    drifts, audited = answers.rows("drifts", view), answers.rows("audited", view)
    choices = [row for row in answers.rows("choices", view) if row["flagged"]]
    sees_all = VISITOR.get().sees_all  # some figures are sums over all accounts
    return page(
        "Quality and model",
        _sentence(expectations, failed, coverage) if sees_all else _coverage_sentence(coverage),
        [*pick_period(view), pick_label(view)],
        *([_listed("Nights", "Comments, time and cost of each nightly run, and when (UTC) its figures were there.",
                   nights, "No nights in this period.", wide=True)] if sees_all else []),
        _listed("Service levels",
                f"In {measures.PROMISED_SHARE:.0%} of the last {measures.LEVEL_NIGHTS} nights, figures are there "
                f"by {measures.READY_AFTER_HOURS - 24:02}:00 UTC and each account is collected. The error budget is "
                "what may still fail.",
                _levels(answers, view), "No night is due yet."),
        chart("Coverage",
              f"Share of the comments reported by the platform that we collected. {_lowest(coverage)}",
              reliability.coverage(coverage[:MOST_BARS], lambda row: behind(view, account=row["account"])), coverage,
              "The platforms have not reported any comment counts."),
        *costs.panels(answers, view),
        *([_checks(expectations, failed)] if sees_all else []),
        _listed("Collection errors", "What could not be collected, and why.", _errors(answers, view), "None."),
        _listed("Skipped comments", "Comments that were not scored, by reason.", _rejected(answers, view), "None."),
        _listed("Drift", "Days that differ significantly from the four weeks before.", _drift(answers, view),
                "No significant shifts in this period."),
        _listed("Correct flags", "Share of reviewed flags that reviewers confirmed, by week and category.",
                _precision(answers, view), "No flagged comments were reviewed in this period."),
        _listed("Random audit",
                "What people found in comments drawn at random, whatever their score, with 95% intervals: the "
                "share they see, the model's, how many flags are right (precision) and how much of what is harmful is "
                "flagged (recall). " + _bias(audited), _audited(audited),
                "No comment of the random audit has been reviewed in this period."),
        _listed(f"Random audit by account and language: {label_name(view.label)}",
                "A dash: fewer than two comments were reviewed, too few to tell.",
                _audited_sections(answers, view), "No comment of the random audit has been reviewed in this period."),
        _listed("Calibration",
                "Accounts, tags and languages whose probabilities were adjusted to match reviewers, in all of history."
                + (" With 200 reviewed comments of the audit, run `toxwatch audit calibrate` to add one."
                   if sees_all else ""),
                _calibrations(answers, view), "Nothing is calibrated: all shares are the model's own.", wide=True),
        *([_listed("Reviewers",
                   "How long the median decision takes, and how often others who saw the same comment agree that it is "
                   "harmful or harmless. Run `toxwatch audit leave-out` to exclude somebody's reviews.",
                   _reviewers(reviews), "No reviews yet.")] if VISITOR.get().may("audit") else []),
        chart("Drift by day",
              "The largest shift of each day (population stability index); values of 1 or more are significant.",
              reliability.drifts(drifts, lambda row: behind(view, account=row["account"], days=1, last=row["day"])),
              drifts, "There are no earlier days to compare with.", wide=True),
        chart(f"Choosing a threshold: {label_name(view.label)}",
              "Bars: comments flagged at each threshold. Line: estimated share of correct flags. Points: share that "
              "reviewers confirmed, with 95% interval."
              + (" Change thresholds under Settings." if VISITOR.get().may("settings") else ""),
              reliability.choices(choices, COLOURS[view.label]), choices, "No comments in this period.", wide=True),
        _listed("Languages", "Share of comments, in this period and the previous one.", _languages(answers, view),
                "No comments in this period."),
        _model(card),
        *_evaluation(card, reports),
    )  # fmt: skip


def _levels(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "goal": row["account"] or "Figures on time",
            "met": f"{row['nights'] - row['missed']} of {counted(row['nights'], 'night')}",
            "error_budget_left": "overspent" if row["budget_left"] < 0 else percent(row["budget_left"]),
        }
        for row in answers.rows("levels", view, at=answers.hour())
    ]


def _checks(expectations: Sequence[Row], failed: Sequence[Row]) -> Component:
    note = [
        "Great Expectations checks every night before it is scored. ",
        html.A("Results for all nights", href="/checks/index.html", target="_blank"),
    ]
    empty = f"All {len(expectations)} checks passed." if expectations else "Not checked yet."
    rows = [
        {"check": row["expectation"], "found": row["observed"], "effect": EFFECTS.get(row["level"], row["level"])}
        for row in failed
    ]
    return _listed("Failed checks last night", note, rows, empty)


def _evaluation(card: dict[str, Any], reports: Sequence[Path]) -> list[Component]:
    figures = report.read(card["version"], reports)
    if figures is None and not VISITOR.get().sees_all:
        return []
    if figures is None:
        return [
            panel("Evaluation", "Not evaluated yet. Run `toxwatch evaluate` to test the model on held-out comments.")
        ]
    return [chart(*one, empty="No held-out comments of this kind.") for one in report.charts(figures)]


def _errors(answers: Answers, view: View) -> list[Row]:
    """A known error needs no description."""
    return [
        {
            "account": row["account"],
            "error": COLLECTION_ERRORS.get(row["error"]) or row["description"] or row["error"],
            "times": row["times"],
            "last_night": row["last_night"],
        }
        for row in answers.rows("errors", view)
    ]


def _rejected(answers: Answers, view: View) -> list[Row]:
    return [row | {"reason": REJECTIONS.get(row["reason"], row["reason"])} for row in answers.rows("rejected", view)]


def _drift(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "day": row["day"],
            "account": row["account"],
            "measure": label_title(row["label"]),
            "shift": f"{counted(row['comments'], 'comment')}, usually {row['usual']:,.0f}"
            if row["psi"] is None
            else f"PSI {row['psi']:.2f}" + (f", KS {row['ks']:.2f}" if row["ks"] else ""),
        }
        for row in answers.rows("drift", view)
    ]


def _precision(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "week": row["week"],
            "category": label_title(row["category"]),
            "correct": f"{percent(row['precision'])} ± {100 * row['margin']:.0f}",
            "reviewed_flags": row["flagged"],
        }
        for row in answers.rows("precision", view)
    ]


def _audited(audited: Sequence[Row]) -> list[Row]:
    return [
        {
            "category": label_title(row["label"]),
            "people": _interval(row, "people", "low", "high"),
            "model": percent(row["share"]),
            "precision": _interval(row, "precision", "precision_low", "precision_high"),
            "recall": _interval(row, "recall", "recall_low", "recall_high"),
            "reviewed": row["reviewed"],
        }
        for row in audited
    ]


def _bias(audited: Sequence[Row]) -> str:
    """What the model's own bias is, in a sentence for each category that has one."""
    return " ".join(
        f"{label_title(row['label'])}: the model says {percent(row['share'])}, people say "
        f"{_interval(row, 'people', 'low', 'high')}: it finds "
        f"too {'few' if row['people'] > row['share'] else 'many'}."
        for row in audited
        if row["is_off"]
    )


def _interval(row: Row, share: str, low: str, high: str) -> str:
    """ "5.6% (5.0 to 6.3)", or a dash where nobody knows"""
    if row[share] is None:
        return percent(None)
    return f"{percent(row[share])} ({100 * row[low]:.1f} to {100 * row[high]:.1f})"


def _audited_sections(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "section": language_name(row["name"]) if row["kind"] == "language" else row["name"],
            "people": _interval(row, "people", "low", "high"),
            "model": percent(row["share"]),
            "reviewed": row["reviewed"],
            "comments": row["comments"],
        }
        for row in answers.rows("audited_sections", view)
    ]


def _calibrations(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "section": language_name(row["name"]) if row["kind"] == "language" else row["name"],
            "version": row["version"],
            "category": label_title(row["label"]),
            "model_before": percent(row["share"]),
            "people": percent(row["people"]),
            "reviewed": row["reviewed"],
            "made": f"{row['made_at']:%Y-%m-%d}",
            "in_use": "Yes" if row["is_in_use"] else "No, made for another model",
        }
        for row in answers.rows("calibrations", view)
    ]


def _reviewers(reviews: Reviews) -> list[Row]:
    return [
        {
            "reviewer": one.name,
            "decisions": one.decisions,
            "seconds": None if one.seconds is None else round(one.seconds, 1),
            "harmful": percent(one.harmful),
            "agreed": f"{one.agreed} of {one.shared}",
            "note": "Left out" if one.is_left_out else f"Under {HASTY_SECONDS:g} s each" if one.is_hasty else "",
        }
        for one in reviews.reviewers()
    ]


def _languages(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "language": language_name(row["language"]),
            "comments": row["comments"],
            "share": percent(row["share"]),
            "share_before": percent(row["share_before"]),
        }
        for row in answers.rows("language_mix", view)
    ]


def _sentence(expectations: Sequence[Row], failed: Sequence[Row], coverage: Sequence[Row]) -> str:
    if not expectations:
        return "No nights have been checked yet."
    if not failed:
        return f"All {len(expectations)} checks passed last night. {_coverage_sentence(coverage)}"
    return f"{len(failed)} of {len(expectations)} checks failed last night. {_coverage_sentence(coverage)}"


def _coverage_sentence(coverage: Sequence[Row]) -> str:
    if not coverage:
        return "The platforms have not reported any comment counts."
    return f"Lowest coverage: {coverage[0]['account']}, {percent(coverage[0]['coverage'])}."


def _lowest(coverage: Sequence[Row]) -> str:
    return f"The {MOST_BARS} lowest of {len(coverage):,}." if len(coverage) > MOST_BARS else "Lowest first."


def _listed(title: str, note: Any, rows: Sequence[Row], empty: str, wide: bool = False) -> Component:
    body = [table(rows), explained()] if rows else [html.P(empty, className="empty")]
    return panel(title, note, *body, wide=wide)


def _model(card: dict[str, Any]) -> Component:
    is_cascade = card["kind"] == "cascade"
    losses = card["auc_loss"] if is_cascade else card["export"]["int8_auc_loss"]
    compared_with = "the slow model alone" if is_cascade else "the same model before it was rounded to int8"
    rows: list[Row] = [
        {
            "category": label_title(label),
            "assumed_share": percent(card["shares"][label]),
            "threshold": card["thresholds"][label],
            "AUC loss": losses.get(label),
        }
        for label in LABELS
    ]
    description = (
        f"{card['kind'].capitalize()}, text rule {card['text_rule']}, mean validation AUC {card['validation_auc']:.4f}."
        f" Trained on {card['rows']['train']:,} comments from {counted(len(card['sources']), 'public source')}. "
        f"Each threshold is set for {card['settings']['precision']:.0%} precision where the category can reach it. "
        f"AUC loss is relative to {compared_with}."
    )
    if is_cascade:
        description += f" The fast model reads every comment; the slow one re-checks {card['read_share']:.0%}."
    return panel(f"Model {card['version']}", description, table(rows, MODEL_HEADINGS))
