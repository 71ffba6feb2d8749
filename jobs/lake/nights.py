"""The lake: a folder for each dataset and night, absent or whole; older nights lie together in their month's."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jobs.config.settings import Settings
from jobs.console import log
from jobs.errors import BadInput, Busy
from jobs.lake.datasets import BY_NAME, DATASETS, Dataset
from jobs.lake.files import BEGUN, FRESH, OLD, is_unfinished, read_json
from jobs.lake.manifests import MANIFEST, Folder, Manifest, Stored, files_of, read_folder, sign
from jobs.lake.mirror import Mirror
from warehouse.files import sync, sync_tree, write_atomically

FORMAT = 4  # raised when an older release could no longer read what this one writes
FACTS = "lake.json"
LOGGED = ("night", "rows_in", "rows_out", "set_aside", "reused", "versions", "seconds")  # of a manifest


def refuse_future(night: date) -> None:
    """A day that has not come has nothing to collect, and to it everything would be old."""
    if night > datetime.now(UTC).date():
        raise BadInput(f"The night {night} is in the future. Choose a day that has ended.")


class Lake:
    def __init__(self, root: Path, mirror: Mirror | None = None) -> None:
        self.root, self.mirror = root, mirror

    @classmethod
    def of(cls, settings: Settings) -> "Lake":
        mirror = Mirror(settings.store) if settings.store else None
        if mirror:
            mirror.claim(settings.data_dir)
        return cls(settings.data_dir, mirror).open()

    def open(self) -> "Lake":
        """Makes the folder where it is new; refuses one that a newer release wrote."""
        self.refuse_newer()
        if self.facts().get("format") != FORMAT:  # what an older release wrote can be read as it is
            self.root.mkdir(parents=True, exist_ok=True)
            self.note("format", FORMAT)
        return self

    def refuse_newer(self) -> None:
        written = self.facts().get("format", FORMAT)
        if written > FORMAT:
            raise BadInput(
                f"{self.root} was written by a newer Toxwatch (lake format {written}, this release reads up to "
                f"{FORMAT}). Upgrade Toxwatch, or choose another --data-dir."
            )

    def facts(self) -> dict[str, Any]:
        """What is known of the lake as a whole."""
        path = self.root / FACTS
        return read_json(path, "Restore it from a backup.", ["format"]) if path.exists() else {}

    def note(self, name: str, fact: str | int) -> None:
        write_atomically(self.root / FACTS, json.dumps(self.facts() | {name: fact}))

    def folder(self, dataset: str, night: date, model: str | None = None) -> Path:
        """Where a night of its own lies, or will."""
        return self._place(dataset, model) / f"night={night}"

    def month(self, dataset: str, night: date, model: str | None = None) -> Folder | None:
        """The finished folder of a night's month, if there is one; the highest number is the newest."""
        paths = self._place(dataset, model).glob(f"month={night:%Y-%m}.*/{MANIFEST}")
        newest = max((path.parent for path in paths), key=_number, default=None)
        return read_folder(newest) if newest else None

    def next_month(self, dataset: str, night: date, model: str | None = None) -> Path:
        """Where the next folder of a night's month goes."""
        before = self.month(dataset, night, model)
        return self._place(dataset, model) / f"month={night:%Y-%m}.{_number(before.path) + 1 if before else 1}"

    def _place(self, dataset: str, model: str | None) -> Path:
        return self.root / dataset / (f"model={model}" if model else "")

    def nights(self, dataset: str, model: str | None = None) -> list[date]:
        """The finished nights of a dataset, oldest first."""
        own = self._place(dataset, model).glob(f"night=*/{MANIFEST}")
        nights = {date.fromisoformat(path.parent.name.removeprefix("night=")) for path in own}
        return sorted(nights.union(*(month.manifests for month in self.months(dataset, model))))

    def months(self, dataset: str, model: str | None = None) -> Iterator[Folder]:
        newest = {path.parent.name.partition(".")[0]: path.parent for path in self._month_manifests(dataset, model)}
        yield from (folder for path in newest.values() if (folder := read_folder(path)))

    def folders(self, dataset: str, model: str | None = None) -> Iterator[Folder]:
        """Every finished folder of a dataset, months first; a night that was run again may stand in both."""
        yield from self.months(dataset, model)
        for path in sorted(self._place(dataset, model).glob(f"night=*/{MANIFEST}")):
            if folder := read_folder(path.parent):
                yield folder

    def all_folders(self, dataset: Dataset) -> Iterator[Folder]:
        """Those of every model, where a dataset has nights for each."""
        for model in self.models(dataset):
            yield from self.folders(dataset.name, model)

    def _month_manifests(self, dataset: str, model: str | None) -> list[Path]:
        paths = self._place(dataset, model).glob(f"month=*/{MANIFEST}")
        return sorted(paths, key=lambda path: (path.parent.name.partition(".")[0], _number(path.parent)))

    def models(self, dataset: Dataset) -> Sequence[str | None]:
        """The models that have nights of their own in a dataset; None for one that has nothing to do with models."""
        if not dataset.by_model:
            return [None]
        return sorted(path.name.removeprefix("model=") for path in (self.root / dataset.name).glob("model=*"))

    def find(self, dataset: str, night: date, model: str | None = None) -> Stored | None:
        """A finished night: its own folder speaks before its month's."""
        folder = read_folder(self.folder(dataset, night, model)) or self.month(dataset, night, model)
        return Stored(folder, night) if folder and night in folder.manifests else None

    def manifest(self, dataset: str, night: date, model: str | None = None) -> Manifest | None:
        stored = self.find(dataset, night, model)
        return stored.manifest if stored else None

    def manifests(self, dataset: str, model: str | None = None) -> dict[date, Manifest]:
        """Of all finished nights; a night of its own comes after its month."""
        return {night: one for folder in self.folders(dataset, model) for night, one in folder.manifests.items()}

    def has(self, dataset: Dataset, night: date) -> bool:
        """Whether the night is finished, by whichever model."""
        return any(self.find(dataset.name, night, model) for model in self.models(dataset))

    def has_texts(self, night: date) -> bool:
        """Whether a model can still read the night's comments."""
        manifest = self.manifest("clean", night)
        return manifest is not None and "texts" not in manifest.blanked

    def require(self, dataset: str, night: date, model: str | None = None) -> Stored:
        """A finished night; says which stage makes it where it is missing or not what it was."""
        stage, stored = BY_NAME[dataset].stage, self.find(dataset, night, model)
        if stored is None:
            raise BadInput(
                f"The night {night} has no {dataset} data yet: run `toxwatch {stage} --night {night}` first."
            )
        sizes = files_of(stored.path)
        changed = [name for name, size in sizes.items() if _size(stored.path / name) != size]
        if changed := [name for name in changed if not is_unfinished(Path(name).name)]:
            raise BadInput(
                f"{stored.path} is not as `toxwatch {stage}` left it: {', '.join(changed[:3])} changed or gone. "
                "If `forget`, `expire` or `rekey` was stopped, run it again; "
                f"else `toxwatch {stage} --night {night}` makes it again."
            )
        return stored

    @contextmanager
    def writing(self, dataset: str, manifest: Manifest, model: str | None = None) -> Iterator[Path]:
        """Yields an empty folder; when the block ends well it replaces the night's folder in one step."""
        with self.replacing(self.folder(dataset, manifest.night, model)) as draft:
            yield draft
            sign(draft, [manifest])
            log(f"{dataset} is written", work=manifest.stage, **{name: getattr(manifest, name) for name in LOGGED})
        self._update_mirror()

    @contextmanager
    def replacing(self, target: Path) -> Iterator[Path]:
        """Yields an empty folder that takes the place of the target when the block ends well."""
        draft, old = (target.with_name(f"{state}{target.name}") for state in (FRESH, OLD))
        for leftover in (draft, old):
            shutil.rmtree(leftover, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        sync_tree(draft)  # or a power failure could leave the name without the content
        if target.exists():
            target.rename(old)
        draft.rename(target)
        sync(target.parent)
        shutil.rmtree(old, ignore_errors=True)

    def begun(self, dataset: str, night: date, model: str | None = None) -> Path:
        """Where a stage leaves what it has done of a night, so that it can go on there if it is stopped."""
        target = self.folder(dataset, night, model)
        return target.with_name(f"{BEGUN}{target.name}")

    def sweep(self) -> None:
        """Removes what stopped stages left behind; for whoever holds the lake's lock."""
        for pattern in ("*/**/.*-night=*", "*/**/.*-month=*"):
            for leftover in self.root.glob(pattern):
                shutil.rmtree(leftover, ignore_errors=True)
        for dataset in DATASETS:
            for model in self.models(dataset):
                newest = {month.path for month in self.months(dataset.name, model)}
                for path in self._month_manifests(dataset.name, model):
                    if path.parent not in newest:
                        shutil.rmtree(path.parent)
        if self.mirror:
            self.mirror.sweep()

    def _update_mirror(self) -> None:
        if self.mirror:
            with self.lock("store", wait=True):  # accounts are scraped side by side
                self.mirror.follow(self.root)

    def remove(self, folder: Path) -> None:
        """Takes a folder away in one step, where it is there."""
        old = folder.with_name(f"{OLD}{folder.name}")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
            shutil.rmtree(old)
            sync(folder.parent)

    @contextmanager
    def lock(self, name: str, shared: bool = False, wait: bool = False) -> Iterator[None]:
        """Held until the block ends or the process dies; a second holder gets Busy at once, or waits.

        The mirror is updated before the lake is let go of; where that was cut off, before it is written to.
        """
        path = self.root / "locks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+") as handle:
            try:
                fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                handle.seek(0)
                raise Busy(
                    f"Another toxwatch process ({handle.read().strip() or 'unknown'}) is writing to {self.root}. "
                    "Nothing was changed; run this again when it has ended."
                ) from None
            handle.truncate(0)
            handle.write(f"pid {os.getpid()}")
            handle.flush()
            if name != "lake":
                yield
                return
            self._update_mirror()
            yield
            self._update_mirror()


def _number(month: Path) -> int:
    """3 of "month=2026-11.3"."""
    return int(month.name.partition(".")[2])


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None
