"""Collects the comments of a community for one night, without cost: those it sent, and those in its database.

Rows are read in pages, in the order of the column `after`. What the night before read is read once more, because a
transaction that ended late, or a clock that was behind, puts comments between those that were read; known ones are left
out. What was read before a failure is kept, and the next run goes on after it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from jobs.collect import connections
from jobs.collect.connections import Address, Database
from jobs.collect.reading import SEEN_ENDING, nights_before, read_memory, seen_file
from jobs.collect.runs import RunTrouble
from jobs.collect.visit import is_unfinished
from jobs.config.targets import Community
from jobs.lake.arrivals import take_in
from jobs.lake.nights import Lake
from jobs.lake.raw import RawLine, is_damage, raw_file, read_file, writing_raw
from jobs.platforms import table
from warehouse.files import write_atomically

PAGE = 5000  # rows
MOST_APART = 300  # seconds between two clocks that are right
WAITS = timedelta(days=1)  # a comment from less far ahead is left until its time has come

Position = list[int | str]  # of a row: its values of `after` and of the id


@dataclass
class Memory:
    """What a night read."""

    reached: Position | None = None
    again_from: Position | None = None  # where the next night begins
    ids: list[str] = field(default_factory=list)  # of the comments after that


class CommunityVisit:
    def __init__(self, lake: Lake, night: date, community: Community) -> None:
        self.lake, self.night, self.community = lake, night, community
        self.path = raw_file(lake, night, community.name)
        self.before = _memory_before(lake, night, community.name)
        self.now = datetime.now(UTC)
        self.reached = self.before.reached
        self.known = set(self.before.ids)  # not to be written again
        self.met = set[str]()  # tonight
        self.is_whole, self.has_waiting = True, False

    def run(self) -> None:
        """Collects the community; its errors never stop another account."""
        take_in(self.lake, self.night, self.community.name)
        held = list(read_file(self.path, self.night)) if self.path.exists() else []
        if self.path.exists() and not any(map(is_unfinished, held)):
            return
        kept = [line for line in held if line.kind == "comment"]
        self.known |= {_id(line) for line in kept}
        start, tonight = self.before.again_from, read_memory(seen_file(self.path)) if held else None
        if tonight and not any(map(is_damage, held)):
            start = self.reached = tonight["reached"]
            self.met = set(tonight["ids"])
        with writing_raw(self.path) as write:
            for line in chain(kept, self._new(start)):
                write(line.kind, line.shape, line.run_id, line.item, line.read_at)
        self._remember()

    def _new(self, start: Position | None) -> Iterator[RawLine]:
        if self.community.connection is None:
            return
        place = self.community.connection
        try:
            address = Address.of(place)
            place = address.place
            with connections.opened(address) as database:
                if apart := _clocks_apart(database, place):
                    yield apart.line(self.night, self.community, place, is_retryable=False)
                yield from self._comments(database, start)
        except RunTrouble as trouble:
            self.is_whole = False
            yield trouble.line(self.night, self.community, place, is_retryable=True)
        except Exception as error:  # an unforeseen answer must not stop the other accounts
            self.is_whole = False
            unforeseen = RunTrouble("not_understood", f"Toxwatch could not read what came ({error!r:.300}).")
            yield unforeseen.line(self.night, self.community, place, is_retryable=True)

    def _comments(self, database: Database, position: Position | None) -> Iterator[RawLine]:
        columns = columns_of(database, self.community)
        left = self.community.max_comments_per_night
        while left:
            rows = database.ask(_page(database, self.community, columns, position, PAGE)).rows
            for after, id, *values in rows:
                position = self.reached = [_of_position(after), _of_position(id)]
                line = self._line(columns, [self._storable(value) for value in values])
                if self._is_ahead(line):
                    self.has_waiting = True
                    continue
                self.met.add(_id(line))
                if _id(line) in self.known:
                    continue
                self.known.add(_id(line))
                yield line
                left -= 1
                if not left:
                    return
            if len(rows) < PAGE:
                return

    def _line(self, columns: dict[str, str], values: list[Any]) -> RawLine:
        row = dict(zip(columns.values(), values, strict=True))
        item = table.item_of(self.community.platform, columns, row)
        return RawLine(self.night, self.community.platform, self.community.handle, "comment", "table", None, item)

    def _storable(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(self.community.timezone))).isoformat()
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if value is None or isinstance(value, str | int | float) else str(value)

    def _is_ahead(self, line: RawLine) -> bool:
        posted_at = table.posted_at(line.item["row"][line.item["columns"]["posted_at"]], None)
        return posted_at is not None and self.now < posted_at < self.now + WAITS

    def _remember(self) -> None:
        """After the comments are on disk: without it the next night reads them again, and none is lost."""
        is_done = self.is_whole and not self.has_waiting
        again_from = self.before.reached if is_done else self.before.again_from
        memory = Memory(self.reached, again_from, sorted(self.met))
        write_atomically(seen_file(self.path), json.dumps(asdict(memory)))


def columns_of(database: Database, community: Community) -> dict[str, str]:
    """Our columns → those of the query; RunTrouble if one is missing."""
    names = database.ask(f"SELECT * FROM (\n{_query(community)}\n) AS asked LIMIT 0").columns
    has = f"the query of {community.name} in targets.toml has the columns {', '.join(names)}"
    if unknown := community.columns.keys() - table.USUAL_NAMES.keys():
        raise RunTrouble(
            "source_changed", f"columns: no {', '.join(sorted(unknown))}; there are {', '.join(table.USUAL_NAMES)}."
        )
    if missing := {community.after, *community.columns.values()} - set(names):
        raise RunTrouble(
            "source_changed", f"No column {', '.join(sorted(missing))}: {has}. Correct query, after or columns there."
        )
    columns = table.usual_columns(names) | community.columns
    if unnamed := [name for name in ("comment_id", *table.NEEDED) if name not in columns]:
        example = f'columns = {{ {unnamed[0]} = "…" }}'
        raise RunTrouble("source_changed", f"No column for {', '.join(unnamed)}: {has}. Say which it is: {example}.")
    return columns


def check(community: Community) -> None:
    """RunTrouble if its database can't be read."""
    if community.connection is None:
        return
    with connections.opened(Address.of(community.connection)) as database:
        columns = columns_of(database, community)
        database.ask(_page(database, community, columns, None, 1))


