"""Facebook: posts of a page, then their comments; replies come as rows of their own."""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from jobs.config.targets import Account
from jobs.platforms import values
from jobs.platforms.actor import Actor

POSTS = Actor("apify/facebook-posts-scraper", usd_per_item=0.006, usd_per_start=0.001)
COMMENTS = Actor("apify/facebook-comments-scraper", usd_per_item=0.0025, usd_per_start=0.001)
KINDS_OF_POSTS = 1
IS_NEWEST_FIRST = True  # RECENT_ACTIVITY: what was written or answered last
UNSAID_IF_ZERO = ("likes",)  # of a comment
POST_IN_LINK = (  # the order matters: a photo of an album has a fbid, and the album's id in another part
    r"[?&](?:story_fbid|fbid|v)=([\w.-]+)",
    r"/(?:posts|permalink|videos|reel|photos)/(?:[^/?#]+/)*([\w.-]+)/?(?:[?#]|$)",
    r"/([\w.-]+)/?(?:[?#]|$)",
)


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


def post_key(url: str) -> str | None:
    """Of posts/pfbid…, watch/?v=…, photo/?fbid=…, reel/… and permalink.php?story_fbid=…; comments share the link."""
    found = next((match for match in (re.search(pattern, url) for pattern in POST_IN_LINK) if match), None)
    return values.key("facebook", found and found[1])


def post(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> dict[str, Any]:
    url = values.link(item.get("url"))
    return {
        "post_id": post_key(url),
        "platform": "facebook",
        "account": account,
        "url": url,
        "caption": values.text(item.get("text")),
        "posted_at": values.instant(item.get("time")),
        "likes": values.count(item.get("likes")),
        "comment_count": values.count(item.get("comments")),
        "media": values.links(_stills(item.get("media"))),
    }


def _stills(value: Any) -> list[Any]:
    """Photographs, and the stills of videos; other addresses in a post's media lead to pages."""
    media = [values.mapping(one) for one in value] if isinstance(value, list) else []
    return [values.mapping(one.get("photo_image")).get("uri") or one.get("thumbnail") for one in media]


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    has_media = bool(item.get("attachments"))
    yield {
        "comment_id": values.key("facebook", number(item.get("commentId") or item.get("id"))),
        "platform": "facebook",
        "account": account,
        "post_id": post_key(values.link(item.get("inputUrl") or item.get("facebookUrl"))),
        "parent_id": values.key("facebook", number(item.get("replyToCommentId"))),
        "author": values.text(item.get("profileName")),
        "text": values.written(item.get("text"), has_media),
        "has_media": has_media,
        "posted_at": values.instant(item.get("date")),
        "likes": values.count(item.get("likesCount")) or 0,
        "reply_count": values.count(item.get("commentsCount")),
        "author_id": values.identity(item.get("profileId")),
        "link": values.address(item.get("commentUrl")),
        "is_verified": None,
        "is_pinned": None,
        "is_edited": None,
        "is_liked_by_owner": None,
        "is_by_owner": None,
        "media": values.links(item.get("attachments")),
    }


def number(id: Any) -> Any:
    """A comment goes by its number, by post_number, and by the base64 of comment:post_number: here by its number."""
    if not isinstance(id, str):
        return id
    if id.startswith("Y29tbWVudD"):  # "comment:", or "comment_"
        try:
            id = base64.b64decode(id + "==").decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            return id
    return id.rpartition("_")[2]
