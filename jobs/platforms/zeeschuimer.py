"""TikTok comments as the browser extension Zeeschuimer captures them: TikTok's own objects under `data`."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from jobs.platforms import values

TIKTOK_COMMENTS = "tiktok-comments"
TOP_LEVEL = "0"


def comments(item: dict[str, Any], account: str, _night: date | None = None) -> Iterator[dict[str, Any]]:
    data = item["data"]
    user = data.get("user")
    yield {
        "comment_id": values.key("tiktok", data.get("cid")),
        "platform": "tiktok",
        "account": account,
        "post_id": values.key("tiktok", data.get("aweme_id")),
        "parent_id": None if data.get("reply_id") == TOP_LEVEL else values.key("tiktok", data.get("reply_id")),
        "author": values.text(user.get("unique_id")) if isinstance(user, dict) else None,
        "text": values.text(data.get("text")),
        "has_media": bool(data.get("image_list")),
        "posted_at": values.instant(data.get("create_time")),
        "likes": values.count(data.get("digg_count")),
        "reply_count": values.count(data.get("reply_comment_total")),
    }
