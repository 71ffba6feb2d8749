"""YouTube: videos, shorts and streams of a channel, then their comments, whose times are only told as "2 days ago"."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from jobs.config.targets import Account
from jobs.platforms import values
from jobs.platforms.actor import Actor

# 0.0040 USD a video, and 0.0013 for the filter by date, which is less than the older videos would cost
POSTS = Actor("streamers/youtube-scraper", usd_per_item=0.0053)
COMMENTS = Actor("streamers/youtube-comments-scraper", usd_per_item=0.0020, least_usd=0.50)
KINDS_OF_POSTS = 3  # each with a limit of its own
IS_NEWEST_FIRST = True
EDITED = re.compile(r"\(.+\)\s*$")  # 2 days ago (edited)


def profile_url(handle: str) -> str:
    return f"https://www.youtube.com/@{handle}"


def public_address(handle: str) -> str:
    """Answers anybody: 404 where there is no such channel."""
    return profile_url(handle)


def posts_input(account: Account, since: date) -> dict[str, Any]:
    return {
        "startUrls": [{"url": profile_url(account.handle)}],
        "maxResults": account.max_posts,
        "maxResultsShorts": account.max_posts,
        "maxResultStreams": account.max_posts,
        "oldestPostDate": since.isoformat(),
        "sortVideosBy": "NEWEST",
    }


def comments_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {"startUrls": [{"url": url} for url in urls], "maxComments": limit, "sortCommentsBy": "NEWEST_FIRST"}


def post_key(url: str) -> str | None:
    """dQw4w9WgXcQ of /watch?v=dQw4w9WgXcQ, /shorts/dQw4w9WgXcQ, /live/dQw4w9WgXcQ and youtu.be/dQw4w9WgXcQ"""
    found = re.search(r"(?:[?&]v=|/shorts/|/live/|youtu\.be/)([^/?&#]+)", url)
    return values.key("youtube", found and found[1])


def post(item: dict[str, Any], account: str, seen_at: datetime) -> dict[str, Any]:
    url = values.link(item.get("url"))
    return {
        "post_id": values.key("youtube", item.get("id")) or post_key(url),
        "platform": "youtube",
        "account": account,
        "url": url,
        "caption": values.text(item.get("title")),
        "posted_at": values.ago(item.get("date"), seen_at) or values.instant(item.get("date")),
        "likes": values.count(item.get("likes")),
        "comment_count": values.count(item.get("commentsCount")),
        "media": values.links(item.get("thumbnailUrl")),
    }


def comments(item: dict[str, Any], account: str, seen_at: datetime) -> Iterator[dict[str, Any]]:
    when, cid, video = item.get("publishedTimeText") or item.get("date"), item.get("cid"), item.get("videoId")
    yield {
        "comment_id": values.key("youtube", cid),
        "platform": "youtube",
        "account": account,
        "post_id": values.key("youtube", video) or post_key(values.link(item.get("pageUrl"))),
        "parent_id": values.key("youtube", item.get("replyToCid")),
        "author": values.text(item.get("author")),
        "text": values.text(item.get("comment")),
        "has_media": False,
        "posted_at": values.ago(when, seen_at) or values.instant(when),
        "likes": values.count(item.get("voteCount")),
        "reply_count": values.count(item.get("replyCount")),
        "author_id": None,
        "link": f"https://www.youtube.com/watch?v={video}&lc={cid}" if video and cid else None,
        "is_verified": None,
        "is_pinned": None,
        "is_edited": bool(EDITED.search(when)) if isinstance(when, str) else None,
        "is_liked_by_owner": values.flag(item.get("hasCreatorHeart")),
        "is_by_owner": values.flag(item.get("authorIsChannelOwner")),
        "media": None,
    }
