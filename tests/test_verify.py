"""`toxwatch verify` finds one changed bit wherever it is, and nothing where there is none."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.config.settings import Settings
from jobs.lake.manifests import Manifest
from jobs.lake.mirror import Mirror
from jobs.lake.nights import Lake
from jobs.upkeep import verify
from tests.conftest import MODEL, THRESHOLDS, at, comment_item, night_of, write_raw
from tests.fixtures.store import address, held
from warehouse import build
from warehouse.reviews import Reviews

NIGHT = date(2026, 11, 10)


@pytest.fixture
def lake(settings: Settings, tmp_path: Path) -> Lake:
    lake = Lake(settings.data_dir).open()
    write_raw(lake.root, NIGHT, "instagram", "orbital", [comment_item()])
    with lake.writing("clean", Manifest("clean", NIGHT)) as folder:
        (folder / "part.parquet").write_bytes(b"PAR1 and so on" * 100)
    context = build.Context([], (MODEL, "1"), THRESHOLDS, settings.policies_file)
    build.publish(lake.root / "warehouse", [night_of(tmp_path, NIGHT, [("a", "text", at(NIGHT), 0.1)])], context)
    Reviews.in_folder(lake.root).record("instagram:1", "mia", ["insult"], [], "m", "p")
    return lake


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.usefixtures("lake")
def test_all_is_read_and_all_is_well(settings: Settings) -> None:
    found = verify.run(settings)
    assert found.problems == []
    assert found.read == {"folders of the lake": 2, "versions of the warehouse": 1, "databases": 1, "object stores": 0}


@pytest.mark.parametrize(
    ("place", "output"),
    [
        ("raw/night=2026-11-10/instagram/orbital.jsonl.gz", "toxwatch scrape --night 2026-11-10"),
        ("clean/night=2026-11-10/part.parquet", "toxwatch clean --night 2026-11-10"),
        ("warehouse/v000001.duckdb", "toxwatch rebuild"),
    ],
)
def test_one_changed_bit_is_found(settings: Settings, lake: Lake, place: str, output: str) -> None:
    flip(lake.root / place)
    [problem] = verify.run(settings).problems
    assert place.rpartition("/")[2] in problem
    assert output in problem


def test_a_broken_database_is_found(settings: Settings, lake: Lake) -> None:
    path = lake.root / "reviews.db"
    content = path.read_bytes()
    path.write_bytes(content[:1000] + b"\xff" * (len(content) - 1000))
    [problem] = verify.run(settings).problems
    assert "reviews.db is damaged" in problem


def test_what_differs_in_the_store_is_found_and_sent_again(bucket: Any, settings: Settings) -> None:
    settings = replace(settings, store=address(bucket))
    lake = Lake.of(settings)
    with lake.lock("lake"), lake.writing("clean", Manifest("clean", NIGHT)) as folder:
        (folder / "part.parquet").write_bytes(b"PAR1")
    assert verify.run(settings).problems == []
    bucket.put_object(Key=f"toxwatch/clean/night={NIGHT}/part.parquet", Body=b"PAR2")
    bucket.put_object(Key="toxwatch/clean/left.parquet", Body=b"PAR1")
    [problem] = verify.run(settings).problems
    assert "2 files were not as they are here" in problem
    assert held(bucket)[f"clean/night={NIGHT}/part.parquet"] == b"PAR1"
    assert verify.run(settings).problems == []
    assert Mirror(address(bucket)).differing(settings.data_dir) == []
