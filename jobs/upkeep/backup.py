"""Everything that cannot be made again, in one file: the lake, the models, the people and the key of the authors.

The warehouse is left out: `restore` makes it again from the lake. Every file's hash stands in the backup, which is
restored into a temporary folder as soon as it is written, and checked when it is restored.
"""

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any

from jobs import publish
from jobs.config.settings import Settings
from jobs.console import progress
from jobs.errors import BadInput, FailedService
from jobs.lake.failures import recorded
from jobs.lake.mirror import Mirror, inner_link, kept, whole
from jobs.lake.nights import Lake
from jobs.upkeep.age import Opening, Sealing, is_sealed
from models.card import file_hash
from warehouse.files import DRAFT, sync, sync_tree, writing

CONTENTS = "contents.json"
SAFE: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # not in Debian's Python 3.11
KEPT = 7  # of the scheduled backups
TRIED = f".restored{DRAFT}"  # what the temporary folder's name begins with; it lies in the data folder

Contents = dict[str, str]  # file → hash of its content, or where a link points


def scheduled(settings: Settings) -> tuple[Path, int]:
    """Writes a backup named by its time into TOXWATCH_BACKUPS, and deletes the oldest there."""
    if settings.backups is None:
        raise BadInput("Name a file, or set TOXWATCH_BACKUPS to the folder of scheduled backups.")
    now = datetime.now(UTC)
    target = settings.backups / f"toxwatch-{now:%Y-%m-%dT%H%M%S}.tar{'.age' if settings.backup_passphrase else ''}"
    with recorded(Lake.of(settings), now.date() - timedelta(days=1), "backup"):
        files = backup(settings, target)
    for old in stored(settings.backups)[:-KEPT]:
        old.unlink()
    return target, files


def stored(folder: Path) -> list[Path]:
    """The scheduled backups, oldest first."""
    return sorted(folder.glob("toxwatch-*.tar*"))


def backup(settings: Settings, target: Path) -> int:
    """Writes the data folder to a tar file and restores it to compare; returns how many files it holds."""
    if target.exists():
        raise BadInput(f"{target} is there already; name another file.")
    if target.resolve().is_relative_to(settings.data_dir):
        raise BadInput(f"{target} lies in the data folder itself, and would be lost with it; name a file elsewhere.")
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder {target.parent}. Make it first, or name another.")
    with Lake.of(settings).lock("lake"), writing(target, is_secret=True) as draft:
        for leftover in settings.data_dir.glob(f"{TRIED}*"):
            shutil.rmtree(leftover)
        contents = _write(settings, draft)
        with tempfile.TemporaryDirectory(prefix=TRIED, dir=settings.data_dir) as folder:
            restored = _unpack(draft, Path(folder), settings.backup_passphrase)
        if changed := _differing(contents, restored):
            raise FailedService(
                f"{', '.join(changed[:3])} changed while it was backed up, or the disk of {target} is failing. "
                "No backup was written; run this again."
            )
    return len(contents)


