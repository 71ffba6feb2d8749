"""Live scoring by Structured Streaming: what arrives in a folder is published, once, whatever happens between."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import stream
from jobs.errors import BadInput
from jobs.imports import account_named
from jobs.settings import Settings
from tests.conftest import comment_item
from warehouse import WarehouseError, build
from warehouse.reader import Warehouse

ACCOUNT = account_named("instagram", "nasa")


def arrive(folder: Path, name: str, ids: range) -> None:
    folder.mkdir(exist_ok=True)
    draft = folder / f".{name}"
    draft.write_text("".join(json.dumps(comment_item(id=str(n), text=f"you idiot {n}")) + "\n" for n in ids))
    draft.rename(folder / name)


def published(settings: Settings) -> int:
    try:
        ((comments,),) = Warehouse(settings.data_dir / "warehouse").query("SELECT count(toxic) FROM comments_scored")
    except WarehouseError:
        return 0
    return int(comments)


def test_what_arrived_is_published_once_and_a_file_that_cannot_be_read_is_named(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "arriving files"
    arrive(folder, "a.jsonl", range(20))
    (folder / "b.jsonl").write_text("{half an item")
    stream.run(settings, folder, ACCOUNT, {}, once=True)
    assert "b.jsonl, line 1: Expecting property name" in capsys.readouterr().err
    assert published(settings) == 20
    assert (settings.data_dir / "alerts.db").exists(), "alerts were asked for at once"
    before = build.current(settings.data_dir / "warehouse")
    stream.run(settings, folder, ACCOUNT, {}, once=True)
    assert build.current(settings.data_dir / "warehouse") == before
    arrive(folder, "c.jsonl", range(15, 30))
    stream.run(settings, folder, ACCOUNT, {}, once=True)
    assert published(settings) == 30


def test_a_stream_that_is_killed_goes_on_as_if_it_had_not_been(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXWATCH_AUTHOR_KEY", "the same in both")
    folder = tmp_path / "arriving"
    arrive(folder, "a.jsonl", range(20))
    killed = replace(settings, data_dir=tmp_path / "killed")
    command = [str(Path(sys.executable).with_name("toxwatch")), "stream", str(folder), "--platform", "instagram",
               "--account", "nasa", "--data-dir", str(killed.data_dir)]  # fmt: skip
    live = subprocess.Popen(command, env=os.environ | {"TOXWATCH_TARGETS": str(settings.targets_file)},
                            start_new_session=True)  # fmt: skip
    try:
        wait(lambda: published(killed) == 20)
        arrive(folder, "b.jsonl", range(20, 40))
        wait(lambda: len(list(killed.data_dir.glob("raw/*/instagram/nasa.import-*"))) == 2)
    finally:
        os.killpg(live.pid, signal.SIGKILL)
        live.wait()
    for one in (killed, settings):
        stream.run(one, folder, ACCOUNT, {}, once=True)
    assert published(killed) == 40
    assert len({build.content_hash(one.data_dir / "warehouse") for one in (killed, settings)}) == 1


def wait(until: Callable[[], bool]) -> None:
    for _ in range(900):
        if until():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 90 s")


def test_a_folder_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no folder .*nowhere"):
        stream.run(settings, tmp_path / "nowhere", ACCOUNT, {}, once=True)
