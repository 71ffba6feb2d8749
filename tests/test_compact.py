"""Nights move into their month: killed at any moment nothing is lost, and everything that rewrites works through it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs import nightly, publish, score, validate
from jobs.config.settings import Settings
from jobs.lake.authors import author_hash, author_key
from jobs.lake.datasets import DATASETS
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, read_raw
from jobs.upkeep import compact, expire, forget, rekey
from tests.conftest import environment
from tests.fixtures.nights import NIGHTS as TWO_NIGHTS
from tests.fixtures.nights import THIRD, copied, keep_key_in_folder
from warehouse import build

pytestmark = pytest.mark.long

NIGHTS = [*TWO_NIGHTS, THIRD]
ALL_AT_ONCE = (
    "from jobs.upkeep import compact; compact.NEWEST, compact.AT_LEAST = 1, 1; from jobs.cli import main; main()"
)


@pytest.fixture
def settings(after_three_nights: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy in which all but the newest night are old enough to move."""
    monkeypatch.setattr(compact, "NEWEST", 1)
    monkeypatch.setattr(compact, "AT_LEAST", 1)
    return copied(after_three_nights, tmp_path)


def rebuilt(settings: Settings) -> str:
    publish.rebuild(settings)
    return build.content_hash(settings.data_dir / "warehouse")


def nights_by_dataset(lake: Lake) -> dict[str, list[date]]:
    return {one.name: lake.nights(one.name, model) for one in DATASETS for model in lake.models(one)}


def lines_of(lake: Lake) -> list[list[object]]:
    return [[line.item for line in read_raw(lake, night)] for night in NIGHTS]


@pytest.mark.slow
def test_a_month_holds_what_its_nights_held(settings: Settings) -> None:
    lake = Lake(settings.data_dir)
    content, nights, lines = rebuilt(settings), nights_by_dataset(lake), lines_of(lake)
    files = sum(path.is_file() for path in settings.data_dir.rglob("*"))
    assert compact.run(settings, NIGHTS[-1]) > 0
    assert not list(settings.data_dir.glob("validated/night=2026-10-31"))
    assert nights_by_dataset(lake) == nights
    assert lines_of(lake) == lines
    assert rebuilt(settings) == content
    assert sum(path.is_file() for path in settings.data_dir.rglob("*")) < files
    assert compact.run(settings, NIGHTS[-1]) == 0, "there is nothing more to move"


def test_killed_at_any_moment_no_night_is_lost(settings: Settings) -> None:
    lake, content = Lake(settings.data_dir), rebuilt(settings)
    nights = nights_by_dataset(lake)
    kills = 0
    while kill_after(settings, changes=5 + 7 * kills):
        kills += 1
        assert nights_by_dataset(lake) == nights
    assert kills >= 5
    assert rebuilt(settings) == content
    assert not list(settings.data_dir.glob("*/**/.*=*")), "nothing half done is left"


def kill_after(settings: Settings, changes: int) -> bool:
    """SIGKILLs a compaction after so many changes to the lake; False where it came to its end before."""
    command = [sys.executable, "-c", ALL_AT_ONCE, "compact", "--night", str(NIGHTS[-1])]
    process = subprocess.Popen(command, env=environment(settings), start_new_session=True)
    seen, before = 0, written(settings.data_dir)
    while process.poll() is None and seen < changes:
        now = written(settings.data_dir)
        seen, before = seen + len(now ^ before), now
        time.sleep(0.001 if seen else 0.02)  # it takes seconds to begin
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def written(data_dir: Path) -> set[str]:
    return {os.path.join(folder, name) for folder, _, names in os.walk(data_dir) for name in names}


@pytest.mark.slow
def test_a_night_that_runs_again_speaks_before_its_month(settings: Settings) -> None:
    content = rebuilt(settings)
    compact.run(settings, NIGHTS[-1])
    nightly.run(settings, NIGHTS[:1], nightly.STAGES[1:])
    lake = Lake(settings.data_dir)
    assert [folder.is_month for folder in lake.folders("clean") if NIGHTS[0] in folder.manifests] == [True, False]
    assert rebuilt(settings) == content
    compact.run(settings, NIGHTS[-1])
    assert [folder.is_month for folder in lake.folders("clean") if NIGHTS[0] in folder.manifests] == [True]
    assert rebuilt(settings) == content


def test_forgetting_and_a_new_key_work_through_months(settings: Settings) -> None:
    lake = Lake(settings.data_dir)
    compact.run(settings, NIGHTS[-1])
    line = next(line for line in read_raw(lake, NIGHTS[0]) if line.kind == "comment")
    author = next(mapped_comments(line))["author"]
    hashed = author_hash(f"instagram:{author}", author_key(settings))
    erased = forget.run(settings, {hashed}, set())
    assert min(erased.rows[place] for place in ("raw", "validated", "warehouse")) > 0
    assert author not in {one["author"] for line in read_raw(lake, NIGHTS[0]) for one in mapped_comments(line)}
    for folder in lake.folders("validated"):
        for manifest in folder.manifests.values():
            manifest.check_rows()
    assert forget.run(settings, {hashed}, set()) == forget.Erased({}, frozenset())


def test_expiry_works_through_months(settings: Settings) -> None:
    compact.run(settings, NIGHTS[-1])
    settings.targets_file.with_name("kept.toml").write_text(
        f"[keep]\nraw_days = 1\ntext_days = 2\n{settings.targets_file.read_text()}"
    )
    short = replace(settings, targets_file=settings.targets_file.with_name("kept.toml"))
    done = expire.run(short, NIGHTS[-1] + timedelta(days=1))
    lake = Lake(settings.data_dir)
    assert lake.nights("raw") == [NIGHTS[-1]]
    assert done["texts in validated"] > 0
    assert [lake.has_texts(night) for night in NIGHTS] == [False, True, True]
    content = build.content_hash(settings.data_dir / "warehouse")
    assert rebuilt(short) == content


def test_what_a_night_reads_of_history_does_not_grow_with_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text is remembered for a while, and a comment cannot have been scored before it was posted."""
    monkeypatch.setattr(score, "REMEMBERED", timedelta(days=1))
    monkeypatch.setattr(compact, "REMEMBERED", timedelta(days=1))
    compact.run(settings, NIGHTS[-1])
    lake = Lake(settings.data_dir)
    (model,) = lake.models(next(one for one in DATASETS if one.name == "texts"))
    assert lake.nights("texts", model) == NIGHTS[1:]
    before = lake.manifest("scored", NIGHTS[-1], model)
    again = [one for one in nightly.run(settings, NIGHTS[-1:], nightly.STAGES[2:4]) if one.stage == "score"]
    assert before is not None
    assert [one.rows_out for one in again] == [before.rows_out]


def test_validate_unpacks_an_archived_night(settings: Settings) -> None:
    lake = Lake(settings.data_dir)
    before = lake.manifest("validated", NIGHTS[0])
    compact.run(settings, NIGHTS[-1])
    again = validate.run(settings, NIGHTS[0])
    assert before is not None
    assert (again.rows_in, again.rows_out, again.set_aside) == (before.rows_in, before.rows_out, before.set_aside)


def test_a_new_key_is_not_mixed_with_an_old_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_key_in_folder(settings, monkeypatch)
    compact.run(settings, NIGHTS[-1])
    assert rekey.run(settings) > 0
    content = build.content_hash(settings.data_dir / "warehouse")
    assert rebuilt(settings) == content
