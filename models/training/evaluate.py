"""How far to believe a model: on held-out comments, by source and length, on cases that fool such models, in disguise.

Every figure is measured at the shares of unfiltered comments where shares matter (models.training.calibrate), beside a
TF-IDF and logistic regression baseline that was trained on the same rows.
"""

import random
import re
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.pipeline import make_union

from models.labels import LABELS
from models.scorer import Scorer
from models.text import clean_text
from models.training import by_language, data
from models.training.calibrate import BINS, SHARES, calibration_error, reliability, weights
from models.training.composed import compose
from models.training.losses import rarer
from models.training.obfuscate import DISGUISES, disguise

CASES = Path(__file__).with_name("cases.toml")
MENTIONS_ABROAD = Path(__file__).with_name("mentions_abroad.toml")
RESAMPLES = 200
ENOUGH = 30  # of both kinds, below which a figure says nothing
ENOUGH_IN_A_BIN = 10  # of the rarer kind, on average
LENGTHS = {"up to 8 words": 8, "9 to 30 words": 30, "over 30 words": 10**6}
AUCS = ("subgroup", "BPSN", "BNSP")
WORST_SHOWN = 6  # groups of many, so that the tables stay on one screen
OBFUSCATED = 3000  # comments, so that eight disguises take a minute
IDENTITIES = ("gay", "lesbian", "trans", "black", "white", "asian", "muslim", "jew or jewish", "christian",
              "woman or women", "men", "immigrant", "refugee", "mexican", "arab", "disabled", "old")  # fmt: skip

Scores = Callable[[Sequence[str]], np.ndarray]  # cleaned texts → probabilities
ScoresOf = Callable[[Sequence[str], Sequence[str]], np.ndarray]  # cleaned texts, their languages → probabilities


def evaluate(model: Scorer, rows: pd.DataFrame) -> dict[str, Any]:
    """All figures of a model on the held-out rows that `data.labelled` gives, beside those of the baseline."""
    settings = model.card["settings"]
    composed = compose(settings["composed"], settings["seed"])
    baseline = fit_baseline(pd.concat([data.of_part(rows, "train"), composed]))
    test, unseen = data.of_part(rows, "test"), data.of_part(rows, "unseen")
    plain, plain_unseen = baseline(test.text.tolist()), baseline(unseen.text.tolist())
    of_unseen = model.scores(unseen.text.tolist(), unseen.lang.tolist())
    figures = judge(model, test) | {
        "unseen_sources": aucs_of_all(unseen, of_unseen),
        "unseen_languages": by_language.by_language(unseen, of_unseen),
        "disguises": by_disguise(test, model.scores),
        "baseline": {
            "labels": by_label(test, plain, None),
            "sources": aucs(test, plain, test.source),
            "unseen_sources": aucs_of_all(unseen, plain_unseen),
        },
    }
    if len(competition := data.of_part(rows, "competition")):
        figures["competition"] = competition_metric(
            competition, model.scores(competition.text.tolist(), competition.lang.tolist())
        )
    return figures


def judge(model: Scorer, rows: pd.DataFrame) -> dict[str, Any]:
    """What can be said of a model on some rows without anything to compare it with."""
    (p, who), words = model.read(rows.text.tolist(), rows.lang.tolist()), rows.text.str.split().str.len()
    return {
        "model": model.version,
        "rows": len(rows),
        "labels": by_label(rows, p, model.thresholds),
        "sources": aucs(rows, p, rows.source),
        "lengths": aucs(rows, p, pd.cut(words, [-1, *LENGTHS.values()], labels=list(LENGTHS))),
        "by_language": by_language.by_language(rows, p),
        "who": by_language.who_is_attacked(rows, who),
        "identities": by_identity(rows, p),
        "mentions": mentions(model),
        "cases": cases(model),
        "cases_abroad": by_language.cases(model),
        "mentions_abroad": mentions_abroad(model),
    }


def by_label(rows: pd.DataFrame, probabilities: np.ndarray, thresholds: dict[str, float] | None) -> dict[str, Any]:
    """Each label's figures; those that depend on how common it is are weighted to SHARES. Intervals are 95 %."""
    found: dict[str, Any] = {}
    for i, label in enumerate(LABELS):
        known = rows[label].notna().to_numpy()
        truth, p = rows[label].to_numpy(float)[known], probabilities[known, i]
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
            right = np.average(truth[flagged], weights=weight[flagged]) if flagged.any() else None
            figures |= {
                "f1": round(float(f1_score(truth, flagged)), 4),
                "precision_at_share": None if right is None else round(float(right), 4),
                "recall": round(float(flagged[truth == 1].mean()), 4),
                "brier": round(float(np.average((p - truth) ** 2, weights=weight)), 4),
                "calibration_error": round(calibration_error(truth, p, weight), 4),
                "reliability": reliability(truth, p, weight),
            }
        found[label] = figures
    return found


