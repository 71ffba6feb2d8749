"""How likely a comment is an advert, a scam or a call to follow or to click, in any language.

A sum over its words, pairs of words and pieces of words, which `models/training/spam.py` learns. Capitals, accents and
doubled letters don't count, because spam is disguised with them, and every digit is a 0.
"""

import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.card import CARD
from models.labels import ModelError

FOLDER = files("models") / "shipped" / "spam"  # in an archive on a cluster's workers
WEIGHTS = "weights.npy"
BUCKETS = 2**18  # that words and pairs share, and as many that pieces share
PIECES = range(3, 6)  # letters
LONGEST = 4000  # letters of a text; the rest says no more

_MARKUP = re.compile(r"<[^<>]{1,300}>")
_PHONE = re.compile(r"(?:\+?\d[\s().-]{0,2}){8,20}")
_ADDRESS = re.compile(
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:com?|net|org|shop|store|ly|me|ee|io|xyz|info|example|id|ru|br|in)\b\S*"
)
_MONEY = re.compile(r"[$€£₹¥]\s?\d|\d\s?[$€£₹¥%]|\brp\.?\s?\d|\d\s?(?:k|rb|ribu|usd|btc|eur|dollars?)\b")
_DIGIT = re.compile(r"\d")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_WORD = re.compile(r"\w+")
_DISGUISE = 0.15  # doubled letters a letter, more than any language has


class Spam(NamedTuple):
    version: str
    weights: NDArray[np.float32]  # of each bucket
    logits: list[float]  # what the sums
    probabilities: list[float]  # stand for

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities of texts that `clean_text` has cleaned."""
        return self.meant(np.array([added(self.weights, text) for text in texts]))

    def meant(self, sums: NDArray[np.floating]) -> NDArray[np.float32]:
        """The probabilities that sums stand for."""
        found: NDArray[np.float32] = np.interp(sums, self.logits, self.probabilities).astype(np.float32)
        return found


@lru_cache(maxsize=1)
def shipped() -> Spam:
    return load(FOLDER)


def load(folder: Traversable) -> Spam:
    """The spam reader in `folder`, checked against its card."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        stored = (folder / WEIGHTS).read_bytes()
        if hashlib.sha256(stored).hexdigest() != card["files"][WEIGHTS]:
            raise ModelError(f"{folder / WEIGHTS} is not the file that {CARD} names. Restore the folder.")
        curve = card["calibration"]
        return Spam(card["version"], np.load(BytesIO(stored)).astype(np.float32), curve["logit"], curve["probability"])
    except (OSError, KeyError, json.JSONDecodeError) as error:
        raise ModelError(f"{folder} holds no spam reader ({error}). Restore the folder.") from error


def added(weights: NDArray[np.float32], text: str) -> float:
    """The weights of a text's words and pairs, and those of its pieces, each by the root of their number."""
    return float(sum(weights[list(found)].sum() / len(found) ** 0.5 for found in features(text)))


def features(text: str) -> tuple[set[int], set[int]]:
    """The buckets of its words and pairs, and of its pieces; neither is empty."""
    words = _WORD.findall(_plain(text)) or [""]
    pairs = (f"{one} {other}" for one, other in pairwise(words))
    whole = {*map(_bucket, words), *map(_bucket, pairs)}
    return whole, {piece for word in words for piece in _pieces(word)}


@lru_cache(maxsize=2**16)
def _pieces(word: str) -> tuple[int, ...]:
    marked = f" {word} "
    cut = [marked[at : at + size] for size in PIECES for at in range(max(1, len(marked) - size + 1))]
    return tuple(BUCKETS + _bucket(piece) for piece in cut)


def _bucket(phrase: str) -> int:
    return zlib.crc32(phrase.encode("utf-8", "replace")) % BUCKETS


def _plain(text: str) -> str:
    """What counts of a text, and names of what it has."""
    text = _MARKUP.sub(" ", text[:LONGEST].casefold())
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    text = _PHONE.sub(" phonenumber ", _ADDRESS.sub(" url ", text))
    money = " moneysign" if _MONEY.search(text) else ""
    plain, doubled = _DOUBLED.subn(r"\1", _DIGIT.sub("0", text))
    return plain + money + (" doubledletters" if doubled > _DISGUISE * len(plain) else "")
