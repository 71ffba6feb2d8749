"""Reviews: who sees what next, how far two people agree, and how their words reach the warehouse and training."""

from pathlib import Path

import pytest

from jobs import publish
from jobs.ask import export
from jobs.config.settings import Settings
from jobs.upkeep import forget
from models.training import data
from tests.fixtures.nights import copied
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews, kappa, needs_two

ALONE = next(f"a{n}" for n in range(99) if not needs_two(f"a{n}"))
SHARED = next(f"a{n}" for n in range(99) if needs_two(f"a{n}"))


@pytest.fixture
def book(tmp_path: Path) -> Reviews:
    return Reviews.in_folder(tmp_path)


def say(book: Reviews, who: str, comment_id: str, *labels: str) -> None:
    book.record(comment_id, who, labels, ["toxic"], "m", "p")


def test_one_pair_of_eyes_is_enough_but_for_every_fifth(book: Reviews) -> None:
    say(book, "ann", ALONE, "toxic")
    say(book, "ann", SHARED, "toxic")
    assert book.hidden_from("bob") == [ALONE]
    assert book.hidden_from("ann") == sorted([ALONE, SHARED])
    say(book, "bob", SHARED)
    assert book.hidden_from("cem") == sorted([ALONE, SHARED])
    assert 0.1 < sum(needs_two(f"instagram:{n}") for n in range(1000)) / 1000 < 0.3


def test_what_somebody_looks_at_is_kept_from_others_for_a_while(book: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    book.claim(ALONE, "ann")
    assert book.hidden_from("bob") == [ALONE]
    assert book.hidden_from("ann") == []
    monkeypatch.setattr("warehouse.reviews.CLAIM_SECONDS", 0)
    assert book.hidden_from("bob") == []


def test_undo_takes_back_ones_own_last_word(book: Reviews) -> None:
    for who, comment_id in (("ann", "x"), ("ann", "y"), ("bob", "z")):
        say(book, who, comment_id)
    assert [book.undo("ann"), book.undo("ann"), book.undo("ann")] == ["y", "x", None]
    assert book.tally("bob").today == 1


def test_the_tally_counts_right_flags_and_agreement(book: Reviews) -> None:
    for n, (one, other) in enumerate([("toxic", "toxic"), ("", ""), ("toxic", ""), ("", "")]):
        say(book, "ann", f"c{n}", *one.split())
        say(book, "bob", f"c{n}", *other.split())
    tally = book.tally("ann")
    assert (tally.today, tally.flagged, tally.right, tally.pairs) == (4, 8, 3, 4)
    assert tally.kappa == pytest.approx((0.75 - (0.5 * 0.25 + 0.5 * 0.75)) / 0.5)
    assert kappa([]) is None
    assert kappa([(True, True)]) is None, "always the same word says nothing"


@pytest.mark.long
def test_reviews_reach_the_warehouse_and_training(after_one_night: Settings, tmp_path: Path) -> None:
    settings = copied(after_one_night, tmp_path)
    ask = Warehouse(settings.data_dir / "warehouse").query
    worst = [id for (id,) in ask("SELECT comment_id FROM comments_scored ORDER BY toxic DESC NULLS LAST LIMIT 3")]
    book = Reviews.in_folder(settings.data_dir)
    say(book, "ann", worst[0], "toxic", "insult")
    say(book, "ann", worst[1])
    say(book, "ann", worst[2], "toxic")
    publish.apply(settings)
    assert ask("SELECT reviewed_as FROM comments_scored WHERE comment_id = $1", [worst[1]]) == [([],)]
    assert ask("SELECT label, flagged, agreed FROM flag_precision") == [("toxic", 3, 2)]

    labelled = settings.data_dir.with_name("labelled")
    labelled.mkdir()
    assert export.run(settings, labelled / "reviews.parquet", {}, "reviewed") == 3
    rows = data.read_comments(labelled)
    assert sorted(zip(rows.toxic, rows.insult, strict=True)) == [(0, 0), (1, 0), (1, 1)]

    erased = forget.run(settings, set(), {worst[0]})
    assert erased.rows["reviews"] == 1
    assert len(book.rows()) == 2
    assert ask("SELECT count(*) FROM reviews") == [(2,)]
