"""Near-duplicates: texts whose words overlap almost wholly, found by MinHash and locality-sensitive bands."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

BANDS = 8
ROWS_PER_BAND = 6  # finds 9 of 10 pairs with a word overlap of 0.8 and 1 of 10 with 0.5
SHINGLE_WORDS = 2
_PRIME = np.uint64((1 << 61) - 1)
_WORD = re.compile(r"[\w\u0900-\u0dff]+")  # `re` does not count Indian vowel signs as \w


def near_duplicate_groups(texts: Sequence[str], keys: Sequence[str]) -> np.ndarray:
    """A group number for each text; texts of one group are near-duplicates, directly or through others."""
    parent = np.arange(len(texts))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    signatures = np.stack([_signature(text, key) for text, key in zip(texts, keys, strict=True)])
    for band in range(BANDS):
        rows = np.ascontiguousarray(signatures[:, band * ROWS_PER_BAND : (band + 1) * ROWS_PER_BAND])
        _, first, inverse = np.unique(
            rows.view([("", rows.dtype)] * ROWS_PER_BAND).ravel(), return_index=True, return_inverse=True
        )
        for i, leader in enumerate(first[inverse.ravel()]):
            if leader != i:
                parent[root(i)] = root(leader)
    return np.array([root(i) for i in range(len(texts))])


_RANDOM = np.random.default_rng(20_000)
_A = _RANDOM.integers(1, 1 << 31, BANDS * ROWS_PER_BAND, dtype=np.uint64)[:, None]
_B = _RANDOM.integers(0, 1 << 31, BANDS * ROWS_PER_BAND, dtype=np.uint64)[:, None]


def _signature(text: str, key: str) -> np.ndarray:
    words = _WORD.findall(text.lower())
    shingles = {" ".join(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1))}
    if len(words) < SHINGLE_WORDS:
        shingles = {key}  # a text of one word or none resembles only itself
    hashes = np.fromiter((zlib.crc32(shingle.encode()) for shingle in shingles), np.uint64)
    least: np.ndarray = ((_A * hashes + _B) % _PRIME).min(axis=1)
    return least
