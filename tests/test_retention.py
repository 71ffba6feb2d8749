"""Retention: texts, authors and raw items go when their time is over; scores and counts stay, in every place alike."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs import publish
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake import schema
from jobs.lake.datasets import BY_NAME
from jobs.lake.nights import Lake
from jobs.upkeep import expire
from tests.fixtures.nights import NIGHTS as TWO_NIGHTS
from tests.fixtures.nights import THIRD as LAST
from tests.fixtures.nights import copied
from tests.fixtures.shared import flagged_but_not_listed
from warehouse import build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

NIGHTS = [*TWO_NIGHTS, LAST]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, after_three_nights: Settings) -> Settings:
    return copied(after_three_nights, tmp_path_factory.mktemp("retention"))


def keeping(settings: Settings, tmp_path: Path, rules: str) -> Settings:
    targets = tmp_path / "targets.toml"
    targets.write_text(f"[keep]\n{rules}\n{settings.targets_file.read_text()}")
    return replace(settings, targets_file=targets)


def held(settings: Settings, night: date, dataset: str, column: str) -> set:
    files = Lake(settings.data_dir).folder(dataset, night).glob("*.parquet")
    tables = [pq.ParquetFile(path).read() for path in files]
    return {value for table in tables if column in table.column_names for value in table[column].to_pylist()}


def meanings(lake: Lake, nights: list[date]) -> set[str]:
    """Which datasets have the meaning of a comment of these nights."""
    return {
        name
        for name in ("texts", "scored")
        for model in lake.models(BY_NAME[name])
        for night in nights
        for file in lake.folder(name, night, model).glob("*.parquet")
        if pq.ParquetFile(file).read(["meaning"])["meaning"].is_valid().to_pylist().count(True)
    }


def test_nothing_expires_unless_it_is_asked_for(settings: Settings) -> None:
    before = build.current(settings.data_dir / "warehouse")
    assert expire.run(settings, LAST + timedelta(days=9999)) == {}
    assert build.current(settings.data_dir / "warehouse") == before


def test_what_is_too_old_is_blank_everywhere_and_the_figures_stay(settings: Settings, tmp_path: Path) -> None:
    folder, lake = settings.data_dir / "warehouse", Lake(settings.data_dir)
    ask = Warehouse(folder).query
    figures = ask("select * from daily order by all")
    assert meanings(lake, NIGHTS[:1]) == {"texts", "scored"}
    [(old, new)] = ask(
        "select count(*) filter (last_night < $1), count(*) filter (last_night >= $1) from comments", [LAST]
    )
    assert old > 0 < new
    wanted = keeping(settings, tmp_path, "raw_days = 1\ntext_days = 1\nauthor_days = 1")

    done = expire.run(wanted, LAST + timedelta(days=1))
    assert done["raw nights"] == 2
    assert done["rows in the warehouse"] >= old

    assert lake.nights("raw") == [LAST]
    assert meanings(lake, NIGHTS[:2]) == set()
    assert meanings(lake, [LAST]) == {"texts", "scored"}
    assert ask("select count(*) from scores where meaning is not null and night < $1", [LAST]) == [(0,)]
    for night in NIGHTS[:2]:
        assert held(settings, night, "validated", "text") <= {"", "(expired)"}
        assert held(settings, night, "clean", "clean_text") <= {"(expired)"}
        for column in (*schema.PEOPLE[:3], "link"):
            assert held(settings, night, "validated", column) | held(settings, night, "rejected", column) == {None}
    assert len(held(settings, LAST, "validated", "text")) > 10
    assert ask("select count(*) from comments where last_night < $1 and text not in ('', '(expired)')", [LAST]) == [
        (0,)
    ]
    people = "coalesce(author_hash, author_id_hash, mention_hashes[1], link, media[1]) is not null"
    assert ask(f"select count(*) from comments where last_night < $1 and {people}", [LAST]) == [(0,)]
    [(mine,)] = ask("select count(*) from comments where text not in ('', '(expired)') and author_hash is not null")
    assert mine > 0
    assert ask("select * from daily order by all") == figures
    assert flagged_but_not_listed(folder) == []
    assert len(list(folder.glob("v*.duckdb"))) == 1

    assert expire.run(wanted, LAST + timedelta(days=1)) == {}, "what is blank is not blanked again"


def test_a_clock_that_jumped_deletes_nothing_until_somebody_says_it_is_right(
    after_two_nights: Settings, tmp_path: Path
) -> None:
    settings = keeping(copied(after_two_nights, tmp_path), tmp_path, "text_days = 30")
    assert expire.run(settings, LAST) == {}
    a_year_on = LAST + timedelta(days=365)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expire, "refuse_future", lambda _: None)  # this machine's clock says that year too
        for _ in range(2):  # the next night is no better
            with pytest.raises(BadInput, match="Nothing was deleted"):
                expire.run(settings, a_year_on)
        assert held(settings, NIGHTS[0], "validated", "text") - {"", build.EXPIRED}
        assert expire.run(settings, a_year_on, anyway=True)
        assert not held(settings, NIGHTS[0], "validated", "text") - {"", build.EXPIRED}
        assert expire.run(settings, a_year_on + timedelta(days=1)) == {}


def test_a_warehouse_made_again_from_the_blanked_lake_is_the_same(settings: Settings) -> None:
    before = build.content_hash(settings.data_dir / "warehouse")
    publish.rebuild(settings)
    assert build.content_hash(settings.data_dir / "warehouse") == before


def test_a_new_model_is_not_held_up_by_nights_that_nobody_can_read(settings: Settings) -> None:
    lake = Lake(settings.data_dir)
    assert [lake.has_texts(night) for night in NIGHTS] == [False, False, True]
