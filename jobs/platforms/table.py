"""Rows of a table that somebody already has, with a mapping from our columns to theirs.

An item is {"platform": …, "columns": {ours: theirs}, "dates": …, "row": {…}}, as `item_of` makes it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from jobs.platforms import values

# Our column → what it is called in exports that people have: 4CAT's first, lower case.
USUAL_NAMES = {
    "comment_id": ("id", "comment_id", "commentid", "comment id", "cid", "tweet_id", "id_str"),
    "post_id": ("post_id", "thread_id", "postid", "post id", "video_id", "videoid", "media_id", "photo_id", "link_id",
                "conversation_id", "conversationid", "aweme_id"),
    "parent_id": ("parent_id", "parentid", "reply_to", "reply to", "replytocid", "in_reply_to_status_id", "inreplytoid",
                  "repliestoid", "replytocommentid"),
    "author": ("author", "author_name", "username", "user", "ownerusername", "profilename", "name", "screen_name",
               "user_name", "uniqueid", "author/username", "user/screen_name", "user/username",
               "name (click to view profile)"),
    "text": ("body", "text", "comment_text", "comment", "message", "content", "full_text", "fulltext", "tweet",
             "selftext"),
    "posted_at": ("unix_timestamp", "timestamp", "posted_at", "created_at", "createdat", "create_time", "created_utc",
                  "createtimeiso", "date", "time", "datetime"),
    "likes": ("likes", "like_count", "likescount", "votecount", "likes_count", "score", "favorite_count", "likecount",
              "diggcount", "public_metrics/like_count"),
    "reply_count": ("replies", "reply_count", "replycount", "replycommenttotal", "public_metrics/reply_count"),
}  # fmt: skip
NEEDED = ("text", "posted_at")


def usual_columns(names: Iterable[str]) -> dict[str, str]:
    """Our columns → theirs, for those with a usual name."""
    theirs = {name.lower().strip(): name for name in names}
    found = {
        ours: next((theirs[name] for name in usual if name in theirs), None) for ours, usual in USUAL_NAMES.items()
    }
    return {ours: name for ours, name in found.items() if name is not None}


def item_of(platform: str, columns: dict[str, str], row: dict[str, Any], dates: str | None = None) -> dict[str, Any]:
    return {"platform": platform, "columns": columns, "dates": dates, "row": row}


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    platform, row = item["platform"], {ours: value(item["row"], theirs) for ours, theirs in item["columns"].items()}
    yield {
        "comment_id": values.key(platform, row.get("comment_id") or _fingerprint(row)),
        "platform": platform,
        "account": account,
        "post_id": values.key(platform, row.get("post_id") or f"import-{account}"),
        "parent_id": _parent(platform, row),
        "author": values.text(row.get("author")) or None,
        "text": values.text(row.get("text")),
        "has_media": False,
        "posted_at": posted_at(row.get("posted_at"), item.get("dates")),
        "likes": values.count(row.get("likes")),
        "reply_count": values.count(row.get("reply_count")),
    }


def names(row: dict[str, Any]) -> Iterator[str]:
    """What can be a column: author/userName is the userName of an object."""
    for name, content in row.items():
        if isinstance(content, dict):
            yield from (f"{name}/{inner}" for inner in content)
        else:
            yield name


def value(row: dict[str, Any], name: str) -> Any:
    outer, _, inner = name.partition("/")
    return values.mapping(row.get(outer)).get(inner) if inner and name not in row else row.get(name)


def posted_at(value: Any, dates: str | None) -> datetime | None:
    return values.day_or_month_first(value, dates) or values.instant(value)


def _parent(platform: str, row: dict[str, Any]) -> str | None:
    """On Reddit a comment of the first level answers the post; parents are named t1_c2, and ids c2 or t1_c2."""
    parent = row.get("parent_id")
    if platform == "reddit" and isinstance(parent, str) and not str(row.get("comment_id")).startswith("t1_"):
        parent = parent.removeprefix("t1_")
    return None if parent == row.get("post_id") else values.key(platform, parent)


def _fingerprint(row: dict[str, Any]) -> str:
    """An id for a comment that came without one: the same row gets it again."""
    content = "\x1f".join(str(row.get(name)) for name in ("post_id", "author", "posted_at", "text"))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24]
