"""Collects one account for one night: posts, comments and errors, in one raw file."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

from jobs.collect.actors import actors_of
from jobs.collect.apify import Apify, new_timeout
from jobs.collect.drift import Shape, changes, remember, shape_before
from jobs.collect.reading import (
    GROWTH,
    MARGIN,
    SETTLED_DAYS,
    Answer,
    Look,
    grouped,
    read_looks,
    remembered,
    rhythm,
    seen_before,
    seen_file,
    wanted,
    window,
)
from jobs.collect.runs import LOST, REFUSED, Budget, PaidRun, RunTrouble
from jobs.collect.steps import AGAIN, Comments, Posts
from jobs.config.targets import Account, Targets
from jobs.console import log
from jobs.errors import ToxwatchError
from jobs.lake.nights import Lake
from jobs.lake.raw import (
    RawLine,
    asked_url,
    is_damage,
    is_error,
    is_retryable,
    mapped_post,
    raw_file,
    read_file,
    writing_raw,
)
from jobs.platforms import platform, values
from warehouse.files import write_atomically

FRESH_STARTS = 2  # runs per post and scrape: the second asks for what the first left out
LASTING = ("incomplete", "source_changed")  # asking again tonight would not help
PAST = (*LASTING, "budget_reached")  # the next night does not catch up: it would pay for the same comments again


class Visit:
    def __init__(
        self, apify: Apify, budget: Budget, lake: Lake, night: date, account: Account, targets: Targets
    ) -> None:
        self.apify, self.budget, self.night, self.account = apify, budget, night, account
        self.platform = platform(account.platform)
        self.posts_actor, self.comments_actor = actors_of(account, targets)
        self.profile = self.platform.profile_url(account.handle)
        self.lake = lake
        self.path = raw_file(lake, night, account.name)
        before, self.looks = seen_before(lake, night, account.name)
        self.oldest = night - timedelta(days=targets.night.lookback_days)
        self.reread_after_days = targets.night.reread_after_days
        beat = rhythm(self.looks.values(), self.posts_actor, self.comments_actor, self.platform.IS_NEWEST_FIRST)
        self.since = window(night, targets.night.lookback_days, account.name, before, beat)
        self.book = budget.book(account)
        self.read: list[PaidRun] = []
        self.rescued: dict[str, list[RawLine]] = {}  # by run: what can be read of a damaged file
        self.unfinished: set[str] = set()  # links the next night reads again from where this one began

    def run(self) -> None:
        """Collects the account; its errors never stop another account."""
        try:
            self.book.load()
            self._collect()
        except RunTrouble as trouble:
            self._give_up(trouble)
        except ToxwatchError:
            raise
        except Exception as error:  # an unforeseen item must not stop the other accounts
            self._give_up(RunTrouble("not_understood", f"Toxwatch could not read what came ({error!r:.300})."))

    def _give_up(self, trouble: RunTrouble) -> None:
        log(f"{self.account.name} could not be collected", error=trouble.description)
        if not self.path.exists():
            self._write([self._error(trouble, self.profile)])

    def _collect(self) -> None:
        """Writes the account's file, or completes it if asking again may help."""
        held = list(read_file(self.path, self.night)) if self.path.exists() else []
        again = {asked_url(line.item) for line in held if is_unfinished(line)}
        if self.path.exists() and not again:
            return
        is_lost = not held or any(map(is_damage, held))
        if is_lost:
            for run in self.book.runs:
                run.is_read = False
                if run.run_id:
                    self.rescued[run.run_id] = [line for line in held if line.run_id == run.run_id]
        elif tonight := read_looks(seen_file(self.path)):
            self.looks |= {url: look for url, look in tonight.items() if url not in again}
        unread = {run.run_id for run in self.book.runs if not run.is_read}
        lines = [line for line in held if not is_unfinished(line) and line.run_id not in unread]
        needs_posts = is_lost or self.profile in again
        if needs_posts:
            posts = Posts(self.platform, self.account, self.posts_actor, self.since, self.looks)
            lines += self._collected(posts)
        self._complete(lines, again, needs_posts)

    def _complete(self, lines: list[RawLine], again: set[str | None], needs_posts: bool) -> None:
        found = {post["url"]: post for post in map(mapped_post, self._open_posts(lines))}
        missed = {url: post for url, post in self._missed() if url not in found}
        grown = {url: post | {"comment_count": GROWTH * post["comment_count"]} for url, post in missed.items()}
        limits = {
            url: limit
            for url, post in (found | grown).items()
            if (url in again or needs_posts) and (limit := self._limit(post, url in again))
        }
        counts = {url: post["comment_count"] for url, post in found.items()}
        comments = Comments(self.platform, self.account, self.comments_actor, limits, counts, self.looks)
        shape = Shape()
        new = map(shape.add, self._collected(comments))
        self._write(
            chain(lines, new, self._drifted(shape, lines), self._stored([*found.values(), *missed.values()], comments))
        )

    def _missed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Posts whose comments earlier nights could not get, with their counts of then."""
        for url, look in self.looks.items():
            if look.missed:
                posted_at = values.instant(look.posted_at)
                yield url, {"url": url, "comment_count": look.missed, "posted_at": posted_at}

    def _open_posts(self, lines: list[RawLine]) -> list[RawLine]:
        return [line for line in lines if line.kind == "post" and not line.item.get("isCommentsDisabled")]

    def _limit(self, post: dict[str, Any], is_again: bool) -> int:
        count: int | None = post["comment_count"]
        posted_at, most = post["posted_at"], self.account.max_comments_per_post
        if posted_at and posted_at.date() < self.oldest:  # pinned, or from an actor without a date filter
            return 0
        look = self.looks.get(post["url"])
        if count and look and not look.is_reread and self._is_old_enough_to_reread(post):
            return min(most, count + MARGIN)
        limit = wanted(count, look, most, self.platform.IS_NEWEST_FIRST, self._age_days(post))
        return limit or int(is_again)

    def _age_days(self, post: dict[str, Any]) -> int:
        return (self.night - post["posted_at"].date()).days if post["posted_at"] else SETTLED_DAYS

    def _is_old_enough_to_reread(self, post: dict[str, Any]) -> bool:
        return self.reread_after_days is not None and self._age_days(post) >= self.reread_after_days

    def _write(self, lines: Iterator[RawLine] | list[RawLine]) -> None:
        with writing_raw(self.path) as write:
            for line in lines:
                write(line.kind, line.shape, line.run_id, line.item, line.read_at)
        for run in self.read:
            run.is_read = True
        if self.read:
            self.book.save()

    def _collected(self, step: Posts | Comments) -> Iterator[RawLine]:
        """Items of recorded runs, then of new ones; what is still missing becomes error lines."""
        troubles: dict[str, RunTrouble] = {}
        tries: Counter[str] = Counter()
        for run in [run for run in self.book.runs if self._is_to_read(run, step)]:
            tries.update(run.asked)
            yield from self._items(step, run, troubles, is_new=False)
        for _ in range(FRESH_STARTS):
            left = [url for url in step.limits if tries[url] < FRESH_STARTS and _is_open(url, step, tries, troubles)]
            for group in grouped({url: step.limits[url] for url in left}, step.counts, step.actor.posts_per_run):
                yield from self._new_items(step, group, troubles)
            tries.update(left)
        self.unfinished |= {url for url, trouble in troubles.items() if trouble.error not in PAST}
        yield from (self._error(trouble, url) for url, trouble in troubles.items())

    def _is_to_read(self, run: PaidRun, step: Posts | Comments) -> bool:
        is_wanted = run.step == step.name and not step.limits.keys().isdisjoint(run.asked)
        return is_wanted and not run.is_read and run.status not in (LOST, REFUSED)

    def _new_items(
        self, step: Posts | Comments, group: dict[str, int], troubles: dict[str, RunTrouble]
    ) -> Iterator[RawLine]:
        urls, limit = sorted(group), max(group.values())
        now = datetime.now(UTC).isoformat()
        run = PaidRun(step.name, step.actor.name, urls, step.input(urls, limit), step.most_items(urls, limit), 0.0,
                      is_cut=False, intended_at=now, limit=limit, timeout_seconds=new_timeout())  # fmt: skip
        try:
            run.newest_before = self.apify.newest(run.actor)
            self.budget.reserve(self.book, run, step.actor)
        except RunTrouble as trouble:
            troubles.update(dict.fromkeys(urls, trouble))
            return
        if run.is_cut:
            run.limit = step.affordable(run.max_items, urls)
            if run.limit < 1:
                run.limit, run.asked = 1, urls[: run.max_items]
                too_little = RunTrouble("budget_reached", "The night's budget was enough for other posts only.")
                troubles.update(dict.fromkeys(urls[run.max_items :], too_little))
            run.input = step.input(run.asked, run.limit)
            self.book.save()
        yield from self._items(step, run, troubles, is_new=True)

    def _items(
        self, step: Posts | Comments, run: PaidRun, troubles: dict[str, RunTrouble], is_new: bool
    ) -> Iterator[RawLine]:
        """Items of the run; its trouble applies to every link it was asked for."""
        step.expect(run.asked, run.limit)
        self.book.is_busy = True
        try:
            if run.run_id is None:
                self.apify.start(self.book, run, is_new)
            if not run.is_finished:
                self.apify.wait(self.book, run)
            run.items = 0
            for item in self.apify.items(run):
                line = self._line(step.kind, run, item)
                step.take(line)
                yield line
                run.items += 1
            self.read.append(run)
            found = {url: step.trouble(url, run) for url in run.asked}
        except RunTrouble as trouble:
            yield from self.rescued.get(run.run_id or "", ())
            found = dict.fromkeys(run.asked, trouble)
        finally:
            self.book.is_busy = False
        for url, trouble_of_url in found.items():
            if trouble_of_url:
                troubles[url] = trouble_of_url
            else:
                troubles.pop(url, None)

    def _line(self, kind: str, run: PaidRun, item: Any) -> RawLine:
        item = item if isinstance(item, dict) else {"error": "not_an_item", "errorDescription": repr(item)[:300]}
        line = RawLine(self.night, self.account.platform, self.account.handle, "error" if is_error(item) else kind,
                       self.account.platform, run.run_id, item, run.ended_at)  # fmt: skip
        if line.kind == "post":
            post = mapped_post(line)
            if not (post["post_id"] and post["url"]):  # a note, or a post in a new shape
                return replace(line, kind="error")
        return line

    def _error(self, trouble: RunTrouble, url: str) -> RawLine:
        return trouble.line(self.night, self.account, url, is_retryable=trouble.error not in LASTING)

    def _stored(self, posts: list[dict[str, Any]], comments: Comments) -> Iterator[RawLine]:
        """No line, but what the next night needs to know is on disk before the raw file appears."""
        for post in posts:
            self._remember(post, comments)
        write_atomically(seen_file(self.path), remembered(self.looks, self.oldest))
        yield from ()

    def _remember(self, post: dict[str, Any], comments: Comments) -> None:
        """Stores what the next night needs to know; what did not arrive tonight is still new then."""
        url, count, old = post["url"], post["comment_count"], self.looks.get(post["url"]) or Look(None)
        posted_at = post["posted_at"].isoformat() if post["posted_at"] else old.posted_at
        answer = comments.answers.get(url)
        if answer is None:
            is_waiting = (
                not self.platform.IS_NEWEST_FIRST and old.count is not None
            )  # waiting until it has grown enough
            self.looks[url] = replace(old, count=old.count if is_waiting else count, posted_at=posted_at)
        elif url not in self.unfinished and answer.rows and self._is_joined(answer, comments.limits[url]):
            share = min(1.0, answer.rows / answer.expected) if old.count is None and answer.expected else old.share
            is_reread = old.is_reread or self._is_old_enough_to_reread(post)
            self.looks[url] = Look(count, posted_at, answer.newest, share, is_reread)
        else:
            self.looks[url] = replace(old, posted_at=posted_at, missed=count)

    def _is_joined(self, answer: Answer, wanted: int) -> bool:
        """Also if the account's limit or the budget cut it short: comments in between are given up."""
        return answer.reached or answer.limit < wanted or answer.limit >= self.account.max_comments_per_post

    def _drifted(self, shape: Shape, posts: list[RawLine]) -> Iterator[RawLine]:
        """An error line for each field that disappeared from the actors' items."""
        for line in posts:
            shape.add(line)
        usual = shape_before(self.lake, self.night, self.account.name)
        found = list(changes(shape, usual, self.posts_actor.name, self.comments_actor.name))
        yield from (
            self._error(RunTrouble("source_changed", f"{actor}: {what}"), self.profile) for actor, what in found
        )
        remember(shape, usual, bool(found), self.path)


def is_unfinished(line: RawLine) -> bool:
    return line.kind == "error" and is_retryable(line.item)


def _is_open(url: str, step: Posts | Comments, tries: Counter[str], troubles: dict[str, RunTrouble]) -> bool:
    """Not asked yet, or another run may help."""
    if not tries[url]:
        return True
    return troubles[url].error in AGAIN if url in troubles else step.deepen(url)
