"""A sketch of each text, of which near copies share the most digits (MinHash of pieces of five letters).

Capitals, emoji, digits, punctuation, links and mentions don't count. A text of few letters is everybody's: its sketch
is short, and equal for equal letters only. One without letters has none.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PIECE = 5  # letters
MINIMA = 24  # of which a sketch has a byte each
AT_ONCE = 200  # texts, whose numbers fit into a cache
FEW_LETTERS = 24  # of text that many people come up with; a letter that is a word or a syllable counts as three
LARGEST = np.uint64(2**64 - 1)

_NO_LETTERS = re.compile(r"(?:[\W\d_]|\b(?:url|user)\b)+")  # placeholders of the text rule
_SYLLABLES = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_KEYS = np.frombuffer(hashlib.shake_256(b"sketch").digest(16 * MINIMA + 8 * PIECE), np.uint64) | np.uint64(1)
_SALTS, _FACTORS, _PLACES = _KEYS[:MINIMA], _KEYS[MINIMA : 2 * MINIMA], _KEYS[2 * MINIMA :]


def sketches(texts: Sequence[str]) -> list[str | None]:
    """Of texts with their emoji as they are (`text.with_emoji`)."""
    letters = [_NO_LETTERS.sub(" ", text.casefold()).strip() for text in texts]
    found = [hashlib.blake2b(one.encode(), digest_size=8).hexdigest() if one else None for one in letters]
    long = [i for i, one in enumerate(letters) if len(one) + 2 * len(_SYLLABLES.findall(one)) >= FEW_LETTERS]
    for some in (long[at : at + AT_ONCE] for at in range(0, len(long), AT_ONCE)):
        for i, sketch in zip(some, _minima([letters[i] for i in some]), strict=True):
            found[i] = sketch.tobytes().hex()
    return found


def _minima(texts: Sequence[str]) -> NDArray[np.uint8]:
    """For each text the last byte of the smallest of its pieces' numbers, in each of several ways to number pieces."""
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in texts])
    is_cut = (ends[:, None] - np.arange(1, PIECE)).ravel()  # pieces that reach into the next text
    pieces = _mixed(sum(np.roll(letters, -at) * factor for at, factor in enumerate(_PLACES)))
    found = np.empty((len(texts), MINIMA), np.uint8)
    for i, (salt, factor) in enumerate(zip(_SALTS, _FACTORS, strict=True)):
        numbers = (pieces ^ salt) * factor
        numbers[is_cut] = LARGEST
        found[:, i] = np.minimum.reduceat(numbers, [0, *ends[:-1]])
    return found


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each bit depends on all bits (the last steps of SplitMix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
