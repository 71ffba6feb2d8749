"""Nights over HTTP through to DuckDB: once, twice, disturbed and killed, and always the same warehouse."""

import os
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs import clean, nightly, publish, standin
from jobs.config.settings import Settings
from jobs.errors import FailedService
from jobs.lake.nights import Lake
from jobs.spark import session
from jobs.standin import Fault
from models.card import read_card
from tests.conftest import TOXWATCH, comment_item, environment, watching, write_raw
from tests.fixtures.nights import NIGHTS, copied
from warehouse import build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, after_two_nights: Settings) -> Settings:
    return copied(after_two_nights, tmp_path_factory.mktemp("undisturbed"))


def content(settings: Settings) -> str:
    return build.content_hash(settings.data_dir / "warehouse")


def test_a_night_goes_over_http_to_duckdb(undisturbed: Settings) -> None:
    lake, ask = Lake(undisturbed.data_dir), Warehouse(undisturbed.data_dir / "warehouse").query
    validated = [lake.manifest("validated", night) for night in NIGHTS]
    assert all(manifest and manifest.rows_out > 100 for manifest in validated)
    [(comments, accounts, platforms)] = ask(
        "select count(*), count(distinct account), count(distinct platform) from comments"
    )
    assert 100 < comments <= sum(manifest.rows_out for manifest in validated if manifest)
    assert (accounts, platforms) == (2, 2)
    [(outside,)] = ask("select count(*) from scores where not (toxic between 0 and 1 and threat between 0 and 1)")
    assert outside == 0
    [(private,)] = ask("select count(*) from ingest_errors where account = 'quiet.garden'")
    assert private >= 1


def test_the_seconds_of_a_stage_are_those_one_waits(after_two_nights: Settings, tmp_path: Path) -> None:
    settings = copied(after_two_nights, tmp_path)
    for stage in (clean, publish):
        started = time.monotonic()
        seconds = stage.run(settings, NIGHTS[-1]).seconds
        waited = time.monotonic() - started
        assert 0.9 * waited < seconds <= waited


def test_rollback_goes_back_a_night_and_stages_are_those_of_the_night(
    after_two_nights: Settings, tmp_path: Path
) -> None:
    folder = copied(after_two_nights, tmp_path).data_dir / "warehouse"
    nights = "SELECT DISTINCT night FROM stages ORDER BY night"
    assert [night for (night,) in Warehouse(folder).query(nights)] == NIGHTS
    stages = dict(Warehouse(folder).query("SELECT stage, rows_out FROM stages WHERE night = $1", [NIGHTS[-1]]))
    assert list(stages) == ["scrape", "validate", "clean", "score", "publish"]
    assert stages["publish"] == stages["validate"]
    build.rollback(folder)
    assert [night for (night,) in Warehouse(folder).query(nights)] == NIGHTS[:1]


def test_the_same_night_again_is_the_same_warehouse(undisturbed: Settings) -> None:
    before = content(undisturbed)
    nightly.run(undisturbed, NIGHTS[:1])  # the earlier one, after the later
    assert content(undisturbed) == before


def test_killed_in_every_stage_and_run_again_is_the_same_warehouse(
    undisturbed: Settings, after_one_night: Settings, tmp_path: Path
) -> None:
    settings = copied(after_one_night, tmp_path)
    for stage in nightly.STAGES:
        kill_in(stage.name, settings, NIGHTS[1])
        stage.run(settings, NIGHTS[1])
    assert content(settings) == content(undisturbed)


def test_a_faulty_apify_changes_nothing_but_the_time(after_one_night: Settings, tmp_path: Path) -> None:
    faults = [
        Fault(429, on="GET .*/items", times=2),
        Fault(503, on="GET .*/actor-runs", times=2),
        Fault("lost", on="POST .*comment-scraper", times=1),
        Fault("slow", on="POST .*post-scraper", times=1, seconds=1.0),
    ]
    with standin.serving(faults=faults) as server:
        settings = watching(tmp_path / "data", server)
        nightly.run(settings, NIGHTS[:1], nightly.STAGES[:2])
    assert validated(settings) == validated(after_one_night)


