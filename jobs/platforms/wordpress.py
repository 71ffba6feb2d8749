"""Comments as WordPress exports them (Tools › Export), and as its REST API answers at /wp-json/wp/v2/comments."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from jobs.platforms import markup, values

EXPORTED = {"comment_id", "comment_content", "comment_date_gmt"}
ANSWERED = {"author_name", "content", "date_gmt", "parent", "post"}
NONE = ("0", 0)  # a parent or a user that is not there
COMMENT = ("", "comment")  # the other types are links from elsewhere


def is_comment(item: dict[str, Any]) -> bool:
    return item.keys() >= EXPORTED or item.keys() >= ANSWERED


def comments(item: dict[str, Any], account: str, _seen_at: datetime | None = None) -> Iterator[dict[str, Any]]:
    names = {name.removeprefix("comment_"): value for name, value in item.items()}
    content = names["content"]
    html = values.link(values.mapping(content).get("rendered") if isinstance(content, dict) else content)
    if names.get("type", "") not in COMMENT:
        return
    written, user = markup.read(html), names.get("user_id", names.get("author"))
    post = names["post"]
    yield {
        "comment_id": values.key("wordpress", names.get("id")),
        "platform": "wordpress",
        "account": account,
        "post_id": values.key("wordpress", values.mapping(post).get("id") if isinstance(post, dict) else post),
        "parent_id": None if names["parent"] in NONE else values.key("wordpress", names["parent"]),
        "author": values.text(names.get("author_name", names.get("author"))),
        "text": values.written(written.text or None, bool(written.pictures)),
        "has_media": bool(written.pictures),
        "posted_at": values.instant(names["date_gmt"]),
        "likes": None,
        "reply_count": None,
        "author_id": None if user in NONE else values.identity(user),
        "link": values.address(names.get("link")),
        "media": values.links(written.pictures),
    }
