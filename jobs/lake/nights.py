"""The lake: one folder a dataset and night, absent or whole, each with a manifest of how it was made."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

from jobs.config.settings import Settings
from jobs.console import log
from jobs.errors import BadInput, Busy
from jobs.lake.datasets import BY_NAME, Dataset
from jobs.lake.mirror import MANIFEST, Mirror

FORMAT = 2  # raised when an older release could no longer read what this one writes
LOGGED = ("night", "rows_in", "rows_out", "set_aside", "reused", "versions")  # of a manifest


@dataclass
class Manifest:
    """What a stage did in one night: rows_in = rows_out + everything set aside."""

    stage: str
    night: date
    rows_in: int = 0
    rows_out: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)  # reason -> rows
    reused: int = 0  # rows whose text the model had read before
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)  # name -> bytes

    def check_rows(self) -> None:
        set_aside = sum(self.set_aside.values())
        if self.rows_in != self.rows_out + set_aside:
            raise AssertionError(
                f"{self.stage} of {self.night}: {self.rows_in} rows in, {self.rows_out} out, {set_aside} set aside"
            )


class Lake:
    def __init__(self, root: Path, store: Mirror | None = None) -> None:
        self.root, self.store = root, store

    @classmethod
    def of(cls, settings: Settings) -> "Lake":
        store = Mirror(settings.store) if settings.store else None
        if store:
            store.claim(settings.data_dir)
        return cls(settings.data_dir, store).open()

    def open(self) -> "Lake":
        """Makes the folder where it is new; refuses one that a newer release wrote."""
        marker = self.root / "lake.json"
        if not marker.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            write_atomically(marker, json.dumps({"format": FORMAT}))
        found = json.loads(marker.read_text())["format"]
        if found > FORMAT:
            raise BadInput(
                f"{self.root} was written by a newer Toxwatch (lake format {found}, this release reads up to "
                f"{FORMAT}). Upgrade Toxwatch, or choose another --data-dir."
            )
        if found < FORMAT:  # what an older release wrote can be read as it is
            write_atomically(marker, json.dumps({"format": FORMAT}))
        return self

    def folder(self, dataset: str, night: date, model: str | None = None) -> Path:
        return self.root / dataset / (f"model={model}" if model else "") / f"night={night}"

    def nights(self, dataset: str, model: str | None = None) -> list[date]:
        """The finished nights of a dataset, oldest first."""
        manifests = (self.root / dataset / (f"model={model}" if model else "")).glob(f"night=*/{MANIFEST}")
        return sorted(date.fromisoformat(path.parent.name.removeprefix("night=")) for path in manifests)

    def models(self, dataset: str) -> list[str]:
        """The models that have nights of their own in a dataset."""
        return sorted(path.name.removeprefix("model=") for path in (self.root / dataset).glob("model=*"))

    def manifest(self, dataset: str, night: date, model: str | None = None) -> Manifest | None:
        path = self.folder(dataset, night, model) / MANIFEST
        if not path.exists():
            return None
        stored = json.loads(path.read_text())
        return Manifest(**{**stored, "night": date.fromisoformat(stored["night"])})

    def has(self, dataset: Dataset, night: date) -> bool:
        """Whether the night is finished, by whichever model."""
        models = self.models(dataset.name) if dataset.by_model else [None]
        return any((self.folder(dataset.name, night, model) / MANIFEST).exists() for model in models)

    def require(self, dataset: str, night: date, stage: str, model: str | None = None) -> Path:
        """The folder of a finished night; says which stage makes it where it is missing or not what it was."""
        folder, manifest = self.folder(dataset, night, model), self.manifest(dataset, night, model)
        if manifest is None:
            raise BadInput(
                f"The night {night} has no {dataset} data yet: run `toxwatch {stage} --night {night}` first."
            )
        sizes = {name: size for name, size in manifest.files.items() if not Path(name).name.startswith(".")}
        if changed := [name for name, size in sizes.items() if _size(folder / name) != size]:
            raise BadInput(
                f"{folder} is not as `toxwatch {stage}` left it: {', '.join(changed[:3])} changed or gone. "
                "If `forget`, `expire` or `rekey` was stopped, run it again; "
                f"else `toxwatch {stage} --night {night}` makes it again."
            )
        return folder

    @contextmanager
    def writing(self, dataset: str, manifest: Manifest, model: str | None = None) -> Iterator[Path]:
        """Yields an empty folder; when the block ends well it replaces the night's folder in one step."""
        target = self.folder(dataset, manifest.night, model)
        fresh, old = (target.with_name(f".{kind}-{target.name}") for kind in ("fresh", "old"))
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        started = time.monotonic()
        yield fresh
        manifest.seconds = round(time.monotonic() - started, 3)
        sign(fresh, manifest)
        log(f"{dataset} is written", work=manifest.stage, **{name: getattr(manifest, name) for name in LOGGED})
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
        self._update_store()

    def begun(self, dataset: str, night: date, model: str | None = None) -> Path:
        """Where a stage keeps what it has done of a night, so that it need not be done again when it was stopped."""
        target = self.folder(dataset, night, model)
        return target.with_name(f".begun-{target.name}")

    def sweep(self) -> None:
        """Takes away what stages that were stopped left; for whoever holds the lake's lock."""
        for left in self.root.glob("*/**/.*-night=*"):
            shutil.rmtree(left)
        if self.store:
            self.store.sweep()

    def _update_store(self) -> None:
        if self.store:
            with self.lock("store", wait=True):  # accounts are scraped side by side
                self.store.follow(self.root)

    def comment_files(self, dataset: str, night: date, model: str | None = None) -> list[Path]:
        return sorted(self.folder(dataset, night, model).glob(BY_NAME[dataset].files or ""))

    def remove(self, dataset: str, night: date) -> None:
        """Takes a night's folder away in one step, where it is there."""
        target = self.folder(dataset, night)
        old = target.with_name(f".old-{target.name}")
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
            shutil.rmtree(old)

    @contextmanager
    def lock(self, name: str, shared: bool = False, wait: bool = False) -> Iterator[None]:
        """Held until the block ends or the process dies; a second holder gets Busy at once, or waits.

        The store is brought up to date before the lake is let go of; where that was cut off, before it is written to.
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
            self._update_store()
            yield
            self._update_store()


def has_texts(lake: Lake, night: date) -> bool:
    """Whether a model can still read the night's comments."""
    manifest = lake.manifest("clean", night)
    return manifest is not None and "texts" not in manifest.versions.get("blanked", "")


def stored_rows(folder: object) -> int:
    return pyarrow.dataset.dataset(str(folder), format="parquet").count_rows()


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def rewrite(path: Path, table: pa.Table) -> None:
    """A Parquet file with other rows, in one step."""
    draft = path.with_name(f".{path.name}")
    pq.write_table(table, draft, compression="zstd")
    path.with_name(f".{path.name}.crc").unlink(missing_ok=True)  # Spark's checksum of the old rows
    draft.replace(path)


def sign(folder: Path, manifest: Manifest) -> None:
    """The manifest makes a folder a finished one, so it is written last."""
    manifest.check_rows()
    manifest.files = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    write_atomically(folder / MANIFEST, json.dumps(asdict(manifest), default=str, indent=1))


def write_atomically(path: Path, text: str) -> None:
    """The file holds the old text or the new, also after a power cut."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    with fresh.open("w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
