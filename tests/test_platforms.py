"""What platforms send, over the stand-in's actors: every item becomes our columns, and hostile values become None."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jobs.config.targets import Account
from jobs.lake import schema
from jobs.lake.raw import RawLine, mapped_comments
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
    posts = list(ACTORS[module.POSTS.name][0](world, module.posts_input(account, NIGHT - timedelta(days=3)), SEEN_AT))
    urls = sorted(module.post(post, account.handle, SEEN_AT)["url"] for post in posts)
    return posts, list(ACTORS[module.COMMENTS.name][0](world, module.comments_input(urls, 100), SEEN_AT))


@pytest.mark.parametrize("name", build.NEWEST_FIRST)
def test_only_where_comments_come_newest_first_a_missing_one_counts_as_gone(name: str) -> None:
    assert platform(name).IS_NEWEST_FIRST
    assert "newest" in str(platform(name).comments_input(["https://x"], 10)).lower()


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_item_becomes_our_columns(name: str) -> None:
    module = platform(name)
    posts, items = sent(name)
    mapped_posts = [module.post(post, "them", SEEN_AT) for post in posts]
    comments = [comment for item in items for comment in module.comments(item, "them", SEEN_AT)]
    assert len(posts) >= 2
    assert len(comments) > 50
    assert all(post.keys() - {"coauthors"} == set(schema.POSTS.names) - {"coauthor_hashes"} for post in mapped_posts)
    needed = set(schema.MAPPED.names) - {"author_id", "mentions", "named", *(field.name for field in schema.DETAILS)}
    assert all(needed <= comment.keys() <= set(schema.MAPPED.names) for comment in comments)
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
            list(module.comments(broken, "them", SEEN_AT))
            module.post(broken, "them", SEEN_AT)


def test_instagrams_nested_replies_become_comments_with_their_parent() -> None:
    item = {
        "postUrl": "https://www.instagram.com/reel/ABC/?igsh=1",
        "id": "1",
        "text": "parent",
        "replies": [{"id": "2", "text": "child", "ownerUsername": "bob", "timestamp": "2026-11-10T12:00:00Z"}, None, 7],
    }
    parent, child = platform("instagram").comments(item, "them", SEEN_AT)
    assert (parent["comment_id"], parent["post_id"], parent["parent_id"]) == ("instagram:1", "instagram:ABC", None)
    assert (child["comment_id"], child["post_id"], child["parent_id"]) == (
        "instagram:2",
        "instagram:ABC",
        "instagram:1",
    )


@pytest.mark.parametrize(
    ("written", "meant"),
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
def test_counts_as_people_write_them(written: Any, meant: int | None) -> None:
    assert values.count(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
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
def test_times_as_sources_send_them(written: Any, meant: datetime | None) -> None:
    assert values.instant(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2 days ago (edited)", timedelta(days=2)),
        ("an hour ago", timedelta(hours=1)),
        ("a minute ago", timedelta(minutes=1)),
        ("1 day ago (edited)", timedelta(days=1)),
        ("vor 2 Tagen", timedelta(days=2)),
        ("vor einer Stunde (bearbeitet)", timedelta(hours=1)),
        ("hace 3 semanas", timedelta(weeks=3)),
        ("il y a un an", timedelta(days=365)),
        ("2 giorni fa", timedelta(days=2)),
        ("há 5 meses", timedelta(days=150)),
        ("3 uur geleden", timedelta(hours=3)),
        ("Streamed 10 months ago", timedelta(days=300)),
    ],
)
def test_an_age_counts_back_from_when_the_source_was_read(written: str, meant: timedelta) -> None:
    assert values.ago(written, SEEN_AT) == SEEN_AT - meant - timedelta(seconds=1)


@pytest.mark.parametrize("written", ["now", "2026-11-10", "3 Nov 2026", 2, None, ""])
def test_what_is_no_age_is_none(written: Any) -> None:
    assert values.ago(written, SEEN_AT) is None


def test_a_scrape_that_catches_up_counts_ages_from_the_scrape_and_not_from_the_night() -> None:
    item = {"cid": "1", "videoId": "v", "comment": "hi", "publishedTimeText": "an hour ago"}
    line = RawLine(NIGHT, "youtube", "them", "comment", "youtube", "run", item, "2026-11-24T02:00:00+00:00")
    [comment] = mapped_comments(line)
    assert comment["posted_at"] == datetime(2026, 11, 24, 0, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "link", "key"),
    [
        ("facebook", "https://www.facebook.com/harbourfc/posts/pfbid0abc", "facebook:pfbid0abc"),
        ("facebook", "https://www.facebook.com/harbourfc/posts/a-title/123?x=1", "facebook:123"),
        ("facebook", "https://www.facebook.com/watch/?v=77", "facebook:77"),
        ("facebook", "https://www.facebook.com/photo/?fbid=88&set=a.1", "facebook:88"),
        ("facebook", "https://www.facebook.com/permalink.php?story_fbid=pfbid0x&id=5", "facebook:pfbid0x"),
        ("facebook", "https://www.facebook.com/reel/99/", "facebook:99"),
        ("facebook", "https://www.facebook.com/groups/g/permalink/44/", "facebook:44"),
        ("tiktok", "https://www.tiktok.com/@nasa/photo/7301?lang=en", "tiktok:7301"),
        ("youtube", "https://www.youtube.com/shorts/dQw4w9WgXcQ", "youtube:dQw4w9WgXcQ"),
        ("youtube", "https://youtu.be/dQw4w9WgXcQ?t=3", "youtube:dQw4w9WgXcQ"),
        ("instagram", "https://www.instagram.com/nasa/reel/DZ5/?igsh=1", "instagram:DZ5"),
        ("instagram", "https://www.instagram.com/nasa/", None),
    ],
)
def test_every_form_of_a_link_names_its_own_post(name: str, link: str, key: str | None) -> None:
    assert platform(name).post_key(link) == key


def test_facebooks_three_names_of_a_comment_are_one() -> None:
    coded = base64.b64encode(b"comment:871_1044").decode()
    [parent] = platform("facebook").comments({"id": coded, "text": "hi"}, "them", SEEN_AT)
    [answer] = platform("facebook").comments({"commentId": "2", "replyToCommentId": "1044"}, "them", SEEN_AT)
    assert parent["comment_id"] == answer["parent_id"] == "facebook:1044"


@pytest.mark.parametrize("name", PLATFORMS)
def test_inputs_are_what_the_actors_publish(name: str) -> None:
    """tests/actors/inputs.json is a copy of their schemas, in which nothing else is allowed than what they name."""
    published = json.loads((Path(__file__).parent / "actors" / "inputs.json").read_text())
    module = platform(name)
    account = Account.model_validate({"platform": name, "handle": "them"})
    jsonschema.validate(module.posts_input(account, NIGHT), published[module.POSTS.name])
    jsonschema.validate(module.comments_input([module.profile_url("them")], 5), published[module.COMMENTS.name])
    for other in getattr(module, "OTHER_COMMENTS", ()):
        jsonschema.validate(other.comments_input([module.profile_url("them")], 5), published[other.name])


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_run_is_never_capped_below_what_its_actor_demands(name: str) -> None:
    for actor in (platform(name).POSTS, platform(name).COMMENTS):
        _, price, least_usd = ACTORS[actor.name]
        assert actor.cap_usd(1) >= least_usd
        assert actor.usd_per_item >= price
        assert actor.affordable(actor.cap_usd(1000)) == 1000


DETAILS = {
    "instagram": (
        {"id": "1", "ownerUsername": "them", "commentUrl": "https://www.instagram.com/p/A/c/1",
         "owner": {"id": "7", "is_verified": True}, "media": {"gif": {"url": "https://media.example/wave.gif"}}},
        {"author_id": "7", "link": "https://www.instagram.com/p/A/c/1", "is_verified": True, "is_by_owner": True,
         "media": ["https://media.example/wave.gif"]},
    ),
    "tiktok": (
        {"cid": "1", "uniqueId": "ann", "uid": 7, "pinnedByAuthor": True, "likedByAuthor": False,
         "mentions": ["@bob", None], "imageUrls": ["https://a.example/1.jpg", "https://a.example/2.jpg"]},
        {"mentions": ["bob"], "author_id": "7", "is_pinned": True, "is_liked_by_owner": False, "is_by_owner": False,
         "media": ["https://a.example/1.jpg", "https://a.example/2.jpg"]},
    ),
    "youtube": (
        {"cid": "c1", "videoId": "v1", "publishedTimeText": "2 days ago (edited)", "hasCreatorHeart": True,
         "authorIsChannelOwner": True},
        {"link": "https://www.youtube.com/watch?v=v1&lc=c1", "is_edited": True, "is_liked_by_owner": True,
         "is_by_owner": True},
    ),
    "facebook": (
        {"id": "1", "profileId": "7", "commentUrl": "https://www.facebook.com/x?comment_id=1",
         "attachments": [{"image": {"uri": "https://scontent.example/1.jpg"}}]},
        {"author_id": "7", "link": "https://www.facebook.com/x?comment_id=1", "media": ["https://scontent.example/1.jpg"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_a_source_says_besides_is_kept(name: str) -> None:
    item, details = DETAILS[name]
    [comment] = platform(name).comments(item, "them", SEEN_AT)
    assert comment | details == comment


def test_a_comment_of_tiktoks_other_actor_is_the_same() -> None:
    item = {"type": "reply", "id": "7395306273707361057", "text": "hi", "createdAt": "2026-11-10T12:00:00.000Z",
            "likeCount": 2, "replyCount": 1, "awemeId": "7301", "isAuthorLiked": False, "parentId": "7395",
            "user": {"id": "7", "username": "ann", "displayName": "Ann"}}  # fmt: skip
    [comment] = platform("tiktok").comments(item, "them", SEEN_AT)
    expected = {"comment_id": "tiktok:7395306273707361057", "post_id": "tiktok:7301", "parent_id": "tiktok:7395",
                "author": "ann", "author_id": "7", "text": "hi", "likes": 2, "reply_count": 1,
                "is_liked_by_owner": False, "posted_at": datetime(2026, 11, 10, 12, tzinfo=UTC)}  # fmt: skip
    assert comment | expected == comment


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://plain.example", 7])
def test_only_a_secure_address_is_a_link(address: Any) -> None:
    item = {"id": "1", "commentUrl": address, "media": [address]}
    [comment] = platform("instagram").comments(item, "them", SEEN_AT)
    assert (comment["link"], comment["media"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "name", "mentions"),
    [
        ("@Ann.Lee, look. (@bob)", "instagram", ["ann.lee", "bob"]),
        ("thanks @OrbitalTV", "youtube", ["@OrbitalTV"]),
        ("ann@example.com or example.com/@ann", "instagram", []),
        ("@ nobody", "tiktok", []),
        (None, "tiktok", []),
    ],
)
def test_whom_a_text_names_is_written_as_authors_are(text: str | None, name: str, mentions: list[str]) -> None:
    assert values.mentioned(text, name) == mentions


def test_a_post_names_who_published_it_too() -> None:
    item = {"shortCode": "P", "coauthorProducers": [{"username": "carl", "id": "7"}, {"id": "8"}, None]}
    assert platform("instagram").post(item, "them", SEEN_AT)["coauthors"] == ["carl"]
