"""Comments as the browser extension Zeeschuimer captures them: the platform's own objects under `data`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jobs.platforms import values

PLATFORMS = {"tiktok-comments": "tiktok", "instagram-comments": "instagram"}  # by the name of Zeeschuimer's module
TOP_LEVEL = "0"


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    platform = PLATFORMS.get(item.get("source_platform", ""), "tiktok")
    read = _tiktok if platform == "tiktok" else _instagram
    yield {"platform": platform, "account": account} | read(values.mapping(item.get("data")), account)


def _tiktok(data: dict[str, Any], account: str) -> dict[str, Any]:
    user = values.mapping(data.get("user"))
    return {
        "comment_id": values.key("tiktok", data.get("cid")),
        "post_id": values.key("tiktok", data.get("aweme_id")),
        "parent_id": None if data.get("reply_id") == TOP_LEVEL else values.key("tiktok", data.get("reply_id")),
        "author": values.text(user.get("unique_id")),
        "text": values.text(data.get("text")),
        "has_media": bool(data.get("image_list")),
        "posted_at": values.instant(data.get("create_time")),
        "likes": values.count(data.get("digg_count")),
        "reply_count": values.count(data.get("reply_comment_total")),
        "author_id": values.identity(user.get("uid")),
        "is_pinned": values.flag(data.get("author_pin")),
        "is_liked_by_owner": values.flag(data.get("is_author_digged")),
        "is_by_owner": values.is_same_name(user.get("unique_id"), account),
    }


def _instagram(data: dict[str, Any], account: str) -> dict[str, Any]:
    has_media, user = bool(data.get("giphy_media_info")), values.mapping(data.get("user"))
    return {
        "comment_id": values.key("instagram", data.get("pk")),
        "post_id": values.key("instagram", data.get("media_id") or f"import-{account}"),
        "parent_id": values.key("instagram", data.get("parent_comment_id")),
        "author": values.text(user.get("username")),
        "text": values.written(data.get("text"), has_media),
        "has_media": has_media,
        "posted_at": values.instant(data.get("created_at_utc") or data.get("created_at")),
        "likes": values.count(data.get("comment_like_count")),
        "reply_count": values.count(data.get("child_comment_count")),
        "author_id": values.identity(user.get("pk")),
        "is_verified": values.flag(user.get("is_verified")),
        "is_by_owner": values.is_same_name(user.get("username"), account),
        "media": values.links(data.get("giphy_media_info")),
    }
