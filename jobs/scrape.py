"""Collects a night: for each account the posts of its window, then the comments below those that have new ones.

Nothing is paid for twice: runs are on record before they start (jobs.collect.apify), and an account that was killed or
partly refused is completed from that record. What a night asks for depends on earlier nights only.
"""

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from types import ModuleType
from typing import Any

from jobs.collect.apify import Apify, PaidRun, RunBook, RunTrouble
from jobs.config.settings import Settings
from jobs.config.targets import Account, Targets, read_targets
from jobs.console import progress
from jobs.errors import BadInput, FailedService
from jobs.lake.files import write_atomically
from jobs.lake.manifests import Manifest
from jobs.lake.months import unpack_raw
from jobs.lake.nights import Lake
from jobs.lake.raw import (
    ENDING,
    RawLine,
    asked_url,
    is_error,
    is_retryable,
    raw_file,
    read_file,
    sign_night,
    writing_raw,
)
from jobs.platforms import platform

AT_ONCE = 4  # accounts; Apify's smallest plan has memory for as many runs
REPEATS = 1.05  # pages that shift under a scraper send some items twice
SEEN_ENDING = ".seen.json"

Line = tuple[str, str | None, dict[str, Any]]  # kind, run id, item


def run(settings: Settings, night: date, account: str | None = None) -> Manifest:
    """Collects one account, or what is missing of all; the night is finished when all were attempted."""
    if night > datetime.now(UTC).date():
        raise BadInput(f"The night {night} is in the future. Collect a day after it has ended.")
    targets = read_targets(settings.targets_file)
    accounts = (targets.account(account),) if account else targets.accounts
    apify = Apify(settings, night)
    apify.check()
    started = time.monotonic()
    lake = Lake.of(settings)
    unpack_raw(lake, night)
    with lake.lock("lake", shared=True), progress("scrape", len(accounts), night) as advance:

        def collect(one: Account) -> None:
            with lake.lock(f"scrape {one.name.replace('/', ' ')}"):
                _Visit(apify, lake, night, one, targets).run()
            advance()

        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            list(pool.map(collect, accounts))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for Apify
        rows = _check_collected(lake, night, [one.name for one in accounts])
        if account:
            return Manifest("scrape", night, rows_in=rows, rows_out=rows)
        return sign_night(lake, night, time.monotonic() - started)


