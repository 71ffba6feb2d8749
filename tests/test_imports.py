"""Comments that somebody already has: every export people bring becomes the same columns, mistakes are named."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs import validate
from jobs.collect import imports
from jobs.collect.imports import account_named
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, read_raw
from tests.conftest import comment_item

pytestmark = pytest.mark.long

NIGHT = date(2026, 11, 10)
POSTED = datetime(2026, 11, 10, 12, tzinfo=UTC)

ZEESCHUIMER = {
    "nav_index": "1:1:0",
    "item_id": "7301",
    "timestamp_collected": 1763000000000,
    "source_platform": "tiktok-comments",
    "data": {
        "cid": "7301",
        "aweme_id": "99",
        "text": "What a picture 🌎",
        "create_time": int(POSTED.timestamp()),
        "digg_count": 4,
        "reply_id": "0",
        "reply_comment_total": 2,
        "user": {"unique_id": "ann"},
    },
}
FOURCAT = {
    "id": "7301",
    "thread_id": "99",
    "author": "ann",
    "body": "What a picture 🌎",
    "timestamp": "2026-11-10 12:00:00",
    "likes": "4",
}


def lines(*items: dict[str, Any]) -> str:
    return "".join(json.dumps(item) + "\n" for item in items)


def table(*rows: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def imported(settings: Settings, file: Path, platform: str = "instagram", **columns: str) -> list[dict[str, Any]]:
    imports.run(settings, file, account_named(platform, "orbital"), NIGHT, columns)
    found = [row for line in read_raw(Lake(settings.data_dir), NIGHT) for row in mapped_comments(line)]
    return [row for row in found if row["text"] == "What a picture 🌎"]


@pytest.mark.parametrize(
    ("name", "content", "platform"),
    [
        ("apify.json", json.dumps([comment_item()]), "instagram"),
        ("apify.jsonl", lines(comment_item()), "instagram"),
        ("one-a-line.json", lines(comment_item(), comment_item(id="2", text="another")), "instagram"),
        ("apify.csv", table(comment_item()), "instagram"),
        ("zeeschuimer.ndjson", lines(ZEESCHUIMER), "tiktok"),
        ("4cat.ndjson", lines(FOURCAT), "tiktok"),
        ("4cat.csv", table(FOURCAT), "tiktok"),
        ("excel.csv", "\ufeff" + table(FOURCAT), "tiktok"),
        ("tabs.tsv", table(FOURCAT).replace(",", "\t"), "tiktok"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_an_export_becomes_our_columns(
    settings: Settings, tmp_path: Path, name: str, content: str, platform: str
) -> None:
    (tmp_path / name).write_text(content)
    [row] = imported(settings, tmp_path / name, platform)
    assert row["comment_id"].startswith(f"{platform}:")
    assert (row["platform"], row["account"], row["author"]) == (platform, "orbital", "ann")
    assert (row["posted_at"], row["likes"], row["parent_id"]) == (POSTED, 4, None)
    assert row["post_id"] in ("instagram:DZ5T2XPllXv", "tiktok:99")


def test_any_table_with_its_columns_named(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(table({"Message": "What a picture 🌎", "When": "2026-11-10T13:00:00+01:00", "Who": "ann"}))
    [row] = imported(settings, file, text="Message", posted_at="When", author="Who")
    assert (row["posted_at"], row["author"], row["likes"]) == (POSTED, "ann", None)
    assert row["post_id"] == "instagram:import-orbital"


def test_importing_a_file_again_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "apify.json"
    file.write_text(json.dumps([comment_item()]))
    imported(settings, file)
    assert len(imported(settings, file)) == 1


def test_imported_comments_may_be_older_than_the_nights_window(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text(json.dumps([comment_item(id=str(n), timestamp="2021-03-01T00:00:00.000Z") for n in range(5)]))
    imported(settings, file)
    manifest = validate.run(settings, NIGHT)
    assert (manifest.rows_in, manifest.rows_out) == (5, 5)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.json", json.dumps([comment_item()])[:-9], r"cut\.json, line 1: .*cut off"),
        ("bad.jsonl", lines(comment_item()) + '{"text": \n', r"bad\.jsonl, line 2"),
        ("numbers.jsonl", "17\n", r"line 1: expected an object, found int"),
        ("ragged.csv", table(FOURCAT) + "1,2\n", r"ragged\.csv, line 3: its columns are not those of line 1"),
        ("open.csv", table(FOURCAT) + '1,2,"unclosed', r"open\.csv, line 2: unexpected end"),
        ("latin.csv", b"text,date\ncaf\xe9,2026-11-10\n", r"is not UTF-8"),
        ("other.csv", "a,b\n1,2\n", r"has the columns a, b\. Say which is which: --column text=NAME"),
        ("empty.csv", "text,date\n", r"holds no rows"),
        ("book.xlsx", "", r"must end in one of \.csv"),
        ("posts.ndjson", lines(ZEESCHUIMER | {"source_platform": "tiktok"}), r"no comments of instagram"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line_and_leaves_nothing(
    settings: Settings, tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput, match=message):
        imported(settings, file)
    assert [path for path in (settings.data_dir / "raw").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"texts": "body"}, "no texts; there are comment_id"),
        ({"text": "Body"}, "has no column Body; it has: id, thread_id"),
    ],
)
def test_a_wrong_mapping_says_what_there_is(
    settings: Settings, tmp_path: Path, columns: dict[str, str], message: str
) -> None:
    file = tmp_path / "4cat.csv"
    file.write_text(table(FOURCAT))
    with pytest.raises(BadInput, match=message):
        imported(settings, file, **columns)


@pytest.mark.parametrize(("platform", "handle"), [("myspace", "orbital"), ("instagram", "../etc")])
def test_an_account_that_cannot_be_is_refused(platform: str, handle: str) -> None:
    with pytest.raises(BadInput, match=r"--platform|--account"):
        account_named(platform, handle)
