"""Reads the published warehouse: read-only, sandboxed, and always the newest version."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import WHOLE, Part, WarehouseError
from warehouse.build import current
from warehouse.tables import MIGRATIONS, create_views, format_of, quoted, run_script

Row = tuple[Any, ...]

MOST_SECONDS = 60
MOST_ROWS, MOST_BYTES = 1_000_000, 300_000_000  # of an answer
FETCHED = 200  # rows at a time
PART_MEMORY = "256MB"  # less, as there can be many parts
MOST_REMEMBERED, MOST_REMEMBERED_ROWS = 500, 1000  # cached answers, and rows per answer

_CONFIGURING = threading.Lock()  # of all readers: those of one file share a configuration


class Warehouse:
    """One per process; threads can share it."""

    def __init__(
        self, folder: Path, seconds: float = MOST_SECONDS, memory: str = "1GB", threads: int = 2, part: Part = WHOLE
    ) -> None:
        self.folder = folder
        self._seconds, self._part = seconds, part
        self._parts: dict[Part, Warehouse] = {}
        self._settings = {
            "TimeZone": "'UTC'",
            "memory_limit": f"'{memory}'",
            "threads": str(threads),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_access": "false",
            "lock_configuration": "true",
        }
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._con: duckdb.DuckDBPyConnection | None = None
        self._answers: dict[tuple[str, str], tuple[list[str], list[Row]]] = {}

    def part(self, part: Part) -> "Warehouse":
        """The same warehouse, limited to this part."""
        if part == self._part:
            return self
        with self._lock:
            return self._parts.setdefault(part, Warehouse(self.folder, memory=PART_MEMORY, part=part))

    def query(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """The rows; raises WarehouseError with DuckDB's message for a wrong, endless or forbidden query."""
        return self.table(sql, parameters)[1]

    def remembered(self, sql: str, parameters: dict[str, Any]) -> tuple[list[str], list[Row]]:
        """Like `table`, but cached: a published version never changes."""
        self._cursor().close()  # clears the cache if there is a newer version
        answers, key = self._answers, (sql, repr(parameters))
        answer = answers.get(key)
        if answer is None:
            answer = self.table(sql, parameters)
            if len(answers) >= MOST_REMEMBERED:
                answers.clear()
            if len(answer[1]) <= MOST_REMEMBERED_ROWS:
                answers[key] = answer
        return answer

    def table(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> tuple[list[str], list[Row]]:
        """The names of the columns, and the rows."""
        try:
            with self._cursor() as cursor, _interrupting(cursor, self._seconds):
                result = cursor.execute(sql, parameters or None)
                return [column[0] for column in result.description or ()], _fetched(result)
        except duckdb.InterruptException:
            raise WarehouseError(
                f"The query took longer than {self._seconds:g} s. Narrow it down: one account, or fewer days."
            ) from None
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from None

    def batches(self, sql: str, parameters: dict[str, Any], rows: int) -> Iterator[pa.RecordBatch]:
        """A large answer in batches."""
        try:
            with self._cursor() as cursor:
                yield from cursor.sql(sql, params=parameters).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from None

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            newest = current(self.folder)
            if newest != self._path or self._con is None:
                self._con = self._open(newest)
                self._path, self._answers = newest, {}
            return self._con.cursor()

    def _open(self, path: Path) -> duckdb.DuckDBPyConnection:
        try:
            con = duckdb.connect(str(path), read_only=True)
            if format_of(con) < len(MIGRATIONS):
                raise WarehouseError(f"{path} was written by an older Toxwatch. Run `toxwatch apply` to migrate it.")
            con = con if self._part == WHOLE else _connect(path, self._part)
        except duckdb.Error as error:
            raise WarehouseError(
                f"Can't open {path} ({error}). Run `toxwatch rebuild` to rebuild it from the lake."
            ) from None
        # Connections to the same file in one process share settings; the first one locks them.
        with _CONFIGURING:
            ((is_locked,),) = con.execute("SELECT current_setting('lock_configuration')").fetchall()
            for name, value in () if is_locked else self._settings.items():
                con.execute(f"SET {name} = {value}")
        return con


def _connect(path: Path, part: Part) -> duckdb.DuckDBPyConnection:
    """A database of views on this part of the file, with the usual views on top."""
    con = duckdb.connect()
    con.execute(f"ATTACH {quoted(str(path))} AS whole (READ_ONLY)")
    run_script(con, "views/part.sql", tags=list(part.tags), texts=part.texts)
    create_views(con)
    return con


def _fetched(result: duckdb.DuckDBPyConnection) -> list[Row]:
    """All rows; raises WarehouseError as soon as there are too many, while DuckDB is still computing them."""
    rows, size = list[Row](), 0
    while some := result.fetchmany(FETCHED):
        rows += some
        size += sum(map(_size, some))
        if len(rows) > MOST_ROWS or size > MOST_BYTES:
            raise WarehouseError(
                f"The answer is larger than {MOST_ROWS:,} rows or {MOST_BYTES / 1e6:,.0f} MB. "
                "Add a LIMIT, or write the comments to a file with `toxwatch export`."
            )
    return rows


def _size(value: Any) -> int:
    """Bytes of a value in memory, with what is in it."""
    inner = value.items() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return sys.getsizeof(value) + sum(map(_size, inner))


@contextmanager
def _interrupting(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupts a slow query; DuckDB 2.0.0's own max_execution_time doesn't stop a cross product."""
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