def restore(settings: Settings, source: str) -> int:
    """Puts a backup, or what a store holds, into a data folder that is new; makes the warehouse again."""
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        raise BadInput(f"{settings.data_dir} is not empty. Name a new folder with --data-dir; nothing is overwritten.")
    is_volume = settings.data_dir.is_mount()  # as in a container: nothing can take its place
    place = settings.data_dir if is_volume else settings.data_dir.parent
    place.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{settings.data_dir.name}{DRAFT}", dir=place))
    try:
        files = Mirror(source).fetch(draft) if "://" in source else _extract(settings, Path(source), draft)
        draft.chmod(0o755)
        sync_tree(draft)
        if is_volume:
            for entry in draft.iterdir():
                entry.rename(settings.data_dir / entry.name)
        else:
            draft.replace(settings.data_dir)
        sync(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if Lake.of(settings).nights("published"):
        publish.rebuild(replace(settings, model_dir=Settings.load(settings.data_dir).model_dir), even_unscored=True)
    return files


def _write(settings: Settings, draft: Path) -> Contents:
    files = sorted(kept(settings.data_dir))
    contents: Contents = {}
    with _writing_tar(draft, settings.backup_passphrase) as archive:
        with progress(f"back up {settings.data_dir}", len(files)) as advance:
            for file in files:
                contents[str(file)] = _add(archive, settings.data_dir, file)
                advance()
        listed = json.dumps(contents, indent=0).encode()
        member = tarfile.TarInfo(CONTENTS)
        member.size = len(listed)
        archive.addfile(member, io.BytesIO(listed))
    return contents


def _add(archive: tarfile.TarFile, data_dir: Path, file: PurePosixPath) -> str:
    """Adds one file or link; returns its hash, or where the link points."""
    path = data_dir / file
    if link := inner_link(path, data_dir):
        member = tarfile.TarInfo(str(file))
        member.type, member.linkname = tarfile.SYMTYPE, link
        archive.addfile(member)
        return f"link {link}"
    if not path.exists():
        raise BadInput(
            f"{path} is a link to {os.readlink(path)}, which is not there. Mount its disk, or delete the link."
        )
    with whole(path) as source:
        archive.add(source.resolve(), str(file), recursive=False)
        return file_hash(source)


def _extract(settings: Settings, source: Path, target: Path) -> int:
    """A backup of which every file has its hash, and which holds no others."""
    if not source.is_file():
        raise BadInput(f"There is no file {source}.")
    found = _unpack(source, target, settings.backup_passphrase)
    if wrong := _differing(json.loads((target / CONTENTS).read_bytes()), found):
        raise BadInput(f"{source} is damaged: {', '.join(wrong[:3])} is not as it was. Nothing was restored.")
    (target / CONTENTS).unlink()
    return len(found)


def _unpack(source: Path, target: Path, passphrase: str | None) -> Contents:
    """What the files are that came out of a backup."""
    try:
        with _reading_tar(source, passphrase) as archive:
            for member in archive:
                _check_inside(member)
                archive.extract(member, target, **SAFE)
        (target / CONTENTS).stat()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadInput(f"{source} is no whole backup ({error}). Nothing was restored; take an older one.") from None
    return {
        str(path.relative_to(target)): f"link {os.readlink(path)}" if path.is_symlink() else file_hash(path)
        for path in target.rglob("*")
        if (path.is_symlink() or path.is_file()) and path != target / CONTENTS
    }


def _check_inside(member: tarfile.TarInfo) -> None:
    """Refuses what a backup never holds, such as a file that would be written elsewhere."""
    folder, leads_to = os.path.split(member.name)[0], member.linkname if member.issym() else ""
    places = (member.name, os.path.join(folder, leads_to))
    if any(os.path.isabs(place) or os.path.normpath(place).startswith("..") for place in places):
        raise tarfile.TarError(f"{member.name} would be written outside")
    if not (member.isreg() or member.issym()):
        raise tarfile.TarError(f"{member.name} is no file")


def _differing(one: Contents, other: Contents) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


@contextmanager
def _writing_tar(target: Path, passphrase: str | None) -> Iterator[tarfile.TarFile]:
    with target.open("wb") as file:
        if passphrase is None:
            with tarfile.open(fileobj=file, mode="w|") as archive:
                yield archive
        else:
            with Sealing(file, passphrase) as sealing, tarfile.open(fileobj=sealing, mode="w|") as archive:
                yield archive


@contextmanager
def _reading_tar(source: Path, passphrase: str | None) -> Iterator[tarfile.TarFile]:
    with source.open("rb") as file:
        stream: IO[bytes] | io.BufferedReader = file
        if is_sealed(file.peek(32)):
            if passphrase is None:
                raise BadInput(f"{source} is encrypted. Set TOXWATCH_BACKUP_PASSPHRASE to what it was written with.")
            stream = io.BufferedReader(Opening(file, passphrase))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            yield archive
