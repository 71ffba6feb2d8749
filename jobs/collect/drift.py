"""Compares an account's items with those of earlier nights, to notice a field that disappears the same night."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from jobs.collect.reading import nights_before, read_memory
from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING, RawLine, mapped_comments, mapped_post
from jobs.platforms import platform
from warehouse.files import write_atomically

LEAST = {"post": 2, "comment": 10}  # items needed to judge a field
FEW = 2  # items of which all must lack it
DROP = 0.3  # in the share of items that have the field
CHANCE = 1e-4  # that a field which some items have is missing from all of them by accident
MEMORY = 0.8  # weight of earlier nights
NEARLY_ALL = {"post": ("posted_at", "comment_count"), "comment": ("comment_id", "text", "author", "posted_at")}
SOME = {"post": ("likes",), "comment": ("likes", "reply_count")}
SHAPE_ENDING = ".shape.json"


@dataclass
class Fields:
    """How many items fill which of our columns, and which of their fields exist with which type."""

    items: float = 0.0
    filled: Counter[str] = field(default_factory=Counter)
    theirs: Counter[str] = field(default_factory=Counter)  # "likesCount int"

    def share(self, column: str) -> float:
        return self.filled[column] / self.items if self.items else 0.0

    def common(self) -> set[str]:
        return {name for name, count in self.theirs.items() if count > self.items / 2}

    def after(self, usual: "Fields") -> "Fields":
        merged = Fields(self.items + MEMORY * usual.items)
        for mine, old, into in (
            (self.filled, usual.filled, merged.filled),
            (self.theirs, usual.theirs, merged.theirs),
        ):
            into.update({name: mine[name] + MEMORY * old[name] for name in mine.keys() | old.keys()})
        return merged


@dataclass
class Shape:
    """The fields of an account's posts and of its comments."""

    kinds: dict[str, Fields] = field(default_factory=lambda: {"post": Fields(), "comment": Fields()})

    def add(self, line: RawLine) -> RawLine:
        if line.kind in self.kinds:
            fields = self.kinds[line.kind]
            rows = [mapped_post(line)] if line.kind == "post" else list(mapped_comments(line))
            fields.items += len(rows)
            unsaid = getattr(platform(line.shape), "UNSAID_IF_ZERO", ())
            fields.filled.update(
                column
                for row in rows
                for column, value in row.items()
                if _is_filled(row, value) and (value or column not in unsaid)
            )
            fields.theirs.update({f"{name} {type(value).__name__}": len(rows) for name, value in line.item.items()})
        return line


def changes(tonight: Shape, usual: Shape, posts_actor: str, comments_actor: str) -> Iterator[tuple[str, str]]:
    """What disappeared, with the actor that sends it."""
    for kind, actor in (("post", posts_actor), ("comment", comments_actor)):
        now, before = tonight.kinds[kind], usual.kinds[kind]
        if min(now.items, before.items) < LEAST[kind]:
            continue
        for column in (*NEARLY_ALL[kind], *SOME[kind]):
            if _has_vanished(kind, column, now, before):
                yield (
                    actor,
                    f"{column} is filled in {now.share(column):.0%} of {now.items:.0f} {kind}s, "
                    f"before in {before.share(column):.0%}.{_hint(now, before)}",
                )


def shape_before(lake: Lake, night: date, account: str) -> Shape:
    """As stored by the last earlier night."""
    for _, folder in nights_before(lake, night):
        if (stored := read_memory(folder / f"{account}{SHAPE_ENDING}")) is not None:
            return Shape(
                {
                    kind: Fields(one["items"], Counter(one["filled"]), Counter(one["theirs"]))
                    for kind, one in stored.items()
                }
            )
    return Shape()


def remember(tonight: Shape, usual: Shape, has_changed: bool, raw: Path) -> None:
    """Stores the shape for the next night; a changed night does not become the standard."""
    kept = {
        kind: usual.kinds[kind] if has_changed else fields.after(usual.kinds[kind])
        for kind, fields in tonight.kinds.items()
    }
    text = json.dumps({kind: vars(fields) for kind, fields in kept.items()}, sort_keys=True, ensure_ascii=False)
    write_atomically(raw.with_name(raw.name.removesuffix(ENDING) + SHAPE_ENDING), text)


def _is_filled(row: dict[str, Any], value: Any) -> bool:
    """A comment that is a picture needs no text."""
    if isinstance(value, str) and not value.strip():
        return bool(row.get("has_media"))
    return value is not None


def _has_vanished(kind: str, column: str, now: Fields, before: Fields) -> bool:
    if column in NEARLY_ALL[kind]:
        if now.items <= FEW:
            return now.share(column) == 0 and before.share(column) > 1 - DROP
        return now.share(column) < before.share(column) - DROP
    return now.share(column) == 0 and (1 - before.share(column)) ** now.items < CHANCE


def _hint(now: Fields, before: Fields) -> str:
    gone, new = sorted(before.common() - now.theirs.keys()), sorted(now.common() - before.theirs.keys())
    parts = [("Fields gone: ", gone), ("New fields: ", new)]
    return "".join(f" {text}{', '.join(names)}." for text, names in parts if names)
