"""A Spark cluster of a master and two workers, each a process of its own: its night is that of one machine."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import pyspark
import pytest

from jobs import nightly, standin
from tests.conftest import watching
from warehouse import build

NIGHT = date(2026, 11, 10)
SPARK = Path(pyspark.__file__).parent
DEPLOY = "org.apache.spark.deploy"


@pytest.fixture
def master(tmp_path: Path) -> Iterator[str]:
    with ExitStack() as stack:
        log = stack.enter_context(
            running(tmp_path / "master", f"{DEPLOY}.master.Master", "--host", "127.0.0.1", "--port", "0")
        )
        address = said(log, r"Starting Spark master at (spark://\S+)")
        for name in ("one", "two"):
            worker = [
                f"{DEPLOY}.worker.Worker",
                "--cores",
                "1",
                "--memory",
                "1g",
                "--work-dir",
                str(tmp_path / name),
                address,
            ]
            said(stack.enter_context(running(tmp_path / name, *worker)), "(Successfully registered) with master")
        yield address


@contextmanager
def running(place: Path, *command: str) -> Iterator[Path]:
    """One of Spark's servers; gives its log."""
    place.mkdir()
    log = place / "log"
    env = {**os.environ, "SPARK_HOME": str(SPARK), "PYSPARK_PYTHON": sys.executable}
    with log.open("w") as file:
        server = subprocess.Popen([str(SPARK / "bin" / "spark-class"), *command, "--webui-port", "0"], env=env,
                                  stdout=file, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        yield log
    finally:
        server.terminate()
        server.wait(30)


def said(log: Path, pattern: str) -> str:
    for _ in range(600):
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_a_night_on_a_cluster_is_that_of_one_machine(tmp_path: Path, master: str, apify: standin.Server) -> None:
    alone = watching(tmp_path / "alone", apify)
    nightly.run(alone, [NIGHT], nightly.STAGES[:2])
    together = tmp_path / "together"
    shutil.copytree(alone.data_dir, together)
    nightly.run(alone, [NIGHT], nightly.STAGES[2:5])
    env = {**os.environ, "TOXWATCH_SPARK_MASTER": master, "TOXWATCH_TARGETS": str(alone.targets_file)}
    for stage in ("clean", "score", "publish"):
        command = [
            str(Path(sys.executable).with_name("toxwatch")),
            stage,
            "--night",
            str(NIGHT),
            "--data-dir",
            str(together),
        ]
        subprocess.run(command, env=env, check=True, timeout=300)
    hashes = [build.content_hash(data_dir / "warehouse") for data_dir in (alone.data_dir, together)]
    assert hashes[0] == hashes[1]
    assert "executor" in (tmp_path / "one" / "log").read_text().lower(), "the first worker did some of it"
