"""What people do about single comments: whom they say it attacks, notes, and what they did on the platform.

Saved to SQLite (reviews.db) at once, beside their decisions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Literal, get_args

from warehouse.reviews import SCHEMA, InReviews

Handling = Literal["hidden", "deleted", "replied"]
HANDLINGS: tuple[Handling, ...] = get_args(Handling)  # what can be done with a comment on the platform


@dataclass(frozen=True)
class Entry:
    """One line of a comment's case: a note, or what somebody did."""

    at: datetime
    person: str
    text: str


@dataclass(frozen=True)
class Decision:
    """What one person said of a comment, and what was done about it."""

    comment_id: str
    reviewer: str | None
    labels: str | None  # None without a review; empty for a harmless comment
    reviewed_at: str | None
    attacked: str | None
    handled: str
    handled_at: str | None
    notes: str


class Cases(InReviews):
    def note(self, comment_id: str, text: str, who: str) -> None:
        self.query("INSERT INTO notes (comment_id, text, person) VALUES (?, ?, ?)", comment_id, text, who)

    def say_attacked(self, comment_id: str, attacked: str, who: str) -> None:
        """A second word of the same person replaces the first."""
        self.query("INSERT OR REPLACE INTO said_attacked VALUES (?, ?, ?)", comment_id, who, attacked)

    def attacked(self, comment_id: str) -> dict[str, str]:
        """Whom it attacks, by who says so."""
        return dict(self.query("SELECT person, attacked FROM said_attacked WHERE comment_id = ?", comment_id))

    def handle(self, comment_id: str, how: Handling, account: str, posted_at: datetime, who: str) -> None:
        """Says that it was done on the platform; the first word counts, so that the time to answer stays."""
        self.query(
            "INSERT OR IGNORE INTO handled (comment_id, how, person, account, posted_at) VALUES (?, ?, ?, ?, ?)",
            *(comment_id, how, who, account, _utc(posted_at)),
        )

    def take_back(self, comment_id: str, how: Handling) -> None:
        self.query("DELETE FROM handled WHERE comment_id = ? AND how = ?", comment_id, how)

    def handled(self, comment_id: str) -> dict[str, Entry]:
        rows = self.query("SELECT how, at, person FROM handled WHERE comment_id = ? ORDER BY at", comment_id)
        return {how: Entry(_instant(at), person, how) for how, at, person in rows}

    def notes(self, comment_id: str) -> list[Entry]:
        rows = self.query("SELECT at, person, text FROM notes WHERE comment_id = ? ORDER BY id", comment_id)
        return [Entry(_instant(at), person, text) for at, person, text in rows]

    def hand(self, comment_id: str, to: str, who: str) -> None:
        """For whom it is unread again."""
        with self._open() as database, database:
            database.execute(
                "INSERT OR REPLACE INTO handed (comment_id, person, giver) VALUES (?, ?, ?)", (comment_id, to, who)
            )
            database.execute("DELETE FROM put_aside WHERE item = ? AND person = ?", (comment_id, to))

    def handed_to(self, who: str) -> dict[str, str]:
        """Comments that they have not put aside since, and who gave them."""
        return dict(self.query(
            "SELECT comment_id, giver FROM handed WHERE person = ? AND comment_id NOT IN "
            "(SELECT item FROM put_aside WHERE person = handed.person AND (until IS NULL OR until > date()))",
            who,
        ))  # fmt: skip

    def hours_to_answer(self, accounts: Iterable[str], first: date, last: date) -> tuple[float | None, int]:
        """The median time from comments of these days to what was done about them first, and how many these are."""
        own = set(accounts)
        rows = self.query(
            "SELECT account, (julianday(min(at)) - julianday(posted_at)) * 24 FROM handled "
            "WHERE posted_at >= ? AND posted_at < ? GROUP BY comment_id",
            *(str(first), str(last + timedelta(1))),
        )
        hours = [hours for account, hours in rows if account in own]
        return (median(hours) if hours else None, len(hours))

    def harmful(self) -> list[str]:
        """Comments that somebody called harmful, or that were hidden or deleted: each is a strike of its author."""
        rows = self.query(
            "SELECT comment_id FROM reviews WHERE labels <> '' AND reviewer NOT IN (SELECT reviewer FROM left_out) "
            "UNION SELECT comment_id FROM handled WHERE how IN ('hidden', 'deleted')"
        )
        return [comment_id for (comment_id,) in rows]

    def decisions(self) -> list[Decision]:
        """Of every comment that somebody reviewed or did something about, one for each reviewer."""
        rows = self.query((SCHEMA.parent / "decisions.sql").read_text(encoding="utf-8"))
        return [Decision(*row) for row in rows]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _instant(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC)
