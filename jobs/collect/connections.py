"""Opens the database of a community, PostgreSQL, MySQL or MariaDB, and reads it; nothing can be written there."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from jobs.collect.runs import RunTrouble
from jobs.config.settings import database_address

CONNECT_SECONDS, ANSWER_SECONDS = 10, 300
WRONG_PASSWORD = ("28P01", "28000", 1045, 1698)  # PostgreSQL's codes, then those of MySQL and MariaDB
NO_RIGHTS = ("42501", 1044, 1142, 1143)
CHANGED = ("42703", "42P01", 1054, 1146)  # no such column, no such table
ENDED = ("57P01", "57P02", "57P03", 1053, 2003, 2006, 2013)


class Answer(NamedTuple):
    columns: list[str]
    rows: list[Sequence[Any]]


class Database(Protocol):
    def ask(self, sql: str) -> Answer: ...
    def name(self, column: str) -> str:
        """A column as SQL writes it."""

    def literal(self, value: int | str) -> str: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Address:
    variable: str
    kind: str  # "mysql"
    user: str
    password: str
    host: str
    port: int | None
    database: str
    is_encrypted: bool

    @classmethod
    def of(cls, variable: str) -> "Address":
        value = database_address(variable)
        example = f"Set {variable} to an address as mysql://reader:password@localhost/database (or postgresql://…)"
        if value is None:
            raise RunTrouble("no_address", f"{variable} is not set. {example}.")
        try:
            url = urlsplit(value)
            found = cls(variable, url.scheme, unquote(url.username or ""), unquote(url.password or ""),
                        url.hostname or "", url.port, unquote(url.path).strip("/"),
                        parse_qs(url.query).get("tls") == ["yes"])  # fmt: skip
        except ValueError:
            found = None
        if found is None or found.kind not in DRIVERS or not (found.user and found.host and found.database):
            raise RunTrouble(
                "no_address", f"{variable} can't be read. {example}; write other characters of a password as %23."
            )
        return found

    @property
    def place(self) -> str:
        """Without what is secret."""
        return f"{self.kind}://{self.host}/{self.database}"

    @property
    def tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context() if self.is_encrypted else None

    def trouble(self, code: object, message: str) -> RunTrouble:
        if code in WRONG_PASSWORD:
            return RunTrouble(
                "wrong_password",
                f"{self.place} does not accept the user and password in {self.variable}. Correct them there.",
            )
        if code in NO_RIGHTS:
            return RunTrouble("no_rights", f"{self.place} refused: {message}. Grant {self.user} SELECT on it.")
        if code in CHANGED:
            return RunTrouble(
                "source_changed",
                f"{self.place}: {message}. If the table has changed, correct query, after or columns in targets.toml.",
            )
        if code is None or code in ENDED:
            return RunTrouble(
                "unreachable",
                f"{self.place} does not answer or ended the connection ({message}). What came is kept, and the next "
                "run reads the rest.",
            )
        return RunTrouble("refused", f"{self.place} refused the query: {message}.")


class PostgreSQL:
    def __init__(self, address: Address) -> None:
        try:
            from pg8000 import exceptions, native
        except ImportError:
            raise _no_driver("PostgreSQL", "pg8000") from None
        self._address, self._errors, self._quoted = address, exceptions, native.literal
        with self._translated():
            line = socket.create_connection((address.host, address.port or 5432), CONNECT_SECONDS)
            line.settimeout(ANSWER_SECONDS)
            self._connection = native.Connection(
                address.user, sock=line, database=address.database, password=address.password,
                ssl_context=address.tls, application_name="toxwatch",
            )  # fmt: skip
            self._connection.run("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET TIME ZONE 'UTC'")

    def ask(self, sql: str) -> Answer:
        with self._translated():
            rows = self._connection.run(sql)
            return Answer([column["name"] for column in self._connection.columns], rows)

    def name(self, column: str) -> str:
        return '"' + column.replace('"', '""') + '"'

    def literal(self, value: int | str) -> str:
        return str(self._quoted(value))

    def close(self) -> None:
        try:
            self._connection.close()
        except (self._errors.Error, OSError):  # the server closed it first
            return

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._errors.DatabaseError as error:
            told = error.args[0] if isinstance(error.args[0], dict) else {}
            raise self._address.trouble(told.get("C", ""), told.get("M", str(error))) from None
        except (self._errors.Error, OSError) as error:
            raise self._address.trouble(None, str(error)) from None


class MySQL:
    """MariaDB too."""

    def __init__(self, address: Address) -> None:
        try:
            import pymysql
        except ImportError:
            raise _no_driver("MySQL and MariaDB", "pymysql") from None
        self._address, self._errors = address, pymysql.err
        with self._translated():
            self._connection = pymysql.connect(
                host=address.host, port=address.port or 3306, user=address.user, password=address.password,
                database=address.database, charset="utf8mb4", autocommit=True, connect_timeout=CONNECT_SECONDS,
                read_timeout=ANSWER_SECONDS, ssl=address.tls,
            )  # fmt: skip
        self.ask("SET SESSION TRANSACTION READ ONLY")
        self.ask("SET time_zone = '+00:00'")

    def ask(self, sql: str) -> Answer:
        with self._translated(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return Answer([column[0] for column in cursor.description or ()], list(cursor.fetchall()))

    def name(self, column: str) -> str:
        return "`" + column.replace("`", "``") + "`"

    def literal(self, value: int | str) -> str:
        return str(self._connection.escape(value))

    def close(self) -> None:
        if self._connection.open:
            self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._errors.MySQLError as error:
            code, message = (*error.args, None, str(error))[:2] if error.args else (None, "")
            raise self._address.trouble(code if isinstance(code, int) and code else None, str(message)) from None
        except OSError as error:
            raise self._address.trouble(None, str(error)) from None


DRIVERS: dict[str, type[PostgreSQL] | type[MySQL]] = {
    "postgresql": PostgreSQL,
    "postgres": PostgreSQL,
    "mysql": MySQL,
    "mariadb": MySQL,
}


@contextmanager
def opened(address: Address) -> Iterator[Database]:
    with closing(DRIVERS[address.kind](address)) as database:
        yield database


def clock_difference(database: Database) -> float:
    """Seconds by which the server's clock is ahead of ours."""
    [[told]] = database.ask("SELECT CURRENT_TIMESTAMP").rows
    at: datetime = told if told.tzinfo else told.replace(tzinfo=UTC)
    return (at - datetime.now(UTC)).total_seconds()


def _no_driver(what: str, package: str) -> RunTrouble:
    return RunTrouble(
        "no_driver",
        f"Reading {what} needs the package {package}. Install it with `pip install toxwatch[databases]` "
        f"or `pip install {package}`.",
    )
