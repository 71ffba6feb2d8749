"""Live: files that arrive in a folder go through the stages of a night as they come, each exactly once.

Spark Structured Streaming remembers which files were taken. A raw file is named by what it holds, and a stage replaces
its night: files that are taken again after a crash change nothing.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import alerts, imports, nightly, score
from jobs.console import console
from jobs.errors import BadInput, Busy, FailedService, RefusedData
from jobs.lake import Lake
from jobs.settings import Settings
from jobs.spark import session
from jobs.targets import Account

EVERY = "10 seconds"
AT_ONCE = 100  # files
FILES = "path string, modificationTime timestamp, length long, content binary"
WAIT = 5  # seconds


def run(settings: Settings, folder: Path, account: Account, columns: dict[str, str], once: bool) -> None:
    """Until Ctrl-C; once: until what is there is taken."""
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.")
    score.check(settings)
    failures: list[Exception] = []
    taken = Lake.of(settings).root / "stream" / account.name
    arrived = session(settings).readStream.format("binaryFile").schema(FILES).option("maxFilesPerTrigger", AT_ONCE)
    files = arrived.load(str(folder.resolve())).select("path", F.to_date("modificationTime").alias("night"))
    console.print(f"Taking what is in {folder}." if once else f"Watching {folder}. Ctrl-C ends it.")
    at_work = Lock()
    query = (
        files.writeStream.foreachBatch(partial(_take, settings, account, columns, at_work, failures))
        .option("checkpointLocation", str(taken))
        .trigger(**({"availableNow": True} if once else {"processingTime": EVERY}))
        .start()
    )
    with _interrupted() as interrupted:
        while query.isActive and not interrupted.wait(0.2):
            pass
        with at_work:
            query.stop()
    if failures:
        raise failures[0]
    if failure := query.exception():
        raise failure


@contextmanager
def _interrupted() -> Iterator[Event]:
    """Set by Ctrl-C; the next one is the usual one. Spark's handler would speak to the JVM in the midst of a call."""
    event = Event()

    def end(*_: object) -> None:
        console.print("Ending when the files at hand are published. Ctrl-C again ends at once.")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        event.set()

    before = signal.signal(signal.SIGINT, end)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _patiently(work: Callable[..., Any], *of: Any) -> Any:
    """Waits for another process that is writing to the lake."""
    while True:
        try:
            return work(*of)
        except Busy as busy:
            console.print(f"{busy} Trying again in {WAIT} s.")
            time.sleep(WAIT)


def _take(
    settings: Settings, account: Account, columns: dict[str, str], at_work: Lock, failures: list[Exception],
    batch: DataFrame, _: int,
) -> None:  # fmt: skip
    """A file belongs to the day (UTC) on which it arrived, however late it is taken."""
    files = [(Path(row.path.removeprefix("file:")), row.night) for row in batch.orderBy("path").collect()]
    try:
        with at_work:
            for night in sorted(set(_imported(settings, account, columns, files))):
                _patiently(nightly.run, settings, [night], nightly.STAGES[1:])
                console.print(f"The night {night} is published with what arrived until now.")
                _alert(settings, night)
    except RefusedData as error:
        console.print(f"[yellow]{error} It is tried again with what arrives next.[/yellow]")
    except Exception as error:
        failures.append(error)
        raise


def _alert(settings: Settings, night: date) -> None:
    """What cannot be sent now is sent with the next files."""
    try:
        alerts.run(settings, night)
    except FailedService as error:
        console.print(f"[yellow]{error}[/yellow]")


def _imported(
    settings: Settings, account: Account, columns: dict[str, str], files: list[tuple[Path, date]]
) -> Iterator[date]:
    """The nights of the files that could be read; of others it is said what is wrong."""
    for file, night in files:
        try:
            rows = _patiently(imports.run, settings, file, account, night, columns).rows_out
            console.print(f"{file.name}: {rows:,} rows")
            yield night
        except BadInput as error:
            console.print(f"[yellow]{error} The file is left out; mended, under another name, it is taken.[/yellow]")
