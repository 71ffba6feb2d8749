"""targets.toml: which accounts are watched and what a night may cost."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from jobs.config.strict_toml import Strict, read_strict
from jobs.errors import BadInput

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Handle = Annotated[str, StringConstraints(pattern=r"^[\w.@-]{1,100}$")]


class Night(Strict):
    budget_usd: float = Field(default=5.0, gt=0)
    lookback_days: int = Field(default=14, ge=1, le=365)
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)


class Keep(Strict):
    """Days; None is for ever."""

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
        """How the account is called in commands, folders and the warehouse: "instagram/nasa"."""
        return f"{self.platform}/{self.handle}"


class Targets(Strict):
    night: Night = Field(default_factory=Night)
    keep: Keep = Field(default_factory=Keep)
    accounts: tuple[Account, ...]

    def account(self, name: str) -> Account:
        for account in self.accounts:
            if account.name == name:
                return account
        raise BadInput(f"No account {name!r} in the targets; there are: {', '.join(a.name for a in self.accounts)}")


def read_targets(path: Path) -> Targets:
    """Raises BadInput that names the file, the line and what is allowed there."""
    targets = read_strict(path, Targets)
    if not targets.accounts:
        raise BadInput(f"{path}: accounts: name at least one")
    names = [account.name for account in targets.accounts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"{path}: {', '.join(twice)} is named twice; each account has one [[accounts]] block")
    return targets
