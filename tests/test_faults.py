"""Power failures, failing disks, too little memory and made-up input; docs/security.md has a longer run's table."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import fuzz, trials
from tests.faults.promises import PROMISES

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("cc", "mkfs.ext4", "mount")
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, NEEDED)), reason=f"needs root, {', '.join(NEEDED)}"
)


@pytest.mark.long
def test_a_finished_night_survives_a_power_failure() -> None:
    [promise] = [one for one in PROMISES if one.name == "a stage of a night"]
    result = trials.power(promise, 6, random.Random(1))
    assert (result.tried, result.broken) == (6, [])


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_promise_is_kept_in_every_trouble() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "20"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n| ") > 3 * len(PROMISES)


@pytest.mark.slow
@pytest.mark.parametrize("reader", fuzz.READERS)
def test_whatever_a_stranger_sends_is_read_or_refused(reader: str) -> None:
    fuzz.READERS[reader](1_000)
