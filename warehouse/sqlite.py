"""A SQLite file in the data folder, safe to use from several processes at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class SqliteFile:
    def __init__(self, file: Path, schema: Path) -> None:
        self._file = file
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(schema.read_text())

    def query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Runs one statement in its own transaction."""
        with self._open() as database, database:
            return database.execute(query, values).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._file, timeout=10)
        try:
            yield database
        finally:
            database.close()
