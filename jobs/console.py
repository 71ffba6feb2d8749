"""What a person sees while work goes on: bars and tables on a terminal, plain lines elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

console = Console(stderr=True, highlight=False, soft_wrap=True)


class Advance(Protocol):
    def __call__(self, steps: int = 1) -> None: ...


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Advance]:
    """A bar on a terminal, one line when the work begins elsewhere."""
    if not console.is_terminal:
        console.print(title)
        yield lambda _steps=1: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=total)
        yield lambda steps=1: bar.advance(task, steps)


def print_table(names: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Rows as a table on standard output, numbers to the right."""
    table = Table(title=title, box=SIMPLE_HEAD)
    for i, name in enumerate(names):
        is_number = any(isinstance(row[i], int | float) for row in rows)
        is_text = any(isinstance(row[i], str | list) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold", no_wrap=not is_text)
    for row in rows:
        table.add_row(*map(_shown, row))
    Console().print(table)


def _shown(value: Any) -> str:
    """Comment text is hostile: rich must not read markup in it, and it stays on its line."""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else escape(" ".join(str(value).split()))
