"""`make airflow` for real: the night is scheduled, a failed one is red, and a killed scheduler comes back."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from jobs import standin
from jobs.schedule.standalone import is_free
from tests.conftest import TOXWATCH, environment, watching

pytestmark = pytest.mark.slow

Found = TypeVar("Found")
PATIENCE = 900  # seconds, for a machine with other work
PAUSE = 2


def free_ports(number: int) -> int:
    """The first of so many that follow each other."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first: int = probe.getsockname()[1]
        if all(is_free(first + more) for more in range(number)):
            return first


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    ending = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < ending, f"waited in vain for {what}"
        time.sleep(PAUSE)
    return found


def child(parent: int, name: str) -> int | None:
    pids = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    found = [int(pid) for pid in pids if name in Path(f"/proc/{pid}/cmdline").read_text()]
    return found[0] if found else None


def run_state(data_dir: Path) -> str | None:
    """Of the nightly run that Airflow scheduled by itself."""
    try:
        with closing(sqlite3.connect(data_dir / "airflow" / "airflow.db")) as database:
            query = "SELECT state FROM dag_run WHERE dag_id = 'nightly' AND run_type = 'scheduled'"
            found = database.execute(query).fetchone()
    except sqlite3.OperationalError:  # not there yet
        return None
    return str(found[0]) if found else None


@pytest.mark.timeout(4 * PATIENCE)
def test_a_night_is_scheduled_and_red_where_it_failed_though_the_scheduler_was_killed(
    tmp_path: Path, apify: standin.Server
) -> None:
    settings = watching(tmp_path / "data", apify)
    command = [TOXWATCH, "airflow", "--port", str(free_ports(3))]
    values = environment(settings) | {"APIFY_TOKEN": "not the token"}
    with (tmp_path / "log").open("wb") as log:
        airflow = subprocess.Popen(command, env=values, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(lambda: run_state(settings.data_dir), "a scheduled run")
        scheduler = wait_for(lambda: child(airflow.pid, "scheduler"), "the scheduler")
        os.kill(scheduler, signal.SIGKILL)
        again = wait_for(
            lambda: pid if (pid := child(airflow.pid, "scheduler")) != scheduler else None, "another scheduler"
        )
        assert again != scheduler
        ended = wait_for(
            lambda: state if (state := run_state(settings.data_dir)) in ("failed", "success") else None, "its end"
        )
        assert ended == "failed"
    finally:
        airflow.send_signal(signal.SIGINT)
        airflow.wait()
    assert "airflow scheduler ended (exit code -9); starting it again." in (tmp_path / "log").read_text()
