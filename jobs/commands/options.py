"""Shared command-line options, and printing of results."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.errors import BadInput
from warehouse.untrusted import printable

if TYPE_CHECKING:
    from jobs.lake.manifests import Manifest
    from warehouse.versions import Table

DASHBOARD_PORT = 8050
DAY = ["%Y-%m-%d"]

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Data folder.", show_default="$TOXWATCH_DATA_DIR or data/")
]
Night = Annotated[
    datetime | None,
    typer.Option("--night", formats=DAY, help="Day (UTC) to process.", show_default="yesterday"),
]
FirstDay = Annotated[datetime | None, typer.Option("--from", formats=DAY, help="First day, e.g. 2026-11-01.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=DAY, help="Last day, e.g. 2026-11-14.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port of the dashboard.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="An older version of the warehouse, by name or day; `toxwatch versions` lists them."),
]
Platform = Annotated[str, typer.Option(help="instagram, tiktok, youtube or facebook.")]
Handle = Annotated[str, typer.Option(help="Handle of the account, e.g. nasa.")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", help="For CSV: our column = yours, e.g. --column text=Message; repeatable."),
]
Engine = Annotated[
    str | None,
    typer.Option(
        help="How to run the model: onnx (any model), or sparknlp (a transformer inside Spark's JVM).",
        show_default="$TOXWATCH_ENGINE or onnx",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def night_of(day: datetime | None) -> date:
    return day.date() if day else datetime.now(UTC).date() - timedelta(days=1)


def nights_between(first: datetime | None, last: datetime | None) -> list[date]:
    start, end = night_of(first or last), night_of(last)
    if start > end:
        raise BadInput(f"--from {start} is after --to {end}.")
    return [start + timedelta(days=day) for day in range((end - start).days + 1)]


def column_pairs(columns: list[str] | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in columns or []]
    if bad := ["".join(pair) for pair in pairs if not all(pair)]:
        raise BadInput(f"--column takes our name = your name, e.g. text=Message (got {', '.join(bad)}).")
    return {column: source for column, _, source in pairs}


def author_name(text: str) -> str:
    """ "instagram/ann" in the form that is hashed."""
    platform, _, handle = text.partition("/")
    if not _is_platform(platform) or not handle:
        raise BadInput(f"Write an author as platform/handle, e.g. instagram/their.handle (got {text!r}).")
    return f"{platform}:{handle}"


def comment_id(text: str) -> str:
    platform, _, id = text.partition(":")
    if not _is_platform(platform) or not id:
        raise BadInput(f"Write a comment as platform:id, e.g. instagram:1809 (got {text!r}).")
    return text


def _is_platform(name: str) -> bool:
    """Imports may come from any platform."""
    from jobs.config.targets import PLATFORM

    return bool(re.fullmatch(PLATFORM, name))


def print_changes(before: Path, after: Path) -> None:
    """What changed between two versions of the warehouse, if the older one is still kept and can be compared."""
    from warehouse import WarehouseError, versions

    try:
        print_tables(versions.diff(before, after) if before.exists() else [])
    except WarehouseError as error:
        print(error)


def print_tables(tables: "Sequence[Table]") -> None:
    for one in tables:
        print(f"\n{one.title}" + ("" if one.rows else ": nothing changed"))
        if one.rows:
            print_rows(one.columns, one.rows)


def print_manifests(manifests: "list[Manifest]", as_json: bool) -> None:
    if as_json:
        return print_json([asdict(manifest) for manifest in manifests])
    rows = []
    for one in manifests:
        notes = [f"{reason} {count:,}" for reason, count in one.set_aside.items() if count]
        if one.reused:
            notes.append(f"reused {one.reused:,} earlier scores ({one.reused / one.rows_out:.0%})")
        rows.append([one.night, one.stage, one.rows_in, one.rows_out, ", ".join(notes), f"{one.seconds:.1f}"])
    return print_rows(["night", "stage", "rows in", "rows out", "set aside", "seconds"], rows)


def print_rows(head: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """A table on a terminal, tab-separated lines elsewhere."""
    if sys.stdout.isatty():
        from jobs.console import print_table

        print_table(head, rows, title)
        return
    for row in (head, *rows):
        print(*(printable(str(value)) for value in row), sep="\t")


def print_json(value: Any) -> None:
    print(json.dumps(value, default=str))
