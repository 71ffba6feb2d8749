"""Where something about authors and comments is: every place of the data folder that can hold it, and what it holds."""

import gzip
import html
import json
import mmap
import os
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.config.settings import Settings
from jobs.console import progress
from jobs.lake import arrivals
from jobs.lake.authors import author_key
from jobs.lake.datasets import BY_NAME, OF_COMMENTS, Dataset
from jobs.lake.files import column_names, read_table
from jobs.lake.manifests import Folder
from jobs.lake.nights import FACTS, Lake
from jobs.lake.schema import PEOPLE
from jobs.lake.tombstones import ITEMS, PARTS, TOMBSTONES, Eraser, Forgotten
from warehouse import build
from warehouse.measures import EXPIRED
from warehouse.reader import Warehouse
from warehouse.sqlite import texts_with

Found = Iterator[tuple[str, Any]]  # place and what is there

WAITING = "received and not yet deleted"
REPLIES = "replies to them"  # others' comments, which name what they answer
MENTIONS = "mentions of them"  # others' comments and posts that name them
NAMING = ("mention_hashes", "coauthor_hashes")
LABELLED = "labelled comments"
FILES = "other files"
AUTHORED = tuple(one for one in OF_COMMENTS if one.authors)
OWN = 20  # characters from which a text is looked for in files: shorter ones are everybody's
NOT_OURS = {"airflow", "spark", "locks", "warehouse"}  # folders where nothing about a comment is written, or read apart


@dataclass(frozen=True)
class Wanted:
    """What to look for."""

    authors: frozenset[str]  # hashes
    comments: frozenset[str]  # ids, theirs included
    texts: frozenset[str]
    text_keys: frozenset[str]
    stored: frozenset[str]  # hashes and ids among them that are in the lake

    @classmethod
    def of(cls, lake: Lake, forgotten: Forgotten) -> "Wanted":
        """Whoever is to be forgotten by a name is by their other names too, which have the same id."""
        authors, ids, texts = set(forgotten.authors), set(forgotten.comments), set[str]()
        keys, stored = set[str](), set[str]()
        for path in _files(lake, *AUTHORED):
            rows = _read(path, "author_hash", "author_id_hash")
            theirs = rows.filter(is_in(rows["author_hash"], forgotten.authors))
            authors |= set(theirs["author_id_hash"].drop_null().to_pylist())
        for path in _files(lake, *AUTHORED):
            rows = _read(path, "comment_id", "author_hash", "author_id_hash")
            ids |= set(rows.filter(_either(rows, (), authors))["comment_id"].drop_null().to_pylist())
        for path in _files(lake, *AUTHORED):
            rows = _read(path, "comment_id", "author_hash", "author_id_hash", "text")
            theirs = rows.filter(_either(rows, ids, authors))
            texts |= set(theirs["text"].drop_null().to_pylist())
            stored |= set(theirs["comment_id"].to_pylist()) | set(theirs["author_hash"].to_pylist())
        for path in _files(lake, BY_NAME["clean"], BY_NAME["pictures"]):
            rows = _read(path, "comment_id", "text_key", "text")
            theirs = rows.filter(is_in(rows["comment_id"], ids))
            keys |= set(theirs["text_key"].drop_null().to_pylist())
            texts |= set(theirs["text"].drop_null().to_pylist())
        found = (frozenset(one) for one in (ids, texts - {"", EXPIRED}, keys, stored))
        return cls(frozenset(authors), *found)

    @property
    def forgotten(self) -> Forgotten:
        return Forgotten(self.authors, self.comments)

    @property
    def words(self) -> set[str]:
        """What may stand in a text about them."""
        return set(self.authors | self.comments)

    def rows_of(self, dataset: Dataset, rows: pa.Table) -> pa.ChunkedArray:
        """Which rows of a dataset are theirs."""
        if dataset.authors:
            return _either(rows, self.comments, self.authors)
        return is_in(rows[dataset.key], self.text_keys if dataset.key == "text_key" else self.comments)


