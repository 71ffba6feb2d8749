"""Live: what arrives in a folder or a Kafka topic goes through the stages of a night as it comes, each exactly once.

Spark Structured Streaming remembers what was taken. A raw file is named by what it holds, and a stage replaces its
night: what is taken again after a crash changes nothing.
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
    taken: Path  # what Spark remembers

    def arriving(self) -> DataFrame: ...

    def nights(self, rows: list[Row], batch: int) -> Iterator[date]:
        """Puts what arrived into the raw folder."""


def run(settings: Settings, place: str, account: Account, columns: dict[str, str], once: bool) -> None:
    """Of a folder, or of a topic as kafka://host:9092/topic. Until Ctrl-C; once: until what is there is taken."""
    imports.check(columns)
    source: Source = (Topic if place.startswith("kafka:") else Folder)(settings, place, account, columns)
    score.check(settings)
    failures: list[Exception] = []
    console.print(f"Taking what is in {place}." if once else f"Watching {place}. Ctrl-C ends it.")
    at_work = Lock()
    query = (
        source.arriving()
        .writeStream.foreachBatch(partial(_take, settings, source, at_work, failures))
        .option("checkpointLocation", str(source.taken))
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
            raise FailedService(f"{place} does not answer any more. The same command goes on from here.")
        raise failure


@contextmanager
def _interrupted() -> Iterator[Event]:
    """Set by Ctrl-C; the next one is the usual one. Spark's handler would speak to the JVM in the midst of a call."""
    event = Event()

    def end(*_: object) -> None:
        console.print("Ending when what is at hand is published. Ctrl-C again ends at once.")
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
        _patiently(nightly.run, settings, [night], nightly.STAGES[1:])
        console.print(f"The night {night} is published with what arrived until now.")
        _alert(settings, night)
    except RefusedData as error:
        _warn(f"{error} It is tried again with what arrives next.")


def _alert(settings: Settings, night: date) -> None:
    """What cannot be sent now is sent with the next batch."""
    try:
        rules.run(settings, night)
    except FailedService as error:
        _warn(str(error))


def _warn(said: str) -> None:
    console.print(f"[yellow]{escape(said)}[/yellow]")


class Folder:
    """Files, each of the day (UTC) on which it arrived, however late it is taken."""

    def __init__(self, settings: Settings, place: str, account: Account, columns: dict[str, str]) -> None:
        self.settings, self.folder, self.account, self.columns = settings, Path(place), account, columns
        if not self.folder.is_dir():
            raise BadInput(f"There is no folder {place}.")
        self.taken = Lake.of(settings).root / "stream" / account.name

    def arriving(self) -> DataFrame:
        files = session(self.settings).readStream.format("binaryFile").schema(FILES)
        files = files.option("maxFilesPerTrigger", FILES_AT_ONCE)
        return files.load(str(self.folder.resolve())).select("path", F.to_date("modificationTime"))

    def nights(self, rows: list[Row], _batch: int) -> Iterator[date]:
        for path, night in sorted(rows):
            file = Path(path.removeprefix("file:"))
            try:
                done = _patiently(imports.run, self.settings, file, self.account, night, self.columns)
                console.print(f"{file.name}: {done.rows_out:,} rows")
                yield night
            except BadInput as error:
                _warn(f"{error} The file is left out; mended, under another name, it is taken.")


class Topic:
    """Messages of Kafka, each of the day (UTC) of its timestamp; read alone, whatever else is in its batch."""

    def __init__(self, settings: Settings, place: str, account: Account, columns: dict[str, str]) -> None:
        if not (named := TOPIC.fullmatch(place)):
            raise BadInput(f"{place}: a topic is named as kafka://host:9092/topic, several hosts with commas between.")
        if not kafka_jars():
            raise BadInput("Spark has no connector for Kafka: `python -m jobs.spark.jars kafka` fetches it.")
        self.settings, self.account, self.columns = settings, account, columns
        self.servers, self.name = named.groups()
        self.taken = Lake.of(settings).root / "stream" / "kafka" / self.name / account.name
        self._oldest()  # Spark would speak of a wrong address minutes later

    def arriving(self) -> DataFrame:
        """Where messages are deleted before they are taken, Spark goes on with what is there; `_tell_lost` tells."""
        messages = session(self.settings).readStream.format("kafka").option("kafka.bootstrap.servers", self.servers)
        messages = messages.option("subscribe", self.name).option("startingOffsets", "earliest")
        messages = messages.option("failOnDataLoss", "false").option("maxOffsetsPerTrigger", MESSAGES_AT_ONCE)
        return messages.load().select(F.to_date("timestamp"), "partition", "offset", "value")

    def nights(self, rows: list[Row], batch: int) -> Iterator[date]:
        self._tell_lost(rows, batch)
        for night, messages in groupby(sorted(rows), key=itemgetter(0)):
            content, lines = hashlib.sha256(), []
            for _, partition, offset, value in messages:
                if line := self._line(value or b"", f"{self.name}, partition {partition}, offset {offset}"):
                    content.update(value + b"\n")
                    lines.append(line)
            if lines:
                name = imports.fingerprint(content, self.columns)
                _patiently(imports.keep, self.settings, lines, self.name, name, self.account, night)
                console.print(f"{self.name}: {len(lines):,} messages of {night}")
                yield night

    def _line(self, value: bytes, where: str) -> imports.Line | None:
        """Of the named columns those that the message has: JSON may leave out empty ones."""
        try:
            item = imports.parsed(value, where)
            there = {ours: theirs for ours, theirs in self.columns.items() if theirs in item}
            return imports.reader(item, self.account, there, where)(item)
        except BadInput as error:
            _warn(f"{error} The message is left out.")
            return None

    def _tell_lost(self, rows: list[Row], batch: int) -> None:
        oldest, planned = self._oldest(), self._planned(batch)
        for partition, start in self._planned(batch - 1).items():
            if planned.get(partition, start) < start:
                raise BadInput(
                    f"{self.name}, partition {partition} ends at offset {planned[partition]}, of which {start} were "
                    f"taken. If the topic was made anew, delete {self.taken}: then it is taken from its beginning."
                )
            seen = [offset for _, at, offset, _ in rows if at == partition]
            if (found := min([oldest.get(partition, start), *seen])) > start:
                _warn(
                    f"{self.name}, partition {partition}: offsets {start} to {found - 1} were deleted from the topic "
                    "before they were taken, and are lost. Let it keep messages for longer (retention.ms)."
                )

    def _planned(self, batch: int) -> dict[int, int]:
        """Partition → offset at which the batch ends, as Spark writes it down before it begins."""
        file = self.taken / "offsets" / str(batch)
        ends = json.loads(file.read_text().splitlines()[-1])[self.name] if file.exists() else {}
        return {int(partition): end for partition, end in ends.items()}

    def _oldest(self) -> dict[int, int]:
        """Partition → offset of the first message that the topic still holds."""
        jvm: Any = session(self.settings).sparkContext._jvm
        common, admins = jvm.org.apache.kafka.common, jvm.org.apache.kafka.clients.admin
        limits = {"default.api.timeout.ms": PATIENCE, "request.timeout.ms": PATIENCE}
        try:
            with closing(admins.AdminClient.create({"bootstrap.servers": self.servers, **limits})) as admin:
                described = admin.describeTopics([self.name]).allTopicNames().get()[self.name]
                partitions = [common.TopicPartition(self.name, one.partition()) for one in described.partitions()]
                asked = admin.listOffsets({one: admins.OffsetSpec.earliest() for one in partitions})
                return {one.partition(): found.offset() for one, found in asked.all().get().items()}
        except Py4JJavaError as error:
            cause = error.java_exception.getCause() or error.java_exception
            if "Topic" in cause.getClass().getSimpleName():  # unknown, or not a name for one
                raise BadInput(f"There is no topic {self.name} at {self.servers}.") from None
            raise FailedService(
                f"Kafka at {self.servers} does not answer ({cause.getMessage()}). Does it run, and take connections "
                "there without TLS or login? Then run the same command again."
            ) from None
