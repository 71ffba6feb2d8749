"""One Spark session per process: local and bounded in memory, or on the master in TOXWATCH_SPARK_MASTER."""

import atexit
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import cache
from pathlib import Path
from typing import Any

from pyspark import InheritableThread, StatusTracker
from pyspark.sql import SparkSession

from jobs.config.settings import LOGS_JSON, Settings
from jobs.console import ABOUT, Advance
from jobs.lake.mirror import Mirror
from jobs.spark import cluster
from jobs.spark.jars import LOOPBACK, session_jars
from jobs.spark.jvm import ready_classes
from jobs.spark.workers import Model

LOGGING = Path(__file__).with_name("log4j2.properties")
SLICE = 8_000  # comments: what a worker reads at once, and what is lost where it is stopped
MOST_SLICES = 2_000  # larger ones then, since each is a task, a file and a part of a shuffle
START, WATCH = "start of Spark", "progress of tasks"  # threads
LOOK_EVERY = 0.5  # seconds


def session(settings: Settings) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if is_local := settings.spark_master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    jars, between = ("spark.driver.extraClassPath", ":") if is_local else ("spark.jars", ",")
    shared = shared_mirror(settings)
    java = {
        "log4j2.configurationFile": f"file:{LOGGING}",
        "java.io.tmpdir": scratch(),
        "toxwatch.log": "json" if LOGS_JSON else "plain",
    }
    options = [*(f"-D{name}={value}" for name, value in java.items()), *(ready_classes() if is_local else ())]
    found = (
        SparkSession.builder.master(settings.spark_master)
        .appName("toxwatch")
        .config("spark.driver.memory", settings.spark_memory)
        .config("spark.driver.extraJavaOptions", " ".join(options))
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config(jars, between.join(map(str, session_jars(with_s3=shared is not None))))
        .config(map=shared.for_hadoop() if shared else {})
        .config("spark.jsl.settings.onnx.intraOpNumThreads", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "64")  # at most: Spark joins small ones
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")  # as others read it, in UTC
        .config("spark.sql.warehouse.dir", tempfile.gettempdir())
        .config("spark.driver.host", LOOPBACK if is_local else socket.gethostname())
        .config("spark.driver.bindAddress", LOOPBACK if is_local else "0.0.0.0")
        .getOrCreate()
    )
    if not is_local:
        cluster.send_code(found.sparkContext, Path(scratch()))
    jvm: Any = found.sparkContext._jvm
    jvm.System.setProperty("toxwatch.night", ABOUT.get({}).get("night", ""))  # for its log
    return found


def warm_up(settings: Settings) -> None:
    """Starts Java beside this process, which has Great Expectations to import meanwhile."""
    if any(thread.name == START for thread in threading.enumerate()):
        return  # of the command before in the same process, which was refused meanwhile

    def start() -> None:
        with suppress(Exception):  # the stage that needs the session meets the same error, and tells of it
            session(settings)

    InheritableThread(target=start, name=START, daemon=True).start()


def slices(settings: Settings, rows: int) -> int:
    """How many parts Spark takes this many comments in. By rows: equal comments are few bytes and as much work."""
    return max(session(settings).sparkContext.defaultParallelism, min(rows // SLICE + 1, MOST_SLICES))


@contextmanager
def tasks_watched(settings: Settings, advance: Advance) -> Iterator[None]:
    """Advances with Spark's tasks; those of stages that have not begun are not known yet."""
    tracker, over = session(settings).sparkContext.statusTracker(), threading.Event()
    watch = InheritableThread(target=copy_context().run, args=(_watch, tracker, advance, over), name=WATCH, daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def shared_mirror(settings: Settings) -> Mirror | None:
    """The object store, where a cluster reads and writes the lake."""
    return Mirror(settings.store) if settings.store and not settings.spark_master.startswith("local") else None


def _watch(tracker: StatusTracker, advance: Advance, over: threading.Event) -> None:
    ids, shown, is_over = set[int](), 0, False
    while not is_over:
        is_over = over.wait(LOOK_EVERY)
        ids.update(tracker.getActiveStageIds())
        stages = [stage for id in ids if (stage := tracker.getStageInfo(id))]
        done = sum(stage.numCompletedTasks for stage in stages)
        advance(done - shown, total=sum(stage.numTasks for stage in stages) or None)
        shown = done


def shipped(settings: Settings, model_dir: Path) -> Model:
    """Where the workers find a model."""
    if settings.spark_master.startswith("local"):
        return Model(model_dir)
    return cluster.send_model(session(settings).sparkContext, Path(scratch()), model_dir)


@cache
def scratch() -> str:
    """A folder that goes with this process; Java puts there what Spark NLP unpacks and leaves behind."""
    folder = tempfile.mkdtemp(prefix="toxwatch-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
