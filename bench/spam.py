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
    youtube = _read(folder, "youtube_spam", "spam = 1", "video in ('Psy', 'Shakira')")
    instagram = _read(folder, "id_instagram_spam", "label = 'spam'")
    looked_at = np.array([int(hashlib.sha256(raw.encode()).hexdigest(), 16) % 2 == 1 for raw in instagram.raw])
    print(f"{shipped().version}; flagged from {SPAM_FROM}\n")
    print("| comments | spam | others | AUC (95 %) | flagged spam | flagged others |\n|" + " --- |" * 6)
    _judge("YouTube, two videos kept aside", youtube)
    _judge("Indonesian Instagram, not looked at before", instagram[~looked_at])
    _judge("Indonesian Instagram, the half that choices were made by", instagram[looked_at])
    _judge("Indonesian Instagram, whole", instagram)
    print("\n| comments without spam | rows | flagged |\n|" + " --- |" * 3)
    for name in HARMLESS:
        p = shipped().read(_read(folder, name, "false").text.tolist())
        print(f"| {name} | {len(p):,} | {(p >= SPAM_FROM).mean():.2%} |")
    texts = [*youtube.text, *instagram.text] * 5
    start = time.process_time()
    shipped().read(texts)
    print(f"\n{len(texts) / (time.process_time() - start):,.0f} comments a CPU-second")


def _read(folder: Path, name: str, is_spam: str, where: str = "true") -> pd.DataFrame:
    query = f"select text as raw, {is_spam} as is_spam from read_parquet(?) where {where}"
    rows = duckdb.execute(query, [str(folder / f"{name}.parquet")]).df()
    rows["text"] = [clean_text(raw) for raw in rows.raw]
    return rows[rows.text != ""].drop_duplicates("text", ignore_index=True)


def _judge(name: str, rows: pd.DataFrame) -> None:
    p, is_spam, rng = shipped().read(rows.text.tolist()), rows.is_spam.to_numpy(), np.random.default_rng(0)
    drawn = (rng.integers(len(p), size=len(p)) for _ in range(500))
    low, high = np.quantile([roc_auc_score(is_spam[some], p[some]) for some in drawn], [0.025, 0.975])
    figures = [f"{roc_auc_score(is_spam, p):.4f} ({low:.3f}–{high:.3f})"]
    figures += [f"{(p[part] >= SPAM_FROM).mean():.1%}" for part in (is_spam, ~is_spam)]
    print(f"| {name} | {is_spam.sum()} | {(~is_spam).sum()} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
