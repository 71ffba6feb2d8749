"""A command that somebody starts from the dashboard: a process of its own, which goes on when the page is left."""

import subprocess
import tempfile
from datetime import date
from pathlib import Path

from jobs.config.settings import TOXWATCH, Settings
from jobs.lake.datasets import STAGES
from jobs.lake.nights import Lake
from models.card import read_card


class ByHand:
    def __init__(self, data_dir: Path | None, command: str) -> None:
        self._command = [TOXWATCH, command, *(("--data-dir", str(data_dir)) if data_dir else ())]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path()

    def start(self, *options: str) -> None:
        """Starts it, unless one that was started here is still running."""
        if self.is_running:
            return
        self._log = Path(tempfile.mkdtemp(prefix="toxwatch-")) / "output.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen([*self._command, *options], stdout=output, stderr=subprocess.STDOUT)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def error(self) -> str | None:
        """What the command said at last, if it failed."""
        if self._process is None or not self._process.poll():
            return None
        lines = self._log.read_text(errors="replace").partition("toxwatch: ")[2].split()
        return " ".join(lines) or "It stopped; the server's log may say why."


def finished(settings: Settings, night: date) -> dict[str, int]:
    """Stages of a night that have finished, with the rows they handed on."""
    lake, model = Lake.of(settings), str(read_card(settings.model_dir)["version"])
    found = {one.stage: lake.manifest(one.name, night, model if one.by_model else None) for one in STAGES}
    return {stage: manifest.rows_out for stage, manifest in found.items() if manifest}
