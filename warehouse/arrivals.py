"""Comments that a platform sent when they were written, kept until the next night has stored them. In SQLite.

Every comment is on the disk before its sender is answered. A night takes those that wait as a batch, which has a name
before it is written, so that a night that was stopped writes the same one again.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from warehouse.sqlite import SqliteFile, forget_deleted

REMEMBERED_SECONDS = 7 * 86_400  # stored comments stay known so long, to be taken once however often they are sent
WINDOW_SECONDS = 300  # a request's time may be so far from ours; its signature is known longer

Item = dict[str, Any]


class Replayed(Exception):
    """A request that was received before."""


class Arrivals(SqliteFile):
    def __init__(self, file: Path) -> None:
        super().__init__(file, Path(__file__).parent / "sql" / "schema" / "arrivals.sql")

    @classmethod
    def in_folder(cls, data_dir: Path) -> "Arrivals":
        return cls(cls.file_in(data_dir))

    @staticmethod
    def file_in(data_dir: Path) -> Path:
        return data_dir / "arrivals.db"

    def stay_open(self) -> None:
        """Keeps a connection: whenever the last one closes, SQLite copies its log, which waits for the disk again."""
        self._kept = sqlite3.connect(self._file, check_same_thread=False)
        self._kept.execute("SELECT count(*) FROM requests").fetchall()

    def add(self, account: str, comment_id: str, item: Item, signature: str) -> bool:
        """Whether the comment is new; it is on the disk when this returns. Raises Replayed for a known signature."""
        now = time.time()
        with self._open() as database, database:
            database.execute("DELETE FROM requests WHERE received < ?", [now - 3 * WINDOW_SECONDS])
            try:
                database.execute("INSERT INTO requests VALUES (?, ?)", [signature, now])
            except sqlite3.IntegrityError:
                raise Replayed from None
            added = database.execute(
                "INSERT OR IGNORE INTO arrivals (account, comment_id, item, received) VALUES (?, ?, ?, ?)",
                [account, comment_id, json.dumps(item), now],
            )
            return added.rowcount == 1

    def take(self, account: str, store: Callable[[str, list[Item]], None]) -> None:
        """Calls store(batch, items) for what waits, and for a batch that a stopped night may not have stored."""
        batch = secrets.token_hex(6)
        self.query("UPDATE arrivals SET batch = ? WHERE account = ? AND batch IS NULL", batch, account)
        waiting = "SELECT DISTINCT batch FROM arrivals WHERE account = ? AND NOT is_stored ORDER BY batch"
        for (name,) in self.query(waiting, account):
            rows = self.query("SELECT item FROM arrivals WHERE batch = ? ORDER BY received, comment_id", name)
            store(name, [json.loads(item) for (item,) in rows])
            self.query("UPDATE arrivals SET is_stored = 1 WHERE batch = ?", name)
        self.query("DELETE FROM arrivals WHERE is_stored AND received < ?", time.time() - REMEMBERED_SECONDS)

    def items(self) -> Iterator[tuple[str, str, Item, float]]:
        """Everything that is kept: account, comment, item, and when it was received."""
        for account, id, item, received in self.query("SELECT account, comment_id, item, received FROM arrivals"):
            yield account, id, json.loads(item), received

    def erase(self, comments: list[tuple[str, str]]) -> int:
        """Deletes comments, by account and id, so that nothing of them can be read in the file."""
        with self._open() as database:
            with database:
                database.executemany("DELETE FROM arrivals WHERE account = ? AND comment_id = ?", comments)
            forget_deleted(database)
        return len(comments)
