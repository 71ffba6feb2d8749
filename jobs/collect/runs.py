"""Records paid runs on disk before money is spent, and keeps a night within its budget."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from jobs.config.targets import Account, Targets, Watched
from jobs.errors import FailedService
from jobs.lake.nights import Lake
from jobs.lake.raw import RawLine
from jobs.platforms.actor import Actor
from warehouse.files import write_atomically

LOST = "LOST"  # Apify no longer has the run; another one is needed
REFUSED = "REFUSED"  # never started
FINISHED = ("SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED", LOST, REFUSED)
SHORTEST_TIMEOUT = 1800  # seconds after which Apify ends a run; its own default is seven days
RUNS_ENDING = ".runs.json"
PRICED_NIGHTS, PRICED_ITEMS = 7, 50  # nights a price is taken from, and the least items it needs
PRICE_ROOM = 1.1  # replies that are billed with their comment vary


class RunTrouble(FailedService):
    """A failed run; becomes an error line of its account."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description

    def line(self, night: date, account: Watched, url: str, is_retryable: bool) -> RawLine:
        item = {
            "error": self.error,
            "errorDescription": self.description,
            "inputUrl": url,
            "isRetryable": is_retryable,
        }
        return RawLine(night, account.platform, account.handle, "error", account.platform, None, item)


@dataclass
class PaidRun:
    step: str  # "posts" or "comments"
    actor: str
    asked: list[str]  # the links it reads
    input: dict[str, Any]
    max_items: int
    max_usd: float
    is_cut: bool  # the budget allowed fewer items than were wanted
    intended_at: str
    newest_before: str | None = None  # the actor's newest run on Apify before this one was started
    run_id: str | None = None
    dataset_id: str | None = None
    status: str = "INTENDED"  # afterwards Apify's word for it, LOST or REFUSED
    cost_usd: float = 0.0  # according to Apify; preliminary until it has settled
    items: int = 0
    limit: int = 0  # items per link
    timeout_seconds: int = SHORTEST_TIMEOUT  # different for every run, which identifies it
    is_settled: bool = False
    is_read: bool = False  # all its items are in the raw file
    ended_at: str | None = None  # by Apify's clock

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def committed_usd(self) -> float:
        return self.cost_usd if self.is_settled else self.max_usd


@dataclass
class _Looks:
    """Checks of the cost of a run that has ended."""

    next_at: float
    left: int = 4


@dataclass
class RunBook:
    """The paid runs of one account's night."""

    lake: Lake
    night: date
    account: str
    runs: list[PaidRun] = field(default_factory=list)
    looks: dict[str, _Looks] = field(default_factory=dict)  # by run
    is_busy: bool = False  # one of its runs is reserved, running or being read
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.path = self.lake.folder("raw", self.night) / f"{self.account}{RUNS_ENDING}"

    def load(self) -> None:
        self.runs = read_runs(self.path)

    def save(self) -> None:
        with self.lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps([asdict(run) for run in self.runs], ensure_ascii=False, indent=1)
            write_atomically(self.path, text)

    def claimed(self) -> set[str]:
        """The ids of all recorded runs in the lake."""
        folders = self.lake.root.glob("raw/night=*")
        return {run.run_id for folder in folders for _, run in runs_of(folder) if run.run_id}

    def unsettled(self, settles_after: float) -> Iterator[tuple[PaidRun, _Looks]]:
        """Runs that have ended and whose cost is still to be checked."""
        for run in self.runs:
            if run.is_finished and not run.is_settled and run.run_id:
                looks = self.looks.setdefault(run.run_id, _Looks(time.monotonic() + settles_after))
                if looks.left:
                    yield run, looks

    def is_settling(self) -> bool:
        looks = [self.looks.get(run.run_id or "") for run in self.runs if not run.is_settled]
        return any(one and one.left for one in looks)


