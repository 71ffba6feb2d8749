"""What goes wrong with a night. Each trouble leaves the night as it is then; the year starts it once more."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from jobs.lake.nights import Lake
from jobs.lake.raw import raw_file
from jobs.nightly import STAGES
from jobs.standin import Fault
from tests.year.household import Household

Trouble = Callable[[Household, date, random.Random], set[int]]  # returns the exit codes that came
FAULTS = (
    Fault(429, on="GET .*/items", times=2), Fault(503, on="GET .*/actor-runs", times=3),
    Fault(500, on="POST .*post-scraper"), Fault("lost", on="POST .*comment-scraper"),
    Fault("FAILED", on="POST .*comment-scraper"), Fault("TIMED-OUT", on="POST .*post-scraper"),
    Fault(402, on="POST .*comment-scraper"), Fault("slow", on="POST .*", seconds=0.5),
    Fault("reset", on="GET .*/items"), Fault("html", on="GET .*/items"), Fault("short", on="GET .*/items"),
    Fault("ABORTED", on="POST .*comments-scraper"), Fault("blocked", on="POST .*comment-scraper"),
)  # fmt: skip


def nothing(home: Household, night: date, _chance: random.Random) -> set[int]:
    return {home.toxwatch("nightly", "--night", str(night))}


def faulty_service(home: Household, night: date, chance: random.Random) -> set[int]:
    """Asked twice, as Airflow does: first by account, then for all."""
    home.service.faults += [Fault(one.what, one.on, one.times, one.seconds) for one in chance.sample(FAULTS, 3)]
    home.toxwatch("scrape", "--night", str(night))
    code = home.toxwatch("nightly", "--night", str(night))
    home.service.faults.clear()
    return {code}


def killed_collecting(home: Household, night: date, chance: random.Random) -> set[int]:
    return _killed(home, "scrape", f"scrape {night}", chance.uniform(0, 1))


def killed(home: Household, night: date, chance: random.Random) -> set[int]:
    return _killed(home, "nightly", f"{chance.choice(STAGES).name} {night}", chance.uniform(0, 3))


def _killed(home: Household, command: str, sign: str, seconds: float) -> set[int]:
    """So many seconds after the command has said that a stage begins."""
    before = home.log.stat().st_size
    process = home.start(command, "--night", sign.split()[-1])
    while process.poll() is None and sign.encode() not in home.log.read_bytes()[before:]:
        time.sleep(0.1)
    time.sleep(seconds)
    with suppress(ProcessLookupError):  # it has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return set()


def started_twice(home: Household, night: date, _chance: random.Random) -> set[int]:
    other = home.start("scrape", "--night", str(night))
    code = home.toxwatch("scrape", "--night", str(night))
    return {code, other.wait()}


def full_disk(home: Household, night: date, chance: random.Random) -> set[int]:
    ballast, free = home.disk / "ballast", shutil.disk_usage(home.disk).free
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - chance.randrange(2_000_000))
    code = home.toxwatch("nightly", "--night", str(night))
    ballast.unlink()
    return {code}


def moved_clock(home: Household, night: date, chance: random.Random) -> set[int]:
    """The machine is in another time zone for a night."""
    os.environ["TZ"] = chance.choice(["Pacific/Auckland", "America/Los_Angeles"])
    time.tzset()
    code = home.toxwatch("nightly", "--night", str(night))
    del os.environ["TZ"]
    time.tzset()
    return {code}


def damaged_file(home: Household, night: date, _chance: random.Random) -> set[int]:
    """Half of what was collected is lost before it is read."""
    home.toxwatch("scrape", "--night", str(night))
    path = raw_file(Lake.of(home.settings), night, "instagram/harbour_fc")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return {home.toxwatch("validate", "--night", str(night))}


def machine_off(_home: Household, _night: date, _chance: random.Random) -> set[int]:
    """The night is made up for with the next."""
    return set()


OFTEN: tuple[Trouble, ...] = (
    nothing, nothing, faulty_service, faulty_service, faulty_service, full_disk, moved_clock, killed_collecting,
    started_twice, damaged_file, machine_off,
)  # fmt: skip
PARTIAL = (started_twice, damaged_file)  # these run some of the stages
RARE = killed  # in a process of its own, which has to start Spark
