"""Progress bars and tables on a terminal, plain lines elsewhere.

With TOXWATCH_LOG=json every line is a JSON object that names its night and stage. What draws is imported when something
is drawn, so that `--help` answers at once.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Any, Protocol

from rich.console import Console

from jobs.config.settings import LOGS_JSON
from warehouse.untrusted import printable

ABOUT: ContextVar[dict[str, str]] = ContextVar("about")  # the current night and stage


class Lines(Console):
    """Prints JSON lines instead, for log collectors."""

    def print(self, *objects: Any, **_: Any) -> None:
        from rich.text import Text

        log(Text.from_markup(" ".join(map(str, objects))).plain)


def log(message: str, **facts: Any) -> None:
    """Writes a line to JSON logs only."""
    if LOGS_JSON:
        about = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **ABOUT.get({})}
        sys.stderr.write(json.dumps({**about, "message": message, **facts}, ensure_ascii=False, default=str) + "\n")


console = (Lines if LOGS_JSON else Console)(stderr=True, highlight=False, soft_wrap=True)


LINE_EVERY = 60  # seconds, without a progress bar


class Advance(Protocol):
    def __call__(self, steps: int = 1, total: int | None = None) -> None: ...


class _Lines:
    """Progress as an occasional line of text."""

    def __init__(self, title: str, total: int | None) -> None:
        self.title, self.total = title, total
        self.done, self.printed_at = 0, time.monotonic()

    def __call__(self, steps: int = 1, total: int | None = None) -> None:
        self.done, self.total = self.done + steps, total or self.total
        if time.monotonic() - self.printed_at >= LINE_EVERY:
            console.print(f"{self.title}: {self.done:,}" + (f" of {self.total:,}" if self.total else ""))
            self.printed_at = time.monotonic()


@contextmanager
def progress(work: str, total: int | None = None, night: date | None = None) -> Iterator[Advance]:
    """A bar on a terminal; elsewhere a line at the start and every minute, and in logs one at the end."""
    title = f"{work} {night}" if night else work
    if LOGS_JSON or not console.is_terminal:
        before = ABOUT.get({})
        ABOUT.set({**before, "work": work} | ({"night": str(night)} if night else {}))
        console.print(title)
        started = time.monotonic()
        yield _Lines(title, total)
        log(f"{title}: done", seconds=round(time.monotonic() - started, 3))
        ABOUT.set(before)  # not after an error, so that its message names the night and stage
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=total)
        yield lambda steps=1, total=None: bar.update(task, advance=steps, total=total)


def print_table(names: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Prints rows as a table, with numbers right-aligned."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, box=SIMPLE_HEAD)
    for i, name in enumerate(names):
        is_number = any(isinstance(row[i], int | float) for row in rows)
        is_text = any(isinstance(row[i], str | list) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=not is_text)
    for row in rows:
        table.add_row(*map(_shown, row))
    Console().print(table)


def _shown(value: Any) -> str:
    """Comment text is untrusted: it must stay on one line, and neither rich nor the terminal may act on it."""
    from rich.markup import escape

    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else escape(printable(" ".join(str(value).split())))
