"""Comments as Meta's Graph API returns them: text and timestamp on Instagram, message and created_time on Facebook."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jobs.platforms import values


def platform_of(item: dict[str, Any]) -> str | None:
    """None for an item of another shape."""
    if {"id", "message", "created_time"} <= item.keys():
        return "facebook"
    return "instagram" if {"id", "text", "timestamp"} <= item.keys() and "postUrl" not in item else None


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    platform = platform_of(item) or "instagram"
    yield from _thread(item, platform, account, _post(item, platform), values.mapping(item.get("parent")).get("id"))


def _thread(
    item: dict[str, Any], platform: str, account: str, post: str | None, parent: Any
) -> Iterator[dict[str, Any]]:
    author = values.mapping(item.get("from"))
    answers = values.mapping(item.get("replies") or item.get("comments")).get("data")
    answers = [answer for answer in answers if isinstance(answer, dict)] if isinstance(answers, list) else []
    has_media = bool(item.get("attachment"))
    yield {
        "comment_id": values.key(platform, item.get("id")),
        "platform": platform,
        "account": account,
        "post_id": values.key(platform, post or f"import-{account}"),
        "parent_id": values.key(platform, parent),
        "author": values.text(item.get("username") or author.get("username") or author.get("name")),
        "text": values.written(item.get("text") if platform == "instagram" else item.get("message"), has_media),
        "has_media": has_media,
        "posted_at": values.instant(item.get("timestamp") or item.get("created_time")),
        "likes": values.count(item.get("like_count")),
        "reply_count": values.count(item.get("comment_count")) if "comment_count" in item else len(answers),
        "author_id": values.identity(author.get("id")),
        "link": values.address(item.get("permalink_url")),
        "media": values.links(values.mapping(item.get("attachment")).get("media")),
    }
    for answer in answers:
        yield from _thread(answer, platform, account, post, item.get("id"))


def _post(item: dict[str, Any], platform: str) -> Any:
    """Facebook's comments are called post_comment."""
    media, id = values.mapping(item.get("media")).get("id"), item.get("id")
    return media or (id.partition("_")[0] if platform == "facebook" and isinstance(id, str) and "_" in id else None)
