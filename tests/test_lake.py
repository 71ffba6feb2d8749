"""A night's folder is absent or whole, and one process writes at a time."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.config.settings import Settings
from jobs.errors import BadInput, Busy
from jobs.lake.manifests import Manifest
from jobs.lake.nights import FORMAT, Lake
from jobs.lake.tombstones import read_forgotten
from jobs.upkeep import compact, expire

NIGHT = date(2026, 11, 10)


def write(lake: Lake, content: str) -> None:
    with lake.writing("clean", Manifest("clean", NIGHT, rows_in=2, rows_out=1, set_aside={"no_words": 1})) as folder:
        (folder / "part.txt").write_text(content)


def test_a_night_run_again_replaces_itself(tmp_path: Path) -> None:
    lake = Lake(tmp_path).open()
    write(lake, "first")
    write(lake, "second!")
    assert (lake.folder("clean", NIGHT) / "part.txt").read_text() == "second!"
    assert lake.nights("clean") == [NIGHT]
    assert lake.manifest("clean", NIGHT).files == {"part.txt": 7}
    assert [path.name for path in (tmp_path / "clean").iterdir()] == ["night=2026-11-10"]


def test_a_stage_that_fails_leaves_the_night_as_it_was(tmp_path: Path) -> None:
    lake = Lake(tmp_path).open()
    write(lake, "whole")
    with pytest.raises(OSError, match="disk"), lake.writing("clean", Manifest("clean", NIGHT)) as folder:
        (folder / "part.txt").write_text("half")
        raise OSError("disk")
    assert (lake.folder("clean", NIGHT) / "part.txt").read_text() == "whole"


def test_rows_that_vanish_stop_the_stage(tmp_path: Path) -> None:
    lake = Lake(tmp_path).open()
    lossy = Manifest("clean", NIGHT, rows_in=3, rows_out=2)
    with pytest.raises(AssertionError, match="3 rows in, 2 out, 0 set aside"), lake.writing("clean", lossy):
        pass
    assert lake.manifest("clean", NIGHT) is None


def test_a_lake_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lake.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(BadInput, match=r"newer Toxwatch \(lake format 99"):
        Lake(tmp_path).open()


def test_a_second_writer_is_refused_and_a_dead_one_is_forgotten(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from jobs.lake.nights import Lake\n"
        f"with Lake(Path({str(tmp_path)!r})).lock('lake'): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Busy, match=f"pid {holder.pid}"), Lake(tmp_path).lock("lake"):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with Lake(tmp_path).lock("lake"):
        pass


def test_a_missing_night_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run `toxwatch clean --night 2026-11-10` first"):
        Lake(tmp_path).open().require("clean", NIGHT)


@pytest.mark.parametrize("harm", ["unlink", "truncate"])
def test_a_night_that_is_not_what_its_manifest_says_is_not_read(tmp_path: Path, harm: str) -> None:
    lake = Lake(tmp_path).open()
    write(lake, "as it was")
    part = lake.require("clean", NIGHT).path / "part.txt"
    part.unlink() if harm == "unlink" else part.write_text("less")
    with pytest.raises(BadInput, match=r"part.txt changed or gone.*toxwatch clean"):
        lake.require("clean", NIGHT)


def test_a_lake_of_an_older_release_is_read_as_it_is_and_marked_as_this_ones(tmp_path: Path) -> None:
    with Lake(tmp_path).open().writing("clean", Manifest("clean", NIGHT)):
        pass
    path = tmp_path / "clean" / f"night={NIGHT}" / "_manifest.json"
    path.write_text(
        json.dumps({name: value for name, value in json.loads(path.read_text()).items() if name != "reused"})
    )
    (tmp_path / "lake.json").write_text(json.dumps({"format": 1}))
    manifest = Lake(tmp_path).open().manifest("clean", NIGHT)
    assert manifest is not None
    assert manifest.reused == 0
    assert json.loads((tmp_path / "lake.json").read_text()) == {"format": FORMAT}


@pytest.mark.parametrize("work", [expire.run, compact.run])
def test_to_a_night_that_has_not_come_nothing_is_old(settings: Settings, work: Callable[[Settings, date], Any]) -> None:
    settings.targets_file.write_text(f"[keep]\nraw_days = 1\n{settings.targets_file.read_text()}")
    with pytest.raises(BadInput, match="is in the future"):
        work(settings, date(2999, 1, 1))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"stage": "clean"}', '{"night": 1}', "\udc80"])
@pytest.mark.parametrize("name", ["clean/night=2026-11-10/_manifest.json", "lake.json", "forgotten.json"])
def test_a_damaged_file_of_the_lake_is_named(tmp_path: Path, name: str, content: str) -> None:
    lake = Lake(tmp_path).open()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(content, errors="surrogateescape")
    with pytest.raises(BadInput, match=rf"{name} is damaged .*[Rr]estore"):
        lake.open().nights("raw"), lake.manifests("clean"), read_forgotten(lake)
