"""Where results live and how they are asked: DuckDB files built from the lake, and the SQL around them."""

from dataclasses import dataclass


class WarehouseError(Exception):
    """What is wrong with the warehouse or what was asked of it, and what to do."""


class Building(WarehouseError):
    """Another build is going on."""


class Unwritable(WarehouseError):
    """The disk did not take the new version."""


@dataclass(frozen=True)
class Part:
    """What of a warehouse somebody may see: everything, unless told."""

    tags: tuple[str, ...] = ()  # the accounts with one of these; all where there is none
    texts: bool = True  # or figures only


WHOLE = Part()
