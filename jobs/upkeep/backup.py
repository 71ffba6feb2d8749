"""Everything that cannot be made again, in one file: the lake, the models, the people and the key of the authors.

The warehouse is left out: `restore` makes it again from the lake. Every file's hash stands in the backup, which is
read back when it is written and checked when it is restored.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from jobs import publish
from jobs.config.settings import Settings
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake.mirror import Mirror, kept, link_target, whole
from jobs.lake.nights import Lake

CONTENTS = "contents.json"


def backup(settings: Settings, target: Path) -> int:
    """Writes the data folder to a tar file and reads it back; returns how many files it holds."""
    if target.exists():
        raise BadInput(f"{target} is there already; name another file.")
    if target.resolve().is_relative_to(settings.data_dir):
        raise BadInput(f"{target} lies in the data folder itself, and would be lost with it; name a file elsewhere.")
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    lake = Lake.of(settings)
    try:
        with lake.lock("lake"), tarfile.open(draft, "w") as archive:
            files = sorted(kept(settings.data_dir))
            with progress(f"back up {settings.data_dir}", len(files)) as advance:
                contents = {}
                for file in files:
                    contents[str(file)] = _add(archive, settings.data_dir, file)
                    advance()
            listed = json.dumps(contents, indent=0).encode()
            member = tarfile.TarInfo(CONTENTS)
            member.size = len(listed)
            archive.addfile(member, io.BytesIO(listed))
        _check(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return len(contents)


def restore(settings: Settings, source: str) -> int:
    """Puts a backup, or what a store holds, into a data folder that is new; makes the warehouse again."""
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        raise BadInput(f"{settings.data_dir} is not empty. Name a new folder with --data-dir; nothing is overwritten.")
    settings.data_dir.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{settings.data_dir.name}-", dir=settings.data_dir.parent))
    try:
        files = Mirror(source).fetch(draft) if "://" in source else _extract(Path(source), draft)
        draft.chmod(0o755)
        draft.replace(settings.data_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if Lake.of(settings).nights("published"):
        publish.rebuild(replace(settings, model_dir=Settings.load(settings.data_dir).model_dir))
    return files


def _extract(source: Path, target: Path) -> int:
    """A backup of which every file has its hash."""
    if not source.is_file():
        raise BadInput(f"There is no file {source}.")
    contents = _check(source)
    with tarfile.open(source) as archive:
        archive.extractall(target, filter="data")
    (target / CONTENTS).unlink()
    return len(contents)


def _add(archive: tarfile.TarFile, data_dir: Path, file: PurePosixPath) -> str:
    """Adds one file or link; returns its hash, or where the link points, relative to the data folder's inside."""
    path = data_dir / file
    if path.is_symlink():
        member = tarfile.TarInfo(str(file))
        member.type = tarfile.SYMTYPE
        member.linkname = link_target(path)
        archive.addfile(member)
        return f"link {member.linkname}"
    with whole(path) as source, source.open("rb") as content:
        archive.add(source, str(file), recursive=False)
        return _hash(content)


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
