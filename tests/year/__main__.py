"""`nice python -m tests.year [NIGHTS [MINUTES [FOLDER]]]` prints the tables of docs/operations.md; NIGHTS are 365.

After MINUTES no further night begins. With a FOLDER, a year that was stopped goes on there.
Each night something goes wrong, then it is started once more. The first ten are run by two older releases, whose
trees come out of Git. Runs as root, since it fills a disk.
"""

import os
import pickle
import random
import shutil
import subprocess
import sys
import tarfile
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from jobs.upkeep.backup import SAFE
from tests.year.household import CRASHED, POLICIES, ROOT, Household, household, store
from tests.year.promises import Ledger
from tests.year.troubles import OFTEN, PARTIAL, RARE, Trouble, machine_off
from warehouse import build
from warehouse.files import write_atomically

OLD = {"26 November": "369c57d", "27 November, morning": "11088dc"}  # state → commit
NIGHTS_OF_OLD = 5  # each
LAST = date(2026, 11, 26)
DAYS, WEEK = 365, 7 * 24 * 60  # nights, minutes
STATE = "year.pickle"  # in the folder, after every night
SAVED = ("chance", "seconds", "at_once", "events", "waiting", "done", "changes", "is_promoted")
TRACEBACKS = {CRASHED, 1}
RARELY = 20  # nights from one that is killed to the next
EVENTFUL = 15  # nights from one change by people to the next


