"""The languages that a model was judged in, for its card: on which comments, and how well.

In any other language nobody knows what its scores are worth.
"""

import tomllib
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from models.labels import LABELS
from models.language import identified
from models.text import clean_text
from models.training import data
from models.training.by_language import ABROAD
from models.training.losses import rarer

BAR = 0.8  # AUC of toxic that a language needs: of five pairs, four are ranked right
ENOUGH = 50  # comments of each kind that an AUC needs
MOST = 1500  # comments of a language that is judged elsewhere


def elsewhere(rows: pd.DataFrame) -> pd.DataFrame:
    """For languages with too few validation comments: those of the test part and of sources never trained on.

    For a language without either, our functional cases.
    """
    enough = {lang for lang, some in data.of_part(rows, "validation").groupby("lang") if rarer(some.toxic) >= ENOUGH}
    others = rows[rows.part.isin(("test", "unseen")) & ~rows.lang.isin(enough) & rows.toxic.notna()]
    others = others.sample(frac=1.0, random_state=0).groupby("lang").head(MOST)
    texts = [
        {"lang": lang, "source": "cases_abroad", "text": clean_text(text), "toxic": float(kind != "harmless")}
        for lang, kinds in tomllib.loads(ABROAD.read_text(encoding="utf-8")).items()
        for kind, sentences in kinds.items()
        for text in sentences
        if lang not in enough | set(others.lang)
    ]
    both = pd.concat([others[["lang", "source", "text", *LABELS]], pd.DataFrame(texts)], ignore_index=True)
    return both.reindex(columns=["lang", "source", "text", *LABELS])


def judged(rows: pd.DataFrame, probabilities: np.ndarray) -> dict[str, Any]:
    """Each language that reaches BAR → its number of comments, their sources, and the AUC of each label.

    Only those that a comment can be found to be in: not Urdu in Latin letters, for example.
    """
    found = {}
    for lang in sorted(identified().intersection(rows.lang)):
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
        if rarer(truth) >= ENOUGH:
            aucs[label] = round(float(roc_auc_score(truth, probabilities[known, i])), 4)
    return aucs
