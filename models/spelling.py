"""Words that people hide or mistype, read as what they stand for: `f*ck`, `a**hole`, `idoit`, `stpid`.

Only what is no word itself is mended, and only to words that training has met often.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

COMMON = "common.txt"
OFTEN = 50  # comments of training that have a word

_WORD = re.compile(r"(?:[^\W\d_]|\*){4,}")  # among shorter ones anything is a word
_LETTERS = re.compile(r"[^\W\d_]+")


class Spelling:
    def __init__(self, common: Sequence[str], known: Iterable[str] = ()) -> None:
        """`common` is what may be meant, the likeliest first; what is `known` is left alone too."""
        self.common = list(common)
        self._meant: dict[str, str] = {}
        words = {*common, *known}
        for word in common:
            for variant in _variants(word):
                if variant not in words:
                    self._meant.setdefault(variant, word)

    @classmethod
    def learn(cls, texts: Iterable[str], toxic: Iterable[float], known: Iterable[str]) -> "Spelling":
        """What toxic comments have more often than others comes first: it is what gets hidden."""
        everywhere, there = Counter[str](), Counter[str]()
        for text, is_toxic in zip(texts, toxic, strict=True):
            words = set(_LETTERS.findall(text.lower()))
            everywhere.update(words)
            there.update(words if is_toxic == 1 else ())
        common = [word for word, count in everywhere.items() if count >= OFTEN]
        return cls(sorted(common, key=lambda word: (everywhere[word] - 2 * there[word], word)), known)

    @classmethod
    def read(cls, folder: Path, known: Iterable[str]) -> "Spelling":
        """That of a model's folder; an encoder's has none."""
        file = folder / COMMON
        return cls(file.read_text(encoding="utf-8").splitlines() if file.exists() else (), known)

    def write(self, folder: Path) -> None:
        (folder / COMMON).write_text("".join(f"{word}\n" for word in self.common), encoding="utf-8")

    def mended(self, text: str) -> str:
        return _WORD.sub(lambda match: self._meant.get(match[0].lower(), match[0]), text)


def _variants(word: str) -> Iterator[str]:
    """Each way to write it with letters starred, left out or in the wrong order, its first and last letter in place."""
    for i in range(1, len(word) - 1):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        yield from (word[:i] + "*" * (end - i) + word[end:] for end in range(i + 1, len(word)))
