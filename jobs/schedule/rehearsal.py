"""Takes one comment through Spark, so that Java keeps the classes that a night loads: every later start is shorter.

`make setup` runs `python -m jobs.schedule.rehearsal`; run it again after a change of Java or of Spark's jars.
"""

import os
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs import clean, standin
from jobs.config.settings import Settings
from jobs.lake import schema
from jobs.lake.manifests import Manifest
from jobs.lake.nights import Lake
from jobs.spark.jvm import CLASSES, QUIET, SHORT_RUN
from jobs.spark.session import session
from warehouse.files import writing

NIGHT = date(2026, 11, 20)
COMMENT = {
    "comment_id": "instagram:1", "platform": "instagram", "account": "harbour_fc", "post_id": "instagram:P",
    "text": "What a wonderful harbour", "has_media": False, "posted_at": datetime(2026, 11, 20, tzinfo=UTC),
}  # fmt: skip


def run() -> None:
    CLASSES.unlink(missing_ok=True)  # Java cannot use what it kept and keep it anew
    with TemporaryDirectory() as folder, writing(CLASSES) as draft:
        os.environ["SPARK_SUBMIT_OPTS"] = " ".join((SHORT_RUN, f"-XX:ArchiveClassesAtExit={draft}", *QUIET))
        settings = replace(Settings.load(Path(folder)), targets_file=standin.TARGETS)
        validated = Manifest("validate", NIGHT, rows_in=1, rows_out=1)
        with Lake.of(settings).open().writing("validated", validated) as place:
            pq.write_table(pa.Table.from_pylist([COMMENT], schema.VALIDATED), place / "comments.parquet")
        clean.run(settings, NIGHT)
        _end_java(settings)
        if not draft.exists():
            sys.exit("This Java keeps no classes. Spark works without them and takes some seconds longer to start.")


def _end_java(settings: Settings) -> None:
    """Returns once Java has written its file, the last thing it does."""
    spark: Any = session(settings)
    java = spark.sparkContext._gateway.proc
    spark.stop()
    java.stdin.close()
    java.wait()


if __name__ == "__main__":
    run()
