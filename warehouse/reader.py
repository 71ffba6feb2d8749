"""Reads the published warehouse: for reading only, sandboxed, and on the newest version from query to query."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import WHOLE, Part, WarehouseError
from warehouse.build import MIGRATIONS, current, format_of, quoted, run_script

MOST_SECONDS = 60
PART_MEMORY = "256MB"  # there may be many
MOST_REMEMBERED, MOST_REMEMBERED_ROWS = 500, 1000  # answers, and rows of one


class Warehouse:
    """One for a process; threads may share it."""

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
        self._answers: dict[tuple[str, str], tuple[list[str], list[tuple]]] = {}

    def part(self, part: Part) -> "Warehouse":
        """The same warehouse, for somebody who may see no more of it than this."""
        if part == self._part:
            return self
        with self._lock:
            return self._parts.setdefault(part, Warehouse(self.folder, memory=PART_MEMORY, part=part))

    def query(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple]:
        """The rows; raises WarehouseError with what DuckDB says of a wrong, endless or forbidden query."""
        return self.table(sql, parameters)[1]

    def remembered(self, sql: str, parameters: dict[str, Any]) -> tuple[list[str], list[tuple]]:
        """As `table`; a version never changes, so what was asked of it need not be read again."""
        self._cursor().close()  # forgets the answers where there is a newer version
        answers, key = self._answers, (sql, repr(parameters))
        found = answers.get(key)
        if found is None:
            found = self.table(sql, parameters)
            if len(answers) >= MOST_REMEMBERED:
                answers.clear()
            if len(found[1]) <= MOST_REMEMBERED_ROWS:
                answers[key] = found
        return found

    def table(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> tuple[list[str], list[tuple]]:
        """The names of the columns, and the rows."""
        try:
            with self._cursor() as cursor, _interrupting(cursor, self._seconds):
                found = cursor.execute(sql, parameters or None)
                return [column[0] for column in found.description or ()], found.fetchall()
        except duckdb.InterruptException:
            raise WarehouseError(
                f"The query was stopped after {self._seconds:g} seconds. Ask for less: one account, or fewer days."
            ) from None
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from None

    def batches(self, sql: str, parameters: dict[str, Any], rows: int) -> Iterator[pa.RecordBatch]:
        """A large answer, piece by piece."""
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
                raise WarehouseError(
                    f"{path} was written by an older Toxwatch: `toxwatch apply` brings it forward, or the next night."
                )
            con = con if self._part == WHOLE else _connect(path, self._part)
        except duckdb.Error as error:
            raise WarehouseError(
                f"{path} cannot be opened ({error}). `toxwatch rebuild` makes it again from the lake."
            ) from None
        # Readers of one file in one process share its settings: the first one locks them.
        ((is_locked,),) = con.execute("SELECT current_setting('lock_configuration')").fetchall()
        for name, value in () if is_locked else self._settings.items():
            con.execute(f"SET {name} = {value}")
        return con


def _connect(path: Path, part: Part) -> duckdb.DuckDBPyConnection:
    """To views over the file that hold this part, with the usual views over those."""
    con = duckdb.connect()
    con.execute(f"ATTACH {quoted(str(path))} AS whole (READ_ONLY)")
    run_script(con, "views/part.sql", tags=list(part.tags), texts=part.texts)
    run_script(con, "views/views.sql")
    return con


@contextmanager
def _interrupting(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """DuckDB's own max_execution_time does not stop a cross product (2.0.0)."""
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
