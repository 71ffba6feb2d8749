"""The language of a page: messages by gettext, from messages/*.po, and how it writes numbers and dates.

`_("…")` translates a message where it is used; `N_("…")` only marks one that is translated later. Babel takes a moment
to load, so it is imported for languages other than English only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "fr": "Français", "pt": "Português"}
LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)
COOKIE = "language"
MESSAGES = Path(__file__).parent / "messages"
DATES = {  # CLDR's name of a form, or its skeleton → as English writes it
    "MMMMd": "{0.day} {0:%B}",
    "long": "{0.day} {0:%B %Y}",
    "MMMd": "{0:%d %b}",
    "MMMEd": "{0:%a %d %b}",
    "EEEE": "{0:%A}",
    "EEE": "{0:%a}",
    "yMMMEd": "{0:%a %d %b %Y}",
    "yMMM": "{0:%b %Y}",
    "yMMMM": "{0:%B %Y}",
}


def N_(message: str) -> str:
    return message


def Nn_(one: str, many: str) -> tuple[str, str]:
    return one, many


def _(message: str, **values: Any) -> str:
    """With the values in its {placeholders}."""
    text = _catalogue(LANGUAGE.get()).gettext(message)
    return text.format(**values) if values else text


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """The form that the language has for this many; {number} is the count."""
    text = _catalogue(LANGUAGE.get()).ngettext(one, many, count)
    return text.format(**{"number": number(count)} | values)


def parts(message: str, **components: Any) -> list[Any]:
    """A translated sentence, with components where its {placeholders} are."""
    return [
        components.get(part, part) if i % 2 else part
        for i, part in enumerate(message.replace("}", "{").split("{"))
        if part
    ]


def number(value: float, form: str = ",") -> str:
    """By a format of Python's, with the signs of the language: "5,022" and "4.9%", "5.022" and "4,9 %"."""
    return signed(format(value, form))


def signed(number: str) -> str:
    """A number as English writes it, with the signs of the language."""
    return number if LANGUAGE.get() == ENGLISH else number.translate(_signs(LANGUAGE.get()))


def dated(day: date, form: str) -> str:
    """A day or a month in one of the forms of DATES."""
    if LANGUAGE.get() == ENGLISH:
        return DATES[form].format(day)
    return _dated(day.date() if isinstance(day, datetime) else day, form, LANGUAGE.get())


@contextmanager
def speaking(language: str) -> Iterator[None]:
    before = LANGUAGE.set(language if language in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        LANGUAGE.reset(before)


class Asked:
    """Answers in the language that the cookie names, else in the one of ours that the browser prefers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            chosen = HTTPConnection(scope).cookies.get(COOKIE)
            LANGUAGE.set(chosen if chosen in LANGUAGES else preferred(Headers(scope=scope).get("accept-language", "")))
        await self._app(scope, receive, send)


def preferred(header: str) -> str:
    """Of an Accept-Language header, as "pt-BR,pt;q=0.9,en;q=0.5"."""
    asked = [one.strip().partition(";q=") for one in header.split(",")]
    weighed = sorted(asked, key=lambda one: -_weight(one[2]))
    known = (name.partition("-")[0].lower() for name, _sign, weight in weighed if _weight(weight) > 0)
    return next((name for name in known if name in LANGUAGES), ENGLISH)


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (MESSAGES / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def _signs(language: str) -> dict[int, str]:
    from babel import Locale

    locale = Locale(language)
    signs = locale.number_symbols["latn"]
    percent = locale.percent_formats[None].pattern.lstrip("#,0")
    return str.maketrans({",": signs["group"], ".": signs["decimal"], "%": percent})


@cache
def _dated(day: date, form: str, language: str) -> str:
    from babel.dates import format_date, format_skeleton

    if form == "long":
        return str(format_date(day, form, locale=language))
    return str(format_skeleton(form, day, locale=language))
