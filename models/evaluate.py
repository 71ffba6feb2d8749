"""How far to believe a model: on held-out comments, by source and length, on cases that fool such models, in disguise.

Every figure is measured at the shares of unfiltered comments where shares matter (models.calibrate), beside a
TF-IDF and logistic regression baseline that was trained on the same rows.
"""

import random
import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.pipeline import make_union

from models import data
from models.calibrate import SHARES, calibration_error, weights
from models.composed import compose
from models.labels import LABELS
from models.obfuscate import DISGUISES, disguise
from models.scorer import Scorer
from models.text import clean_text

CASES = Path(__file__).with_name("cases.toml")
RESAMPLES = 200
ENOUGH = 30  # of both kinds, below which a figure says nothing
LENGTHS = {"up to 8 words": (0, 8), "9 to 30 words": (9, 30), "over 30 words": (31, 10**6)}
OBFUSCATED = 3000  # comments, so that eight disguises take a minute
IDENTITIES = ("gay", "lesbian", "trans", "black", "white", "asian", "muslim", "jew", "jewish", "christian", "women",
              "woman", "men", "immigrants", "refugees", "mexican", "arab", "disabled", "old")  # fmt: skip

Scores = Callable[[Sequence[str]], np.ndarray]  # cleaned texts → probabilities


def evaluate(model: Scorer, folder: Path) -> dict[str, Any]:
    """All figures of a model on the test rows of the sources in `folder`, and on the sources kept for evaluation."""
    comments = data.read_comments(folder)
    part = data.split(comments)
    test = comments[part == "test"].reset_index(drop=True)
    seed = model.card["settings"]["seed"]
    training = pd.concat([comments[part == "train"], compose(model.card["settings"]["composed"], seed)])
    baseline = fit_baseline(training)
    return {
        "model": model.version,
        "rows": len(test),
        "labels": by_label(test, model.scores(test.text.tolist()), model.thresholds),
        "baseline": by_label(test, baseline(test.text.tolist()), None),
        "sources": by_source(test, model.scores, baseline),
        "unseen_sources": by_source(unseen(folder, comments), model.scores, baseline),
        "lengths": by_length(test, model.scores),
        "cases": cases(model),
        "identities": by_identity(test, model.scores),
        "disguises": by_disguise(test, model.scores),
    }


def by_label(rows: pd.DataFrame, probabilities: np.ndarray, thresholds: dict[str, float] | None) -> dict[str, Any]:
    """Each label's figures; those that depend on how common it is are weighted to SHARES. Intervals are 95 %."""
    found: dict[str, Any] = {}
    for i, label in enumerate(LABELS):
        known = rows[label].notna().to_numpy()
        truth, p = rows[label].to_numpy()[known], probabilities[known, i]
        if min(truth.sum(), (1 - truth).sum()) < ENOUGH:
            continue
        weight = weights(truth, SHARES[label])
        figures: dict[str, Any] = {
            "rows": len(truth),
            "positives": int(truth.sum()),
            "auc": round(float(roc_auc_score(truth, p)), 4),
            "auc_interval": _interval(truth, p),
            "average_precision": round(float(average_precision_score(truth, p)), 4),
        }
        if thresholds:
            flagged = p >= thresholds[label]
            right = np.average(truth[flagged], weights=weight[flagged]) if flagged.any() else float("nan")
            figures |= {
                "f1": round(float(f1_score(truth, flagged)), 4),
                "precision_at_share": round(float(right), 4),
                "recall": round(float(flagged[truth == 1].mean()), 4),
                "brier": round(float(np.average((p - truth) ** 2, weights=weight)), 4),
                "calibration_error": round(calibration_error(truth, p, weight), 4),
            }
        found[label] = figures
    return found


def by_source(rows: pd.DataFrame, scores: Scores, baseline: Scores) -> dict[str, Any]:
    """How well "toxic" is told apart within each source that has both kinds."""
    return {
        str(source): {"rows": len(part), "auc": _toxic_auc(part, scores), "baseline_auc": _toxic_auc(part, baseline)}
        for source, part in rows.groupby("source")
        if _has_both(part)
    }


