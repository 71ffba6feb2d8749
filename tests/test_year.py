"""A year in which something goes wrong every night; docs/operations.md has the tables of a whole one.

pytest -m slow tests/test_year.py    # TOXWATCH_YEAR_NIGHTS=20 for fewer
"""

import os
import subprocess
import sys

import pytest

from tests.year.household import ROOT


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
@pytest.mark.skipif(os.geteuid() != 0, reason="a disk can be mounted by root only")
def test_every_promise_is_kept_all_year() -> None:
    nights = os.environ.get("TOXWATCH_YEAR_NIGHTS", "365")
    done = subprocess.run(
        [sys.executable, "-m", "tests.year", nights], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "figures of past days change only for a reason" in done.stdout
