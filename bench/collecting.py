"""What a new comment costs: thirty nights of invented accounts, collected over HTTP as real ones are, at list prices.

Comments come with a heavy tail, a quarter of them are answers, one in fifty is taken down, one in thirty is edited, and
answers are billed like comments. Captured is what was read, of all comments that stood at the end of any night.

    python bench/collecting.py [--nights 30] [--only instagram] [--reread-after-days 3]
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jobs import scrape, standin
from jobs.config.settings import Settings
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, raw_file, read_file
from jobs.platforms import platform
from jobs.standin.actors import ACTORS
from jobs.standin.world import Comment, Community, Post, World, at

FIRST = date(2026, 9, 1)
MEDIAN_HOURS, LATE_SHARE, LATE_HOURS = 6.0, 0.05, 7 * 24.0  # half of a post's comments come by, and one in 20 after
REPLIES, TAKEN_DOWN, EDITED = 0.25, 0.02, 0.03
RECENT = 12  # comments that most answers are to
Z95 = 1.645  # of the normal distribution
PRICES = {  # USD of a post and of a comment; Instagram's on the Silver plan, the others' on the Free plan
    "instagram": ("apify/instagram-post-scraper", 0.0017, "apify/instagram-comment-scraper", 0.0019),
    "youtube": ("streamers/youtube-scraper", 0.0053, "streamers/youtube-comments-scraper", 0.0020),
    "facebook": ("apify/facebook-posts-scraper", 0.0060, "apify/facebook-comments-scraper", 0.0025),
    "tiktok": ("clockworks/tiktok-scraper", 0.0050, "clockworks/tiktok-comments-scraper", 0.00125),
    "tiktok, apidojo": ("clockworks/tiktok-scraper", 0.0050, "apidojo/tiktok-comments-scraper", 0.0003),
}


class LongTail(World):
    """Accounts that post once a day; a community's comments_a_post come below each."""

    def __init__(self, communities: list[Community]) -> None:
        super().__init__(seed=1, communities=communities)
        self.below = lru_cache(maxsize=None)(self._below)

    def comments(self, post: Post, seen_at: datetime) -> list[Comment]:
        seen = [one for one in self.below(post) if one.visible_at < seen_at < one.removed_at]
        ids = {one.id for one in seen}
        kept = [one for one in seen if one.parent_id is None or one.parent_id in ids]
        return sorted(kept, key=lambda one: one.posted_at, reverse=True)

    def _below(self, post: Post) -> list[Comment]:
        chance = self.random("long tail", post.key)
        sigma = math.log(LATE_HOURS / MEDIAN_HOURS) / Z95
        lags = sorted(
            chance.lognormvariate(math.log(MEDIAN_HOURS), sigma) for _ in range(post.community.comments_a_post)
        )
        parents: list[Comment] = []
        found = []
        for number, hours in enumerate(lags):
            posted_at = post.posted_at + timedelta(hours=min(hours, 24 * 365))
            pool = parents[-RECENT:] if chance.random() < 0.7 else parents
            parent = chance.choice(pool) if pool and chance.random() < REPLIES else None
            gone = chance.random() < TAKEN_DOWN
            one = Comment(
                id=f"{post.key}{number:05d}",
                parent_id=parent.id if parent else None,
                author=f"user{chance.randrange(5000)}",
                text=f"comment {number}",
                edited=f"comment {number}, edited" if chance.random() < EDITED else None,
                posted_at=posted_at,
                visible_at=posted_at,
                removed_at=posted_at + timedelta(hours=chance.uniform(1, 72)) if gone else at(date.max),
                likes=3,
                has_gif=False,
                abuse=None,
                oddity=None,
            )
            found.append(one)
            if parent is None:
                parents.append(one)
        return found


@dataclass
class Outcome:
    spent_usd: float = 0.0
    captured: dict[str, str] = field(default_factory=dict)  # id → its text, as it was read last
    stood: dict[str, Comment] = field(default_factory=dict)

    @property
    def usd_per_1000(self) -> float:
        return 1000 * self.spent_usd / max(1, len(self.captured))

    @property
    def share(self) -> float:
        return len(self.captured.keys() & self.stood.keys()) / max(1, len(self.stood))

    @property
    def edits_share(self) -> float:
        edited = [one for one in self.stood.values() if one.edited]
        return sum(self.captured.get(one.id) == one.edited for one in edited) / max(1, len(edited))


