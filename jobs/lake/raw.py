"""Raw files: what the sources sent, line by line and untouched, and how a line becomes our rows."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from jobs.errors import BadInput
from jobs.lake.manifests import Manifest, sign
from jobs.lake.months import raw_folder
from jobs.lake.nights import Lake
from jobs.platforms import platform, values
from warehouse.files import writing

ENDING = ".jsonl.gz"
UNREADABLE = "unreadable"  # no id or link
DAMAGED = "damaged_file"
IMPORTED = re.compile(r"\.import-[0-9a-f]{12}$")
PASSING = re.compile(r"block|time[d -]*out|rate.?limit|too many|proxy|try again|captcha", re.IGNORECASE)
NO_ACCOUNT = "If the account was renamed, removed or made private, correct or delete its handle in targets.toml."
REMEDIES = {  # added to the most common errors of actors
    "no_items": NO_ACCOUNT,
    "not_found": "It was removed, or the account was renamed.",
    UNREADABLE: "The actor returned something without an id or a link: a note, or a post in a new shape.",
}


class Write(Protocol):
    def __call__(
        self, kind: str, shape: str, run_id: str | None, item: dict[str, Any], read_at: str | None = None
    ) -> None: ...


@dataclass(frozen=True)
class RawLine:
    night: date
    platform: str
    account: str  # the handle
    kind: str  # "post", "comment" or "error"
    shape: str  # the module of jobs.platforms that reads the item
    run_id: str | None
    item: dict[str, Any]
    read_at: str | None = None  # when the source was read, by Apify's clock

    @property
    def seen_at(self) -> datetime:
        return values.instant(self.read_at) or values.end_of(self.night)


def raw_file(lake: Lake, night: date, account: str) -> Path:
    """Where the comments of "instagram/nasa" lie."""
    return lake.folder("raw", night) / f"{account}{ENDING}"


@contextmanager
def writing_raw(path: Path) -> Iterator[Write]:
    """Yields write(kind, shape, run_id, item, read_at); the file appears, whole, when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        writing(path) as draft,
        draft.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
    ):

        def write(kind: str, shape: str, run_id: str | None, item: dict[str, Any], read_at: str | None = None) -> None:
            line = {"kind": kind, "shape": shape, "run_id": run_id, "item": item}
            if read_at:
                line["read_at"] = read_at
            packed.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")

        yield write


def sign_night(lake: Lake, night: date, seconds: float = 0.0) -> Manifest:
    """Makes the raw folder of a night a finished one, with all that lies in it, imports too."""
    lines = sum(1 for _ in readable_raw(lake, night))
    manifest = Manifest("scrape", night, rows_in=lines, rows_out=lines, seconds=round(seconds, 3))
    sign(lake.folder("raw", night), [manifest])
    return manifest


def read_raw(lake: Lake, night: date) -> Iterator[RawLine]:
    """All lines of a night, in the same order each time; raises BadInput at a damaged file."""
    for line in readable_raw(lake, night):
        if is_damage(line):
            raise BadInput(line.item["errorDescription"])
        yield line


def readable_raw(lake: Lake, night: date) -> Iterator[RawLine]:
    """All lines of a night that can be read."""
    with raw_folder(lake, night) as folder:
        for path in sorted(folder.glob(f"*/*{ENDING}")):
            yield from read_file(path, night)


def read_file(path: Path, night: date) -> Iterator[RawLine]:
    """The lines of a file; where it is damaged, an error line takes the place of the rest."""
    name = path.name.removesuffix(ENDING)
    handle = IMPORTED.sub("", name)
    read = 0
    try:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                yield RawLine(night, path.parent.name, handle, **json.loads(line.decode("utf-8", "surrogatepass")))
                read += 1
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, TypeError) as damage:
        again = (
            f"Run `toxwatch scrape --night {night} --account {path.parent.name}/{handle}`: what was paid for is read "
            "again free of charge."
            if name == handle
            else "Delete it, then import its file again."
        )
        item = {
            "error": DAMAGED,
            "errorDescription": f"{path} is damaged after {read} items ({damage}). {again}",
            "isRetryable": True,
        }
        yield RawLine(night, path.parent.name, handle, "error", path.parent.name, None, item)


def is_damage(line: RawLine) -> bool:
    return line.kind == "error" and line.item.get("error") == DAMAGED


def mapped_comments(line: RawLine) -> Iterator[dict[str, Any]]:
    """The comment of a line and its replies, with the columns of jobs.lake.schema.MAPPED."""
    for comment in platform(line.shape).comments(line.item, line.account, line.seen_at):
        text, is_reply = comment["text"], comment["parent_id"] is not None
        named = values.named_first(text, line.account, is_reply)
        yield {"mentions": values.mentioned(text, comment["platform"]), "named": named} | comment


def mapped_post(line: RawLine) -> dict[str, Any]:
    """The columns of jobs.lake.schema.POSTS."""
    post: dict[str, Any] = platform(line.shape).post(line.item, line.account, line.seen_at)
    return post


def is_error(item: dict[str, Any]) -> bool:
    return any(item.get(name) for name in ("error", "errorDescription", "#error", "noResults"))


def is_retryable(item: dict[str, Any]) -> bool:
    """True where asking again may help: our own failed runs say so, actors tell of blocks and timeouts."""
    messages = [item.get("error"), item.get("errorDescription"), item.get("requestErrorMessages")]
    return bool(item.get("isRetryable")) or bool(PASSING.search(json.dumps(messages)))


def asked_url(item: dict[str, Any]) -> str | None:
    """The link that an error item is about."""
    return next(
        (item[name] for name in ("inputUrl", "url", "postUrl", "input") if isinstance(item.get(name), str)), None
    )


def ingest_error(line: RawLine) -> dict[str, Any]:
    """The columns of jobs.lake.schema.INGEST_ERRORS."""
    item = line.item
    error, description = item.get("error"), item.get("errorDescription")
    name = error if isinstance(error, str) and error else "error" if is_error(item) else UNREADABLE
    is_lasting = line.run_id is not None and not is_retryable(item)
    remedy = NO_ACCOUNT if is_lasting and _is_profile(line) else REMEDIES.get(name)
    messages = [description if isinstance(description, str) else None, remedy]
    return {
        "platform": line.platform,
        "account": line.account,
        "input_url": asked_url(item),
        "error": name,
        "description": " ".join(one if one[-1] in ".!?)" else f"{one}." for one in messages if one) or None,
        "is_retryable": is_retryable(item),
    }


def _is_profile(line: RawLine) -> bool:
    """Whether an error is about the account itself, not about one of its posts; it may not say."""
    asked = (asked_url(line.item) or "").rstrip("/")
    return asked in ("", line.account, platform(line.platform).profile_url(line.account).rstrip("/"))
