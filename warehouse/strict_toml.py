"""Reads TOML files written by hand; a mistake is reported with its line and what is allowed there."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from warehouse import MistakenFile


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Form = TypeVar("Form", bound=Strict)


def read(path: Path, form: type[Form]) -> Form:
    """Raises MistakenFile naming the file, the line and what is allowed there."""
    if not path.exists():
        raise MistakenFile(f"{path} does not exist. `toxwatch init` writes one to edit.")
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return form.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MistakenFile(f"{path} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise MistakenFile("\n".join(_sentence(path, text, problem, form) for problem in error.errors())) from None


def _sentence(path: Path, text: str, problem: ErrorDetails, form: type[Strict]) -> str:
    where = problem["loc"]
    key = next(str(part) for part in reversed(where) if isinstance(part, str))
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if problem["type"] == "extra_forbidden":
        message = f"unknown key; allowed here: {', '.join(_allowed(form, where[:-1])) or 'none'}"
    elif problem["type"] == "model_type":
        message = f"must be a table of {', '.join(_allowed(form, where))} (found {problem['input']!r})"
    elif problem["type"] == "missing":
        message = "required, but missing"
    elif problem["type"] == "tuple_type" and isinstance(problem["input"], dict):
        message = f"write [[{key}]] with two brackets"
    elif problem["type"] != "value_error" or not isinstance(problem["input"], dict):
        message += f" (found {problem['input']!r})"
    return f"{path}, line {_line(text, where)}: {key}: {message}"


def _allowed(form: type[Strict], where: tuple[int | str, ...]) -> list[str]:
    """The keys of a table, found by its place in the file."""
    for name in (part for part in where if isinstance(part, str)):
        field = next(field for key, field in form.model_fields.items() if name in (key, field.alias))
        annotations = (field.annotation, *get_args(field.annotation))  # named alone, as optional, or as one of many
        form = next(one for one in annotations if isinstance(one, type) and issubclass(one, Strict))
    return [field.alias or name for name, field in form.model_fields.items()]


def _line(text: str, where: tuple[int | str, ...]) -> int:
    """The line of a key: its own in the right table, else that of what holds it, at last the table's header."""
    lines = text.splitlines()
    header = re.compile(rf"\s*\[+\s*{re.escape(str(where[0]))}\s*\]+")
    starts = [number for number, line in enumerate(lines) if header.match(line)]
    table = where[1] if len(where) > 1 and isinstance(where[1], int) else 0
    start = starts[table] if table < len(starts) else 0
    end = next((n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    for key in reversed(where):
        for number in range(start, end):
            if re.match(rf"\s*{re.escape(str(key))}\s*=", lines[number]):
                return number + 1
    return start + 1