def aucs(rows: pd.DataFrame, p: np.ndarray, group: pd.Series, label: str = "toxic") -> dict[str, Any]:
    """How well a label is told apart within each group that has enough of both kinds."""
    found = {}
    for name in group.cat.categories if isinstance(group.dtype, pd.CategoricalDtype) else sorted(group.unique()):
        within = ((group == name) & rows[label].notna()).to_numpy()
        truth, scores = rows[label].to_numpy(float)[within], p[within, LABELS.index(label)]
        if rarer(truth) >= ENOUGH:
            found[str(name)] = {"rows": len(truth), "auc": round(float(roc_auc_score(truth, scores)), 4)}
    return found


def aucs_of_all(rows: pd.DataFrame, p: np.ndarray) -> dict[str, Any]:
    """The same within each source, of every label that it knows."""
    return {f"{source}, {label}": row for label in LABELS for source, row in aucs(rows, p, rows.source, label).items()}


def competition_metric(rows: pd.DataFrame, p: np.ndarray) -> dict[str, Any]:
    """Jigsaw's own: the mean over the columns of their ROC AUC."""
    columns = [round(float(roc_auc_score(rows[label].to_numpy(float), p[:, i])), 5) for i, label in enumerate(LABELS)]
    return {"rows": len(rows), "mean_auc": round(float(np.mean(columns)), 5)} | dict(zip(LABELS, columns, strict=True))


def cases(model: Scorer) -> dict[str, Any]:
    """The share that is right of each kind of functional case, and the texts that are not."""
    found = {}
    for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]:
        texts = [clean_text(text) for text in case["texts"]]
        toxic = model.scores(texts, ["en"] * len(texts))[:, 0]
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


def mentions(model: Scorer) -> dict[str, Any]:
    """The same sentences about every group: AUC among and across them, and what is flagged."""
    return _mentions_in(model, "en", tomllib.loads(CASES.read_text(encoding="utf-8"))["mention"])


def mentions_abroad(model: Scorer) -> dict[str, Any]:
    """The same in other languages: how the group fares that fares worst, and what is flagged of all."""
    found = {}
    for lang, asked in tomllib.loads(MENTIONS_ABROAD.read_text(encoding="utf-8")).items():
        of_groups = pd.DataFrame(_mentions_in(model, lang, asked)).T
        worst = of_groups.bpsn_auc.astype(float).idxmin()
        sums = of_groups[["harmless", "harmless_flagged", "abuse", "abuse_flagged"]].sum().astype(int)
        aucs = {
            "worst": worst,
            "bpsn_auc": float(of_groups.bpsn_auc[worst]),
            "mean_bpsn_auc": of_groups.bpsn_auc.mean(),
        }
        found[lang] = aucs | sums.to_dict()
    return found


def _mentions_in(model: Scorer, lang: str, asked: dict[str, list[str]]) -> dict[str, Any]:
    groups, sentences = asked["groups"], asked["harmless"] + asked["abuse"]
    texts = [clean_text(sentence.format(group=group)) for group in groups for sentence in sentences]
    named = np.repeat(groups, len(sentences))
    toxic = np.tile(np.arange(len(sentences)) >= len(asked["harmless"]), len(groups))
    p = model.scores(texts, [lang] * len(texts))[:, 0]
    flagged = p >= model.thresholds["toxic"]
    found = {}
    for group in groups:
        names = named == group
        found[group] = _across(names, toxic, p) | {
            "harmless": len(asked["harmless"]),
            "harmless_flagged": int((names & ~toxic & flagged).sum()),
            "abuse": len(asked["abuse"]),
            "abuse_flagged": int((names & toxic & flagged).sum()),
        }
    return found


