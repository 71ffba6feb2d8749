"""The frame of a stage: it requires the input, holds lock and clock, counts rows itself, signs and renames.

A stage is a function of the night at work: it reads what the stage before it left, transforms it, and writes files
into a folder that becomes the night's when it returns.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jobs.config.settings import Settings
from jobs.console import Advance, progress
from jobs.lake.datasets import BY_NAME, Dataset
from jobs.lake.failures import recorded
from jobs.lake.files import stored_rows
from jobs.lake.manifests import Manifest, Stored
from jobs.lake.nights import Lake
from models.card import read_card


@dataclass
class Work:
    """A night at work."""

    settings: Settings
    lake: Lake
    night: date
    model: str  # version of the model in use
    source: Stored  # what the stage before left
    folder: Path  # where this one writes
    advance: Advance  # the progress that people see
    started: float
    rows_in: int | None = None  # where a row of the source is not a row of the stage
    rows_out: int | None = None  # where the stage writes no rows into its folder
    set_aside: dict[str, int] = field(default_factory=dict)  # reason → rows
    reused: int = 0  # rows whose text the model had read before
    versions: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)  # "instagram/nasa" → comments

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.started, 3)


@dataclass(frozen=True)
class Stage:
    name: str
    reads: str  # dataset
    writes: str
    transform: Callable[[Work], None]
    check: Callable[[Settings], None] = lambda _: None  # raises what would stop every night, before anything costs

    def run(self, settings: Settings, night: date) -> Manifest:
        lake = Lake.of(settings)
        with recorded(lake, night, self.name):
            return self._run(settings, lake, night)

    def _run(self, settings: Settings, lake: Lake, night: date) -> Manifest:
        started = time.monotonic()
        self.check(settings)
        model = str(read_card(settings.model_dir)["version"])
        reads, writes = BY_NAME[self.reads], BY_NAME[self.writes]
        source = lake.require(self.reads, night, model if reads.by_model else None)
        with lake.lock("lake"), progress(self.name, night=night) as advance:
            manifest = Manifest(self.name, night)
            with lake.writing(self.writes, manifest, model if writes.by_model else None) as folder:
                work = Work(settings, lake, night, model, source, folder, advance, started)
                self.transform(work)
                manifest.rows_in = _rows(reads, source) if work.rows_in is None else work.rows_in
                manifest.rows_out = _rows_written(writes, folder) if work.rows_out is None else work.rows_out
                manifest.set_aside, manifest.reused = work.set_aside, work.reused
                manifest.versions = work.versions | {"model": model}
                manifest.accounts, manifest.seconds = work.accounts, work.seconds
        return manifest


def _rows(dataset: Dataset, source: Stored) -> int:
    """By the files themselves where they are the night's own, not by what the stage before says."""
    return source.manifest.rows_out if source.folder.is_month else _rows_written(dataset, source.path)


def _rows_written(dataset: Dataset, folder: Path) -> int:
    return stored_rows(folder, dataset.rows)
