"""Files that are whole or not there, whatever happens while they are written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing(target: Path) -> Iterator[Path]:
    """A place beside the file to write it; it takes the file's place when the block ends well, else it is removed."""
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        yield draft
        sync(draft)
        draft.replace(target)
        sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Waits until the disk has a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
