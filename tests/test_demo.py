"""The demo as a newcomer types it, and the dashboard that opens after its first night."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.conftest import TOXWATCH

pytestmark = pytest.mark.long

ENVIRONMENT = os.environ | {"APIFY_TOKEN": ""}
END = "Then list your own accounts in targets.toml, set APIFY_TOKEN and run `toxwatch nightly`.\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_dashboard_opens_after_the_first_night_and_the_demo_ends_with_what_it_found(tmp_path: Path) -> None:
    port = free_port()
    nights = ["--nights", "2", "--to", "2026-11-19", "--port", str(port), "--data-dir", str(tmp_path)]
    demo = subprocess.Popen([TOXWATCH, "demo", *nights], env=ENVIRONMENT, stdout=PIPE, stderr=PIPE, text=True)
    try:
        newest = [health["newest_night"] for health in answers(f"http://127.0.0.1:{port}/healthz", demo)]
        assert newest == ["2026-11-18", "2026-11-19"]
        second = subprocess.run(
            [TOXWATCH, "demo", *nights], env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert (second.returncode, "already in use" in second.stderr) == (2, True)
        assert demo.stdout
        shown = "".join(iter(demo.stdout.readline, END))
    finally:
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=60)
    assert "Which accounts get the most toxic comments" in shown
    assert "instagram/harbour_fc" in shown
    assert re.search(r"Of [\d,]+ comments with scores, (?!0\.0%)\d+\.\d% are abusive\. The model alone says \d", shown)
    docs = next(line.split("   ")[0].strip() for line in shown.splitlines() if "index.html" in line)
    assert "Great Expectations" in Path(docs).read_text()
    assert "Traceback" not in errors
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)

    status = subprocess.run(
        [TOXWATCH, "status", "--json", "--data-dir", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert [night["night"] for night in json.loads(status.stdout)] == ["2026-11-18", "2026-11-19"]


def answers(url: str, demo: subprocess.Popen[str]) -> Iterator[dict[str, str]]:
    """Every answer that differs from the one before, until the second night is there."""
    last: dict[str, str] = {}
    while last.get("newest_night") != "2026-11-19":
        assert demo.poll() is None
        try:
            with urlopen(url, timeout=5) as reply:
                health = json.load(reply)
        except URLError:
            time.sleep(0.1)
            continue
        if health["newest_night"] != last.get("newest_night"):
            yield (last := health)
        time.sleep(0.1)
