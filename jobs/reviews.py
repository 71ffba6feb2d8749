"""What moderators said in the dashboard, read from where it keeps it: data/reviews.db."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

FILE = "reviews.db"
READ = "SELECT comment_id, reviewer, labels, reviewed_at || '+00', flags, model, policy FROM reviews"


def read(data_dir: Path) -> list[tuple]:
    """The rows of the warehouse's reviews."""
    if not (data_dir / FILE).exists():
        return []
    with closing(sqlite3.connect(data_dir / FILE, timeout=10)) as database:
        rows = database.execute(READ).fetchall()
    return [(*row[:2], row[2].split(), row[3], row[4].split(), *row[5:]) for row in rows]


def erase(data_dir: Path, comments: Iterable[str]) -> int:
    """Returns how many reviews there were of these comments."""
    if not (data_dir / FILE).exists():
        return 0
    ids = [(id,) for id in comments]
    with closing(sqlite3.connect(data_dir / FILE, timeout=10)) as database, database:
        for table in ("skipped", "claims"):
            database.executemany(f"DELETE FROM {table} WHERE comment_id = ?", ids)
        return database.executemany("DELETE FROM reviews WHERE comment_id = ?", ids).rowcount
