"""Posts as Discourse answers at /posts.json and /t/TOPIC.json; every post of a topic is a comment."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jobs.platforms import markup, values

NEEDED = {"topic_id", "post_number", "username", "cooked"}
WRITTEN = 1  # by a person; the other types tell that a topic was closed, moved or renamed
LIKE = 2  # among the actions


def is_comment(item: dict[str, Any]) -> bool:
    return item.keys() >= NEEDED


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    if item.get("post_type", WRITTEN) != WRITTEN or item.get("user_deleted") or item.get("deleted_at"):
        return
    written = markup.read(values.link(item["cooked"]))
    answered, version = item.get("reply_to_post_number"), values.count(item.get("version"))
    yield {
        "comment_id": _number(item, item["post_number"]),
        "platform": "discourse",
        "account": account,
        "post_id": values.key("discourse", item["topic_id"]),
        "parent_id": _number(item, answered) if answered else None,
        "author": values.text(item["username"]),
        "text": values.written(written.text or None, bool(written.pictures)),
        "has_media": bool(written.pictures),
        "posted_at": values.instant(item.get("created_at")),
        "likes": _likes(item.get("actions_summary")),
        "reply_count": values.count(item.get("reply_count")),
        "author_id": values.identity(item.get("user_id")),
        "is_edited": version > 1 if version else None,
        "media": values.links(written.pictures),
    }


def _number(item: dict[str, Any], number: Any) -> str | None:
    """Answers name the number of a post within its topic."""
    return values.key("discourse", f"{item['topic_id']}/{number}")


def _likes(actions: Any) -> int | None:
    given = [one for one in actions if values.mapping(one).get("id") == LIKE] if isinstance(actions, list) else []
    return values.count(given[0].get("count", 0)) if given else None
