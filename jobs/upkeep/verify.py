"""Reads everything that is stored and compares it with what it should be: lake, warehouse, databases, object store."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from jobs.config.settings import Settings
from jobs.console import progress
from jobs.lake.authors import author_key
from jobs.lake.datasets import DATASETS, Dataset
from jobs.lake.manifests import Folder, damaged
from jobs.lake.mirror import Mirror
from jobs.lake.nights import Lake
from jobs.upkeep.traces import databases
from warehouse import WarehouseError, build, sqlite


@dataclass
class Verified:
    read: dict[str, int] = field(default_factory=dict)  # what was read → how many
    problems: list[str] = field(default_factory=list)


def run(settings: Settings) -> Verified:
    found = Verified()
    author_key(settings)
    lake = Lake.of(settings)
    with lake.lock("lake"):
        checks = {
            "folders of the lake": _lake(lake),
            "versions of the warehouse": _warehouse(settings),
            "databases": _databases(settings),
            "object stores": _store(settings),
        }
        for what, problems in checks.items():
            found.read[what] = 0
            for problem in problems:
                found.read[what] += 1
                found.problems += [problem] if problem else []
    return found


def _lake(lake: Lake) -> Iterator[str]:
    """For each folder what is wrong with it, or nothing."""
    folders = [(dataset, folder) for dataset in DATASETS for folder in lake.all_folders(dataset)]
    with progress("verify the lake", len(folders)) as advance:
        for dataset, folder in folders:
            bad = damaged(folder.path)
            yield f"{folder.path}: {', '.join(bad[:3])} missing or damaged. {_remedy(dataset, folder)}" if bad else ""
            advance()


def _remedy(dataset: Dataset, folder: Folder) -> str:
    night = min(folder.manifests)
    return f"Restore a backup, or make the night again with `toxwatch {dataset.stage} --night {night}`."


def _warehouse(settings: Settings) -> Iterator[str]:
    for version in build.versions(settings.data_dir / "warehouse"):
        try:
            build.check_readable(version)
            yield ""
        except WarehouseError as error:
            yield str(error)


def _databases(settings: Settings) -> Iterator[str]:
    for file in databases(settings.data_dir):
        answer = sqlite.check(file)
        yield "" if answer == "ok" else f"{file} is damaged ({answer}). Restore it from a backup."


def _store(settings: Settings) -> Iterator[str]:
    if settings.store:
        mirror = Mirror(settings.store)
        differing = mirror.differing(settings.data_dir)
        mirror.repair(settings.data_dir, differing)
        what = f"{len(differing)} files were not as they are here, and are sent again now: {', '.join(differing[:3])}"
        yield f"{settings.store}: {what}" if differing else ""
