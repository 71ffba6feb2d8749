"""A SQLite file in the data folder, for what people write: whole while others read and write it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SQL = Path(__file__).parent / "sql"


class Store:
    def __init__(self, file: Path, schema: str) -> None:
        self._file = file
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript((SQL / schema).read_text())

    def _ask(self, query: str, *values: object) -> list[tuple]:
        with self._open() as database, database:
            return database.execute(query, values).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._file, timeout=10)
        try:
            yield database
        finally:
            database.close()
