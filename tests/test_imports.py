"""Comments that somebody already has: every export people bring becomes the same columns, mistakes are named."""

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs import cli, publish, validate
from jobs.collect import imports
from jobs.collect.imports import account_named
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.datasets import DATASETS
from jobs.lake.months import merge
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, raw_file, read_raw
from jobs.upkeep import verify
from tests.conftest import comment_item
from tests.fixtures.exports import workbook, zipped
from tests.fixtures.nights import store_night
from warehouse.reader import Warehouse

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
        ("book.xls", "", r"must end in one of \.csv"),
        ("book.xlsx", "no archive", r"book\.xlsx is damaged or not what its name says"),
        ("cut.csv.gz", gzip.compress(b"text,date\n" * 99, mtime=0)[:-9], r"damaged or not what its name says"),
        ("two.zip", zipped(("a.csv", "text"), ("b.csv", "text")), r"holds 2 files; import them one by one"),
        ("when.csv", "text,date\nhi,yesterday\n", r"row 1: cannot read the date 'yesterday' in date"),
        (
            "two-ways.csv",
            "text,date\nhi,03/04/2026\n",
            r"row 1: '03/04/2026' in date can be read two ways. Add --dates",
        ),
        ("posts.ndjson", lines(ZEESCHUIMER | {"source_platform": "tiktok"}), r"are not comments of instagram"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",  # archives hold the time
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


@pytest.mark.parametrize(("platform", "handle"), [("My Space", "orbital"), ("instagram", "../etc"), ("../x", "a")])
def test_an_account_that_cannot_be_is_refused(platform: str, handle: str) -> None:
    with pytest.raises(BadInput, match=r"--platform|--account"):
        account_named(platform, handle)


def rows_of(settings: Settings, file: Path, platform: str, dates: str | None = None) -> list[dict[str, Any]]:
    imports.run(settings, file, account_named(platform, "orbital"), NIGHT, {}, dates)
    return [row for line in read_raw(Lake(settings.data_dir), NIGHT) for row in mapped_comments(line)]


def flat(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("comment_id", "parent_id", "author", "text", "posted_at", "likes")
    return [tuple(row[name] for name in names) for row in rows]


AT = "2026-11-10T12:00:00+0000"
ANN = {"textOriginal": "first", "authorDisplayName": "ann", "likeCount": 4, "publishedAt": AT}
THREAD = {
    "kind": "youtube#commentThread",
    "snippet": {"videoId": "v1", "totalReplyCount": 1, "topLevelComment": {"id": "1", "snippet": ANN}},
    "replies": {"comments": [{"id": "2", "snippet": {"textDisplay": "second", "publishedAt": AT}}]},
}
GRAPH_INSTAGRAM = {
    "id": "1",
    "text": "first",
    "username": "ann",
    "timestamp": AT,
    "like_count": 4,
    "replies": {"data": [{"id": "2", "text": "second", "timestamp": AT}]},
}
GRAPH_FACEBOOK = {
    "id": "1",
    "message": "first",
    "from": {"name": "ann"},
    "created_time": AT,
    "like_count": 4,
    "comments": {"data": [{"id": "2", "message": "second", "created_time": AT}]},
}


@pytest.mark.parametrize(
    ("content", "platform"),
    [
        ({"items": [THREAD]}, "youtube"),
        ({"data": [GRAPH_INSTAGRAM]}, "instagram"),
        ({"data": [GRAPH_FACEBOOK]}, "facebook"),
    ],
    ids=["YouTube Data API", "Graph Instagram", "Graph Facebook"],
)
def test_answers_of_the_platforms_own_apis_keep_their_replies(
    settings: Settings, tmp_path: Path, content: Any, platform: str
) -> None:
    (tmp_path / "api.json").write_text(json.dumps(content))
    first, second = flat(rows_of(settings, tmp_path / "api.json", platform))
    assert first == (f"{platform}:1", None, "ann", "first", POSTED, 4)
    assert second[:2] == (f"{platform}:2", f"{platform}:1")


def test_an_apify_export_of_youtube_can_be_imported(settings: Settings, tmp_path: Path) -> None:
    item = {"cid": "U1", "comment": "first", "author": "@ann", "publishedTimeText": "1 day ago", "voteCount": 4}
    (tmp_path / "apify.json").write_text(json.dumps([item | {"videoId": "v1"}]))
    [row] = rows_of(settings, tmp_path / "apify.json", "youtube")
    assert (row["comment_id"], row["author"], row["likes"]) == ("youtube:U1", "@ann", 4)


def test_apifys_csv_keeps_replies(settings: Settings, tmp_path: Path) -> None:
    """It has a column `replies` too, for comments without any."""
    nested = {"replies/0/id": "2", "replies/0/text": "second", "replies/0/timestamp": "2026-11-10T12:00:00.000Z"}
    item = comment_item(replies="") | {"owner/username": "ann"}
    (tmp_path / "apify.csv").write_text(table(item | nested, item | dict.fromkeys(nested, "") | {"id": "3"}))
    parent, reply, other = rows_of(settings, tmp_path / "apify.csv", "instagram")
    assert (reply["comment_id"], reply["parent_id"], reply["text"]) == ("instagram:2", parent["comment_id"], "second")
    assert (other["comment_id"], other["parent_id"]) == ("instagram:3", None)


def test_4cats_ndjson_keeps_author_post_parent_and_likes(settings: Settings, tmp_path: Path) -> None:
    flat_item = ZEESCHUIMER["data"] | {"__import_meta": {"source_platform": "tiktok-comments"}, "reply_id": "7"}  # type: ignore[operator]
    (tmp_path / "4cat.ndjson").write_text(lines(flat_item))
    [row] = rows_of(settings, tmp_path / "4cat.ndjson", "tiktok")
    assert (row["author"], row["post_id"], row["parent_id"], row["likes"]) == ("ann", "tiktok:99", "tiktok:7", 4)


def test_zeeschuimers_instagram(settings: Settings, tmp_path: Path) -> None:
    data = {
        "pk": "5",
        "media_id": "9",
        "text": "hi",
        "user": {"username": "ann"},
        "created_at_utc": int(POSTED.timestamp()),
    }
    (tmp_path / "z.ndjson").write_text(lines({"source_platform": "instagram-comments", "data": data}))
    [row] = rows_of(settings, tmp_path / "z.ndjson", "instagram")
    assert (row["comment_id"], row["post_id"], row["author"]) == ("instagram:5", "instagram:9", "ann")


REDDIT = {"id": "c2", "link_id": "t3_p", "parent_id": "t3_p", "author": "ann", "body": "What a picture 🌎", "score": 4,
          "created_utc": int(POSTED.timestamp())}  # fmt: skip
TWEET = {"id": "1", "full_text": "What a picture 🌎", "created_at": "Tue Nov 10 12:00:00 +0000 2026",
         "favorite_count": 4, "screen_name": "ann", "in_reply_to_status_id": ""}  # fmt: skip
EXPORTCOMMENTS = {"Name": "ann", "Date": "10/11/2026 12:00:00", "Likes": "4", "Comment": "What a picture 🌎"}


@pytest.mark.parametrize(
    ("name", "content", "platform", "dates"),
    [
        ("reddit.jsonl", lines(REDDIT), "reddit", None),
        ("tweets.csv", table(TWEET), "x", None),
        ("semicolon.csv", table(FOURCAT).replace(",", ";"), "forum", None),
        ("utf16.csv", table(FOURCAT).encode("utf-16"), "forum", None),
        ("export.csv", table(EXPORTCOMMENTS), "instagram", "day-first"),
        ("american.csv", table(EXPORTCOMMENTS | {"Date": "11/10/2026 12:00 PM"}), "instagram", "month-first"),
        ("export.xlsx", None, "instagram", "day-first"),
        ("dates.xlsx", workbook(EXPORTCOMMENTS | {"Date": 46336.5}), "instagram", None),
        ("export.csv.gz", gzip.compress(table(FOURCAT).encode()), "forum", None),
        ("export.zip", None, "forum", None),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_what_other_tools_export_becomes_our_columns(
    settings: Settings, tmp_path: Path, name: str, content: str | bytes | None, platform: str, dates: str | None
) -> None:
    if content is None:
        content = zipped(("c.csv", table(FOURCAT))) if name.endswith(".zip") else workbook(EXPORTCOMMENTS)
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    [row] = rows_of(settings, tmp_path / name, platform, dates)
    assert (row["platform"], row["author"], row["text"]) == (platform, "ann", "What a picture 🌎")
    assert (row["posted_at"], row["likes"], row["parent_id"]) == (POSTED, 4, None)


@pytest.mark.parametrize(
    ("name", "content", "platform"),
    [
        ("titled.csv", "ExportComments.com,,,,\n,,,,\n" + table(EXPORTCOMMENTS | {"Date": str(POSTED)}), "facebook"),
        ("apify.json", json.dumps([{"id": "1", "fullText": "What a picture 🌎", "createdAt": str(POSTED),
                                    "likeCount": 4, "author": {"userName": "ann"}}]), "x"),
        ("api.json", json.dumps({"data": [{"id": "1", "text": "What a picture 🌎", "created_at": str(POSTED),
                                           "user": {"username": "ann"}, "public_metrics": {"like_count": 4}}]}), "x"),
        ("pages.jsonl", 2 * lines({"items": [REDDIT]}), "reddit"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)  # fmt: skip
def test_titles_objects_and_pages_are_no_obstacle(
    settings: Settings, tmp_path: Path, name: str, content: str, platform: str
) -> None:
    (tmp_path / name).write_text(content)
    row = rows_of(settings, tmp_path / name, platform)[0]
    assert (row["author"], row["text"], row["posted_at"], row["likes"]) == ("ann", "What a picture 🌎", POSTED, 4)


def test_an_answer_on_reddit_names_its_comment(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "reddit.jsonl").write_text(lines(REDDIT, REDDIT | {"id": "c3", "parent_id": "t1_c2"}))
    first, second = rows_of(settings, tmp_path / "reddit.jsonl", "reddit")
    assert (first["parent_id"], second["parent_id"]) == (None, first["comment_id"])


def test_a_preview_shows_the_mapping_and_ten_rows_and_writes_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "4cat.csv"
    file.write_text(table(*[FOURCAT | {"id": str(n)} for n in range(30)]))
    found = imports.preview(file, account_named("tiktok", "orbital"), NIGHT, {}, None)
    assert (found.shape, found.columns["text"], len(found.rows)) == ("table", "body", 10)
    assert not settings.data_dir.exists()
    apify = tmp_path / "apify.json"
    apify.write_text(json.dumps([{"error": "not_found", "errorDescription": "gone"}, comment_item()]))
    found = imports.preview(apify, account_named("instagram", "orbital"), NIGHT, {}, None)
    assert [row["author"] for row in found.rows] == ["ann"]


def test_an_import_can_be_taken_back(settings: Settings, tmp_path: Path) -> None:
    file, account = tmp_path / "apify.json", account_named("instagram", "orbital")
    file.write_text(json.dumps([comment_item()]))
    imports.run(settings, file, account, NIGHT, {})
    other = tmp_path / "other.json"
    other.write_text(json.dumps([comment_item(id="2")]))
    imports.run(settings, other, account, NIGHT, {})
    assert imports.take_back(settings, file, account, NIGHT, {}) == []
    assert [line.item["id"] for line in read_raw(Lake(settings.data_dir), NIGHT)] == ["2"]
    with pytest.raises(BadInput, match="was not imported"):
        imports.take_back(settings, file, account, NIGHT, {})


def typed(settings: Settings, *words: str) -> None:
    cli.app(["import", *words, "--night", str(NIGHT), "--data-dir", str(settings.data_dir)], standalone_mode=False)


def test_the_command_shows_what_it_would_read_then_reads_it_and_takes_it_back(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "forum.csv"
    file.write_text(table(*[EXPORTCOMMENTS | {"Name": f"ann{n}"} for n in range(12)]).replace(",", ";"))
    words = (str(file), "--platform", "forum", "--account", "orbital")
    with pytest.raises(BadInput, match=r"can be read two ways\. Add --dates day-first or --dates month-first"):
        typed(settings, *words, "--dry-run")
    typed(settings, *words, "--dates", "day-first", "--dry-run")
    told = capsys.readouterr()
    assert "text = Comment, posted_at = Date" in told.err
    assert len(told.out.splitlines()) == 11, "a heading and ten rows"
    assert "2026-11-10 12:00:00+00:00" in told.out
    assert not settings.data_dir.exists()
    typed(settings, *words, "--dates", "day-first")
    assert len(list(read_raw(Lake(settings.data_dir), NIGHT))) == 12
    typed(settings, *words, "--undo")
    assert list(read_raw(Lake(settings.data_dir), NIGHT)) == []
    assert f"Took back the import of {file}" in capsys.readouterr().err
    with pytest.raises(BadInput, match="was not imported"):
        typed(settings, *words, "--undo")


def test_the_command_says_how_it_read_an_export(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answer.json.gz"
    file.write_bytes(gzip.compress(json.dumps({"items": [THREAD]}).encode()))
    typed(settings, str(file), "--platform", "youtube", "--account", "orbital", "--dry-run")
    told = capsys.readouterr()
    assert "YouTube Data API" in told.err
    assert [line.split("\t")[0] for line in told.out.splitlines()] == ["comment_id", "youtube:1", "youtube:2"]


def test_an_import_that_was_published_is_taken_out_of_the_results(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its night had nothing else, so that it goes from every dataset, months too."""
    file = tmp_path / "apify.json"
    file.write_text(json.dumps([comment_item()]))
    nights = [NIGHT, NIGHT + timedelta(days=1)]
    for night in nights:
        store_night(settings, night, [comment_item(id=str(night.day))], [])
    lake = Lake(settings.data_dir)
    raw_file(lake, NIGHT, "instagram/orbital").unlink()
    imports.run(settings, file, account_named("instagram", "orbital"), NIGHT, {})
    for dataset in DATASETS:
        for model in lake.models(dataset) if dataset.name != "monitored" else ():
            merge(lake, dataset, nights, model)
    publish.rebuild(settings)
    typed(settings, str(file), "--platform", "instagram", "--account", "orbital", "--undo")
    assert "Next: toxwatch rebuild" in capsys.readouterr().err
    assert {night for one in DATASETS for model in lake.models(one) for night in lake.nights(one.name, model)} == {
        nights[1]
    }
    publish.rebuild(settings)
    ids = Warehouse(settings.data_dir / "warehouse").query("SELECT comment_id FROM comments")
    assert ids == [("instagram:11",)]
    assert verify.run(settings).problems == []
