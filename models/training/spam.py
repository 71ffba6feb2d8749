"""Learns what `models/spam.py` reads spam by.

python -m models.training.spam FOLDER   (labelled comments; writes models/shipped/spam)
"""

import random
import re
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from models.card import write_card, writing
from models.labels import ModelError
from models.spam import BUCKETS, WEIGHTS, features
from models.text import clean_text, text_key

FACTS = Path(__file__).with_name("spam.toml")
SHIPPED = Path(__file__).parent.parent / "shipped" / "spam"
SAMPLE = 800  # comments of each source that are taken to be no spam
COMPOSED = 20_000
COUNTS = {"labelled": 6.0, "harmless": 0.3, "composed": 1.0}  # what a comment of each kind counts
SHARE = 0.05  # of spam among the comments of a section: what probabilities are calibrated to
FOLDS = 5
GRID = np.linspace(-12, 12, 121)
SUREST = 0.999  # too few comments are at hand to promise more
_LINK = re.compile(r"\burl\b", re.IGNORECASE)
_SLOT = re.compile(r"\{(\w+)\}")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    rows = training_rows(folder)
    print(rows.groupby(["kind", "is_spam"]).size().to_string())
    train(rows, SHIPPED, folder)


def training_rows(folder: Path, seed: int = 0) -> pd.DataFrame:
    """Labelled, harmless and composed comments."""
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    sources = [_read(folder, source) for source in facts.pop("sources")]
    slots = facts.pop("slots")
    rows = pd.concat([*sources, composed(facts, slots, random.Random(seed))], ignore_index=True)
    rows["text"] = [clean_text(raw) for raw in rows.raw]
    rows["key"] = [text_key(text) for text in rows.text]
    is_odd = (rows.kind == "harmless") & rows.text.str.contains(_LINK)  # tweets link to anything
    return rows[(rows.text != "") & ~is_odd].drop_duplicates("key", ignore_index=True)


def train(rows: pd.DataFrame, target: Path, data: Path) -> dict[str, Any]:
    """Writes a spam reader; returns its card."""
    matrix = as_matrix(rows.text.tolist())
    folds = np.where(rows.kind == "labelled", rows.fold, [str(int(key, 16) % FOLDS) for key in rows.key])
    weights = _fitted(matrix, rows, np.full(len(rows), True)).astype(np.float16)
    files = [source["file"] for source in tomllib.loads(FACTS.read_text(encoding="utf-8"))["sources"]]
    with writing(target) as draft:
        np.save(draft / WEIGHTS, weights)
        return write_card(
            draft,
            "spam",
            {
                "labels": ["spam"],
                "command": "python -m models.training.spam FOLDER",
                "sources": [Path(file).stem for file in files if (data / file).is_file()],
                "rows": {kind: int((rows.kind == kind).sum()) for kind in COUNTS},
                "share": SHARE,
                "calibration": _calibrated(held_out(rows, matrix, folds), rows),
            },
        )


def held_out(rows: pd.DataFrame, matrix: csr_matrix, folds: np.ndarray) -> np.ndarray:
    """Each comment's sum, by weights learned from the other folds. What has no fold ("") is only learned from."""
    sums = np.full(len(rows), np.nan)
    for fold in sorted(set(folds) - {""}):
        sums[folds == fold] = matrix[folds == fold] @ _fitted(matrix, rows, folds != fold)
    return sums


def _fitted(matrix: csr_matrix, rows: pd.DataFrame, chosen: Any) -> np.ndarray:
    """The weights of buckets; the intercept is left to the calibration.

    A bucket that one kind has more often than the other is cheaper to use (Wang and Manning 2012): with few labels for
    many buckets, the weights come from what the kinds differ in.
    """
    counts, is_spam = rows.kind.map(COUNTS).to_numpy()[chosen], rows.is_spam.to_numpy(bool)[chosen]
    counts = counts * np.where(is_spam, (counts[~is_spam].sum() / counts[is_spam].sum()) ** 0.5, 1)
    present = (matrix[chosen] > 0).astype(np.float64)
    spam, harmless = (1 + present[kind].T @ counts[kind] for kind in (is_spam, ~is_spam))
    apart = np.abs(np.log(spam / spam.sum()) - np.log(harmless / harmless.sum()))
    linear = LogisticRegression(C=1.0, max_iter=1000)
    linear.fit(matrix[chosen].multiply(apart).tocsr(), is_spam, counts)
    weights: np.ndarray = linear.coef_[0] * apart
    return weights


