"""Reads TOML files written by hand; a mistake is reported with its line and what is allowed there."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from jobs.errors import BadInput


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Form = TypeVar("Form", bound=Strict)


def read_strict(path: Path, form: type[Form]) -> Form:
    """Raises BadInput naming the file, the line and what is allowed there."""
    if not path.exists():
        raise BadInput(f"{path} does not exist. Copy {path.name} from the project and edit it.")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return form.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise BadInput("\n".join(_sentence(path, text, problem, form) for problem in error.errors())) from None


def _sentence(path: Path, text: str, problem: ErrorDetails, form: type[Strict]) -> str:
    where = problem["loc"]
    key = str(where[-1]) if isinstance(where[-1], str) else str(where[-2])
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if problem["type"] == "extra_forbidden":
        table = _table(form, str(where[0])) if len(where) > 1 else form
        message = f"unknown key; allowed here: {', '.join(table.model_fields) or 'none'}"
    elif problem["type"] == "missing":
        message = "required, but missing"
    elif problem["type"] == "tuple_type" and isinstance(problem["input"], dict):
        message = f"write [[{key}]] with two brackets"
    elif "input" in problem:
        message += f" (found {problem['input']!r})"
    return f"{path}, line {_line(text, where, key)}: {key}: {message}"


def _table(form: type[Strict], name: str) -> type[Strict]:
    """The model of a table, be it plain, optional or a list."""
    annotation = form.model_fields[name].annotation
    return next(one for one in (annotation, *get_args(annotation)) if isinstance(one, type) and issubclass(one, Strict))


def _line(text: str, where: tuple, key: str) -> int:
    """The line of the key within its table, or of the table's header if the key is missing."""
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