def _page(
    database: Database, community: Community, columns: dict[str, str], position: Position | None, rows: int
) -> str:  # fmt: skip
    after, id = database.name(community.after), database.name(columns["comment_id"])
    wanted = ", ".join(database.name(column) for column in columns.values())
    newer = ""
    if position:
        at, last = map(database.literal, position)
        newer = f" AND {after} >= {at} AND ({after} > {at} OR {id} > {last})"
    return (
        f"SELECT {after}, {id}, {wanted} FROM (\n{_query(community)}\n) AS asked "
        f"WHERE {after} IS NOT NULL{newer} ORDER BY {after}, {id} LIMIT {rows}"
    )


def _query(community: Community) -> str:
    return community.query.strip().rstrip(";")


def _id(line: RawLine) -> str:
    return str(line.item["row"][line.item["columns"]["comment_id"]])


def _of_position(value: Any) -> int | str:
    return value if isinstance(value, int) else str(value)


def _clocks_apart(database: Database, place: str) -> RunTrouble | None:
    seconds = connections.clock_difference(database)
    if abs(seconds) < MOST_APART:
        return None
    return RunTrouble(
        "clock_differs",
        f"The clock of {place} is {abs(seconds) / 60:,.0f} minutes {'ahead of' if seconds > 0 else 'behind'} this "
        "machine's. Set the wrong one: comments carry its times, and those in the future wait until they have come.",
    )


def _memory_before(lake: Lake, night: date, name: str) -> Memory:
    for _, folder in nights_before(lake, night):
        if (stored := read_memory(folder / f"{name}{SEEN_ENDING}")) is not None:
            return Memory(**stored)
    return Memory()
