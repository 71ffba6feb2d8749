"""A web page as a PDF, printed by a Chromium where there is one."""

import os
import subprocess
import tempfile
from pathlib import Path

from jobs.errors import FailedService

SECONDS = 180
DRAWN = 20_000  # milliseconds of the page's own time, in which its charts are drawn


def print_page(chromium: str, page: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="toxwatch-chromium-") as profile:
        options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", f"--virtual-time-budget={DRAWN}"]
        if os.geteuid() == 0:  # its sandbox does not work for root
            options.append("--no-sandbox")
        command = [chromium, *options, f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.as_uri()]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            raise FailedService(f"{chromium} printed no PDF ({error}).") from None
    if not target.exists():
        raise FailedService(f"{chromium} printed no PDF.")
