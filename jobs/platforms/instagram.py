"""Instagram: posts of a profile, then the comments below them with their replies nested inside."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from jobs.config.targets import Account
from jobs.platforms import values

POSTS_ACTOR = "apify/instagram-post-scraper"
COMMENTS_ACTOR = "apify/instagram-comment-scraper"
USD_PER_POST = 0.0027
USD_PER_COMMENT = 0.0023  # on the free plan; replies come with their comment


def profile_url(handle: str) -> str:
    return f"https://www.instagram.com/{handle}/"


def posts_input(account: Account, since: date) -> dict[str, Any]:
    return {
        "username": [account.handle],
        "resultsLimit": account.max_posts,
        "onlyPostsNewerThan": since.isoformat(),
        "skipPinnedPosts": True,  # they come first however old they are
    }


def comments_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {"directUrls": urls, "resultsLimit": limit, "isNewestComments": True, "includeNestedComments": True}


def post(item: dict[str, Any], account: str) -> dict[str, Any]:
    url = values.link(item.get("url"))
    return {
        "post_id": values.key("instagram", item.get("shortCode") or _short_code(url)),
        "platform": "instagram",
        "account": account,
        "url": url,
        "caption": values.text(item.get("caption")),
        "posted_at": values.instant(item.get("timestamp")),
        "likes": values.count(item.get("likesCount")),
        "comment_count": values.count(item.get("commentsCount")),
    }


def comments(item: dict[str, Any], account: str, _night: date | None = None) -> Iterator[dict[str, Any]]:
    post_id = values.key("instagram", _short_code(values.link(item.get("postUrl"))))
    yield from _thread(item, account, post_id, None)


def _thread(item: dict[str, Any], account: str, post_id: str | None, parent_id: str | None) -> Iterator[dict[str, Any]]:
    comment_id = values.key("instagram", item.get("id"))
    yield {
        "comment_id": comment_id,
        "platform": "instagram",
        "account": account,
        "post_id": post_id,
        "parent_id": parent_id,
        "author": values.text(item.get("ownerUsername")) or _owner(item),
        "text": values.text(item.get("text")),
        "has_media": bool(item.get("media")),
        "posted_at": values.instant(item.get("timestamp")),
        "likes": values.count(item.get("likesCount")),
        "reply_count": values.count(item.get("repliesCount")),
    }
    replies = item.get("replies")
    for reply in replies if isinstance(replies, list) else []:
        if isinstance(reply, dict):
            yield from _thread(reply, account, post_id, comment_id)


def _owner(item: dict[str, Any]) -> str | None:
    owner = item.get("owner")
    return values.text(owner.get("username")) if isinstance(owner, dict) else None


def _short_code(url: str) -> str | None:
    """DZ5T2XPllXv of https://www.instagram.com/p/DZ5T2XPllXv/, also of /reel/ and /tv/."""
    parts = url.partition("?")[0].rstrip("/").split("/")
    return parts[-1] if len(parts) > 1 and parts[-2] in ("p", "reel", "reels", "tv") else None
