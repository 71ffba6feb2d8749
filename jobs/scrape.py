"""Collects a night: for each account the posts of its window, then the new comments below them.

Nothing is paid for twice: runs are on record before they start (jobs.collect.runs), and an account that was killed or
partly refused is completed from that record. What a night asks for depends on earlier nights only.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from itertools import islice
from typing import Any

from rich.markup import escape

from jobs.collect.apify import Apify
from jobs.collect.communities import CommunityVisit
from jobs.collect.runs import Budget
from jobs.collect.visit import Visit, is_unfinished
from jobs.config.settings import Settings
from jobs.config.targets import Account, Community, read_targets
from jobs.console import console, progress
from jobs.errors import FailedService
from jobs.lake.authors import author_key
from jobs.lake.failures import recorded
from jobs.lake.manifests import Manifest
from jobs.lake.months import unpack_raw
from jobs.lake.nights import Lake, refuse_future
from jobs.lake.raw import ingest_error, raw_file, read_file, sign_night
from warehouse.untrusted import printable

AT_ONCE = 4  # accounts; Apify's smallest plan has memory for as many runs
MOST_TOLD = 20  # troubles
SETTLING_PAUSE = 0.2  # seconds between looks at what runs have cost


def run(settings: Settings, night: date, account: str | None = None) -> Manifest:
    """Collects one account, or what is missing of all; the night is finished when all were attempted."""
    lake = Lake.of(settings)
    if account:  # its trouble is its own
        return _collect(settings, lake, night, account)
    with recorded(lake, night, "scrape"):
        return _collect(settings, lake, night)


def _collect(settings: Settings, lake: Lake, night: date, account: str | None = None) -> Manifest:
    refuse_future(night)
    targets = read_targets(settings.targets_file)
    accounts = (targets.account(account),) if account else targets.collected
    author_key(settings)  # without it nothing that is paid for could go further
    apify = Apify(settings, night) if any(isinstance(one, Account) for one in accounts) else None
    if apify:
        apify.check()
    started = time.monotonic()
    unpack_raw(lake, night)
    budget = Budget(lake, night, targets, apify.settle if apify else lambda _book: None)
    with lake.lock("lake", shared=True), progress("scrape", len(accounts), night) as advance:

        def collect(one: Account | Community) -> None:
            with lake.lock(f"scrape {one.name.replace('/', ' ')}"):
                if isinstance(one, Community):
                    CommunityVisit(lake, night, one).run()
                elif apify:
                    Visit(apify, budget, lake, night, one, targets).run()
            advance()

        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            for task in [pool.submit(copy_context().run, collect, one) for one in accounts]:
                task.result()
            while budget.settle_due():
                time.sleep(SETTLING_PAUSE)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for Apify
        rows = _check_collected(lake, night, [one.name for one in accounts])
        if account:
            return Manifest("scrape", night, rows_in=rows, rows_out=rows)
        return sign_night(lake, night, time.monotonic() - started)


def _check_collected(lake: Lake, night: date, accounts: list[str]) -> int:
    """How many items there are; raises where every account ended in trouble that may pass."""
    files = [path for name in accounts if (path := raw_file(lake, night, name)).exists()]
    lines = [line for path in files for line in read_file(path, night)]
    _tell_troubles([ingest_error(line) for line in lines if line.kind == "error"])
    if lines and all(is_unfinished(line) for line in lines):
        messages = sorted({str(line.item.get("errorDescription")) for line in lines})
        raise FailedService(f"Nothing could be collected for {night}: {'; '.join(messages)} Run it again later.")
    return len(lines)


def _tell_troubles(errors: list[dict[str, Any]]) -> None:
    """A line each, with what to do."""
    told = dict.fromkeys(
        f"{one['platform']}/{one['account']}: {one['description'] or one['error']} ({one['input_url']})"
        for one in errors
    )
    for trouble in islice(told, MOST_TOLD):
        console.print(escape(printable(trouble)))
    if len(told) > MOST_TOLD:
        console.print(
            f"… and {len(told) - MOST_TOLD:,} more, on the dashboard's Quality page once the night is published."
        )
