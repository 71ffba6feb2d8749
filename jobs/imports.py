"""Comments that somebody already has, put into the raw folder beside what was scraped, each item as it came.

Read are Apify's dataset exports (JSON, JSON Lines, CSV), Zeeschuimer's and 4CAT's NDJSON, and any CSV whose columns
are named. The file's name in the lake is its content's hash, so importing it again changes nothing.
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake import Lake, Manifest
from jobs.platforms import platform as platform_named
from jobs.platforms import table, zeeschuimer
from jobs.raw import is_error, raw_file, sign_night, writing_raw
from jobs.settings import Settings
from jobs.targets import Account

LONGEST_CELL = 1 << 20  # characters; Python's own limit is shorter than some exports' cells


def run(settings: Settings, file: Path, account: Account, night: date, columns: dict[str, str]) -> Manifest:
    """Writes the file's items as one raw file of the night; `columns` is ours → theirs, where they are not guessed."""
    lake = Lake.of(settings)
    items = _items(file)
    first = next(items, None)
    if first is None:
        raise BadInput(f"{file} holds no rows.")
    shape = _shape(first, account, columns)
    mapping = _mapping(first, columns, file) if shape == "table" else {}
    path = raw_file(lake, night, f"{account.name}.import-{_fingerprint(file, columns)}")
    rows = 0
    with lake.lock("lake"), progress(f"import {file.name}") as advance, writing_raw(path) as write:
        for item in chain([first], items):
            kind = "error" if shape == account.platform and is_error(item) else "comment"
            kept = {"platform": account.platform, "columns": mapping, "row": item} if shape == "table" else item
            write(kind, shape, None, kept)
            rows += 1
            advance()
    sign_night(lake, night)
    return Manifest("import", night, rows_in=rows, rows_out=rows)


def _fingerprint(file: Path, columns: dict[str, str]) -> str:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    digest.update(repr(sorted(columns.items())).encode())
    return digest.hexdigest()[:12]


def account_named(platform: str, handle: str) -> Account:
    try:
        return Account.model_validate({"platform": platform, "handle": handle})
    except ValidationError as error:
        said = "; ".join(f"--{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        raise BadInput(said.replace("--handle", "--account")) from None


def _shape(item: dict[str, Any], account: Account, columns: dict[str, str]) -> str:
    """The module of jobs.platforms that reads such items."""
    if "source_platform" in item and isinstance(item.get("data"), dict):
        if item["source_platform"] != zeeschuimer.TIKTOK_COMMENTS or account.platform != "tiktok":
            raise BadInput(
                f"Zeeschuimer's {item['source_platform']} items are no comments of {account.platform}; "
                f"{zeeschuimer.TIKTOK_COMMENTS} can be imported with --platform tiktok."
            )
        return "zeeschuimer"
    if not columns:
        read: dict[str, Any] = next(platform_named(account.platform).comments(item, account.handle, None), {})
        if is_error(item) or all(read.get(name) is not None for name in ("comment_id", "post_id", "posted_at")):
            return account.platform
    return "table"


def _mapping(item: dict[str, Any], columns: dict[str, str], file: Path) -> dict[str, str]:
    """Our columns → theirs: those that were named, then those with a usual name."""
    if unknown := columns.keys() - table.USUAL_NAMES.keys():
        raise BadInput(f"--column: no {', '.join(sorted(unknown))}; there are {', '.join(table.USUAL_NAMES)}.")
    if missing := set(columns.values()) - item.keys():
        raise BadInput(f"{file} has no column {', '.join(sorted(missing))}; it has: {', '.join(item)}.")
    theirs = {name.lower(): name for name in item}
    usual = {
        ours: next(theirs[name] for name in names if name in theirs)
        for ours, names in table.USUAL_NAMES.items()
        if any(name in theirs for name in names)
    }
    mapping = usual | columns
    unnamed = [f"--column {ours}=NAME" for ours in table.NEEDED if ours not in mapping]
    if unnamed:
        raise BadInput(f"{file} has the columns {', '.join(item)}. Say which is which: {' '.join(unnamed)}.")
    return mapping


def _items(file: Path) -> Iterator[dict[str, Any]]:
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


def _csv(file: Path) -> Iterator[dict[str, Any]]:
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


def _json(file: Path) -> Iterator[dict[str, Any]]:
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


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except json.JSONDecodeError as error:
                raise BadInput(f"{file}, line {number}: {error.msg}.") from None
            if not isinstance(item, dict):
                raise BadInput(f"{file}, line {number}: expected an object, found {type(item).__name__}.")
            yield item
