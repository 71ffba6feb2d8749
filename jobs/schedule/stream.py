"""Live: files in a folder or messages of a Kafka topic go through the stages as they arrive, each exactly once.

Spark Structured Streaming remembers what it has processed. A raw file is named by a hash of its content and a stage
replaces its night, so processing something again after a crash changes nothing.
"""

import hashlib
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from threading import Event, Lock
from typing import Any, Protocol

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.markup import escape

from jobs import nightly, score
from jobs.alerts import rules
from jobs.collect import imports
from jobs.config.settings import Settings
from jobs.config.targets import Account
from jobs.console import console
from jobs.errors import BadInput, Busy, FailedService, RefusedData
from jobs.lake.nights import Lake
from jobs.spark.jars import kafka_jars
from jobs.spark.session import session

EVERY = "10 seconds"
FILES_AT_ONCE = 100
MESSAGES_AT_ONCE = 50_000
FILES = "path string, modificationTime timestamp, length long, content binary"
TOPIC = re.compile(r"kafka://([^/\s]+:\d+)/([\w.-]+)")
PATIENCE = "10000"  # ms
WAIT = 5  # seconds


class Source(Protocol):
    checkpoint: Path  # where Spark remembers its position

    def arriving(self) -> DataFrame: ...

    def nights(self, rows: list[Row], batch: int) -> Iterator[date]:
        """Writes the batch to the raw folder; yields the nights it belongs to."""