def find(settings: Settings, lake: Lake, wanted: Wanted) -> Found:
    """Everything about them, place by place."""
    yield from _in_raw(settings, lake, wanted)
    yield from _in_arrivals(settings, lake, wanted)
    yield from _in_lake(lake, wanted)
    yield from in_warehouse(settings.data_dir / "warehouse", wanted)
    for file in databases(settings.data_dir):
        yield from ((file.name, text) for text in texts_with(file, wanted.words))
    for file in labelled_files(settings.data_dir):
        rows = read_table(file)
        yield from ((LABELLED, row) for row in rows.filter(is_in(rows["key"], wanted.text_keys)).to_pylist())
    yield from ((FILES, str(file.relative_to(settings.data_dir))) for file in _other_files(settings, lake, wanted))


def _in_raw(settings: Settings, lake: Lake, wanted: Wanted) -> Found:
    nights = lake.nights("raw")
    with progress("look through raw files", len(nights)) as advance:
        for night in nights:
            eraser = Eraser(wanted.forgotten, author_key(settings), wanted.texts)
            eraser.found(lake, night)
            for part in eraser.taken:
                is_comment = isinstance(part, dict) and part.keys() >= {"comment_id", "account"}
                yield (ITEMS, {"night": night, **part}) if is_comment else (PARTS, {"night": night, "part": part})
            advance()


def _in_arrivals(settings: Settings, lake: Lake, wanted: Wanted) -> Found:
    eraser = Eraser(wanted.forgotten, author_key(settings), wanted.texts)
    yield from ((WAITING, line.item["row"]) for _, _, line in arrivals.lines(lake) if eraser.without(line) is not line)


def _in_lake(lake: Lake, wanted: Wanted) -> Found:
    for dataset, folder in finished(lake):
        for path in folder.files(dataset):
            rows = read_table(path)
            yield from ((dataset.name, row) for row in rows.filter(wanted.rows_of(dataset, rows)).to_pylist())
            if "parent_id" in rows.column_names:
                answers = rows.filter(is_in(rows["parent_id"], wanted.comments)).select(["comment_id", "parent_id"])
                yield from ((REPLIES, row) for row in answers.to_pylist())
        for path in folder.files_with(NAMING):
            yield from ((MENTIONS, row) for row in naming(read_table(path), wanted))


def naming(rows: pa.Table, wanted: Wanted) -> list[dict[str, Any]]:
    """What names them, without the text, which is somebody else's."""
    columns = [name for name in ("comment_id", "post_id", *NAMING) if name in rows.column_names]
    found: list[dict[str, Any]] = rows.select(columns).to_pylist()
    return [row for row in found if any(not wanted.authors.isdisjoint(row.get(name) or ()) for name in NAMING)]


def in_warehouse(folder: Path, wanted: Wanted) -> Found:
    if not (folder / build.CURRENT).exists():
        return
    warehouse = Warehouse(folder)
    query = "SELECT table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() USING (table_name) ORDER BY ALL"
    values = dict.fromkeys(("comment_id", "parent_id"), wanted.comments) | dict.fromkeys(PEOPLE, wanted.authors)
    for table, column in warehouse.query(query):
        if column in values:
            is_theirs = (
                f"list_has_any({column}, $values)" if column in NAMING else f"{column} IN (SELECT unnest($values))"
            )
            found = f"FROM {table} WHERE {is_theirs}"
            names, rows = warehouse.table(found, {"values": sorted(values[column])})
            place = (
                REPLIES if column == "parent_id" else MENTIONS if column in NAMING else f"warehouse {table} by {column}"
            )
            yield from ((place, dict(zip(names, row, strict=True))) for row in rows)


def finished(lake: Lake) -> Iterator[tuple[Dataset, Folder]]:
    """Every finished folder with comments or their texts; those that say whose they are come last."""
    for dataset in reversed(OF_COMMENTS):
        yield from ((dataset, folder) for folder in lake.all_folders(dataset))


