"""One module a platform: its actors, their input, and how their items become our posts and comments.

Each has POSTS and COMMENTS (actors), KINDS_OF_POSTS, IS_NEWEST_FIRST (whether comments can be asked for in that order),
profile_url, posts_input, comments_input, post_key (what a post is known by, from its link), post and comments.
Where a platform tells strangers for free whether an account exists, public_address is where to ask.
post and comments never raise on an odd item: what cannot be read is None, and validate rejects it with a reason.
`seen_at` is when the source was read, from which "2 days ago" counts back.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

from jobs.platforms import values

COLLECTED = ("instagram", "tiktok", "youtube", "facebook")  # those with a module; imports may come from others


def platform(name: str) -> ModuleType:
    return import_module(f"jobs.platforms.{name}")


def comment_keys(name: str, value: Any) -> set[str]:
    """The comments that a value of an item may name, whichever way it writes their ids."""
    number = getattr(platform(name) if name in COLLECTED else None, "number", lambda id: id)
    return {key for key in (values.key(name, value), values.key(name, number(value))) if key}
