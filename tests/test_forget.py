"""Forgetting: an author is gone from every file, stays gone after the next night, and others are as they were."""

import gzip
import json
import shutil
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from jobs import nightly, publish
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.authors import author_hash, author_key
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, read_raw
from jobs.upkeep import doctor, forget, held
from tests.fixtures.nights import NIGHTS, copied
from warehouse import build
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, after_two_nights: Settings) -> Settings:
    return copied(after_two_nights, tmp_path_factory.mktemp("forget"))


def raw_names(settings: Settings) -> dict[str, str]:
    """Hash → name of everybody in the raw files."""
    lake, key = Lake(settings.data_dir), author_key(settings)
    comments = [comment for night in NIGHTS for line in read_raw(lake, night) if line.kind == "comment"
                for comment in mapped_comments(line)]  # fmt: skip
    return {author_hash(f"{c['platform']}:{c['author']}", key): c["author"] for c in comments}


def raw_text(settings: Settings) -> str:
    return "".join(gzip.open(path, "rt").read() for path in settings.data_dir.rglob("*.jsonl.gz"))


def stored(settings: Settings, column: str) -> set[str]:
    files = [path for path in settings.data_dir.rglob("*.parquet") if column in pq.read_schema(path).names]
    return {value for path in files for value in pq.ParquetFile(path).read([column])[column].to_pylist()}


def test_an_author_and_a_comment_are_gone_everywhere_and_stay_gone(settings: Settings) -> None:
    folder = settings.data_dir / "warehouse"
    ask = Warehouse(folder).query
    [(author, mine)] = ask(
        "select author_hash, count(*) from comments where platform = 'youtube' group by all order by 2 desc, 1 limit 1"
    )
    [(comment,)] = ask("select comment_id from comments where platform = 'instagram' and reply_count = 0 limit 1")
    ids = [id for (id,) in ask("select comment_id from comments where author_hash = $1", [author])] + [comment]
    [(key,)] = ask("select text_key from comments where comment_id = $1", [comment])
    assert key in stored(settings, "text_key")
    clean = Lake(settings.data_dir).folder("clean", NIGHTS[0])
    shutil.copytree(clean, clean.with_name(f".fresh-{clean.name}"))  # as a stage leaves it that is killed
    [(before,)] = ask("select count(*) from comments")
    name = raw_names(settings)[author]
    assert f'"{name}"' in raw_text(settings)
    assert set(ids) <= stored(settings, "comment_id")
    last = Lake(settings.data_dir).folder("raw", NIGHTS[1]) / "youtube" / "aurora.space.jsonl.gz"
    assert f'"{name}"' in gzip.decompress(last.read_bytes()).decode()

    assert held.run(settings, f"youtube:{name}", settings.data_dir.with_name("held.json"))["comments"] == mine
    told = json.loads(settings.data_dir.with_name("held.json").read_text())
    assert {row["comment_id"] for row in told["comments"]} == set(ids) - {comment}
    assert {row["author"] for row in told["raw"]} == {name}

    erased = forget.run(settings, {author}, {comment})
    assert held.run(settings, f"youtube:{name}", settings.data_dir.with_name("held.json")) == {}
    assert erased.rows["warehouse"] == mine + 1
    assert ask("select count(*) from comments") == [(before - mine - 1,)]
    assert f'"{name}"' not in raw_text(settings)
    assert comment.partition(":")[2] not in raw_text(settings)
    assert stored(settings, "comment_id").isdisjoint(ids)
    kept = {key for (key,) in ask("select text_key from comments")}
    assert stored(settings, "text_key") <= kept
    assert len(list(folder.glob("v*.duckdb"))) == 1

    last.unlink()
    nightly.run(settings, NIGHTS[1:])
    assert ask("select count(*) from comments where author_hash = $1", [author]) == [(0,)]
    assert ask("select count(*) from comments where comment_id = $1", [comment]) == [(0,)]
    assert ask("select count(*) from comments") == [(before - mine - 1,)]


def test_a_rebuilt_warehouse_is_the_one_that_was_left(settings: Settings) -> None:
    before = build.content_hash(settings.data_dir / "warehouse")
    publish.rebuild(settings)
    assert build.content_hash(settings.data_dir / "warehouse") == before


def test_a_model_that_has_not_scored_the_nights_is_refused_and_doctor_says_how_to_mend_it(settings: Settings) -> None:
    other = replace(settings, model_dir=settings.model_dir.with_name("transformer"))
    with pytest.raises(BadInput, match=f"has not scored 2 of 2 published nights.*--from {NIGHTS[0]} --to {NIGHTS[1]}"):
        publish.rebuild(other)
    [finding] = [finding for finding in doctor.examine(other) if finding.check == "warehouse"]
    assert not finding.is_good
    assert "toxwatch nightly --no-scrape" in finding.message
