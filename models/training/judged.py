"""The languages that a model was judged in, for its card: on which comments, and how well.

In any other language nobody knows what its scores are worth.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from models.labels import LABELS

BAR = 0.8  # AUC of toxic that a language needs
ENOUGH = 50  # comments of each kind that an AUC needs


def judged(rows: pd.DataFrame, probabilities: np.ndarray) -> dict[str, Any]:
    """Each language that reaches BAR → its number of validation comments, their sources, and the AUC of each label."""
    found = {}
    for lang in sorted(rows.lang.unique()):
        within = (rows.lang == lang).to_numpy()
        aucs = _aucs(rows[within], probabilities[within])
        if aucs.get("toxic", 0.0) >= BAR:
            known = rows[within & rows.toxic.notna().to_numpy()]
            found[str(lang)] = {"rows": len(known), "sources": sorted(set(known.source)), "auc": aucs}
    return found


def _aucs(rows: pd.DataFrame, probabilities: np.ndarray) -> dict[str, float]:
    aucs = {}
    for i, label in enumerate(LABELS):
        known = rows[label].notna().to_numpy()
        truth = rows[label].to_numpy(float)[known]
        if min((truth == 1).sum(), (truth == 0).sum()) >= ENOUGH:
            aucs[label] = round(float(roc_auc_score(truth, probabilities[known, i])), 4)
    return aucs
