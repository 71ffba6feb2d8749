"""Live scoring by Structured Streaming: what arrives in a folder or a topic of Kafka is published, once."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from pyspark import SparkContext

from jobs.collect.imports import account_named
from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.nights import Lake
from jobs.lake.raw import read_raw
from jobs.schedule import stream
from jobs.spark import jars
from jobs.spark.jars import fetch_kafka, kafka_jars
from tests.conftest import TOXWATCH, comment_item, environment
from tests.fixtures.broker import Broker, free_port, running
from warehouse import WarehouseError, build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

ACCOUNT = account_named("instagram", "nasa")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if not kafka_jars():
        fetch_kafka()
        end_jvm()
    with running(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


def end_jvm() -> None:
    """Spark finds what was fetched only if its JVM starts afterwards."""
    if SparkContext._gateway:
        SparkContext.getOrCreate().stop()
        SparkContext._gateway.shutdown()
        SparkContext._gateway = SparkContext._jvm = None


class Source(NamedTuple):
    place: str
    arrive: Callable[[str, list[str]], None]  # a name, and lines
    bad: str  # how a line that is no JSON is named


def items(ids: range) -> list[str]:
    return [json.dumps(comment_item(id=str(n), text=f"you idiot {n}")) for n in ids]


@pytest.fixture
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    if request.param == "folder":
        folder = tmp_path / "arriving files"
        folder.mkdir()

        def arrive(name: str, lines: list[str]) -> None:
            draft = folder / f".{name}"
            draft.write_text("".join(line + "\n" for line in lines))
            draft.rename(folder / name)

        return Source(str(folder), arrive, "b.jsonl, line 1")
    broker: Broker = request.getfixturevalue("kafka")
    topic = re.sub(r"\W", "-", tmp_path.name)
    place, partitions = broker.make(topic, partitions=2), count()

    def send(_: str, lines: list[str]) -> None:
        for line in lines:
            broker.send(topic, next(partitions) % 2, line)

    return Source(place, send, f"{topic}, partition 0, offset 10")


def published(settings: Settings) -> int:
    try:
        ((comments,),) = Warehouse(settings.data_dir / "warehouse").query("SELECT count(toxic) FROM comments_scored")
    except WarehouseError:
        return 0
    return int(comments)


@pytest.mark.parametrize("source", ["folder", pytest.param("topic", marks=pytest.mark.slow)], indirect=True)
def test_what_arrived_is_published_once_and_what_cannot_be_read_is_named(
    settings: Settings, source: Source, capsys: pytest.CaptureFixture[str]
) -> None:
    source.arrive("a.jsonl", items(range(20)))
    source.arrive("b.jsonl", ["{half an item"])
    stream.run(settings, source.place, ACCOUNT, {}, once=True)
    assert f"{source.bad}: Expecting property name" in capsys.readouterr().err
    assert published(settings) == 20
    assert (settings.data_dir / "alerts.db").exists(), "alerts were asked for at once"
    before = build.current(settings.data_dir / "warehouse")
    stream.run(settings, source.place, ACCOUNT, {}, once=True)
    assert build.current(settings.data_dir / "warehouse") == before
    source.arrive("c.jsonl", items(range(15, 30)))
    stream.run(settings, source.place, ACCOUNT, {}, once=True)
    assert published(settings) == 30


@pytest.mark.slow
@pytest.mark.parametrize("source", ["folder", "topic"], indirect=True)
def test_a_stream_that_is_killed_goes_on_as_if_it_had_not_been(
    settings: Settings, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXWATCH_AUTHOR_KEY", "the same in both")
    source.arrive("a.jsonl", items(range(20)))
    killed = replace(settings, data_dir=tmp_path / "killed")
    command = [TOXWATCH, "stream", source.place, "--platform", "instagram",
               "--account", "nasa", "--data-dir", str(killed.data_dir)]  # fmt: skip
    live = subprocess.Popen(command, env=environment(settings),
                            start_new_session=True)  # fmt: skip
    try:
        wait(lambda: published(killed) == 20)
        before = len(raw_files(killed))
        source.arrive("b.jsonl", items(range(20, 40)))
        wait(lambda: len(raw_files(killed)) > before)
    finally:
        os.killpg(live.pid, signal.SIGKILL)
        live.wait()
    half_way = raw_files(killed)
    for one in (killed, settings):
        stream.run(one, source.place, ACCOUNT, {}, once=True)
    assert published(killed) == 40
    assert half_way.items() <= raw_files(killed).items(), "what was taken again is what it was"
    assert sum(1 for night in Lake(killed.data_dir).nights("raw") for _ in read_raw(Lake(killed.data_dir), night)) == 40
    assert len({build.content_hash(one.data_dir / "warehouse") for one in (killed, settings)}) == 1


def raw_files(settings: Settings) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in settings.data_dir.glob("raw/*/instagram/nasa.import-*")}


def wait(until: Callable[[], bool]) -> None:
    for _ in range(3000):
        if until():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 5 minutes")


@pytest.mark.slow
def test_a_message_belongs_to_the_day_of_its_timestamp_and_is_read_alone(
    settings: Settings, kafka: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    midnight = datetime.combine(datetime.now(UTC), clock(), UTC)
    place = kafka.make("days", partitions=1)
    kafka.send("days", 0, '{"Comment": "what is this [/]"}', midnight)
    kafka.send("days", 0, json.dumps({"Message": "you idiot", "date": "2026-11-10"}), midnight)
    not_yet = json.dumps(comment_item(timestamp="2999-01-01T00:00:00.000Z"))
    kafka.send("days", 0, not_yet, midnight - timedelta(milliseconds=1))
    stream.run(settings, place, ACCOUNT, {"text": "Message", "likes": "Likes"}, once=True)
    output, today = capsys.readouterr().err, midnight.date()
    assert "days, partition 0, offset 0 has the columns Comment. Say which is which" in output
    assert Lake(settings.data_dir).nights("raw") == [today - timedelta(days=1), today]
    assert f"1 of 1 nights were refused: {today - timedelta(days=1)} It will be retried" in output
    assert published(settings) == 1, "a refused day does not hold up the others"


@pytest.mark.slow
def test_messages_that_were_deleted_before_they_were_taken_are_named_and_a_topic_made_anew_too(
    settings: Settings, kafka: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    place = kafka.make("short", partitions=1)
    for number, item in enumerate(items(range(10))):
        if number == 5:
            stream.run(settings, place, ACCOUNT, {}, once=True)
        kafka.send("short", 0, item)
    kafka.delete("short", 0, before=8)
    stream.run(settings, place, ACCOUNT, {}, once=True)
    assert "short, partition 0: offsets 5 to 7 were deleted" in capsys.readouterr().err
    assert published(settings) == 7
    kafka.remove("short")
    kafka.make("short", partitions=1)
    with pytest.raises(BadInput, match="ends at offset 0, but 10 messages were already read"):
        stream.run(settings, place, ACCOUNT, {}, once=True)


def test_what_cannot_be_streamed_says_what_to_do(
    settings: Settings, tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"kafka://127.0.0.1:{free_port()}/comments"

    def says(place: str, error: type[Exception], output: str) -> None:
        with pytest.raises(error, match=output):
            stream.run(settings, place, ACCOUNT, {}, once=True)

    says(str(tmp_path / "nowhere"), BadInput, "Folder not found: .*nowhere")
    says("kafka://localhost/comments", BadInput, "write a topic as kafka://host:9092/topic")
    says(f"kafka://{kafka.address}/comments", BadInput, f"No topic comments at {kafka.address}")
    monkeypatch.setattr(stream, "PATIENCE", "1000")  # none of these answers
    says(nowhere, FailedService, "does not respond .*then run the same command again")
    says("kafka://no.such.host.invalid:9092/comments", FailedService, "does not respond .*bootstrap")
    with pytest.raises(BadInput, match="--column: no texts"):
        stream.run(settings, nowhere, ACCOUNT, {"texts": "Message"}, once=True)
    monkeypatch.setattr(jars, "IVY", tmp_path)
    with pytest.raises(BadInput, match=r"`python -m jobs\.spark\.jars kafka`"):
        stream.run(settings, nowhere, ACCOUNT, {}, once=True)
