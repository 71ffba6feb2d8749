"""How Java starts: with the classes that a night loads at hand, and compiling only what pays."""

import os

from jobs.spark.jars import IVY

CLASSES = IVY / "classes.jsa"  # made by jobs/schedule/rehearsal.py
# The first compiler alone has 48 MB for its code, which are full after five nights.
SHORT_RUN = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"
QUIET = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off")  # Java warns of each class that it cannot keep


def ready_classes() -> tuple[str, ...]:
    """Java's options; it does without the file if it, or a jar, is another than when the file was made."""
    return (f"-XX:SharedArchiveFile={CLASSES}", *QUIET) if CLASSES.exists() else ()


def expect_short_run() -> None:
    """For runs of minutes, before Spark starts: compiles at once and plainly, where the second compiler never pays."""
    os.environ.setdefault("SPARK_SUBMIT_OPTS", SHORT_RUN)
