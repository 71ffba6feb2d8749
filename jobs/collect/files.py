"""Reads the files people bring: CSV, TSV, JSON, JSON Lines, XLSX and WordPress's XML, also inside .gz and .zip."""

import csv
import errno
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any, BinaryIO
from xml.etree import ElementTree

from jobs.errors import BadInput

LONGEST_CELL = 1 << 20  # characters; Python's own limit is shorter than some exports' cells
DELIMITERS = (",", ";", "\t")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DAMAGE = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    ElementTree.ParseError,
)  # a RuntimeError asks for a password, or means too many brackets in brackets
EXCEL_DATES = {
    *range(14, 23),
    *range(27, 37),
    45,
    46,
    47,
    *range(50, 59),
}  # number formats that Excel has from the start
EXCEL_DAY_0 = datetime(1899, 12, 30)
PRIVATE = ("comment_author_email", "comment_author_IP")
LISTS = ("items", "data", "comments", "latest_posts")  # where the answers of an API keep their list

Item = dict[str, Any]


def items(file: Path) -> Iterator[Item]:
    """The rows or objects of a file, in order; a mistake is reported with its line."""
    if not file.is_file():
        raise BadInput(f"File not found: {file}")
    with file.open("rb") as stored:
        yield from items_in(file, stored)


def items_in(file: Path, stored: BinaryIO, most_bytes: int | None = None) -> Iterator[Item]:
    """The same of a file that is open; `most_bytes` limits what a compressed file may hold."""
    readers = {
        ".csv": _csv,
        ".tsv": _csv,
        ".json": _json,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".xlsx": _xlsx,
        ".xml": _wordpress,
    }
    try:
        name, content = _unpacked(file, stored)
        if name.suffix.lower() not in readers:
            raise BadInput(f"{file}: the name must end in one of {', '.join(readers)}, or .gz or .zip after that.")
        content = _limited(file, content, most_bytes) if most_bytes else content
        for item in readers[name.suffix.lower()](file, content):
            yield from _of_page(item)
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not UTF-8 or UTF-16 ({error}). Save it as UTF-8 and try again.") from None
    except (*DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # that of an archive's wrong place
            raise
        raise BadInput(f"{file} is damaged or not what its name says ({error!r}).") from None


def _of_page(item: Item) -> Iterator[Item]:
    """The items of an API's answer; of anything else itself."""
    topic = item.get("post_stream")  # of Discourse
    for inner in (*map(item.get, LISTS), topic.get("posts") if isinstance(topic, dict) else None):
        if isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            yield from inner
            return
    yield item


def parsed(text: str | bytes, where: str) -> Item:
    """One item; a mistake is reported with its place."""
    try:
        item = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}: {error.msg}.") from None
    except (ValueError, RecursionError) as error:  # not UTF-8; a number of 5,000 digits; brackets in brackets
        raise BadInput(f"{where}: {error}.") from None
    if not isinstance(item, dict):
        raise BadInput(f"{where}: expected an object, found {type(item).__name__}.")
    return item


def _unpacked(file: Path, stored: BinaryIO) -> tuple[PurePath, BinaryIO]:
    """The name and the content of the file inside an archive, or of the file itself."""
    match file.suffix.lower():
        case ".gz":
            return PurePath(file.stem), gzip.open(stored)  # type: ignore[return-value]
        case ".zip":
            archive = zipfile.ZipFile(stored)
            names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
            if len(names) != 1:
                raise BadInput(f"{file} holds {len(names)} files; import them one by one.")
            return PurePath(names[0]), archive.open(names[0])  # type: ignore[return-value]
    return PurePath(file.name), stored


def _limited(file: Path, content: BinaryIO, most_bytes: int) -> BinaryIO:
    read = content.read(most_bytes + 1)
    is_book = zipfile.is_zipfile(io.BytesIO(read))
    inside = sum(one.file_size for one in zipfile.ZipFile(io.BytesIO(read)).infolist()) if is_book else 0
    if max(len(read), inside) > most_bytes:
        raise BadInput(f"{file} holds more than {most_bytes // 1_000_000} MB.")
    return io.BytesIO(read)


def _text(content: BinaryIO) -> io.TextIOWrapper:
    buffered = io.BufferedReader(content)  # type: ignore[type-var]
    is_utf16 = buffered.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
    return io.TextIOWrapper(buffered, encoding="utf-16" if is_utf16 else "utf-8-sig", newline="")