def collected(actors: str, sizes: list[int], nights: int, budget_usd: float, reread_after_days: int = 0) -> Outcome:
    name = actors.partition(",")[0]
    communities = [Community(name, f"account{n}", "football", 1.0, size) for n, size in enumerate(sizes)]
    world, outcome = LongTail(communities), Outcome()
    posts, posts_usd, comments, comments_usd = PRICES[actors]
    ACTORS[posts] = (ACTORS[posts][0], posts_usd, ACTORS[posts][2])
    ACTORS[comments] = (ACTORS[comments][0], comments_usd, ACTORS[comments][2])
    habits = standin.Habits(run_seconds=0.0, bills_replies=True)
    with tempfile.TemporaryDirectory() as folder, standin.serving(habits=habits, world=world) as server:
        targets = Path(folder) / "targets.toml"
        targets.write_text(_targets(communities, budget_usd, reread_after_days, f'{name}_comments = "{comments}"\n'))
        settings = replace(Settings.load(Path(folder) / "data"), targets_file=targets, apify_url=server.url,
                           apify_token=server.token, apify_settles_seconds=0.0)  # fmt: skip
        for night in (FIRST + timedelta(days=day) for day in range(nights)):
            scrape.run(settings, night)
            for community in communities:
                outcome.captured |= _captured(settings, night, f"{name}/{community.handle}")
                outcome.stood |= _standing(world, community, night)
        outcome.spent_usd = server.spent_usd + sum(_start_usd(name, run.actor) for run in server.runs.values())
    return outcome


def _start_usd(name: str, actor: str) -> float:
    module = platform(name)
    return float({one.name: one.usd_per_start for one in (module.POSTS, module.COMMENTS)}.get(actor, 0.0))


def _targets(communities: list[Community], budget_usd: float, reread_after_days: int, actor: str) -> str:
    reread = f"reread_after_days = {reread_after_days}\n" if reread_after_days else ""
    accounts = (f'[[accounts]]\nplatform = "{one.platform}"\nhandle = "{one.handle}"\n' for one in communities)
    return f"[night]\nbudget_usd = {budget_usd}\n{reread}[actors]\n{actor}" + "".join(accounts)


def _captured(settings: Settings, night: date, account: str) -> Iterator[tuple[str, str]]:
    for line in read_file(raw_file(Lake(settings.data_dir), night, account), night):
        for comment in mapped_comments(line) if line.kind == "comment" else ():
            yield comment["comment_id"].partition(":")[2], comment["text"]


def _standing(world: LongTail, community: Community, night: date) -> dict[str, Comment]:
    seen_at = at(night + timedelta(days=1))
    posts = world.posts(community, night - timedelta(days=14), seen_at)
    return {comment.id: comment for post in posts for comment in world.comments(post, seen_at)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--only", default="", help="a platform")
    parser.add_argument("--reread-after-days", type=int, default=0)
    options = parser.parse_args()
    rows: list[tuple[str, str, list[int], float]] = [
        (one, f"posts with {size}", [size], 1000.0) for one in PRICES for size in (30, 150, 800)
    ]
    rows.append(("instagram", "ten accounts, 5 USD a night", [30] * 4 + [150] * 4 + [800] * 2, 5.0))
    print("| platform | accounts | USD per 1,000 new | times the list price | captured | edits seen |")
    print("|---|---|---|---|---|---|")
    for one, name, sizes, budget_usd in rows:
        if options.only in ("", one):
            found = collected(one, sizes, options.nights, budget_usd, options.reread_after_days)
            times = found.usd_per_1000 / 1000 / PRICES[one][3]
            cells = (one, name, f"{found.usd_per_1000:.2f}", f"{times:.2f}", f"{found.share:.0%}",
                     f"{found.edits_share:.0%}")  # fmt: skip
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