class _Visit:
    """One account in one night."""

    def __init__(self, apify: Apify, lake: Lake, night: date, account: Account, targets: Targets) -> None:
        self.apify = apify
        self.account = account
        self.night = night
        self.platform: ModuleType = platform(account.platform)
        self.profile = self.platform.profile_url(account.handle)
        self.budget_usd = targets.night.budget_usd
        self.since = night - timedelta(days=targets.night.lookback_days)
        self.path = raw_file(lake, night, account.name)
        self.book = RunBook(lake, night, account.name)
        self.seen_before = _seen_before(lake, night, account.name)

    def run(self) -> None:
        """Writes the account's file, or completes it where the source may now give what it refused before."""
        held = list(read_file(self.path, self.night)) if self.path.exists() else []
        again = {asked_url(line.item) for line in held if _is_unfinished(line)}
        if self.path.exists() and not again:
            return
        lines = [(line.kind, line.run_id, line.item) for line in held if not _is_unfinished(line)]
        needs_posts = not held or self.profile in again
        if needs_posts:
            lines += self._posts()
        posts = self._counts(lines)
        wanted = {
            url: count
            for url, count in posts.items()
            if url in again or (needs_posts and count != 0 and self._has_news(url, count))
        }
        with writing_raw(self.path) as write:
            for kind, run_id, item in chain(lines, self._comments(wanted)):
                write(kind, self.account.platform, run_id, item)
                if kind == "error":
                    posts.pop(str(asked_url(item)), None)
            write_atomically(self.path.with_name(self.account.handle + SEEN_ENDING), json.dumps(posts))

    def _posts(self) -> Iterator[Line]:
        wanted = self._paid_run(
            "posts",
            self.platform.POSTS_ACTOR,
            [self.profile],
            self.platform.posts_input(self.account, self.since),
            self.account.max_posts,
        )
        yield from self._lines("post", wanted, self.platform.USD_PER_POST)

    def _comments(self, posts: dict[str, int | None]) -> Iterator[Line]:
        if not posts:
            return
        most = self.account.max_comments_per_post
        wanted = self._paid_run(
            "comments",
            self.platform.COMMENTS_ACTOR,
            sorted(posts),
            self.platform.comments_input(sorted(posts), most),
            math.ceil(REPEATS * sum(min(most if count is None else count, most) for count in posts.values())),
        )
        yield from self._lines("comment", wanted, self.platform.USD_PER_COMMENT)

    def _lines(self, kind: str, wanted: PaidRun, usd_per_item: float) -> Iterator[Line]:
        """What the run gives; its trouble becomes an error line for each link that it was asked."""
        try:
            paid = self._ran(wanted, usd_per_item)
            paid.items = 0
            for item in self.apify.items(paid):
                yield ("error" if is_error(item) else kind), paid.run_id, item
                paid.items += 1
            self.book.save()
            if paid.status != "SUCCEEDED":
                raise RunTrouble(
                    f"run_{paid.status.lower().replace('-', '_')}",
                    f"Run {paid.run_id} ended as {paid.status}; its {paid.items} items are kept.",
                )
            if paid.is_cut and paid.items >= paid.max_items:
                raise RunTrouble("budget_reached", f"The night's budget was enough for {paid.items} items only.")
        except RunTrouble as trouble:
            for url in wanted.asked:
                yield "error", None, _trouble_item(trouble, url)

    def _ran(self, wanted: PaidRun, usd_per_item: float) -> PaidRun:
        """The run on record that asks the same and has not failed, else a new one; finished in either case."""
        recorded = [paid for paid in self.book.runs if paid.asked == wanted.asked and paid.step == wanted.step]
        usable = [paid for paid in recorded if not paid.is_finished or paid.status == "SUCCEEDED"]
        paid = usable[-1] if usable else self.book.intend(wanted, usd_per_item, self.budget_usd)
        if paid.run_id is None:
            self.apify.start(self.book, paid, is_new=not usable)
        if not paid.is_finished:
            self.apify.wait(self.book, paid)
        return paid

    def _paid_run(self, step: str, actor: str, asked: list[str], input: dict[str, Any], max_items: int) -> PaidRun:
        now = datetime.now(UTC).isoformat()
        return PaidRun(step, actor, asked, input, max_items, max_usd=0.0, is_cut=False, intended_at=now)

    def _counts(self, lines: list[Line]) -> dict[str, int | None]:
        """How many comments each post has, as the platform says."""
        posts = [self.platform.post(item, self.account.handle) for kind, _, item in lines if kind == "post"]
        return {post["url"]: post["comment_count"] for post in posts}

    def _has_news(self, url: str, count: int | None) -> bool:
        """A post whose number of comments has not changed since it was read last has nothing new."""
        return count is None or self.seen_before.get(url) != count


def _seen_before(lake: Lake, night: date, account: str) -> dict[str, int | None]:
    """How many comments the account's posts had when an earlier night read them last."""
    for earlier in sorted((lake.root / "raw").glob("night=*"), reverse=True):
        file = earlier / f"{account}{ENDING}"
        if earlier.name < f"night={night}" and file.exists():
            return json.loads(file.with_name(file.name.removesuffix(ENDING) + SEEN_ENDING).read_text())
    return {}


def _check_collected(lake: Lake, night: date, accounts: list[str]) -> int:
    """How many items there are; raises where every account ended in trouble that may pass."""
    lines = [line for name in accounts for line in read_file(raw_file(lake, night, name), night)]
    if lines and all(_is_unfinished(line) for line in lines):
        said = sorted({str(line.item.get("errorDescription")) for line in lines})
        raise FailedService(f"Nothing could be collected for {night}: {'; '.join(said)} Run it again later.")
    return len(lines)


def _is_unfinished(line: RawLine) -> bool:
    return line.kind == "error" and is_retryable(line.item)


def _trouble_item(trouble: RunTrouble, url: str) -> dict[str, Any]:
    return {"error": trouble.error, "errorDescription": trouble.description, "inputUrl": url, "isRetryable": True}
