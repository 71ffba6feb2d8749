"""Java keeps the classes that a night loads, and the next start of Spark finds them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.spark.jvm import SHORT_RUN

pytestmark = pytest.mark.slow

START = (
    "from jobs.config.settings import Settings; from jobs.spark.session import session; "
    "session(Settings.load()).range(1).count()"
)


def test_a_start_of_spark_finds_what_a_rehearsal_loaded(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "jobs.schedule.rehearsal"], check=True)
    log = tmp_path / "classes.log"
    options = {"SPARK_SUBMIT_OPTS": f"{SHORT_RUN} -Xlog:class+load:file={log}", "TOXWATCH_DATA_DIR": str(tmp_path)}
    started = subprocess.run([sys.executable, "-c", START], env=os.environ | options, capture_output=True, check=True)
    sources = [line.partition("source: ")[2] for line in log.read_text().splitlines()]
    assert sources.count("shared objects file (top)") > len(sources) / 2
    assert b"[cds" not in started.stdout + started.stderr
