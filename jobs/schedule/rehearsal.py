"""Takes one comment through Spark, so that Java keeps the classes that a night loads: every later start is shorter.

`make setup` runs `python -m jobs.schedule.rehearsal`; run it again after a change of Java or of Spark's jars.
"""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jobs import clean, standin, validate
from jobs.config.settings import Settings
from jobs.lake.nights import Lake
from jobs.lake.raw import raw_file, sign_night, writing_raw
from jobs.spark.jvm import CLASSES, QUIET, SHORT_RUN
from jobs.spark.session import session
from warehouse.files import writing

NIGHT = date(2026, 11, 20)
COMMENT = {
    "postUrl": "https://www.instagram.com/p/1/", "id": "1", "text": "What a wonderful harbour", "ownerUsername": "anna",
    "timestamp": f"{NIGHT}T12:00:00.000Z", "replies": [], "likesCount": 0,
}  # fmt: skip


def run() -> None:
    CLASSES.unlink(missing_ok=True)  # Java cannot use what it kept and keep it anew
    with TemporaryDirectory() as folder, writing(CLASSES) as draft:
        os.environ["SPARK_SUBMIT_OPTS"] = " ".join((SHORT_RUN, f"-XX:ArchiveClassesAtExit={draft}", *QUIET))
        settings = replace(Settings.load(Path(folder)), targets_file=standin.TARGETS)
        lake = Lake.of(settings)
        with writing_raw(raw_file(lake, NIGHT, "instagram/harbour_fc")) as write:
            write("comment", "instagram", "rehearsal", COMMENT)
        sign_night(lake, NIGHT)
        for stage in (validate, clean):
            stage.run(settings, NIGHT)
        _end_java(settings)


def _end_java(settings: Settings) -> None:
    """Returns once Java has written its file, the last thing it does."""
    spark: Any = session(settings)
    java = spark.sparkContext._gateway.proc
    spark.stop()
    java.stdin.close()
    java.wait()


if __name__ == "__main__":
    run()
