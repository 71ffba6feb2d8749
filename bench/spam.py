"""How well spam is told from other comments, on comments that it was not learned from, and what that costs.

python bench/spam.py FOLDER   (labelled comments, as for `toxwatch prepare`)
"""

import hashlib
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from models.spam import shipped
from models.text import clean_text
from models.training.neighbours import near_duplicate_groups
from models.training.spam import FOLDS, as_matrix, held_out, training_rows
from warehouse.policies import SPAM_FROM

HARMLESS = (
    "hatebr_instagram",
    "id_multilabel",
    "haspeede2018",
    "toxigen_human",
)  # evaluation only: no spam to speak of


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    print(f"{shipped().version}; flagged from {SPAM_FROM}\n")
    print("| comments | spam | others | AUC (95 %) | flagged spam | flagged others |\n|" + " --- |" * 6)
    _youtube(training_rows(folder))
    instagram = _read(folder, "id_instagram_spam", "label = 'spam'")
    read, is_spam = shipped().read(instagram.text.tolist()), instagram.is_spam.to_numpy(bool)
    looked_at = np.array([int(hashlib.sha256(raw.encode()).hexdigest(), 16) % 2 == 1 for raw in instagram.raw])
    _judge("Indonesian Instagram, not looked at before", read[~looked_at], is_spam[~looked_at])
    _judge("Indonesian Instagram, the half that choices were made by", read[looked_at], is_spam[looked_at])
    _judge("Indonesian Instagram, whole", read, is_spam)
    print("\n| comments without spam | rows | flagged |\n|" + " --- |" * 3)
    for name in HARMLESS:
        p = shipped().read(_read(folder, name, "false").text.tolist())
        print(f"| {name} | {len(p):,} | {(p >= SPAM_FROM).mean():.2%} |")
    texts = instagram.text.tolist() * 10
    start = time.process_time()
    shipped().read(texts)
    print(f"\n{len(texts) / (time.process_time() - start):,.0f} comments a CPU-second")


def _youtube(rows: pd.DataFrame) -> None:
    """What ships has learned all of these: each is judged by a reader that has not learned it, made in the same way."""
    matrix, labelled = as_matrix(rows.text.tolist()), (rows.kind == "labelled").to_numpy()
    videos, is_spam = rows.fold.to_numpy(), rows.is_spam.to_numpy(bool)
    groups = near_duplicate_groups(rows.text.tolist(), rows.key.tolist())
    parts = np.where(labelled, [str(int(rows.key[group], 16) % FOLDS) for group in groups], "")
    known, unseen = (shipped().meant(held_out(rows, matrix, folds)) for folds in (parts, videos))
    _judge("YouTube, other comments below the same videos", known[labelled], is_spam[labelled])
    _judge("YouTube, videos not learned from", unseen[labelled], is_spam[labelled])
    for video in sorted(set(videos[labelled])):
        _judge(f"… {video}", unseen[videos == video], is_spam[videos == video])


def _read(folder: Path, name: str, is_spam: str, where: str = "true") -> pd.DataFrame:
    query = f"select text as raw, {is_spam} as is_spam from read_parquet(?) where {where}"
    rows = duckdb.execute(query, [str(folder / f"{name}.parquet")]).df()
    rows["text"] = [clean_text(raw) for raw in rows.raw]
    return rows[rows.text != ""].drop_duplicates("text", ignore_index=True)


def _judge(name: str, p: np.ndarray, is_spam: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    drawn = (rng.integers(len(p), size=len(p)) for _ in range(500))
    low, high = np.quantile([roc_auc_score(is_spam[some], p[some]) for some in drawn], [0.025, 0.975])
    figures = [f"{roc_auc_score(is_spam, p):.4f} ({low:.3f}–{high:.3f})"]
    figures += [f"{(p[part] >= SPAM_FROM).mean():.1%}" for part in (is_spam, ~is_spam)]
    print(f"| {name} | {is_spam.sum()} | {(~is_spam).sum()} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
