"""The demo as a newcomer types it, and the dashboard that it ends with."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.conftest import TOXWATCH

pytestmark = pytest.mark.long

ENVIRONMENT = os.environ | {"APIFY_TOKEN": ""}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_demo_ends_with_what_it_found_and_its_dashboard_can_be_served(tmp_path: Path) -> None:
    demo = [TOXWATCH, "demo", "--nights", "2", "--to", "2026-11-19", "--no-serve", "--data-dir", str(tmp_path)]
    said = subprocess.run(demo, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert "Which accounts get the most toxic comments" in said.stdout
    assert "instagram/harbour_fc" in said.stdout
    assert re.search(
        r"Of [\d,]+ comments with scores, (?!0\.0%)\d+\.\d% are abusive; the model.s estimate is \d", said.stdout
    )
    assert "Traceback" not in said.stderr
    docs = next(line.split("   ")[0].strip() for line in said.stdout.splitlines() if "index.html" in line)
    assert "Great Expectations" in Path(docs).read_text()

    status = subprocess.run(
        [TOXWATCH, "status", "--json", "--data-dir", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert [night["night"] for night in json.loads(status.stdout)] == ["2026-11-18", "2026-11-19"]

    port = free_port()
    serve = [TOXWATCH, "serve", "--port", str(port), "--data-dir", str(tmp_path)]
    process = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True)
    try:
        assert wait_for(f"http://127.0.0.1:{port}/healthz", process)["newest_night"] == "2026-11-19"
        second = subprocess.run(serve, capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert f"Port {port} is already in use" in second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert "Traceback" not in errors


def wait_for(url: str, process: subprocess.Popen) -> dict:
    while True:
        assert process.poll() is None
        try:
            with urlopen(url, timeout=5) as reply:
                return json.load(reply)
        except URLError:
            time.sleep(0.1)