class Year:
    def __init__(self, home: Household, nights: list[date], chance: random.Random, ends_at: float) -> None:
        self.home, self.nights, self.chance = home, nights, chance
        self.ledger, self.ends_at = Ledger(home, nights[0]), ends_at
        self.seconds: dict[str, list[float]] = defaultdict(list)  # by trouble
        self.at_once: dict[str, int] = defaultdict(int)
        self.events: list[str] = []
        self.waiting: list[date] = []  # nights in which the machine was off
        self.done = 0  # nights
        self.changes = 0  # by people
        self.is_promoted = False  # the model of this release

    def run(self) -> None:
        bag: list[Trouble] = []
        is_due = False  # a change by people
        events = (self._policy, self._people, self._disk, self._model, self._again)
        for number, night in enumerate(self.nights[self.done :], self.done):
            if time.monotonic() > self.ends_at and not self.waiting:
                self.nights = self.nights[:number]
                break
            if not bag:
                bag = self.chance.sample(OFTEN, len(OFTEN))
            with self._going_on(night):
                self._night(night, RARE if number % RARELY == RARELY - 1 else bag.pop())
            is_due = is_due or number % EVENTFUL == EVENTFUL - 1
            if is_due and not self.waiting:
                is_due = False
                with self._going_on(night):
                    events[self.changes % len(events)](night)
                self.changes += 1
            self.done += 1
            self.save()
        is_whole = self.home.toxwatch("verify") == 0
        self.ledger.expect("everything stored is as it was written", self.nights[-1], is_whole)
        self._rebuild(self.nights[-1])

    def save(self) -> None:
        ledger = {name: value for name, value in vars(self.ledger).items() if name not in ("home", "first")}
        year = {name: getattr(self, name) for name in SAVED}
        write_atomically(self.home.place / STATE, pickle.dumps((year, ledger)))

    def resume(self) -> None:
        year, ledger = pickle.loads((self.home.place / STATE).read_bytes())
        vars(self).update(year)
        vars(self.ledger).update(ledger)
        if self.is_promoted:
            del os.environ["TOXWATCH_MODEL"]

    @contextmanager
    def _going_on(self, night: date) -> Iterator[None]:
        """What goes wrong with the trial itself is told of, and does not end the year."""
        try:
            yield
        except Exception:
            self.ledger.expect("the trial itself goes on", night, False, traceback.format_exc())

    def upgrade(self, trees: Path) -> None:
        """The first nights, by older releases; each takes over what the one before wrote."""
        store, nights = os.environ.pop("TOXWATCH_STORE"), iter(self.nights)
        for state, commit in OLD.items():
            mine = [next(nights) for _ in range(NIGHTS_OF_OLD)]
            process = self.home.start(
                "nightly", "--from", str(mine[0]), "--to", str(mine[-1]), release=old_tree(trees, commit)
            )
            self.ledger.expect("an older release runs its nights", mine[-1], process.wait() == 0, state)
            self._event(mine[-1], f"{len(mine)} nights by the release of {state}")
        last = self.nights[len(OLD) * NIGHTS_OF_OLD - 1]
        before = stored(self.ledger.warehouse)
        os.environ["TOXWATCH_STORE"] = store
        self.ledger.expect("an upgrade brings the warehouse forward", last, self.home.toxwatch("apply") == 0)
        self.ledger.check_same(
            "an upgrade keeps comments, pseudonyms and costs", last, before, stored(self.ledger.warehouse)
        )
        shutil.copytree(self.home.data_dir / "raw", self.home.place / "twin" / "raw")
        for night in self.nights[: len(OLD) * NIGHTS_OF_OLD]:
            self.ledger.expected |= self.home.collect_undisturbed(night)
        self.ledger.known_runs |= self.home.service.runs.keys()
        self.ledger.remember()
        self._event(last, "this release took over")
        self.done = len(OLD) * NIGHTS_OF_OLD
        self.save()

    def _night(self, night: date, trouble: Trouble) -> None:
        started, name = time.monotonic(), trouble.__name__.replace("_", " ")
        self.ledger.expected |= self.home.collect_undisturbed(night)
        if trouble is machine_off and night != self.nights[-1]:
            self.waiting.append(night)
            return
        for missed in self.waiting:
            self.home.toxwatch("nightly", "--night", str(missed))
            self.seconds["machine off"].append(time.monotonic() - started)
        codes = trouble(self.home, night, self.chance)
        is_done = codes == {0} and trouble not in PARTIAL
        self.at_once[name] += is_done
        if not is_done:
            code = self.home.toxwatch("nightly", "--night", str(night))
            self.ledger.expect(
                "a night is there after the second start at the latest", night, code == 0, str(self.home.messages)
            )
        self.ledger.expect("no command ends in a traceback", night, not codes & TRACEBACKS, str(self.home.messages))
        self.seconds[name].append(time.monotonic() - started)
        self.ledger.check(night, min([*self.waiting, night]))
        self.waiting = []
        self.ledger.remember()
        print(f"{datetime.now():%H:%M:%S} {night} {name} {codes or ''} {self.seconds[name][-1]:.0f} s", flush=True)

    def _policy(self, night: date) -> None:
        version = len(self.events)
        lower = POLICIES.replace('version = "2"', f'version = "{version}"')
        lower = lower.replace(
            "insult        = { severity", f"insult        = {{ from = {0.2 + version % 5 / 10:.2f}, severity"
        )
        (self.home.place / "policies.toml").write_text(lower)
        self._do(night, "another policy", "apply")

    def _people(self, night: date) -> None:
        newest = list(self.ledger.expected.items())[-60:]
        authors = sorted({author for _, (author, _) in newest if author and not author.endswith("/None")})
        one = self.chance.choice(authors)
        self.ledger.forgotten.add(one)
        self._do(night, "somebody was forgotten", "forget", "--author", one, "--yes")

    def _disk(self, night: date) -> None:
        """Everything is lost but the store."""
        before = build.content_hash(self.ledger.warehouse)
        shutil.rmtree(self.home.data_dir)
        self._do(night, "a lost disk was restored from the store", "restore", os.environ["TOXWATCH_STORE"])
        self.ledger.check_same(
            "a restored warehouse has the same content", night, before, build.content_hash(self.ledger.warehouse)
        )

    def _model(self, night: date) -> None:
        """Once: the model of this release takes over from that of the old ones."""
        if not self.is_promoted:
            self.home.toxwatch("promote", str(ROOT / "models/shipped/bilstm"), "--anyway")
            del os.environ["TOXWATCH_MODEL"]
            self.is_promoted = True
            self._do(night, "another model took over", "rescore")
        else:
            self._do(night, "everything stored was verified", "verify")

    def _again(self, night: date) -> None:
        """An older night runs again, from what was collected then."""
        older = night - timedelta(days=17)
        self._do(
            night,
            f"the night of {(night - older).days} days before ran again",
            "nightly",
            "--no-scrape",
            "--night",
            str(older),
        )

    def _do(self, night: date, what: str, *words: str) -> None:
        started = time.monotonic()
        code = self.home.toxwatch(*words)
        self.ledger.expect("what people do by hand succeeds", night, code == 0, f"{what}: {self.home.messages}")
        self._event(night, what, time.monotonic() - started)
        self.ledger.check_nothing_lost(night)
        self.ledger.check_figures(night, night + timedelta(days=1))
        self.ledger.remember()

    def _rebuild(self, night: date) -> None:
        before = build.content_hash(self.ledger.warehouse)
        self.home.toxwatch("rebuild")
        self.ledger.check_same(
            "a warehouse rebuilt from the lake has the same content",
            night,
            before,
            build.content_hash(self.ledger.warehouse),
        )

    def _event(self, night: date, what: str, seconds: float = 0.0) -> None:
        self.events.append(f"{night}: {what}")
        print(f"{datetime.now():%H:%M:%S} {self.events[-1]} {seconds:.0f} s", flush=True)

    def print_tables(self) -> None:
        print("\n| trouble | nights | there after one start | median s until the figures are there | longest s |")
        print("|---|---|---|---|---|")
        for name, seconds in sorted(self.seconds.items()):
            print(f"| {name} | {len(seconds)} | {self.at_once[name]} | {median(seconds):.0f} | {max(seconds):.0f} |")
        print("\n| promise | checked | broken |\n|---|---|---|")
        for promise, number in self.ledger.checked.items():
            print(f"| {promise} | {number:,} | {sum(promise in one for one in self.ledger.broken)} |")
        print(f"\n{len(self.ledger.late)} of {len(self.ledger.expected):,} comments came a night late")
        print("\n| figures of past days changed for | times |\n|---|---|")
        for reason, times in self.ledger.reasons.items():
            print(f"| {reason} | {times} |")