def _calibrated(sums: np.ndarray, rows: pd.DataFrame) -> dict[str, list[float]]:
    """A sigmoid on comments that people wrote, weighted to the share of spam in a section (Platt)."""
    real = (rows.kind != "composed").to_numpy()
    is_spam = rows.is_spam.to_numpy()[real]
    counts = np.where(is_spam, SHARE / is_spam.sum(), (1 - SHARE) / (~is_spam).sum()) * real.sum()
    sigmoid = LogisticRegression(C=1e6).fit(sums[real, None], is_spam, counts)
    probabilities = np.minimum(sigmoid.predict_proba(GRID[:, None])[:, 1], SUREST)
    return {"logit": [round(float(x), 1) for x in GRID], "probability": [round(float(p), 5) for p in probabilities]}


def as_matrix(texts: list[str]) -> csr_matrix:
    """Each text's features, by the root of their number."""
    found = [features(text) for text in texts]
    numbers = np.fromiter(chain.from_iterable(chain(*two) for two in found), np.int64)
    values = np.concatenate([np.full(len(part), len(part) ** -0.5, np.float32) for two in found for part in two])
    ends = np.cumsum([0, *(sum(map(len, two)) for two in found)])
    return csr_matrix((values, numbers, ends), (len(texts), 2 * BUCKETS))


def _read(folder: Path, source: dict[str, Any]) -> pd.DataFrame:
    path = folder / source["file"]
    if not path.is_file():
        raise ModelError(f"{path} is missing.")
    if "is_spam" in source:
        query = f"""select text as raw, {source["is_spam"]} as is_spam, {source["group"]} as fold, 'labelled' as kind
                    from read_parquet(?)"""
        return duckdb.execute(query, [str(path)]).df()
    text = source.get("text", "text")
    query = f"""select "{text}"::varchar as raw, false as is_spam, '' as fold, 'harmless' as kind
                from read_parquet(?) where {source["harmless"]} order by md5(raw), raw limit {SAMPLE}"""
    return duckdb.execute(query, [str(path)]).df()


def composed(languages: dict[str, Any], slots: dict[str, Any], rng: random.Random) -> pd.DataFrame:
    names = list(languages)
    drawn = rng.choices(names, [len(languages[name]["spam"]) for name in names], k=COMPOSED)
    sentences = [_sentences(languages[name], slots, rng) for name in drawn]
    return pd.DataFrame(sentences, columns=["raw", "is_spam"]).assign(fold="", kind="composed")


def _sentences(words: dict[str, Any], common: dict[str, Any], rng: random.Random) -> tuple[str, bool]:
    """One to three sentences; of spam, some after a friendly one and some with doubled letters."""
    is_spam = rng.random() < 0.5
    parts = rng.sample(words["spam" if is_spam else "harmless"], rng.choice((1, 1, 2, 3)))
    if is_spam and rng.random() < 0.2:
        parts.insert(0, rng.choice(words["harmless"]))
    text = rng.choice((" ", ". ", "\n", ", ")).join(_filled(part, common | words, rng) for part in parts)
    return "".join(_disguised(text, rng)) if is_spam and rng.random() < 0.1 else text, is_spam


def _filled(sentence: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    while _SLOT.search(sentence):  # what fills a slot may have slots itself
        sentence = _SLOT.sub(lambda slot: rng.choice(slots[slot[1]]), sentence)
    return sentence


def _disguised(text: str, rng: random.Random) -> Iterator[str]:
    for letter in text:
        yield letter * (rng.choice((1, 1, 2, 2, 3)) if letter.isalpha() else 1)


if __name__ == "__main__":
    main()