def run(settings: Settings, place: str, account: Account, columns: dict[str, str], once: bool) -> None:
    """Watches a folder, or a topic like kafka://host:9092/topic, until Ctrl-C; with `once`, until all is processed."""
    imports.check(columns)
    source: Source = (Topic if place.startswith("kafka:") else Folder)(settings, place, account, columns)
    score.check(settings)
    failures: list[Exception] = []
    console.print(f"Processing {place}." if once else f"Watching {place}. Ctrl-C to stop.")
    at_work = Lock()
    query = (
        source.arriving()
        .writeStream.foreachBatch(partial(_process, settings, source, at_work, failures))
        .option("checkpointLocation", str(source.checkpoint))
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
        if "org.apache.kafka" in str(failure):
            raise FailedService(f"{place} stopped responding. Run the same command to continue from here.")
        raise failure


@contextmanager
def _interrupted() -> Iterator[Event]:
    """Set by the first Ctrl-C; the second stops at once. Spark's own handler would call the JVM during a call."""
    event = Event()

    def end(*_: object) -> None:
        console.print("Stopping after the current batch. Press Ctrl-C again to stop now.")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        event.set()

    before = signal.signal(signal.SIGINT, end)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _wait_for_lake(work: Callable[..., Any], *arguments: Any) -> Any:
    """Retries while another process is writing to the lake."""
    while True:
        try:
            return work(*arguments)
        except Busy as busy:
            console.print(f"{busy} Retrying in {WAIT} s.")
            time.sleep(WAIT)


def _process(
    settings: Settings, source: Source, at_work: Lock, failures: list[Exception], batch: DataFrame, number: int
) -> None:  # fmt: skip
    rows = batch.collect()
    try:
        with at_work:
            for night in sorted(set(source.nights(rows, number))):
                _publish(settings, night)
    except Exception as error:
        failures.append(error)
        raise


def _publish(settings: Settings, night: date) -> None:
    try:
        _wait_for_lake(nightly.run, settings, [night], nightly.STAGES[1:])
        console.print(f"Published the night {night} with everything that has arrived so far.")
        _alert(settings, night)
    except RefusedData as error:
        _warn(f"{error} It will be retried with the next batch.")


def _alert(settings: Settings, night: date) -> None:
    """A failed delivery is retried with the next batch."""
    try:
        rules.run(settings, night)
    except FailedService as error:
        _warn(str(error))


def _warn(message: str) -> None:
    console.print(f"[yellow]{escape(message)}[/yellow]")


class Folder:
    """Files; each belongs to the day (UTC) it arrived on, no matter when it is processed."""

    def __init__(self, settings: Settings, place: str, account: Account, columns: dict[str, str]) -> None:
        self.settings, self.folder, self.account, self.columns = settings, Path(place), account, columns
        if not self.folder.is_dir():
            raise BadInput(f"Folder not found: {place}")
        self.checkpoint = Lake.of(settings).root / "stream" / account.name

    def arriving(self) -> DataFrame:
        files = session(self.settings).readStream.format("binaryFile").schema(FILES)
        files = files.option("maxFilesPerTrigger", FILES_AT_ONCE)
        return files.load(str(self.folder.resolve())).select("path", F.to_date("modificationTime"))

    def nights(self, rows: list[Row], _batch: int) -> Iterator[date]:
        for path, night in sorted(rows):
            file = Path(path.removeprefix("file:"))
            try:
                done = _wait_for_lake(imports.run, self.settings, file, self.account, night, self.columns)
                console.print(f"{file.name}: {done.rows_out:,} rows")
                yield night
            except BadInput as error:
                _warn(f"{error} File skipped. Fix it and add it under a new name.")


class Topic:
    """Kafka messages; each belongs to the day (UTC) of its timestamp and is read independently of its batch."""

    def __init__(self, settings: Settings, place: str, account: Account, columns: dict[str, str]) -> None:
        if not (match := TOPIC.fullmatch(place)):
            raise BadInput(f"{place}: write a topic as kafka://host:9092/topic; separate several hosts with commas.")
        if not kafka_jars():
            raise BadInput("Spark's Kafka connector is missing. Install it with `python -m jobs.spark.jars kafka`.")
        self.settings, self.account, self.columns = settings, account, columns
        self.servers, self.name = match.groups()
        self.checkpoint = Lake.of(settings).root / "stream" / "kafka" / self.name / account.name
        self._oldest()  # fails at once; Spark would report a wrong address minutes later

    def arriving(self) -> DataFrame:
        """If messages are deleted before they are read, Spark continues with the rest; `_warn_of_lost` reports them."""
        messages = session(self.settings).readStream.format("kafka").option("kafka.bootstrap.servers", self.servers)
        messages = messages.option("subscribe", self.name).option("startingOffsets", "earliest")
        messages = messages.option("failOnDataLoss", "false").option("maxOffsetsPerTrigger", MESSAGES_AT_ONCE)
        return messages.load().select(F.to_date("timestamp"), "partition", "offset", "value")

    def nights(self, rows: list[Row], batch: int) -> Iterator[date]:
        self._warn_of_lost(rows, batch)
        for night, messages in groupby(sorted(rows), key=itemgetter(0)):
            content, lines = hashlib.sha256(), []
            for _, partition, offset, value in messages:
                if line := self._line(value or b"", f"{self.name}, partition {partition}, offset {offset}"):
                    content.update(value + b"\n")
                    lines.append(line)
            if lines:
                name = imports.fingerprint(content, self.columns)
                _wait_for_lake(imports.store, self.settings, lines, self.name, name, self.account, night)
                console.print(f"{self.name}: {len(lines):,} messages of {night}")
                yield night

    def _line(self, value: bytes, where: str) -> imports.Line | None:
        """Maps only the columns the message has: JSON may omit empty ones."""
        try:
            item = imports.parsed(value, where)
            columns = {column: key for column, key in self.columns.items() if key in item}
            return imports.reader(item, self.account, columns, where)(item)
        except BadInput as error:
            _warn(f"{error} Message skipped.")
            return None

    def _warn_of_lost(self, rows: list[Row], batch: int) -> None:
        oldest, planned = self._oldest(), self._planned(batch)
        for partition, start in self._planned(batch - 1).items():
            if planned.get(partition, start) < start:
                raise BadInput(
                    f"{self.name}, partition {partition} ends at offset {planned[partition]}, but {start} messages "
                    f"were already read. If the topic was recreated, delete {self.checkpoint} to start over."
                )
            arrived = [offset for _, at, offset, _ in rows if at == partition]
            if (first := min([oldest.get(partition, start), *arrived])) > start:
                _warn(
                    f"{self.name}, partition {partition}: offsets {start} to {first - 1} were deleted from the topic "
                    "before they were read, and are lost. Raise the topic's retention.ms."
                )

    def _planned(self, batch: int) -> dict[int, int]:
        """Partition → end offset of the batch, which Spark records before it starts."""
        file = self.checkpoint / "offsets" / str(batch)
        ends = json.loads(file.read_text().splitlines()[-1])[self.name] if file.exists() else {}
        return {int(partition): end for partition, end in ends.items()}

    def _oldest(self) -> dict[int, int]:
        """Partition → offset of the oldest message in the topic."""
        jvm: Any = session(self.settings).sparkContext._jvm
        common, admins = jvm.org.apache.kafka.common, jvm.org.apache.kafka.clients.admin
        limits = {"default.api.timeout.ms": PATIENCE, "request.timeout.ms": PATIENCE}
        try:
            with closing(admins.AdminClient.create({"bootstrap.servers": self.servers, **limits})) as admin:
                described = admin.describeTopics([self.name]).allTopicNames().get()[self.name]
                partitions = [common.TopicPartition(self.name, one.partition()) for one in described.partitions()]
                request = admin.listOffsets({one: admins.OffsetSpec.earliest() for one in partitions})
                return {one.partition(): result.offset() for one, result in request.all().get().items()}
        except Py4JJavaError as error:
            cause = error.java_exception.getCause() or error.java_exception
            if "Topic" in cause.getClass().getSimpleName():  # unknown, or not a name for one
                raise BadInput(f"No topic {self.name} at {self.servers}.") from None
            raise FailedService(
                f"Kafka at {self.servers} does not respond ({cause.getMessage()}). Check that it is running and "
                "accepts connections without TLS or login, then run the same command again."
            ) from None
