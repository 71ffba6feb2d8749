"""Training texts as token ids in a file, and batches of them in a few shapes.

Texts are encoded chunk by chunk and read through a memory map. A batch has a budget of tokens and texts of similar
length, so that little is padding and a graph is compiled only a few times.
"""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from models.text import clean_text
from models.training.obfuscate import WEIGHTS, disguise
from models.words import filled

AT_ONCE = 20_000  # texts that are encoded at a time
MOST_LETTERS = 1000  # of a text that are disguised
SHORTEST = 16  # tokens of the smallest shape
IN_DISGUISE = 0.5  # how often the disguised form of a text is read
DISGUISES, DISGUISE_WEIGHTS = list(WEIGHTS), list(WEIGHTS.values())

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]  # ids, truth, weight of each row
Plan = list[tuple[int, np.ndarray, np.ndarray]]  # of each batch: padded length, rows, entries of the file


def shapes(longest: int) -> list[int]:
    """The lengths to which texts are padded: 16, 32, 48, 64, 96, 128 … and the longest."""
    lengths = [SHORTEST]
    while lengths[-1] + max(SHORTEST, lengths[-1] // 32 * SHORTEST) < longest:
        lengths.append(lengths[-1] + max(SHORTEST, lengths[-1] // 32 * SHORTEST))
    return [*lengths, longest] if longest > SHORTEST else [longest]


class Pool:
    """Each text, and a disguised form of some of them, which is read every other time."""

    def __init__(
        self, encoder: Any, texts: Sequence[str], file: Path, longest: int, disguised: float, seed: int
    ) -> None:
        self.longest, self.encoder = longest, encoder
        rng = random.Random(seed)
        hidden = [i for i in range(len(texts)) if rng.random() < disguised]
        starts = [0]
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as output:
            for some in _chunks(texts):
                self._append(output, some, starts)
            for some in _chunks(disguised_texts([texts[i] for i in hidden], seed)):
                self._append(output, some, starts)
        self._file = file
        self._ids = np.memmap(file, np.int32, "r").view(np.ndarray)
        self._starts = np.array(starts)
        self._disguise = np.full(len(texts), -1)
        self._disguise[hidden] = np.arange(len(hidden)) + len(texts)
        self._numbers = encoder.numbers()

    def _append(self, output: Any, texts: list[str], starts: list[int]) -> None:
        for ids in self.encoder.encode_all(texts):
            row = np.array(ids[: self.longest], np.int32)
            output.write(row.tobytes())
            starts.append(starts[-1] + len(row))

    def remove(self) -> None:
        self._file.unlink()

    def plan(self, rows: np.ndarray, budget: int, seed: Sequence[int]) -> Plan:
        """One epoch of `rows`, in random order."""
        rng = np.random.default_rng(seed)
        rows = rng.permutation(rows)
        is_disguised = (self._disguise[rows] >= 0) & (rng.random(len(rows)) < IN_DISGUISE)
        reading = np.where(is_disguised, self._disguise[rows], rows)
        sizes, lengths, batches = self._starts[reading + 1] - self._starts[reading], shapes(self.longest), []
        for length, within in zip(lengths, _buckets(sizes, lengths), strict=True):
            most = max(1, budget // length)
            cuts = [within[i : i + most] for i in range(0, len(within), most)]
            batches += [(length, rows[cut], reading[cut]) for cut in cuts]
        return [batches[i] for i in rng.permutation(len(batches))]

    def batches(self, plan: Plan, budget: int, truth: np.ndarray, weight: np.ndarray) -> Iterator[Batch]:
        """Batches of a plan; one that is not full is filled with empty rows of weight 0."""
        for length, rows, reading in plan:
            most = max(1, budget // length)
            empty = most - len(rows)
            ids = self._filled(reading, length, most)
            given = np.pad(truth[rows].astype(np.float32), ((0, empty), (0, 0)))
            yield ids if self._numbers is None else self._numbers[ids], given, np.pad(weight[rows], (0, empty))

    def readings(self, budget: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Every text once, undisguised: the rows of each batch, and their numbers."""
        sizes, lengths = np.diff(self._starts)[: len(self._disguise)], shapes(self.longest)
        for length, within in zip(lengths, _buckets(sizes, lengths), strict=True):
            most = max(1, budget // length)
            for start in range(0, len(within), most):
                cut = within[start : start + most]
                ids = self._filled(cut, length, most)
                yield cut, ids if self._numbers is None else self._numbers[ids]

    def _filled(self, readings: np.ndarray, length: int, most: int) -> np.ndarray:
        """int32[most, length]: these entries of the file, then empty rows."""
        sizes = np.pad(self._starts[readings + 1] - self._starts[readings], (0, most - len(readings)))
        ids = np.zeros((most, length), np.int32)
        ids[np.arange(length) < sizes[:, None]] = np.concatenate(
            [self._ids[self._starts[i] : self._starts[i + 1]] for i in readings]
        )
        return ids


def logits(model: Any, encoder: Any, texts: Sequence[str], budget: int, longest: int) -> np.ndarray:
    """A Keras model's logits, computed in batches of a few shapes."""
    result = np.zeros((len(texts), model.output_shape[-1]), np.float32)
    for at in range(0, len(texts), AT_ONCE):
        rows = encoder.encode_all(texts[at : at + AT_ONCE])
        numbers, lengths = encoder.numbers(), shapes(longest)
        sizes = np.array([min(len(row), longest) for row in rows])
        for length, within in zip(lengths, _buckets(sizes, lengths), strict=True):
            most = max(1, budget // length)
            for start in range(0, len(within), most):
                cut = within[start : start + most]
                ids = np.pad(filled([rows[i][:longest] for i in cut], length), ((0, most - len(cut)), (0, 0)))
                found = model.predict_on_batch(ids if numbers is None else numbers[ids])
                result[at + cut] = np.asarray(found)[: len(cut)]
    return result


def disguised_texts(texts: Sequence[str], seed: int) -> list[str]:
    """Each text disguised, as people write to get past a filter."""
    parts = list(enumerate(_chunks(texts)))
    if len(parts) < 2:
        return _disguised((seed, texts))
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(chain.from_iterable(pool.map(_disguised, ((seed + i, part) for i, part in parts))))


def _disguised(given: tuple[int, Sequence[str]]) -> list[str]:
    seed, texts = given
    rng = random.Random(seed)
    return [
        clean_text(disguise(text[:MOST_LETTERS], rng.choices(DISGUISES, DISGUISE_WEIGHTS)[0], rng)) for text in texts
    ]


def _buckets(sizes: np.ndarray, lengths: Sequence[int]) -> list[np.ndarray]:
    """For each length the texts that are padded to it: the smallest that holds them."""
    place = np.searchsorted(lengths, sizes)
    return [np.flatnonzero(place == i) for i in range(len(lengths))]


def _chunks(rows: Sequence[Any]) -> Iterator[list[Any]]:
    return (list(rows[start : start + AT_ONCE]) for start in range(0, len(rows), AT_ONCE))
