"""Imports comments people already have into the raw folder, next to the collected ones.

Understands exports of Apify, Zeeschuimer, 4CAT, the YouTube Data API, Meta's Graph API, WordPress, Discourse and Coral,
and any table whose columns have usual names or are named. The file's name in the lake is its content's hash, so
importing it again changes nothing.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from jobs.collect.files import Item, items, parsed
from jobs.config.settings import Settings
from jobs.config.targets import HANDLE, PLATFORM, Account
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake.manifests import Manifest
from jobs.lake.months import drop_night, unpack_raw
from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING, RawLine, is_error, mapped_comments, raw_file, sign_night, writing_raw
from jobs.platforms import COLLECTED, graph, table, values, youtube_api, zeeschuimer
from jobs.platforms import platform as platform_named

__all__ = [
    "Line",
    "account_named",
    "check",
    "fingerprint",
    "parsed",
    "preview",
    "reader",
    "run",
    "store",
    "take_back",
    "texts",
]

NEEDED = ("comment_id", "post_id", "posted_at")  # by which an actor's item is recognised
ORDERS = ("day-first", "month-first")
PREVIEWED = 10  # rows
SITES = {"wordpress": "WordPress", "discourse": "Discourse", "coral": "Coral"}  # of one's own
SHAPES = {
    "graph": "Meta's Graph API",
    "youtube_api": "the YouTube Data API",
    "zeeschuimer": "Zeeschuimer or 4CAT",
} | SITES

Line = tuple[str, str, str | None, Item]  # kind, shape, run, item: what a raw file's writer takes


class Texts(NamedTuple):
    column: str  # of the rows that holds the texts
    rows: Iterator[Item]
    is_ours: bool  # whether the rows have our columns


class Preview(NamedTuple):
    shape: str  # the module of jobs.platforms that reads the items
    columns: dict[str, str]  # ours → theirs, for a table
    rows: list[dict[str, Any]]


def run(
    settings: Settings, file: Path, account: Account, night: date, columns: dict[str, str], dates: str | None = None
) -> Manifest:
    """Writes the file's items as one raw file of the night; `columns` is ours → theirs, for those not guessed."""
    lines = _lines(file, account, columns, dates)
    return store(settings, lines, file.name, _fingerprint_of(file, columns), account, night)


def preview(file: Path, account: Account, night: date, columns: dict[str, str], dates: str | None) -> Preview:
    """What an import would read from the first rows; nothing is written."""
    rows: list[dict[str, Any]] = []
    shape, mapping = "", dict[str, str]()
    for kind, shape, run_id, item in islice(_lines(file, account, columns, dates), PREVIEWED):
        mapping = item["columns"] if shape == "table" else {}
        if kind == "comment":
            rows += mapped_comments(RawLine(night, account.platform, account.handle, kind, shape, run_id, item))
    return Preview(shape, mapping, rows[:PREVIEWED])


def texts(found: Iterator[Item], source: str, column: str | None) -> Texts:
    """A table's rows as they are; of anything else the comments and their replies. `column` holds a table's texts."""
    first = next(found, None)
    if first is None:
        raise BadInput(f"{source} has no rows.")
    everything = chain([first], found)
    if column is None and (account := _account_of(first)):
        return Texts("text", _comments(map(reader(first, account, {}, source), everything), account), is_ours=True)
    theirs = {name.lower().strip(): name for name in first}
    column = column or next((theirs[name] for name in table.USUAL_NAMES["text"] if name in theirs), None)
    if column is None:
        raise BadInput(
            f"{source} has the columns {', '.join(first)}. Name the one with the comments: --text-column NAME."
        )
    if column not in first:
        raise BadInput(f"{source} has no column {column!r}. Columns: {', '.join(first)}")
    return Texts(column, everything, is_ours=False)


