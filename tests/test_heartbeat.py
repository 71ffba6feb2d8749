"""The dead-man's switch: somebody hears of it when everything stands still, and nobody while it does not."""

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.alerts import timer
from jobs.alerts.heartbeat import beat
from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.manifests import FIRST_AT, Manifest
from jobs.lake.nights import Lake
from jobs.upkeep import doctor
from tests.fixtures.servers import url

NIGHT = date(2026, 11, 20)
CAME_AT = datetime(2026, 11, 21, 3, tzinfo=UTC)


def _publish(settings: Settings, night: date, came_at: datetime) -> None:
    with (
        Lake(settings.data_dir)
        .open()
        .writing("published", Manifest("publish", night, versions={FIRST_AT: came_at.isoformat()}))
    ):
        pass


@pytest.fixture
def alive(settings: Settings, hook, tmp_path: Path) -> Settings:
    """A night has come; alerts go to a webhook, signs of life to the same server."""
    _publish(settings, NIGHT, CAME_AT)
    (tmp_path / "alerts.toml").write_text("")
    address = url(hook)
    return replace(
        settings,
        alerts_file=tmp_path / "alerts.toml",
        webhook_url=address,
        heartbeat_url=f"{address}ping",
        smtp_url=None,
    )


def test_while_nights_come_only_the_url_is_told(alive: Settings, hook) -> None:
    assert "27 hours ago" in beat(alive, now=CAME_AT + timedelta(hours=27))
    assert hook.taken == ["/ping"]


def test_when_everything_stands_still_people_are_told_once_and_the_url_hears_nothing(alive: Settings, hook) -> None:
    for hour in (33, 34, 60):
        with pytest.raises(FailedService, match="No night has come for"):
            beat(alive, now=CAME_AT + timedelta(hours=hour))
    [told] = hook.taken
    assert told["alerts"][0]["message"] == "no night has come for 33 hours: the newest is 2026-11-20"
    assert told["alerts"][0]["severity"] == "high"


def test_when_nights_come_again_and_stop_again_people_are_told_again(alive: Settings, hook) -> None:
    with pytest.raises(FailedService):
        beat(alive, now=CAME_AT + timedelta(hours=40))
    _publish(alive, NIGHT + timedelta(days=1), CAME_AT + timedelta(hours=41))
    beat(alive, now=CAME_AT + timedelta(hours=42))
    with pytest.raises(FailedService):
        beat(alive, now=CAME_AT + timedelta(hours=80))
    assert [one if isinstance(one, str) else "told" for one in hook.taken] == ["told", "/ping", "told"]


def test_a_night_that_is_published_again_is_no_sign_of_life(alive: Settings) -> None:
    _publish(alive, NIGHT - timedelta(days=9), CAME_AT + timedelta(hours=39))
    with pytest.raises(FailedService, match="40 hours"):
        beat(alive, now=CAME_AT + timedelta(hours=40))


def test_a_url_that_answers_500_is_one_message_and_no_alarm(alive: Settings, hook) -> None:
    hook.status = 500
    with pytest.raises(FailedService, match="the heartbeat URL does not answer as it should: HTTP Error 500"):
        beat(alive, now=CAME_AT + timedelta(hours=1))
    assert hook.taken == ["/ping"]


def test_a_url_where_nobody_listens_is_one_message(alive: Settings) -> None:
    deaf = replace(alive, heartbeat_url="http://127.0.0.1:9/")
    with pytest.raises(FailedService, match=r"answer as it should: \[Errno 111\] Connection refused\.$"):
        beat(deaf, now=CAME_AT + timedelta(hours=1))


def test_a_clock_that_jumped_back_is_named(alive: Settings, hook) -> None:
    with pytest.raises(BadInput, match="clock says 2025-11-21"):
        beat(alive, now=CAME_AT - timedelta(days=365))
    assert hook.taken == []


def test_before_the_first_night_nothing_can_fall_silent(settings: Settings) -> None:
    with pytest.raises(BadInput, match="No night has been published yet"):
        beat(settings)


def test_doctor_says_whether_the_timer_runs(alive: Settings) -> None:
    assert "toxwatch doctor --timer" in doctor.heartbeat(alive)
    beat(alive, now=CAME_AT)  # long ago
    with pytest.raises(doctor.Ailment, match="its timer no longer runs"):
        doctor.heartbeat(alive)
    now = datetime.now(UTC)
    _publish(alive, now.date() - timedelta(days=1), now)
    beat(alive, now=now)
    assert "the timer last asked" in doctor.heartbeat(alive)


def test_the_line_for_cron_works_as_it_is_printed_after_everything_was_stopped(
    alive: Settings, hook, tmp_path: Path
) -> None:
    """The machine is as bare as cron leaves it, and nothing of ours runs: no Airflow, no dashboard."""
    printed = timer.write(alive, tmp_path / "a folder")
    environment = tmp_path / "a folder" / "toxwatch-heartbeat.env"
    assert environment.stat().st_mode & 0o777 == 0o600
    environment.write_text(f"TOXWATCH_HEARTBEAT_URL={url(hook)}ping\nTOXWATCH_WEBHOOK_URL={url(hook)}\n")
    assert "Wrote" in timer.write(alive, tmp_path / "a folder")
    assert "ping" in environment.read_text()  # what somebody filled in stays
    line = printed.splitlines()[-1].strip().removeprefix("0 * * * * ")
    bare = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(["/bin/sh", "-c", line], cwd="/", env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == FailedService.exit_code
    assert "No night has come for" in done.stderr
    assert [one["alerts"][0]["rule"] for one in hook.taken] == ["silent"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_reads_the_units(alive: Settings, tmp_path: Path) -> None:
    timer.write(alive, tmp_path)
    units = [str(tmp_path / f"{timer.NAME}.{kind}") for kind in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
