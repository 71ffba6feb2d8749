"""One module a platform: its actors, their input, and how their items become our posts and comments.

Each has POSTS_ACTOR, COMMENTS_ACTOR, USD_PER_POST, USD_PER_COMMENT (upper bounds of what an item costs),
profile_url, posts_input, comments_input, post and comments. `comments` never raises on an odd item:
what cannot be read is None, and validate rejects it with a reason.
"""

from importlib import import_module
from types import ModuleType


def platform(name: str) -> ModuleType:
    return import_module(f"jobs.platforms.{name}")
