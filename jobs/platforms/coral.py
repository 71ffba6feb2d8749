"""Comments as Coral keeps them, exported with `mongoexport --collection comments`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jobs.platforms import markup, values

NEEDED = {"id", "storyID", "authorID", "revisions"}


def is_comment(item: dict[str, Any]) -> bool:
    return item.keys() >= NEEDED


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    revisions = item["revisions"] if isinstance(item["revisions"], list) else []
    if item.get("deletedAt") or not revisions:
        return
    newest = values.mapping(revisions[-1])
    written, media = markup.read(values.link(newest.get("body"))), values.links(newest.get("media"))
    yield {
        "comment_id": values.key("coral", item["id"]),
        "platform": "coral",
        "account": account,
        "post_id": values.key("coral", item["storyID"]),
        "parent_id": values.key("coral", item.get("parentID")),
        "author": values.text(item["authorID"]),
        "text": values.written(written.text or None, bool(media)),
        "has_media": bool(media),
        "posted_at": values.instant(_plain(item.get("createdAt"))),
        "likes": values.count(_plain(values.mapping(item.get("actionCounts")).get("REACTION", 0))),
        "reply_count": values.count(_plain(item.get("childCount"))),
        "is_edited": len(revisions) > 1,
        "media": media,
    }


def _plain(value: Any) -> Any:
    """{"$date": "2026-11-10T12:00:00Z"} and {"$numberInt": "4"} as MongoDB writes them."""
    if isinstance(value, dict) and len(value) == 1:
        [(name, inner)] = value.items()
        return _plain(inner) if name.startswith("$") else value
    return value
