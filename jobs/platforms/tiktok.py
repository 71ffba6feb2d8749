"""TikTok: videos and photo posts of a profile, then their comments; replies come as rows of their own."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from jobs.config.targets import Account
from jobs.platforms import values
from jobs.platforms.actor import Actor

# 0.0037 USD a post, and 0.0013 for the filter by date, which is less than the older posts would cost
POSTS = Actor("clockworks/tiktok-scraper", usd_per_item=0.0050, usd_per_start=0.001, least_usd=0.50)
COMMENTS = Actor("clockworks/tiktok-comments-scraper", usd_per_item=0.00125)
KINDS_OF_POSTS = 1
IS_NEWEST_FIRST = False  # the actor has no order to choose


def profile_url(handle: str) -> str:
    return f"https://www.tiktok.com/@{handle}"


def public_address(handle: str) -> str:
    """Answers anybody: 400 where there is no such profile."""
    return f"https://www.tiktok.com/oembed?url={profile_url(handle)}"


def posts_input(account: Account, since: date) -> dict[str, Any]:
    return {
        "profiles": [account.handle],
        "profileSorting": "latest",
        "resultsPerPage": account.max_posts,
        "oldestPostDateUnified": since.isoformat(),
        "excludePinnedPosts": True,
    }


def comments_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {"postURLs": urls, "commentsPerPost": limit, "maxRepliesPerComment": limit}


def _apidojo_input(urls: list[str], limit: int) -> dict[str, Any]:
    return {"startUrls": urls, "maxItems": limit, "includeReplies": True}


# Four times cheaper, by a developer whom Apify does not vouch for; whether maxItems counts a post or a run is unsaid
OTHER_COMMENTS = (Actor("apidojo/tiktok-comments-scraper", 0.0003, comments_input=_apidojo_input, posts_per_run=1),)
APIDOJO_NAMES = {
    "cid": "id",
    "text": "text",
    "createTimeISO": "createdAt",
    "diggCount": "likeCount",
    "replyCommentTotal": "replyCount",
    "repliesToId": "parentId",
    "likedByAuthor": "isAuthorLiked",
}


def post_key(url: str) -> str | None:
    """7301 of https://www.tiktok.com/@nasa/video/7301?lang=en, also of /photo/"""
    found = re.search(r"/(?:video|photo)/(\d+)", url)
    return values.key("tiktok", found and found[1])


def post(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> dict[str, Any]:
    url = values.link(item.get("webVideoUrl"))
    return {
        "post_id": post_key(url),
        "platform": "tiktok",
        "account": account,
        "url": url,
        "caption": values.text(item.get("text")),
        "posted_at": values.instant(item.get("createTimeISO") or item.get("createTime")),
        "likes": values.count(item.get("diggCount")),
        "comment_count": values.count(item.get("commentCount")),
        "media": values.links([values.mapping(item.get("videoMeta")).get("coverUrl"), _slides(item)]),
    }


def _slides(item: dict[str, Any]) -> list[Any]:
    """The pictures of a photo post."""
    slides = item.get("slideshowImageLinks")
    links = [values.mapping(one) for one in slides] if isinstance(slides, list) else []
    return [one.get("downloadLink") or one.get("tiktokLink") for one in links]


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    item = _as_clockworks(item) if "awemeId" in item else item
    has_media = bool(item.get("imageUrls"))
    yield {
        "comment_id": values.key("tiktok", item.get("cid")),
        "platform": "tiktok",
        "account": account,
        "post_id": post_key(values.link(item.get("videoWebUrl"))),
        "parent_id": values.key("tiktok", item.get("repliesToId")),
        "author": values.text(item.get("uniqueId")),
        "text": values.written(item.get("text"), has_media),
        "has_media": has_media,
        "posted_at": values.instant(item.get("createTimeISO") or item.get("createTime")),
        "likes": values.count(item.get("diggCount")),
        "reply_count": values.count(item.get("replyCommentTotal")),
        "author_id": values.identity(item.get("uid")),
        "mentions": [name.removeprefix("@") for name in values.texts(item.get("mentions"))],
        "link": None,
        "is_verified": None,
        "is_pinned": values.flag(item.get("pinnedByAuthor")),
        "is_edited": None,
        "is_liked_by_owner": values.flag(item.get("likedByAuthor")),
        "is_by_owner": values.is_same_name(item.get("uniqueId"), account),
        "media": values.links(item.get("imageUrls")),
    }


def _as_clockworks(item: dict[str, Any]) -> dict[str, Any]:
    """An item of apidojo's actor with the names that clockworks' has."""
    user, video = values.mapping(item.get("user")), item.get("awemeId")
    named = {ours: item.get(theirs) for ours, theirs in APIDOJO_NAMES.items()}
    people = {"uniqueId": user.get("username"), "uid": user.get("id")}
    return named | people | {"videoWebUrl": f"https://www.tiktok.com/@_/video/{video}"}
