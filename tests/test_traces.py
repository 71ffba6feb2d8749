"""Forgetting, place by place: wherever something about somebody can be, it is found, told and gone from the bytes."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.people import People
from jobs import cli, publish
from jobs.config.settings import Settings
from jobs.errors import BadInput, ToxwatchError
from jobs.lake.authors import Pseudonyms, author_hash, author_key
from jobs.lake.datasets import DATASETS
from jobs.lake.months import RAW, merge
from jobs.lake.nights import Lake
from jobs.lake.raw import RawLine, mapped_comments
from jobs.lake.tombstones import TOMBSTONES, Eraser, read_forgotten
from jobs.upkeep import forget, held, verify
from models.text import clean_text, text_key
from tests.conftest import comment_item, settings_in, write_raw
from tests.fixtures.nights import copied, rows_of, store_night
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

pytestmark = pytest.mark.long

NIGHTS = [date(2026, 11, 10), date(2026, 11, 11)]
ANN, ID, SAID = "ann.of.elm.street", "18093536360613690", "I live in Elm Street and my phone is 555 0100"
REPLY, OTHER = "18093536360613691", "18093536360613692"
THREAD = comment_item(
    id=ID, ownerUsername=ANN, text=SAID, replies=[comment_item(id=REPLY, ownerUsername="bob", text="Careful")]
)
OF_BOB = comment_item(id=OTHER, ownerUsername="bob", text="What a picture, thank you all")
POST = {
    "shortCode": "DZ5T2XPllXv",
    "url": "https://www.instagram.com/p/DZ5T2XPllXv/",
    "ownerUsername": "orbital",
    "timestamp": "2026-11-10T10:00:00.000Z",
    "firstComment": SAID,
    "latestComments": [{"id": ID, "text": SAID, "ownerUsername": ANN}],
    "coauthorProducers": [{"username": ANN}],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_in(tmp_path_factory.mktemp("traces"))
    for night in NIGHTS:
        store_night(settings, night, [THREAD, OF_BOB], [POST])
    publish.rebuild(settings)
    Reviews.in_folder(settings.data_dir).record(f"instagram:{ID}", "mia", ["insult"], [], "m", "p")
    people = People.in_folder(settings.data_dir)
    people.note("mia", f"reviewed instagram:{ID} as insult")
    people.note("mia", f"revealed texts, author={hash_of_ann(settings)}")
    (settings.data_dir / "models").mkdir()
    rows = {"source": ["reviews", "jigsaw"], "raw": [SAID, "others"], "text": [SAID, "others"],
            "key": [text_key(clean_text(SAID)), "k"]}  # fmt: skip
    pq.write_table(pa.table(rows), settings.data_dir / "models" / "labelled.parquet")
    return settings


@pytest.fixture
def home(made: Settings, tmp_path: Path) -> Settings:
    return copied(made, tmp_path)


def hash_of_ann(settings: Settings) -> str:
    return author_hash(f"instagram:{ANN}", author_key(settings))


def contents(data_dir: Path) -> Iterator[bytes]:
    """Every byte of the data folder, and what compressed files say."""
    for path in data_dir.rglob("*"):
        if path.is_file() and path.name != TOMBSTONES:
            yield path.read_bytes()
            if path.name == RAW:
                with ZipFile(path) as packed:
                    yield from (
                        gzip.decompress(packed.read(name)) for name in packed.namelist() if name.endswith(".gz")
                    )
            if path.suffix == ".gz":
                yield gzip.decompress(path.read_bytes())
            elif path.suffix == ".parquet":
                yield str(pq.ParquetFile(path).read().to_pylist()).encode()
            elif path.suffix == ".duckdb":
                with duckdb.connect(str(path), read_only=True) as con:
                    for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                        yield str(con.execute(f"FROM {table}").fetchall()).encode()


def places_with(data_dir: Path, word: str) -> int:
    return sum(word.encode() in content for content in contents(data_dir))


def test_what_is_held_is_erased_and_gone_from_the_bytes(home: Settings, tmp_path: Path) -> None:
    words = [ANN, ID, SAID, hash_of_ann(home)]
    assert min(places_with(home.data_dir, word) for word in words) > 0
    counts = held.run(home, f"instagram:{ANN}", tmp_path / "answer.json")
    assert (tmp_path / "answer.json").stat().st_mode & 0o777 == 0o600
    assert counts == {
        "comments": 1,
        "raw": 2,
        "raw items of others": 6,
        "scored": 2,
        "texts": 2,
        "clean": 2,
        "validated": 2,
        "replies to them": 3,
        "mentions of them": 3,
        "warehouse author_days by author_hash": 1,
        "warehouse comments by author_hash": 1,
        "warehouse comments by comment_id": 1,
        "warehouse drawn by comment_id": 1,
        "warehouse flagged_comments by author_hash": 1,
        "warehouse flagged_comments by comment_id": 1,
        "warehouse scores by comment_id": 1,
        "warehouse worst_comments by comment_id": 1,
        "reviews.db": 1,
        "people.db": 2,
        "labelled comments": 1,
    }
    told = json.loads((tmp_path / "answer.json").read_text())
    assert {row["text"] for row in told["raw"]} == {SAID}

    erased = forget.run(home, {hash_of_ann(home)}, set())
    assert erased.unknown == set()
    assert erased.rows == {
        "raw": 2,
        "raw items of others": 2,
        "scored": 2,
        "texts": 2,
        "clean": 2,
        "validated": 2,
        "replies to them": 2,
        "mentions of them": 2,
        "warehouse": 1,
        "reviews": 1,
        "people.db": 2,
        "labelled comments": 1,
    }
    assert [(word, places) for word in words if (places := places_with(home.data_dir, word))] == []
    assert held.run(home, f"instagram:{ANN}", tmp_path / "answer.json") == {}
    ask = Warehouse(home.data_dir / "warehouse").query
    assert ask("SELECT comment_id, left(parent_id, 7) FROM comments ORDER BY ALL") == [
        (f"instagram:{REPLY}", "erased:"), (f"instagram:{OTHER}", None)]  # fmt: skip
    assert [did for _, _, did in People.in_folder(home.data_dir).audit()] == [
        "revealed texts, author=(erased)", "reviewed (erased) as insult"]  # fmt: skip
    assert forget.run(home, {hash_of_ann(home)}, set()) == forget.Erased({}, frozenset())


def test_whoever_took_another_name_is_forgotten_by_either(settings: Settings) -> None:
    """And nobody else, though a scrape brings both names again."""
    by_both_names = [
        comment_item(id=ID, ownerUsername=ANN, owner={"id": "77"}, text=SAID),
        comment_item(id=REPLY, ownerUsername="ann.before", owner={"id": "77"}),
        OF_BOB,
    ]
    store_night(settings, NIGHTS[0], by_both_names, [])
    forget.run(settings, {author_hash("instagram:ann.before", author_key(settings))}, set())
    assert [word for word in (ANN, "ann.before", ID, REPLY) if places_with(settings.data_dir / "raw", word)] == []
    assert [row["comment_id"] for row in validated(settings, NIGHTS[0])] == [f"instagram:{OTHER}"]
    again = Eraser(read_forgotten(Lake(settings.data_dir)), author_key(settings))
    write_raw(settings.data_dir, NIGHTS[1], "instagram", "orbital", by_both_names)
    assert again.prune(Lake(settings.data_dir), NIGHTS[1]) == {"raw": 2}


def validated(settings: Settings, night: date) -> list[dict[str, Any]]:
    return rows_of(Lake(settings.data_dir).folder("validated", night) / "comments.parquet")


def test_who_named_them_names_nobody_and_is_not_hashed_again(settings: Settings) -> None:
    naming = comment_item(id=OTHER, ownerUsername="bob", text=f"Look at this, @{ANN} and @carl")
    store_night(settings, NIGHTS[0], [THREAD, naming], [POST])
    forget.run(settings, {hash_of_ann(settings)}, set())
    carl = author_hash("instagram:carl", author_key(settings))
    assert [row["mention_hashes"] for row in validated(settings, NIGHTS[0])] == [None, [carl]]
    assert places_with(settings.data_dir, hash_of_ann(settings)) == 0
    line = RawLine(NIGHTS[1], "instagram", "orbital", "comment", "instagram", "run1", naming)
    people = Pseudonyms(author_key(settings), read_forgotten(Lake(settings.data_dir)).authors)
    assert [people.of_comment(comment)["mention_hashes"] for comment in mapped_comments(line)] == [[carl]]


def test_what_lies_in_months_is_erased_too(home: Settings) -> None:
    lake = Lake(home.data_dir)
    for dataset in DATASETS:
        for model in lake.models(dataset):
            if dataset.name != "monitored":
                merge(lake, dataset, NIGHTS, model)
    assert verify.run(home).problems == []
    erased = forget.run(home, {hash_of_ann(home)}, set())
    assert min(erased.rows[place] for place in ("raw", "raw items of others", "validated", "scored")) == 2
    assert [word for word in (ANN, ID, SAID, hash_of_ann(home)) if places_with(home.data_dir, word)] == []
    assert verify.run(home).problems == []


@pytest.mark.parametrize("name", ["week.html", "week.csv", "week.csv.gz", "week.parquet", "week.duckdb"])
def test_a_file_made_here_that_still_tells_of_them_is_named(home: Settings, name: str) -> None:
    path = home.data_dir / name
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"text": [SAID]}), path)
    elif name.endswith(".duckdb"):
        with duckdb.connect(str(path)) as con:
            con.execute("CREATE TABLE comments AS SELECT $1 AS text", [SAID])
    else:
        content = f"<td>{SAID}</td>".encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(ToxwatchError, match=rf"still tell of them: {name}\. Delete them"):
        forget.run(home, {hash_of_ann(home)}, set())
    path.unlink()


def test_a_run_that_was_stopped_goes_on(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at any dataset, the next run still knows which rows are theirs."""
    prune = forget._prune
    for stop in ("texts", "clean", "validated"):

        def until(dataset, folder, wanted, marks, stop=stop):
            if dataset.name == stop:
                raise KeyboardInterrupt
            return prune(dataset, folder, wanted, marks)

        monkeypatch.setattr(forget, "_prune", until)
        with pytest.raises(KeyboardInterrupt):
            forget.run(home, {hash_of_ann(home)}, set())
    monkeypatch.undo()
    forget.run(home, {hash_of_ann(home)}, set())
    assert [word for word in (ANN, ID, SAID) if places_with(home.data_dir, word)] == []


