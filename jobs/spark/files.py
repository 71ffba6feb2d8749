"""Folders of the lake as Spark reads and writes them: on this disk, or in the object store for a cluster."""

import shutil
from pathlib import Path, PurePosixPath

from pyspark.sql import DataFrame

from jobs.config.settings import Settings
from jobs.lake.mirror import Mirror


def located(settings: Settings, path: Path) -> str:
    """Where Spark finds a path of the data folder: a cluster in the store, if there is one; else here."""
    shared = shared_mirror(settings)
    return shared.seen_by_hadoop(path.relative_to(settings.data_dir)) if shared else str(path)


def write(rows: DataFrame, settings: Settings, folder: Path) -> None:
    """Parquet files in a folder of the lake."""
    rows.write.mode("overwrite").parquet(located(settings, folder))
    if shared := shared_mirror(settings):
        shared.bring(settings.data_dir, folder)


def make_folder(settings: Settings, folder: Path) -> Path:
    """A folder to append to, with what an earlier attempt left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    if shared := shared_mirror(settings):
        shared.make(PurePosixPath(folder.relative_to(settings.data_dir)))
    return folder


def append(rows: DataFrame, settings: Settings, folder: Path) -> None:
    """Adds a Parquet file as each task ends; they stay when the work is stopped."""
    at_once = {"mapreduce.fileoutputcommitter.algorithm.version": "2"}
    rows.write.mode("append").options(**at_once).parquet(located(settings, folder))


def delete_folder(settings: Settings, folder: Path) -> None:
    shutil.rmtree(folder)
    if shared := shared_mirror(settings):
        shared.drop(PurePosixPath(folder.relative_to(settings.data_dir)))


def shared_mirror(settings: Settings) -> Mirror | None:
    return Mirror(settings.store) if settings.store and not settings.spark_master.startswith("local") else None
