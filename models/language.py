"""Which language a text is in: py3langid on what is left without links, names and signs."""

import re
from collections.abc import Callable
from copy import copy
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from models.labels import UNDETERMINED

NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|[^\w@#]+|[\d_@#]+")
LEAST_LETTERS = 3
SURE = 0.6  # probability from which a text is in a language that nobody expected
LIKELY = 0.5  # probability among the expected ones below which nobody knows: "so nice" looks German


DIALECTS = {"arz": "ar", "ary": "ar", "yue": "zh", "wuu": "zh"}  # that models and people read with the language


@lru_cache
def _of_all_languages() -> LanguageIdentifier:
    """Loading it takes most of a second, and every worker process needs it."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache
def identified() -> frozenset[str]:
    """The languages that a text can be found to be in."""
    return frozenset(_of_all_languages().nb_classes)


@lru_cache
def language_of(expected: tuple[str, ...]) -> Callable[[str], str]:
    """A function from a text to its language, made once a process.

    A short text could be in many languages, so it is taken to be in an expected one unless it surely is not; where
    several are about as likely, nobody knows.
    """
    all_languages = _of_all_languages()
    likely_ones = copy(all_languages)
    likely_ones.set_languages(sorted(identified().intersection(expected)))

    def language(text: str) -> str:
        words = NOT_WORDS.sub(" ", text).strip()
        if len(words) < LEAST_LETTERS:
            return UNDETERMINED
        found, probability = all_languages.classify(words)
        found = DIALECTS.get(found, found)
        if probability < (LIKELY if found in expected else SURE):
            found, probability = likely_ones.classify(words)
            return str(found) if probability >= LIKELY else UNDETERMINED
        return str(found)

    return language
