"""TikTok: videos of a profile, then their comments; replies come as rows of their own."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from jobs.config.targets import Account
from jobs.platforms import values

POSTS_ACTOR = "clockworks/tiktok-scraper"
COMMENTS_ACTOR = "clockworks/tiktok-comments-scraper"
USD_PER_POST = 0.005
USD_PER_COMMENT = 0.0015


def profile_url(handle: str) -> str:
    return f"https://www.tiktok.com/@{handle}"


def posts_input(account: Account, since: date) -> dict[str, Any]:
    return {
        "profiles": [account.handle],
        "resultsPerPage": account.max_posts,
        "oldestPostDateUnified": since.isoformat(),
        "excludePinnedPosts": True,
    }


def comments_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {"postURLs": urls, "commentsPerPost": limit, "maxRepliesPerComment": limit}


def post(item: dict[str, Any], account: str) -> dict[str, Any]:
    url = values.link(item.get("webVideoUrl"))
    return {
        "post_id": values.key("tiktok", _video(url)),
        "platform": "tiktok",
        "account": account,
        "url": url,
        "caption": values.text(item.get("text")),
        "posted_at": values.instant(item.get("createTimeISO") or item.get("createTime")),
        "likes": values.count(item.get("diggCount")),
        "comment_count": values.count(item.get("commentCount")),
    }


def comments(item: dict[str, Any], account: str, _night: date | None = None) -> Iterator[dict[str, Any]]:
    yield {
        "comment_id": values.key("tiktok", item.get("cid")),
        "platform": "tiktok",
        "account": account,
        "post_id": values.key("tiktok", _video(values.link(item.get("videoWebUrl")))),
        "parent_id": values.key("tiktok", item.get("repliesToId")),
        "author": values.text(item.get("uniqueId")),
        "text": values.text(item.get("text")),
        "has_media": False,
        "posted_at": values.instant(item.get("createTimeISO") or item.get("createTime")),
        "likes": values.count(item.get("diggCount")),
        "reply_count": values.count(item.get("replyCommentTotal")),
    }


def _video(url: str) -> str | None:
    """7301 of https://www.tiktok.com/@nasa/video/7301?lang=en"""
    return url.partition("/video/")[2].partition("?")[0].strip("/") or None