class Budget:
    """A night's budget, in total and by tag. A run counts with its maximum charge until its cost has settled."""

    def __init__(self, lake: Lake, night: date, targets: Targets, settle: Callable[[RunBook], None]) -> None:
        self.lake, self.night, self.targets, self.settle = lake, night, targets, settle
        self.prices = prices(lake, night)
        self.books: list[RunBook] = []  # of this process
        self.lock = threading.Lock()

    def book(self, account: Account) -> RunBook:
        book = RunBook(self.lake, self.night, account.name)
        self.books.append(book)
        return book

    def reserve(self, book: RunBook, run: PaidRun, actor: Actor) -> None:
        """Records the run with its maximum charge, reduced to what is left once no more can become free."""
        while not self._reserved(book, run, actor):
            self.settle_due()
            time.sleep(0.05)

    def settle_due(self) -> bool:
        """Checks costs that may have settled; False if there is nothing to wait for."""
        with self.lock:
            for book in self.books:
                self.settle(book)
        return self._may_become_free()

    def _reserved(self, book: RunBook, run: PaidRun, actor: Actor) -> bool:
        with self.lake.lock(f"budget-{self.night}", wait=True):
            left, of_what = self._left(book.account)
            actor = priced(actor, self.prices)
            affordable = actor.affordable(left)
            if affordable < run.max_items and self._may_become_free():
                return False
            if affordable < 1:
                raise RunTrouble("budget_reached", _too_little(actor, left, of_what))
            run.is_cut = affordable < run.max_items
            run.max_items = min(run.max_items, affordable)
            run.max_usd = actor.cap_usd(run.max_items)
            book.runs.append(run)
            book.is_busy = True
            book.save()
        return True

    def _left(self, account: str) -> tuple[float, str]:
        """What the account may still spend, and from which budget."""
        spent: dict[str, float] = {}
        for name, run in runs_of(self.lake.folder("raw", self.night)):
            spent[name] = spent.get(name, 0.0) + run.committed_usd
        tags = {one.name: one.tags for one in self.targets.accounts}
        left = [(self.targets.night.budget_usd - sum(spent.values()), "budget_usd")]
        for tag in set(tags.get(account, ())) & self.targets.budgets.keys():
            of_tag = sum(usd for name, usd in spent.items() if tag in tags.get(name, ()))
            left.append((self.targets.budgets[tag] - of_tag, f"the budget of {tag}"))
        return min(left)

    def _may_become_free(self) -> bool:
        return any(book.is_busy or book.is_settling() for book in self.books)


def prices(lake: Lake, night: date) -> dict[str, float]:
    """What an item of each actor cost in recent nights."""
    usd: defaultdict[str, float] = defaultdict(float)
    items: Counter[str] = Counter()
    folders = sorted(path for path in lake.root.glob("raw/night=*") if path.name < f"night={night}")
    for folder in folders[-PRICED_NIGHTS:]:
        for _, run in runs_of(folder):
            if run.is_settled and run.cost_usd > 0:
                usd[run.actor] += run.cost_usd
                items[run.actor] += run.items
    return {actor: usd[actor] / items[actor] for actor in usd if items[actor] >= PRICED_ITEMS}


def priced(actor: Actor, known: dict[str, float]) -> Actor:
    """With its recent price, if known."""
    return replace(actor, usd_per_item=PRICE_ROOM * known[actor.name]) if actor.name in known else actor


def paid_runs(lake: Lake, night: date) -> list[dict[str, Any]]:
    """The night's paid runs, with the columns of jobs.lake.schema.RUNS."""
    return [
        {
            "run_id": run.run_id,
            "platform": name.partition("/")[0],
            "account": name.partition("/")[2],
            "actor": run.actor,
            "status": run.status,
            "items": run.items,
            "cost_usd": run.committed_usd,
        }
        for name, run in runs_of(lake.folder("raw", night))
        if run.run_id
    ]


def read_runs(path: Path) -> list[PaidRun]:
    if not path.exists():
        return []
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return [
            PaidRun(**{"is_settled": run["status"] in FINISHED, **run}) for run in stored
        ]  # older releases did not record it
    except (ValueError, TypeError, KeyError) as damage:
        raise RunTrouble(
            "damaged_record",
            f"{path} is damaged ({damage}), so what was paid for is unknown. Restore it from a backup, or delete "
            "it and run `toxwatch scrape` again, which pays again.",
        ) from None


def runs_of(folder: Path) -> Iterator[tuple[str, PaidRun]]:
    """The runs in a night's folder, each with its account, e.g. "instagram/nasa"; a damaged record is its visit's."""
    for path in sorted(folder.glob(f"*/*{RUNS_ENDING}")):
        with suppress(RunTrouble):
            for run in read_runs(path):
                yield f"{path.parent.name}/{path.name.removesuffix(RUNS_ENDING)}", run


def _too_little(actor: Actor, left: float, of_what: str) -> str:
    return (
        f"{_usd(max(left, 0.0))} USD are left of {of_what}; a run of {actor.name} needs at least "
        f"{_usd(actor.cap_usd(1))}. Raise the budget in targets.toml and run `toxwatch scrape` again."
    )


def _usd(amount: float) -> str:
    """With enough digits to tell a small amount from none."""
    return f"{amount:.2f}" if amount >= 0.1 else f"{amount:.4f}"
