"""What a cluster's workers are sent: our code and the model. Their machines need Python and its packages only."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zipfile import ZipFile

from pyspark import SparkContext

from jobs.config.settings import PROJECT
from jobs.spark.workers import Model
from models.card import read_card

SPAM = PROJECT / "models" / "shipped" / "spam"  # read where texts are cleaned
PACKAGES = ("jobs", "models", "warehouse")  # which jobs/spark/workers.py imports, by way of models.card


@cache
def send_code(context: SparkContext, scratch: Path) -> None:
    files = [file for package in PACKAGES for file in (PROJECT / package).rglob("*.py")]
    files += (file for file in SPAM.iterdir() if file.is_file())
    context.addPyFile(str(_packed(scratch / "toxwatch.zip", PROJECT, files)))


@cache
def send_model(context: SparkContext, scratch: Path, model_dir: Path) -> Model:
    """With the models that it joins, where it looks for them."""
    folders = [model_dir, *_parts(model_dir)]
    top = Path(os.path.commonpath(folders))
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    archive = _packed(scratch / f"{read_card(model_dir)['version']}.zip", top, sorted(files))
    context.addArchive(str(archive))
    return Model(model_dir.relative_to(top), archive.name)


def _parts(model_dir: Path) -> Iterator[Path]:
    for part in read_card(model_dir).get("parts", {}).values():
        yield Path(os.path.normpath(model_dir / part["folder"]))


def _packed(archive: Path, top: Path, files: list[Path]) -> Path:
    with ZipFile(archive, "w") as packed:
        for file in files:
            packed.write(file, file.relative_to(top))
    return archive
