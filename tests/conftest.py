"""A data folder of one's own for every test, and the raw files that tests begin with."""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs import standin
from jobs.lake import Lake, Manifest
from jobs.settings import Settings

os.environ["TOXWATCH_AUTHOR_KEY"] = "one key, so that two data folders can be compared"

TARGETS = """
[night]
languages = ["en", "de", "es"]

[[accounts]]
platform = "instagram"
handle = "orbital"
"""

WATCHED = """
[night]
lookback_days = 3
languages = ["en", "de", "es", "fr", "it", "pt"]

[[accounts]]
platform = "instagram"
handle = "harbour_fc"
tags = ["sport"]
max_posts = 3

[[accounts]]
platform = "instagram"
handle = "quiet.garden"

[[accounts]]
platform = "youtube"
handle = "aurora.space"
tags = ["space"]
max_posts = 2
"""


@pytest.fixture(scope="session")
def apify() -> Iterator[standin.Server]:
    with standin.serving() as server:
        yield server


def watching(data_dir: Path, server: standin.Server) -> Settings:
    """Settings that scrape three accounts of the stand-in: a loud one, a private one, one of another platform."""
    targets = data_dir.with_name(f"{data_dir.name}-targets.toml")
    targets.write_text(WATCHED)
    return replace(Settings.load(data_dir), targets_file=targets, apify_url=server.url, apify_token=server.token)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    targets = tmp_path / "targets.toml"
    targets.write_text(TARGETS)
    return replace(Settings.load(tmp_path / "data"), targets_file=targets)


def comment_item(**changes: Any) -> dict[str, Any]:
    """An Instagram comment as Apify's actor gives it."""
    return {
        "postUrl": "https://www.instagram.com/p/DZ5T2XPllXv/",
        "id": "18093536360613690",
        "text": "What a picture 🌎",
        "ownerUsername": "ann",
        "timestamp": "2026-11-10T12:00:00.000Z",
        "repliesCount": None,
        "replies": None,
        "likesCount": 4,
    } | changes


def write_raw(
    data_dir: Path, night: date, platform: str, account: str, comments: list[dict], posts: list[dict] | None = None
) -> None:
    """One account's raw file and the night's manifest, as scrape leaves them."""
    lake = Lake(data_dir).open()
    lines = [{"kind": "post", "item": item} for item in posts or []]
    lines += [{"kind": "comment", "item": item} for item in comments]
    with lake.writing("raw", Manifest("scrape", night, rows_in=len(lines), rows_out=len(lines))) as folder:
        (folder / platform).mkdir()
        with gzip.open(folder / platform / f"{account}.jsonl.gz", "wt") as file:
            for line in lines:
                file.write(json.dumps({"shape": platform, "run_id": "run1", **line}) + "\n")