def stored(warehouse: Path) -> list[tuple[object, ...]]:
    """What no upgrade may change, read with DuckDB alone."""
    with duckdb.connect(str(warehouse / "current.duckdb"), read_only=True) as con:
        comments = (
            "SELECT comment_id, account, post_id, text, author_hash, posted_at, first_night FROM comments ORDER BY ALL"
        )
        return (
            con.execute(comments).fetchall()
            + con.execute("SELECT night, run_id, cost_usd FROM runs ORDER BY ALL").fetchall()
        )


def old_tree(place: Path, commit: str) -> Path:
    tree = place / commit
    if not tree.exists():
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(tree, **SAFE)
    return tree


def main(number: int, minutes: float, folder: str = "") -> int:
    """How many promises were broken."""
    ends_at = time.monotonic() + 60 * minutes
    nights = [LAST - timedelta(days=back) for back in reversed(range(number))]
    with ExitStack() as stack:
        place = Path(folder or stack.enter_context(TemporaryDirectory(prefix="year-")))
        place.mkdir(exist_ok=True)
        os.environ["TOXWATCH_STORE"] = stack.enter_context(store())
        trees = place / "releases"
        oldest = old_tree(trees, next(iter(OLD.values())))
        home = stack.enter_context(household(place, oldest, is_kept=bool(folder)))
        print(f"log: {home.log}", flush=True)
        year = Year(home, nights, random.Random(7), ends_at)
        try:
            if (place / STATE).exists():
                year.resume()
            else:
                year.upgrade(trees)
            year.run()
        finally:
            year.print_tables()
    return len(year.ledger.broken)


if __name__ == "__main__":
    given = sys.argv[1:]
    number, minutes = [*map(int, given[:2]), *(DAYS, WEEK)[len(given[:2]) :]]
    sys.exit(main(number, minutes, *given[2:3]) > 0)
