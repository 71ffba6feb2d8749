"""targets.toml: the watched accounts and the budget of a night."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from jobs.config.strict_toml import Strict, read_strict
from jobs.errors import BadInput

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


def _check_handle(handle: str) -> str:
    if not re.fullmatch(r"[\w.@-]{1,100}", handle):
        raise ValueError("write just the name, e.g. nasa, not the URL")
    return handle


Handle = Annotated[str, AfterValidator(_check_handle)]


class NightLimits(Strict):
    budget_usd: float = Field(default=5.0, gt=0)
    lookback_days: int = Field(default=14, ge=1, le=365)
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)


class Keep(Strict):
    """In days; None means forever."""

    raw_days: int | None = Field(default=None, ge=1)
    text_days: int | None = Field(default=None, ge=1)
    author_days: int | None = Field(default=None, ge=1)


class Account(Strict):
    platform: Literal["instagram", "tiktok", "youtube", "facebook"]
    handle: Handle
    tags: tuple[str, ...] = ()
    max_posts: int = Field(default=20, ge=1, le=1000)
    max_comments_per_post: int = Field(default=200, ge=1, le=100_000)

    @property
    def name(self) -> str:
        """The account's name in commands, folders and the warehouse: "instagram/nasa"."""
        return f"{self.platform}/{self.handle}"


class Targets(Strict):
    night: NightLimits = Field(default_factory=NightLimits)
    keep: Keep = Field(default_factory=Keep)
    accounts: tuple[Account, ...]

    def account(self, name: str) -> Account:
        for account in self.accounts:
            if account.name == name:
                return account
        raise BadInput(f"No account {name!r} in targets.toml. Accounts: {', '.join(a.name for a in self.accounts)}.")


def read_targets(path: Path) -> Targets:
    """Raises BadInput naming the file, the line and what is allowed there."""
    targets = read_strict(path, Targets)
    if not targets.accounts:
        raise BadInput(f"{path}: list at least one account, as an [[accounts]] block with platform and handle")
    names = [account.name for account in targets.accounts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"{path}: {', '.join(twice)} is listed twice; keep one [[accounts]] block per account")
    return targets
