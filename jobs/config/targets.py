"""targets.toml: the watched accounts and the budget of a night."""

import re
from collections import Counter
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from jobs.config.settings import DATABASE
from jobs.config.strict_toml import Strict, read_strict
from jobs.errors import BadInput
from warehouse.measures import VERSIONS_KEPT

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Usd = Annotated[float, Field(gt=0)]
HANDLE = r"[\w.-]{1,100}"
PLATFORM = r"[a-z][a-z0-9_-]{0,30}"  # of an import, which may be any
ActorName = Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]


def _check_handle(handle: str) -> str:
    if not re.fullmatch(HANDLE, handle):
        name = handle.partition("?")[0].rstrip("/").rpartition("/")[2].lstrip("@")
        example = name if re.fullmatch(HANDLE, name) else "nasa"
        raise ValueError(f"write just the name, e.g. {example}, not the URL and without @")
    return handle


def _check_zone(zone: str) -> str:
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("write a time zone as Europe/Berlin") from None


def _check_clock(value: object) -> object:
    if not isinstance(value, str | time):  # pydantic would read 25 as 25 seconds after midnight
        raise ValueError("write a time of day as 02:00")
    return value


Handle = Annotated[str, AfterValidator(_check_handle)]
Clock = Annotated[time, BeforeValidator(_check_clock)]
Zone = Annotated[str, AfterValidator(_check_zone)]


class NightLimits(Strict):
    starts_at: Clock = time(2)  # in UTC
    budget_usd: float = Field(default=5.0, gt=0)
    lookback_days: int = Field(default=14, ge=1, le=365)
    reread_after_days: int | None = Field(default=None, ge=1)  # every post is read once more at this age, for edits
    languages: tuple[Language, ...] = ()  # expected ones; none: all that the model was judged in


class Keep(Strict):
    """In days; None means forever. Versions are counted."""

    raw_days: int | None = Field(default=None, ge=1)
    text_days: int | None = Field(default=None, ge=1)
    author_days: int | None = Field(default=None, ge=1)
    versions: int = Field(default=VERSIONS_KEPT, ge=2)  # of the warehouse, one a night

    @property
    def has_limit(self) -> bool:
        return any((self.raw_days, self.text_days, self.author_days))


class Pictures(Strict):
    """What pictures of posts and comments may cost a night; without megabytes none is fetched."""

    megabytes: int = Field(default=0, ge=0, le=100_000)
    minutes: float = Field(default=10, gt=0, le=600)  # of fetching; reading them takes what it takes


class Watched(Strict):
    """Whose comments are collected."""

    platform: str
    handle: Handle
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name in commands, folders and the warehouse: "instagram/nasa"."""
        return f"{self.platform}/{self.handle}"


class Account(Watched):
    platform: Literal["instagram", "tiktok", "youtube", "facebook"]
    max_posts: int = Field(default=20, ge=1, le=1000)
    max_comments_per_post: int = Field(default=1000, ge=1, le=100_000)
    paused: bool = False  # not collected, but its comments stay


class Community(Watched):
    """A platform of one's own: its comments are read from its database, or sent when they are written, or both."""

    platform: Annotated[str, StringConstraints(pattern=rf"^{PLATFORM}$")]
    connection: str | None = None  # the variable that holds the address; without one, comments come by POST /ingest
    query: str = ""
    after: str = "id"  # the column that grows from comment to comment: an id or a time
    columns: dict[str, str] = Field(default_factory=dict)  # ours → theirs, for those not guessed
    timezone: Zone = "UTC"  # of times without one
    max_comments_per_night: int = Field(default=100_000, ge=1)
    paused: bool = False

    @model_validator(mode="after")
    def names_its_connection(self) -> Self:
        """Of the whole table, because a mistake there is told without its content."""
        if bool(self.connection) != bool(self.query):
            raise ValueError("connection and query belong together: add the other one")
        if self.connection and not re.fullmatch(rf"{DATABASE}\w+", self.connection):
            raise ValueError(
                f"connection: write the name of the variable that holds the address, e.g. {DATABASE}MINE; "
                "the address with its password does not belong in this file"
            )
        return self


class Actors(Strict):
    """Replacements for actors that were renamed or withdrawn; input and output must be the same."""

    instagram_posts: ActorName | None = None
    instagram_comments: ActorName | None = None
    tiktok_posts: ActorName | None = None
    tiktok_comments: ActorName | None = None
    youtube_posts: ActorName | None = None
    youtube_comments: ActorName | None = None
    facebook_posts: ActorName | None = None
    facebook_comments: ActorName | None = None


class Targets(Strict):
    night: NightLimits = Field(default_factory=NightLimits)
    keep: Keep = Field(default_factory=Keep)
    pictures: Pictures = Field(default_factory=Pictures)
    budgets: dict[str, Usd] = Field(default_factory=dict)  # USD per night, by tag
    actors: Actors = Field(default_factory=Actors)
    accounts: tuple[Account, ...] = ()
    communities: tuple[Community, ...] = ()

    def actor(self, platform: str, step: str) -> str | None:
        """The replacement for a platform's actor, if there is one."""
        replacement: str | None = getattr(self.actors, f"{platform}_{step}")
        return replacement

    @property
    def watched(self) -> tuple[Account | Community, ...]:
        return (*self.accounts, *self.communities)

    @property
    def collected(self) -> tuple[Account | Community, ...]:
        return tuple(one for one in self.watched if not one.paused)

    def account(self, name: str) -> Account | Community:
        for one in self.watched:
            if one.name == name:
                return one
        raise BadInput(f"No account {name!r} in targets.toml. Accounts: {', '.join(a.name for a in self.watched)}.")


def read_targets(path: Path) -> Targets:
    """Raises BadInput naming the file, the line and what is allowed there."""
    targets = read_strict(path, Targets)
    if not targets.watched:
        raise BadInput(f"{path}: list at least one account, as an [[accounts]] block with platform and handle")
    names = Counter(account.name.casefold() for account in targets.watched)
    if twice := sorted({one.name for one in targets.watched if names[one.name.casefold()] > 1}):
        raise BadInput(f"{path}: {' and '.join(twice)} is listed twice; keep one block of each")
    if unused := targets.budgets.keys() - {tag for one in targets.watched for tag in one.tags}:
        raise BadInput(f"{path}: budgets: no account has the tag {', '.join(sorted(unused))}")
    return targets
