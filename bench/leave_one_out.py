"""How a model does on a source that it was not trained on, as Instagram is: train without one, test on all of it.

python bench/leave_one_out.py LABELLED [BACKBONE]   (what `toxwatch prepare` wrote; an encoder for word vectors)
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.imbalance import SETTINGS
from models import scorer
from models.training import data, evaluate, train
from models.training.composed import compose
from models.training.learner import Vectors
from models.training.losses import rarer

WITHIN = "wiki"  # sources of one place are left out together


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rows, vectors = data.labelled(Path(sys.argv[1])), Vectors(*map(Path, sys.argv[2:3]))
    place = rows.source.where(~rows.source.str.startswith(WITHIN), WITHIN)
    print(f"{SETTINGS.sample:,} labelled and {SETTINGS.composed:,} composed sentences, {SETTINGS.epochs} epochs\n")
    print("| left out | rows | AUC of toxic | TF-IDF |\n| --- | --- | --- | --- |")
    for name in sorted(set(place[rows.part == "train"])):
        out = rows[(place == name) & rows.toxic.notna()].reset_index(drop=True)
        if rarer(out.toxic) < evaluate.ENOUGH:
            continue
        kept = rows[(place != name) & ~rows.key.isin(out.key)]
        ours, theirs = _judged(kept, out, vectors)
        print(f"| {name} | {len(out):,} | {ours:.4f} | {theirs:.4f} |", flush=True)


def _judged(kept: pd.DataFrame, out: pd.DataFrame, vectors: Vectors) -> tuple[float, float]:
    """AUC of a BiLSTM and of the baseline, trained on the same rows."""
    training = data.of_part(kept, "train").sample(SETTINGS.sample, random_state=SETTINGS.seed)
    baseline = evaluate.fit_baseline(pd.concat([training, compose(SETTINGS.composed, SETTINGS.seed)]))
    with tempfile.TemporaryDirectory() as folder:
        train.train_bilstm(kept, Path(folder) / "model", SETTINGS, vectors, watch=lambda _: None)
        model = scorer.load(Path(folder) / "model")
    texts, one = out.text.tolist(), pd.Series("all", out.index)
    both: list[np.ndarray] = [model.scores(texts, out.lang.tolist()), baseline(texts)]
    return tuple(evaluate.aucs(out, p, one)["all"]["auc"] for p in both)


if __name__ == "__main__":
    main()
