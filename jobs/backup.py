"""Everything that cannot be made again, in one file: the lake, the models, the people and the key of the authors.

The warehouse is left out: `restore` makes it again from the lake. Every file's hash stands in the backup, which is
read back when it is written and checked when it is restored.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from jobs import publish
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake import Lake
from jobs.settings import Settings

CONTENTS = "contents.json"
MADE_AGAIN = {"warehouse", "airflow", "spark", "locks"}
LIVE = {".db"}  # SQLite: copied by SQLite, so that it is whole while others write


def backup(settings: Settings, target: Path) -> int:
    """Writes the data folder to a tar file and reads it back; returns how many files it holds."""
    if target.exists():
        raise BadInput(f"{target} is there already; name another file.")
    if target.resolve().is_relative_to(settings.data_dir):
        raise BadInput(f"{target} lies in the data folder itself, and would be lost with it; name a file elsewhere.")
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    lake = Lake(settings.data_dir).open()
    try:
        with lake.lock("lake"), tarfile.open(draft, "w") as archive:
            files = sorted(_kept(settings.data_dir))
            with progress(f"back up {settings.data_dir}", len(files)) as advance:
                contents = {}
                for file in files:
                    contents[str(file)] = _add(archive, settings.data_dir, file)
                    advance()
            _add_bytes(archive, CONTENTS, json.dumps(contents, indent=0).encode())
        _check(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return len(contents)


def restore(settings: Settings, source: Path) -> int:
    """Puts a backup into a data folder that is new, when every file has its hash; makes the warehouse again."""
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        raise BadInput(f"{settings.data_dir} is not empty. Name a new folder with --data-dir; nothing is overwritten.")
    if not source.is_file():
        raise BadInput(f"There is no file {source}.")
    contents = _check(source)
    settings.data_dir.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{settings.data_dir.name}-", dir=settings.data_dir.parent))
    try:
        with tarfile.open(source) as archive:
            archive.extractall(draft, filter="data")
        (draft / CONTENTS).unlink()
        draft.chmod(0o755)
        draft.replace(settings.data_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if Lake(settings.data_dir).open().nights("published"):
        publish.rebuild(replace(settings, model_dir=Settings.load(settings.data_dir).model_dir))
    return len(contents)


def _kept(data_dir: Path) -> Iterator[PurePosixPath]:
    """Whole files and links, as paths below the data folder; what is being written has a dot before its name."""
    for folder, folders, names in os.walk(data_dir):
        place = Path(folder).relative_to(data_dir)
        folders[:] = [one for one in folders if not one.startswith(".") and str(place / one) not in MADE_AGAIN]
        links = [one for one in folders if (Path(folder) / one).is_symlink()]
        for name in [*links, *names]:
            if not name.startswith(".") and not name.endswith((".db-wal", ".db-shm")):
                yield PurePosixPath(place / name)


def _add(archive: tarfile.TarFile, data_dir: Path, file: PurePosixPath) -> str:
    """Adds one file or link; returns its hash, or where the link points, relative to the data folder's inside."""
    path = data_dir / file
    if path.is_symlink():
        member = tarfile.TarInfo(str(file))
        member.type = tarfile.SYMTYPE
        member.linkname = os.path.relpath(path.resolve(), path.parent.resolve())
        archive.addfile(member)
        return f"link {member.linkname}"
    if path.suffix in LIVE:
        return _add_bytes(archive, str(file), _database(path), mode=0o600)
    archive.add(path, str(file), recursive=False)
    with path.open("rb") as content:
        return _hash(content)


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> str:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))
    return hashlib.sha256(content).hexdigest()


def _database(path: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, copy = sqlite3.connect(path), sqlite3.connect(f"{folder}/copy.db")
        source.backup(copy)
        source.close()
        copy.close()
        return (Path(folder) / "copy.db").read_bytes()


def _check(file: Path) -> dict[str, str]:
    """The contents of a backup that is whole; names what is wrong with one that is not."""
    try:
        with tarfile.open(file) as archive:
            found = {member.name: _found(archive, member) for member in archive}
            listed = archive.extractfile(CONTENTS)
            contents = json.loads(listed.read()) if listed else {}
    except (tarfile.TarError, KeyError, OSError, json.JSONDecodeError) as error:
        raise BadInput(f"{file} is no whole backup ({error}). Nothing was restored; take an older one.") from None
    if wrong := [name for name, expected in contents.items() if found.get(name) != expected]:
        raise BadInput(f"{file} is damaged: {', '.join(wrong[:3])} is not as it was. Nothing was restored.")
    return contents


def _found(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    if member.issym():
        return f"link {member.linkname}"
    content = archive.extractfile(member)
    return _hash(content) if content else ""


def _hash(content: IO[bytes]) -> str:
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
