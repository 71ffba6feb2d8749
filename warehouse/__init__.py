"""Where results live and how they are asked: DuckDB files built from the lake, and the SQL around them."""


class WarehouseError(Exception):
    """What is wrong with the warehouse or what was asked of it, and what to do."""


class Building(WarehouseError):
    """Another build is going on."""


class Unwritable(WarehouseError):
    """The disk did not take the new version."""
