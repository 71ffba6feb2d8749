"""The versions of the warehouse that are kept: found by name or day, and compared."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import WarehouseError, build, tables

QUERIES = {  # title → file of sql/diff
    "Why": "reasons",
    "Comments": "comments",
    "Scores and flags": "scores",
    "Shares by account": "shares",
}


@dataclass(frozen=True)
class Version:
    file: Path
    is_current: bool

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def made_at(self) -> datetime:
        return datetime.fromtimestamp(self.file.stat().st_mtime, UTC)


@dataclass(frozen=True)
class Table:
    title: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def kept(folder: Path) -> list[Version]:
    """Oldest first."""
    current = build.current(folder)
    return [Version(file, file == current) for file in build.versions(folder)]


def find(folder: Path, named: str) -> Version:
    """By its name, or by a day: the version that people saw at the end of it (UTC)."""
    found = kept(folder)
    try:
        day = date.fromisoformat(named)
    except ValueError:
        matching = [one for one in found if one.name == named]
    else:
        matching = [one for one in found if one.made_at.date() <= day]
    if not matching:
        names = ", ".join(f"{one.name} ({one.made_at:%Y-%m-%d})" for one in found)
        raise WarehouseError(f"No version {named} of the warehouse is kept. There are {names}.")
    return matching[-1]


@contextmanager
def as_of(folder: Path, named: str | None) -> Iterator[Path]:
    """A folder whose current version is that one; the warehouse itself if none is named."""
    if named is None:
        yield folder
        return
    file = find(folder, named).file
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "warehouse").mkdir()
        (Path(place) / "warehouse" / build.CURRENT).symlink_to(file)
        yield Path(place) / "warehouse"


def diff(old: Path, new: Path) -> list[Table]:
    """What changed between two versions, and why."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for name, file in (("old", old), ("new", new)):
            con.execute(f"ATTACH {tables.quoted(str(file))} AS {name} (READ_ONLY)")
        try:
            return [
                _table(con, title, (tables.SQL / "diff" / f"{query}.sql").read_text())
                for title, query in QUERIES.items()
            ]
        except duckdb.CatalogException:
            raise WarehouseError(
                f"{old.name} and {new.name} can't be compared: an older Toxwatch wrote one of them."
            ) from None


def _table(con: duckdb.DuckDBPyConnection, title: str, query: str) -> Table:
    result = con.execute(query)
    return Table(title, [column[0] for column in result.description or ()], result.fetchall())
