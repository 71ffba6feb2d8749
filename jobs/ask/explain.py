"""Where a figure comes from: model, policy, calibrations, nights, raw files, paid runs, down to the raw lines."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.months import raw_folder
from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING, mapped_comments, read_file
from models.card import file_hash
from warehouse import tables
from warehouse.reader import Warehouse

SQL = tables.SQL / "explain"


@dataclass(frozen=True)
class RawComment:
    comment_id: str
    file: str
    line: int
    run_id: str | None


@dataclass
class RawFile:
    night: date
    name: str
    sha256: str
    lines: list[RawComment]

    @property
    def runs(self) -> dict[str, int]:
        """Comments of each paid run; those that were imported have none."""
        return dict(Counter(one.run_id or "imported" for one in self.lines))


@dataclass(frozen=True)
class Explained:
    account: str
    day: date
    label: str
    figure: dict[str, Any]
    comments: list[dict[str, Any]]
    files: list[RawFile]

    @property
    def scored(self) -> dict[date, int]:
        """Comments by the night that scored them."""
        return dict(sorted(Counter(one["scored_night"] for one in self.comments).items()))

    @property
    def without_raw(self) -> list[str]:
        """Comments whose raw line is not there any more."""
        found = {line.comment_id for file in self.files for line in file.lines}
        return [one["comment_id"] for one in self.comments if one["comment_id"] not in found]


def explain(settings: Settings, account: str, day: date, label: str) -> Explained:
    warehouse = Warehouse(settings.data_dir / "warehouse")
    named = {"account": account, "day": day, "label": label}
    figures = _rows(warehouse, "figure", named)
    if not figures:
        raise BadInput(f"There is no figure for {account}, {label}, on {day}: no comment of that day has a score.")
    comments = _rows(warehouse, "comments", named)
    lake = Lake.of(settings)
    wanted: dict[date, set[str]] = {}
    for one in comments:
        wanted.setdefault(one["last_night"], set()).add(one["comment_id"])
    files = [file for night in sorted(wanted) for file in _raw_files(lake, night, account, wanted[night])]
    return Explained(account, day, label, figures[0], comments, files)


def _rows(warehouse: Warehouse, name: str, named: dict[str, Any]) -> list[dict[str, Any]]:
    query = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    names, rows = warehouse.table(query, {key: value for key, value in named.items() if f"${key}" in query})
    return [dict(zip(names, row, strict=True)) for row in rows]


def _raw_files(lake: Lake, night: date, account: str, ids: set[str]) -> Iterator[RawFile]:
    """The night's files of the account that hold these comments, as they are stored now."""
    stored = lake.find("raw", night)
    if stored is None:
        return
    with raw_folder(lake, night) as folder:
        place = stored.path.relative_to(lake.root)
        for path in sorted(folder.glob(f"{account}*{ENDING}")):
            if path.name.removesuffix(ENDING).partition(".import-")[0] != account.partition("/")[2]:
                continue  # of another account whose name begins alike
            lines = {
                comment["comment_id"]: RawComment(comment["comment_id"], path.name, number, line.run_id)
                for number, line in enumerate(read_file(path, night), start=1)
                if line.kind == "comment"
                for comment in mapped_comments(line)
                if comment["comment_id"] in ids
            }
            if lines:
                yield RawFile(night, f"{place}/{path.relative_to(folder)}", file_hash(path), list(lines.values()))


def sentences(found: Explained) -> Iterator[str]:
    """The explanation in words, from the figure down to the files."""
    figure = found.figure
    yield f"{found.account}, {found.day}, {found.label}: {figure['share']:.2%} ± {100 * figure['margin']:.2f} points"
    scored = f"{figure['comments']:,} comments with scores"
    yield f"  {figure['expected']:.2f} expected of {scored}, {figure['flagged']:,} flagged"
    yield f"  model: {figure['model']}, text rule {figure['text_rule']}"
    yield f"  policy: {figure['policy']}, flagged from {figure['flagged_from']}"
    yield f"  calibrations: {figure['calibrations'] or 'none'}"
    yield "  scored in: " + ", ".join(f"night {night} ({count:,})" for night, count in found.scored.items())
    for file in found.files:
        yield f"  {file.name}: {len(file.lines):,} comments, SHA-256 {file.sha256}"
        for run, count in file.runs.items():
            yield f"    {'run ' if run != 'imported' else ''}{run}: {count:,} comments"
    if missing := found.without_raw:
        yield f"  {len(missing):,} comments have no raw line any more: raw files expired, or were erased"
