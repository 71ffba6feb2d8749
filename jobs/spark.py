"""One local Spark session a process, bounded in memory; another master by TOXWATCH_SPARK_MASTER."""

import os
import socket
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.settings import Settings

LOGGING = Path(__file__).with_name("log4j2.properties")


def session(settings: Settings) -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    is_local = settings.spark_master.startswith("local")
    return (
        SparkSession.builder.master(settings.spark_master)
        .appName("toxwatch")
        .config("spark.driver.memory", settings.spark_memory)
        .config("spark.driver.extraJavaOptions", f"-Dlog4j2.configurationFile=file:{LOGGING}")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.warehouse.dir", tempfile.gettempdir())
        .config("spark.driver.host", "127.0.0.1" if is_local else socket.gethostname())
        .config("spark.driver.bindAddress", "127.0.0.1" if is_local else "0.0.0.0")
        .getOrCreate()
    )
