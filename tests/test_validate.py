"""Rows are rejected with every reason, authors become hashes, a night that is not to be trusted stops."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import validate
from jobs.config.settings import Settings
from jobs.errors import RefusedData
from jobs.lake import schema
from jobs.lake.nights import Lake
from tests.conftest import comment_item, write_raw

NIGHT = date(2026, 11, 10)
WINDOW_START = datetime(2026, 10, 27, tzinfo=UTC)
NOW = datetime(2026, 11, 11, 3, tzinfo=UTC)

GOOD = {
    "comment_id": "instagram:1",
    "platform": "instagram",
    "account": "nasa",
    "post_id": "instagram:P",
    "parent_id": None,
    "author": "ann",
    "text": "What a picture",
    "has_media": False,
    "posted_at": datetime(2026, 11, 10, 12, tzinfo=UTC),
    "likes": 3,
    "reply_count": None,
    "is_import": False,
}


def frame(*rows: dict) -> pd.DataFrame:
    columns = schema.MAPPED.append(pa.field("is_import", pa.bool_()))
    return pa.Table.from_pylist(list(rows), columns).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        ({"comment_id": None}, ["no_id"]),
        ({"post_id": None, "posted_at": None}, ["no_post", "no_time"]),
        ({"posted_at": datetime(2099, 1, 1, tzinfo=UTC)}, ["time_in_the_future"]),
        ({"posted_at": datetime(2026, 10, 1, tzinfo=UTC)}, ["time_before_the_window"]),
        ({"posted_at": datetime(2019, 1, 1, tzinfo=UTC), "is_import": True}, []),
        ({"text": " \n"}, ["no_text"]),
        ({"text": None}, ["no_text"]),
        ({"text": "", "has_media": True}, []),
        ({"text": "a" * 10_001}, ["text_too_long"]),
        ({"likes": 10**12}, ["too_many_likes"]),
        ({"likes": None}, []),
        ({"has_media": None}, []),
    ],
)
def test_a_row_is_rejected_with_every_reason(change: dict, reasons: list[str]) -> None:
    assert validate.reject_reasons(frame(GOOD | change), WINDOW_START, NOW).tolist() == [reasons]


def test_of_equal_ids_the_first_is_kept() -> None:
    rows = frame(GOOD, GOOD | {"text": "again"}, GOOD | {"comment_id": None}, GOOD | {"comment_id": None})
    reasons = validate.reject_reasons(rows, WINDOW_START, NOW).tolist()
    assert reasons == [[], ["duplicate_id"], ["no_id"], ["no_id"]]


def test_an_author_is_the_same_hash_everywhere_and_nobody_under_another_key() -> None:
    rows = frame(GOOD, GOOD | {"account": "esa"}, GOOD | {"author": "bob"}, GOOD | {"author": None})
    hashes = validate.hash_authors(rows, b"key")
    assert hashes[0] == hashes[1] != hashes[2]
    assert pd.isna(hashes[3])
    assert len(hashes[0]) == 32
    assert validate.hash_authors(rows, b"other key")[0] != hashes[0]


def test_a_night_is_accounted_for(settings: Settings) -> None:
    items = [comment_item(id=str(n), text=f"comment {n}") for n in range(30)]
    items.append(comment_item(id="7", text="comment 7"))  # the same again on the next page
    items.append(comment_item(id="99", timestamp="2099-01-01T00:00:00.000Z", text="from the future"))
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", comments=items)

    manifest = validate.run(settings, NIGHT)

    lake = Lake(settings.data_dir)
    accepted = pq.read_table(lake.folder("validated", NIGHT) / "comments.parquet")
    rejected = pq.read_table(lake.folder("rejected", NIGHT) / "rows.parquet")
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
    assert pq.read_table(lake.folder("rejected", NIGHT) / "rows.parquet").num_rows == 8
    report = Path(str(refusal.value).partition("the report is ")[2].partition(".html")[0] + ".html")
    assert report.exists()


def test_a_lone_surrogate_does_not_stop_the_night(settings: Settings) -> None:
    write_raw(
        settings.data_dir, NIGHT, "instagram", "orbital", comments=[comment_item(id="1", text="half \ud83d here")]
    )
    validate.run(settings, NIGHT)
    stored = pq.read_table(Lake(settings.data_dir).folder("validated", NIGHT) / "comments.parquet")
    assert stored.column("text").to_pylist() == ["half \ufffd here"]
