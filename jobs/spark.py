"""One local Spark session a process, bounded in memory; another master by TOXWATCH_SPARK_MASTER.

`python -m jobs.spark` fetches Spark NLP's jar, once: every session finds it beside the Python that runs it. With
`s3` or `kafka` it fetches what a cluster with a store, or a stream from a topic, needs besides.
"""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path, PurePosixPath
from threading import Event
from typing import Any

from pyspark import InheritableThread, StatusTracker
from pyspark.sql import DataFrame, SparkSession

from jobs import cluster
from jobs.console import ABOUT, Advance, progress
from jobs.errors import BadInput
from jobs.in_python import Model
from jobs.settings import LOGS_JSON, Settings
from jobs.store import Store

LOGGING = Path(__file__).with_name("log4j2.properties")
IVY = Path(sys.prefix) / "share" / "toxwatch" / "ivy"
SPARK_NLP = ("com.johnsnowlabs.nlp:spark-nlp_2.12:5.5.3",)
ENGINE = (  # of jobs/in_jvm.py; TensorFlow's classes are named by Spark NLP's, and not run
    *("com.microsoft.onnxruntime:onnxruntime:1.19.2", "com.google.protobuf:protobuf-java:3.19.4"),
    *("org.tensorflow:tensorflow-core-api:0.4.1", "org.tensorflow:ndarray:0.4.0", "org.bytedeco:javacpp:1.5.7"),
)
S3 = ("org.apache.hadoop:hadoop-aws:3.3.4",)  # of the Hadoop that PySpark brings
KAFKA = ("org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7",)  # the newest 3.5 on Maven Central
IN_SPARK = (  # of what Kafka's connector asks for
    *("org.apache.hadoop:*", "org.lz4:*", "org.xerial.snappy:*", "org.slf4j:*", "com.google.code.findbugs:*"),
    "commons-logging:*",
)
NOT_NEEDED = (  # by the annotators of jobs/terms.py: engines and readers
    *("com.johnsnowlabs.nlp:tensorflow*", "com.johnsnowlabs.nlp:jsl-*", "com.microsoft*:*", "com.google*:*"),
    *("com.fasterxml*:*", "com.github*:*", "com.navigamez:*", "org.*:*", "jakarta*:*", "commons-*:*", "joda-time:*"),
    *("software.amazon*:*", "com.amazonaws:jmespath*", "com.amazonaws:*kms"),
)
SLICE = 8_000  # comments: what a worker reads at once, and what is lost where it is stopped
MOST_SLICES = 2_000  # larger ones then, since each is a task, a file and a part of a shuffle
WATCH = "progress of tasks"  # a thread
LOOK_EVERY = 0.5  # seconds


def session(settings: Settings) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    is_local = settings.spark_master.startswith("local")
    jars, between = ("spark.driver.extraClassPath", ":") if is_local else ("spark.jars", ",")
    shared = _shared(settings)
    java = {
        "log4j2.configurationFile": f"file:{LOGGING}",
        "java.io.tmpdir": scratch(),
        "toxwatch.log": "json" if LOGS_JSON else "plain",
    }
    found = (
        SparkSession.builder.master(settings.spark_master)
        .appName("toxwatch")
        .config("spark.driver.memory", settings.spark_memory)
        .config("spark.driver.extraJavaOptions", " ".join(f"-D{name}={value}" for name, value in java.items()))
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config(jars, between.join(map(str, _jars(with_s3=shared is not None))))
        .config(map=shared.for_hadoop() if shared else {})
        .config("spark.jsl.settings.onnx.intraOpNumThreads", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "64")  # at most: Spark joins small ones
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.warehouse.dir", tempfile.gettempdir())
        .config("spark.driver.host", "127.0.0.1" if is_local else socket.gethostname())
        .config("spark.driver.bindAddress", "127.0.0.1" if is_local else "0.0.0.0")
        .getOrCreate()
    )
    if not is_local:
        cluster.send_code(found.sparkContext, Path(scratch()))
    jvm: Any = found.sparkContext._jvm
    jvm.System.setProperty("toxwatch.night", ABOUT.get({}).get("night", ""))  # for its log
    return found


def seen(settings: Settings, path: Path) -> str:
    """Where Spark finds a path of the data folder: a cluster in the store, if there is one; else here."""
    shared = _shared(settings)
    return shared.seen_by_hadoop(path.relative_to(settings.data_dir)) if shared else str(path)


