"""Erases authors and comments everywhere, looks for them once more, and keeps scrapes from bringing them back.

Tombstones are hashes and ids, never names. Raw items are removed whole; replies by others inside them stay in the later
stages, where each is stored by itself.
"""

import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from jobs import publish
from jobs.config.settings import Settings
from jobs.console import progress
from jobs.errors import ToxwatchError
from jobs.lake import arrivals
from jobs.lake.authors import author_key, with_other_hashes
from jobs.lake.datasets import Dataset
from jobs.lake.files import read_table, write_table
from jobs.lake.manifests import Folder
from jobs.lake.nights import Lake
from jobs.lake.tombstones import Eraser, read_forgotten
from jobs.upkeep import traces
from jobs.upkeep.traces import Wanted, is_in
from warehouse import build
from warehouse.measures import ERASED
from warehouse.reviews import Reviews
from warehouse.sqlite import erase_words


@dataclass(frozen=True)
class Erased:
    rows: dict[str, int]  # by place
    unknown: frozenset[str]  # hashes and ids that were found nowhere, now or when they were forgotten before


def run(settings: Settings, authors: set[str], comments: set[str]) -> Erased:
    """Raises if anything is left. Running it again continues where it stopped."""
    lake, key = Lake.of(settings), author_key(settings)
    with lake.lock("lake"):
        lake.sweep()
        before = read_forgotten(lake)
        wanted = Wanted.of(lake, before.with_more(authors, comments))
        forgotten = before.with_more(wanted.authors, comments)
        forgotten.write(lake)  # before anything is erased, so that a stopped run can go on
        eraser = Eraser(wanted.forgotten, key, wanted.texts)
        rows = _erase(settings, lake, wanted, eraser)
        unknown = (authors | comments) - before.authors - before.comments - wanted.stored - eraser.met
        forgotten.without(unknown).write(lake)
    if unknown == authors | comments:
        return Erased({}, frozenset(unknown))
    if lake.nights("published"):
        folder = settings.data_dir / "warehouse"
        rows["warehouse"] = sum(
            place == "warehouse comments by comment_id" for place, _ in traces.in_warehouse(folder, wanted)
        )
        publish.rebuild(settings, even_unscored=True)
        build.drop_old_versions(folder)
    _check_gone(settings, lake, wanted)
    return Erased({place: count for place, count in rows.items() if count}, frozenset(unknown))


def _erase(settings: Settings, lake: Lake, wanted: Wanted, eraser: Eraser) -> Counter[str]:
    """What says whose a comment is goes last: a run that was stopped has to find the rest by it."""
    rows: Counter[str] = Counter()
    nights = lake.nights("raw")
    with progress("forget", len(nights)) as advance:
        for night in nights:
            rows += eraser.prune(lake, night)
            advance()
    rows[traces.WAITING] = arrivals.erase(lake, lambda line: eraser.without(line) is not line)
    for file in traces.labelled_files(settings.data_dir):
        table = read_table(file)
        others = table.filter(pc.invert(is_in(table["key"], wanted.text_keys)))
        if others.num_rows < table.num_rows:
            write_table(file, others)
        rows[traces.LABELLED] += table.num_rows - others.num_rows
    rows["reviews"] = Reviews.in_folder(settings.data_dir).erase(wanted.comments)
    for file in traces.databases(settings.data_dir):
        rows[file.name] = erase_words(file, wanted.words)
    marks = defaultdict[str, str](lambda: ERASED + secrets.token_hex(6))
    for dataset, folder in traces.finished(lake):
        rows += _prune(dataset, folder, wanted, marks)
    return rows


def _prune(dataset: Dataset, folder: Folder, wanted: Wanted, marks: dict[str, str]) -> Counter[str]:
    """Rewrites a folder without their rows and without their ids in others'; its manifests count them as forgotten."""
    erased, left = Counter[str](), Counter[date]()
    for path in folder.files(dataset):
        table = read_table(path)
        others = table.filter(pc.invert(wanted.rows_of(dataset, table)))
        detached, replies = _detached(others, wanted, marks)
        if replies or others.num_rows < table.num_rows:
            write_table(path, detached)
        erased += Counter({dataset.name: table.num_rows - others.num_rows, traces.REPLIES: replies})
        left.update(folder.nights_of(others))
    for path in folder.files_with(traces.NAMING):
        erased[traces.MENTIONS] += _unname(path, wanted)
    wrong = {
        night: one.rows_out - left[night] for night, one in folder.manifests.items() if one.rows_out != left[night]
    }
    for night, rows_gone in wrong.items():
        folder.manifests[night].forget(rows_gone)
    if wrong or erased:
        folder.sign()
    return erased


def _unname(path: Path, wanted: Wanted) -> int:
    """How many comments and posts of others no longer name them."""
    table = read_table(path)
    named = len(traces.naming(table, wanted))
    if named:
        write_table(path, with_other_hashes(table, lambda one: None if one in wanted.authors else one))
    return named


def _detached(table: pa.Table, wanted: Wanted, marks: dict[str, str]) -> tuple[pa.Table, int]:
    """Replies that no longer say what they answer, only that they answer the same, and how many those are."""
    at = table.schema.get_field_index("parent_id")
    if at < 0:
        return table, 0
    answers = pc.sum(is_in(table["parent_id"], wanted.comments)).as_py() or 0
    parents = [marks[one] if one in wanted.comments else one for one in table["parent_id"].to_pylist()]
    return table.set_column(at, table.schema.field(at), pa.array(parents, pa.string())), answers


def _check_gone(settings: Settings, lake: Lake, wanted: Wanted) -> None:
    left, files = Counter[str](), []
    for place, found in traces.find(settings, lake, wanted):
        if place == traces.FILES:
            files.append(found)
        else:
            left[place] += 1
    if older := len(list((settings.data_dir / "warehouse").glob("v*.duckdb"))) - 1 if lake.nights("published") else 0:
        left["old versions"] = older
    if left:
        raise ToxwatchError(f"Some of it could not be erased: {dict(left)}. Run the same command again.")
    if files:
        raise ToxwatchError(
            f"Erased, but files that were exported into {settings.data_dir} still tell of them: {', '.join(files)}. "
            "Delete them or write them again, then run the same command again."
        )
