"""targets.toml: which accounts are watched and what a night may cost."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from jobs.errors import BadInput

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Handle = Annotated[str, StringConstraints(pattern=r"^[\w.@-]{1,100}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Night(_Strict):
    budget_usd: float = Field(default=5.0, gt=0)
    lookback_days: int = Field(default=14, ge=1, le=365)
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)


class Account(_Strict):
    platform: Literal["instagram", "tiktok", "youtube", "facebook"]
    handle: Handle
    tags: tuple[str, ...] = ()
    max_posts: int = Field(default=20, ge=1, le=1000)
    max_comments_per_post: int = Field(default=200, ge=1, le=100_000)

    @property
    def name(self) -> str:
        """How the account is called in commands, folders and the warehouse: "instagram/nasa"."""
        return f"{self.platform}/{self.handle}"


class Targets(_Strict):
    night: Night = Field(default_factory=Night)
    accounts: tuple[Account, ...]

    def account(self, name: str) -> Account:
        for account in self.accounts:
            if account.name == name:
                return account
        raise BadInput(f"No account {name!r} in the targets; there are: {', '.join(a.name for a in self.accounts)}")


def read_targets(path: Path) -> Targets:
    """Raises BadInput that names the file, the line and what is allowed there."""
    if not path.exists():
        raise BadInput(f"{path} does not exist. Copy targets.toml from the project and name your accounts in it.")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        targets = Targets.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise BadInput("\n".join(_sentence(path, text, problem) for problem in error.errors())) from None
    if not targets.accounts:
        raise BadInput(f"{path}: accounts: name at least one")
    names = [account.name for account in targets.accounts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"{path}: {', '.join(twice)} is named twice; each account has one [[accounts]] block")
    return targets


def _sentence(path: Path, text: str, problem: ErrorDetails) -> str:
    where = problem["loc"]
    key = str(where[-1]) if isinstance(where[-1], str) else str(where[-2])
    said = problem["msg"]
    if problem["type"] == "extra_forbidden":
        table = Account if where[0] == "accounts" else Night if where[0] == "night" and len(where) > 1 else Targets
        said = f"unknown key; allowed here: {', '.join(table.model_fields)}"
    elif "input" in problem and problem["type"] != "missing":
        said += f" (found {problem['input']!r})"
    return f"{path}, line {_line(text, where, key)}: {key}: {said}"


def _line(text: str, where: tuple, key: str) -> int:
    """The line of a key: its own in the right table, else that of the table's header."""
    lines = text.splitlines()
    header = re.compile(rf"\s*\[+\s*{re.escape(str(where[0]))}\s*\]+")
    starts = [number for number, line in enumerate(lines) if header.match(line)]
    table = where[1] if len(where) > 1 and isinstance(where[1], int) else 0
    start = starts[table] if table < len(starts) else 0
    for number in range(start, len(lines)):
        if number > start and lines[number].lstrip().startswith("["):
            break
        if re.match(rf"\s*{re.escape(key)}\s*=", lines[number]):
            return number + 1
    return start + 1
