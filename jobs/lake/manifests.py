"""What makes a folder of the lake a finished one: a manifest, written last, of how its rows were made."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.errors import BadInput
from jobs.lake.datasets import Dataset
from jobs.lake.files import column_names, is_unfinished, read_json
from jobs.lake.schema import NIGHT
from models.card import file_hash
from warehouse.files import write_atomically

MANIFEST = "_manifest.json"
REMEDY = "Restore its folder from a backup; if there is none, delete the folder and run the night's stage again."
BLANKED = "blanked"  # among the versions: what was blanked because it expired
FIRST_AT = "first_at"  # among the versions: when a night was first published, whatever is published of it later


@dataclass
class Manifest:
    """What a stage did in one night: rows_in = rows_out + everything set aside."""

    stage: str
    night: date
    rows_in: int = 0
    rows_out: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)  # reason → rows
    reused: int = 0  # rows whose text the model had read before
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)  # name → bytes
    checksums: dict[str, str] = field(default_factory=dict)  # name → SHA-256
    accounts: dict[str, int] = field(default_factory=dict)  # "instagram/nasa" → comments

    def check_rows(self) -> None:
        set_aside = sum(self.set_aside.values())
        if self.rows_in != self.rows_out + set_aside:
            raise AssertionError(
                f"{self.stage} of {self.night}: {self.rows_in} rows in, {self.rows_out} out, {set_aside} set aside"
            )

    @property
    def blanked(self) -> list[str]:
        return self.versions.get(BLANKED, "").split()

    @property
    def first_at(self) -> str | None:
        return self.versions.get(FIRST_AT)

    def forget(self, rows: int) -> None:
        """Rows that were erased are counted as set aside."""
        if rows:
            self.set_aside["forgotten"] = self.set_aside.get("forgotten", 0) + rows
            self.rows_out -= rows


@dataclass(frozen=True)
class Folder:
    """A finished folder: one night's, or a month's, whose files have a column `night` besides."""

    path: Path
    manifests: dict[date, Manifest]

    @property
    def is_month(self) -> bool:
        return self.path.name.startswith("month=")

    def files(self, dataset: Dataset) -> list[Path]:
        """Those with comments or their texts."""
        return sorted(self.path.glob(dataset.rows))

    def files_with(self, columns: Collection[str]) -> list[Path]:
        """Those with one of these columns; an older release wrote fewer."""
        return [path for path in sorted(self.path.glob("*.parquet")) if set(columns) & column_names(path)]

    def nights_of(self, rows: pa.Table) -> list[date]:
        """The night of each row of one of its files."""
        nights: list[date] = rows[NIGHT.name].to_pylist() if self.is_month else list(self.manifests) * rows.num_rows
        return nights

    def sign(self) -> None:
        sign(self.path, list(self.manifests.values()))


@dataclass(frozen=True)
class Stored:
    """One finished night, and the folder that it lies in."""

    folder: Folder
    night: date

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def manifest(self) -> Manifest:
        return self.folder.manifests[self.night]


def sign(folder: Path, manifests: Sequence[Manifest]) -> None:
    """Finishes a night's folder, or with several manifests a month's."""
    for manifest in manifests:
        manifest.check_rows()
    paths = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if _is_content(path)}
    files = {name: path.stat().st_size for name, path in paths.items()}
    checksums = {name: file_hash(path) for name, path in paths.items()}
    if "month=" in folder.name:
        nights = [asdict(replace(one, files={}, checksums={})) for one in manifests]
        content: dict[str, Any] = {"nights": nights, "files": files, "checksums": checksums}
    else:
        (manifest,) = manifests
        manifest.files, manifest.checksums = files, checksums
        content = asdict(manifest)
    write_atomically(folder / MANIFEST, json.dumps(content, default=str, indent=1))


def _is_content(path: Path) -> bool:
    return path.is_file() and path.name != MANIFEST and not is_unfinished(path.name)


def damaged(folder: Path) -> list[str]:
    """Files of a finished folder that are missing or not what they were when it was signed."""
    stored = read_json(folder / MANIFEST, REMEDY)
    sizes, checksums = stored.get("files", {}), stored.get("checksums", {})  # an older release wrote sizes only
    return [
        name
        for name, size in sizes.items()
        if not (path := folder / name).is_file()
        or path.stat().st_size != size
        or (name in checksums and file_hash(path) != checksums[name])
    ]


def read_folder(path: Path) -> Folder | None:
    """None where the folder is not finished."""
    try:
        stored = read_json(path / MANIFEST, REMEDY)
    except FileNotFoundError:
        return None
    try:
        manifests = [_manifest(one) for one in stored.get("nights", [stored])]
    except (TypeError, ValueError, KeyError) as damage:
        raise BadInput(f"{path / MANIFEST} is damaged ({damage}). {REMEDY}") from None
    return Folder(path, {one.night: one for one in manifests})


def files_of(folder: Path) -> dict[str, int]:
    """The files that a finished folder had when it was signed, and their sizes."""
    files: dict[str, int] = read_json(folder / MANIFEST, REMEDY).get("files", {})
    return files


def _manifest(stored: dict[str, Any]) -> Manifest:
    return Manifest(**{**stored, "night": date.fromisoformat(stored["night"])})
