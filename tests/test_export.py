"""Comments leave the warehouse whole, filtered, and harmless to a spreadsheet."""

import csv
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from jobs.ask import export
from jobs.config.settings import Settings
from jobs.errors import BadInput
from tests.conftest import MODEL, THRESHOLDS, at, night_of
from warehouse import build

DAY = date(2026, 11, 10)
POLICIES = Path(__file__).resolve().parent.parent / "policies.toml"
TEXTS = ["=1+1", "@SUM(A1)", "-2", "plain", 'says "hi",\nthen leaves', "Grüße 🌎"]


@pytest.fixture
def stored(settings: Settings) -> Settings:
    comments = [(f"a{n}", text, at(DAY, n), 0.9 if n % 2 else 0.1) for n, text in enumerate(TEXTS)]
    night = night_of(settings.data_dir / "lake", DAY, comments)
    accounts = [("instagram", "orbital", ())]
    build.publish(settings.data_dir / "warehouse", [night], build.Context(accounts, (MODEL, "1"), THRESHOLDS, POLICIES))
    return settings


def test_every_format_holds_the_same_comments(stored: Settings, tmp_path: Path) -> None:
    for name in ("out.csv", "out.parquet", "out.duckdb"):
        assert export.run(stored, tmp_path / name, {}) == len(TEXTS)
    assert pq.read_table(tmp_path / "out.parquet")["text"].to_pylist() == TEXTS
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as con:
        assert con.execute("select count(*), count(distinct model) from comments").fetchall() == [(len(TEXTS), 1)]
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["'=1+1", "'@SUM(A1)", "'-2", *TEXTS[3:]]
    details = {name: rows[0][name] for name in ("link", "is_verified", "is_pinned", "media", "mention_hashes")}
    assert details == {
        "link": "https://www.instagram.com/p/p1/c/a0",
        "is_verified": "true",
        "is_pinned": "",
        "media": "https://media.example/wave.gif",
        "mention_hashes": "author ann author bob",
    }


def test_filters_are_those_of_the_dashboard(stored: Settings, tmp_path: Path) -> None:
    assert export.run(stored, tmp_path / "out.parquet", {"flag": "toxic"}) == 3
    assert export.run(stored, tmp_path / "out.parquet", {"flag": "toxic", "words": "PLAIN"}) == 1


def test_nothing_to_write_and_a_name_without_a_format_are_told(stored: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No comments match"):
        export.run(stored, tmp_path / "out.csv", {"only": "instagram/nobody"})
    with pytest.raises(BadInput, match="--flag insults doesn't exist"):
        export.run(stored, tmp_path / "out.csv", {"flag": "insults"})
    with pytest.raises(BadInput, match=r"\.csv, \.parquet, \.duckdb"):
        export.run(stored, tmp_path / "out.xlsx", {})
    assert list(tmp_path.glob("*out*")) == []
