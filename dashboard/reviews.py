"""What moderators say of comments: in SQLite the moment they say it, in the warehouse with the next night."""

import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.store import Store

CLAIM_SECONDS = 300  # that a comment is kept from others while somebody looks at it
EVERY_FIFTH = 5  # comment goes to two people


@dataclass(frozen=True)
class Tally:
    """What the reviews say so far."""

    today: int  # by the one who asks
    flagged: int  # reviewed comments that the policy had flagged
    right: int  # of those, the ones in which a reviewer saw anything
    pairs: int  # comments that two people reviewed
    kappa: float | None  # how far they agree beyond chance on whether there is anything


class Reviews(Store):
    def __init__(self, file: Path) -> None:
        super().__init__(file, "reviews.sql")

    def say(
        self, comment_id: str, who: str, labels: Sequence[str], flags: Sequence[str], model: str, policy: str
    ) -> None:
        """Their word on a comment, with what the rulers of the day had flagged; a second word replaces the first."""
        self._ask(
            "INSERT OR REPLACE INTO reviews (comment_id, reviewer, labels, flags, model, policy) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            *(comment_id, who, " ".join(labels), " ".join(flags), model, policy),
        )

    def skip(self, comment_id: str, who: str) -> None:
        self._ask("INSERT OR IGNORE INTO skipped VALUES (?, ?)", comment_id, who)

    def undo(self, who: str) -> str | None:
        """Takes back their last word; returns whose comment it was about."""
        last = self._ask("SELECT comment_id FROM reviews WHERE reviewer = ? ORDER BY reviewed_at DESC LIMIT 1", who)
        for (comment_id,) in last:
            self._ask("DELETE FROM reviews WHERE comment_id = ? AND reviewer = ?", comment_id, who)
            return str(comment_id)
        return None

    def not_for(self, who: str) -> list[str]:
        """Comments that they need not see: done, skipped, or before somebody else's eyes."""
        reviewers = defaultdict(set)
        for comment_id, reviewer in self._ask("SELECT comment_id, reviewer FROM reviews"):
            reviewers[comment_id].add(reviewer)
        done = {id for id, those in reviewers.items() if who in those or len(those) >= 1 + needs_two(id)}
        skipped = self._ask("SELECT comment_id FROM skipped WHERE reviewer = ?", who)
        claimed = self._ask(
            "SELECT comment_id FROM claims WHERE reviewer <> ? AND at > ?", who, time.time() - CLAIM_SECONDS
        )
        return sorted(done | {id for (id,) in skipped} | {id for (id,) in claimed})

    def claim(self, comment_id: str, who: str) -> None:
        self._ask("DELETE FROM claims WHERE at < ?", time.time() - CLAIM_SECONDS)
        self._ask("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", comment_id, who, time.time())

    def tally(self, who: str) -> Tally:
        rows = self._ask(
            "SELECT comment_id, labels <> '', flags <> '', reviewer = ? AND date(reviewed_at) = date() FROM reviews",
            who,
        )
        said = defaultdict(list)
        for comment_id, is_bad, *_ in rows:
            said[comment_id].append(bool(is_bad))
        pairs = [(those[0], those[1]) for those in said.values() if len(those) >= 2]
        flagged = [is_bad for _, is_bad, is_flagged, _ in rows if is_flagged]
        return Tally(sum(row[3] for row in rows), len(flagged), sum(flagged), len(pairs), kappa(pairs))


def needs_two(comment_id: str) -> bool:
    return zlib.crc32(comment_id.encode()) % EVERY_FIFTH == 0


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's: 1 where two always agree, 0 where they agree as often as by chance."""
    if not pairs:
        return None
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    one, other = (sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1))
    by_chance = one * other + (1 - one) * (1 - other)
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)
