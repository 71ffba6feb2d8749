"""What length-sorted batches save: the shipped BiLSTM over invented comments, three ways in one run."""

import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jobs.standin.world import COMMUNITIES, World, at
from models import scorer
from models.text import clean_text

MODEL = Path(__file__).resolve().parent.parent / "models" / "shipped" / "bilstm"
BATCH = 64
ROUNDS = 3


def comments() -> list[str]:
    """Two weeks of the stand-in's accounts, and every twentieth made long, as some people write."""
    world, seen_at = World(seed=1), at(date(2026, 11, 20))
    posts = [post for community in COMMUNITIES for post in world.posts(community, date(2026, 11, 6), seen_at)]
    texts = [comment.text for post in posts for comment in world.comments(post, seen_at)]
    return [" ".join([text] * 12) if i % 20 == 0 else text for i, text in enumerate(texts)]


def seconds(work: Callable[[], object]) -> float:
    """The fastest of a few rounds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    model, raw = scorer.load(MODEL), comments()
    texts = [clean_text(text) for text in raw]
    batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
    some = texts[:2000]
    ways = {
        "length-sorted batches": seconds(lambda: model.scores(texts)) / len(texts),
        f"batches of {BATCH} as they come": seconds(lambda: [_as_they_come(model, batch) for batch in batches])
        / len(texts),
        "one by one": seconds(lambda: [_as_they_come(model, [text]) for text in some]) / len(some),
        "(the text rule alone)": seconds(lambda: [clean_text(text) for text in raw]) / len(raw),
    }
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
          f"onnxruntime {onnxruntime.__version__}, numpy {np.__version__}, one thread")  # fmt: skip
    median = int(np.median([len(text) for text in texts]))
    print(f"{model.version}, {len(texts):,} comments, median {median} characters\n")
    print(f"{'way':34}{'comments a second':>20}{'time, ratio':>14}")
    for way, each in ways.items():
        print(f"{way:34}{1 / each:>20,.0f}{each / ways['length-sorted batches']:>14.2f}")


def _as_they_come(model: scorer.Scorer, batch: list[str]) -> np.ndarray:
    return model._session.run(["logits"], model._encode(batch))[0]


if __name__ == "__main__":
    main()
