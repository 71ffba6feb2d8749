"""Score shows how far it is, and when it was stopped it goes on where it was."""

import os
import signal
import subprocess
import sys
import threading
import time
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from jobs import console, nightly
from jobs.config.settings import Settings
from jobs.console import ABOUT, progress
from jobs.lake import schema
from jobs.lake.nights import Lake
from jobs.spark import session as sparks
from jobs.spark.session import WATCH, session, tasks_watched
from models.card import read_card
from models.labels import LABELS
from tests.conftest import environment
from tests.fixtures.nights import NIGHTS, copied, undone
from warehouse import build

pytestmark = pytest.mark.long

[NIGHT, _] = NIGHTS
SLICE = 60
IN_SLICES = f"from jobs.spark import session; session.SLICE = {SLICE}; from jobs.cli import main; main()"


@pytest.mark.slow
def test_a_night_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, after_one_night: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparks, "SLICE", SLICE)
    stages = nightly.STAGES[3:5]
    whole, killed = (
        undone(copied(after_one_night, tmp_path / name), "texts", "scored", "published", "monitored")
        for name in ("whole", "killed")
    )
    nightly.run(whole, [NIGHT], stages)

    kill_after_slices(killed, 2)
    begun = begun_in(killed)
    kept = pyarrow.dataset.dataset(sorted(begun.glob("*.parquet"))).count_rows()
    spoil(begun)
    nightly.run(killed, [NIGHT], stages)

    texts = [Lake(one.data_dir).manifest("texts", NIGHT, version(one)) for one in (whole, killed)]
    assert [(one.reused, one.rows_out) for one in texts if one] == [(0, texts[0].rows_out), (kept, texts[0].rows_out)]
    assert 0 < kept < texts[0].rows_out
    assert len({build.content_hash(one.data_dir / "warehouse") for one in (whole, killed)}) == 1
    assert not begun.exists()


def kill_after_slices(settings: Settings, slices: int) -> None:
    command = [sys.executable, "-c", IN_SLICES, "score", "--night", str(NIGHT)]
    env = environment(settings) | {"TOXWATCH_SPARK_MASTER": "local[1]"}
    process = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        while len(list(begun_in(settings).glob("*.parquet"))) < slices:
            assert process.poll() is None, "score ended before it was killed"
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def spoil(begun: Path) -> None:
    """A power cut leaves half a file, and the night has lost a text since."""
    [whole, *_] = begun.glob("*.parquet")
    (begun / "half.parquet").write_bytes(whole.read_bytes()[:-100])
    row = {"text_key": "of no comment of the night", **dict.fromkeys(LABELS, 0.5)}
    pq.write_table(pa.Table.from_pylist([row], schema.TEXTS), begun / "stale.parquet")


def begun_in(settings: Settings) -> Path:
    return Lake(settings.data_dir).begun("texts", NIGHT, version(settings))


def version(settings: Settings) -> str:
    return str(read_card(settings.model_dir)["version"])


def test_a_bar_follows_sparks_tasks_and_ends_with_the_work(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(file=StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(console, "console", terminal)
    context = session(settings).sparkContext
    with progress("wait", night=NIGHT) as advance, tasks_watched(settings, advance):
        context.parallelize(range(8), 8).foreach(lambda _: time.sleep(0.4))
    shown = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert f"wait {NIGHT}" in shown
    assert "8/8" in shown
    assert any(f"{tasks}/8" in shown for tasks in range(1, 8)), "it has moved"
    with pytest.raises(ValueError, match="of the work"), tasks_watched(settings, advance):
        raise ValueError("of the work")
    assert WATCH not in {thread.name for thread in threading.enumerate()}


def test_what_is_told_while_spark_works_names_the_night(settings: Settings) -> None:
    nights = set[str | None]()
    with (
        progress("wait", night=NIGHT),
        tasks_watched(settings, lambda *_, **__: nights.add(ABOUT.get({}).get("night"))),
    ):
        pass
    assert nights == {str(NIGHT)}


def test_where_there_is_no_terminal_a_line_now_and_then_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "LINE_EVERY", 0)
    with progress("count") as advance:
        advance(1_000)
        advance(500, total=2_000)
    assert capsys.readouterr().err.splitlines() == ["count", "count: 1,000", "count: 1,500 of 2,000"]
