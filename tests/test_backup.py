"""Backup and restore: the same data folder elsewhere, and a damaged backup that leaves nothing behind."""

import shutil
import subprocess
import tarfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.people import People
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.failures import failures
from jobs.lake.nights import Lake
from jobs.lake.raw import sign_night, writing_raw
from jobs.upkeep import backup, forget, rescore, verify
from models.training.registry import Registry
from tests.fixtures.nights import NIGHTS, copied, keep_key_in_folder
from warehouse import build
from warehouse.files import is_draft
from warehouse.reader import Warehouse

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, after_one_night: Settings) -> tuple[Settings, Path]:
    """A data folder with a night, a user and a champion, and its backup."""
    place = tmp_path_factory.mktemp("backup")
    settings = copied(after_one_night, place)
    with pytest.MonkeyPatch.context() as patch:
        keep_key_in_folder(settings, patch)
    People(settings.data_dir / "people.db").add("ann", "correct horse battery")
    disk = place / "another disk"
    (settings.data_dir / "raw").rename(disk)
    (settings.data_dir / "raw").symlink_to(disk)
    dotted = next(disk.glob("night=*/instagram")) / ".dotted.jsonl.gz"
    with writing_raw(dotted) as write:
        write("post", "instagram", None, {"caption": "of an account whose name begins with a dot"})
    sign_night(Lake(settings.data_dir), NIGHTS[0])
    promoted = Registry(settings.data_dir / "models").promote(settings.model_dir)
    (settings.data_dir / "models" / "in-use").symlink_to(promoted)
    backup.backup(settings, place / "backup.tar")
    return settings, place / "backup.tar"


def test_a_restored_folder_is_the_one_that_was_kept(kept: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, file = kept
    files = backup.restore(replace(settings, data_dir=tmp_path / "new"), str(file))
    new = Settings.load(tmp_path / "new")
    assert files > 10
    assert file.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "new" / "raw").is_symlink()
    assert _contents(tmp_path / "new" / "raw") == _contents(settings.data_dir / "raw")
    assert any(".dotted" in name for name in _contents(tmp_path / "new" / "raw"))
    assert verify.run(new).problems == []
    assert build.content_hash(tmp_path / "new" / "warehouse") == build.content_hash(settings.data_dir / "warehouse")
    assert (tmp_path / "new" / "author.key").read_bytes() == (settings.data_dir / "author.key").read_bytes()
    assert People(tmp_path / "new" / "people.db").sign_in("ann", "correct horse battery")
    assert new.model_dir.is_relative_to(tmp_path / "new")
    assert Registry(tmp_path / "new" / "models").champion() == new.model_dir


