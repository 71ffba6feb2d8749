"""A model's figures by language: AUC and calibration by source and label, and functional cases."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, roc_auc_score

from models.labels import LABELS, WHO
from models.scorer import Scorer
from models.text import clean_text
from models.training.calibrate import SHARES, calibration_error, weights
from models.training.losses import rarer

ABROAD = Path(__file__).with_name("cases_abroad.toml")
KEPT = Path(__file__).with_name("cases_kept.toml")  # not looked at before a model is final
ENOUGH = 30  # rows of each kind that a figure needs
SIX = {  # the classes of cyberbullying_full, as it maps them to WHO
    "not": ("nobody",),
    "ethnicity": ("origin",),
    "religion": ("religion",),
    "gender": ("gender", "sexuality"),
    "age": ("age",),
    "other": ("person", "disability", "other"),
}


def by_language(rows: pd.DataFrame, probabilities: np.ndarray) -> dict[str, Any]:
    """`"de"`, `"de, gahd_de"` … → figures of every label with enough comments of both kinds."""
    found = {}
    for lang in sorted(rows.lang.unique()):
        within = (rows.lang == lang).to_numpy()
        parts = {lang: within}
        for source in sorted(rows.source[within].unique()):
            parts[f"{lang}, {source}"] = within & (rows.source == source).to_numpy()
        for name, some in parts.items():
            if figures := _labels(rows[some], probabilities[some]):
                found[str(name)] = figures
    return found


def _labels(rows: pd.DataFrame, probabilities: np.ndarray) -> dict[str, Any]:
    found = {}
    for i, label in enumerate(LABELS):
        known = rows[label].notna().to_numpy()
        truth, p = rows[label].to_numpy(float)[known], probabilities[known, i]
        if rarer(truth) < ENOUGH:
            continue
        error = calibration_error(truth, p, weights(truth, SHARES[label]))
        auc = round(float(roc_auc_score(truth, p)), 4)
        found[label] = {"rows": len(truth), "auc": auc, "calibration_error": round(error, 4)}
    return found


def who_is_attacked(rows: pd.DataFrame, probabilities: np.ndarray | None) -> dict[str, Any]:
    """F1 of each of the six classes of cyberbullying_full, and their mean."""
    if probabilities is None:
        return {}
    bits = {sum(1 << WHO.index(one) for one in of): place for place, of in enumerate(SIX.values())}
    known = ((rows.source == "cyberbullying_full") & rows.who.isin(list(bits))).to_numpy()
    if not known.any():
        return {}
    truth = rows.who[known].map(bits).to_numpy()
    of_known = probabilities[known]
    sums = np.stack([of_known[:, [WHO.index(one) for one in of]].sum(axis=1) for of in SIX.values()], axis=1)
    each = f1_score(truth, sums.argmax(axis=1), average=None, labels=list(range(len(SIX))), zero_division=0.0)
    f1 = {name: round(float(value), 4) for name, value in zip(SIX, each, strict=True)}
    return {"rows": int(known.sum()), "macro_f1": round(float(each.mean()), 4)} | f1


def cases(model: Scorer, file: Path = ABROAD) -> dict[str, Any]:
    """How many cases of each language are right, and the texts that are wrong."""
    found = {}
    for lang, kinds in tomllib.loads(file.read_text(encoding="utf-8")).items():
        texts = [text for kind in kinds.values() for text in kind]
        abusive = np.array([name != "harmless" for name, kind in kinds.items() for _ in kind])
        p = model.scores([clean_text(text) for text in texts], [lang] * len(texts))[:, 0]
        is_right = (p >= model.thresholds["toxic"]) == abusive
        wrong = [f"{text} ({score:.2f})" for text, score, right in zip(texts, p, is_right, strict=True) if not right]
        right_harmless = int((is_right & ~abusive).sum())
        found[lang] = {"texts": len(texts), "right": int(is_right.sum()), "harmless": int((~abusive).sum()),
                       "harmless_right": right_harmless, "wrong": wrong}  # fmt: skip
    return found
