"""`POST /ingest`: only what is signed, fresh and new is kept, once; a night takes it in, and it can be erased."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboard import limits
from dashboard.ingest import SIGNATURE, TIMESTAMP, Ingest, sign
from dashboard.people import People
from jobs import scrape
from jobs.config.settings import PROJECT, Settings
from jobs.lake import arrivals
from jobs.lake.authors import author_hash, author_key
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, raw_file, readable_raw
from jobs.upkeep import expire, forget, held
from tests.conftest import SMALL
from tests.fixtures.dashboard import serving
from warehouse.arrivals import Arrivals

KEY = "0123456789abcdef0123456789abcdef"
DIFFERENT = count()  # spaces after a body
NIGHT = date(2026, 11, 10)
COMMUNITY = '[[communities]]\nplatform = "mine"\nhandle = "main"\n'
COMMENT = {"account": "mine/main", "comment_id": 7, "text": "I will kill you", "author": "ann", "post_id": "p1",
           "posted_at": "2026-11-10T12:00:00Z"}  # fmt: skip


@pytest.fixture
def community(settings: Settings) -> Settings:
    settings.targets_file.write_text(COMMUNITY)
    return settings


@pytest.fixture
def client(community: Settings) -> Iterator[httpx.Client]:
    ingest = Ingest(lambda: KEY, lambda: {"mine/main": ()}, lambda: PROJECT / "policies.toml")
    with (
        serving(community.data_dir / "warehouse", which_model=lambda: SMALL, ingest=ingest) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client


def send(client: httpx.Client, comment: dict[str, Any], key: str = KEY, at: float | None = None) -> httpx.Response:
    """Signed anew each time, unless a time is given."""
    padding = " " * next(DIFFERENT) if at is None else ""
    body, timestamp = f"{json.dumps(comment)}{padding}".encode(), str(int(at or time.time()))
    return client.post("/ingest", content=body, headers={TIMESTAMP: timestamp, SIGNATURE: sign(key, timestamp, body)})


def waiting(settings: Settings) -> list[str]:
    return [id for _, id, _ in arrivals.lines(Lake(settings.data_dir))]


def collected(settings: Settings, night: date = NIGHT) -> list[str]:
    lake = Lake(settings.data_dir)
    return [comment["comment_id"] for line in readable_raw(lake, night) for comment in mapped_comments(line)]


def test_a_comment_is_answered_like_predict_and_the_night_takes_it_in_once(
    client: httpx.Client, community: Settings
) -> None:
    answer = send(client, COMMENT)
    assert answer.status_code == 200, answer.text
    read, verdict = client.post("/predict", json={"inputs": [COMMENT["text"]]}).json(), answer.json()
    assert verdict["scores"] == {one["label"]: one["score"] for one in read["outputs"][0]}
    assert (verdict["comment_id"], verdict["is_new"], verdict["model"]) == ("7", True, read["model"])
    assert "toxic" in verdict["flags"]
    again = send(client, COMMENT)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert send(client, COMMENT | {"comment_id": "8", "text": "lovely"}).json()["flags"] == []
    for night in (NIGHT, NIGHT, NIGHT + timedelta(days=1)):
        scrape.run(community, night)
    assert send(client, COMMENT).json()["is_new"] is False
    scrape.run(community, NIGHT + timedelta(days=1))
    assert sorted(collected(community)) == ["mine:7", "mine:8"]
    assert collected(community, NIGHT + timedelta(days=1)) == []
    [line] = [line for line in readable_raw(Lake(community.data_dir), NIGHT) if line.item["row"]["comment_id"] == "7"]
    [comment] = mapped_comments(line)
    assert (comment["author"], comment["post_id"], comment["account"]) == ("ann", "mine:p1", "main")
    assert comment["posted_at"] == datetime(2026, 11, 10, 12, tzinfo=UTC)


def test_each_wrong_request_has_one_clear_answer_and_leaves_nothing(client: httpx.Client, community: Settings) -> None:
    def refused(answer: httpx.Response, status: int, told: str) -> None:
        assert answer.status_code == status
        assert told in answer.text
        assert waiting(community) == []

    refused(send(client, COMMENT, key=KEY[::-1]), 401, "Wrong signature")
    refused(client.post("/ingest", json=COMMENT), 401, "Wrong signature")
    refused(send(client, COMMENT, at=time.time() - 400), 401, "too old")
    refused(send(client, COMMENT, at=time.time() + 400), 401, "too old")
    refused(send(client, COMMENT | {"account": "mine/other"}), 404, "Communities in targets.toml: mine/main")
    refused(send(client, COMMENT | {"text": "a" * limits.LIMITS["/ingest"]}), 413, "too large")
    refused(send(client, COMMENT | {"text": ""}), 422, "text")
    refused(send(client, COMMENT | {"txt": "a"}), 422, "txt")
    assert send(client, COMMENT, at=1e9 + time.time()).status_code == 401


def test_a_replayed_request_is_refused_and_not_kept_again(client: httpx.Client, community: Settings) -> None:
    at = time.time()
    assert send(client, COMMENT, at=at).status_code == 200
    replay = send(client, COMMENT, at=at)
    assert (replay.status_code, waiting(community)) == (409, ["7"])
    assert "sign it anew" in replay.text


def test_with_users_a_signature_is_enough_and_without_a_key_the_answer_says_so(community: Settings) -> None:
    people = People.in_folder(community.data_dir)
    people.add("ann", "a long password")
    keys = [KEY]
    ingest = Ingest(lambda: keys[0], lambda: {"mine/main": ()}, lambda: PROJECT / "policies.toml")
    folder = community.data_dir / "warehouse"
    with serving(folder, people, lambda: SMALL, ingest=ingest) as address, httpx.Client(base_url=address) as client:
        assert client.post("/predict", json={"inputs": ["a"]}).status_code == 401
        assert send(client, COMMENT).status_code == 200
        keys[0] = "short"
        refusal = send(client, COMMENT)
        assert (refusal.status_code, "TOXWATCH_INGEST_KEY" in refusal.text) == (503, True)


def test_own_words_flag_as_soon_as_they_are_saved(community: Settings, tmp_path: Path) -> None:
    policies = tmp_path / "policies.toml"
    policies.write_text((PROJECT / "policies.toml").read_text())
    ingest = Ingest(lambda: KEY, lambda: {"mine/main": ("sport",)}, lambda: policies)
    folder, comment = community.data_dir / "warehouse", COMMENT | {"text": "you tulip"}
    with serving(folder, which_model=lambda: SMALL, ingest=ingest) as address, httpx.Client(base_url=address) as client:
        assert send(client, comment).json()["flags"] == []
        policies.write_text(policies.read_text() + '\n[[words]]\ntext = "tulip*"\nflag = "insult"\ntag = "sport"\n')
        assert send(client, comment).json()["flags"] == ["insult"]


def keep(settings: Settings, id: str, author: str) -> None:
    row = {"comment_id": id, "text": "what a picture", "author": author, "posted_at": "2026-11-10T12:00:00Z"}
    item = {"platform": "mine", "columns": {name: name for name in row}, "dates": None, "row": row}
    Arrivals.in_folder(settings.data_dir).add("mine/main", id, item, f"signature of {id}")


@pytest.mark.parametrize("is_written", [False, True])
def test_a_night_that_was_stopped_takes_a_batch_in_once(community: Settings, is_written: bool) -> None:
    keep(community, "1", "ann")
    lake = Lake(community.data_dir).open()

    def stop(batch: str, items: list[dict[str, Any]]) -> None:
        if is_written:
            path = raw_file(lake, NIGHT, f"mine/main.import-{batch}")
            with arrivals.writing_raw(path) as write:
                for item in items:
                    write("comment", "table", None, item)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Arrivals.in_folder(lake.root).take("mine/main", stop)
    keep(community, "2", "bob")
    scrape.run(community, NIGHT)
    assert sorted(collected(community)) == ["mine:1", "mine:2"]


def test_who_is_forgotten_is_gone_from_what_waits_and_from_its_file(community: Settings, tmp_path: Path) -> None:
    keep(community, "1", "ann_the_forgotten")
    keep(community, "2", "bob")
    assert held.run(community, "mine:ann_the_forgotten", tmp_path / "held.json") == {"received and not yet deleted": 1}
    forget.run(community, {author_hash("mine:ann_the_forgotten", author_key(community))}, set())
    assert waiting(community) == ["2"]
    files = [path.read_bytes() for path in community.data_dir.glob("arrivals.db*")]
    assert not any(b"ann_the_forgotten" in content for content in files)
    scrape.run(community, NIGHT)
    assert collected(community) == ["mine:2"]


def test_what_waits_longer_than_raw_items_are_kept_expires(community: Settings) -> None:
    keep(community, "1", "ann")
    community.targets_file.write_text(f"[keep]\nraw_days = 5\n{COMMUNITY}")
    today = datetime.now(UTC).date()
    assert expire.run(community, today) == {}
    Arrivals.in_folder(community.data_dir).query("UPDATE arrivals SET received = received - 6 * 86400")
    assert expire.run(community, today) == {"received comments": 1}
    assert waiting(community) == []
