"""Pictures of a night's posts and comments: fetched within the budget of targets.toml, and the text on them read.

A part of `clean`, which asks for it where targets.toml allows megabytes. What is fetched is saved at once, so that a
night that was stopped goes on. Equal pictures are read once, also from night to night.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from jobs.collect.pictures import PASSING, Budget, Fetched, fetch_all, lasting
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.console import console
from jobs.lake import schema
from jobs.lake.datasets import REMEMBERED
from jobs.lake.manifests import Manifest, Stored
from jobs.lake.schema import NIGHT
from jobs.lake.stage import Work
from jobs.spark.pictures import READ, read_pictures
from models.language import language_of
from models.pictures import INSTALL, NOT_INSTALLED, is_installed
from models.text import clean_text, text_key
from warehouse.measures import EXPIRED

Row = dict[str, Any]

AT_ONCE_BYTES = 32 << 20  # of pictures that Spark is given at once
ROW_GROUP = 64  # rows with pictures in them, so that one is found without reading many
PLACE = ("comment_id", "platform", "account", "post_id")


def look(work: Work, languages: tuple[str, ...]) -> None:
    """Writes the night's pictures; nothing where there are none."""
    shown = list(_shown(work.source))
    if not shown:
        work.lake.remove(work.lake.folder("pictures", work.night))
        return
    begun = Begun(work.lake.begun("pictures", work.night))
    begun.take_over(work.lake.find("pictures", work.night))
    known = _known(work)
    _fetch(work, [row["address"] for row in shown if lasting(row["address"]) not in known], begun)
    found = known | begun.found
    rows = _assembled(shown, found, _texts(work.settings, found, begun), languages)
    manifest = Manifest("clean", work.night, rows_in=len(shown), rows_out=len(shown))
    with work.lake.writing("pictures", manifest) as folder:
        _write(folder / "shown.parquet", rows, begun)
        manifest.seconds = work.seconds
    begun.remove()


def _shown(validated: Stored) -> Iterator[Row]:
    """Each picture's place and address."""
    for pattern in ("comments*.parquet", "posts.parquet"):
        for row in _rows(validated, pattern, (*PLACE, "media"), "media"):
            place = {name: row.get(name) for name in PLACE}
            yield from (place | {"address": address} for address in dict.fromkeys(row["media"]))


def _known(work: Work) -> dict[str, Row]:
    """What earlier nights nearby have of an address: its picture with its text, or why there is none."""
    nights = [night for night in work.lake.nights("pictures") if work.night - REMEMBERED <= night <= work.night]
    columns = [name for name in schema.PICTURES.names if name != "content"]
    known: dict[str, Row] = {}
    for stored in (one for night in nights if (one := work.lake.find("pictures", night))):
        rows = _rows(stored, "shown*.parquet", columns, "address")
        known |= {
            lasting(row["address"]): row for row in rows if row["reason"] not in PASSING and row["text"] != EXPIRED
        }
    return known


def _rows(stored: Stored, pattern: str, columns: Iterable[str], filled: str) -> Iterator[Row]:
    """A night's rows in which a column is filled; none of a file that an older release wrote without it."""
    chosen = ds.field(filled).is_valid()
    if stored.folder.is_month:
        chosen &= ds.field(NIGHT.name) == stored.night
    for path in sorted(stored.path.glob(pattern)):
        there = pq.read_schema(path).names
        if filled in there:
            yield from ds.dataset(path).to_table([name for name in columns if name in there], chosen).to_pylist()


