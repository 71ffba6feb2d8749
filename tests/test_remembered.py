"""Answers that the reader of the warehouse remembers."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from warehouse import WarehouseError, reader
from warehouse.reader import Warehouse

SLOW = "SELECT uuid(), count(*) FROM range(300_000_000)"  # a different answer whenever it is asked
ENDLESS = "SELECT count(*) FROM range(10000000000) a, range(10000000000) b"


@pytest.fixture
def asking() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_what_several_ask_at_the_same_time_is_answered_once(warehouse: Path, asking: ThreadPoolExecutor) -> None:
    one = Warehouse(warehouse)
    answers = list(asking.map(lambda _: one.remembered(SLOW, {}), range(4)))
    assert answers[0] == answers[1] == answers[2] == answers[3] == one.remembered(SLOW, {})
    assert one.table(SLOW) != answers[0]


def test_whoever_waits_for_an_answer_hears_of_its_error(warehouse: Path, asking: ThreadPoolExecutor) -> None:
    one = Warehouse(warehouse, seconds=1)
    asked = [asking.submit(one.remembered, ENDLESS, {}) for _ in range(2)]
    for answer in asked:
        with pytest.raises(WarehouseError, match="took longer than 1 s"):
            answer.result(timeout=30)


def test_an_error_is_not_remembered(warehouse: Path) -> None:
    one = Warehouse(warehouse)
    question = "SELECT if(random() < 0.5, error('by chance'), 1)"

    def is_answered() -> bool:
        try:
            return one.remembered(question, {})[1] == [(1,)]
        except WarehouseError:
            return False

    assert any(is_answered() for _ in range(100))


def test_answers_asked_for_longest_ago_make_room(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_REMEMBERED", 20)
    one = Warehouse(warehouse)
    first, second, third = (f"SELECT uuid(), {n} FROM range(6)" for n in range(3))
    before = {question: one.remembered(question, {}) for question in (first, second)}
    assert one.remembered(first, {}) == before[first]
    one.remembered(third, {})
    assert one.remembered(first, {}) == before[first]
    assert one.remembered(second, {}) != before[second]


def test_long_answers_are_not_remembered(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LONGEST_REMEMBERED", 10)
    one = Warehouse(warehouse)
    long, short = ("SELECT uuid() FROM range(10)", "SELECT uuid() FROM range(9)")
    assert one.remembered(long, {}) != one.remembered(long, {})
    assert one.remembered(short, {}) == one.remembered(short, {})


def test_errors_and_answers_that_make_room_do_not_disturb_each_other(
    asking: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MOST_REMEMBERED", 5)
    answers = reader._Answers()

    def answer(number: int) -> reader.Answer:
        if number % 3 == 0:
            raise WarehouseError("every third")
        return [], [(number,)]

    def ask(number: int) -> int | str:
        try:
            return int(answers.to((str(number % 12), ""), lambda: answer(number % 12))[1][0][0])
        except WarehouseError as error:
            return str(error)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        found = list(asking.map(ask, range(20_000)))
    finally:
        sys.setswitchinterval(usual)
    assert found == ["every third" if n % 3 == 0 else n % 12 for n in range(20_000)]
