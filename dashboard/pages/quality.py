"""How reliable the figures are: what was collected, checked and rejected, and how good the model is."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import costs, reliability
from dashboard.charts import behind, behind_scores, chart, explained
from dashboard.components import page, panel, table
from dashboard.controls import in_language, pick_label, pick_period
from dashboard.figures import Address
from dashboard.language import N_, _, ngettext, number
from dashboard.people import VISITOR
from dashboard.retelling import retold
from dashboard.view import AUDITED, Answers, Row, View
from dashboard.wording import (
    COLLECTION_ERRORS,
    REJECTIONS,
    comments,
    label_name,
    label_title,
    language_name,
    moment,
    percent,
)
from models.labels import LABELS
from models.training import report
from models.training.report import COLOURS
from warehouse import measures
from warehouse.reviews import HASTY_SECONDS, Reviews

TITLE = N_("Quality")
EFFECTS = {"fail": N_("Stops the night"), "warn": N_("Warns")}  # of a failed check
MOST_BARS = 25  # accounts in a chart
MODEL_HEADINGS = {
    "category": N_("Category"),
    "assumed_share": N_("Assumed share"),
    "threshold": N_("Threshold"),
    "auc_loss": N_("AUC loss"),
}


def layout(answers: Answers, view: View, card: dict[str, Any], reports: Sequence[Path], reviews: Reviews) -> Component:
    whole = upper(answers, view)
    whole.children += lower(answers, view, card, reports, reviews)
    return whole


def upper(answers: Answers, view: View) -> Component:
    coverage, sees_all = answers.rows("coverage", view), VISITOR.get().sees_all
    return page(
        _("Quality and model"),
        _sentence(answers.rows("expectations", view), coverage) if sees_all else _coverage_sentence(coverage),
        [*pick_period(view), pick_label(view)],
        *([_listed(_("Nights"),
                   _("Comments, time and cost of each nightly run, and when (UTC) its figures were there."),
                   _nights(answers, view), _("No nights in this period."), wide=True)] if sees_all else []),
        _listed(_("Service levels"),
                _("In {share} of the last {nights} nights, figures are there by {time} UTC and each account is "
                  "collected. The error budget is what may still fail.", nights=measures.LEVEL_NIGHTS,
                  share=number(measures.PROMISED_SHARE, ".0%"), time=f"{measures.READY_AFTER_HOURS - 24:02}:00"),
                _levels(answers, view), _("No night is due yet.")),
        chart(_("Coverage"),
              _("Share of the comments reported by the platform that we collected.") + " " + _lowest(coverage),
              reliability.coverage(coverage[:MOST_BARS], lambda row: behind(view, account=row["account"])), coverage,
              _("The platforms have not reported any comment counts.")),
    )  # fmt: skip


def lower(
    answers: Answers, view: View, card: dict[str, Any], reports: Sequence[Path], reviews: Reviews
) -> list[Component]:
    drifts, audited = answers.rows("drifts", view), answers.audited("audited", view)
    choices = [row for row in answers.choices(view) if row["flagged"]]
    sees_all = VISITOR.get().sees_all  # some figures are sums over all accounts
    return [
        *costs.panels(answers, view),
        *([_checks(answers.rows("expectations", view))] if sees_all else []),
        _listed(_("Collection errors"), _("What could not be collected, and why."), _errors(answers, view), _("None.")),
        _listed(_("Skipped comments"), _("Comments that were not scored, by reason."), _rejected(answers, view),
                _("None.")),
        _listed(_("Drift"), _("Days that differ significantly from the four weeks before."), _drift(answers, view),
                _("No significant shifts in this period.")),
        _listed(_("Correct flags"), _("Share of reviewed flags that reviewers confirmed, by week and category."),
                _precision(answers, view), _("No flagged comments were reviewed in this period.")),
        _listed(_("Random audit"),
                _("What people found in comments drawn at random, whatever their score, with 95% intervals: the "
                "share they see, the model's, how many flags are right (precision) and how much of what is harmful is "
                "flagged (recall).") + _bias(audited), _audited(audited),
                _("No comment of the random audit has been reviewed in this period.")),
        _listed(_("Random audit by account and language: {category}", category=label_name(view.label)),
                _("A dash: fewer than two comments were reviewed, too few to tell."),
                _audited_sections(answers, view),
                _("No comment of the random audit has been reviewed in this period.")),
        _listed(_("Calibration"),
                _("Accounts, tags and languages whose probabilities were adjusted to match reviewers, in all of "
                  "history.")
                + (" " + _("With 200 reviewed comments of the audit, run `toxwatch audit calibrate` to add one.")
                   if sees_all else ""),
                _calibrations(answers, view), _("Nothing is calibrated: all shares are the model's own."), wide=True),
        *([_listed(_("Reviewers"),
                   _("How long the median decision takes, and how often others who saw the same comment agree that it "
                     "is harmful or harmless. Run `toxwatch audit leave-out` to exclude somebody's reviews."),
                   _reviewers(reviews), _("No reviews yet."))] if VISITOR.get().may("audit") else []),
        chart(_("Drift by day"),
              _("The largest shift of each day (population stability index); values of 1 or more are significant."),
              reliability.drifts(drifts, _behind_day(view)),
              drifts, _("There are no earlier days to compare with."), wide=True),
        chart(_("Choosing a threshold: {category}", category=label_name(view.label)),
              _("Bars: comments flagged at each threshold. Line: estimated share of correct flags. Points: share that "
              "reviewers confirmed, with 95% interval.")
              + (" " + _("Change thresholds under Settings.") if VISITOR.get().may("settings") else ""),
              reliability.choices(choices, COLOURS[view.label], lambda row: behind_scores(view, row["flagged_from"])),
              choices, _("No comments in this period."), wide=True),
        _listed(_("Languages"), _("Share of comments, in this period and the previous one."), _languages(answers, view),
                _("No comments in this period.")),
        of_model(card),
        *evaluation(card, reports),
    ]  # fmt: skip


def _nights(answers: Answers, view: View) -> list[Row]:
    return [
        row
        | {
            "seconds": number(row["seconds"], ".0f"),
            "cost_usd": number(row["cost_usd"] or 0, ".2f"),
            "ready_at": moment(row["ready_at"]) if row.get("ready_at") else "–",  # older warehouses do not say
        }
        for row in answers.rows("nights", view)
    ]


def _behind_day(view: View) -> Address:
    of_account = cache(lambda account: behind(view, account=account, days=1, last=view.newest))
    return lambda row: (address := of_account(row["account"])) and f"{address}&last={row['day']}"


def _levels(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "goal": row["account"] or _("Figures on time"),
            "met": ngettext(
                "{met} of {number} night",
                "{met} of {number} nights",
                row["nights"],
                met=number(row["nights"] - row["missed"]),
            ),
            "error_budget_left": _("overspent") if row["budget_left"] < 0 else percent(row["budget_left"]),
        }
        for row in answers.rows("levels", view, at=answers.hour())
    ]


def _checks(expectations: Sequence[Row]) -> Component:
    note = [
        _("Great Expectations checks every night before it is scored."),
        " ",
        html.A(_("Results for all nights"), href="/checks/index.html", target="_blank"),
    ]
    empty = _("All {number} checks passed.", number=len(expectations)) if expectations else _("Not checked yet.")
    effects = in_language(EFFECTS)
    rows = [
        {"check": retold(row["expectation"]), "found": retold(row["observed"] or ""), "effect": effects[row["level"]]}
        for row in _failed(expectations)
    ]
    return _listed(_("Failed checks last night"), note, rows, empty)


def evaluation(card: dict[str, Any], reports: Sequence[Path]) -> list[Component]:
    figures = report.read(card["version"], reports)
    if figures is None and not VISITOR.get().sees_all:
        return []
    if figures is None:
        return [
            panel(
                _("Evaluation"), _("Not evaluated yet. Run `toxwatch evaluate` to test the model on held-out comments.")
            )
        ]
    return [chart(*one, empty=_("No held-out comments of this kind.")) for one in report.charts(figures, _)]


def _errors(answers: Answers, view: View) -> list[Row]:
    """A known error needs no description."""
    return [
        {
            "account": row["account"],
            "error": _reason(row),
            "times": row["times"],
            "last_night": row["last_night"],
        }
        for row in answers.rows("errors", view)
    ]


def _reason(row: Row) -> str:
    known = in_language(COLLECTION_ERRORS)
    return str(known.get(row["error"]) or row["description"] or row["error"])


def _rejected(answers: Answers, view: View) -> list[Row]:
    reasons = in_language(REJECTIONS)
    return [row | {"reason": reasons.get(row["reason"], row["reason"])} for row in answers.rows("rejected", view)]


def _drift(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "day": row["day"],
            "account": row["account"],
            "measure": label_title(row["label"]),
            "shift": _(
                "{comments}, usually {usual}", comments=comments(row["comments"]), usual=number(row["usual"], ",.0f")
            )
            if row["psi"] is None
            else f"PSI {number(row['psi'], '.2f')}" + (f", KS {number(row['ks'], '.2f')}" if row["ks"] else ""),
        }
        for row in answers.rows("drift", view)
    ]


def _precision(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "week": row["week"],
            "category": label_title(row["category"]),
            "correct": f"{percent(row['precision'])} ± {number(100 * row['margin'], '.0f')}",
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
    return "".join(f" {_bias_of(row)}" for row in audited if row["is_off"])


def _bias_of(row: Row) -> str:
    figures = {"category": label_title(row["label"]), "share": percent(row["share"]),
               "people": _interval(row, "people", "low", "high")}  # fmt: skip
    if row["people"] > row["share"]:
        return _("{category}: the model says {share}, people say {people}: it finds too few.", **figures)
    return _("{category}: the model says {share}, people say {people}: it finds too many.", **figures)


def _interval(row: Row, share: str, low: str, high: str) -> str:
    """ "5.6% (5.0 to 6.3)", or a dash where nobody knows"""
    if row[share] is None:
        return percent(None)
    return _("{share} ({low} to {high})", share=percent(row[share]), low=number(100 * row[low], ".1f"),
             high=number(100 * row[high], ".1f"))  # fmt: skip


def _audited_sections(answers: Answers, view: View) -> list[Row]:
    return [
        {
            "section": _opening(view, row),
            "people": _interval(row, "people", "low", "high"),
            "model": percent(row["share"]),
            "reviewed": row["reviewed"],
            "comments": row["comments"],
        }
        for row in answers.audited("audited_sections", view)
    ]


def _opening(view: View, row: Row) -> Component | str:
    """The name of a section of the audit, which leads to its comments that people have judged."""
    name = language_name(row["name"]) if row["kind"] == "language" else str(row["name"])
    address = behind(view, **{row["kind"]: row["name"]}, review=AUDITED)
    return dcc.Link(name, href=address) if address else name


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
            "in_use": _("Yes") if row["is_in_use"] else _("No, made for another model"),
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
            "agreed": _("{share} of {comments}", share=number(one.agreed), comments=number(one.shared)),
            "note": _("Left out")
            if one.is_left_out
            else _("Under {number} s each", number=number(HASTY_SECONDS, "g"))
            if one.is_hasty
            else "",
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


def _sentence(expectations: Sequence[Row], coverage: Sequence[Row]) -> str:
    failed = _failed(expectations)
    if not expectations:
        return _("No nights have been checked yet.")
    if not failed:
        checks = _("All {number} checks passed last night.", number=len(expectations))
    else:
        checks = _("{failed} of {number} checks failed last night.", failed=len(failed), number=len(expectations))
    return f"{checks} {_coverage_sentence(coverage)}"


def _failed(expectations: Sequence[Row]) -> list[Row]:
    return [row for row in expectations if not row["is_met"]]


def _coverage_sentence(coverage: Sequence[Row]) -> str:
    if not coverage:
        return _("The platforms have not reported any comment counts.")
    return _("Lowest coverage: {account}, {share}.", account=coverage[0]["account"],
             share=percent(coverage[0]["coverage"]))  # fmt: skip


def _lowest(coverage: Sequence[Row]) -> str:
    if len(coverage) <= MOST_BARS:
        return _("Lowest first.")
    return _("The {number} lowest of {all}.", number=MOST_BARS, all=number(len(coverage)))


def _listed(title: str, note: Any, rows: Sequence[Row], empty: str, wide: bool = False) -> Component:
    body = [table(rows), explained()] if rows else [html.P(empty, className="empty")]
    return panel(title, note, *body, wide=wide)


def of_model(card: dict[str, Any]) -> Component:
    is_cascade = card["kind"] == "cascade"
    losses = card["auc_loss"] if is_cascade else card["export"]["int8_auc_loss"]
    compared_with = _("the slow model alone") if is_cascade else _("the same model before it was rounded to int8")
    rows: list[Row] = [
        {
            "category": label_title(label),
            "assumed_share": percent(card["shares"][label]),
            "threshold": card["thresholds"][label],
            "auc_loss": losses.get(label),
        }
        for label in LABELS
    ]
    sentences = [
        _("{kind}, text rule {rule}, mean validation AUC {auc}.", kind=card["kind"].capitalize(),
          rule=card["text_rule"],
          auc=number(card["validation_auc"], ".4f")),
        ngettext("Trained on {comments} comments from {number} public source.",
                 "Trained on {comments} comments from {number} public sources.", len(card["sources"]),
                 comments=number(card["rows"]["train"])),
        _("Each threshold is set for {share} precision where the category can reach it.",
          share=number(card["settings"]["precision"], ".0%")),
        _("AUC loss is relative to {model}.", model=compared_with),
        *([_("The fast model reads every comment; the slow one re-checks {share}.",
             share=number(card["read_share"], ".0%"))] if is_cascade else []),
    ]  # fmt: skip
    headings = {name: _(heading) for name, heading in MODEL_HEADINGS.items()}
    return panel(_("Model {version}", version=card["version"]), " ".join(sentences), table(rows, headings))
