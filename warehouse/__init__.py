"""Where results live and how people query them: DuckDB files built from the lake, and the SQL around them."""

from dataclasses import dataclass


class WarehouseError(Exception):
    """A problem with the warehouse or a query; the message says what to do."""


class Building(WarehouseError):
    """Another process is building the warehouse."""


class Unwritable(WarehouseError):
    """The new version could not be written to disk."""


class MistakenFile(WarehouseError):
    """A file that people write has mistakes: which, on which lines, and what is allowed there."""


@dataclass(frozen=True)
class Part:
    """The part of a warehouse that a visitor may see; by default all of it."""

    tags: tuple[str, ...] = ()  # only accounts with one of these tags; empty for all accounts
    texts: bool = True  # False: statistics only


WHOLE = Part()
