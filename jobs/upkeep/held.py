"""Everything stored about one author, for a subject access request: in every place that `forget` erases them from."""

import base64
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from jobs.config.settings import Settings
from jobs.lake.authors import author_hash, author_key
from jobs.lake.nights import Lake
from jobs.lake.tombstones import Forgotten
from jobs.upkeep import traces
from warehouse import build
from warehouse.files import write_atomically
from warehouse.reader import Warehouse

SCORED = "SELECT * FROM comments_scored WHERE comment_id IN (SELECT unnest($ids)) ORDER BY posted_at"


def run(settings: Settings, author: str, target: Path) -> dict[str, int]:
    """Writes a JSON file that only its owner can read; returns the number of records of each place."""
    lake, hashed = Lake.of(settings), author_hash(author, author_key(settings))
    wanted = traces.Wanted.of(lake, Forgotten(frozenset({hashed})))
    found: dict[str, list[Any]] = defaultdict(list)
    if (settings.data_dir / "warehouse" / build.CURRENT).exists():
        names, rows = Warehouse(settings.data_dir / "warehouse").table(SCORED, {"ids": sorted(wanted.comments)})
        found["comments"] = [dict(zip(names, row, strict=True)) for row in rows]
    for place, record in traces.find(settings, lake, wanted):
        found[place].append(record)
    held = {place: records for place, records in found.items() if records}
    answer = {"author": author, "author_hash": hashed} | held
    write_atomically(target, json.dumps(answer, indent=1, default=_as_text, ensure_ascii=False) + "\n", is_secret=True)
    return {place: len(records) for place, records in held.items()}


def _as_text(value: Any) -> str:
    """A picture as base64, which browsers and mail programs open."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