def by_identity(rows: pd.DataFrame, p: np.ndarray) -> dict[str, Any]:
    """The same of comments that name a group, whose calibration is looked at as closely as so few allow."""
    known = rows.toxic.notna().to_numpy()
    texts, toxic, p = rows.text[known], rows.toxic.to_numpy(float)[known] == 1, p[known, 0]
    weight = weights(toxic, SHARES["toxic"])
    found: dict[str, Any] = {}
    for identity in IDENTITIES:
        spellings = identity.replace(" or ", "|")
        names = texts.str.contains(rf"\b(?:{spellings})s?\b", flags=re.IGNORECASE).to_numpy()
        fewer = int(min((names & toxic).sum(), (names & ~toxic).sum()))
        if fewer < ENOUGH:
            continue
        found[identity] = {"rows": int(names.sum())} | _across(names, toxic, p)
        bins = min(fewer // ENOUGH_IN_A_BIN, BINS)
        error = calibration_error(toxic[names], p[names], weight[names], bins)
        found[identity]["calibration_error"] = round(error, 4)
        found[identity]["by_chance"] = round(error_by_chance(p[names], toxic.mean(), bins), 4)
    return found


def _across(names: np.ndarray, toxic: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """AUC among what names a group, of its harmless part against other toxic texts, and the reverse."""
    compared = {
        "subgroup_auc": names,
        "bpsn_auc": (names & ~toxic) | (~names & toxic),
        "bnsp_auc": (names & toxic) | (~names & ~toxic),
    }
    return {auc: round(float(roc_auc_score(toxic[of], p[of])), 4) for auc, of in compared.items()}


def error_by_chance(p: np.ndarray, share: float, bins: int) -> float:
    """The calibration error that so few comments show when every probability is right, on average.

    `share` of the comments they are among are toxic, which is more than in comment sections.
    """
    odds = p / np.maximum(1 - p, 1e-9) * (share / (1 - share)) / (SHARES["toxic"] / (1 - SHARES["toxic"]))
    rng, errors = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        toxic = rng.random(len(p)) < odds / (1 + odds)
        errors.append(calibration_error(toxic, p, weights(toxic, SHARES["toxic"], share), bins))
    return float(np.mean(errors))


def by_disguise(rows: pd.DataFrame, scores: ScoresOf) -> dict[str, float]:
    """What each disguise of the texts costs in AUC of "toxic"."""
    some = rows[rows.toxic.notna()]
    some = some.sample(min(OBFUSCATED, len(some)), random_state=1)

    def auc(texts: Sequence[str]) -> float:
        return float(roc_auc_score(some.toxic.to_numpy(float), scores(texts, some.lang.tolist())[:, 0]))

    plain, losses = auc(some.text.tolist()), {}
    for how in DISGUISES:
        rng = random.Random(1)
        losses[how] = round(plain - auc([clean_text(disguise(raw, how, rng)) for raw in some.raw]), 4)
    return losses


def fit_baseline(training: pd.DataFrame) -> Scores:
    """TF-IDF of words and letters with a logistic regression a label that has both kinds of rows."""
    features = make_union(
        TfidfVectorizer(min_df=3, ngram_range=(1, 2), sublinear_tf=True, max_features=100_000),
        TfidfVectorizer(analyzer="char_wb", min_df=5, ngram_range=(2, 4), sublinear_tf=True, max_features=100_000),
    )
    matrix = features.fit_transform(training.text)
    models = {}
    for i, label in enumerate(LABELS):
        known = training[label].dropna()
        if known.nunique() == 2:
            model = LogisticRegression(C=3.0, max_iter=200, class_weight="balanced", solver="liblinear")
            models[i] = model.fit(matrix[training[label].notna().to_numpy()], known)

    def scores(texts: Sequence[str]) -> np.ndarray:
        found = np.zeros((len(texts), len(LABELS)))
        if len(texts):
            given = features.transform(texts)
            for i, model in models.items():
                found[:, i] = model.predict_proba(given)[:, 1]
        return found

    return scores


def as_text(figures: dict[str, Any]) -> str:
    """The figures as Markdown tables, as docs/models.md quotes them."""
    baseline = figures["baseline"]
    parts = [
        f"{figures['model']} on {figures['rows']:,} held-out comments",
        _labels(figures["labels"], baseline["labels"]),
        _aucs("source", figures["sources"], baseline["sources"]),
        _aucs("source never trained on", figures["unseen_sources"], baseline["unseen_sources"], what="AUC"),
        _aucs("length", figures["lengths"]),
        _cases(figures["cases"]),
        _table(
            ["named", "rows", *(f"{kind} AUC" for kind in AUCS), "calib. error", "by chance"],
            [[name, *row.values()] for name, row in figures["identities"].items()],
        ),
        _mentions(figures["mentions"]),
        _table(["disguise", "AUC lost"], [[how, f"{loss:.4f}"] for how, loss in figures["disguises"].items()]),
    ]  # fmt: skip
    later: dict[str, Callable[[dict[str, Any]], str]] = {  # not in reports of earlier releases
        "by_language": partial(_languages, "language, source"),
        "unseen_languages": partial(_languages, "language, source never trained on"),
        "who": _who,
        "cases_abroad": cases_abroad,
        "mentions_abroad": _mentions_abroad,
    }
    parts += [table(figures[name]) for name, table in later.items() if figures.get(name)]
    if competition := figures.get("competition"):
        parts.append(f"Jigsaw's test set, {competition['rows']:,} comments: mean AUC {competition['mean_auc']:.5f}")
    return "\n\n".join(parts)


def _labels(labels: dict[str, Any], baseline: dict[str, Any]) -> str:
    head = ["category", "positives", "AUC (95 %)", "TF-IDF", "avg. precision", "F1", "precision", "recall", "Brier",
            "calib. error"]  # fmt: skip
    body = [
        [label, row["positives"], f"{row['auc']:.4f} ({'–'.join(f'{b:.3f}' for b in row['auc_interval'])})",
         f"{baseline[label]['auc']:.4f}", f"{row['average_precision']:.3f}", f"{row['f1']:.2f}",
         "–" if row["precision_at_share"] is None else f"{row['precision_at_share']:.2f}", f"{row['recall']:.2f}",
         f"{row['brier']:.4f}", f"{row['calibration_error']:.4f}"]
        for label, row in labels.items()
    ]  # fmt: skip
    return _table(head, body)


def _aucs(name: str, rows: dict[str, Any], baseline: dict[str, Any] | None = None, what: str = "AUC of toxic") -> str:
    head = [name, "rows", what, *(["TF-IDF"] if baseline else [])]
    body = [
        [one, f"{row['rows']:,}", f"{row['auc']:.4f}", *([f"{baseline[one]['auc']:.4f}"] if baseline else [])]
        for one, row in rows.items()
    ]
    return _table(head, body)


def _languages(name: str, rows: dict[str, Any]) -> str:
    body = [
        [of, label, f"{row['rows']:,}", f"{row['auc']:.4f}", f"{row['calibration_error']:.4f}"]
        for of, labels in rows.items()
        for label, row in labels.items()
    ]
    return _table([name, "category", "rows", "AUC", "calib. error"], body)


def _who(figures: dict[str, Any]) -> str:
    return _table(["who is attacked", "F1"], [[name, f"{f1:.3f}"] for name, f1 in figures.items() if name != "rows"])


def cases_abroad(cases: dict[str, Any]) -> str:
    body = [
        [lang, f"{row['right']} of {row['texts']}", f"{row['harmless_right']} of {row['harmless']}"]
        for lang, row in cases.items()
    ]
    return _table(["functional cases in", "right", "harmless right"], body)


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


def _mentions(mentions: dict[str, Any]) -> str:
    """The groups that fare worst, and all of them together."""
    head = ["in like sentences, worst first", *(f"{kind} AUC" for kind in AUCS), "harmless flagged", "abuse flagged"]
    rows, aucs = pd.DataFrame(mentions).T, [f"{kind.lower()}_auc" for kind in AUCS]
    worst = rows.loc[rows[aucs].min(axis=1).sort_values(kind="stable").index[:WORST_SHOWN]]
    every = pd.concat([rows[aucs].mean(), rows.drop(columns=aucs).sum()]).rename(f"all {len(rows)}")
    body = [
        [name, *(f"{row[auc]:.4f}" for auc in aucs),
         *(f"{row[f'{kind}_flagged']:.0f} of {row[kind]:.0f}" for kind in ("harmless", "abuse"))]
        for name, row in pd.concat([worst, every.to_frame().T]).iterrows()
    ]  # fmt: skip
    return _table(head, body)


def _mentions_abroad(mentions: dict[str, Any]) -> str:
    head = ["like sentences in", "worst group", "its BPSN AUC", "mean BPSN AUC", "harmless flagged", "abuse flagged"]
    body = [
        [lang, row["worst"], f"{row['bpsn_auc']:.4f}", f"{row['mean_bpsn_auc']:.4f}",
         f"{row['harmless_flagged']} of {row['harmless']}", f"{row['abuse_flagged']} of {row['abuse']}"]
        for lang, row in mentions.items()
    ]  # fmt: skip
    return _table(head, body)


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