class Begun:
    """What was fetched of a night that is not finished: pictures by their hash, and a line for each address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "fetched.jsonl"
        self.found: dict[str, Row] = {}
        if self._log.exists():
            for line in self._log.read_text().splitlines(keepends=True):
                if line.endswith("\n"):  # else it was cut off
                    row = json.loads(line)
                    self.found[row["key"]] = row

    def take_over(self, own: Stored | None) -> None:
        """The night's pictures where it is run again."""
        for path in sorted(own.path.glob("shown*.parquet")) if own else ():
            chosen = ds.field("content").is_valid()
            for batch in ds.dataset(path).to_batches(["picture_id", "content"], chosen, batch_size=ROW_GROUP):
                for row in batch.to_pylist():
                    self.path(row["picture_id"]).write_bytes(row["content"])

    def add(self, fetched: Fetched) -> None:
        picture_id = None
        if fetched.content is not None:
            picture_id = hashlib.sha256(fetched.content).hexdigest()
            self.path(picture_id).write_bytes(fetched.content)
        row: Row = {"key": lasting(fetched.address), "picture_id": picture_id, "reason": fetched.reason}
        self.found[row["key"]] = row
        with self._log.open("a") as log:
            log.write(json.dumps(row) + "\n")

    def path(self, picture_id: str) -> Path:
        return self.folder / picture_id

    def remove(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()


def _fetch(work: Work, addresses: Iterable[str], begun: Begun) -> None:
    limits = read_targets(work.settings.targets_file).pictures
    spent = sum(path.stat().st_size for path in begun.folder.iterdir())
    if not is_installed():  # a night that is paid for does not fail for it
        console.print(f"Pictures are not read, since what reads them is not installed. {INSTALL}")
        begun.found |= {lasting(one): {"picture_id": None, "reason": NOT_INSTALLED} for one in addresses}
        return
    budget = Budget(limits.megabytes * 2**20 - spent, time.monotonic() + limits.minutes * 60)
    wanted = {lasting(one): one for one in addresses}
    fetch_all(work.settings, [one for key, one in wanted.items() if key not in begun.found], budget, begun.add)


def _texts(settings: Settings, found: dict[str, Row], begun: Begun) -> dict[str | None, Row]:
    """What each picture shows, by its ID: as it was read before, or read now, some megabytes at a time."""
    texts: dict[str | None, Row] = {row["picture_id"]: row for row in found.values() if "width" in row}
    unread = sorted({row["picture_id"] for row in found.values()} - texts.keys() - {None})
    for some in _in_portions([begun.path(one) for one in unread]):
        texts |= {row["picture_id"]: row for row in read_pictures(settings, some)}
    return texts


def _in_portions(paths: list[Path]) -> Iterator[list[Path]]:
    some, size = list[Path](), 0
    for path in paths:
        some.append(path)
        size += path.stat().st_size
        if size > AT_ONCE_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _assembled(
    shown: list[Row], found: dict[str, Row], texts: dict[str | None, Row], languages: tuple[str, ...]
) -> list[Row]:
    language = language_of(languages)
    rows = []
    for place in shown:
        fetched = found.get(lasting(place["address"]), {})
        picture = texts.get(fetched.get("picture_id"), {})
        row = place | {name: picture.get(name) for name in READ.names}
        row |= {"picture_id": fetched.get("picture_id"), "reason": fetched.get("reason") or picture.get("reason")}
        if text := row["text"]:
            cleaned = clean_text(text)
            row |= {"clean_text": cleaned, "language": language(text), "text_key": text_key(cleaned)}
        rows.append(row)
    return rows


def _write(path: Path, rows: list[Row], begun: Begun) -> None:
    """A picture's content goes into the first row that shows it."""
    stored = set[str]()
    with pq.ParquetWriter(path, schema.PICTURES, compression="zstd") as writer:
        for start in range(0, len(rows), ROW_GROUP):
            some = [
                row | {"content": _content(row["picture_id"], stored, begun)} for row in rows[start : start + ROW_GROUP]
            ]
            writer.write_table(pa.Table.from_pylist(some, schema.PICTURES))


def _content(picture_id: str | None, stored: set[str], begun: Begun) -> bytes | None:
    if picture_id is None or picture_id in stored or not (path := begun.path(picture_id)).exists():
        return None
    stored.add(picture_id)
    return path.read_bytes()
