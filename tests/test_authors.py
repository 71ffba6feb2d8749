"""The key of the author hashes: a good one or none, and never another than the lake's."""

from datetime import date
from pathlib import Path

import pytest

from jobs import scrape, validate
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.authors import KEY, author_hash, author_key
from jobs.lake.nights import Lake
from jobs.upkeep import compact, doctor, forget, held, rekey
from tests.conftest import comment_item, write_raw
from warehouse.files import write_atomically

NIGHT = date(2026, 11, 10)
GOOD, OTHER = "5f0c9b1e7a3d42688e91d0c4b7f6a235", "0d9e8c7b6a5f4e3d2c1b0a9f8e7d6c5b"

COMMANDS = {
    "scrape": lambda settings: scrape.run(settings, NIGHT),
    "validate": lambda settings: validate.run(settings, NIGHT),
    "forget": lambda settings: forget.run(settings, set(), {"instagram:1"}),
    "held": lambda settings: held.run(settings, "instagram:ann", settings.data_dir / "held.json"),
    "compact": lambda settings: compact.run(settings, NIGHT),
    "rekey": rekey.run,
}


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOXWATCH_AUTHOR_KEY")


def keep(settings: Settings, key: str) -> None:
    settings.data_dir.mkdir(exist_ok=True)
    write_atomically(settings.data_dir / KEY, key, is_secret=True)


def test_a_new_lake_gets_a_key_of_its_own_and_keeps_it(settings: Settings) -> None:
    key = author_key(settings)
    assert len(key) == 64
    assert (settings.data_dir / KEY).stat().st_mode & 0o777 == 0o600
    assert author_key(settings) == key
    assert len(Lake(settings.data_dir).facts()["author_key"]) == 16


@pytest.mark.parametrize("key", ["", "\n", " \t \n", "hunter2", "a" * 64, "short but varied"[:15]])
@pytest.mark.parametrize("source", ["file", "environment"])
def test_a_key_that_hides_nobody_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, key: str, source: str
) -> None:
    if source == "file" or not key:
        keep(settings, key)
    else:
        monkeypatch.setenv("TOXWATCH_AUTHOR_KEY", key)
    write_raw(settings.data_dir, NIGHT, "instagram", "orbital", [comment_item()])
    with pytest.raises(BadInput, match=r"is (empty|too easy to guess)"):
        validate.run(settings, NIGHT)
    assert "author_key" not in Lake(settings.data_dir).facts(), "a good key may follow"


def test_no_key_is_no_hash() -> None:
    with pytest.raises(ValueError, match="empty key"):
        author_hash("instagram:ann", b"\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_lost_key_is_not_replaced_by_a_new_one(settings: Settings, command: str) -> None:
    author_key(settings)
    (settings.data_dir / KEY).unlink()
    with pytest.raises(BadInput, match=r"key of the author hashes is missing.*Nothing was changed"):
        COMMANDS[command](settings)
    assert not (settings.data_dir / KEY).exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("source", ["file", "environment"])
def test_another_lakes_key_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, command: str, source: str
) -> None:
    keep(settings, GOOD)
    author_key(settings)
    if source == "file":
        keep(settings, OTHER)
    else:
        monkeypatch.setenv("TOXWATCH_AUTHOR_KEY", OTHER)
        if command == "rekey":
            pytest.skip("it takes no key from the environment")
    with pytest.raises(BadInput, match=r"is not the key that the authors in .* were hashed with"):
        COMMANDS[command](settings)


def test_a_lake_of_an_older_release_keeps_its_key_and_cannot_lose_it(settings: Settings) -> None:
    night = Lake(settings.data_dir).open().folder("validated", NIGHT)
    night.mkdir(parents=True)
    (night / "_manifest.json").write_text('{"stage": "validate", "night": "2026-11-10"}')
    with pytest.raises(BadInput, match="key of the author hashes is missing"):
        author_key(settings)
    keep(settings, GOOD)
    assert author_key(settings) == GOOD.encode()


def test_a_weak_key_can_be_changed(settings: Settings) -> None:
    keep(settings, "hunter2")
    with pytest.raises(BadInput, match="run `toxwatch rekey`"):
        author_key(settings)
    assert rekey.run(settings) == 0
    assert author_key(settings).startswith(b"hunter2\n")


def test_the_key_moves_between_file_and_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOXWATCH_AUTHOR_KEY", GOOD)
    key = author_key(settings)
    monkeypatch.delenv("TOXWATCH_AUTHOR_KEY")
    keep(settings, GOOD + "\n")
    assert author_hash("instagram:ann", author_key(settings)) == author_hash("instagram:ann", key)


def test_doctor_names_a_key_that_is_not_the_lakes(settings: Settings) -> None:
    assert "no author was hashed yet" in doctor.authors(settings)
    keep(settings, GOOD)
    author_key(settings)
    assert "is the lake's" in doctor.authors(settings)
    keep(settings, "hunter2")
    with pytest.raises(BadInput, match="is not the key that the authors"):
        doctor.authors(settings)


def test_a_store_or_backup_takes_the_fingerprint_along(settings: Settings, tmp_path: Path) -> None:
    keep(settings, GOOD)
    author_key(settings)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "lake.json").write_bytes((settings.data_dir / "lake.json").read_bytes())
    with pytest.raises(BadInput, match="is missing"):
        author_key(Settings.load(tmp_path / "new"))
