"""Comments that somebody already has, put into the raw folder beside what was scraped, each item as it came.

Read are Apify's dataset exports (JSON, JSON Lines, CSV), Zeeschuimer's and 4CAT's NDJSON, and any CSV whose columns
are named. The file's name in the lake is its content's hash, so importing it again changes nothing.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jobs.config.settings import Settings
from jobs.config.targets import Account
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake.manifests import Manifest
from jobs.lake.months import unpack_raw
from jobs.lake.nights import Lake
from jobs.lake.raw import is_error, raw_file, sign_night, writing_raw
from jobs.platforms import platform as platform_named
from jobs.platforms import table, zeeschuimer

LONGEST_CELL = 1 << 20  # characters; Python's own limit is shorter than some exports' cells

Item = dict[str, Any]
Line = tuple[str, str, str | None, Item]  # kind, shape, run, item: what a raw file's writer takes


def run(settings: Settings, file: Path, account: Account, night: date, columns: dict[str, str]) -> Manifest:
    """Writes the file's items as one raw file of the night; `columns` is ours → theirs, where they are not guessed."""
    check(columns)
    items = _items(file)
    first = next(items, None)
    if first is None:
        raise BadInput(f"{file} holds no rows.")
    lines = map(reader(first, account, columns, str(file)), chain([first], items))
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    return keep(settings, lines, file.name, fingerprint(digest, columns), account, night)


def keep(
    settings: Settings, lines: Iterable[Line], name: str, content: str, account: Account, night: date
) -> Manifest:  # fmt: skip
    """Writes them as one raw file of the night, whose name in the lake is the fingerprint of its content."""
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


def reader(item: Item, account: Account, columns: dict[str, str], source: str) -> Callable[[Item], Line]:
    """Makes raw lines of items that are shaped as this one is."""
    shape = _shape(item, account, columns, source)
    mapping = _mapping(item, columns, source) if shape == "table" else {}

    def line(item: Item) -> Line:
        kind = "error" if shape == account.platform and is_error(item) else "comment"
        kept = {"platform": account.platform, "columns": mapping, "row": item} if shape == "table" else item
        return kind, shape, None, kept

    return line


def account_named(platform: str, handle: str) -> Account:
    try:
        return Account.model_validate({"platform": platform, "handle": handle})
    except ValidationError as error:
        said = "; ".join(f"--{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        raise BadInput(said.replace("--handle", "--account")) from None


def _shape(item: Item, account: Account, columns: dict[str, str], source: str) -> str:
    """The module of jobs.platforms that reads such items."""
    if "source_platform" in item and isinstance(item.get("data"), dict):
        if item["source_platform"] != zeeschuimer.TIKTOK_COMMENTS or account.platform != "tiktok":
            raise BadInput(
                f"{source}: Zeeschuimer's {item['source_platform']} items are no comments of {account.platform}; "
                f"{zeeschuimer.TIKTOK_COMMENTS} can be imported with --platform tiktok."
            )
        return "zeeschuimer"
    if not columns:
        read: Item = next(platform_named(account.platform).comments(item, account.handle, None), {})
        if is_error(item) or all(read.get(name) is not None for name in ("comment_id", "post_id", "posted_at")):
            return account.platform
    return "table"


def _mapping(item: Item, columns: dict[str, str], source: str) -> dict[str, str]:
    """Our columns → theirs: those that were named, then those with a usual name."""
    if missing := set(columns.values()) - item.keys():
        raise BadInput(f"{source} has no column {', '.join(sorted(missing))}; it has: {', '.join(item)}.")
    theirs = {name.lower(): name for name in item}
    usual = {
        ours: next(theirs[name] for name in names if name in theirs)
        for ours, names in table.USUAL_NAMES.items()
        if any(name in theirs for name in names)
    }
    mapping = usual | columns
    unnamed = [f"--column {ours}=NAME" for ours in table.NEEDED if ours not in mapping]
    if unnamed:
        raise BadInput(f"{source} has the columns {', '.join(item)}. Say which is which: {' '.join(unnamed)}.")
    return mapping


def _items(file: Path) -> Iterator[Item]:
    """The rows or objects of a file, in its order; a mistake is named with its line."""
    if not file.is_file():
        raise BadInput(f"There is no file {file}.")
    readers = {".csv": _csv, ".tsv": _csv, ".json": _json, ".jsonl": _json_lines, ".ndjson": _json_lines}
    if file.suffix.lower() not in readers:
        raise BadInput(f"{file}: the name must end in one of {', '.join(readers)}.")
    try:
        yield from readers[file.suffix.lower()](file)
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not UTF-8 ({error}). Save it as UTF-8 and import it again.") from None


def _csv(file: Path) -> Iterator[Item]:
    csv.field_size_limit(LONGEST_CELL)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, dialect="excel-tab" if file.suffix.lower() == ".tsv" else "excel", strict=True)
        try:
            for row in rows:
                if None in row or None in row.values():
                    raise BadInput(f"{file}, line {rows.line_num}: its columns are not those of line 1.")
                yield row
        except csv.Error as error:
            raise BadInput(f"{file}, line {rows.line_num}: {error}.") from None


def _json(file: Path) -> Iterator[Item]:
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # one object a line, under another name
            yield from _json_lines(file)
            return
        raise BadInput(f"{file}, line {error.lineno}: {error.msg}. Is the file cut off?") from None
    for number, item in enumerate(found if isinstance(found, list) else [found], start=1):
        if not isinstance(item, dict):
            raise BadInput(f"{file}, item {number}: expected an object, found {type(item).__name__}.")
        yield item


def _json_lines(file: Path) -> Iterator[Item]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            yield parsed(line, f"{file}, line {number}")


def parsed(text: str | bytes, where: str) -> Item:
    """One item; a mistake is named with where it stands."""
    try:
        item = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}: {error.msg}.") from None
    except (ValueError, RecursionError) as error:  # not UTF-8; a number of 5,000 digits; brackets in brackets
        raise BadInput(f"{where}: {error}.") from None
    if not isinstance(item, dict):
        raise BadInput(f"{where}: expected an object, found {type(item).__name__}.")
    return item
