"""Rows of a table that somebody already has, with a mapping from our columns to theirs.

An item is {"platform": …, "columns": {ours: theirs}, "row": {…}}, as `jobs.collect.imports` wrote it.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any

from jobs.platforms import values

# Our column → what it is called in exports that people have: 4CAT's first, lower case.
USUAL_NAMES = {
    "comment_id": ("id", "comment_id", "commentid", "cid"),
    "post_id": ("post_id", "thread_id", "postid", "video_id", "videoid", "media_id"),
    "parent_id": ("parent_id", "parentid", "reply_to", "replytocid"),
    "author": ("author", "author_name", "username", "user", "ownerusername", "profilename", "name"),
    "text": ("body", "text", "comment", "message", "content"),
    "posted_at": ("unix_timestamp", "timestamp", "posted_at", "created_at", "create_time", "date", "time"),
    "likes": ("likes", "like_count", "likescount", "votecount", "likes_count"),
    "reply_count": ("replies", "reply_count", "replycount"),
}
NEEDED = ("text", "posted_at")


def comments(item: dict[str, Any], account: str, _night: date | None = None) -> Iterator[dict[str, Any]]:
    platform, row = item["platform"], {ours: item["row"].get(theirs) for ours, theirs in item["columns"].items()}
    yield {
        "comment_id": values.key(platform, row.get("comment_id") or _fingerprint(row)),
        "platform": platform,
        "account": account,
        "post_id": values.key(platform, row.get("post_id") or f"import-{account}"),
        "parent_id": values.key(platform, row.get("parent_id")),
        "author": values.text(row.get("author")) or None,
        "text": values.text(row.get("text")),
        "has_media": False,
        "posted_at": values.instant(row.get("posted_at")),
        "likes": values.count(row.get("likes")),
        "reply_count": values.count(row.get("reply_count")),
    }


def _fingerprint(row: dict[str, Any]) -> str:
    """An id for a comment that came without one: the same row gets it again."""
    said = "\x1f".join(str(row.get(name)) for name in ("post_id", "author", "posted_at", "text"))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:24]
