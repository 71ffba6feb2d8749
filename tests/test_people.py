"""Who wrote, is named and published with: hashes that follow the key, and go with the authors' time."""

from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs import publish
from jobs.config.settings import Settings
from jobs.lake import schema
from jobs.lake.authors import Pseudonyms, author_key
from jobs.lake.nights import Lake
from jobs.upkeep import expire, rekey, verify
from tests.conftest import comment_item
from tests.fixtures.nights import keep_key_in_folder, store_night
from warehouse import build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long

NIGHT = date(2026, 11, 10)
ANN = comment_item(
    text="Look, @bob",
    owner={"id": "7", "username": "ann", "is_verified": True},
    commentUrl="https://www.instagram.com/p/DZ5T2XPllXv/c/1",
    media={"gif": {"url": "https://media.example/wave.gif"}},
)
POST = {
    "url": "https://www.instagram.com/p/DZ5T2XPllXv/",
    "timestamp": "2026-11-10T10:00:00.000Z",
    "coauthorProducers": [{"username": "carl"}],
}
PEOPLE = "author_hash, author_id_hash, mention_hashes, coauthor_hashes"


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings.data_dir.mkdir()
    keep_key_in_folder(settings, monkeypatch)
    for night in (NIGHT, NIGHT + timedelta(days=1)):
        store_night(settings, night, [ANN], [POST])
    publish.rebuild(settings)
    return settings


def stored(settings: Settings, columns: str = PEOPLE) -> tuple[Any, ...]:
    query = f"SELECT {columns} FROM comments JOIN posts USING (post_id)"
    [row] = Warehouse(settings.data_dir / "warehouse").query(query)
    return row


def expected(settings: Settings) -> tuple[Any, ...]:
    people = Pseudonyms(author_key(settings))
    ann, bob, carl = (people.of_name("instagram", name) for name in ("ann", "bob", "carl"))
    return ann, people.of_id("instagram", "7"), [bob], [carl]


def test_another_key_is_another_hash_of_everybody(home: Settings) -> None:
    before = stored(home)
    assert before == expected(home)
    rekey.run(home)
    assert stored(home) == expected(home)
    assert not {str(one) for one in stored(home)} & {str(one) for one in before}


def test_they_are_gone_when_their_time_is_over_and_what_they_say_of_the_comment_stays(home: Settings) -> None:
    targets = home.targets_file.read_text()
    home.targets_file.write_text(f"[keep]\ntext_days = 1\nauthor_days = 1\n{targets}")
    assert expire.run(home, NIGHT + timedelta(days=5))["authors in validated"] > 0
    assert stored(home, f"{PEOPLE}, link, comments.media, is_verified") == (None, None, None, None, None, None, True)
    for path in Lake(home.data_dir).root.glob("validated/*/*.parquet"):
        table = pq.read_table(path)
        for name in {*schema.PEOPLE, "link", "media"} & set(table.column_names):
            assert table[name].null_count == table.num_rows, name
    before = build.content_hash(home.data_dir / "warehouse")
    publish.rebuild(home)
    assert build.content_hash(home.data_dir / "warehouse") == before
    assert verify.run(home).problems == []
    assert expire.run(home, NIGHT + timedelta(days=5)) == {}