def validated(settings: Settings) -> list[dict[str, Any]]:
    files = Lake(settings.data_dir).folder("validated", NIGHTS[0]).glob("comments*.parquet")
    rows = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    return sorted(rows, key=lambda row: row["comment_id"])


def kill_in(stage: str, settings: Settings, night: date) -> None:
    """SIGKILL as soon as the stage has begun to write; it must not have come to its end."""
    before = written(settings.data_dir)
    command = [TOXWATCH, stage, "--night", str(night)]
    process = subprocess.Popen(command, env=environment(settings), start_new_session=True)
    try:
        while written(settings.data_dir) == before:
            assert process.poll() is None, f"{stage} ended before it was killed"
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    with suppress(ProcessLookupError):
        while True:  # what it was just starting may have inherited its lock
            os.killpg(process.pid, 0)
            time.sleep(0.02)


def written(data_dir: Path) -> set[Path]:
    """os.walk, since folders come and go meanwhile."""
    found = {Path(folder, name) for folder, folders, files in os.walk(data_dir) for name in [*folders, *files]}
    return {path for path in found if "locks" not in path.parts and "quality" not in path.parts}


@pytest.mark.parametrize(
    ("command", "output"),
    [
        (["publish", "--night", str(NIGHTS[-1])], "disk is full"),
        (["rebuild"], "could not be written; the old one is unchanged"),
    ],
)
def test_a_disk_that_fills_while_publishing_leaves_the_version_before(
    undisturbed: Settings, tmp_path: Path, command: list[str], output: str
) -> None:
    """A limit on the size of files stops writes in the middle, as a full disk does."""
    data_dir = tmp_path / "data"
    before = content(copied(undisturbed, tmp_path))
    publish = [TOXWATCH, *command, "--data-dir", str(data_dir)]
    env = environment(undisturbed)
    limited = ["bash", "-c", f"ulimit -f 2000; {shlex.join(publish)}"]
    full = subprocess.run(limited, env=env, capture_output=True, text=True, check=False)
    assert full.returncode == FailedService.exit_code
    assert output in full.stderr
    assert content(replace(undisturbed, data_dir=data_dir)) == before
    subprocess.run(publish, env=env, check=True)
    assert content(replace(undisturbed, data_dir=data_dir)) == before


@pytest.mark.slow
def test_hostile_comments_are_scored_or_set_aside(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SLICE", 300)
    hostile = {
        "empty": "", "long": "a" * 100_000, "surrogate": "half \ud83d of a pair", "nul": "a\x00b you are such an idiot",
        "rtl": "אתה טיפש \u202e evil", "emoji": "🤡🤡🤡", "script": "<script>alert(1)</script>",
        "formula": "=HYPERLINK()", "sql": "'; DROP TABLE comments; --",
    }  # fmt: skip
    items = [comment_item(id=id, text=text) for id, text in hostile.items()]
    items += [comment_item(id=f"same{n}", text="❤️ first") for n in range(2_100)]
    write_raw(settings.data_dir, NIGHTS[0], "instagram", "orbital", items)
    nightly.run(settings, NIGHTS[:1], nightly.STAGES[1:])
    lake = Lake(settings.data_dir)
    validated = lake.manifest("validated", NIGHTS[0])
    assert validated is not None
    assert validated.set_aside == {"no_text": 1, "text_too_long": 1}
    files = [pq.ParquetFile(path).metadata for path in lake.folder("validated", NIGHTS[0]).glob("comments*.parquet")]
    groups = [file.row_group(at).num_rows for file in files for at in range(file.num_row_groups)]
    assert max(groups) <= 600, "a reader needs no more memory for a larger night"
    texts = lake.manifest("texts", NIGHTS[0], read_card(settings.model_dir)["version"])
    assert texts is not None
    ask = Warehouse(settings.data_dir / "warehouse").query
    [(comments, scored)] = ask("SELECT count(*), count(toxic) FROM comments_scored")
    assert comments == 2_107
    assert comments - scored == 1, "Hebrew"
    assert texts.rows_out == len(hostile) - 2 - 1 + 1, "equal texts are read once"
    assert ask("SELECT count(*) FROM comments_scored WHERE comment_id LIKE '%nul' AND toxic > 0.5") == [(1,)]
