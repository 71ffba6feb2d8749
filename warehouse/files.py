"""Files that are whole or not there, whatever happens while they are written, power cuts included."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse import WarehouseError

DRAFT = ".draft-"  # in the name of a file or folder until it is whole, after a leading dot


@contextmanager
def writing(target: Path, is_secret: bool = False) -> Iterator[Path]:
    """A place beside the file to write it; it takes the file's place when the block ends well, else it is removed."""
    if not target.parent.is_dir():
        raise WarehouseError(f"Can't write {target}: there is no folder {target.parent}. Create it first.")
    draft = draft_of(target)
    try:
        if is_secret:
            draft.touch(0o600)
        yield draft
        sync(draft)
        draft.replace(target)
        sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def write_atomically(target: Path, content: str | bytes, is_secret: bool = False) -> None:
    with writing(target, is_secret) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


def draft_of(target: Path) -> Path:
    """Where this process writes what will take the target's place; no pattern that finds the target finds it."""
    return target.with_name(f".{target.name}{DRAFT}{os.getpid()}")


def is_draft(name: str) -> bool:
    return name.startswith(".") and DRAFT in name


def sync_tree(folder: Path) -> None:
    """Waits until the disk has everything in a folder."""
    for place, _, names in os.walk(folder):
        for name in names:
            if not (path := Path(place) / name).is_symlink():
                sync(path)
        sync(Path(place))


def sync(path: Path) -> None:
    """Waits until the disk has a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
