"""Facebook: posts of a page, then their comments; replies come as rows of their own."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from jobs.config.targets import Account
from jobs.platforms import values

POSTS_ACTOR = "apify/facebook-posts-scraper"
COMMENTS_ACTOR = "apify/facebook-comments-scraper"
USD_PER_POST = 0.006
USD_PER_COMMENT = 0.0025


def profile_url(handle: str) -> str:
    return f"https://www.facebook.com/{handle}"


def posts_input(account: Account, since: date) -> dict[str, Any]:
    return {
        "startUrls": [{"url": profile_url(account.handle)}],
        "resultsLimit": account.max_posts,
        "onlyPostsNewerThan": since.isoformat(),
    }


def comments_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {
        "startUrls": [{"url": url} for url in urls],
        "resultsLimit": limit,
        "includeNestedComments": True,
        "viewOption": "RECENT_ACTIVITY",
    }


def post(item: dict[str, Any], account: str) -> dict[str, Any]:
    url = values.link(item.get("url"))
    return {
        "post_id": values.key("facebook", _post(url)),
        "platform": "facebook",
        "account": account,
        "url": url,
        "caption": values.text(item.get("text")),
        "posted_at": values.instant(item.get("time")),
        "likes": values.count(item.get("likes")),
        "comment_count": values.count(item.get("comments")),
    }


def comments(item: dict[str, Any], account: str, _night: date | None = None) -> Iterator[dict[str, Any]]:
    yield {
        "comment_id": values.key("facebook", item.get("id") or item.get("commentId")),
        "platform": "facebook",
        "account": account,
        "post_id": values.key("facebook", _post(values.link(item.get("inputUrl") or item.get("facebookUrl")))),
        "parent_id": values.key("facebook", item.get("replyToCommentId")),
        "author": values.text(item.get("profileName")),
        "text": values.text(item.get("text")),
        "has_media": bool(item.get("attachments")),
        "posted_at": values.instant(item.get("date")),
        "likes": values.count(item.get("likesCount")) or 0,  # is left out where there are none
        "reply_count": values.count(item.get("commentsCount")),
    }


def _post(url: str) -> str | None:
    """The last part of the link, which its comments' links share."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2] or None
