"""YouTube: videos of a channel, then their comments, whose times are only told as "2 days ago"."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jobs.config.targets import Account
from jobs.platforms import values

POSTS_ACTOR = "streamers/youtube-scraper"
COMMENTS_ACTOR = "streamers/youtube-comments-scraper"
USD_PER_POST = 0.005
USD_PER_COMMENT = 0.0015


def profile_url(handle: str) -> str:
    return f"https://www.youtube.com/@{handle}/videos"


def posts_input(account: Account, since: date) -> dict[str, Any]:
    return {
        "startUrls": [{"url": profile_url(account.handle)}],
        "maxResults": account.max_posts,
        "oldestPostDate": since.isoformat(),
        "sortVideosBy": "NEWEST",
    }


def comments_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {"startUrls": [{"url": url} for url in urls], "maxComments": limit, "commentsSortBy": "NEWEST_FIRST"}


def post(item: dict[str, Any], account: str) -> dict[str, Any]:
    url = values.link(item.get("url"))
    return {
        "post_id": values.key("youtube", item.get("id") or _video(url)),
        "platform": "youtube",
        "account": account,
        "url": url,
        "caption": values.text(item.get("title")),
        "posted_at": values.instant(item.get("date")),
        "likes": values.count(item.get("likes")),
        "comment_count": values.count(item.get("commentsCount")),
    }


def comments(item: dict[str, Any], account: str, night: date) -> Iterator[dict[str, Any]]:
    said = item.get("publishedTimeText") or item.get("date")
    yield {
        "comment_id": values.key("youtube", item.get("cid")),
        "platform": "youtube",
        "account": account,
        "post_id": values.key("youtube", item.get("videoId") or _video(values.link(item.get("pageUrl")))),
        "parent_id": values.key("youtube", item.get("replyToCid")),
        "author": values.text(item.get("author")),
        "text": values.text(item.get("comment")),
        "has_media": False,
        "posted_at": values.ago(said, night) or values.instant(said),
        "likes": values.count(item.get("voteCount")),
        "reply_count": values.count(item.get("replyCount")),
    }


def _video(url: str) -> str | None:
    return next(iter(parse_qs(urlsplit(url).query).get("v", [])), None)
