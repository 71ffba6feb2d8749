"""Runs Apify actors: each run is recorded, started exactly once, waited for, and read for free."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from itertools import takewhile
from typing import Any

import impit
from apify_client import ApifyClient
from apify_client.errors import (
    ApifyApiError,
    ApifyClientError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    ServerError,
    UnauthorizedError,
)

from jobs.collect.actors import setting_of
from jobs.collect.runs import LOST, REFUSED, SHORTEST_TIMEOUT, PaidRun, RunBook, RunTrouble
from jobs.config.settings import Settings
from jobs.errors import BadInput

A_DAY = timedelta(days=1)
PATIENCE = timedelta(minutes=45)  # more than the longest timeout of a run
START_TIMEOUT = timedelta(seconds=60)
START_PAUSES = (1.0, 4.0, 10.0)  # seconds before a refused start is retried
UNCLEAR_PAUSES = (5.0, 10.0, 20.0, 40.0)  # seconds between searches for a run whose start was not answered
PAGE_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before a short or unreadable page is requested again
CHUNK = 1000  # items a page, runs a list
TIMEOUTS = 600  # different timeouts, to tell runs with the same input apart
NO_ROOM = ("actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded")
SILENCE = (impit.HTTPError, TimeoutError)


class Apify:
    """Apify's API; failures become BadInput for a wrong token, otherwise RunTrouble."""

    def __init__(self, settings: Settings, night: date) -> None:
        if not settings.apify_token:
            raise BadInput(
                "APIFY_TOKEN is not set. Copy it from https://console.apify.com (Settings, API & Integrations)."
            )
        self.url = settings.apify_url
        self.settles_after = settings.apify_settles_seconds
        known: dict[str, Any] = {
            "token": settings.apify_token,
            "api_url": self.url,
            "api_public_url": self.url,
            "user_agent_suffix": f"toxwatch/{version('toxwatch')} night={night}",
        }
        self._reader = ApifyClient(**known)
        self._starter = ApifyClient(**known, max_retries=0)  # a repeated start is a second bill

    def check(self) -> None:
        """Raises if the token is wrong, the service cannot be reached, or this machine's clock is far off."""
        with self._translated("the account"):
            self._reader.user().get()
        self._check_clock()

    def _check_clock(self) -> None:
        """Nights are named by the clock, and paid for by name. Apify says which month it is to tokens that may ask."""
        try:
            cycle = self._reader.user().limits().monthly_usage_cycle
        except (ApifyClientError, ValueError, *SILENCE):
            return
        now = datetime.now(UTC)
        if not cycle.start_at - A_DAY <= now <= cycle.end_at + A_DAY:
            raise BadInput(
                f"This machine's clock says {now:%Y-%m-%d}, but Apify's month is {cycle.start_at:%Y-%m-%d} to "
                f"{cycle.end_at:%Y-%m-%d}. Set the clock. Nothing was collected."
            )

    def newest(self, actor: str) -> str | None:
        """The id of the actor's newest run; one that is started from now on comes after it."""
        with self._translated(actor):
            return next((found.id for found in self._newest_first(actor, 1)), None)

    def start(self, book: RunBook, run: PaidRun, is_new: bool) -> None:
        """Starts a recorded run; one that is not new may already have been started by a process that died."""
        with self._translated(run.actor):
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
                    run.status, run.is_settled = REFUSED, True
                    book.save()
                    raise
                trouble = RunTrouble("no_room", f"Apify has no room for another run: {refusal}")
            except (*SILENCE, ApifyClientError, ValueError) as silence:
                self._search(book, run, silence)
                return
            time.sleep(pause or 0)
            if self._adopt(book, run):
                return
        raise trouble

    def _search(self, book: RunBook, run: PaidRun, silence: Exception) -> None:
        """Searches for a run whose start was not answered: it may have started, or may still start."""
        for pause in (0.0, *UNCLEAR_PAUSES):
            time.sleep(pause)
            if self._adopt(book, run):
                return
        raise RunTrouble("start_unclear", f"Apify did not say whether the run started ({silence!r}).")

    def wait(self, book: RunBook, run: PaidRun, patience: timedelta = PATIENCE) -> None:
        """Returns when the run has finished; raises RunTrouble when patience ends first."""
        with self._translated(run.actor):
            found = self._reader.run(str(run.run_id)).wait_for_finish(wait_duration=patience)
        if found is None:
            run.status, run.cost_usd, run.is_settled = LOST, run.max_usd, True
        else:
            self._note(run, found)
        book.save()
        if run.status == LOST:
            raise RunTrouble("gone", f"Apify no longer has run {run.run_id}.")
        if not run.is_finished:
            raise RunTrouble("still_running", f"Run {run.run_id} is still {run.status} after {patience}.")
        list(book.unsettled(self.settles_after))  # schedules the first check of its cost

    def settle(self, book: RunBook) -> None:
        """Checks the costs that are due; a cost is final when two checks some time apart agree."""
        for run, looks in book.unsettled(self.settles_after):
            if time.monotonic() < looks.next_at:
                continue
            looks.left, looks.next_at = looks.left - 1, time.monotonic() + self.settles_after / 2
            before = run.cost_usd
            try:
                with self._translated(run.actor):
                    found = self._reader.run(str(run.run_id)).get()
            except RunTrouble:
                continue
            if found is not None:
                self._note(run, found)
                run.is_settled = run.cost_usd == before and (run.cost_usd > 0 or run.items == 0)
                book.save()

    def items(self, run: PaidRun) -> Iterator[dict[str, Any]]:
        """Every item of a run's data set; raises RunTrouble if fewer arrive than Apify reports."""
        data_set, offset, pauses = self._reader.dataset(str(run.dataset_id)), 0, iter(PAGE_PAUSES)
        while True:
            trouble = None
            try:
                with self._translated(run.actor):
                    page = data_set.list_items(offset=offset, limit=CHUNK)
                    there = page.total if page.items else max(page.total, _item_count(data_set.get()))
                yield from page.items
                offset += len(page.items)
                if page.items:
                    continue
                if offset >= there:
                    return
                trouble = RunTrouble("items_missing", f"Only {offset} of {there} items of run {run.run_id} arrived.")
            except RunTrouble as failed:
                if failed.error not in ("unreadable_answer", "unreachable"):
                    raise
                trouble = failed
            pause = next(pauses, None)
            if pause is None:
                raise trouble
            time.sleep(pause)

    def _begin(self, run: PaidRun) -> Any:
        return self._starter.actor(run.actor).start(
            run_input=run.input,
            max_items=run.max_items,
            max_total_charge_usd=Decimal(str(run.max_usd)),
            run_timeout=timedelta(seconds=run.timeout_seconds),
            timeout=START_TIMEOUT,
        )

    def _adopt(self, book: RunBook, run: PaidRun) -> bool:
        """True if Apify has this run and no record owns it. Uses no clock, since clocks differ."""
        claimed = book.claimed()
        for found in takewhile(lambda one: one.id != run.newest_before, self._newest_first(run.actor, CHUNK)):
            if found.id not in claimed and self._is_same(found, run):
                self._note(run, self._reader.run(found.id).get() or found)
                book.save()
                return True
        return False

    def _newest_first(self, actor: str, limit: int) -> Any:
        return self._reader.actor(actor).runs().list(desc=True, limit=limit).items

    def _is_same(self, found: Any, run: PaidRun) -> bool:
        """Compares the timeout and the input that was sent; Apify adds defaults to the input."""
        whole = self._reader.run(found.id).get()
        if whole is None or whole.options.timeout_secs != run.timeout_seconds:
            return False
        record = self._reader.key_value_store(found.default_key_value_store_id).get_record("INPUT")
        return record is not None and _contains(record["value"], run.input)

    def _note(self, run: PaidRun, found: Any) -> None:
        run.run_id, run.dataset_id, run.status = found.id, found.default_dataset_id, found.status
        run.cost_usd = float(found.usage_total_usd or 0.0)
        read_at = found.finished_at or found.started_at
        run.ended_at = read_at.isoformat() if read_at else None

    @contextmanager
    def _translated(self, about: str) -> Iterator[None]:
        """Translates failures: a wrong token stops the night, anything else is this run's trouble."""
        try:
            yield
        except UnauthorizedError as refusal:
            raise BadInput(
                f"{self.url} does not accept APIFY_TOKEN ({refusal}). Copy it again from "
                "https://console.apify.com (Settings, API & Integrations)."
            ) from None
        except ForbiddenError as refusal:
            raise RunTrouble(
                "no_rights",
                f"APIFY_TOKEN has no rights to {about} ({refusal}). In Apify's console, allow the token to run "
                "actors and approve the actor.",
            ) from None
        except NotFoundError as refusal:
            raise RunTrouble("gone", f"Apify does not have it: {refusal}. {_replacement(about)}") from None
        except InvalidRequestError as refusal:
            raise RunTrouble(
                refusal.type or "refused", f"Apify refused the input of {about}: {refusal}. {_replacement(about)}"
            ) from None
        except ApifyApiError as refusal:
            raise RunTrouble(refusal.type or "refused", f"Apify refused: {refusal}") from None
        except SILENCE as silence:
            raise RunTrouble("unreachable", f"{self.url} does not answer ({silence!r}).") from None
        except (ApifyClientError, ValueError, KeyError) as garbage:
            raise RunTrouble(
                "unreadable_answer", f"{self.url} returned something unreadable ({garbage!r:.200})."
            ) from None


def new_timeout() -> int:
    return SHORTEST_TIMEOUT + secrets.randbelow(TIMEOUTS)


def _item_count(data_set: Any) -> int:
    return data_set.item_count if data_set else 0


def _contains(found: Any, sent: Any) -> bool:
    if isinstance(sent, dict):
        return isinstance(found, dict) and all(key in found and _contains(found[key], sent[key]) for key in sent)
    if isinstance(sent, list):
        return isinstance(found, list) and len(found) == len(sent) and all(map(_contains, found, sent))
    return bool(found == sent)


def _replacement(actor: str) -> str:
    setting = setting_of(actor)
    example = f': {setting} = "owner/name"' if setting else ""
    return f"If {actor} was renamed or withdrawn, name a replacement under [actors] in targets.toml{example}."
