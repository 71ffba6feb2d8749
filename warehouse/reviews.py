"""Moderators' decisions, and who deals with what: saved to SQLite (reviews.db) at once. Decisions are copied to the
warehouse every night.
"""

import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from math import floor
from pathlib import Path
from statistics import median
from typing import Any, Self

from warehouse.policies import Review
from warehouse.sqlite import SqliteFile

SCHEMA = Path(__file__).parent / "sql" / "schema" / "reviews.sql"
FILE = "reviews.db"
CLAIM_SECONDS = 300  # while a comment is open for one reviewer, others don't get it
HASTY_SECONDS, HASTY_FROM = 3.0, 20  # for a decision, the median of so many: too fast to have read the comments
BREAK_SECONDS = 600  # after which somebody did something else meanwhile
DOUBLE_REVIEWED = 5  # one comment in five goes to two people


@dataclass(frozen=True)
class Tally:
    """Review statistics."""

    today: int  # reviewed today by this reviewer
    flagged: int  # reviewed comments that had been flagged
    right: int  # of those, the ones a reviewer found harmful
    pairs: int  # comments reviewed by two people
    kappa: float | None  # Cohen's kappa of those pairs: harmful or harmless


@dataclass(frozen=True)
class Annotation:
    """What somebody wrote on the charts: "derby" on a day of an account, or of all."""

    id: int
    day: date
    account: str  # empty: of all
    text: str
    person: str


@dataclass(frozen=True)
class Reviewer:
    """How somebody reviews."""

    name: str
    decisions: int
    seconds: float | None  # the median decision took, breaks left out
    harmful: float  # share of the decisions
    shared: int  # comments that somebody else reviewed too
    agreed: int  # of those, the ones where all say harmful or all say harmless
    is_left_out: bool

    @property
    def is_hasty(self) -> bool:
        return self.decisions >= HASTY_FROM and self.seconds is not None and self.seconds < HASTY_SECONDS


