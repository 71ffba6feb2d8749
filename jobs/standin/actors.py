"""What each actor sends for its input: one function an actor, in the shape of real items."""

import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from jobs.standin import memes
from jobs.standin.world import Comment, Community, Post, World

Item = dict[str, object]
Actor = Callable[[World, dict[str, Any], datetime], Iterator[Item]]
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
YOUTUBE_KINDS = {"maxResults": "watch?v=", "maxResultsShorts": "shorts/", "maxResultStreams": "live/"}  # by their limit
FACEBOOK_KINDS = (
    "{handle}/posts/{key}",
    "watch/?v={key}",
    "photo/?fbid={key}&set=a.1",
    "permalink.php?story_fbid={key}&id=5",
    "reel/{key}",
)
MANY = 10**6  # posts
REPEAT_EVERY = 83  # one item in so many is sent again, as when pages shift under a scraper


def instagram_posts(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    for name in asked["username"]:
        handle = name.rstrip("/").rpartition("/")[2]
        community = world.community("instagram", handle)
        url = f"https://www.instagram.com/{handle}/"
        posts = _posts(world, community, asked["onlyPostsNewerThan"], asked["resultsLimit"], seen_at)
        if not posts:
            yield _no_items(url)
        for post in posts:
            yield {
                "inputUrl": url,
                "id": str(3_000_000_000_000_000_000 + post.key),
                "type": "Image",
                "shortCode": _code(post),
                "caption": post.caption,
                "hashtags": [],
                "mentions": [],
                "url": f"https://www.instagram.com/p/{_code(post)}/",
                "commentsCount": len(world.comments(post, seen_at)),
                "latestComments": [],
                "likesCount": -1 if post.key % 7 == 0 else post.likes,
                "timestamp": _iso(post.posted_at),
                "ownerUsername": handle,
                "productType": "feed",
                "displayUrl": memes.of_post(post.key),
                "coauthorProducers": [{"username": "friends_of_all", "id": "1"}] if post.key % 3 == 0 else [],
                "isPinned": False,
            }


def instagram_comments(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    for url in asked["directUrls"]:
        post = _find(world, url.rstrip("/").rpartition("/")[2][1:], 36)
        if post is None or post.is_deleted:
            yield {"error": "not_found", "errorDescription": "Post does not exist", "inputUrl": url}
            continue
        comments = world.comments(post, seen_at)
        replies: dict[str | None, list[Comment]] = {}
        for comment in reversed(comments):
            replies.setdefault(comment.parent_id, []).append(comment)
        for comment in islice(reversed(replies.get(None, [])), asked["resultsLimit"]):
            nested = [
                _instagram_comment(url, reply, seen_at) | {"replies": []} for reply in replies.get(comment.id, [])
            ]
            wants = asked.get("includeNestedComments")
            yield _instagram_comment(url, comment, seen_at) | {
                "repliesCount": len(nested) if wants else None,
                "replies": nested if wants else None,
            }


def _instagram_comment(url: str, comment: Comment, seen_at: datetime) -> Item:
    item: Item = {
        "postUrl": url,
        "commentUrl": f"{url}c/{comment.id}",
        "id": comment.id,
        "text": comment.text_at(seen_at),
        "ownerUsername": comment.author,
        "ownerProfilePicUrl": "https://scontent.example/p.jpg",
        "timestamp": "1969-12-31T23:59:59.000Z" if comment.oddity == "bad_time" else _iso(comment.posted_at),
        "repliesCount": 0,
        "likesCount": comment.likes_at(seen_at),
        "owner": {
            "username": comment.author,
            "is_verified": zlib.crc32(comment.author.encode()) % 9 == 0,
            "id": _person(comment),
            "full_name": None,
        },
    }
    if comment.oddity == "no_id":
        del item["id"]
    if comment.has_gif:
        item["media"] = {"gif": {"url": memes.of_reaction(comment.id)}}
    return item


def tiktok_posts(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    for handle in asked["profiles"]:
        community = world.community("tiktok", handle)
        posts = _posts(world, community, asked["oldestPostDateUnified"], asked["resultsPerPage"], seen_at)
        if not posts:
            yield _no_items(f"https://www.tiktok.com/@{handle}")
        for post in posts:
            id = 7_000_000_000_000_000_000 + post.key
            yield {
                "id": str(id),
                "text": post.caption,
                "createTimeISO": _iso(post.posted_at),
                "webVideoUrl": f"https://www.tiktok.com/@{handle}/{'photo' if _kind(post, 3) == 0 else 'video'}/{id}",
                "diggCount": post.likes,
                "commentCount": len(world.comments(post, seen_at)),
                "authorMeta": {"name": handle},
                "videoMeta": {"coverUrl": memes.of_post(post.key)},
            }


def tiktok_comments(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    for url, comment, replies in _threads(world, asked["postURLs"], asked["commentsPerPost"], seen_at, _tiktok_key):
        yield {
            "videoWebUrl": url,
            "cid": comment.id,
            "text": comment.text_at(seen_at),
            "uniqueId": comment.author,
            "uid": _person(comment),
            "createTime": int(comment.posted_at.timestamp()),
            "createTimeISO": _iso(comment.posted_at),
            "diggCount": comment.likes_at(seen_at),
            "repliesToId": comment.parent_id,
            "replyCommentTotal": None if comment.parent_id else replies,
            "pinnedByAuthor": _chance(comment, 40),
            "likedByAuthor": _chance(comment, 8),
        }


def apidojo_comments(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    """TikTok's, in the words of another actor."""
    for url, comment, replies in _threads(world, asked["startUrls"], asked["maxItems"], seen_at, _tiktok_key):
        item: Item = {
            "inputSource": url,
            "type": "reply" if comment.parent_id else "comment",
            "id": comment.id,
            "text": comment.text_at(seen_at),
            "createdAt": _iso(comment.posted_at),
            "likeCount": comment.likes_at(seen_at),
            "replyCount": replies,
            "commentLanguage": "en",
            "awemeId": url.rpartition("/")[2],
            "isAuthorLiked": _chance(comment, 8),
            "user": {"id": _person(comment), "username": comment.author, "displayName": comment.author, "region": "DE"},
        }
        yield item | ({"parentId": comment.parent_id} if comment.parent_id else {})


def youtube_posts(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    for start in asked["startUrls"]:
        handle = start["url"].rpartition("@")[2]
        community = world.community("youtube", handle)
        posts = _posts(world, community, asked["oldestPostDate"], MANY, seen_at)
        by_kind = [
            (kind, post)
            for place, (limit, kind) in enumerate(YOUTUBE_KINDS.items())
            for post in [one for one in posts if _kind(one, len(YOUTUBE_KINDS)) == place][: asked.get(limit, 0)]
        ]
        if not by_kind:
            yield _no_items(start["url"])
        for kind, post in by_kind:
            yield {
                "id": _code(post),
                "title": post.caption,
                "url": f"https://www.youtube.com/{kind}{_code(post)}",
                "date": _iso(post.posted_at),
                "likes": post.likes,
                "commentsCount": len(world.comments(post, seen_at)),
                "channelName": handle,
                "input": start["url"],
            }


def youtube_comments(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    urls = [start["url"] for start in asked["startUrls"]]
    for url, comment, replies in _threads(world, urls, asked["maxComments"], seen_at, _code_key):
        yield {
            "pageUrl": url,
            "videoId": re.split("[=/]", url)[-1],
            "cid": comment.id,
            "comment": comment.text_at(seen_at),
            "author": f"@{comment.author}",
            "publishedTimeText": _ago(comment.posted_at, seen_at),
            "voteCount": comment.likes_at(seen_at),
            "replyCount": replies,
            "type": "reply" if comment.parent_id else "comment",
            "replyToCid": comment.parent_id,
            "hasCreatorHeart": _chance(comment, 8),
            "authorIsChannelOwner": _chance(comment, 20),
        }


def facebook_posts(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    for start in asked["startUrls"]:
        handle = start["url"].rstrip("/").rpartition("/")[2]
        community = world.community("facebook", handle)
        posts = _posts(world, community, asked["onlyPostsNewerThan"], asked["resultsLimit"], seen_at)
        if not posts:
            yield _no_items(start["url"])
        for post in posts:
            yield {
                "postId": str(post.key),
                "url": f"https://www.facebook.com/{_facebook_path(handle, post)}",
                "text": post.caption,
                "time": _iso(post.posted_at),
                "likes": post.likes,
                "comments": len(world.comments(post, seen_at)),
                "pageName": handle,
                "inputUrl": start["url"],
                "media": [{"__typename": "Photo", "photo_image": {"uri": memes.of_post(post.key)}}],
            }


def facebook_comments(world: World, asked: dict[str, Any], seen_at: datetime) -> Iterator[Item]:
    urls = [start["url"] for start in asked["startUrls"]]
    for url, comment, replies in _threads(world, urls, asked["resultsLimit"], seen_at, _number_key):
        item: Item = {
            "facebookUrl": url,
            "inputUrl": url,
            "postTitle": "Harbour FC &lt;3",
            "id": comment.id,
            "text": comment.text_at(seen_at),
            "profileName": comment.author.title(),
            "profileId": _person(comment),
            "commentUrl": f"{url}?comment_id={comment.id}",
            "date": _iso(comment.posted_at),
            "commentsCount": replies,
            "threadingDepth": 1 if comment.parent_id else 0,
            "replyToCommentId": comment.parent_id,
        }
        if likes := comment.likes_at(seen_at):
            item["likesCount"] = str(likes)
        if comment.abuse or _chance(comment, 30):
            picture = memes.of_abuse(comment.id) if comment.abuse else memes.of_reaction(comment.id)
            item["attachments"] = [{"__typename": "Photo", "image": {"uri": picture}}]
        yield item


ACTORS: dict[str, tuple[Actor, float, float]] = {  # with its price of one item, and the least maximum charge, in USD
    "apify/instagram-post-scraper": (instagram_posts, 0.0017, 0.005),
    "apify/instagram-comment-scraper": (instagram_comments, 0.0019, 0.0019),
    "clockworks/tiktok-scraper": (tiktok_posts, 0.003, 0.50),
    "clockworks/tiktok-comments-scraper": (tiktok_comments, 0.001, 0.0),
    "apidojo/tiktok-comments-scraper": (apidojo_comments, 0.0003, 0.0),
    "streamers/youtube-scraper": (youtube_posts, 0.003, 0.0),
    "streamers/youtube-comments-scraper": (youtube_comments, 0.001, 0.50),
    "apify/facebook-posts-scraper": (facebook_posts, 0.004, 0.0),
    "apify/facebook-comments-scraper": (facebook_comments, 0.0015, 0.0),
}
DEFAULTS: dict[str, dict[str, object]] = {  # of the input, which Apify adds to what it was sent
    "apify/instagram-post-scraper": {"skipPinnedPosts": False, "dataDetailLevel": "detailedData"},
    "clockworks/tiktok-scraper": {"profileScrapeSections": ["videos"], "shouldDownloadVideos": False},
    "clockworks/tiktok-comments-scraper": {"excludePinnedPosts": False},
    "streamers/youtube-scraper": {"maxResultsShorts": 0, "maxResultStreams": 0, "transcriptionAndSubtitle": "NONE"},
    "streamers/youtube-comments-scraper": {"sortCommentsBy": "NEWEST_FIRST", "maxComments": 1},
    "apify/facebook-posts-scraper": {"captionText": False},
    "apify/facebook-comments-scraper": {"viewOption": "RANKED_THREADED"},
}


def with_repeats(items: Iterator[Item], every: int) -> Iterator[Item]:
    for number, item in enumerate(items, 1):
        yield item
        if number % every == 0:
            yield item


def _posts(world: World, community: Community | None, since: str, limit: int, seen_at: datetime) -> list[Post]:
    if community is None or community.is_private:
        return []
    return world.posts(community, date.fromisoformat(since), seen_at)[:limit]


def _threads(
    world: World, urls: list[str], limit: int, seen_at: datetime, key: Callable[[str], tuple[str, int]]
) -> Iterator[tuple[str, Comment, int]]:
    """Rows of the actors that send replies as rows of their own, with each comment's number of replies."""
    for url in urls:
        post = _find(world, *key(url))
        comments = [] if post is None else world.comments(post, seen_at)
        parents = [comment.parent_id for comment in comments]
        for comment in comments[:limit]:
            yield url, comment, parents.count(comment.id)


def _find(world: World, digits: str, base: int) -> Post | None:
    return world.post(int(digits, base)) if digits.isalnum() else None


def _tiktok_key(url: str) -> tuple[str, int]:
    return str(int(url.rpartition("/")[2]) - 7_000_000_000_000_000_000), 10


def _number_key(url: str) -> tuple[str, int]:
    return re.findall(r"(?:/|v=|fbid=)(\d+)", url)[0], 10


def _code_key(url: str) -> tuple[str, int]:
    return re.split("[=/]", url)[-1][1:], 36


def _facebook_path(handle: str, post: Post) -> str:
    return FACEBOOK_KINDS[_kind(post, len(FACEBOOK_KINDS))].format(handle=handle, key=post.key)


def _kind(post: Post, kinds: int) -> int:
    """One of so many, for each account's posts in turn."""
    return (post.posted_at.toordinal() + post.key // 64 % 16) % kinds


def _code(post: Post) -> str:
    """Eleven characters, as Instagram's short codes and YouTube's ids have."""
    rest, digits = post.key, ""
    while rest:
        rest, digit = divmod(rest, 36)
        digits = DIGITS[digit] + digits
    return "D" + digits.rjust(10, "0")


def _no_items(url: str) -> Item:
    return {"error": "no_items", "errorDescription": "Empty or private data for provided input", "inputUrl": url}


def _person(comment: Comment) -> str:
    return str(10**9 + zlib.crc32(comment.author.encode()))


def _chance(comment: Comment, of: int) -> bool:
    """True for one comment in so many, the same each time."""
    return int(comment.id) % of == 0


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _ago(instant: datetime, seen_at: datetime) -> str:
    minutes = int((seen_at - instant).total_seconds() // 60)
    number, unit = (
        (minutes, "minute") if minutes < 60 else (minutes // 60, "hour") if minutes < 1440 else (minutes // 1440, "day")
    )
    return f"{number} {unit}{'' if number == 1 else 's'} ago"
