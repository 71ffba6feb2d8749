"""Rows are rejected with every reason, authors become hashes, a night that is not to be trusted stops."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from pyspark.sql.pandas.types import from_arrow_schema

from jobs import validate
from jobs.config.settings import Settings
from jobs.errors import RefusedData
from jobs.lake import schema
from jobs.lake.datasets import BY_NAME
from jobs.lake.months import merge
from jobs.lake.nights import Lake
from jobs.lake.raw import raw_file, writing_raw
from jobs.spark.raw import LINES, map_files
from jobs.spark.session import session
from tests.conftest import comment_item, write_raw

pytestmark = pytest.mark.long

NIGHT = date(2026, 11, 10)
WINDOW_START = datetime(2026, 10, 27, tzinfo=UTC)
NOW = datetime(2026, 11, 11, 3, tzinfo=UTC)

GOOD = {
    "comment_id": "instagram:1",
    "platform": "instagram",
    "account": "nasa",
    "post_id": "instagram:P",
    "parent_id": None,
    "author_hash": "ann",
    "text": "What a picture",
    "has_media": False,
    "posted_at": datetime(2026, 11, 10, 12, tzinfo=UTC),
    "likes": 3,
    "reply_count": None,
    "is_import": False,
}


CASES: list[tuple[dict, list[str]]] = [
    ({}, []),
    ({"comment_id": None}, ["no_id"]),
    ({"post_id": None, "posted_at": None}, ["no_post", "no_time"]),
    ({"posted_at": datetime(2099, 1, 1, tzinfo=UTC)}, ["time_in_the_future"]),
    ({"posted_at": datetime(2026, 10, 1, tzinfo=UTC)}, ["time_before_the_window"]),
    ({"posted_at": datetime(2019, 1, 1, tzinfo=UTC), "is_import": True}, []),
    ({"text": " \n\u00a0"}, ["no_text"]),
    ({"text": None}, ["no_text"]),
    ({"text": "", "has_media": True}, []),
    ({"text": "a" * 10_001}, ["text_too_long"]),
    ({"likes": 10**12}, ["too_many_likes"]),
    ({"likes": None}, []),
    ({"has_media": None}, []),
]


def reasons_of(settings: Settings, rows: list[dict]) -> list[list[str]]:
    types = from_arrow_schema(LINES)
    lines = [dict.fromkeys(LINES.names) | row | {"position": at} for at, row in enumerate(rows)]
    frame = session(settings).createDataFrame([tuple(line[name] for name in LINES.names) for line in lines], types)
    judged = validate.with_reasons(frame, WINDOW_START, NOW).orderBy("position").collect()
    return [row["reasons"] for row in judged]


def test_a_row_is_rejected_with_every_reason(settings: Settings) -> None:
    rows = [GOOD | {"comment_id": f"instagram:{at}"} | change for at, (change, _) in enumerate(CASES)]
    assert reasons_of(settings, rows) == [reasons for _, reasons in CASES]


def test_of_equal_ids_the_first_is_kept(settings: Settings) -> None:
    rows = [GOOD, GOOD | {"text": "again"}, GOOD | {"comment_id": None}, GOOD | {"comment_id": None}]
    assert reasons_of(settings, rows) == [[], ["duplicate_id"], ["no_id"], ["no_id"]]


def test_an_author_is_the_same_hash_everywhere_and_nobody_under_another_key(tmp_path: Path) -> None:
    def hashes(key: bytes) -> list[str | None]:
        batch = pa.RecordBatch.from_pydict(
            {"number": [0, 1], "path": ["instagram/nasa.jsonl.gz", "instagram/esa.jsonl.gz"]}
        )
        rows = [
            row for one in map_files(str(tmp_path), NIGHT, key, frozenset(), iter([batch])) for row in one.to_pylist()
        ]
        return [row["author_hash"] for row in rows]

    (tmp_path / "instagram").mkdir()
    for account, authors in {"nasa": ["ann", "bob"], "esa": ["ann", None]}.items():
        with writing_raw(tmp_path / "instagram" / f"{account}.jsonl.gz") as write:
            for at, author in enumerate(authors):
                write("comment", "instagram", "run1", comment_item(id=f"{account}{at}", ownerUsername=author))
    ann, bob, ann_again, nobody = hashes(b"key")
    assert ann == ann_again != bob
    assert nobody is None
    assert len(str(ann)) == 32
    assert hashes(b"other key")[0] != ann


def test_a_night_is_accounted_for(settings: Settings) -> None:
    items = [comment_item(id=str(n), text=f"comment {n}") for n in range(30)]
    items.append(comment_item(id="7", text="comment 7"))  # the same again on the next page
    items.append(comment_item(id="99", timestamp="2099-01-01T00:00:00.000Z", text="from the future"))
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", comments=items)

    manifest = validate.run(settings, NIGHT)

    lake = Lake(settings.data_dir)
    accepted = pa.dataset.dataset(sorted(lake.folder("validated", NIGHT).glob("comments*.parquet"))).to_table()
    rejected = pa.dataset.dataset(sorted(lake.folder("rejected", NIGHT).glob("rows*.parquet"))).to_table()
    assert (manifest.rows_in, manifest.rows_out) == (32, 30)
    assert manifest.set_aside == {"duplicate_id": 1, "time_in_the_future": 1}
    assert accepted.schema.names == schema.VALIDATED.names
    assert sorted(rejected.column("reasons").to_pylist()) == [["duplicate_id"], ["time_in_the_future"]]
    assert "ann" not in json.dumps(accepted.to_pylist() + rejected.to_pylist(), default=str)


def test_what_several_runs_gave_alike_is_no_reason_to_refuse_a_night(settings: Settings) -> None:
    items = [comment_item(id=str(n), text=f"comment {n}") for n in range(10)]
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", comments=items * 3)
    manifest = validate.run(settings, NIGHT)
    assert (manifest.rows_out, manifest.set_aside) == (10, {"duplicate_id": 20})
    ids_gone_wrong = [comment_item(id="1", text=f"comment {n}") for n in range(10)]
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", comments=ids_gone_wrong)
    with pytest.raises(RefusedData, match="did not pass"):
        validate.run(settings, NIGHT)


def test_a_night_of_mostly_bad_rows_is_refused_with_a_report(settings: Settings) -> None:
    items = [comment_item(id=str(n), timestamp="2099-01-01T00:00:00.000Z") for n in range(8)]
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", comments=[*items, comment_item(id="good")])

    with pytest.raises(RefusedData, match=r"time_in_the_future 8") as refusal:
        validate.run(settings, NIGHT)

    lake = Lake(settings.data_dir)
    assert lake.manifest("validated", NIGHT) is None
    assert pa.dataset.dataset(sorted(lake.folder("rejected", NIGHT).glob("rows*.parquet"))).to_table().num_rows == 8
    report = Path(str(refusal.value).partition("the report is ")[2].partition(".html")[0] + ".html")
    assert report.exists()


def test_a_refused_night_leaves_its_month_and_the_others_stay(settings: Settings) -> None:
    lake, other = Lake(settings.data_dir), NIGHT - timedelta(days=1)
    for night in (other, NIGHT):
        write_raw(settings.data_dir, night, "instagram", "orbital", comments=[comment_item(id=str(night))])
        validate.run(settings, night)
    merge(lake, BY_NAME["validated"], [other, NIGHT])

    bad = [comment_item(id=str(n), timestamp="2099-01-01T00:00:00.000Z") for n in range(8)]
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", comments=bad)
    with pytest.raises(RefusedData):
        validate.run(settings, NIGHT)

    assert lake.nights("validated") == [other]
    [month] = lake.months("validated")
    stored = pa.dataset.dataset(month.files(BY_NAME["validated"])).to_table()
    assert stored.column("comment_id").to_pylist() == [f"instagram:{other}"]


def test_a_lone_surrogate_does_not_stop_the_night(settings: Settings) -> None:
    write_raw(
        settings.data_dir, NIGHT, "instagram", "orbital", comments=[comment_item(id="1", text="half \ud83d here")]
    )
    validate.run(settings, NIGHT)
    stored = pa.dataset.dataset(
        sorted(Lake(settings.data_dir).folder("validated", NIGHT).glob("comments*.parquet"))
    ).to_table()
    assert stored.column("text").to_pylist() == ["half \ufffd here"]


def test_a_damaged_file_and_a_post_without_id_are_their_accounts_ingest_errors(settings: Settings) -> None:
    posts = [
        {"id": "3", "shortCode": "DZ", "url": "https://www.instagram.com/p/DZ/", "caption": "half \ud83d here"},
        {"note": "a row without id and link"},
    ]
    items = [comment_item(id=str(n), text=f"comment {n}") for n in range(40)]
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", comments=items, posts=posts)
    lake = Lake(settings.data_dir)
    damaged = raw_file(lake, NIGHT, "instagram/harbour")
    with writing_raw(damaged) as write:
        for n in range(5000):
            write("comment", "instagram", "run1", comment_item(id=f"h{n}", text=f"comment {n * 7919}"))
    damaged.write_bytes(damaged.read_bytes()[:8000])

    manifest = validate.run(settings, NIGHT)

    assert manifest.rows_out > 40, "what can be read of the damaged file goes on too"
    folders = lake.folder("validated", NIGHT), lake.folder("rejected", NIGHT)
    stored = pq.read_table(folders[0] / "posts.parquet").to_pylist()
    assert [(post["post_id"], post["caption"]) for post in stored] == [("instagram:DZ", "half \ufffd here")]
    errors = pq.read_table(folders[1] / "ingest_errors.parquet").to_pylist()
    assert sorted((error["account"], error["error"]) for error in errors) == [
        ("harbour", "damaged_file"),
        ("orbital", "unreadable"),
    ]
