"""The BiLSTM's view of a text."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.words import WordEncoder


def test_many_threads_see_what_one_sees() -> None:
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefgh", k=6)) for _ in range(20_000)]
    batches = [[" ".join(rng.sample(words, 30)) for _ in range(8)] for _ in range(200)]
    alone, shared = (WordEncoder(words[:100], buckets=1000) for _ in range(2))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(shared.batch, batches))
    finally:
        sys.setswitchinterval(before)
    for batch, ids in zip(batches, seen, strict=True):
        np.testing.assert_array_equal(ids, alone.batch(batch))


def test_a_batch_names_each_word_once() -> None:
    encoder = WordEncoder(["you", "idiot"], buckets=1000)
    given = encoder.inputs(encoder.split(["you idiot you", "idi0t"]))
    assert given["words"].shape[0] == 4, "three words and padding"
    assert given["ids"].shape == (2, 3)
    np.testing.assert_array_equal(given["words"][given["ids"]], encoder.batch(["you idiot you", "idi0t"]))
    assert not given["words"][given["ids"][1, 1:]].any()
