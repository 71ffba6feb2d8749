"""A Spark cluster of a master and two workers, each a process of its own: its night is that of one machine.

Its workers have the packages that we need, but not us: our code and the model come to them with the work.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyspark
import pytest

from jobs.config.settings import Settings
from jobs.lake.nights import Lake
from jobs.spark.jars import fetch_s3
from tests.conftest import TOXWATCH, environment
from tests.fixtures import store
from tests.fixtures.nights import NIGHTS, copied, undone
from warehouse import build

pytestmark = pytest.mark.long

[NIGHT, _] = NIGHTS
SPARK = Path(pyspark.__file__).parent
DEPLOY = "org.apache.spark.deploy"


class Server(NamedTuple):
    process: subprocess.Popen
    log: Path


class Cluster(NamedTuple):
    address: str
    workers: list[Server]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        enter = stack.enter_context
        master = enter(running(tmp_path / "master", f"{DEPLOY}.master.Master", "--host", "127.0.0.1", "--port", "0"))
        where = output(master.log, r"Starting Spark master at (spark://\S+)")
        workers = []
        for name in ("one", "two"):
            limits = ["--cores", "1", "--memory", "1g", "--work-dir", str(tmp_path / name)]
            workers.append(enter(running(tmp_path / name, f"{DEPLOY}.worker.Worker", *limits, where)))
            output(workers[-1].log, "(Successfully registered) with master")
        yield Cluster(where, workers)


@contextmanager
def running(place: Path, *command: str) -> Iterator[Server]:
    """One of Spark's servers."""
    place.mkdir()
    log = place / "log"
    env = {**os.environ, "SPARK_HOME": str(SPARK), "PYSPARK_PYTHON": sys.executable}
    with log.open("w") as file:
        process = subprocess.Popen([str(SPARK / "bin" / "spark-class"), *command, "--webui-port", "0"], env=env,
                                   stdout=file, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        yield Server(process, log)
    finally:
        process.terminate()
        process.wait(30)


def python_without_us(place: Path) -> Path:
    """As on a machine where only the packages are installed: no .pth file is heeded, and we are on no path."""
    packages = Path(pyspark.__file__).parent.parent
    place.write_text(f'#!/bin/sh\nPYTHONPATH={packages} exec {sys.executable} -S "$@"\n')
    place.chmod(0o755)
    looked = subprocess.run(
        [place, "-c", "import numpy, jobs.nightly"], cwd=place.parent, capture_output=True, text=True, check=False
    )
    assert "No module named 'jobs" in looked.stderr
    return place


def output(log: Path, pattern: str) -> str:
    for _ in range(600):
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.mark.slow
@pytest.mark.parametrize("lake", ["shared disk", "store"])  # Hadoop's S3 is 300 MB
def test_a_night_on_a_cluster_that_loses_a_worker_is_that_of_one_machine(
    tmp_path: Path,
    cluster: Cluster,
    after_one_night: Settings,
    bucket: Any,
    lake: str,
) -> None:
    alone = after_one_night
    stages = ("validated", "rejected", "clean", "texts", "scored", "published", "monitored")
    together = undone(copied(alone, tmp_path), *stages).data_dir
    env = {**environment(alone), "TOXWATCH_SPARK_MASTER": cluster.address}
    env["PYSPARK_PYTHON"] = str(python_without_us(tmp_path / "python"))
    env["PYSPARK_SUBMIT_ARGS"] = "--executor-memory 900m pyspark-shell"
    if lake == "store":
        fetch_s3()
        env["TOXWATCH_STORE"] = store.address(bucket)
    command = [TOXWATCH, "nightly", "--no-scrape", "--night", str(NIGHT), "--data-dir", str(together)]
    with subprocess.Popen(command, env=env) as night:
        while not Lake(together).manifest("clean", NIGHT):
            assert night.poll() is None, "the night ended before it lost a worker"
            time.sleep(0.05)
        cluster.workers[1].process.kill()  # as score begins
    assert night.returncode == 0
    hashes = [build.content_hash(data_dir / "warehouse") for data_dir in (alone.data_dir, together)]
    assert hashes[0] == hashes[1]
    stored = any(key.startswith("scored/") for key in store.held(bucket))
    assert stored == (lake == "store")
    for worker in cluster.workers:
        assert "Asked to launch executor" in worker.log.read_text(), "both did some of it"
