"""Comments as the YouTube Data API returns them: commentThreads with their replies, and single comments."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jobs.platforms import values

KINDS = ("youtube#commentThread", "youtube#comment")


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    snippet = values.mapping(item.get("snippet"))
    video = snippet.get("videoId")
    if item.get("kind") != KINDS[0]:
        yield _comment(item, account, video, snippet.get("parentId"), None)
        return
    top = values.mapping(snippet.get("topLevelComment"))
    yield _comment(top, account, video, None, snippet.get("totalReplyCount"))
    replies = values.mapping(item.get("replies")).get("comments")
    for reply in replies if isinstance(replies, list) else ():
        if isinstance(reply, dict):
            yield _comment(reply, account, video, top.get("id"), None)


def _comment(item: dict[str, Any], account: str, video: Any, parent: Any, replies: Any) -> dict[str, Any]:
    snippet = values.mapping(item.get("snippet"))
    author_id = values.identity(values.mapping(snippet.get("authorChannelId")).get("value"))
    edited_at = values.text(snippet.get("updatedAt"))
    return {
        "comment_id": values.key("youtube", item.get("id")),
        "platform": "youtube",
        "account": account,
        "post_id": values.key("youtube", video or snippet.get("videoId") or f"import-{account}"),
        "parent_id": values.key("youtube", parent),
        "author": values.text(snippet.get("authorDisplayName")),
        "text": values.text(snippet.get("textOriginal") or snippet.get("textDisplay")),
        "has_media": False,
        "posted_at": values.instant(snippet.get("publishedAt")),
        "likes": values.count(snippet.get("likeCount")),
        "reply_count": values.count(replies),
        "author_id": author_id,
        "is_edited": edited_at != snippet.get("publishedAt") if edited_at else None,
        "is_by_owner": author_id == snippet["channelId"] if author_id and snippet.get("channelId") else None,
    }