def _csv(file: Path, content: BinaryIO) -> Iterator[Item]:
    csv.field_size_limit(LONGEST_CELL)
    lines, head_line, names = _text(content), 0, [""]
    while not any(names) or (len(names) > 2 and sum(map(bool, names)) == 1):  # a title, or an empty line
        head, head_line = lines.readline(), head_line + 1
        if not head:
            return
        delimiter = max(DELIMITERS, key=lambda one: len(next(csv.reader([head], delimiter=one), [])))
        names = next(csv.reader([head], delimiter=delimiter), [])
    rows = csv.DictReader(lines, fieldnames=names, delimiter=delimiter, strict=True)
    try:
        for row in rows:
            if None in row or None in row.values():
                raise BadInput(
                    f"{file}, line {rows.line_num + head_line}: its columns are not those of line {head_line}."
                )
            yield row
    except csv.Error as error:
        raise BadInput(f"{file}, line {rows.line_num + head_line}: {error}.") from None


def _json(file: Path, content: BinaryIO) -> Iterator[Item]:
    text = _text(content).read()
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # one object per line, under another name
            yield from _parsed_lines(file, io.StringIO(text))
            return
        raise BadInput(f"{file}, line {error.lineno}: {error.msg}. Is the file cut off?") from None
    if isinstance(found, dict):
        found = next((found[name] for name in LISTS if isinstance(found.get(name), list)), [found])
    for number, item in enumerate(found if isinstance(found, list) else [found], start=1):
        if not isinstance(item, dict):
            raise BadInput(f"{file}, item {number}: expected an object, found {type(item).__name__}.")
        yield item


def _json_lines(file: Path, content: BinaryIO) -> Iterator[Item]:
    yield from _parsed_lines(file, _text(content))


def _parsed_lines(file: Path, lines: io.TextIOBase) -> Iterator[Item]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield parsed(line, f"{file}, line {number}")


def _xlsx(_file: Path, content: BinaryIO) -> Iterator[Item]:
    """The first sheet; its first row with two cells or more names the columns."""
    book = zipfile.ZipFile(io.BytesIO(content.read()))
    strings = []
    if "xl/sharedStrings.xml" in book.namelist():
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        strings = ["".join(one.itertext()) for one in shared.iter(f"{SHEET}si")]
    dates = _date_styles(book)
    sheet = min(name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
    head: dict[str, str] = {}
    for row in ElementTree.fromstring(book.read(sheet)).iter(f"{SHEET}row"):
        cells = {re.sub(r"\d", "", cell.get("r", "")): _cell(cell, strings, dates) for cell in row.iter(f"{SHEET}c")}
        if not head:
            head = {column: name for column, name in cells.items() if name} if len(cells) > 1 else {}
        elif any(cells.values()):
            yield {name: cells.get(column, "") for column, name in head.items()}


def _cell(cell: ElementTree.Element, strings: list[str], dates: set[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    value = cell.findtext(f"{SHEET}v") or ""
    if value and cell.get("t", "n") == "n" and cell.get("s") in dates:  # days since 1900
        return (EXCEL_DAY_0 + timedelta(seconds=round(float(value) * 86400))).isoformat(sep=" ")
    return strings[int(value)] if cell.get("t") == "s" else value


def _date_styles(book: zipfile.ZipFile) -> set[str]:
    """The numbers of the cell styles that show a number as a date."""
    if "xl/styles.xml" not in book.namelist():
        return set()
    styles = ElementTree.fromstring(book.read("xl/styles.xml"))
    codes = {one.get("numFmtId"): re.sub(r'"[^"]*"|\[[^\]]*\]', "", one.get("formatCode", ""))
             for one in styles.iter(f"{SHEET}numFmt")}  # fmt: skip
    formats = {number for number, code in codes.items() if re.search(r"[ymdhs]", code.lower())}
    formats |= {str(number) for number in EXCEL_DATES}
    cells = styles.find(f"{SHEET}cellXfs")
    return {str(at) for at, one in enumerate(cells if cells is not None else ()) if one.get("numFmtId") in formats}


def _wordpress(_file: Path, content: BinaryIO) -> Iterator[Item]:
    """The comments of an export, each with its post; addresses of people and of their machines are not read."""
    for _, post in ElementTree.iterparse(content):
        if post.tag != "item":
            continue
        fields = {_name(one): one.text or "" for one in post}
        for comment in (one for one in post if _name(one) == "comment"):
            wanted = {_name(one): one.text or "" for one in comment if _name(one) not in PRIVATE}
            yield wanted | {"post": {"id": fields.get("post_id"), "link": fields.get("link")}}
        post.clear()


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