class InReviews(SqliteFile):
    """Tables of reviews.db, which also holds what people do with their inbox, with single comments and with pages."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, SCHEMA)

    @classmethod
    def in_folder(cls, data_dir: Path) -> Self:
        return cls(data_dir / FILE)


class Reviews(InReviews):
    def __init__(self, file: Path, audited: Callable[[], float] = lambda: Review().audited) -> None:
        """`audited` is the share of everybody's decisions that is for the random audit."""
        super().__init__(file)
        self.audited = audited

    @classmethod
    def in_folder(cls, data_dir: Path, audited: Callable[[], float] = lambda: Review().audited) -> "Reviews":
        return cls(data_dir / FILE, audited)

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows for the warehouse's reviews table, without reviewers who were left out."""
        rows = self.query(
            "SELECT comment_id, reviewer, labels, reviewed_at || '+00', flags, model, policy FROM reviews "
            "WHERE reviewer NOT IN (SELECT reviewer FROM left_out)"
        )
        return [(*row[:2], row[2].split(), row[3], row[4].split(), *row[5:]) for row in rows]

    def drawn(self) -> list[tuple[Any, ...]]:
        """The rows for the warehouse's table drawn."""
        return self.query("SELECT comment_id, night, chance, place FROM drawn")

    def calibrations(self) -> list[tuple[Any, ...]]:
        """The rows for the warehouse's table calibrations."""
        return self.query(
            "SELECT kind, name, version, label, model, shift, slope, error, reviewed, share, people, first_day, "
            "last_day, made_at || '+00' FROM calibrations"
        )

    def keep_calibration(self, kind: str, name: str, rows: Iterable[tuple[Any, ...]]) -> int:
        """Adds a version of a section's calibration, one row for each category, and returns its number."""
        with self._open() as database, database:
            [(last,)] = database.execute(
                "SELECT coalesce(max(version), 0) FROM calibrations WHERE kind = ? AND name = ?", (kind, name)
            )
            database.executemany(
                "INSERT INTO calibrations (kind, name, version, label, model, shift, slope, error, reviewed, share, "
                "people, first_day, last_day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(kind, name, last + 1, *row) for row in rows],
            )
        return int(last) + 1

    def undo_calibration(self, kind: str, name: str) -> int | None:
        """Deletes the last version of a section's calibration and returns its number."""
        [(last,)] = self.query("SELECT max(version) FROM calibrations WHERE kind = ? AND name = ?", kind, name)
        self.query("DELETE FROM calibrations WHERE kind = ? AND name = ? AND version = ?", kind, name, last)
        return None if last is None else int(last)

    def keep_drawn(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Keeps what was drawn for the audit: a draw is made once, whatever the warehouse is rebuilt from later."""
        with self._open() as database, database:
            database.executemany(
                "INSERT OR IGNORE INTO drawn VALUES (?, ?, ?, ?)",
                [(id, str(night), *rest) for id, night, *rest in rows],
            )

    def is_turn_of_audit(self, who: str) -> bool:
        """Whether the next comment they get is one of the audit."""
        [(decided,)] = self.query("SELECT count(DISTINCT reviewed_at) FROM reviews WHERE reviewer = ?", who)
        before, after = (floor(number * self.audited() + 1e-9) for number in (decided, decided + 1))
        return bool(after > before)

    def reviewers(self) -> list[Reviewer]:
        """Who reviews, and how: the fastest first."""
        verdicts: defaultdict[str, dict[str, bool]] = defaultdict(dict)  # comment → reviewer → is it harmful
        times: defaultdict[str, dict[str, bool]] = defaultdict(dict)  # reviewer → when → was it harmful
        for comment_id, name, labels, at in self.query("SELECT comment_id, reviewer, labels, reviewed_at FROM reviews"):
            verdicts[comment_id][name] = times[name][at] = bool(labels)
        left_out = {name for (name,) in self.query("SELECT reviewer FROM left_out")}
        found = []
        for name, decisions in times.items():
            shared = [by_person for by_person in verdicts.values() if name in by_person and len(by_person) > 1]
            found.append(Reviewer(
                name, len(decisions), _median_seconds(decisions), sum(decisions.values()) / len(decisions), len(shared),
                sum(len(set(by_person.values())) == 1 for by_person in shared), name in left_out,
            ))  # fmt: skip
        return sorted(found, key=lambda one: (one.seconds is None, one.seconds, one.name))

    def leave_out(self, reviewer: str) -> None:
        """Counts none of their reviews any more; they are kept."""
        self.query("INSERT OR IGNORE INTO left_out VALUES (?)", reviewer)

    def take_in(self, reviewer: str) -> None:
        self.query("DELETE FROM left_out WHERE reviewer = ?", reviewer)

    def erase(self, comments: Iterable[str]) -> int:
        """Deletes all reviews of these comments and returns their number."""
        ids = [(id,) for id in comments]
        with self._open() as database, database:
            for table in ("skipped", "claims", "drawn", "notes", "said_attacked", "handled", "handed"):
                database.executemany(f"DELETE FROM {table} WHERE comment_id = ?", ids)
            for table in ("put_aside", "assigned"):
                database.executemany(f"DELETE FROM {table} WHERE item = ?", ids)
            return database.executemany("DELETE FROM reviews WHERE comment_id = ?", ids).rowcount

    def record(
        self,
        comment_id: str,
        who: str,
        labels: Sequence[str],
        flags: Sequence[str],
        model: str,
        policy: str,
        also: Sequence[str] = (),
    ) -> None:
        """Saves a decision on a comment, and `also` on others with its text, with the flags at that time.

        A second decision by the same person replaces the first.
        """
        at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        decision = (who, " ".join(labels), " ".join(flags), model, policy, at)
        with self._open() as database, database:
            database.executemany(
                "INSERT OR REPLACE INTO reviews (comment_id, reviewer, labels, flags, model, policy, reviewed_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(one, *decision) for one in (*also, comment_id)],
            )

    def skip(self, comment_id: str, who: str) -> None:
        self.query("INSERT OR IGNORE INTO skipped VALUES (?, ?)", comment_id, who)

    def undo(self, who: str) -> str | None:
        """Deletes their last decision and returns a comment that it was on."""
        last = self.query(
            "SELECT comment_id, reviewed_at FROM reviews WHERE reviewer = ? "
            "ORDER BY reviewed_at DESC, comment_id LIMIT 1",
            who,
        )
        for comment_id, at in last:
            self.query("DELETE FROM reviews WHERE reviewed_at = ? AND reviewer = ?", at, who)
            return str(comment_id)
        return None

    def hidden_from(self, who: str) -> list[str]:
        """Comments not to show them: already reviewed, skipped, or open for another reviewer."""
        reviewers = defaultdict(set)
        for comment_id, reviewer in self.query(
            "SELECT comment_id, reviewer FROM reviews "
            "WHERE reviewer = ? OR reviewer NOT IN (SELECT reviewer FROM left_out)",
            who,
        ):
            reviewers[comment_id].add(reviewer)
        done = {id for id, names in reviewers.items() if who in names or len(names) >= 1 + needs_two(id)}
        skipped = self.query("SELECT comment_id FROM skipped WHERE reviewer = ?", who)
        claimed = self.query(
            "SELECT comment_id FROM claims WHERE reviewer <> ? AND at > ?", who, time.time() - CLAIM_SECONDS
        )
        return sorted(done | {id for (id,) in skipped} | {id for (id,) in claimed})

    def claim(self, comment_id: str, who: str) -> None:
        self.query("DELETE FROM claims WHERE at < ?", time.time() - CLAIM_SECONDS)
        self.query("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", comment_id, who, time.time())

    def put_aside(self, items: Iterable[str], who: str, until: date | None = None) -> None:
        """Takes items (IDs of comments, or names of other things) out of somebody's inbox, for good or until a day."""
        rows = [(item, who, until and str(until)) for item in items]
        with self._open() as database, database:
            database.executemany("INSERT OR REPLACE INTO put_aside VALUES (?, ?, ?)", rows)

    def bring_back(self, items: Iterable[str], who: str) -> None:
        with self._open() as database, database:
            database.executemany("DELETE FROM put_aside WHERE item = ? AND person = ?", [(item, who) for item in items])

    def assign(self, items: Sequence[str], to: str) -> None:
        """Hands items to somebody, for whom they are unread again."""
        with self._open() as database, database:
            database.executemany("INSERT OR REPLACE INTO assigned VALUES (?, ?)", [(item, to) for item in items])
        self.bring_back(items, to)

    def assigned(self) -> dict[str, str]:
        """Item → who it was handed to."""
        return dict(self.query("SELECT item, person FROM assigned"))

    def done(self, who: str) -> list[str]:
        """Items that need nothing of them: put aside by them or by whoever they were handed to, or reviewed."""
        rows = self.query(
            "SELECT item FROM put_aside LEFT JOIN assigned USING (item) WHERE (until IS NULL OR until > date()) "
            "AND put_aside.person IN (?, assigned.person) UNION SELECT comment_id FROM reviews ORDER BY item",
            who,
        )
        return [item for (item,) in rows]

    def annotate(self, day: date, account: str, text: str, who: str) -> None:
        self.query(
            "INSERT INTO annotations (day, account, text, person) VALUES (?, ?, ?, ?)", str(day), account, text, who
        )

    def annotations(self, first: date, last: date) -> list[Annotation]:
        rows = self.query(
            "SELECT id, day, account, text, person FROM annotations WHERE day BETWEEN ? AND ? ORDER BY day, id",
            *(str(first), str(last)),
        )
        return [Annotation(id, date.fromisoformat(day), *rest) for id, day, *rest in rows]

    def remove_annotation(self, id: int) -> None:
        self.query("DELETE FROM annotations WHERE id = ?", id)

    def tally(self, who: str) -> Tally:
        rows = self.query(
            "SELECT comment_id, labels <> '', flags <> '', reviewer = ? AND date(reviewed_at) = date() FROM reviews "
            "WHERE reviewer NOT IN (SELECT reviewer FROM left_out)",
            who,
        )
        decisions = defaultdict(list)
        for comment_id, is_bad, *_ in rows:
            decisions[comment_id].append(bool(is_bad))
        pairs = [(verdicts[0], verdicts[1]) for verdicts in decisions.values() if len(verdicts) >= 2]
        flagged = [is_bad for _, is_bad, is_flagged, _ in rows if is_flagged]
        return Tally(sum(row[3] for row in rows), len(flagged), sum(flagged), len(pairs), kappa(pairs))


def _median_seconds(times: Iterable[str]) -> float | None:
    """Between decisions, without breaks."""
    moments = sorted(datetime.fromisoformat(at) for at in times)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    return median(near) if (near := [gap for gap in gaps if gap <= BREAK_SECONDS]) else None


def needs_two(comment_id: str) -> bool:
    return zlib.crc32(comment_id.encode()) % DOUBLE_REVIEWED == 0


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's kappa: (agreement − agreement by chance) / (1 − agreement by chance)."""
    if not pairs:
        return None
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    one, other = (sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1))
    by_chance = one * other + (1 - one) * (1 - other)
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)
