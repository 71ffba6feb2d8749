"""Paid runs on Apify: each is written down before it starts, started once, waited for, and read for free."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import impit
from apify_client import ApifyClient
from apify_client.errors import (
    ApifyApiError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnauthorizedError,
)

from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.files import write_atomically
from jobs.lake.nights import Lake

FINISHED = ("SUCCEEDED", "FAILED", "TIMED-OUT", "ABORTED", "LOST")
LOST = "LOST"  # Apify knows the run, or its items, no more: another one is needed
RUN_TIMEOUT = timedelta(minutes=30)  # Apify ends a run after it; its own default is seven days
PATIENCE = RUN_TIMEOUT + timedelta(minutes=5)
START_TIMEOUT = timedelta(seconds=60)
START_PAUSES = (1.0, 4.0, 10.0)  # seconds before a refused start is tried again
CLOCK_SKEW = timedelta(minutes=2)  # between Apify's clock and ours
CHUNK = 1000  # items a page
NO_ROOM = ("actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded")
RUNS_ENDING = ".runs.json"


class RunTrouble(FailedService):
    """One run failed, others may not: becomes an error line of its account."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


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
    run_id: str | None = None
    dataset_id: str | None = None
    status: str = "INTENDED"  # afterwards Apify's word for it, or LOST
    cost_usd: float = 0.0
    items: int = 0

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def committed_usd(self) -> float:
        return self.cost_usd if self.is_finished else self.max_usd


class RunBook:
    """The paid runs of one account's night, on disk before money is spent."""

    def __init__(self, lake: Lake, night: date, account: str) -> None:
        self.lake = lake
        self.night = night
        self.path = lake.folder("raw", night) / f"{account}{RUNS_ENDING}"
        self.runs = read_runs(self.path)

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, json.dumps([asdict(run) for run in self.runs], ensure_ascii=False, indent=1))

    def intend(self, run: PaidRun, usd_per_item: float, budget_usd: float) -> PaidRun:
        """Reserves the run's price in the night's budget, cut to what is left; raises RunTrouble when none is."""
        with self.lake.lock(f"budget-{self.night}", wait=True):
            left = budget_usd - sum(other.committed_usd for other in _runs_of(self.path.parent.parent))
            affordable = int(left / usd_per_item + 1e-9)
            if affordable < 1:
                raise RunTrouble(
                    "budget_reached",
                    f"The night's {budget_usd:.2f} USD are spent or reserved. Raise budget_usd in the targets and run "
                    "scrape again to go on.",
                )
            run.is_cut = affordable < run.max_items
            run.max_items = min(run.max_items, affordable)
            run.max_usd = round(run.max_items * usd_per_item, 6)
            self.runs.append(run)
            self.save()
        return run

    def claimed(self) -> set[str]:
        """The ids of all runs that any record of the lake calls its own."""
        folders = self.lake.root.glob("raw/night=*")
        return {run.run_id for folder in folders for run in _runs_of(folder) if run.run_id}


