"""All that is held about one author, for whoever asks: as it came, as it was kept, as it was scored."""

import json
from pathlib import Path
from typing import Any

from jobs.config.settings import Settings
from jobs.console import progress
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, read_raw
from jobs.lake.tombstones import author_hash, hash_of
from warehouse import build
from warehouse.reader import Warehouse

ASKED = {"comments": "SELECT * FROM comments_scored WHERE author_hash = $author ORDER BY posted_at",
         "rejected": "SELECT * FROM rejected WHERE author_hash = $author ORDER BY posted_at"}  # fmt: skip


def run(settings: Settings, author: str, target: Path) -> dict[str, int]:
    """Writes it as JSON; returns how many rows of each kind there are."""
    key = settings.author_key()
    hashed, held = author_hash(author, key), {"author": author, "author_hash": author_hash(author, key)}
    found: dict[str, list[Any]] = {"raw": _raw(Lake.of(settings), hashed, key)}
    if (settings.data_dir / "warehouse" / build.CURRENT).exists():
        warehouse = Warehouse(settings.data_dir / "warehouse")
        for kind, query in ASKED.items():
            names, rows = warehouse.table(query, {"author": hashed})
            found[kind] = [dict(zip(names, row, strict=True)) for row in rows]
    target.write_text(json.dumps(held | found, indent=1, default=str, ensure_ascii=False) + "\n", encoding="utf-8")
    return {kind: len(rows) for kind, rows in found.items()}


def _raw(lake: Lake, hashed: str, key: bytes) -> list[dict[str, Any]]:
    nights = lake.nights("raw")
    with progress("read what came", len(nights)) as advance:
        items = []
        for night in nights:
            for line in read_raw(lake, night):
                if line.kind == "comment":
                    theirs = [one for one in mapped_comments(line) if hash_of(one, key) == hashed]
                    items += [{"night": night, **one} for one in theirs]
            advance()
    return items
