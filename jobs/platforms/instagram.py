"""Instagram: posts of a profile, then the comments below them with their replies nested inside."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from jobs.config.targets import Account
from jobs.platforms import values
from jobs.platforms.actor import Actor

POSTS = Actor("apify/instagram-post-scraper", usd_per_item=0.0017, least_usd=0.005)
COMMENTS = Actor("apify/instagram-comment-scraper", usd_per_item=0.0026, least_usd=0.0026)
KINDS_OF_POSTS = 1
IS_NEWEST_FIRST = True


def profile_url(handle: str) -> str:
    return f"https://www.instagram.com/{handle}/"


def posts_input(account: Account, since: date) -> dict[str, Any]:
    return {
        "username": [account.handle],
        "resultsLimit": account.max_posts,
        "onlyPostsNewerThan": since.isoformat(),
        "skipPinnedPosts": True,  # they come first however old they are
        "dataDetailLevel": "basicData",  # the default has ten comments a post besides, and costs 0.001 USD more
    }


def comments_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {"directUrls": urls, "resultsLimit": limit, "isNewestComments": True, "includeNestedComments": True}


def post_key(url: str) -> str | None:
    """DZ5T2XPllXv of https://www.instagram.com/p/DZ5T2XPllXv/, also of /reel/ and /tv/."""
    found = re.search(r"/(?:p|reels?|tv)/([^/?#]+)", url)
    return values.key("instagram", found and found[1])


def post(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> dict[str, Any]:
    url = values.link(item.get("url"))
    return {
        "post_id": values.key("instagram", item.get("shortCode")) or post_key(url),
        "platform": "instagram",
        "account": account,
        "url": url,
        "caption": values.text(item.get("caption")),
        "posted_at": values.instant(item.get("timestamp")),
        "likes": values.count(item.get("likesCount")),
        "comment_count": values.count(item.get("commentsCount")),
        "coauthors": _coauthors(item.get("coauthorProducers")),
        "media": values.links([item.get("images"), item.get("displayUrl"), _slides(item.get("childPosts"))]),
    }


def _slides(value: Any) -> list[Any]:
    """Stills of an album's pictures and videos."""
    return [values.mapping(one).get("displayUrl") for one in value] if isinstance(value, list) else []


def _coauthors(value: Any) -> list[str]:
    accounts = value if isinstance(value, list) else []
    return values.texts([values.mapping(one).get("username") for one in accounts])


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    yield from _thread(item, account, post_key(values.link(item.get("postUrl"))), None)


def _thread(item: dict[str, Any], account: str, post_id: str | None, parent_id: str | None) -> Iterator[dict[str, Any]]:
    comment_id = values.key("instagram", item.get("id"))
    has_media, owner = bool(item.get("media")), values.mapping(item.get("owner"))
    author = values.text(item.get("ownerUsername")) or values.text(owner.get("username"))
    yield {
        "comment_id": comment_id,
        "platform": "instagram",
        "account": account,
        "post_id": post_id,
        "parent_id": parent_id,
        "author": author,
        "text": values.written(item.get("text"), has_media),
        "has_media": has_media,
        "posted_at": values.instant(item.get("timestamp")),
        "likes": values.count(item.get("likesCount")),
        "reply_count": values.count(item.get("repliesCount")),
        "author_id": values.identity(owner.get("id")),
        "link": values.address(item.get("commentUrl")),
        "is_verified": values.flag(owner.get("is_verified")),
        "is_pinned": None,
        "is_edited": None,
        "is_liked_by_owner": None,
        "is_by_owner": values.is_same_name(author, account),
        "media": values.links(item.get("media")),
    }
    replies = item.get("replies")
    for reply in replies if isinstance(replies, list) else []:
        if isinstance(reply, dict):
            yield from _thread(reply, account, post_id, comment_id)