def test_nights_that_the_model_in_use_has_not_scored_are_restored_and_forgotten_in(
    after_one_night: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = copied(after_one_night, tmp_path)
    backup.backup(settings, tmp_path / "backup.tar")
    new = Settings.load(tmp_path / "new")  # with the model that ships, which is another
    backup.restore(new, str(tmp_path / "backup.tar"))
    ask = Warehouse(new.data_dir / "warehouse").query
    [(comments, scored)] = ask("SELECT count(*), count(toxic) FROM comments_scored")
    assert comments > 0
    assert scored == 0
    assert "has not scored 1 of 1 published nights" in capsys.readouterr().err
    [(author,)] = ask("SELECT min(author_hash) FROM comments")
    forget.run(new, {author}, set())
    assert ask("SELECT count(*) FROM comments WHERE author_hash = $1", [author]) == [(0,)]


def test_a_folder_that_is_moved_keeps_its_model(after_one_night: Settings, tmp_path: Path) -> None:
    settings = copied(after_one_night, tmp_path)
    promoted = Registry(settings.data_dir / "models").promote(settings.model_dir)
    rescore.run(settings)
    assert Settings.load(settings.data_dir).model_dir == promoted
    moved = settings.data_dir.rename(tmp_path / "moved")
    assert Settings.load(moved).model_dir == Registry(moved / "models").champion()
    shutil.rmtree(Settings.load(moved).model_dir)
    with pytest.raises(BadInput, match=r"moved/models/in-use leads to .*, which is not there"):
        Settings.load(moved)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_with_one_wrong_byte_is_refused_and_nothing_is_left(
    kept: tuple[Settings, Path], tmp_path: Path
) -> None:
    content = bytearray(kept[1].read_bytes())
    at = content.index(b"PAR1") + 200
    content[at] ^= 1
    (tmp_path / "damaged.tar").write_bytes(content)
    with pytest.raises(BadInput, match="is not as it was"):
        backup.restore(Settings.load(tmp_path / "new"), str(tmp_path / "damaged.tar"))
    (tmp_path / "cut.tar").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match="is no whole backup"):
        backup.restore(Settings.load(tmp_path / "new"), str(tmp_path / "cut.tar"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.tar", "damaged.tar"]


def test_nothing_is_written_over(kept: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, file = kept
    with pytest.raises(BadInput, match="is not empty"):
        backup.restore(settings, str(file))
    with pytest.raises(BadInput, match="is there already"):
        backup.backup(settings, file)
    with pytest.raises(BadInput, match="lies in the data folder itself"):
        backup.backup(settings, settings.data_dir / "backup.tar")
    with pytest.raises(BadInput, match="There is no file"):
        backup.restore(Settings.load(tmp_path / "new"), str(tmp_path / "nowhere.tar"))


def test_a_passphrase_keeps_a_backup_to_oneself(kept: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, _ = kept
    secret = replace(settings, backup_passphrase="three short words")
    files = backup.backup(secret, tmp_path / "backup.tar.age")
    sealed = (tmp_path / "backup.tar.age").read_bytes()
    assert sealed.startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert b"PAR1" not in sealed
    for passphrase, output in (
        (None, "is encrypted. Set TOXWATCH_BACKUP_PASSPHRASE"),
        ("another", "passphrase .* is wrong"),
    ):
        other = replace(settings, data_dir=tmp_path / "other", backup_passphrase=passphrase)
        with pytest.raises(BadInput, match=output):
            backup.restore(other, str(tmp_path / "backup.tar.age"))
    new = replace(secret, data_dir=tmp_path / "new")
    assert backup.restore(new, str(tmp_path / "backup.tar.age")) == files
    assert (new.data_dir / "author.key").read_bytes() == (settings.data_dir / "author.key").read_bytes()


@pytest.mark.parametrize("has_filter", [True, False], ids=["", "as in Debian's Python 3.11"])
@pytest.mark.parametrize(
    ("name", "leads_to"), [("../out", None), ("/tmp/out", None), ("in", "../../out"), ("in", "/etc")]
)
def test_a_backup_writes_nothing_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, leads_to: str | None, has_filter: bool
) -> None:
    if not has_filter:
        monkeypatch.setattr(backup, "SAFE", {})
    member = tarfile.TarInfo(name)
    if leads_to:
        member.type, member.linkname = tarfile.SYMTYPE, leads_to
    with tarfile.open(tmp_path / "hostile.tar", "w") as archive:
        archive.addfile(member)
    with pytest.raises(BadInput, match="would be written outside"):
        backup.restore(Settings.load(tmp_path / "new"), str(tmp_path / "hostile.tar"))
    assert [path.name for path in tmp_path.iterdir()] == ["hostile.tar"]


def test_scheduled_backups_are_dated_and_the_oldest_go(kept: tuple[Settings, Path], tmp_path: Path) -> None:
    settings = replace(kept[0], backups=tmp_path)
    for day in range(1, 9):
        (tmp_path / f"toxwatch-2026-11-{day:02}T040000.tar").touch()
    file, files = backup.scheduled(settings)
    assert files > 10
    assert len(backup.stored(tmp_path)) == backup.KEPT
    assert backup.stored(tmp_path)[-1] == file
    with pytest.raises(BadInput, match="set TOXWATCH_BACKUPS"):
        backup.scheduled(replace(settings, backups=None))


def test_a_scheduled_backup_that_fails_is_told_of(kept: tuple[Settings, Path], tmp_path: Path) -> None:
    settings = replace(kept[0], backups=tmp_path / "nowhere")
    with pytest.raises(BadInput, match="There is no folder"):
        backup.scheduled(settings)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert "There is no folder" in failures(Lake(settings.data_dir), yesterday)["backup"]


def test_a_volume_that_is_mounted_is_restored_into(kept: tuple[Settings, Path], tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", volume], check=False, capture_output=True).returncode:
        pytest.skip("a disk can be mounted by root only")
    try:
        backup.restore(replace(kept[0], data_dir=volume), str(kept[1]))
        assert verify.run(replace(kept[0], data_dir=volume)).problems == []
        assert [path for path in volume.iterdir() if is_draft(path.name)] == []
    finally:
        subprocess.run(["umount", "--lazy", volume], check=True)


def test_a_link_to_a_disk_that_is_not_there_stops_the_backup(settings: Settings, tmp_path: Path) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "raw").symlink_to(tmp_path / "unmounted")
    with pytest.raises(BadInput, match=r"which is not there\. Mount its disk"):
        backup.backup(settings, tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
