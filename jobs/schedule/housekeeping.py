"""Once a day: deletes what Airflow keeps of runs older than a month, from its database and its logs.

What Toxwatch stores has limits of its own ([keep] in targets.toml).
"""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobs.console import console

AIRFLOW = str(Path(sys.executable).with_name("airflow"))
KEPT = timedelta(days=30)
DAY = 86_400  # seconds


def run() -> None:
    """Until the process is stopped."""
    while True:
        limit = datetime.now(UTC) - KEPT
        clean(Path(os.environ["AIRFLOW_HOME"]) / "logs", limit)
        console.print(f"Cleaned Airflow's history and logs up to {limit:%Y-%m-%d}.")
        time.sleep(DAY)


def clean(logs: Path, limit: datetime) -> None:
    command = [AIRFLOW, "db", "clean", "--clean-before-timestamp", limit.isoformat(), "--skip-archive", "--yes"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for folder, _, names in os.walk(logs, topdown=False):
        for path in (Path(folder) / name for name in names):
            if path.lstat().st_mtime < limit.timestamp():
                path.unlink(missing_ok=True)
        if folder != str(logs) and not os.listdir(folder):
            Path(folder).rmdir()


if __name__ == "__main__":
    run()
