"""The two steps of a visit, posts and comments: what to ask for, and whether it arrived."""

import math
from datetime import date
from types import ModuleType
from typing import Any

from jobs.collect.reading import DEEPER, LEAST_SHARE, REPEATS, ROOM, WHOLE_SHARE, Answer, Look, missing, usual_share
from jobs.collect.runs import PaidRun, RunTrouble
from jobs.config.targets import Account
from jobs.lake.raw import RawLine, asked_url, mapped_comments, mapped_post
from jobs.platforms.actor import Actor

AGAIN = ("incomplete", "nothing_came", "posts_missing", "run_failed", "run_timed_out", "run_aborted")


class Posts:
    name, kind = "posts", "post"

    def __init__(self, platform: ModuleType, account: Account, actor: Actor, since: date, looks: dict[str, Look]):
        self.platform, self.account, self.actor, self.since, self.looks = platform, account, actor, since, looks
        self.limits = {platform.profile_url(account.handle): account.max_posts}
        self.counts: dict[str, int | None] = {}
        self.came: set[str] = set()
        self.is_refused = False

    def expect(self, urls: list[str], limit: int) -> None:
        """Nobody says how many posts there are."""

    def input(self, _urls: list[str], limit: int) -> dict[str, Any]:
        return dict(self.platform.posts_input(self.account.model_copy(update={"max_posts": limit}), self.since))

    def most_items(self, _urls: list[str], limit: int) -> int:
        return int(self.platform.KINDS_OF_POSTS) * limit

    def affordable(self, items: int, _urls: list[str]) -> int:
        """The limit per profile that keeps a run within so many items."""
        return items // int(self.platform.KINDS_OF_POSTS)

    def take(self, line: RawLine) -> None:
        if line.kind == "error":
            self.is_refused = True
        else:
            self.came.add(mapped_post(line)["url"])

    def trouble(self, _url: str, run: PaidRun) -> RunTrouble | None:
        if run.status != "SUCCEEDED":
            return _ended_early(run)
        if run.is_cut and run.items >= run.max_items:
            return RunTrouble("budget_reached", f"The budget was enough for only {run.items} posts.")
        if run.items < run.max_items and run.cost_usd >= run.max_usd - self.actor.usd_per_item / 2 > 0:
            return RunTrouble(
                "charge_reached",
                f"{self.actor.name} stopped after {run.items} posts, at its maximum charge of {run.max_usd:.2f} USD: "
                "its price has risen.",
            )
        gone = missing(self.looks, self.since, self.came)
        if gone and not self.came and not self.is_refused:
            return RunTrouble("posts_missing", f"None of the {len(gone)} posts seen before arrived.")
        return None

    def deepen(self, _url: str) -> bool:
        return False


class Comments:
    name, kind = "comments", "comment"

    def __init__(
        self,
        platform: ModuleType,
        account: Account,
        actor: Actor,
        limits: dict[str, int],
        counts: dict[str, int | None],
        looks: dict[str, Look],
    ) -> None:
        self.platform, self.account, self.actor, self.limits = platform, account, actor, limits
        self.counts, self.looks = counts, looks  # counts of posts that were listed tonight
        self.answers = {
            url: Answer(limit, 0, looks[url].newest if url in looks else []) for url, limit in limits.items()
        }
        self.least_share = LEAST_SHARE * usual_share(looks.values())
        self.by_key = {platform.post_key(url): answer for url, answer in self.answers.items()}

    def expect(self, urls: list[str], limit: int) -> None:
        for url in self.answers.keys() & urls:
            count = self.counts[url] if url in self.counts else self.looks[url].missed
            self.answers[url].limit = limit
            self.answers[url].expected = limit if count is None else min(limit, count)

    def input(self, urls: list[str], limit: int) -> dict[str, Any]:
        return dict((self.actor.comments_input or self.platform.comments_input)(urls, limit))

    def most_items(self, urls: list[str], limit: int) -> int:
        """Replies are extra, but a post never returns more than it has."""
        most = ROOM * limit + 1
        return math.ceil(REPEATS * sum(min(self.counts.get(url) or most, most) for url in urls))

    def affordable(self, items: int, urls: list[str]) -> int:
        return int(items / len(urls) / REPEATS / ROOM)

    def take(self, line: RawLine) -> None:
        if line.kind == "error":
            refused = self.by_key.get(self.platform.post_key(asked_url(line.item) or ""))
            if refused:
                refused.is_refused = True
            return
        thread = list(mapped_comments(line))
        if answer := self.by_key.get(thread[0]["post_id"]):
            answer.add(thread)

    def trouble(self, url: str, run: PaidRun) -> RunTrouble | None:
        answer = self.answers.get(url)
        if answer is None:  # a recorded run that was asked for other posts too
            return None
        came = f"{answer.rows} of {answer.expected} comments"
        if run.status != "SUCCEEDED":
            return _ended_early(run, came) if answer.is_short(WHOLE_SHARE, hidden=0) else None
        if answer.is_short(self.least_share):
            return RunTrouble("incomplete" if answer.rows else "nothing_came", f"Only {came} arrived.")
        if run.is_cut and not answer.is_refused and answer.limit < self.limits[url]:
            return RunTrouble(
                "budget_reached",
                f"The budget was enough for {answer.limit} of the post's comments, {self.limits[url]} were wanted.",
            )
        return None

    def deepen(self, url: str) -> bool:
        """Raises the limit if the comments that arrived do not reach known ones."""
        answer, most = self.answers[url], self.account.max_comments_per_post
        if answer.reached or answer.limit >= most:
            return False
        self.limits[url] = min(most, math.ceil(DEEPER * answer.limit) + 1)
        return True


def _ended_early(run: PaidRun, came: str = "") -> RunTrouble:
    kept = came or f"{run.items} items"
    error = f"run_{run.status.lower().replace('-', '_')}"
    return RunTrouble(error, f"Run {run.run_id} ended as {run.status}; {kept} arrived and are kept.")
