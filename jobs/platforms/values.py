"""Values as sources send them, read into ours: what cannot be read is None."""

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

LARGEST = 2**63 - 1  # of an int64 column
SCALE = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
X_TIME = "%a %b %d %H:%M:%S %z %Y"  # Tue Jun 23 12:00:00 +0000 2026
TWO_WAYS = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp][Mm]))?)?"
)  # dates that some read with the day first, and some with the month
AGES = (  # what a unit begins with in English, German, Spanish, French, Italian, Portuguese and Dutch; its seconds
    (r"sec|sek|seg", 1),
    (r"min", 60),
    (r"hour|stunde|hora|heure|or[ae]\b|uur|uren", 3600),
    (r"day|tag|d[ií]a|jour|giorn|dag", 86400),
    (r"week|woche|seman|semain|settiman", 7 * 86400),
    (r"month|monat|mes|mois|mês|maand", 30 * 86400),
    (r"year|jahr|año|ans?\b|ann[oi]|anos?\b|jaar|jaren", 365 * 86400),
)
MENTION = re.compile(r"(?<![\w@./])@([\w.-]*\w)")
WITH_AT = ("youtube",)  # platforms whose names of authors begin with it
AGE = re.compile(r"\b(?=(\d{1,4}|an?|one|eine[mr]?|une?|un[ao]?|uma?|een)\s+(\w+))", re.IGNORECASE)


def key(platform: str, value: Any) -> str | None:
    """instagram:18093536360613690; a float has already lost digits of an id."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        return None
    return f"{platform}:{str(value).strip()}"


def text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def written(value: Any, has_media: bool) -> str | None:
    """What a comment says; one that is only a picture or a sticker has no text, or null."""
    return "" if has_media and not isinstance(value, str) else text(value)


def count(value: Any) -> int | None:
    """14, "14", "1,204" and "1.2K"; hidden numbers come as -1."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d[\d,]*(?:\.\d+)?)\s*([KMB]?)\s*", value.upper())
        value = float(found[1].replace(",", "")) * SCALE[found[2]] if found else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value <= LARGEST else None


def instant(value: Any) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970; without a zone it is UTC."""
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            read = _read(value.strip())
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _read(value: str) -> datetime:
    return datetime.strptime(value, X_TIME) if value[:1].isalpha() else datetime.fromisoformat(value)


def ago(value: Any, seen_at: datetime) -> datetime | None:
    """ "2 days ago", "an hour ago (edited)", "vor 2 Tagen", counted back; it is only as exact as its unit."""
    for number, word in AGE.findall(value) if isinstance(value, str) else ():
        for start, seconds in AGES:
            if re.match(start, word, re.IGNORECASE):
                return seen_at - timedelta(seconds=(int(number) if number.isdigit() else 1) * seconds + 1)
    return None


def end_of(night: date) -> datetime:
    return datetime.combine(night + timedelta(days=1), time(), UTC)


def day_or_month_first(value: Any, order: str | None) -> datetime | None:
    """03/04/2026 13:05 as the third of April ("day-first") or the fourth of March ("month-first")."""
    found = TWO_WAYS.fullmatch(value.strip()) if isinstance(value, str) and order else None
    if found is None:
        return None
    first, second, year, hour, minute, second_of_minute, half = found.groups()
    day, month = (first, second) if order == "day-first" else (second, first)
    hours = int(hour or 0) % 12 + (12 if half.lower() == "pm" else 0) if half else int(hour or 0)
    try:
        return datetime(
            int(year), int(month), int(day), hours, int(minute or 0), int(second_of_minute or 0), tzinfo=UTC
        )
    except ValueError:
        return None


def flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def address(value: Any) -> str | None:
    return value if isinstance(value, str) and value.startswith("https://") else None


def links(value: Any, depth: int = 4) -> list[str] | None:
    """The addresses anywhere in a list or an object."""
    if isinstance(value, str):
        return [value] if address(value) else None
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    found = [link for one in inner if depth for link in links(one, depth - 1) or ()]
    return list(dict.fromkeys(found)) or None


def identity(value: Any) -> str | None:
    """An id as text; a float has already lost digits."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() else None


def mentioned(written: Any, platform: str) -> list[str]:
    """Whom a text names with an @, as the platform writes authors."""
    names = MENTION.findall(written) if isinstance(written, str) else []
    return [f"@{name}" if platform in WITH_AT else name.lower() for name in names]


def named_first(written: Any, account: str, is_reply: bool) -> str | None:
    """Whom a text addresses with an @: "account" or "other". A reply has it in front, or only mentions somebody."""
    found = MENTION.search(written) if isinstance(written, str) else None
    if found is None or (is_reply and written[: found.start()].strip()):
        return None
    return "account" if is_same_name(found[1], account) else "other"


def is_same_name(author: Any, account: str) -> bool | None:
    return author.removeprefix("@").lower() == account.lower() if isinstance(author, str) else None


def texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def link(value: Any) -> str:
    return value if isinstance(value, str) else ""
