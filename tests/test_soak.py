"""Sixty nights in which everything goes wrong, and the same warehouse as after sixty quiet ones. Takes most of
an hour.

pytest -m slow tests/test_soak.py
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs import nightly, standin
from jobs.config.settings import Settings
from jobs.errors import Busy, FailedService
from jobs.standin import Fault
from tests.conftest import TOXWATCH, environment, watching
from warehouse import build

LAST = date(2026, 11, 11)
NIGHTS = [LAST - timedelta(days=back) for back in reversed(range(int(os.environ.get("TOXWATCH_SOAK_NIGHTS", "60"))))]
PAID = ("runs", "ingest_errors", "rejected")  # tables in which it stays that runs failed and gave the same again
FAULTS = (
    Fault(429, on="GET .*/items", times=2), Fault(503, on="GET .*/actor-runs", times=3),
    Fault(500, on="POST .*post-scraper"), Fault("lost", on="POST .*comment-scraper"),
    Fault("FAILED", on="POST .*comment-scraper"), Fault("TIMED-OUT", on="POST .*post-scraper"),
    Fault(402, on="POST .*comment-scraper"), Fault("slow", on="POST .*", seconds=1.0),
)  # fmt: skip


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, which can be filled."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", place], check=False).returncode:
        pytest.skip("a disk can be mounted by root only")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.slow
@pytest.mark.timeout(3 * 3600)
def test_hostile_nights_end_as_quiet_ones(tmp_path: Path, disk: Path) -> None:
    chance = random.Random(7)
    with standin.serving() as server:
        quiet, hostile = watching(tmp_path / "quiet", server), watching(disk / "data", server)
        for night in NIGHTS:
            nightly.run(quiet, [night])
            trouble = chance.choice([faulty, killed, twice, full, moved_clock])
            print(f"{night}: {trouble.__name__}", flush=True)
            trouble(hostile, night, server, chance)
            server.faults.clear()
            nightly.run(hostile, [night])
            assert content(hostile) == content(quiet), f"{night}, after {trouble.__name__}"


def faulty(settings: Settings, night: date, server: standin.Server, chance: random.Random) -> None:
    server.faults += [Fault(fault.what, fault.on, fault.times, fault.seconds) for fault in chance.sample(FAULTS, 3)]
    assert started(settings, night).wait() in (0, FailedService.exit_code)


def killed(settings: Settings, night: date, _server: standin.Server, chance: random.Random) -> None:
    process = started(settings, night)
    time.sleep(chance.uniform(1, 15))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def twice(settings: Settings, night: date, _server: standin.Server, _chance: random.Random) -> None:
    both = [started(settings, night) for _ in range(2)]
    assert {process.wait() for process in both} <= {0, Busy.exit_code}


def full(settings: Settings, night: date, _server: standin.Server, chance: random.Random) -> None:
    ballast = settings.data_dir.parent / "ballast"
    free = shutil.disk_usage(ballast.parent).free
    with ballast.open("wb") as file:
        for _ in range(max(free - chance.randrange(2_000_000), 0) // 4096):
            file.write(bytes(4096))
    assert started(settings, night).wait() == FailedService.exit_code
    ballast.unlink()


def moved_clock(settings: Settings, night: date, _server: standin.Server, chance: random.Random) -> None:
    assert started(settings, night, TZ=chance.choice(["Pacific/Auckland", "America/Los_Angeles"])).wait() == 0


def started(settings: Settings, night: date, **more: str) -> subprocess.Popen:
    command = [TOXWATCH, "nightly", "--night", str(night)]
    return subprocess.Popen(
        command, env=environment(settings) | more, start_new_session=True, stderr=subprocess.DEVNULL
    )


def content(settings: Settings) -> list[str]:
    hashes = build.content_hash(settings.data_dir / "warehouse").splitlines()
    return [line for line in hashes if line.split()[0] not in PAID]
