"""How Java compiles what a short run does."""

import os


def expect_short_run() -> None:
    """For runs of minutes, before Spark starts: compiles at once and plainly, where the second compiler never pays."""
    os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
