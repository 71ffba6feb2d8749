"""Which authors and comments must not come back, and raw items without them: hashes and ids, never names."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from jobs.lake.authors import Pseudonyms
from jobs.lake.datasets import BY_NAME
from jobs.lake.files import read_json
from jobs.lake.months import drop, unpack_raw
from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING, RawLine, mapped_comments, read_file, read_raw, readable_raw, sign_night, writing_raw
from jobs.platforms import comment_keys
from warehouse.files import write_atomically

TOMBSTONES = "forgotten.json"
OF_IDS = re.compile(r"id|pk", re.IGNORECASE)  # fields that name a comment
OF_PEOPLE = re.compile(r"user|author|owner|profile|name|mention|unique_?id", re.IGNORECASE)  # fields that name somebody
ITEMS, PARTS = "raw", "raw items of others"  # where something can be: their own items, and parts of other items


@dataclass(frozen=True)
class Forgotten:
    authors: frozenset[str] = frozenset()  # hashes
    comments: frozenset[str] = frozenset()  # ids

    def __bool__(self) -> bool:
        return bool(self.authors or self.comments)

    def with_more(self, authors: Collection[str], comments: Collection[str]) -> "Forgotten":
        return Forgotten(self.authors.union(authors), self.comments.union(comments))

    def without(self, some: Collection[str]) -> "Forgotten":
        return Forgotten(self.authors.difference(some), self.comments.difference(some))

    def write(self, lake: Lake) -> None:
        stones = {"authors": sorted(self.authors), "comments": sorted(self.comments)}
        write_atomically(lake.root / TOMBSTONES, json.dumps(stones, indent=1))


def read_forgotten(lake: Lake) -> Forgotten:
    path = lake.root / TOMBSTONES
    if not path.exists():
        return Forgotten()
    remedy = "Restore it from a backup: without it, later nights bring back who was forgotten."
    stones = read_json(path, remedy, ["authors", "comments"])
    return Forgotten(frozenset(stones["authors"]), frozenset(stones["comments"]))


class Eraser:
    """Takes some authors and comments out of raw items, and remembers whom it met and what it took."""

    def __init__(self, wanted: Forgotten, key: bytes, texts: Collection[str] = ()) -> None:
        self._wanted, self._people = wanted, Pseudonyms(key)
        self._texts = set(texts)  # of their comments
        self.met: set[str] = set()  # hashes and ids
        self.taken: list[Any] = []  # comments in our columns, and parts of items

    def prune(self, lake: Lake, night: date) -> Counter[str]:
        """Rewrites a night's raw files without them; returns how many items were removed or changed."""
        if all(self.without(line) is line for line in readable_raw(lake, night)):
            return Counter()
        unpack_raw(lake, night)
        erased: Counter[str] = Counter()
        for path in sorted(lake.folder("raw", night).glob(f"*/*{ENDING}")):
            lines = list(read_file(path, night))
            without = [self.without(line) for line in lines]
            changes = _changes(lines, without)
            if changes:
                with writing_raw(path) as write:
                    for line in filter(None, without):
                        write(line.kind, line.shape, line.run_id, line.item, line.read_at)
            erased += changes
        if erased and (manifest := lake.manifest("raw", night)):
            sign_night(lake, night, manifest.seconds)
        if (month := lake.month("raw", night)) and night in month.manifests:
            drop(lake, BY_NAME["raw"], month, {night})
        return erased

    def found(self, lake: Lake, night: date) -> Counter[str]:
        """How many items of a night tell of them; nothing is changed."""
        changes: Counter[str] = Counter()
        for line in read_raw(lake, night):
            changes += _changes([line], [self.without(line)])
        return changes

    def without(self, line: RawLine) -> RawLine | None:
        """The same line where it tells nothing of them, None where it is theirs.

        Replies by others inside a removed item stay in the later stages, where each is stored by itself.
        """
        comments = list(mapped_comments(line)) if line.kind == "comment" else []
        theirs = [comment for comment in comments if self._is_theirs(comment)]
        self._texts.update(comment["text"] for comment in theirs if comment["text"])
        if theirs and theirs[0] is comments[0]:
            self.taken += theirs
            return None
        item = {name: self._part(value, name, line) for name, value in line.item.items()}
        if item == line.item:
            return line
        cleaned = replace(line, item=item)
        return None if theirs and any(map(self._is_theirs, mapped_comments(cleaned))) else cleaned

    def _is_theirs(self, comment: dict[str, Any]) -> bool:
        found = self._wanted.comments & {comment["comment_id"]}
        found |= self._wanted.authors.intersection(self._people.of_author(comment).values())
        self.met |= found
        return bool(found)

    def _part(self, value: Any, field: str, line: RawLine) -> Any:
        """A part of an item without them; None where it is about them as a whole."""
        if isinstance(value, list):
            parts = [(one, self._part(one, field, line)) for one in value]
            return [part for one, part in parts if part is not None or one is None]
        if isinstance(value, dict) and not self._tells_of_them(value, line):
            return {name: self._part(one, name, line) for name, one in value.items()}
        if not isinstance(value, dict) and not self._names(value, field, line):
            return value
        self.taken.append(value)
        if isinstance(value, dict):
            self._texts.update(text for text in (value.get("text"), value.get("comment")) if isinstance(text, str))
        return None

    def _tells_of_them(self, part: dict[str, Any], line: RawLine) -> bool:
        people = (one for one in part.values() if isinstance(one, dict))
        return any(self._names(value, name, line) for name, value in part.items()) or any(
            self._is_named(value, name, line) for one in people for name, value in one.items()
        )

    def _names(self, value: Any, field: str, line: RawLine) -> bool:
        """Whether a value is an id of their comments, their name, or in a post, what they wrote."""
        ids = self._wanted.comments & comment_keys(line.platform, value) if OF_IDS.search(field) else set()
        self.met |= ids
        is_text = line.kind == "post" and "comment" in field.lower() and isinstance(value, str) and value in self._texts
        return bool(ids) or is_text or self._is_named(value, field, line)

    def _is_named(self, value: Any, field: str, line: RawLine) -> bool:
        if not isinstance(value, str) or not OF_PEOPLE.search(field) or value == line.account:
            return False
        found = self._wanted.authors & {self._people.of_name(line.platform, value)}
        self.met |= found
        return bool(found)


def _changes(before: list[RawLine], after: list[RawLine | None]) -> Counter[str]:
    pairs = zip(before, after, strict=True)
    return Counter(ITEMS if new is None else PARTS for old, new in pairs if new is not old)


def authors_in(lake: Lake) -> Iterator[str]:
    """Names in the raw files, as instagram/ann; often the same one."""
    for night in lake.nights("raw"):
        for line in read_raw(lake, night):
            for comment in mapped_comments(line) if line.kind == "comment" else ():
                if comment["author"] is not None:
                    yield f"{comment['platform']}/{comment['author']}"
