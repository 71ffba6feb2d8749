"""Which language a text is in, of those that are expected: py3langid on what is left without links, names and signs."""

import re
from collections.abc import Callable
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|[^\w@#]+|[\d_@#]+")
UNDETERMINED = "und"  # ISO 639: there is nothing to tell a language by
LEAST_LETTERS = 3
LANGUAGES = ("en", "de", "es", "fr", "it", "pt")  # that the composed training sentences know


@lru_cache
def language_of(languages: tuple[str, ...]) -> Callable[[str], str]:
    """A function from a text to its language, one of those given; made once a process."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(languages)

    def language(text: str) -> str:
        words = NOT_WORDS.sub(" ", text).strip()
        return identifier.classify(words)[0] if len(words) >= LEAST_LETTERS else UNDETERMINED

    return language