def _files(lake: Lake, *datasets: Dataset) -> Iterator[Path]:
    for dataset, folder in finished(lake):
        if dataset in datasets:
            yield from folder.files(dataset)


def databases(data_dir: Path) -> list[Path]:
    return [path for path in _walk(data_dir) if path.suffix == ".db"]


def labelled_files(data_dir: Path) -> list[Path]:
    """What `toxwatch prepare` wrote into the data folder."""
    paths = (path for path in (data_dir / "models").glob("*.parquet"))
    return [path for path in paths if {"source", "raw", "key"} <= column_names(path)]


def _other_files(settings: Settings, lake: Lake, wanted: Wanted) -> Iterator[Path]:
    """Reports, exports and whatever else people left in the data folder that speaks of them."""
    needles = [form for word in [*sorted(wanted.words), *_own_texts(lake, wanted)] for form in _forms(word)]
    ours = {settings.data_dir / name for name in (*BY_NAME, *NOT_OURS)}
    known = {settings.data_dir / TOMBSTONES, settings.data_dir / FACTS, *labelled_files(settings.data_dir)}
    for path in _walk(settings.data_dir):
        is_other = path.suffix != ".db" and path not in known and ours.isdisjoint(path.parents)
        if is_other and any(content.find(needle) >= 0 for content in _contents(path) for needle in needles):
            yield path


def _own_texts(lake: Lake, wanted: Wanted) -> set[str]:
    """Long texts that nobody else wrote."""
    own = {text for text in wanted.texts if len(text) >= OWN}
    for path in _files(lake, BY_NAME["validated"]) if own else ():
        rows = read_table(path, ("comment_id", "text"))
        others = rows.filter(pc.invert(is_in(rows["comment_id"], wanted.comments)))
        own -= set(others["text"].filter(is_in(others["text"], own)).to_pylist())
    return own


def _forms(word: str) -> set[bytes]:
    """A word as it stands in a text, in JSON and in HTML."""
    forms = {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], html.escape(word)}
    return {form.encode("utf-8", "replace") for form in forms}


def _contents(path: Path) -> Iterator[bytes | mmap.mmap]:
    try:
        yield from _unpacked(path)
    except (OSError, EOFError, zlib.error, BadZipFile, pa.ArrowException, duckdb.Error):  # it is not what its name says
        yield path.read_bytes()


def _unpacked(path: Path) -> Iterator[bytes | mmap.mmap]:
    """What a file says; of a table its texts."""
    if path.suffix == ".gz":
        yield gzip.decompress(path.read_bytes())
    elif path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches():
            yield "\n".join(str(row) for row in batch.to_pylist()).encode("utf-8", "replace")
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                yield "\n".join(str(row) for row in con.execute(f"FROM {table}").fetchall()).encode("utf-8", "replace")
    elif is_zipfile(path):
        with ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    elif path.stat().st_size:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def _walk(data_dir: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(data_dir):
        if Path(folder) == data_dir:
            folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (path for name in sorted(names) if (path := Path(folder) / name).is_file())


def _read(path: Path, *columns: str) -> pa.Table:
    """Columns of a file; an older release wrote fewer."""
    rows = read_table(path, columns)
    for name in set(columns) - set(rows.column_names):
        rows = rows.append_column(name, pa.nulls(rows.num_rows, pa.string()))
    return rows.select(list(columns))


def _either(rows: pa.Table, ids: Collection[str], authors: Collection[str]) -> pa.ChunkedArray:
    """Which rows have one of these ids or authors."""
    is_theirs = is_in(rows["comment_id"], ids)
    for name in {"author_hash", "author_id_hash"} & set(rows.column_names):
        is_theirs = pc.or_(is_theirs, is_in(rows[name], authors))
    return is_theirs


def is_in(column: pa.ChunkedArray, values: Collection[str]) -> pa.ChunkedArray:
    return pc.is_in(column, pa.array(sorted(values), pa.string()))
