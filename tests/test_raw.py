"""Raw files: what came stays as it came, of a damaged file the readable part, and the way to get the rest back."""

from datetime import date
from pathlib import Path

import pytest

from jobs.errors import BadInput
from jobs.lake.nights import Lake
from jobs.lake.raw import ingest_error, raw_file, read_file, read_raw, writing_raw

NIGHT = date(2026, 11, 10)
ITEM = {"text": 'lone \ud800 half, "quotes"\n and 🤡', "n": 1.5, "nested": [{"a": None}]}


def written(data_dir: Path, account: str = "instagram/orbital") -> Path:
    path = raw_file(Lake(data_dir).open(), NIGHT, account)
    with writing_raw(path) as write:
        for n in range(500):
            write("comment", "instagram", "run1", ITEM | {"id": str(n)})
    return path


def test_items_come_back_as_they_were_and_the_file_is_the_same_each_time(tmp_path: Path) -> None:
    path = written(tmp_path / "one")
    lines = list(read_file(path, NIGHT))
    assert lines[7].item == ITEM | {"id": "7"}
    assert (lines[7].platform, lines[7].account, lines[7].run_id) == ("instagram", "orbital", "run1")
    assert path.read_bytes() == written(tmp_path / "two").read_bytes()


def test_a_file_that_is_not_finished_is_not_there(tmp_path: Path) -> None:
    path = raw_file(Lake(tmp_path).open(), NIGHT, "instagram/orbital")
    with pytest.raises(KeyboardInterrupt), writing_raw(path) as write:
        write("comment", "instagram", None, ITEM)
        raise KeyboardInterrupt
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("account", "again"),
    [
        ("instagram/orbital", "toxwatch scrape --night 2026-11-10 --account instagram/orbital"),
        ("instagram/orbital.import-0123456789ab", "import its file again"),
    ],
)
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.98])
def test_a_truncated_file_says_how_to_get_it_back(tmp_path: Path, account: str, again: str, kept: float) -> None:
    path = written(tmp_path, account)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    if not kept:
        path.write_bytes(b"not gzip at all")
    *readable, damage = read_file(path, NIGHT)
    assert [line.kind for line in readable] == ["comment"] * len(readable)
    error = ingest_error(damage)
    assert (error["error"], error["is_retryable"]) == ("damaged_file", True)
    assert f"{path} is damaged after {len(readable)} items" in error["description"]
    assert again in error["description"]
    with pytest.raises(BadInput, match=again):
        list(read_raw(Lake(tmp_path), NIGHT))