def unseen(folder: Path, seen: pd.DataFrame) -> pd.DataFrame:
    """The sources that no model is trained on, without the texts that stand in others too."""
    rows = data.read_comments(folder, use="evaluation")
    return rows[~rows.key.isin(seen.key)].reset_index(drop=True)


def by_length(rows: pd.DataFrame, scores: Scores) -> dict[str, Any]:
    words = rows.text.str.split().str.len()
    parts = {name: rows[words.between(*bounds)] for name, bounds in LENGTHS.items()}
    return {
        name: {"rows": len(part), "auc": _toxic_auc(part, scores)} for name, part in parts.items() if _has_both(part)
    }


def cases(model: Scorer) -> dict[str, Any]:
    """The share that is right of each kind of functional case, and the texts that are not."""
    found = {}
    for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]:
        toxic = model.scores([clean_text(text) for text in case["texts"]])[:, 0]
        is_right = (toxic >= model.thresholds["toxic"]) == case["is_toxic"]
        wrong = [
            f"{text} ({p:.2f})" for text, p, right in zip(case["texts"], toxic, is_right, strict=True) if not right
        ]
        found[case["name"]] = {
            "is_toxic": case["is_toxic"],
            "texts": len(toxic),
            "right": int(is_right.sum()),
            "wrong": wrong,
        }
    return found


def by_identity(rows: pd.DataFrame, scores: Scores) -> dict[str, Any]:
    """AUC among comments that name a group, and across: their harmless ones against other toxic ones, and reverse."""
    known = rows[rows.toxic.notna()].reset_index(drop=True)
    toxic, p = known.toxic.to_numpy() == 1, scores(known.text.tolist())[:, 0]
    found = {}
    for identity in IDENTITIES:
        names = known.text.str.contains(rf"\b{identity}s?\b", flags=re.IGNORECASE).to_numpy()
        if min((names & toxic).sum(), (names & ~toxic).sum()) < ENOUGH:
            continue
        across = (names & ~toxic) | (~names & toxic), (names & toxic) | (~names & ~toxic)
        found[identity] = {
            "rows": int(names.sum()),
            "subgroup_auc": round(float(roc_auc_score(toxic[names], p[names])), 4),
            "bpsn_auc": round(float(roc_auc_score(toxic[across[0]], p[across[0]])), 4),
            "bnsp_auc": round(float(roc_auc_score(toxic[across[1]], p[across[1]])), 4),
        }
    return found


def by_disguise(rows: pd.DataFrame, scores: Scores) -> dict[str, float]:
    """What each disguise of the texts costs in AUC of "toxic"."""
    some = rows[rows.toxic.notna()]
    some = some.sample(min(OBFUSCATED, len(some)), random_state=1)
    plain = _toxic_auc(some, scores)
    losses = {}
    for how in DISGUISES:
        rng = random.Random(1)
        hidden = [clean_text(disguise(raw, how, rng)) for raw in some.raw]
        losses[how] = round(plain - _toxic_auc(some.assign(text=hidden), scores), 4)
    return losses


def fit_baseline(training: pd.DataFrame) -> Scores:
    """TF-IDF of words and letters with a logistic regression a label."""
    features = make_union(
        TfidfVectorizer(min_df=3, ngram_range=(1, 2), sublinear_tf=True, max_features=100_000),
        TfidfVectorizer(analyzer="char_wb", min_df=5, ngram_range=(2, 4), sublinear_tf=True, max_features=100_000),
    )
    matrix = features.fit_transform(training.text)
    models = []
    for label in LABELS:
        known = training[label].notna().to_numpy()
        model = LogisticRegression(C=3.0, max_iter=200, class_weight="balanced", solver="liblinear")
        models.append(model.fit(matrix[np.flatnonzero(known)], training[label].to_numpy()[known]))

    def scores(texts: Sequence[str]) -> np.ndarray:
        given = features.transform(texts)
        return np.stack([model.predict_proba(given)[:, 1] for model in models], axis=1)

    return scores


