"""A new key: other hashes everywhere, the same people; killed on the way it goes on; the forgotten stay forgotten."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs import validate
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.authors import KEY, NEXT_KEY, author_hash, author_key
from jobs.lake.nights import Lake
from jobs.lake.tombstones import read_forgotten
from jobs.upkeep import forget, rekey
from tests.fixtures.nights import NIGHTS, copied, keep_key_in_folder
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long


def people(settings: Settings) -> Counter[str]:
    rows = Warehouse(settings.data_dir / "warehouse").query("SELECT author_hash, comment_id FROM comments")
    return Counter(author for author, _ in rows)


def held(settings: Settings) -> set[str]:
    paths = list(settings.data_dir.rglob("comments*.parquet")) + list(settings.data_dir.rglob("rows*.parquet"))
    tables = [pq.ParquetFile(path).read() for path in paths]
    columns = [table[name].to_pylist() for table in tables for name in ("author_hash", "author_id_hash")]
    mentions = [names or [] for table in tables for names in table["mention_hashes"].to_pylist()]
    return {one for column in [*columns, *mentions] for one in column if one}


@pytest.mark.slow
def test_everybody_gets_another_hash_and_stays_who_they_are(
    after_two_nights: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copied(after_two_nights, tmp_path)
    keep_key_in_folder(settings, monkeypatch)
    old = author_key(settings)
    [(gone, _)] = people(settings).most_common(1)
    forget.run(settings, {gone}, set())
    before, held_before = people(settings), held(settings)

    monkeypatch.setattr(rekey.publish, "rebuild", killed)
    with pytest.raises(KeyboardInterrupt):
        rekey.run(settings)
    assert (settings.data_dir / NEXT_KEY).stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="rekey` again"):
        validate.run(settings, NIGHTS[0])
    monkeypatch.undo()
    monkeypatch.delenv("TOXWATCH_AUTHOR_KEY")

    assert rekey.run(settings) == 0, "the files were done before it was killed"
    after = people(settings)
    assert sorted(after.values()) == sorted(before.values())
    assert not held(settings) & held_before
    assert len(list((settings.data_dir / "warehouse").glob("v*.duckdb"))) == 1
    assert author_key(settings) != old
    assert author_key(settings).startswith(old)
    assert (settings.data_dir / KEY).stat().st_mode & 0o777 == 0o600

    renewed = held(settings)
    for night in NIGHTS:
        validate.run(settings, night)  # the only stage that hashes names
    assert held(settings) <= renewed, "names hash to what the hashes became"
    forgotten = read_forgotten(Lake(settings.data_dir)).authors
    assert author_hash(gone, author_key(settings).split(b"\n")[-1]) in forgotten
    assert not forgotten & held(settings)


def killed(_: Settings) -> None:
    raise KeyboardInterrupt


def test_a_key_of_the_environment_is_not_changed(settings: Settings) -> None:
    with pytest.raises(BadInput, match="TOXWATCH_AUTHOR_KEY"):
        rekey.run(settings)
