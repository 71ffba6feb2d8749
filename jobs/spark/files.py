"""Folders of the lake as Spark reads and writes them: on this disk, or in the object store for a cluster."""

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.config.settings import Settings
from jobs.lake.files import stored_rows
from jobs.lake.manifests import Stored
from jobs.lake.schema import NIGHT
from jobs.spark.session import session, shared_mirror


def located(settings: Settings, path: Path) -> str:
    """Where Spark finds a path of the data folder: a cluster in the store, if there is one; else here."""
    shared = shared_mirror(settings)
    return shared.hadoop_path(path.relative_to(settings.data_dir)) if shared else str(path)


def read(settings: Settings, columns: pa.Schema, nights: Sequence[Stored], files: str = "*.parquet") -> DataFrame:
    """The rows of some nights, and the `night` of each."""
    types = from_arrow_schema(columns.append(NIGHT))
    reader = session(settings).read.schema(types).option("pathGlobFilter", files)
    rows = session(settings).createDataFrame([], types)
    if own := [one.path for one in nights if not one.folder.is_month]:
        of_nights = reader.option("basePath", located(settings, own[0].parent))
        rows = rows.unionByName(of_nights.parquet(*(located(settings, path) for path in own)))
    for path in sorted({one.path for one in nights if one.folder.is_month}):
        wanted = [one.night for one in nights if one.path == path]
        of_month = session(settings).read.schema(types).option("pathGlobFilter", files)
        rows = rows.unionByName(of_month.parquet(located(settings, path)).where(F.col("night").isin(wanted)))
    return rows


def read_folder(settings: Settings, columns: pa.Schema, folder: Path, **options: str) -> DataFrame:
    reader = session(settings).read.schema(from_arrow_schema(columns)).options(**options)
    return reader.parquet(located(settings, folder))


def write(rows: DataFrame, settings: Settings, folder: Path, name: str = "part") -> int:
    """Writes Parquet files of this name into a folder of the lake; returns how many rows they hold."""
    written = folder / f".{name}"
    rows.write.mode("overwrite").parquet(located(settings, written))
    if shared := shared_mirror(settings):
        shared.bring(settings.data_dir, written)
    for number, path in enumerate(sorted(written.glob("*.parquet"))):
        path.rename(folder / f"{name}-{number:05}.parquet")
    shutil.rmtree(written)
    return stored_rows(folder, f"{name}-*.parquet")


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
