"""The BiLSTM's view of a text: words, each with the hashed character n-grams inside it.

A word that nobody saw in training ("idiottt", "id10t") still shares most of its n-grams with one that was
seen. The first slot of a word holds its own id, the other slots its n-grams; id 0 is padding.
"""

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

VOCABULARY = "vocabulary.txt"
SLOTS = 16
NGRAM_LENGTHS = (3, 4)
UNKNOWN = 1  # also stands for a text without any word
FIRST_WORD = 2
MAX_WORDS = 384  # the first 288 and the last 96 of a longer text: insults come early or as a parting shot
TAIL_WORDS = 96
CACHE_WORDS = 200_000  # 13 MB; then the cache starts afresh

# A Chinese or Japanese character is a word. Indian vowel signs belong to words, but `re` does not count them as \w.
_SIGN, _LETTERS = "\u3040-\u30ff\u3400-\u9fff", r"(?:(?![\u3040-\u30ff\u3400-\u9fff])[\w\u0900-\u0dff*$])+"
_WORD = re.compile(rf"[{_SIGN}]|{_LETTERS}(?:['’@\-]{_LETTERS})*|[^\w\s]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")


def split_words(text: str) -> list[str]:
    """ "Don't be a f*cking idiot!!" → ["don't", "be", "a", "f*cking", "idiot", "!!"]"""
    text = text.lower()
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    words = _WORD.findall(text)
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - TAIL_WORDS] + words[-TAIL_WORDS:]


class WordEncoder:
    def __init__(self, vocabulary: Sequence[str], buckets: int) -> None:
        self.vocabulary = list(vocabulary)
        self.buckets = buckets
        self.size = FIRST_WORD + len(self.vocabulary) + buckets
        self._ids = {word: FIRST_WORD + i for i, word in enumerate(self.vocabulary)}
        self._alone = Lock()  # a server scores in many threads
        self._start_cache()

    @classmethod
    def learn(
        cls, texts: Iterable[str], max_words: int, min_count: int, buckets: int, known: Iterable[str] = ()
    ) -> "WordEncoder":
        """The common words of the texts, and those that are known from elsewhere."""
        counts = Counter(word for text in texts for word in set(split_words(text)))
        common = [word for word, count in counts.most_common(max_words) if count >= min_count]
        return cls(sorted({*common, *known}), buckets)

    @classmethod
    def read(cls, folder: Path, buckets: int) -> "WordEncoder":
        return cls((folder / VOCABULARY).read_text(encoding="utf-8").splitlines(), buckets)

    def write(self, folder: Path) -> None:
        (folder / VOCABULARY).write_text("".join(f"{word}\n" for word in self.vocabulary), encoding="utf-8")

    def encode(self, text: str) -> list[int]:
        """One number a word, its row in this encoder's cache: `numbers` turns rows into slots."""
        return self._numbered(split_words(text))

    def batch(self, texts: Sequence[str]) -> np.ndarray:
        """int32[text, word, slot], padded with zeros to the longest text."""
        given = self.inputs(self.split(texts))
        slots: np.ndarray = given["words"][given["ids"]]
        return slots

    def split(self, texts: Sequence[str]) -> list[list[str]]:
        return [split_words(text) for text in texts]

    def inputs(self, rows: Sequence[list[str]]) -> dict[str, np.ndarray]:
        """What an exported network is given: the slots of the distinct words, and which of them stands where."""
        with self._alone:
            if len(self._rows) > CACHE_WORDS:
                self._start_cache()
            numbers = filled([self._numbered(row) for row in rows])
            distinct, places = np.unique(numbers, return_inverse=True)
            return {"words": self._table[distinct], "ids": places.reshape(numbers.shape).astype(np.int32)}

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def numbers(self) -> np.ndarray:
        """int32[row, slot]: the slots of every cached word."""
        return self._table[: len(self._rows) + 1].copy()

    def _start_cache(self) -> None:
        self._rows: dict[str, int] = {}
        self._table = np.zeros((1024, SLOTS), np.int32)  # row 0 is padding

    def _numbered(self, words: list[str]) -> list[int]:
        return [self._row(word) for word in words] or [self._row("")]

    def _row(self, word: str) -> int:
        row = self._rows.get(word)
        if row is None:
            row = self._rows[word] = len(self._rows) + 1
            if row == len(self._table):
                self._table = np.concatenate([self._table, np.zeros_like(self._table)])
            slots = self._slots(word)
            self._table[row, : len(slots)] = slots
        return row

    def _slots(self, word: str) -> list[int]:
        first_bucket = FIRST_WORD + len(self.vocabulary)
        marked = f"<{word}>"
        grams = [
            first_bucket + zlib.crc32(marked[i : i + length].encode("utf-8", "replace")) % self.buckets
            for length in NGRAM_LENGTHS
            for i in range(len(marked) - length + 1)
            if word[:1].isalnum()
        ]
        return [self._ids.get(word, UNKNOWN), *grams[: SLOTS - 1]]


def filled(rows: Sequence[Sequence[int]], length: int | None = None) -> np.ndarray:
    """int32[row, number], filled with zeros to that length, or to the longest."""
    table = np.zeros((len(rows), max(map(len, rows)) if length is None else length), np.int32)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return table