class Apify:
    """The calls we make, with Apify's failures told as ours: BadInput for a wrong token, else RunTrouble."""

    def __init__(self, settings: Settings, night: date) -> None:
        if not settings.apify_token:
            raise BadInput(
                "APIFY_TOKEN is not set. Copy it from https://console.apify.com (Settings, API & Integrations)."
            )
        self.url = settings.apify_url
        known: dict[str, Any] = {
            "token": settings.apify_token,
            "api_url": self.url,
            "api_public_url": self.url,
            "user_agent_suffix": f"toxwatch/{version('toxwatch')} night={night}",
        }
        self._reader = ApifyClient(**known)
        self._starter = ApifyClient(**known, max_retries=0)  # a repeated start is a second bill

    def check(self) -> None:
        """Raises where the token is wrong or the service cannot be reached."""
        with self._told():
            self._reader.user().get()

    def start(self, book: RunBook, run: PaidRun, is_new: bool) -> None:
        """Starts a run that the book holds; one that is not new may have been started by a process that died."""
        with self._told():
            if is_new or not self._adopt(book, run):
                self._start_once(book, run)

    def _start_once(self, book: RunBook, run: PaidRun) -> None:
        for pause in (*START_PAUSES, None):
            try:
                self._note(run, self._begin(run))
                book.save()
                return
            except (RateLimitError, ServerError) as refusal:
                trouble = RunTrouble("start_refused", f"Apify did not start the run: {refusal}")
            except ApifyApiError as refusal:
                if refusal.type not in NO_ROOM:
                    raise
                trouble = RunTrouble("no_room", f"Apify has no room for another run: {refusal}")
            except (impit.TransportError, TimeoutError) as silence:
                if self._adopt(book, run):
                    return
                raise RunTrouble("start_unclear", f"Apify did not say whether the run started ({silence!r}).") from None
            time.sleep(pause or 0)
            if self._adopt(book, run):
                return
        raise trouble

    def wait(self, book: RunBook, run: PaidRun, patience: timedelta = PATIENCE) -> None:
        """Returns when the run has finished; raises RunTrouble when patience ends first."""
        with self._told():
            found = self._reader.run(str(run.run_id)).wait_for_finish(wait_duration=patience)
        if found is None:
            run.status, run.cost_usd = LOST, run.max_usd
        else:
            self._note(run, found)
        book.save()
        if not run.is_finished:
            raise RunTrouble("still_running", f"Run {run.run_id} is still {run.status} after {patience}.")

    def items(self, run: PaidRun) -> Iterator[dict[str, Any]]:
        with self._told():
            yield from self._reader.dataset(str(run.dataset_id)).iterate_items(chunk_size=CHUNK)

    def _begin(self, run: PaidRun) -> Any:
        return self._starter.actor(run.actor).start(
            run_input=run.input,
            max_items=run.max_items,
            max_total_charge_usd=Decimal(str(run.max_usd)),
            run_timeout=RUN_TIMEOUT,
            timeout=START_TIMEOUT,
        )

    def _adopt(self, book: RunBook, run: PaidRun) -> bool:
        """True where Apify has a run with this input that no record calls its own: then it is this one."""
        since = _instant(run.intended_at) - CLOCK_SKEW
        claimed = book.claimed()
        for found in self._reader.actor(run.actor).runs().list(started_after=since, desc=True, limit=CHUNK).items:
            if found.id not in claimed and self._input(found) == run.input:
                self._note(run, found)
                book.save()
                return True
        return False

    def _input(self, found: Any) -> Any:
        record = self._reader.key_value_store(found.default_key_value_store_id).get_record("INPUT")
        return record and record["value"]

    def _note(self, run: PaidRun, found: Any) -> None:
        run.run_id, run.dataset_id, run.status = found.id, found.default_dataset_id, found.status
        run.cost_usd = float(found.usage_total_usd or 0.0)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Apify's refusals in our words: what concerns every run stops the night, the rest is this run's trouble."""
        try:
            yield
        except (UnauthorizedError, ForbiddenError) as refusal:
            raise BadInput(
                f"{self.url} does not accept APIFY_TOKEN ({refusal}). Copy it again from "
                "https://console.apify.com (Settings, API & Integrations)."
            ) from None
        except NotFoundError as refusal:
            raise RunTrouble("gone", f"Apify does not have it: {refusal}") from None
        except ApifyApiError as refusal:
            raise RunTrouble(refusal.type or "refused", f"Apify refused: {refusal}") from None
        except (impit.TransportError, TimeoutError) as silence:
            raise RunTrouble("unreachable", f"{self.url} does not answer ({silence!r}).") from None


def paid_runs(lake: Lake, night: date) -> list[dict[str, Any]]:
    """The night's paid runs, with the columns of jobs.lake.schema.RUNS."""
    return [
        {
            "run_id": paid.run_id,
            "platform": book.parent.name,
            "account": book.name.removesuffix(RUNS_ENDING),
            "actor": paid.actor,
            "status": paid.status,
            "items": paid.items,
            "cost_usd": paid.cost_usd,
        }
        for book in sorted(lake.folder("raw", night).glob(f"*/*{RUNS_ENDING}"))
        for paid in read_runs(book)
        if paid.run_id
    ]


def read_runs(path: Path) -> list[PaidRun]:
    return [PaidRun(**run) for run in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def _runs_of(folder: Path) -> list[PaidRun]:
    return [run for path in sorted(folder.glob(f"*/*{RUNS_ENDING}")) for run in read_runs(path)]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
