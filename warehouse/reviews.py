"""Moderators' decisions: in SQLite (reviews.db) the moment they are made, in the warehouse with the next night."""

import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.sqlite import SqliteFile

SCHEMA = Path(__file__).parent / "sql" / "schema" / "reviews.sql"
CLAIM_SECONDS = 300  # a comment stays with whoever opened it
DOUBLE_REVIEWED = 5  # one comment in so many goes to two people


@dataclass(frozen=True)
class Tally:
    """What the reviews say so far."""

    today: int  # by the one who asks
    flagged: int  # reviewed comments that the policy had flagged
    right: int  # of those, the ones in which a reviewer saw anything
    pairs: int  # comments that two people reviewed
    kappa: float | None  # how far they agree beyond chance on whether there is anything


class Reviews(SqliteFile):
    def __init__(self, file: Path) -> None:
        super().__init__(file, SCHEMA)

    @classmethod
    def in_folder(cls, data_dir: Path) -> "Reviews":
        return cls(data_dir / "reviews.db")

    def rows(self) -> list[tuple]:
        """The rows of the warehouse's reviews."""
        found = self.query(
            "SELECT comment_id, reviewer, labels, reviewed_at || '+00', flags, model, policy FROM reviews"
        )
        return [(*row[:2], row[2].split(), row[3], row[4].split(), *row[5:]) for row in found]

    def erase(self, comments: Iterable[str]) -> int:
        """Returns how many reviews there were of these comments."""
        ids = [(id,) for id in comments]
        with self._open() as database, database:
            for table in ("skipped", "claims"):
                database.executemany(f"DELETE FROM {table} WHERE comment_id = ?", ids)
            return database.executemany("DELETE FROM reviews WHERE comment_id = ?", ids).rowcount

    def record(
        self, comment_id: str, who: str, labels: Sequence[str], flags: Sequence[str], model: str, policy: str
    ) -> None:
        """Their decision on a comment, beside what the policy had flagged that day; a second one replaces the first."""
        self.query(
            "INSERT OR REPLACE INTO reviews (comment_id, reviewer, labels, flags, model, policy) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            *(comment_id, who, " ".join(labels), " ".join(flags), model, policy),
        )

    def skip(self, comment_id: str, who: str) -> None:
        self.query("INSERT OR IGNORE INTO skipped VALUES (?, ?)", comment_id, who)

    def undo(self, who: str) -> str | None:
        """Takes back their last decision; returns the comment it was about."""
        last = self.query("SELECT comment_id FROM reviews WHERE reviewer = ? ORDER BY reviewed_at DESC LIMIT 1", who)
        for (comment_id,) in last:
            self.query("DELETE FROM reviews WHERE comment_id = ? AND reviewer = ?", comment_id, who)
            return str(comment_id)
        return None

    def hidden_from(self, who: str) -> list[str]:
        """Comments that they need not see: done, skipped, or open in front of somebody else."""
        reviewers = defaultdict(set)
        for comment_id, reviewer in self.query("SELECT comment_id, reviewer FROM reviews"):
            reviewers[comment_id].add(reviewer)
        done = {id for id, those in reviewers.items() if who in those or len(those) >= 1 + needs_two(id)}
        skipped = self.query("SELECT comment_id FROM skipped WHERE reviewer = ?", who)
        claimed = self.query(
            "SELECT comment_id FROM claims WHERE reviewer <> ? AND at > ?", who, time.time() - CLAIM_SECONDS
        )
        return sorted(done | {id for (id,) in skipped} | {id for (id,) in claimed})

    def claim(self, comment_id: str, who: str) -> None:
        self.query("DELETE FROM claims WHERE at < ?", time.time() - CLAIM_SECONDS)
        self.query("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", comment_id, who, time.time())

    def tally(self, who: str) -> Tally:
        rows = self.query(
            "SELECT comment_id, labels <> '', flags <> '', reviewer = ? AND date(reviewed_at) = date() FROM reviews",
            who,
        )
        decisions = defaultdict(list)
        for comment_id, is_bad, *_ in rows:
            decisions[comment_id].append(bool(is_bad))
        pairs = [(those[0], those[1]) for those in decisions.values() if len(those) >= 2]
        flagged = [is_bad for _, is_bad, is_flagged, _ in rows if is_flagged]
        return Tally(sum(row[3] for row in rows), len(flagged), sum(flagged), len(pairs), kappa(pairs))


def needs_two(comment_id: str) -> bool:
    return zlib.crc32(comment_id.encode()) % DOUBLE_REVIEWED == 0


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's: 1 where two always agree, 0 where they agree as often as by chance."""
    if not pairs:
        return None
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    one, other = (sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1))
    by_chance = one * other + (1 - one) * (1 - other)
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)
