"""Why a night stands still: what failed stays on record until it succeeds, so that an alert can name the cause."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from textwrap import shorten

from jobs.errors import Busy, ToxwatchError
from jobs.lake.files import read_json
from jobs.lake.nights import Lake
from warehouse import WarehouseError
from warehouse.files import write_atomically

FOLDER = "failures"
LONGEST_CAUSE = 240  # characters


@contextmanager
def recorded(lake: Lake, night: date, work: str) -> Iterator[None]:
    """Puts an error of the block on record; takes the record away when the block ends well."""
    path = lake.root / FOLDER / f"{night} {work}.json"
    try:
        yield
    except Busy:
        raise
    except Exception as error:
        with suppress(OSError):  # the disk may be full
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, json.dumps({"work": work, "error": _cause(error)}))
        raise
    path.unlink(missing_ok=True)


def failures(lake: Lake, night: date) -> dict[str, str]:
    """What failed in a night and has not succeeded since, and why."""
    records = [
        read_json(path, "Delete it.", ["work", "error"]) for path in (lake.root / FOLDER).glob(f"{night} *.json")
    ]
    return {record["work"]: record["error"] for record in records}


def _cause(error: Exception) -> str:
    """Our own messages; those of others could quote a comment."""
    if not isinstance(error, ToxwatchError | WarehouseError):
        return f"{type(error).__name__}; see the log"
    return shorten(str(error), LONGEST_CAUSE, placeholder=" …")
