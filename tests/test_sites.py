"""Exports of software that people host themselves: WordPress, Discourse and Coral."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.collect import imports
from jobs.collect.files import items
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, read_raw
from jobs.platforms import markup
from tests.test_imports import NIGHT

EXPORTS = Path(__file__).with_name("exports")
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
POST = {  # with the fields that Discourse's own schema of /posts.json requires and we read
    "id": 901,
    "topic_id": 77,
    "post_number": 2,
    "post_type": 1,
    "username": "ann",
    "user_id": 5,
    "created_at": "2026-11-10T12:00:00.000Z",
    "cooked": '<aside class="quote"><blockquote><p>You are an idiot</p></blockquote></aside><p>What a picture '
    '<img src="https://forum.example.org/e/earth.png" class="emoji" alt="🌎"></p>',
    "version": 2,
    "reply_count": 1,
    "reply_to_post_number": None,
    "actions_summary": [{"id": 2, "count": 4}],
    "user_deleted": False,
    "deleted_at": None,
}
ANSWER = POST | {"post_number": 3, "reply_to_post_number": 2, "cooked": "<p>agreed</p>", "actions_summary": []}
CLOSED = POST | {"post_number": 4, "post_type": 3, "cooked": ""}
KEPT = {  # as mongoexport writes what Coral's models declare
    "_id": {"$oid": "5f1"},
    "id": "c1",
    "storyID": "s1",
    "authorID": "u1",
    "parentID": None,
    "revisions": [
        {"body": "What a pic"},
        {"body": "<div>What a picture 🌎</div>", "createdAt": {"$date": "2026-11-10"}},
    ],
    "actionCounts": {"REACTION": {"$numberInt": "4"}},
    "childCount": 1,
    "createdAt": {"$date": {"$numberLong": str(int(NOON.timestamp() * 1000))}},
}
DELETED = KEPT | {"id": "c3", "deletedAt": {"$date": "2026-11-11T12:00:00Z"}, "revisions": []}


def rows_of(settings: Settings, file: Path, platform: str) -> list[dict[str, Any]]:
    imports.run(settings, file, imports.account_named(platform, "garden"), NIGHT, {})
    return [row for line in read_raw(Lake(settings.data_dir), NIGHT) for row in mapped_comments(line)]


@pytest.mark.parametrize("name", ["wordpress.xml", "wordpress.json"])
def test_wordpress_export_and_its_api_tell_the_same(settings: Settings, name: str) -> None:
    rows = rows_of(settings, EXPORTS / name, "wordpress")
    told = [(row["comment_id"], row["parent_id"], row["author"], row["text"]) for row in rows]
    assert told[:3] == [
        ("wordpress:2", None, "Ann", "What a picture 🌎 & what colours"),
        ("wordpress:3", "wordpress:2", "Bob", "You are an idiot, Ann"),
        ("wordpress:4", "wordpress:3", "keeper", "Be kind, both of you"),
    ]
    assert told[3:] == ([("wordpress:7", None, "Cem", "Waiting for the moderator")] if name.endswith("xml") else [])
    assert {row["posted_at"] for row in rows} == {NOON}
    assert {row["post_id"] for row in rows} == {"wordpress:4"}
    assert [row["author_id"] for row in rows][:3] == [None, None, "1"]


def test_nothing_of_a_machine_or_a_mailbox_is_stored(settings: Settings) -> None:
    rows_of(settings, EXPORTS / "wordpress.xml", "wordpress")
    [file] = settings.data_dir.glob("raw/*/wordpress/*")
    stored = gzip.decompress(file.read_bytes()).decode()
    assert "203.0.113.7" in (EXPORTS / "wordpress.xml").read_text()
    assert "203.0.113.7" not in stored
    assert "@example.org" not in stored


@pytest.mark.parametrize(
    "shape", [{"latest_posts": [POST, ANSWER, CLOSED]}, {"post_stream": {"posts": [POST, ANSWER]}}]
)
def test_discourse_says_who_answers_whom(settings: Settings, tmp_path: Path, shape: dict[str, Any]) -> None:
    (tmp_path / "posts.json").write_text(json.dumps(shape))
    first, second = rows_of(settings, tmp_path / "posts.json", "discourse")
    assert (first["text"], first["author"], first["posted_at"]) == ("What a picture 🌎", "ann", NOON)
    assert (first["likes"], first["is_edited"], first["has_media"], first["parent_id"]) == (4, True, False, None)
    assert (second["parent_id"], second["post_id"]) == (first["comment_id"], "discourse:77")


def test_coral_keeps_the_newest_of_what_was_written(settings: Settings, tmp_path: Path) -> None:
    answer = KEPT | {"id": "c2", "parentID": "c1", "revisions": KEPT["revisions"][:1]}
    (tmp_path / "comments.json").write_text("\n".join(json.dumps(one) for one in (KEPT, answer, DELETED)))
    first, second = rows_of(settings, tmp_path / "comments.json", "coral")
    assert (first["text"], first["author"], first["posted_at"]) == ("What a picture 🌎", "u1", NOON)
    assert (first["likes"], first["reply_count"], first["is_edited"]) == (4, 1, True)
    assert (second["text"], second["parent_id"], second["is_edited"]) == ("What a pic", "coral:c1", False)


def test_an_export_goes_under_its_own_name(settings: Settings) -> None:
    with pytest.raises(BadInput, match=r"comes from WordPress\. Import it with --platform wordpress\."):
        rows_of(settings, EXPORTS / "wordpress.xml", "instagram")


def test_a_cut_export_is_refused_and_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "cut.xml").write_bytes((EXPORTS / "wordpress.xml").read_bytes()[:-500])
    with pytest.raises(BadInput, match="is damaged or not what its name says"):
        rows_of(settings, tmp_path / "cut.xml", "wordpress")
    assert not list(settings.data_dir.glob("raw/*/wordpress/*"))


def test_an_entity_that_grows_without_bound_is_refused(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    (tmp_path / "bomb.xml").write_text(f'<!DOCTYPE r [<!ENTITY l0 "laugh">{entities}]><rss><item>&l9;</item></rss>')
    with pytest.raises(BadInput, match="is damaged or not what its name says"):
        list(items(tmp_path / "bomb.xml"))


def test_a_file_is_scored_without_naming_its_platform() -> None:
    rows = imports.texts(items(EXPORTS / "wordpress.xml"), "wordpress.xml", None).rows
    assert [row["text"] for row in rows][1] == "You are an idiot, Ann"


@pytest.mark.parametrize(
    ("html", "text", "pictures"),
    [
        ("plain &amp; simple", "plain & simple", []),
        ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree", []),
        ("<blockquote>theirs <blockquote>and theirs</blockquote></blockquote> mine", "mine", []),
        ("<blockquote>never closed", "", []),
        ("a < b and <3", "a < b and <3", []),
        ('<img src="https://x.example/cat.png">', "", ["https://x.example/cat.png"]),
        ("<script>alert(1)</script>hi", "hi", []),
    ],
)
def test_html_is_read_as_its_reader_sees_it(html: str, text: str, pictures: list[str]) -> None:
    assert markup.read(html) == (text, pictures)