def test_what_was_never_stored_is_unknown_and_leaves_no_tombstone(home: Settings) -> None:
    nobody = author_hash("instagram:nobody", author_key(home))
    erased = forget.run(home, {nobody}, {"instagram:1"})
    assert erased == forget.Erased({}, frozenset({nobody, "instagram:1"}))
    assert not read_forgotten(Lake(home.data_dir))


@pytest.mark.parametrize(
    ("options", "output"),
    [
        (
            ["--author", f"instagram/{ANN.upper()}"],
            f"No such author: instagram/{ANN.upper()}.*Did you mean instagram/{ANN}",
        ),
        (["--author", "instagram/nobody"], "No such author: instagram/nobody.*as the platform spells it"),
        (["--author", "reddit/ann"], "No such author: reddit/ann"),
        (["--author", "ann"], "Write an author as platform/handle"),
        (["--comment", ID], "Write a comment as platform:id"),
        (["--comment", "instagram:1"], "No such comment: instagram:1"),
    ],
)
def test_the_command_does_not_say_that_it_erased_what_was_not_there(
    home: Settings, options: list[str], output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadInput, match=output):
        cli.app(["forget", "--yes", "--data-dir", str(home.data_dir), *options], standalone_mode=False)
    assert "nothing is left" not in "".join(capsys.readouterr())


def test_the_command_says_what_was_where(
    home: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXWATCH_MODEL", str(home.model_dir))
    arguments = ["forget", "--yes", "--data-dir", str(home.data_dir), "--author", f"instagram/{ANN}"]
    cli.app(arguments, standalone_mode=False)
    output = " ".join(capsys.readouterr().err.split())
    assert "2 in raw" in output
    assert "1 in warehouse" in output
    assert output.endswith("Looked again in every place: nothing is left.")
