"""Keeps each promise while power, disk or memory fails, and counts what a reader finds afterwards."""

import ctypes
import errno
import os
import pickle
import random
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dashboard.settings import SettingsError
from jobs.errors import ToxwatchError
from tests.faults.disk import Disk
from tests.faults.promises import Found, Promise
from warehouse import WarehouseError

SOURCE = Path(__file__).with_name("trouble.c")
ERRORS = (errno.EIO, errno.ENOSPC)
FOR_EVER = 2**31
MEMORY_MB = (1, 8, 64, 256, 1024)  # more than the process had when the work began
ONE_SENTENCE = (
    ToxwatchError,
    WarehouseError,
    SettingsError,
    OSError,
    MemoryError,
    sqlite3.OperationalError,
    duckdb.OutOfMemoryException,
)  # jobs/cli.py makes one
FAILED, TRACEBACK = 1, 2  # exit codes of a child


@dataclass
class Result:
    promise: str
    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def judge(self, promise: Promise, found: Found, before: Found, after: Found, is_done: bool, when: str) -> None:
        self.tried += 1
        if isinstance(found, Broken):
            self.broken.append(f"{when}: {found.why}")
        elif is_done and found != after:
            self.broken.append(f"{when}: it was done, and {_short(found)} was found")
        elif found == after:
            self.outcomes["new"] += 1
        elif found == before:
            self.outcomes["old"] += 1
        elif promise.between is None or found in promise.between:
            self.outcomes["between"] += 1
        else:
            self.broken.append(f"{when}: {_short(found)} was found")


@dataclass
class Broken:
    """What a reader ran into."""

    why: str


def power(promise: Promise, number: int, chance: random.Random) -> Result:
    """The machine stops at any moment and starts again; what had returned must be there."""
    result = Result(promise.name)
    with begun(promise) as (first, before, after), _place() as place:
        disk = Disk(place)
        with disk.mounted() as folder:
            shutil.copytree(first, folder, symlinks=True, dirs_exist_ok=True)
        with disk.recorded() as folder:
            in_child(promise.work, folder)
        for failure in disk.failures(number, chance):
            with disk.after(failure) as folder:
                found = read(promise, folder)
                when = f"{'after' if failure.is_done else 'during'} the work, {failure.lost} writes lost"
                result.judge(promise, found, before, after, failure.is_done, when)
                again(promise, folder, after, result, when)
    return result


def errors(promise: Promise, number: int, chance: random.Random) -> Result:
    """A call that writes fails, once or from then on; then the disk is well again."""
    result = Result(promise.name)
    with begun(promise) as (first, before, after):
        calls = in_child(_counting, promise, _copy(first))
        for _ in range(number):
            call, error, is_sticky = chance.randint(1, calls), chance.choice(ERRORS), chance.random() < 0.5
            folder = _copy(first)
            when = f"{errno.errorcode[error]} at call {call} of {calls}{' and after' if is_sticky else ''}"
            ending = _ending(_failing, promise, folder, call, error, is_sticky)
            _judge_ending(promise, result, folder, ending, before, after, when)
    return result


def memory(promise: Promise, *_: Any) -> Result:
    """The process may take so many more bytes."""
    result = Result(promise.name)
    with begun(promise) as (first, before, after):
        for more in MEMORY_MB:
            folder = _copy(first)
            ending = _ending(_starving, promise, folder, more)
            _judge_ending(promise, result, folder, ending, before, after, f"with {more} MB")
    return result


def _judge_ending(
    promise: Promise, result: Result, folder: Path, ending: "int | str", before: Found, after: Found, when: str
) -> None:
    if isinstance(ending, str):
        result.broken.append(f"{when}: {ending}")
    result.judge(promise, read(promise, folder), before, after, ending == 0, when)
    again(promise, folder, after, result, when)
    shutil.rmtree(folder.parent)


def again(promise: Promise, folder: Path, after: Found, result: Result, when: str) -> None:
    """The same command, run once more, has to bring what it would have brought."""
    try:
        if read(promise, folder) != after:
            in_child(promise.work, folder)
        if (found := in_child(promise.found, folder)) != after:
            result.broken.append(f"{when}, run again: {_short(found)} was found")
    except RuntimeError as error:
        result.broken.append(f"{when}, run again: {error}")


def read(promise: Promise, folder: Path) -> Found | Broken:
    try:
        return in_child(promise.found, folder)
    except RuntimeError as error:
        return Broken(str(error))


@contextmanager
def begun(promise: Promise) -> Iterator[tuple[Path, Found, Found]]:
    """A folder to copy, and what is found in it before and after the work."""
    with _place() as place:
        first = place / "first" / "folder"
        first.mkdir(parents=True)
        in_child(promise.begin, first)
        before = in_child(promise.found, _copy(first))
        done = _copy(first)
        in_child(promise.work, done)
        yield first, before, in_child(promise.found, done)


def in_child(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns in a process of its own, where no thread and no open file is left over."""
    readable, writable = os.pipe()
    if not (pid := os.fork()):
        _be_quiet()
        try:
            answer: tuple[bool, Any] = True, function(*arguments)
        except BaseException:
            answer = False, traceback.format_exc(limit=-3)
        with os.fdopen(writable, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        content = pipe.read()
    os.waitpid(pid, 0)
    is_good, found = pickle.loads(content) if content else (False, "the process was killed")
    if not is_good:
        raise RuntimeError(" ".join(str(found).split())[-400:])
    return found


def _ending(function: Callable[..., None], *arguments: Any) -> "int | str":
    """0 where it ended well, otherwise its code or signal; a sentence where it was a traceback."""
    readable, writable = os.pipe()
    if not (pid := os.fork()):
        code = 0
        _be_quiet()
        try:
            function(*arguments)
        except ONE_SENTENCE:
            code = FAILED
        except BaseException:
            os.write(writable, traceback.format_exc(limit=-2).encode()[-500:])
            code = TRACEBACK
        os._exit(code)
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return " ".join(said.split()) if code == TRACEBACK else code


def _be_quiet() -> None:
    """Progress, and what C++ prints when it gives up."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _trouble() -> Any:
    return ctypes.CDLL(os.environ["LD_PRELOAD"])


def _counting(promise: Promise, folder: Path) -> int:
    trouble = _trouble()
    trouble.trouble_begin(os.fsencode(folder), ctypes.c_long(FOR_EVER), ctypes.c_long(FOR_EVER), errno.EIO)
    promise.work(folder)
    return int(trouble.trouble_calls())


def _failing(promise: Promise, folder: Path, call: int, error: int, is_sticky: bool) -> None:
    last = FOR_EVER if is_sticky else call
    _trouble().trouble_begin(os.fsencode(folder), ctypes.c_long(call), ctypes.c_long(last), error)
    promise.work(folder)


def _starving(promise: Promise, folder: Path, more: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + (more << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    promise.work(folder)


def _copy(folder: Path) -> Path:
    place = Path(tempfile.mkdtemp(dir=folder.parents[1]))
    return Path(shutil.copytree(folder, place / "folder", symlinks=True))


@contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        yield Path(folder)


def _short(found: Found) -> str:
    return f"{found!s:.80}"


def compiled(place: Path) -> Path:
    """What LD_PRELOAD names."""
    library = place / "trouble.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library
