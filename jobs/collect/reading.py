"""Decides how many comments of each post to read tonight, so that only new ones are paid for.

Comments arrive newest first where the platform allows it, and each post is asked for as many as its count has grown by,
and one or two more. A reading is complete when its last comment was known before.
"""

import json
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from jobs.console import log
from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING
from jobs.platforms import values
from jobs.platforms.actor import Actor

DEAR_LOOK = 0.05  # of what a post's comments cost, from which looking at its count is dear
MARGIN = 1  # known comments to read again: some new ones may have been removed since
MARGIN_SHARE = 0.05
SAMPLE = 1  # comments to read if the count has not grown: some may have been removed and another added
TOLERATED = 20  # of so many comments one too many is read to save a run
DEEPER = 1.4  # times as many are asked for if no known comment was reached
SETTLED_DAYS = 6  # age from which a post is read again as a whole, where there is no newest-first order
REREAD_SHARE = 0.04  # growth from which it is
REPEATS = 1.05  # shifting pages make scrapers return some items twice
ROOM = 1.1  # rows per comment asked for: replies are extra
LEAST_SHARE = 0.8  # of the share that usually arrives; counts include hidden comments
REMEMBERED = 30  # comment ids per post
GROWTH = 2  # times as many comments a post may have by the night after it was missed
HIDDEN = 2  # comments that may be missing from any post
WHOLE_SHARE = 0.95  # required of a run that ended early
SEEN_ENDING = ".seen.json"


@dataclass(frozen=True)
class Rhythm:
    """How often an account's posts are looked at; each look costs a post."""

    fresh_days: int  # posts up to this age are checked every night: most comments arrive by then, and drift shows
    deep_every: int  # nights between checks of all posts in the lookback


OFTEN, SELDOM, UNORDERED = Rhythm(2, 4), Rhythm(1, 8), Rhythm(1, 6)


@dataclass
class Look:
    """What earlier nights know about a post."""

    count: int | None  # of its comments, according to the platform
    posted_at: str | None = None
    newest: list[str] = field(default_factory=list)  # ids of its first comments
    share: float | None = None  # of its comments that arrived at the first reading
    is_reread: bool = False  # as a whole, for edits
    missed: int | None = None  # its count in a night whose runs did not bring its comments


@dataclass
class Answer:
    """What arrived for one post tonight."""

    limit: int
    expected: int  # rows, according to the platform's count
    known: list[str]  # its first comments at the last reading
    order: list[str] = field(default_factory=list)  # ids of the rows that arrived, without replies inside them
    is_refused: bool = False  # an error arrived instead of comments
    ids: set[str] = field(default_factory=set)

    def add(self, thread: list[dict[str, Any]]) -> None:
        """A row: a comment, and the replies inside it."""
        ids = [comment["comment_id"] for comment in thread]
        if ids[0] and ids[0] not in self.ids:
            self.order.append(ids[0])
        self.ids.update(ids)

    @property
    def rows(self) -> int:
        return len(self.ids)

    @property
    def newest(self) -> list[str]:
        return list(dict.fromkeys([*self.order, *self.known]))[:REMEMBERED]

    def is_short(self, least_share: float, hidden: int = HIDDEN) -> bool:
        is_missing_some = self.expected - self.rows > hidden
        return not self.is_refused and is_missing_some and self.rows < math.ceil(least_share * self.expected)

    @property
    def reached(self) -> bool:
        """Whether no comments can be missing before the known ones; a single known comment may be a pinned one."""
        if self.rows < self.limit or not self.known or not self.order:
            return True
        return self.order[-1] in self.known or len({*self.order} & {*self.known}) > 1


def rhythm(looks: Iterable[Look], posts: Actor, comments: Actor, is_newest_first: bool) -> Rhythm:
    """Posts with so few comments that a look is dear are looked at less often."""
    if not is_newest_first:
        return UNORDERED
    counts = [look.count for look in looks if look.count]
    is_dear = bool(counts) and posts.usd_per_item > DEAR_LOOK * comments.usd_per_item * median(counts)
    return SELDOM if is_dear else OFTEN


