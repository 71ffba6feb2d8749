"""A second home for all that cannot be made again: an object store that follows the data folder.

TOXWATCH_STORE names it, as s3://bucket/prefix?region=eu-central-1 (with endpoint_override and scheme for what speaks
like S3). Whoever has written to the lake brings the store up to date before they let go of it. A night's manifest goes
last and is taken away first, so that a night is whole in the store or is not there. Erased is erased in both.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, urlsplit

from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem, copy_files

from jobs.console import progress
from jobs.errors import BadInput, FailedService
from jobs.lake.files import is_unfinished, read_json
from jobs.lake.manifests import MANIFEST
from models.card import file_hash
from warehouse.files import write_atomically
from warehouse.sqlite import opened

MADE_AGAIN = {"warehouse", "airflow", "spark", "locks"}
LIVE = {".db"}  # SQLite: copied by SQLite, so that it is whole while others write
LINK = ".link"  # an object of this name holds where a link points
FOLLOWED = ".followed.json"  # in the data folder: what the store held after the last update
AT_ONCE = 8
BLOCK = 1 << 20  # bytes read at once

Stamps = dict[str, list[str | int]]


class Mirror:
    def __init__(self, address: str) -> None:
        self.address = address
        try:
            small_at_once = f"{'&' if '?' in address else '?'}allow_delayed_open=true"  # one request a small file
            self._objects, self._root = FileSystem.from_uri(address + small_at_once)
        except (ValueError, OSError) as error:
            raise BadInput(f"TOXWATCH_STORE: {address} is no address of a store ({error}).") from None

    def follow(self, data_dir: Path) -> None:
        """Uploads what has changed in the data folder since the last time, and deletes what is gone."""
        before = self._held(data_dir) or {}
        now = _stamps(data_dir)
        changed, gone = [file for file in now if before.get(file) != now[file]], before.keys() - now.keys()
        if not changed and not gone:
            return
        manifests = {manifest for file in [*changed, *gone] for manifest in _manifests(file)}
        with _answering(self.address):
            for file in [*sorted(manifests), *sorted(gone)]:
                self._delete(file)
            self._send(data_dir, [file for file in changed if file not in manifests])
            self._send(data_dir, sorted(manifests & now.keys()))
        self._note(data_dir, now)

    def claim(self, data_dir: Path) -> None:
        """Refuses a store that holds another folder's data, before anything is written over it."""
        if self._held(data_dir) is None:
            bucket = self._root.partition("/")[0]
            with _answering(self.address):
                if self._objects.get_file_info(bucket).type == FileType.NotFound:
                    raise BadInput(f"TOXWATCH_STORE: there is no bucket {bucket}. Make it first; it should be private.")
            if files := self.files():
                raise BadInput(
                    f"{self.address} holds {files:,} files that {data_dir} knows nothing of. Bring them here with "
                    f"`toxwatch restore '{self.address}' --data-dir NEW`, or let TOXWATCH_STORE name an empty place."
                )
            self._note(data_dir, {})

    def fetch(self, target: Path) -> int:
        """Everything the store holds, into a new folder, which it then follows. Half nights stay there, but what Apify
        was paid for comes along.
        """
        with _answering(self.address):
            names = self._whole_names()
            whole = [name for name in sorted(names) if name.startswith("raw/") or names.issuperset(_manifests(name))]
            with progress(f"fetch {self.address.partition('?')[0]}", len(whole)) as advance:
                for name in whole:
                    self._get(name, target)
                    advance()
        if not whole:
            raise BadInput(f"{self.address} holds nothing.")
        self._note(target, _stamps(target))
        return len(whole)

    def files(self) -> int:
        with _answering(self.address):
            return len(self._whole_names())

    def differing(self, data_dir: Path) -> list[str]:
        """Files that are not in the store as they are here. Of a database it is only known whether it is there."""
        with _answering(self.address):
            held = self._whole_names()
            ours = {
                f"{file}{LINK if inner_link(data_dir / file, data_dir) else ''}": data_dir / file
                for file in kept(data_dir)
            }
            changed = [name for name, path in ours.items() if name in held and not self._is_same(name, path)]
        return sorted([*changed, *held.symmetric_difference(ours)])

    def repair(self, data_dir: Path, names: Sequence[str]) -> None:
        """Has the next update send these again, or delete them where they are not here."""
        self._note(data_dir, (self._held(data_dir) or {}) | {name.removesuffix(LINK): [] for name in names})

    def _is_same(self, name: str, path: Path) -> bool:
        if name.endswith(LINK) or path.suffix in LIVE:
            return True
        with self._objects.open_input_stream(self._place(name), compression=None) as data:
            digest = hashlib.sha256()
            while block := data.read(BLOCK):
                digest.update(block)
        return digest.hexdigest() == file_hash(path)

    def sweep(self) -> None:
        """Takes away what Spark's workers were writing when they were stopped."""
        with _answering(self.address):
            for name in filter(_is_draft, self._names()):
                self._objects.delete_file(self._place(name))

    def bring(self, data_dir: Path, folder: Path) -> None:
        """What Spark's workers wrote there comes to the folder here."""
        there = self._place(str(folder.relative_to(data_dir)))
        folder.mkdir(parents=True, exist_ok=True)
        with _answering(self.address):
            copy_files(there, str(folder), source_filesystem=self._objects, destination_filesystem=LocalFileSystem())
            self._objects.delete_dir(there)

    def make(self, folder: PurePosixPath) -> None:
        with _answering(self.address):
            self._objects.create_dir(self._place(str(folder)))

    def drop(self, folder: PurePosixPath) -> None:
        with _answering(self.address), suppress(FileNotFoundError):
            self._objects.delete_dir(self._place(str(folder)))

    def _held(self, data_dir: Path) -> Stamps | None:
        """What of the folder is in the store; None where this is not the store of the folder."""
        note = data_dir / FOLLOWED
        known = read_json(note, "Restore it from a backup.") if note.exists() else {}
        return known["files"] if known.get("address") == self.address else None

    def _note(self, data_dir: Path, files: Stamps) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        write_atomically(data_dir / FOLLOWED, json.dumps({"address": self.address, "files": files}))

    def hadoop_path(self, file: Path) -> str:
        return f"s3a://{self._place(str(file))}"

    def for_hadoop(self) -> dict[str, bool | float | int | str | None]:
        """Settings of Spark; keys come from the environment or the machine's own role."""
        query = dict(parse_qsl(urlsplit(self.address).query))
        found = {"mapreduce.fileoutputcommitter.algorithm.version": "2", "fs.s3a.path.style.access": "true"}
        if "region" in query:
            found["fs.s3a.endpoint.region"] = query["region"]
        if "endpoint_override" in query:
            found["fs.s3a.endpoint"] = f"{query.get('scheme', 'https')}://{query['endpoint_override']}"
        return {f"spark.hadoop.{name}": value for name, value in found.items()}

    def _names(self) -> set[str]:
        found = self._objects.get_file_info(FileSelector(self._root, recursive=True, allow_not_found=True))
        return {one.path.removeprefix(f"{self._root}/") for one in found if one.type == FileType.File}

    def _whole_names(self) -> set[str]:
        return {name for name in self._names() if not _is_draft(name)}

    def _send(self, data_dir: Path, files: Sequence[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda file: self._put(data_dir, file), files))

    def _put(self, data_dir: Path, file: str) -> None:
        path, place = data_dir / file, self._place(file)
        if link := inner_link(path, data_dir):
            with self._objects.open_output_stream(place + LINK, compression=None) as out:
                out.write(link.encode())
            return
        with (
            whole(path) as source,
            source.open("rb") as data,
            self._objects.open_output_stream(place, compression=None) as out,
        ):
            shutil.copyfileobj(data, out)

    def download(self, name: str, target: Path) -> Path:
        """One file, below the target as it lies in the store."""
        with _answering(self.address):
            self._get(name, target)
        return target / name

    def _get(self, name: str, target: Path) -> None:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._objects.open_input_stream(self._place(name), compression=None) as data:
            if name.endswith(LINK):
                path.with_suffix("").symlink_to(data.read().decode())
                return
            path.touch(mode=0o644 if "/" in name else 0o600)  # keys and people lie at the top
            with path.open("wb") as out:
                shutil.copyfileobj(data, out)

    def _delete(self, file: str) -> None:
        for name in (file, file + LINK):
            with suppress(FileNotFoundError):
                self._objects.delete_file(self._place(name))

    def _place(self, file: str) -> str:
        return f"{self._root}/{file}"


