"""Authors become keyed hashes here: the key, kept with its fingerprint in the lake, and the hash it makes."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.config.settings import Settings, given_author_key
from jobs.errors import BadInput
from jobs.lake.nights import Lake
from jobs.lake.schema import PEOPLE
from warehouse.files import write_atomically

KEY, NEXT_KEY = "author.key", "author.key.next"  # files in the data folder; the second exists while `rekey` runs
FINGERPRINT = "author_key"  # in lake.json
SHORTEST = 16  # bytes of a key
LEAST_VARIED = 8  # different bytes in a key


def author_key(settings: Settings, may_be_weak: bool = False) -> bytes:
    """TOXWATCH_AUTHOR_KEY or author.key, which a new lake creates; BadInput if missing, weak or another lake's."""
    if (settings.data_dir / NEXT_KEY).exists():
        raise BadInput("Changing the author key was interrupted. Run `toxwatch rekey` again.")
    lake = Lake(settings.data_dir).open()
    with lake.lock("author key", wait=True):
        known = lake.facts().get(FINGERPRINT)
        key = _read(settings.data_dir) or _create(lake, has_authors=bool(known or lake.nights("validated")))
        if known not in (None, fingerprint(key)):
            raise BadInput(
                f"{_source(settings.data_dir)} is not the key that the authors in {lake.root} were hashed with "
                f"(its fingerprint is {fingerprint(key)}, theirs is {known}). Nothing was changed. Put the right key "
                "back; a backup has it."
            )
        if not may_be_weak:
            _check_strength(key, _source(settings.data_dir))
        if known is None:
            lake.note(FINGERPRINT, fingerprint(key))
    return key


def _read(data_dir: Path) -> bytes | None:
    if given := given_author_key():
        return given
    path = data_dir / KEY
    return path.read_bytes() or b"\n" if path.exists() else None


def _source(data_dir: Path) -> str:
    return "TOXWATCH_AUTHOR_KEY" if given_author_key() else str(data_dir / KEY)


def _create(lake: Lake, has_authors: bool) -> bytes:
    path = lake.root / KEY
    if has_authors:
        raise BadInput(
            f"The key of the author hashes is missing: there is no {path}, and TOXWATCH_AUTHOR_KEY is not set. Nothing "
            "was changed. Restore the file from a backup, or set the variable; a new key could find nobody stored here."
        )
    key = secrets.token_hex(32).encode()
    write_atomically(path, key, is_secret=True)
    return key


def _check_strength(key: bytes, source: str) -> None:
    longest = max(_keys(key), key=len, default=b"").strip()
    if len(longest) < SHORTEST or len(set(longest)) < LEAST_VARIED:
        what = "too easy to guess" if longest else "empty"
        raise BadInput(
            f"{source} is {what}: anyone could find the names behind the author hashes. It needs {SHORTEST} random "
            "characters or more; `openssl rand -hex 32` prints some. If nights were collected with this key, run "
            "`toxwatch rekey`, which changes it; otherwise replace it."
        )


def fingerprint(key: bytes) -> str:
    """Tells keys apart without telling anything about them."""
    return hashlib.sha256(b"author key:" + b"\n".join(_keys(key))).hexdigest()[:16]


def _keys(key: bytes) -> list[bytes]:
    return [one for one in key.split(b"\n") if one]


def author_hash(name: str, key: bytes) -> str:
    """Of "instagram:ann": the same person is the same on all accounts of a platform, and nobody by name.

    Keys that came later stand on lines of their own, and hash what the one before made.
    """
    keys = _keys(key)
    if not keys:
        raise ValueError("an empty key would leave the name as it is")
    for one in keys:
        name = hmac.new(one, name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
    return name


class Pseudonyms:
    """The hashes of people by their names and ids, each made once."""

    def __init__(self, key: bytes, forgotten: Collection[str] = ()) -> None:
        """Others who name somebody forgotten name nobody."""
        self._key, self._forgotten = key, forgotten
        self._known: dict[str, str] = {}

    def of_name(self, platform: str, name: str) -> str:
        return self._of(f"{platform}:{name}")

    def of_id(self, platform: str, id: str) -> str:
        """An id stays when its owner takes another name."""
        return self._of(f"{platform}:id:{id}")

    def of_author(self, comment: dict[str, Any]) -> dict[str, Any]:
        """By the column that each goes into."""
        platform, name, id = comment["platform"], comment["author"], comment.get("author_id")
        found = {} if name is None else {"author_hash": self.of_name(platform, name)}
        return found if id is None else found | {"author_id_hash": self.of_id(platform, id)}

    def of_comment(self, comment: dict[str, Any]) -> dict[str, Any]:
        return self.of_author(comment) | {"mention_hashes": self._of_names(comment["platform"], comment["mentions"])}

    def of_post(self, post: dict[str, Any]) -> dict[str, Any]:
        return {"coauthor_hashes": self._of_names(post["platform"], post.get("coauthors") or [])}

    def _of_names(self, platform: str, names: list[str]) -> list[str] | None:
        hashes = dict.fromkeys(self.of_name(platform, name) for name in names)
        return [one for one in hashes if one not in self._forgotten] or None

    def _of(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = author_hash(name, self._key)
        return self._known[name]


def with_other_hashes(rows: pa.Table, change: Callable[[str], str | None]) -> pa.Table:
    """The rows with each hash of a person changed; None takes it away."""
    for name in set(PEOPLE) & set(rows.column_names):
        at = rows.schema.get_field_index(name)
        column = pa.array([_changed(value, change) for value in rows[name].to_pylist()], rows.schema.field(at).type)
        rows = rows.set_column(at, rows.schema.field(at), column)
    return rows


def _changed(value: Any, change: Callable[[str], str | None]) -> Any:
    if isinstance(value, list):
        return [new for one in value if (new := change(one))] or None
    return value and change(value)
