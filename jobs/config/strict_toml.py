"""Reads targets.toml and alerts.toml; a mistake in them is bad input."""

from pathlib import Path

from jobs.errors import BadInput
from warehouse import MistakenFile
from warehouse.strict_toml import Form, Strict, read

__all__ = ["Strict", "read_strict"]


def read_strict(path: Path, form: type[Form]) -> Form:
    """Raises BadInput naming the file, the line and what is allowed there."""
    try:
        return read(path, form)
    except MistakenFile as error:
        raise BadInput(str(error)) from None
