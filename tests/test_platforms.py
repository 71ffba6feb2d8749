"""What platforms send, over the stand-in's actors: every item becomes our columns, and hostile values become None."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jobs.config.targets import Account
from jobs.lake import schema
from jobs.platforms import platform, values
from jobs.standin.actors import ACTORS
from jobs.standin.world import COMMUNITIES, World, at
from warehouse import build

NIGHT = date(2026, 11, 10)
SEEN_AT = at(NIGHT + timedelta(days=1))
PLATFORMS = ["instagram", "tiktok", "youtube", "facebook"]
HANDLES = {community.platform: community.handle for community in reversed(COMMUNITIES) if not community.is_private}


def sent(name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The posts of an account, and the items below them, as its actors send them."""
    module, world = platform(name), World(seed=1)
    account = Account.model_validate({"platform": name, "handle": HANDLES[name], "max_posts": 3})
    posts = list(ACTORS[module.POSTS_ACTOR][0](world, module.posts_input(account, NIGHT - timedelta(days=3)), SEEN_AT))
    urls = sorted(module.post(post, account.handle)["url"] for post in posts)
    return posts, list(ACTORS[module.COMMENTS_ACTOR][0](world, module.comments_input(urls, 100), SEEN_AT))


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_warehouse_knows_who_gives_the_newest_comments_first(name: str) -> None:
    """Only there is a comment that is missing between two others known to be gone."""
    asked = str(platform(name).comments_input(["https://x"], 10)).lower()
    assert ("newest" in asked) == (name in build.NEWEST_FIRST)


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_item_becomes_our_columns(name: str) -> None:
    module = platform(name)
    posts, items = sent(name)
    mapped_posts = [module.post(post, "them") for post in posts]
    comments = [comment for item in items for comment in module.comments(item, "them", NIGHT)]
    assert len(posts) >= 2
    assert len(comments) > 50
    assert all(post.keys() == set(schema.POSTS.names) for post in mapped_posts)
    assert all(comment.keys() == set(schema.MAPPED.names) for comment in comments)
    ids = {comment["comment_id"] for comment in comments} - {None}
    assert all(id.startswith(f"{name}:") for id in ids)
    assert {comment["post_id"] for comment in comments} <= {post["post_id"] for post in mapped_posts}
    parents = {comment["parent_id"] for comment in comments} - {None}
    assert set() < parents <= ids, "replies name the comment they answer"
    known = [comment["posted_at"] for comment in comments if comment["posted_at"]]
    assert len(known) > 0.9 * len(comments)
    assert max(known) <= SEEN_AT
    assert all(post["comment_count"] is not None for post in mapped_posts)


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("odd", [None, 7, -1, 1e400, [], {}, "", "\x00", True, "9" * 400, {"a": [1]}])
def test_odd_values_never_stop_a_night(name: str, odd: Any) -> None:
    module = platform(name)
    posts, items = sent(name)
    for item in (items[0], posts[0]):
        for key in item:
            broken = item | {key: odd}
            list(module.comments(broken, "them", NIGHT))
            module.post(broken, "them")


def test_instagrams_nested_replies_become_comments_with_their_parent() -> None:
    item = {
        "postUrl": "https://www.instagram.com/reel/ABC/?igsh=1",
        "id": "1",
        "text": "parent",
        "replies": [{"id": "2", "text": "child", "ownerUsername": "bob", "timestamp": "2026-11-10T12:00:00Z"}, None, 7],
    }
    parent, child = platform("instagram").comments(item, "them", NIGHT)
    assert (parent["comment_id"], parent["post_id"], parent["parent_id"]) == ("instagram:1", "instagram:ABC", None)
    assert (child["comment_id"], child["post_id"], child["parent_id"]) == (
        "instagram:2",
        "instagram:ABC",
        "instagram:1",
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (14, 14),
        ("1,204", 1204),
        ("1.2K", 1200),
        ("3M", 3_000_000),
        (-1, None),
        ("many", None),
        (True, None),
        (2**70, None),
    ],
)
def test_counts_as_people_write_them(said: Any, meant: int | None) -> None:
    assert values.count(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-10T12:00:00.000Z", datetime(2026, 11, 10, 12, tzinfo=UTC)),
        ("2026-11-10T13:00:00+01:00", datetime(2026, 11, 10, 12, tzinfo=UTC)),
        (1794312000, datetime(2026, 11, 10, 12, tzinfo=UTC)),
        ("1794312000000", datetime(2026, 11, 10, 12, tzinfo=UTC)),
        ("yesterday", None),
        (1e300, None),
        (None, None),
    ],
)
def test_times_as_sources_send_them(said: Any, meant: datetime | None) -> None:
    assert values.instant(said) == meant


def test_an_age_counts_back_from_the_end_of_the_night() -> None:
    assert values.ago("2 days ago (edited)", NIGHT) == SEEN_AT - timedelta(days=2, seconds=1)
    assert values.ago("now", NIGHT) is None
