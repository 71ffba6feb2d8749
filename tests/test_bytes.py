"""The bytes of a warehouse: none damaged is handed on, and what expired is not in a free block."""

import random
from datetime import date
from pathlib import Path

import duckdb
import pytest

from jobs.upkeep import expire
from tests.conftest import MODEL, THRESHOLDS, at, night_of
from warehouse import WarehouseError, build

pytestmark = pytest.mark.long

POLICIES = Path(__file__).resolve().parent.parent / "policies.toml"
OLD, NEW = date(2026, 11, 10), date(2026, 11, 20)
SECRET = "lives at {} Elm Street"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Old comments, which only their night collected, and new ones."""
    context = build.Context([("instagram", "orbital", ())], (MODEL, "1"), THRESHOLDS, POLICIES)
    for night in (OLD, NEW):
        comments = [(f"{night}-{n}", f"{SECRET.format(n)} since {night}", at(night), 0.1) for n in range(300)]
        build.publish(tmp_path / "warehouse", [night_of(tmp_path / "lake", night, comments)], context)
    return tmp_path / "warehouse"


def test_a_version_with_a_flipped_bit_is_not_handed_on(folder: Path) -> None:
    path = build.current(folder)
    whole, rows, rng = path.read_bytes(), build.content_hash(folder), random.Random(7)
    written = [at for at, byte in enumerate(whole) if byte]  # most of a small file's blocks is empty
    refused = 0
    for _ in range(8):
        content = bytearray(whole)
        content[rng.choice(written)] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
        try:
            build.amend(folder, lambda _: None)
        except WarehouseError as error:
            assert "toxwatch rebuild" in str(error)  # noqa: PT017
            assert build.current(folder) == path
            refused += 1
        else:
            assert build.content_hash(folder) == rows
            build.point(folder / build.CURRENT, Path(path.name))
    assert refused > 2


def test_a_damaged_older_version_is_found(folder: Path) -> None:
    oldest = build.versions(folder)[0]
    build.check_readable(oldest)
    content = bytearray(oldest.read_bytes())
    content[len(content) // 2] ^= 1
    oldest.write_bytes(content)
    with pytest.raises(WarehouseError, match=f"{oldest.name} is damaged"):
        build.check_readable(oldest)


def test_what_expired_is_gone_from_the_file(folder: Path) -> None:
    query = "SELECT author_hash, text FROM comments WHERE first_night = $1"
    with duckdb.connect(str(build.current(folder)), read_only=True) as con:
        old = [word for row in con.execute(query, [OLD]).fetchall() for word in row]
    assert len(old) == 600
    assert expire._expire_warehouse(folder, {"texts": NEW, "authors": NEW}) > 0
    left = build.current(folder).read_bytes()
    assert [word for word in old if word.encode() in left] == []
    assert any(f"{SECRET.format(n)} since {NEW}".encode() in left for n in range(300)), "texts can be read in the bytes"
    assert build.versions(folder) == [build.current(folder)]


def test_a_file_that_is_written_anew_has_the_same_rows_and_views(folder: Path) -> None:
    rows, columns = build.content_hash(folder), _columns(folder)
    build.blank(folder, lambda _: None)
    assert build.content_hash(folder) == rows
    assert _columns(folder) == columns


def _columns(folder: Path) -> list[tuple[str, ...]]:
    query = "SELECT table_name, column_name, data_type, comment IS NULL FROM duckdb_columns() WHERE NOT internal"
    with duckdb.connect(str(build.current(folder)), read_only=True) as con:
        return con.execute(f"{query} ORDER BY ALL").fetchall()