def as_text(figures: dict[str, Any]) -> str:
    """The figures as Markdown tables, as docs/models.md quotes them."""
    labels, baseline = figures["labels"], figures["baseline"]
    parts = [
        f"{figures['model']} on {figures['rows']:,} held-out comments",
        _table(
            ["category", "positives", "AUC (95 %)", "TF-IDF", "avg. precision", "precision", "recall", "Brier",
             "calib. error"],
            [
                [label, row["positives"], f"{row['auc']:.4f} ({'–'.join(f'{b:.3f}' for b in row['auc_interval'])})",
                 f"{baseline[label]['auc']:.4f}", f"{row['average_precision']:.3f}", f"{row['precision_at_share']:.2f}",
                 f"{row['recall']:.2f}", f"{row['brier']:.4f}", f"{row['calibration_error']:.4f}"]
                for label, row in labels.items()
            ],
        ),
        _aucs("source", figures["sources"]),
        _aucs("source never trained on", figures["unseen_sources"]),
        _table(
            ["length", "rows", "AUC"],
            [[name, f"{r['rows']:,}", f"{r['auc']:.4f}"] for name, r in figures["lengths"].items()],
        ),
        _cases(figures["cases"]),
        _table(
            ["named", "rows", "subgroup AUC", "BPSN AUC", "BNSP AUC"],
            [[name, r["rows"], *(f"{r[auc]:.3f}" for auc in ("subgroup_auc", "bpsn_auc", "bnsp_auc"))]
             for name, r in figures["identities"].items()],
        ),
        _table(["disguise", "AUC lost"], [[how, f"{loss:.4f}"] for how, loss in figures["disguises"].items()]),
    ]  # fmt: skip
    return "\n\n".join(parts)


def _aucs(name: str, rows: dict[str, Any]) -> str:
    body = [[one, f"{row['rows']:,}", f"{row['auc']:.4f}", f"{row['baseline_auc']:.4f}"] for one, row in rows.items()]
    return _table([name, "rows", "AUC of toxic", "TF-IDF"], body)


def _cases(cases: dict[str, Any]) -> str:
    kinds = {"all": cases.values(), "all harmless": [row for row in cases.values() if not row["is_toxic"]]}
    body = [
        [name, "abuse" if row["is_toxic"] else "harmless", f"{row['right']} of {row['texts']}"]
        for name, row in cases.items()
    ]
    for kind, rows in kinds.items():
        right, texts = sum(row["right"] for row in rows), sum(row["texts"] for row in rows)
        body.append([kind, "", f"{right} of {texts} ({right / texts:.0%})"])
    return _table(["functional case", "is", "right"], body)


def _table(head: Sequence[str], body: Sequence[Sequence[Any]]) -> str:
    rows = [list(head), ["---"] * len(head), *([str(cell) for cell in row] for row in body)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _interval(truth: np.ndarray, p: np.ndarray) -> list[float]:
    rng = np.random.default_rng(0)
    positive, negative = np.flatnonzero(truth == 1), np.flatnonzero(truth == 0)
    aucs = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([rng.choice(positive, len(positive)), rng.choice(negative, len(negative))])
        aucs.append(roc_auc_score(truth[rows], p[rows]))
    return [round(float(bound), 4) for bound in np.percentile(aucs, [2.5, 97.5])]


def _toxic_auc(rows: pd.DataFrame, scores: Scores) -> float:
    known = rows[rows.toxic.notna()]
    return round(float(roc_auc_score(known.toxic, scores(known.text.tolist())[:, 0])), 4)


def _has_both(rows: pd.DataFrame) -> bool:
    return min((rows.toxic == 1).sum(), (rows.toxic == 0).sum()) >= ENOUGH
