"""Changes the key of the author hashes without anyone's name: each hash is hashed once more, with the new key.

The old key and hashes say nothing about the new ones, and a person still has one hash. Killed at any moment, it
continues where it was; until it has finished, nothing that needs the key runs.
"""

import hashlib
import json
import secrets
from functools import cache, partial
from pathlib import Path

from jobs import publish
from jobs.config.settings import Settings, given_author_key
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake.authors import FINGERPRINT, KEY, NEXT_KEY, author_hash, author_key, fingerprint, with_other_hashes
from jobs.lake.datasets import OF_COMMENTS
from jobs.lake.files import read_table, write_table
from jobs.lake.nights import Lake
from jobs.lake.tombstones import TOMBSTONES
from warehouse import build
from warehouse.files import sync, write_atomically

MARK = b"author_key"  # in a file's metadata: which keys its hashes went through


def run(settings: Settings) -> int:
    """Returns how many files were re-hashed."""
    if given_author_key():
        raise BadInput(
            f"The key comes from TOXWATCH_AUTHOR_KEY, where it cannot be changed from here. Write it into "
            f"{settings.data_dir / KEY}, unset the variable, and run this again."
        )
    lake, keys = Lake.of(settings), settings.data_dir / NEXT_KEY
    with lake.lock("lake"):
        if not keys.exists():
            write_atomically(
                keys, author_key(settings, may_be_weak=True) + f"\n{secrets.token_hex(32)}".encode(), is_secret=True
            )
        newest = keys.read_bytes().split(b"\n")[-1]
        files = _hash_nights(lake, newest) + _hash_tombstones(lake.root / TOMBSTONES, newest)
    if lake.nights("published"):
        publish.rebuild(settings, even_unscored=True)
        build.drop_old_versions(settings.data_dir / "warehouse")
    lake.note(FINGERPRINT, fingerprint(keys.read_bytes()))
    keys.replace(settings.data_dir / KEY)
    sync(settings.data_dir)
    return files


def _hash_nights(lake: Lake, key: bytes) -> int:
    folders = [(one, folder) for one in OF_COMMENTS if one.authors for folder in lake.all_folders(one)]
    done = 0
    with progress("re-hash authors", len(folders)) as advance:
        for dataset, folder in folders:
            done += sum(_hash_file(path, key) for path in folder.files_with(dataset.authors))
            folder.sign()
            advance()
    return done


def _hash_file(path: Path, key: bytes) -> bool:
    table = read_table(path)
    if (table.schema.metadata or {}).get(MARK) == _mark(key):
        return False
    table = with_other_hashes(table, cache(partial(author_hash, key=key)))
    write_table(path, table.replace_schema_metadata({**(table.schema.metadata or {}), MARK: _mark(key)}))
    return True


def _hash_tombstones(path: Path, key: bytes) -> bool:
    stones = json.loads(path.read_text()) if path.exists() else {}
    if not stones or stones.get(MARK.decode()) == _mark(key).decode():
        return False
    stones["authors"] = sorted(author_hash(old, key) for old in stones["authors"])
    write_atomically(path, json.dumps(stones | {MARK.decode(): _mark(key).decode()}, indent=1))
    return True


def _mark(key: bytes) -> bytes:
    return hashlib.sha256(key).hexdigest()[:8].encode()
