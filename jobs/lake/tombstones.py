"""Authors as keyed hashes, and who of them, or which comments, must not come back: hashes and ids, never names."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.lake.datasets import BY_NAME
from jobs.lake.files import write_atomically
from jobs.lake.months import drop, unpack_raw
from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING, RawLine, mapped_comments, read_file, read_raw, sign_night, writing_raw

TOMBSTONES = "forgotten.json"


def author_hash(name: str, key: bytes) -> str:
    """Of "instagram:ann": the same person is the same on all accounts of a platform, and nobody by name.

    Keys that came later stand on lines of their own, and hash what the one before made.
    """
    for one in filter(None, key.split(b"\n")):
        name = hmac.new(one, name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
    return name


def hash_of(comment: dict[str, Any], key: bytes) -> str:
    """The hash of who wrote a mapped comment."""
    return author_hash(f"{comment['platform']}:{comment['author']}", key)


@dataclass(frozen=True)
class Forgotten:
    authors: frozenset[str] = frozenset()  # hashes
    comments: frozenset[str] = frozenset()  # ids

    def __bool__(self) -> bool:
        return bool(self.authors or self.comments)

    def with_more(self, lake: Lake, authors: set[str], comments: set[str]) -> "Forgotten":
        """Theirs too; written down before anything is erased."""
        more = Forgotten(self.authors | authors, self.comments | comments)
        stones = {"authors": sorted(more.authors), "comments": sorted(more.comments)}
        write_atomically(lake.root / TOMBSTONES, json.dumps(stones, indent=1))
        return more

    def holds(self, line: RawLine, key: bytes) -> bool:
        """Whether a raw item has anything of theirs in it."""
        return line.kind == "comment" and any(
            comment["comment_id"] in self.comments or hash_of(comment, key) in self.authors
            for comment in mapped_comments(line)
        )

    def prune_raw(self, lake: Lake, night: date, key: bytes) -> int:
        """Takes their items out of a night's raw files; returns how many those were."""
        if not any(self.holds(line, key) for line in read_raw(lake, night)):
            return 0
        unpack_raw(lake, night)
        erased = 0
        for path in sorted(lake.folder("raw", night).glob(f"*/*{ENDING}")):
            lines = list(read_file(path, night))
            kept = [line for line in lines if not self.holds(line, key)]
            if len(kept) < len(lines):
                with writing_raw(path) as write:
                    for line in kept:
                        write(line.kind, line.shape, line.run_id, line.item, line.read_at)
                erased += len(lines) - len(kept)
        if erased and (manifest := lake.manifest("raw", night)):
            sign_night(lake, night, manifest.seconds)
        if (month := lake.month("raw", night)) and night in month.manifests:
            drop(lake, BY_NAME["raw"], month, {night})
        return erased


def read_forgotten(lake: Lake) -> Forgotten:
    path = lake.root / TOMBSTONES
    if not path.exists():
        return Forgotten()
    stones = json.loads(path.read_text())
    return Forgotten(frozenset(stones["authors"]), frozenset(stones["comments"]))
