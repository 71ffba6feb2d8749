"""Each kind of file in a data folder is damaged in one of four ways: commands answer in a sentence, not a traceback."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from jobs import cli
from jobs.config.settings import Settings
from tests.conftest import environment
from tests.fixtures.nights import NIGHTS, copied

pytestmark = pytest.mark.slow

COMMANDS = [
    "status", "doctor --files", "verify", "user list", "sql nights", "report {place}/week.html",
    "export {place}/week.csv",
    "plan", "backup {place}/backup.tar", "held instagram/nobody {place}/held.json", "validate --night {night}",
    "publish --night {night}", "monitor --night {night}", "compact", "expire", "apply", "rebuild", "rollback",
]  # fmt: skip


def emptied(_content: bytes) -> bytes:
    return b""


def halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


def overwritten(content: bytes) -> bytes:
    return Random(7).randbytes(len(content))


def flipped(content: bytes) -> bytes:
    """One bit in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :] if content else b"\0"


DAMAGES = [emptied, halved, overwritten, flipped]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_never_ends_in_a_traceback(
    after_one_night: Settings,
    tmp_path: Path,
    damage: Callable[[bytes], bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tracebacks = []
    of_this_damage = sorted(kinds(after_one_night.data_dir).values())[DAMAGES.index(damage) :: len(DAMAGES)]
    for number, kind in enumerate(of_this_damage):
        settings = copied(after_one_night, tmp_path / str(number))
        for name, value in environment(settings).items():
            monkeypatch.setenv(name, value)
        file = settings.data_dir / kind
        file.write_bytes(damage(file.read_bytes()))
        for command in COMMANDS:
            words = command.format(place=settings.data_dir.parent, night=NIGHTS[0])
            try:
                monkeypatch.setattr(sys, "argv", ["toxwatch", *words.split()])
                cli.main()
            except SystemExit:
                pass
            except BaseException as error:
                tracebacks.append((str(kind), words, repr(error)[:200]))
    capsys.readouterr()
    assert tracebacks == []


def kinds(data_dir: Path) -> dict[str, Path]:
    """One file of each kind, e.g. one of all parts of a Parquet dataset."""
    files = [path.relative_to(data_dir) for path in data_dir.rglob("*") if path.is_file() and not path.is_symlink()]
    return {re.sub(r"part-[-\w]+|[0-9a-f]{8,}", "", str(file)): file for file in files}