def window(night: date, lookback_days: int, account: str, before: date | None, rhythm: Rhythm) -> date:
    """The first day whose posts are checked: the whole lookback every few nights and after a gap."""
    is_deep = night.toordinal() % rhythm.deep_every == zlib.crc32(account.encode()) % rhythm.deep_every
    is_next = before == night - timedelta(days=1)
    return night - timedelta(days=min(rhythm.fresh_days, lookback_days) if is_next and not is_deep else lookback_days)


def wanted(count: int | None, look: Look | None, limit: int, is_newest_first: bool, age_days: int) -> int:
    """How many comments of a post to ask for; 0 if nothing is new."""
    if count == 0:
        return 0
    if count is None:
        return limit
    known = look.count if look else None
    if known is None:
        return min(limit, count + MARGIN)
    growth = max(0, count - known)
    if not is_newest_first:
        is_due = age_days >= SETTLED_DAYS and growth >= max(1.0, REREAD_SHARE * known)
        return min(limit, count + MARGIN) if is_due or known == 0 else 0
    if growth == 0:
        return SAMPLE
    return min(limit, count + MARGIN, growth + MARGIN + math.floor(MARGIN_SHARE * growth))


def usual_share(looks: Iterable[Look]) -> float:
    """The share of a post's count that usually arrives."""
    shares = [look.share for look in looks if look.share is not None]
    return median(shares) if shares else 1.0


def grouped(
    limits: dict[str, int], counts: dict[str, int | None], most_posts: int | None = None
) -> list[dict[str, int]]:
    """Groups posts by run: a run has one limit, and none of its posts should return much more than wanted."""
    groups: list[dict[str, int]] = []
    for url, limit in sorted(limits.items(), key=lambda post: (-post[1], post[0])):
        count = counts.get(url)
        for group in groups:
            largest = max(group.values())
            given = largest if count is None else min(largest, count)
            if given - limit <= limit // TOLERATED and len(group) != most_posts:
                group[url] = limit
                break
        else:
            groups.append({url: limit})
    return groups


def seen_before(lake: Lake, night: date, account: str) -> tuple[date | None, dict[str, Look]]:
    """The last earlier night that collected the account, and what it knows about its posts."""
    for earlier, folder in nights_before(lake, night):
        if (looks := read_looks(folder / f"{account}{SEEN_ENDING}")) is not None:
            return earlier, looks
    return None, {}


def nights_before(lake: Lake, night: date) -> Iterator[tuple[date, Path]]:
    """Earlier nights and their raw folders, the newest first."""
    for folder in sorted((lake.root / "raw").glob("night=*"), reverse=True):
        if folder.name < f"night={night}":
            yield date.fromisoformat(folder.name.removeprefix("night=")), folder


def read_looks(file: Path) -> dict[str, Look] | None:
    """None if the file is missing or damaged. An older release wrote only the counts."""
    if (stored := read_memory(file)) is None:
        return None
    return {url: Look(**look) if isinstance(look, dict) else Look(look) for url, look in stored.items()}


def read_memory(file: Path) -> dict[str, Any] | None:
    """What a night noted about an account; without it the next night pays for some comments again."""
    if not file.exists():
        return None
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return stored if isinstance(stored, dict) else None
    except ValueError:
        log(f"{file} is damaged and was left out")
        return None


def seen_file(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(ENDING) + SEEN_ENDING)


def remembered(looks: dict[str, Look], since: date) -> str:
    """As JSON, without posts that are too old for any night."""
    kept = {url: asdict(look) for url, look in sorted(looks.items()) if _is_young(look, since)}
    return json.dumps(kept, ensure_ascii=False, indent=1)


def _is_young(look: Look, since: date) -> bool:
    posted_at = values.instant(look.posted_at)
    return posted_at is None or posted_at.date() >= since


def missing(looks: dict[str, Look], since: date, came: Iterable[str]) -> list[str]:
    """Known posts of the window that did not arrive; if all are missing, the request was probably blocked."""
    return sorted(
        url for url, look in looks.items() if look.posted_at and _is_young(look, since) and url not in set(came)
    )
