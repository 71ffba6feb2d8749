"""Saved views: a page's address with its filters, under a name, for oneself or for all who see the same accounts."""

from dataclasses import dataclass

from dashboard.people import Visitor
from warehouse.reviews import InReviews

LONGEST_NAME = 60  # characters


@dataclass(frozen=True)
class Bookmark:
    id: int
    name: str
    path: str
    search: str
    owner: str
    is_shared: bool

    @property
    def address(self) -> str:
        return self.path + self.search


class Bookmarks(InReviews):
    def save(self, name: str, path: str, search: str, visitor: Visitor, is_shared: bool) -> None:
        """A view that they saved by the same name before is replaced."""
        self.query(
            "INSERT OR REPLACE INTO bookmarks (name, path, search, owner, tags, is_shared) VALUES (?, ?, ?, ?, ?, ?)",
            *(name[:LONGEST_NAME], path, search, visitor.name, _joined(visitor), is_shared),
        )

    def seen_by(self, visitor: Visitor) -> list[Bookmark]:
        """Their own, and those shared by somebody who sees the same accounts."""
        rows = self.query(
            "SELECT id, name, path, search, owner, is_shared FROM bookmarks "
            "WHERE owner = ? OR is_shared AND tags = ? ORDER BY lower(name), id",
            *(visitor.name, _joined(visitor)),
        )
        return [
            Bookmark(id, name, path, search, owner, bool(is_shared))
            for id, name, path, search, owner, is_shared in rows
        ]

    def remove(self, id: int) -> None:
        self.query("DELETE FROM bookmarks WHERE id = ?", id)


def _joined(visitor: Visitor) -> str:
    return "\n".join(visitor.part.tags)
