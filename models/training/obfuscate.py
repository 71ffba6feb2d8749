"""The ways in which people write past a filter, for training on them and for measuring what they cost."""

import random
import re
from collections.abc import Callable

_WORD = re.compile(r"[a-zA-Z]{4,}")
_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_HOMOGLYPHS = str.maketrans("aceopxyijsACEHKMOPTX", "асеорхуіјѕАСЕНКМОРТХ")
_SIGNS = str.maketrans("aisAIS", "@!$@!$")
_EMOJI_LETTERS = {"a": "🅰", "b": "🅱", "o": "⭕", "x": "❌", "i": "ℹ"}
DISGUISED_SHARE = 0.5  # of the words long enough to be worth hiding


def leet(word: str, rng: random.Random) -> str:
    return word.translate(rng.choice((_LEET, _SIGNS)))


def spaced(word: str, rng: random.Random) -> str:
    return rng.choice(" .-").join(word)


def repeated(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word))
    return word[:at] + word[at] * rng.randint(3, 5) + word[at + 1 :]


def homoglyphs(word: str, rng: random.Random) -> str:  # noqa: ARG001
    return word.translate(_HOMOGLYPHS)


def zero_width(word: str, rng: random.Random) -> str:
    return rng.choice("\u200b\u200d\u2060\u00ad").join(word)


def emoji_letters(word: str, rng: random.Random) -> str:
    replaceable = [i for i, letter in enumerate(word.lower()) if letter in _EMOJI_LETTERS]
    if not replaceable:
        return word
    at = rng.choice(replaceable)
    return word[:at] + _EMOJI_LETTERS[word[at].lower()] + word[at + 1 :]


def masked(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + "*" + word[at + 1 :]


def misspelt(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    return rng.choice((word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :]))


DISGUISES: dict[str, Callable[[str, random.Random], str]] = {
    function.__name__: function
    for function in (leet, spaced, repeated, homoglyphs, zero_width, emoji_letters, masked, misspelt)
}


# How often each is used in training: most where a disguise hides most, never where the text rule undoes it.
WEIGHTS = {"leet": 1, "spaced": 1, "repeated": 2, "emoji_letters": 1, "masked": 4, "misspelt": 4}


def disguise(text: str, how: str, rng: random.Random) -> str:
    """About half of the longer words of `text` in disguise, at least one."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    chosen = [word for word in words if rng.random() < DISGUISED_SHARE] or [rng.choice(words)]
    parts, end = [], 0
    for word in chosen:
        parts += [text[end : word.start()], DISGUISES[how](word[0], rng)]
        end = word.end()
    return "".join(parts) + text[end:]