def _account_of(item: Item) -> Account | None:
    """On whose platform an item is a comment, by its shape; None for a row of a table."""
    is_row = not any("/" in name for name in item) and all(isinstance(value, str) for value in item.values())
    for name in () if is_row or is_error(item) else (*COLLECTED, *SITES):
        account = Account.model_construct(platform=name, handle="file")
        with suppress(BadInput):
            if _shape(_nested(item), account, {}, "") != "table":
                return account
    return None


def _comments(lines: Iterator[Line], account: Account) -> Iterator[Item]:
    today = datetime.now(UTC).date()
    for kind, shape, run_id, item in lines:
        line = RawLine(today, account.platform, account.handle, kind, shape, run_id, item)
        yield from mapped_comments(line) if kind == "comment" else ()


def take_back(settings: Settings, file: Path, account: Account, night: date, columns: dict[str, str]) -> list[str]:
    """Removes the raw file that importing this file wrote; returns the commands that take it out of the results too."""
    lake = Lake.of(settings)
    unpack_raw(lake, night)
    path = raw_file(lake, night, f"{account.name}.import-{_fingerprint_of(file, columns)}")
    if not path.exists():
        raise BadInput(f"{file} was not imported for {account.name} on {night}, or with other --column options.")
    was_published = night in lake.nights("published")
    with lake.lock("lake"):
        path.unlink()
        is_empty = not any(path.parent.parent.glob(f"*/*{ENDING}"))
        if is_empty:
            drop_night(lake, night)
        else:
            sign_night(lake, night)
    again = [] if is_empty else [f"toxwatch nightly --no-scrape --night {night}"]
    return [*again, "toxwatch rebuild"] if was_published else []


def _lines(file: Path, account: Account, columns: dict[str, str], dates: str | None) -> Iterator[Line]:
    check(columns)
    found = items(file)
    first = next(found, None)
    if first is None:
        raise BadInput(f"{file} holds no rows.")
    line = reader(first, account, columns, str(file), dates)
    for number, item in enumerate(chain([first], found), start=1):
        read = line(item)
        if read[1] == "table":
            _check_date(read[3], f"{file}, row {number}")
        yield read


def _fingerprint_of(file: Path, columns: dict[str, str]) -> str:
    if not file.is_file():
        raise BadInput(f"File not found: {file}")
    with file.open("rb") as content:
        return fingerprint(hashlib.file_digest(content, "sha256"), columns)


def store(
    settings: Settings, lines: Iterable[Line], name: str, content: str, account: Account, night: date
) -> Manifest:  # fmt: skip
    """Writes the lines as one raw file of the night, whose name in the lake is the fingerprint of its content."""
    lake = Lake.of(settings)
    unpack_raw(lake, night)
    path = raw_file(lake, night, f"{account.name}.import-{content}")
    rows = 0
    with lake.lock("lake"), progress(f"import {name}") as advance, writing_raw(path) as write:
        for line in lines:
            write(*line)
            rows += 1
            advance()
    sign_night(lake, night)
    return Manifest("import", night, rows_in=rows, rows_out=rows)


def fingerprint(content: "hashlib._Hash", columns: dict[str, str]) -> str:
    content.update(repr(sorted(columns.items())).encode())
    return content.hexdigest()[:12]


def check(columns: dict[str, str]) -> None:
    if unknown := columns.keys() - table.USUAL_NAMES.keys():
        raise BadInput(f"--column: no {', '.join(sorted(unknown))}; there are {', '.join(table.USUAL_NAMES)}.")


def reader(
    item: Item, account: Account, columns: dict[str, str], source: str, dates: str | None = None
) -> Callable[[Item], Line]:
    """Makes raw lines of items that are shaped like this one."""
    shape = _shape(_nested(item), account, columns, source)
    mapping = _mapping(item, columns, source) if shape == "table" else {}

    def line(item: Item) -> Line:
        if shape == "table":
            return "comment", shape, None, table.item_of(account.platform, mapping, item, dates)
        nested = _nested(item)
        return "error" if shape == account.platform and is_error(nested) else "comment", shape, None, nested

    return line


