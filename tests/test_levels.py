"""Service levels: what was late or missing counts, what nobody could have known does not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from warehouse import tables

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)  # the night of the 26th has been due for an hour


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        tables.create(con)
        yield con


def _published(con: duckdb.DuckDBPyConnection, back: int, hour: int | None = 3) -> None:
    """A night `back` days before the 26th, whose figures were there at an hour of the next day."""
    night = AT.date() - timedelta(days=1 + back)
    first_at = (
        None if hour is None else datetime(night.year, night.month, night.day, tzinfo=UTC) + timedelta(hours=24 + hour)
    )
    con.execute("INSERT INTO stages VALUES ($1, 'publish', 10, 10, MAP {}, 1.0, $2)", [night, first_at])


def _level(con: duckdb.DuckDBPyConnection, account: str | None = None, at: datetime = AT) -> tuple[Any, ...]:
    """Nights, missed, and what is left of the error budget."""
    query = "SELECT nights, missed, round(budget_left, 2) FROM service_levels($1) WHERE account IS NOT DISTINCT FROM $2"
    rows = con.execute(query, [at, account]).fetchall()
    return rows[0] if rows else ()


def test_before_the_first_night_nothing_is_promised(con: duckdb.DuckDBPyConnection) -> None:
    assert _level(con) == ()


def test_nights_on_time_leave_the_whole_budget(con: duckdb.DuckDBPyConnection) -> None:
    for back in range(40):
        _published(con, back)
    assert _level(con) == (30, 0, 1.0)


def test_a_late_and_a_missing_night_overspend_it(con: duckdb.DuckDBPyConnection) -> None:
    for back in range(40):
        if back != 5:
            _published(con, back, hour=12 if back == 9 else 3)
    assert _level(con) == (30, 2, -0.33)


def test_when_everything_stands_still_the_budget_shrinks_by_itself(con: duckdb.DuckDBPyConnection) -> None:
    for back in range(40):
        _published(con, back)
    assert _level(con, at=AT - timedelta(hours=2)) == (30, 0, 1.0)  # the last night is not due yet
    assert _level(con, at=AT + timedelta(days=3)) == (30, 3, -1.0)


def test_nights_from_before_anybody_took_the_time_do_not_count(con: duckdb.DuckDBPyConnection) -> None:
    for back in range(40):
        _published(con, back, hour=3 if back < 4 else None)
    assert _level(con) == (4, 0, 1.0)


def test_nights_that_were_filled_in_later_do_not_count_before_the_first_on_time(con: duckdb.DuckDBPyConnection) -> None:
    for back in range(14):
        _published(con, back, hour=24 * back + 3)  # all on the morning of the 27th
    assert _level(con) == (1, 0, 1.0)


def test_an_account_is_missed_where_it_could_not_be_collected_and_a_post_is_no_account(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for back in range(10):
        night = AT.date() - timedelta(days=1 + back)
        for account in ("loud", "shy"):
            con.execute(
                "INSERT INTO runs VALUES ($1, 'r', 'instagram', $2, 'a/b', 'SUCCEEDED', 1, 0.1)", [night, account]
            )
    con.execute(
        "INSERT INTO posts (post_id, platform, account, url, night) VALUES ('p', 'instagram', 'loud', 'https://p', $1)",
        [night],
    )
    for account, url in (("shy", "https://shy"), ("loud", "https://p")):
        con.execute(
            "INSERT INTO ingest_errors VALUES ($1, 'instagram', $2, $3, 'private', NULL, false)", [night, account, url]
        )
    assert _level(con, "instagram/loud") == (10, 0, 1.0)
    assert _level(con, "instagram/shy") == (10, 1, 0.33)