def slices(settings: Settings, rows: int) -> int:
    """How many parts Spark takes this many comments in. By rows: equal comments are few bytes and as much work."""
    return max(session(settings).sparkContext.defaultParallelism, min(rows // SLICE + 1, MOST_SLICES))


def write(rows: DataFrame, settings: Settings, folder: Path) -> None:
    """Parquet files in a folder of the lake."""
    rows.write.mode("overwrite").parquet(seen(settings, folder))
    if shared := _shared(settings):
        shared.bring(settings.data_dir, folder)


def begin(settings: Settings, folder: Path) -> Path:
    """A folder for `keep`, with what was kept before."""
    folder.mkdir(parents=True, exist_ok=True)
    if shared := _shared(settings):
        shared.make(PurePosixPath(folder.relative_to(settings.data_dir)))
    return folder


def keep(rows: DataFrame, settings: Settings, folder: Path) -> None:
    """Adds Parquet files to a folder, one as each task ends: they stay when the work is stopped."""
    at_once = {"mapreduce.fileoutputcommitter.algorithm.version": "2"}
    rows.write.mode("append").options(**at_once).parquet(seen(settings, folder))


def drop(settings: Settings, folder: Path) -> None:
    shutil.rmtree(folder)
    if shared := _shared(settings):
        shared.drop(PurePosixPath(folder.relative_to(settings.data_dir)))


@contextmanager
def progress_of_tasks(settings: Settings, work: str, night: date) -> Iterator[None]:
    """The progress of Spark's tasks; those of stages that have not begun are not known yet."""
    with progress(work, night=night) as advance:
        tracker, over = session(settings).sparkContext.statusTracker(), Event()
        watch = InheritableThread(target=_watch, args=(tracker, advance, over), name=WATCH, daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()


def _watch(tracker: StatusTracker, advance: Advance, over: Event) -> None:
    ids, shown, is_over = set[int](), 0, False
    while not is_over:
        is_over = over.wait(LOOK_EVERY)
        ids.update(tracker.getActiveStageIds())
        stages = [stage for id in ids if (stage := tracker.getStageInfo(id))]
        done = sum(stage.numCompletedTasks for stage in stages)
        advance(done - shown, total=sum(stage.numTasks for stage in stages) or None)
        shown = done


def _shared(settings: Settings) -> Store | None:
    return Store(settings.store) if settings.store and not settings.spark_master.startswith("local") else None


def shipped(settings: Settings) -> Model:
    """Where the workers find the model."""
    if settings.spark_master.startswith("local"):
        return Model(settings.model_dir)
    return cluster.send_model(session(settings).sparkContext, Path(scratch()), settings.model_dir)


@cache
def scratch() -> str:
    """A folder that goes with this process; Java puts there what Spark NLP unpacks and leaves behind."""
    folder = tempfile.mkdtemp(prefix="toxwatch-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _jars(with_s3: bool) -> list[Path]:
    own = nlp_jars() + engine_jars() + kafka_jars()
    if not with_s3:
        return own
    return [jar for jar in own if "amazonaws" not in jar.name] + s3_jars()  # which holds all of Amazon's


def nlp_jars() -> list[Path]:
    """Spark NLP's jar and what its annotators need; none where they could not be fetched."""
    return sorted((IVY / "jars").glob("*.jar"))


def engine_jars() -> list[Path]:
    """What Spark NLP's transformers need besides."""
    return sorted((IVY / "engine" / "jars").glob("*.jar"))


def kafka_jars() -> list[Path]:
    """What a stream needs to read a topic; none where it was not fetched."""
    return sorted((IVY / "kafka" / "jars").glob("*.jar"))


def s3_jars() -> list[Path]:
    """What a cluster needs to reach a store."""
    if not (jars := sorted((IVY / "s3" / "jars").glob("*.jar"))):
        raise BadInput("Spark cannot reach TOXWATCH_STORE without Hadoop's S3: `python -m jobs.spark s3` fetches it.")
    return jars


def fetch_jars() -> None:
    """By Spark's own resolver, from Maven; raises BadInput where it cannot."""
    fetch(IVY, SPARK_NLP, NOT_NEEDED)
    fetch(IVY / "engine", ENGINE)


def fetch_s3() -> None:
    """300 MB, which only a cluster with a store needs."""
    fetch(IVY / "s3", S3)


def fetch_kafka() -> None:
    """6 MB."""
    fetch(IVY / "kafka", KAFKA, IN_SPARK)


def fetch(folder: Path, packages: Sequence[str], but_not: Sequence[str] = ()) -> None:
    python = Path(sys.executable).parent
    command = [str(python / "spark-submit"), "--packages", ",".join(packages), "--exclude-packages", ",".join(but_not)]
    command += ["--conf", f"spark.jars.ivy={folder}", "--conf", "spark.ui.enabled=false", "--master", "local[1]"]
    path = f"{python}:{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [*command, os.devnull], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if not any((folder / "jars").glob("*.jar")):
        raise BadInput(f"{packages[0]} could not be fetched from Maven: {done.stderr.strip()[-300:]}")


if __name__ == "__main__":
    try:
        {"s3": fetch_s3, "kafka": fetch_kafka}.get("".join(sys.argv[1:]), fetch_jars)()
    except BadInput as error:
        sys.exit(f"{error}\nNights work without it; what does not says so.")
