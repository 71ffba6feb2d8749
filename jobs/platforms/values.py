"""Values as sources send them, read into ours: what cannot be read is None."""

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

LARGEST = 2**63 - 1  # of an int64 column
SCALE = {"": 1, "K": 1_000, "M": 1_000_000}
AGES = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400, "month": 30 * 86400,
        "year": 365 * 86400}  # fmt: skip


def key(platform: str, value: Any) -> str | None:
    """instagram:18093536360613690; a float has already lost digits of an id."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        return None
    return f"{platform}:{str(value).strip()}"


def text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def count(value: Any) -> int | None:
    """14, "14", "1,204" and "1.2K"; hidden numbers come as -1."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d[\d,]*(?:\.\d+)?)\s*([KM]?)\s*", value)
        value = float(found[1].replace(",", "")) * SCALE[found[2]] if found else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value <= LARGEST else None


def instant(value: Any) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970; without a zone it is UTC."""
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            read = datetime.fromisoformat(value.strip())
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def ago(value: Any, night: date) -> datetime | None:
    """ "2 days ago", counted back from the end of the night; it is only as exact as its unit."""
    found = re.match(r"\s*(\d{1,4})\s+(second|minute|hour|day|week|month|year)s?\s+ago", str(value))
    if not found:
        return None
    return end_of(night) - timedelta(seconds=int(found[1]) * AGES[found[2]] + 1)


def end_of(night: date) -> datetime:
    return datetime.combine(night + timedelta(days=1), time(), UTC)


def link(value: Any) -> str:
    return value if isinstance(value, str) else ""
