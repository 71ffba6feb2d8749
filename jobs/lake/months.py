"""Older nights move into their month's folder, so that a lake of years has few files.

A month is written anew under the next number and takes the place of the one before in one step; a night leaves its own
folder only after that. Killed at any moment, each night is there once or twice, and its own folder speaks first.
"""

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_STORED, ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.lake.datasets import DATASETS, Dataset
from jobs.lake.manifests import Folder, Manifest, read_folder, sign
from jobs.lake.nights import Lake
from jobs.lake.schema import NIGHT

RAW = "raw.zip"  # holds each night's files as they were
ROW_GROUP = 100_000


def merge(lake: Lake, dataset: Dataset, nights: Sequence[date], model: str | None = None) -> None:
    """Moves finished nights of one month into its folder."""
    before = lake.month(dataset.name, nights[0], model)
    own = [folder for night in nights if (folder := read_folder(lake.folder(dataset.name, night, model)))]
    moved = {night: one for folder in own for night, one in folder.manifests.items()}
    kept = Folder(before.path, _without(before, moved.keys())) if before else None
    manifests = (kept.manifests if kept else {}) | moved
    target = lake.next_month(dataset.name, nights[0], model)
    with lake.replacing(target) as draft:
        _fill(draft, dataset, kept, own)
        sign(draft, [manifests[night] for night in sorted(manifests)])
    for folder in [*([before] if before else []), *own]:
        lake.remove(folder.path)


def drop_night(lake: Lake, night: date) -> None:
    """Takes a night out of every dataset, the last stage's first."""
    for dataset in reversed(DATASETS):
        for model in lake.models(dataset):
            lake.remove(lake.folder(dataset.name, night, model))
            if (month := lake.month(dataset.name, night, model)) and night in month.manifests:
                drop(lake, dataset, month, {night}, model)


def drop(lake: Lake, dataset: Dataset, month: Folder, nights: Collection[date], model: str | None = None) -> None:
    """Takes nights out of a month."""
    kept = Folder(month.path, _without(month, nights))
    if kept.manifests:
        with lake.replacing(lake.next_month(dataset.name, next(iter(kept.manifests)), model)) as draft:
            _fill(draft, dataset, kept, [])
            sign(draft, list(kept.manifests.values()))
    lake.remove(month.path)


def _without(month: Folder, nights: Collection[date]) -> dict[date, Manifest]:
    return {night: one for night, one in month.manifests.items() if night not in nights}


def _fill(draft: Path, dataset: Dataset, before: Folder | None, own: Sequence[Folder]) -> None:
    if dataset.name == "raw":
        _pack(draft / RAW, before, own)
    for name, columns in dataset.tables.items():
        _write(draft / f"{name}.parquet", columns, _rows(name, before, own))


def unpack_raw(lake: Lake, night: date) -> None:
    """Gives an archived night of raw files its own folder again, to be written to or read by Spark."""
    month, target = lake.month("raw", night), lake.folder("raw", night)
    if month is None or night not in month.manifests or target.exists():
        return
    with lake.replacing(target) as draft:
        _extract(month, night, draft)
        sign(draft, [month.manifests[night]])


@contextmanager
def raw_folder(lake: Lake, night: date) -> Iterator[Path]:
    """Where a night's raw files can be read: its own folder, or a copy of what its month holds."""
    own, month = lake.folder("raw", night), lake.month("raw", night)
    if own.exists() or month is None or night not in month.manifests:
        yield own
        return
    with TemporaryDirectory() as copy:
        _extract(month, night, Path(copy))
        yield Path(copy)


def _extract(month: Folder, night: date, target: Path) -> None:
    with ZipFile(month.path / RAW) as packed:
        for name in _names(packed, night):
            file = target / Path(*Path(name).parts[1:])
            file.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(name) as source, file.open("wb") as out:
                shutil.copyfileobj(source, out)


def _pack(target: Path, before: Folder | None, own: Sequence[Folder]) -> None:
    """The files are compressed already, so they are only put together."""
    with ZipFile(target, "w", ZIP_STORED) as packed:
        if before:
            with ZipFile(before.path / RAW) as old:
                for name in (name for night in before.manifests for name in _names(old, night)):
                    with old.open(name) as source, packed.open(name, "w", force_zip64=True) as out:
                        shutil.copyfileobj(source, out)
        for folder in own:
            for path in sorted(folder.path.glob("*/*")):
                packed.write(path, path.relative_to(folder.path.parent))


def _names(packed: ZipFile, night: date) -> list[str]:
    return [name for name in packed.namelist() if name.startswith(f"night={night}/")]


def _rows(name: str, before: Folder | None, own: Sequence[Folder]) -> Iterator[pa.Table]:
    """What the month keeps, then the nights, each with its date."""
    if before:
        kept = pa.array(list(before.manifests), NIGHT.type)
        file = pq.ParquetFile(before.path / f"{name}.parquet")
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number)
            yield rows.filter(pc.is_in(rows[NIGHT.name], kept))
    for folder in own:
        for path in sorted(folder.path.glob(f"{name}*.parquet")):
            rows = pq.ParquetFile(path).read()
            if NIGHT.name in rows.column_names:
                rows = rows.drop_columns(NIGHT.name)
            (night,) = folder.manifests
            yield rows.append_column(NIGHT, pa.array([night] * rows.num_rows, NIGHT.type))


def _write(path: Path, columns: pa.Schema, tables: Iterator[pa.Table]) -> None:
    wanted = pa.schema([*columns, NIGHT])
    with pq.ParquetWriter(path, wanted, compression="zstd") as writer:
        for table in tables:
            missing = [
                field for field in wanted if field.name not in table.column_names
            ]  # an older release wrote fewer
            for field in missing:
                table = table.append_column(field, pa.nulls(table.num_rows, field.type))
            writer.write_table(table.select(wanted.names).cast(wanted), row_group_size=ROW_GROUP)


def months_due(lake: Lake, dataset: str, model: str | None, newest: int, at_least: int) -> Iterator[list[date]]:
    """By month, nights of their own besides the newest that are worth moving: several, or the last of a month."""
    own = [folder for folder in lake.folders(dataset, model) if not folder.is_month]
    nights = [night for folder in own for night in folder.manifests][:-newest]
    for month in sorted({(night.year, night.month) for night in nights}):
        due = [night for night in nights if (night.year, night.month) == month]
        if len(due) >= at_least or (nights[-1].year, nights[-1].month) > month:
            yield due
