"""Everything stored about one author, for a subject access request: as collected, as stored, as scored."""

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
    """Writes a JSON file; returns the number of rows of each kind."""
    key = settings.author_key()
    hashed = author_hash(author, key)
    found: dict[str, list[Any]] = {"raw": _raw(Lake.of(settings), hashed, key)}
    if (settings.data_dir / "warehouse" / build.CURRENT).exists():
        warehouse = Warehouse(settings.data_dir / "warehouse")
        for kind, query in ASKED.items():
            names, rows = warehouse.table(query, {"author": hashed})
            found[kind] = [dict(zip(names, row, strict=True)) for row in rows]
    target.write_text(
        json.dumps({"author": author, "author_hash": hashed} | found, indent=1, default=str, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )
    return {kind: len(rows) for kind, rows in found.items()}


def _raw(lake: Lake, hashed: str, key: bytes) -> list[dict[str, Any]]:
    nights = lake.nights("raw")
    with progress("read raw files", len(nights)) as advance:
        items = []
        for night in nights:
            for line in read_raw(lake, night):
                if line.kind == "comment":
                    comments = (one for one in mapped_comments(line) if hash_of(one, key) == hashed)
                    items += [{"night": night, **one} for one in comments]
            advance()
    return items
