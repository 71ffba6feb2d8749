"""What each answer to rare labels is worth: the BiLSTM trained five times on the same rows, judged on the same rows.

python bench/imbalance.py LABELLED [BACKBONE]   (what `toxwatch prepare` wrote; an encoder for word vectors)
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models import scorer
from models.training import data, evaluate, train
from models.training.learner import IMBALANCE, Settings, Vectors

SETTINGS = Settings(epochs=2, tokens=4096, sample=20_000, composed=10_000)  # so few rows want smaller batches


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rows, vectors = data.labelled(Path(sys.argv[1])), Vectors(*map(Path, sys.argv[2:3]))
    test = data.of_part(rows, "test")
    print(f"{SETTINGS.sample:,} labelled and {SETTINGS.composed:,} composed sentences, {SETTINGS.epochs} epochs\n")
    for imbalance in IMBALANCE:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "model"
            train.train_bilstm(rows, place, replace(SETTINGS, imbalance=imbalance), vectors, watch=lambda _: None)
            model = scorer.load(place)
            found = evaluate.by_label(test, model.scores(test.text.tolist(), test.lang.tolist()), model.thresholds)
        if imbalance == IMBALANCE[0]:
            names = [f"{label} {figure}" for label in found for figure in ("AUC", "AP")]
            print(f"| imbalance | {' | '.join(names)} |\n|{' --- |' * (len(names) + 1)}")
        figures = [f"{row[name]:.4f}" for row in found.values() for name in ("auc", "average_precision")]
        print(f"| {imbalance} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