def account_named(platform: str, handle: str) -> Account:
    """Imports may come from any platform."""
    if not re.fullmatch(PLATFORM, platform):
        raise BadInput(f"--platform: write a name in lower case, e.g. instagram, reddit or forum (got {platform!r}).")
    if not re.fullmatch(HANDLE, handle):
        raise BadInput(f"--account: write just the name, e.g. nasa, not the URL and without @ (got {handle!r}).")
    return Account.model_construct(platform=platform, handle=handle)


def _shape(item: Item, account: Account, columns: dict[str, str], source: str) -> str:
    """The module of jobs.platforms that reads such items."""
    if columns:
        return "table"
    if "source_platform" in item and isinstance(item.get("data"), dict):
        if zeeschuimer.PLATFORMS.get(item["source_platform"]) != account.platform:
            raise BadInput(
                f"{source}: Zeeschuimer's {item['source_platform']} items are not comments of {account.platform}. "
                + " ".join(f"Import {name} with --platform {ours}." for name, ours in zeeschuimer.PLATFORMS.items())
            )
        return "zeeschuimer"
    if site := next((name for name in SITES if platform_named(name).is_comment(item)), None):
        if site != account.platform:
            raise BadInput(f"{source} comes from {SITES[site]}. Import it with --platform {site}.")
        return site
    if item.get("kind") in youtube_api.KINDS and account.platform == "youtube":
        return "youtube_api"
    if account.platform in COLLECTED:
        read: Item = next(platform_named(account.platform).comments(item, account.handle, datetime.now(UTC)), {})
        if is_error(item) or all(read.get(name) is not None for name in NEEDED):
            return account.platform
    if account.platform in ("instagram", "facebook") and graph.platform_of(item) == account.platform:
        return "graph"
    return "table"


def _mapping(item: Item, columns: dict[str, str], source: str) -> dict[str, str]:
    """Our columns → theirs: the named ones, then those with a usual name."""
    there = list(table.names(item))
    if missing := set(columns.values()) - {*there}:
        raise BadInput(f"{source} has no column {', '.join(sorted(missing))}; it has: {', '.join(there)}.")
    mapping = table.usual_columns(there) | columns
    unnamed = [f"--column {ours}=NAME" for ours in table.NEEDED if ours not in mapping]
    if unnamed:
        raise BadInput(f"{source} has the columns {', '.join(there)}. Say which is which: {' '.join(unnamed)}.")
    return mapping


def _check_date(item: Item, where: str) -> None:
    """A date is asked for, never guessed; an unreadable one is refused, an empty one left to validate."""
    column = item["columns"]["posted_at"]
    value = table.value(item["row"], column)
    if value in (None, "") or table.posted_at(value, item["dates"]):
        return
    if values.TWO_WAYS.fullmatch(str(value).strip()) and not item["dates"]:
        raise BadInput(
            f"{where}: {value!r} in {column} can be read two ways. Add --dates {ORDERS[0]} or --dates {ORDERS[1]}."
        )
    raise BadInput(f"{where}: cannot read the date {value!r} in {column}.")


def _nested(item: Item) -> Item:
    """Restores what exports flatten: Apify's CSV has columns replies/0/text, 4CAT's NDJSON only Zeeschuimer's data."""
    if "__import_meta" in item and isinstance(item["__import_meta"], dict):
        return {"source_platform": item["__import_meta"].get("source_platform"), "data": item}
    if not any("/" in name for name in item):
        return item
    tree: Item = {}
    for name, value in item.items():
        *path, last = name.split("/")
        if value in ("", None) and (path or last in tree):
            continue
        branch = tree
        for part in path:
            if not isinstance(branch.get(part), dict):  # of a list that is empty elsewhere there is a column too
                branch[part] = {}
            branch = branch[part]
        branch[last] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    """{"0": …, "1": …} is a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    is_list = bool(inner) and all(name.isdigit() for name in inner)
    return [inner[name] for name in sorted(inner, key=int)] if is_list else inner
