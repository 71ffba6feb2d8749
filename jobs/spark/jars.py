"""Spark's jars: Spark NLP, ONNX Runtime for Java, S3, Kafka. Every session finds them beside the Python that runs it.

`python -m jobs.spark.jars` fetches Spark NLP and its engine; with `s3` or `kafka`, what a cluster with an object store
or a stream from a topic needs.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from jobs.errors import BadInput

IVY = Path(sys.prefix) / "share" / "toxwatch" / "ivy"
SPARK_NLP = ("com.johnsnowlabs.nlp:spark-nlp_2.12:5.5.3",)
ENGINE = (  # of jobs/spark/spark_nlp.py; TensorFlow's classes are named by Spark NLP's, and not run
    *("com.microsoft.onnxruntime:onnxruntime:1.19.2", "com.google.protobuf:protobuf-java:3.19.4"),
    *("org.tensorflow:tensorflow-core-api:0.4.1", "org.tensorflow:ndarray:0.4.0", "org.bytedeco:javacpp:1.5.7"),
)
S3 = ("org.apache.hadoop:hadoop-aws:3.3.4",)  # of the Hadoop that PySpark brings
KAFKA = ("org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7",)  # the newest 3.5 on Maven Central
IN_SPARK = (  # of what Kafka's connector asks for
    *("org.apache.hadoop:*", "org.lz4:*", "org.xerial.snappy:*", "org.slf4j:*", "com.google.code.findbugs:*"),
    "commons-logging:*",
)
NOT_NEEDED = (  # by the annotators of jobs/spark/terms.py: engines and readers
    *("com.johnsnowlabs.nlp:tensorflow*", "com.johnsnowlabs.nlp:jsl-*", "com.microsoft*:*", "com.google*:*"),
    *("com.fasterxml*:*", "com.github*:*", "com.navigamez:*", "org.*:*", "jakarta*:*", "commons-*:*", "joda-time:*"),
    *("software.amazon*:*", "com.amazonaws:jmespath*", "com.amazonaws:*kms"),
)

LOOPBACK = "127.0.0.1"  # Spark on one machine needs no name; some machines cannot look up their own
CAUSE = re.compile(r"Server access error.*|Host \S+ not found.*|unresolved dependency.*")


def session_jars(with_s3: bool) -> list[Path]:
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
        raise BadInput(
            "Spark cannot reach TOXWATCH_STORE without Hadoop's S3: `python -m jobs.spark.jars s3` fetches it."
        )
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
    environment = {"SPARK_LOCAL_IP": LOOPBACK, **os.environ, "PATH": path}
    done = subprocess.run([*command, os.devnull], env=environment, capture_output=True, text=True, check=False)
    shutil.rmtree(folder / "cache", ignore_errors=True)  # a second copy
    if not any((folder / "jars").glob("*.jar")):
        reasons = CAUSE.findall(done.stdout + done.stderr) or [done.stderr.strip()[-300:]]
        raise BadInput(f"{packages[0]} could not be fetched from Maven: {reasons[-1]}")


if __name__ == "__main__":
    try:
        {"s3": fetch_s3, "kafka": fetch_kafka}.get("".join(sys.argv[1:]), fetch_jars)()
    except BadInput as error:
        sys.exit(f"{error}\nNights work without it; what does not says so.")