def kept(data_dir: Path) -> Iterator[PurePosixPath]:
    """Whole files, and links between them, that cannot be made again, as paths below the data folder.

    A link that leads out of the data folder stands for what it leads to, such as a folder on another disk.
    """
    for folder, folders, names in os.walk(data_dir, followlinks=True):
        place = PurePosixPath(folder).relative_to(data_dir)
        left_out = MADE_AGAIN if place == PurePosixPath() else ()
        folders[:] = [one for one in folders if not is_unfinished(one) and one not in left_out]
        links = [one for one in folders if inner_link(Path(folder, one), data_dir)]
        folders[:] = [one for one in folders if one not in links]
        for name in [*links, *names]:
            if not is_unfinished(name) and name != FOLLOWED and not name.endswith((".db-wal", ".db-shm")):
                yield place / name


def _is_draft(name: str) -> bool:
    return any(map(is_unfinished, PurePosixPath(name).parts))


def inner_link(path: Path, data_dir: Path) -> str | None:
    """Where a link inside the data folder points, from the folder it is in; None if it leads out or is none."""
    if not path.is_symlink():
        return None
    target, home = path.resolve(), data_dir.resolve()
    leads_out = not target.is_relative_to(home) and not home.is_relative_to(target)
    return None if leads_out else os.path.relpath(target, path.parent.resolve())


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """The file itself, or a copy of a database as it is at one moment."""
    if path.suffix not in LIVE:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        with opened(path) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        shutil.copymode(path, copy)
        yield copy


def _stamps(data_dir: Path) -> Stamps:
    return {str(file): stamp for file in kept(data_dir) if (stamp := _stamp(data_dir / file, data_dir))}


def _stamp(path: Path, data_dir: Path) -> list[str | int]:
    """Other than before where the file, or what SQLite has not yet put into it, is another; empty if it is gone."""
    if link := inner_link(path, data_dir):
        return [link]
    stamp: list[str | int] = []
    for one in (path, path.with_name(f"{path.name}-wal")) if path.suffix in LIVE else (path,):
        with suppress(FileNotFoundError):  # others write meanwhile, and SQLite takes its log away
            state = one.stat()
            stamp += [state.st_size, state.st_mtime_ns]
    return stamp


def _manifests(file: str) -> list[str]:
    """The manifest of the night's or month's folder that a file is in, where it is in one."""
    parts = PurePosixPath(file).parts
    nights = [n for n, part in enumerate(parts) if part.startswith(("night=", "month="))]
    return [str(PurePosixPath(*parts[: nights[0] + 1], MANIFEST))] if nights else []


@contextmanager
def _answering(address: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FailedService(
            f"The store {address.partition('?')[0]} cannot be reached ({error}). Nothing here is lost: "
            "the next command that writes to the lake brings it up to date."
        ) from None
