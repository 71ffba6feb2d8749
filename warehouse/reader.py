"""Reads the published warehouse: read-only, sandboxed, and always the newest version."""

import atexit
import os
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import WHOLE, Part, WarehouseError
from warehouse.build import current
from warehouse.tables import MIGRATIONS, create_views, format_of, quoted, run_script

Row = tuple[Any, ...]
Answer = tuple[list[str], list[Row]]  # the names of the columns, and the rows
Question = tuple[str, str]

MOST_SECONDS = 60
MOST_ROWS, MOST_BYTES = 1_000_000, 300_000_000  # of an answer
FETCHED = 200  # rows at a time
PART_MEMORY = "256MB"  # less, as there can be many parts
MOST_REMEMBERED = 200_000  # rows of cached answers
LONGEST_REMEMBERED = 5_000  # rows of one

WATCHED_SECONDS = 0.2  # between two looks at the queries that are running

_CONFIGURING = threading.Lock()  # of all readers: those of one file share a configuration
_RUNNING: dict[duckdb.DuckDBPyConnection, float] = {}  # queries, and when each is interrupted


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
        self._answers = _Answers()

    def part(self, part: Part) -> "Warehouse":
        """The same warehouse, limited to this part."""
        if part == self._part:
            return self
        with self._lock:
            return self._parts.setdefault(part, Warehouse(self.folder, memory=PART_MEMORY, part=part))

    def query(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """The rows; raises WarehouseError with DuckDB's message for a wrong, endless or forbidden query."""
        return self.table(sql, parameters)[1]

    def remembered(self, sql: str, parameters: dict[str, Any]) -> Answer:
        """Like `table`, but cached: a published version never changes."""
        self._cursor().close()  # forgets all answers if there is a newer version
        return self._answers.to((sql, repr(parameters)), lambda: self.table(sql, parameters))

    def table(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Answer:
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
                self._path, self._answers = newest, _Answers()
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


class _Answers:
    """Those that are cached. Whoever asks what is being asked waits for that answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows = 0
        self._answers: OrderedDict[Question, Future[Answer]] = OrderedDict()

    def to(self, question: Question, ask: Callable[[], Answer]) -> Answer:
        with self._lock:
            is_new = question not in self._answers
            answer = self._answers.setdefault(question, Future())
            self._answers.move_to_end(question)
        if is_new:
            try:
                found = ask()
            except BaseException as error:
                with self._lock:
                    del self._answers[question]
                    answer.set_exception(error)
            else:
                with self._lock:  # so that an answer which is done has been counted
                    answer.set_result(found)
                    self._keep(question, answer)
        return answer.result()

    def _keep(self, question: Question, answer: Future[Answer]) -> None:
        """Unless it is long; those that nobody has asked for the longest time make room."""
        if _rows_of(answer) > LONGEST_REMEMBERED:
            del self._answers[question]
            return
        self._rows += _rows_of(answer)
        for oldest, other in list(self._answers.items()):
            if self._rows <= MOST_REMEMBERED:
                break
            if other.done():
                self._rows -= _rows_of(self._answers.pop(oldest))


def _rows_of(answer: Future[Answer]) -> int:
    """With the names of the columns."""
    return 1 + len(answer.result()[1])


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
    _start_watching(os.getpid())
    _RUNNING[cursor] = time.monotonic() + seconds
    try:
        yield
    finally:
        del _RUNNING[cursor]


@cache
def _start_watching(_process: int) -> None:
    """Once in each process, also in a forked one: a timer for each query would cost as much as a small query."""
    is_over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(is_over,), daemon=True)
    watcher.start()
    atexit.register(watcher.join)
    atexit.register(is_over.set)  # runs before the one above


def _watch(is_over: threading.Event) -> None:
    while not is_over.wait(WATCHED_SECONDS):
        for cursor, until in list(_RUNNING.items()):
            if time.monotonic() > until:
                cursor.interrupt()
