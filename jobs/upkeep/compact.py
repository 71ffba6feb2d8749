"""Keeps a lake of years small: older nights move into their month's folder, old scores of texts are dropped."""

from datetime import date

from jobs.config.settings import Settings
from jobs.console import progress
from jobs.lake.authors import author_key
from jobs.lake.datasets import BY_NAME, DATASETS, REMEMBERED, Dataset
from jobs.lake.failures import recorded
from jobs.lake.manifests import read_folder
from jobs.lake.months import merge, months_due
from jobs.lake.nights import Lake, refuse_future

NEWEST = 14  # nights that keep a folder of their own: those that a scrape may look back on
AT_LEAST = 7  # nights that are moved together, since a month is written anew each time
LARGEST = 64 << 20  # bytes of a night that is moved; many large ones are no trouble as they are


def run(settings: Settings, night: date) -> int:
    """Returns how many nights were moved, counted in each dataset."""
    refuse_future(night)
    author_key(settings)  # refuses while a change of it has not ended
    lake, moved = Lake.of(settings), 0
    with recorded(lake, night, "compact"), lake.lock("lake"), progress("compact", night=night):
        lake.sweep()
        _drop_old_texts(lake, night)
        for dataset in DATASETS:
            for model in lake.models(dataset) if dataset.name != "texts" else []:
                for nights in months_due(lake, dataset.name, model, NEWEST, AT_LEAST):
                    small = [one for one in nights if _bytes(lake, dataset, one, model) <= LARGEST]
                    if small:
                        merge(lake, dataset, small, model)
                        moved += len(small)
    return moved


def _drop_old_texts(lake: Lake, night: date) -> None:
    """Only nights nearby look up the scores of texts."""
    for folder in lake.all_folders(BY_NAME["texts"]):
        if max(folder.manifests) < night - REMEMBERED:
            lake.remove(folder.path)


def _bytes(lake: Lake, dataset: Dataset, night: date, model: str | None) -> int:
    folder = read_folder(lake.folder(dataset.name, night, model))
    return sum(path.stat().st_size for path in folder.path.rglob("*") if path.is_file()) if folder else 0
