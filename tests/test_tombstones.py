"""Raw items without somebody: their own go, others lose only what tells of them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.lake.authors import Pseudonyms, author_hash
from jobs.lake.nights import Lake
from jobs.lake.raw import RawLine, read_raw
from jobs.lake.tombstones import Eraser, Forgotten
from tests.conftest import comment_item, write_raw

NIGHT = date(2026, 11, 10)
KEY = b"5f0c9b1e7a3d42688e91d0c4b7f6a235"
POST = {
    "shortCode": "P",
    "url": "https://www.instagram.com/p/P/",
    "caption": "lift-off",
    "ownerUsername": "orbital",
    "commentsCount": 2,
    "firstComment": "I live in Elm Street",
    "latestComments": [
        {"id": "18093536360613690", "text": "I live in Elm Street", "ownerUsername": "ann", "replies": []},
        {"id": "18093536360613691", "text": "Great", "ownerUsername": "bob", "owner": {"username": "bob"}},
    ],
    "coauthorProducers": [{"username": "ann", "id": "77"}, {"username": "carl", "id": "78"}],
    "mentions": ["ann", "carl"],
}


def forgotten(author: str = "instagram:ann", comments: tuple[str, ...] = ()) -> Forgotten:
    return Forgotten(frozenset({author_hash(author, KEY)}), frozenset(comments))


def line(kind: str, item: dict[str, Any], platform: str = "instagram", shape: str | None = None) -> RawLine:
    return RawLine(NIGHT, platform, "orbital", kind, shape or platform, "run1", item)


def test_a_post_keeps_what_others_wrote(tmp_path: Path) -> None:
    write_raw(tmp_path, NIGHT, "instagram", "orbital", [comment_item(text="I live in Elm Street")], [POST])
    erased = Eraser(forgotten(), KEY).prune(Lake(tmp_path), NIGHT)
    assert erased == {"raw": 1, "raw items of others": 1}
    [post] = read_raw(Lake(tmp_path), NIGHT)
    assert post.item == POST | {
        "firstComment": None,
        "latestComments": POST["latestComments"][1:],
        "coauthorProducers": POST["coauthorProducers"][1:],
        "mentions": ["carl"],
    }
    assert Eraser(forgotten(), KEY).prune(Lake(tmp_path), NIGHT) == {}
    assert Lake(tmp_path).require("raw", NIGHT).manifest.rows_out == 1


def test_a_reply_goes_from_the_thread_of_somebody_else() -> None:
    thread = comment_item(
        id="1", ownerUsername="bob", replies=[comment_item(id="2"), comment_item(id="3", ownerUsername="carl")]
    )
    eraser = Eraser(forgotten(), KEY)
    left = eraser.without(line("comment", thread))
    assert left is not None
    assert [reply["id"] for reply in left.item["replies"]] == ["3"]
    assert eraser.met == forgotten().authors


@pytest.mark.parametrize(
    ("platform", "item"),
    [
        ("youtube", {"cid": "B", "videoId": "V", "author": "@bob", "comment": "No", "replyToCid": "ERASED-1"}),
        ("tiktok", {"cid": "2", "uniqueId": "bob", "text": "No", "repliesToId": "ERASED-1"}),
        ("facebook", {"id": "2", "profileName": "bob", "text": "No", "replyToCommentId": "99_ERASED-1"}),
    ],
)
def test_a_reply_of_somebody_else_no_longer_names_what_it_answers(platform: str, item: dict[str, Any]) -> None:
    left = Eraser(forgotten(comments=(f"{platform}:ERASED-1",)), KEY).without(line("comment", item, platform))
    assert left is not None
    assert "ERASED-1" not in json.dumps(left.item)
    assert left.item["text" if platform != "youtube" else "comment"] == "No"


def test_a_watched_account_keeps_its_posts_when_its_comments_are_erased() -> None:
    post = line("post", POST)
    assert Eraser(forgotten("instagram:orbital"), KEY).without(post) is post
    mine = line("comment", comment_item(ownerUsername="orbital"))
    assert Eraser(forgotten("instagram:orbital"), KEY).without(mine) is None


def test_nobodys_comments_are_not_those_of_somebody_called_none() -> None:
    nameless = line("comment", comment_item(ownerUsername=None))
    assert Eraser(forgotten("instagram:None"), KEY).without(nameless) is nameless


def test_an_author_goes_by_their_id_when_they_take_another_name() -> None:
    theirs = Forgotten(frozenset({Pseudonyms(KEY).of_id("instagram", "77")}))
    renamed = line("comment", comment_item(ownerUsername="ann.new", owner={"id": "77"}))
    assert Eraser(theirs, KEY).without(renamed) is None
    other = line("comment", comment_item(ownerUsername="bob", owner={"id": "78"}))
    assert Eraser(theirs, KEY).without(other) is other


def test_authors_of_any_imported_platform_can_be_forgotten() -> None:
    columns = {"comment_id": "id", "author": "author", "text": "body", "posted_at": "at"}
    row = {"id": "7", "author": "ann", "body": "hi", "at": "2026-11-10"}
    item = {"platform": "reddit", "columns": columns, "dates": None, "row": row}
    theirs = line("comment", item, "reddit", "table")
    assert Eraser(forgotten("reddit:ann"), KEY).without(theirs) is None
    assert Eraser(forgotten("reddit:bob"), KEY).without(theirs) is theirs


def test_a_number_that_happens_to_be_an_id_is_left_alone() -> None:
    liked = line("comment", comment_item(id="5", likesCount=4, ownerUsername="bob"))
    assert Eraser(forgotten(comments=("instagram:4",)), KEY).without(liked) is liked
