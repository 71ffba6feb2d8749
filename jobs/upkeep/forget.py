"""Erases an author or a comment everywhere, checks that nothing is left, and keeps scrapes from bringing them back.

Tombstones are hashes and ids, never names. Raw items are removed whole; replies by others inside them stay in the later
stages, where each is stored by itself.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs import publish
from jobs.config.settings import Settings
from jobs.console import progress
from jobs.errors import ToxwatchError
from jobs.lake.datasets import BY_NAME, OF_COMMENTS, Dataset
from jobs.lake.files import write_table
from jobs.lake.manifests import Folder
from jobs.lake.nights import Lake
from jobs.lake.raw import read_raw
from jobs.lake.tombstones import Forgotten, read_forgotten
from warehouse import build
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews


def run(settings: Settings, authors: set[str], comments: set[str]) -> dict[str, int]:
    """Returns the rows erased, by place; raises if anything is left. Running it again continues where it stopped."""
    lake = Lake.of(settings)
    erased: Counter[str] = Counter()
    with lake.lock("lake"):
        lake.sweep()
        forgotten = read_forgotten(lake).with_more(lake, authors, comments)
        ids = forgotten.comments | _ids_of(lake, forgotten.authors)
        erasable = {"comment_id": ids, "text_key": _texts_of(lake, ids)}
        nights = lake.nights("raw")
        with progress("forget", len(nights)) as advance:
            for night in nights:
                erased["raw"] += forgotten.prune_raw(lake, night, settings.author_key())
                advance()
        for dataset, folder in _finished(lake):
            erased[dataset.name] += _prune(dataset, folder, erasable[dataset.key])
        erased["reviews"] = Reviews.in_folder(settings.data_dir).erase(ids)
    if lake.nights("published"):
        erased["warehouse"] = _rows_of(settings.data_dir / "warehouse", ids)["comments"]
        publish.rebuild(settings)
        build.drop_old_versions(settings.data_dir / "warehouse")
    if left := _left(settings, lake, forgotten, erasable):
        raise ToxwatchError(f"Some of it could not be erased: {left}. Run the same command again.")
    return dict(erased)


def _ids_of(lake: Lake, authors: frozenset[str]) -> frozenset[str]:
    """Comments of these authors, wherever a stage stored one with its author."""
    ids: set[str] = set()
    for dataset, folder in _finished(lake):
        for path in folder.files(dataset) if dataset.authors else ():
            rows = pq.ParquetFile(path).read(columns=["comment_id", "author_hash"])
            ids |= set(rows["comment_id"].filter(_is_in(rows["author_hash"], authors)).drop_null().to_pylist())
    return frozenset(ids)


def _texts_of(lake: Lake, ids: frozenset[str]) -> frozenset[str]:
    """Keys of their texts. Others may have written the same text; a model then reads it once more."""
    keys: set[str] = set()
    for folder in lake.folders("clean"):
        for path in folder.files(BY_NAME["clean"]):
            rows = pq.ParquetFile(path).read(columns=["comment_id", "text_key"])
            keys |= set(rows["text_key"].filter(_is_in(rows["comment_id"], ids)).to_pylist())
    return frozenset(keys)


def _finished(lake: Lake) -> Iterator[tuple[Dataset, Folder]]:
    """Every finished folder with comments or their texts."""
    for dataset in OF_COMMENTS:
        for model in lake.models(dataset):
            yield from ((dataset, folder) for folder in lake.folders(dataset.name, model))


def _prune(dataset: Dataset, folder: Folder, ids: frozenset[str]) -> int:
    """Rewrites a folder without these rows; its manifests count them as forgotten."""
    erased, left = 0, Counter[date]()
    for path in folder.files(dataset):
        rows = pq.ParquetFile(path).read()
        others = rows.filter(pc.invert(_is_in(rows[dataset.key], ids)))
        if others.num_rows < rows.num_rows:
            write_table(path, others)
        erased += rows.num_rows - others.num_rows
        left.update(folder.nights_of(others))
    wrong = {
        night: one.rows_out - left[night] for night, one in folder.manifests.items() if one.rows_out != left[night]
    }
    for night, rows_gone in wrong.items():
        folder.manifests[night].forget(rows_gone)
    if wrong or erased:
        folder.sign()
    return erased


def _left(settings: Settings, lake: Lake, forgotten: Forgotten, erasable: dict[str, frozenset[str]]) -> dict[str, int]:
    """What can still be found, by place."""
    key = settings.author_key()
    remains = Counter(
        raw=sum(forgotten.holds(line, key) for night in lake.nights("raw") for line in read_raw(lake, night))
    )
    for dataset, folder in _finished(lake):
        for path in folder.files(dataset):
            rows = pq.ParquetFile(path).read([dataset.key])
            remains[dataset.name] += pc.sum(_is_in(rows[dataset.key], erasable[dataset.key])).as_py() or 0
    warehouse = settings.data_dir / "warehouse"
    if lake.nights("published"):
        remains["warehouse"] = sum(_rows_of(warehouse, erasable["comment_id"]).values())
        remains["old versions"] = len(list(warehouse.glob("v*.duckdb"))) - 1
    return {place: rows for place, rows in remains.items() if rows}


def _rows_of(folder: Path, ids: frozenset[str]) -> dict[str, int]:
    """Rows about these comments in the warehouse, by table."""
    ask, wanted = Warehouse(folder).query, sorted(ids)
    tables = ask("SELECT table_name FROM duckdb_columns() WHERE column_name = 'comment_id' AND NOT internal")
    return {
        table: ask(f"SELECT count(*) FROM {table} WHERE list_contains($ids, comment_id)", {"ids": wanted})[0][0]
        for (table,) in tables
    }


def _is_in(column: pa.ChunkedArray, ids: frozenset[str]) -> pa.ChunkedArray:
    return pc.is_in(column, pa.array(sorted(ids), pa.string()))
