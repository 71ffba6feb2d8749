"""A SQLite file in the data folder, safe to use from several processes at once."""

import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from warehouse import WarehouseError

WORD = re.compile(r"[\w:-]+(?:\.[\w:-]+)*")  # ids of comments and hashes of authors among them
ERASED = "(erased)"
_SETTING_UP = Lock()  # where two threads turn to WAL at once, SQLite does not wait for one of them


class SqliteFile:
    def __init__(self, file: Path, schema: Path) -> None:
        self._file = file
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
        with _SETTING_UP, self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(schema.read_text())

    def query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Runs one statement in its own transaction."""
        with self._open() as database, database:
            return database.execute(query, values).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with opened(self._file) as database:
                yield database
        except sqlite3.OperationalError as error:
            raise _unusable(self._file, error) from None


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Raises WarehouseError if the file is damaged or no database."""
    try:
        with closing(sqlite3.connect(file, timeout=10)) as database:
            yield database
    except sqlite3.OperationalError:  # a full disk and the like
        raise
    except sqlite3.DatabaseError as error:
        raise _unusable(file, error) from None


def _unusable(file: Path, error: sqlite3.Error) -> WarehouseError:
    return WarehouseError(f"Can't use {file}: {error}. If it is damaged, restore it from a backup or move it away.")


def texts_with(file: Path, words: Collection[str]) -> list[str]:
    """Texts of a database, in any column of any table, that hold one of the words."""
    with opened(file) as database:
        return [text for _, _, text in _found(database, words)]


def erase_words(file: Path, words: Collection[str]) -> int:
    """Takes words out of all texts of a database, its free pages and its log; returns how many texts had one."""
    with opened(file) as database:
        found = list(_found(database, words))
        if found:
            with database:
                for table, column, text in found:
                    database.execute(
                        f'UPDATE "{table}" SET "{column}" = ? WHERE "{column}" = ?', (_without(text, words), text)
                    )
        forget_deleted(database)
    return len(found)


def check(file: Path) -> str:
    """What SQLite says of a database: "ok", or what is wrong with it."""
    with closing(sqlite3.connect(file, timeout=10)) as database:
        try:
            return "; ".join(text for (text,) in database.execute("PRAGMA integrity_check(3)"))
        except sqlite3.DatabaseError as error:
            return str(error)


def forget_deleted(database: sqlite3.Connection) -> None:
    """Writes the file anew, so that nothing deleted can be read in its free pages or its log."""
    database.execute("VACUUM")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _found(database: sqlite3.Connection, words: Collection[str]) -> Iterator[tuple[str, str, str]]:
    wanted = set(words)
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for _, column, *_ in database.execute(f'PRAGMA table_info("{table}")').fetchall():
            texts = database.execute(f'SELECT DISTINCT "{column}" FROM "{table}" WHERE typeof("{column}") = \'text\'')
            yield from ((table, column, text) for (text,) in texts if not wanted.isdisjoint(WORD.findall(text)))


def _without(text: str, words: Collection[str]) -> str:
    return WORD.sub(lambda word: ERASED if word[0] in words else word[0], text)
