"""Deletes raw items, texts and authors, each after its own time ([keep] in targets.toml).

A night's age counts from the day it collected. In old nights texts and authors are blanked in place; scores and counts
stay. The warehouse follows, and its older versions are deleted. A night's manifest says what was blanked.
"""

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from operator import attrgetter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake import arrivals
from jobs.lake.datasets import BY_NAME, OF_COMMENTS
from jobs.lake.failures import recorded
from jobs.lake.files import read_table, write_table
from jobs.lake.manifests import BLANKED, Folder
from jobs.lake.months import drop
from jobs.lake.nights import Lake, refuse_future
from warehouse import build, tables
from warehouse.reader import Warehouse

EXPIRED_UNTIL = "expired_until"  # among the lake's facts
LONGEST_GAP = timedelta(days=60)  # between two expiries; after a longer one, the clock may have jumped


def run(settings: Settings, night: date, anyway: bool = False) -> dict[str, int]:
    """Rows blanked and nights removed, by place. Raises BadInput after a long gap, unless `anyway`."""
    keep = read_targets(settings.targets_file).keep
    if not keep.has_limit:
        return {}
    refuse_future(night)
    lake = Lake.of(settings)
    if not anyway:
        _refuse_jump(lake, night)
    done: Counter[str] = Counter()
    limits = {"texts": _limit(night, keep.text_days), "authors": _limit(night, keep.author_days)}
    columns_of = {"texts": attrgetter("texts"), "authors": attrgetter("authors"), "pictures": attrgetter("received")}
    with recorded(lake, night, "expire"), lake.lock("lake"), progress("delete what has expired by", night=night):
        done["raw nights"] = _drop_raw(lake, _limit(night, keep.raw_days))
        done["received comments"] = arrivals.erase(lake, lambda line: line.night < _limit(night, keep.raw_days))
        for what, limit in (limits | {"pictures": _limit(night, keep.raw_days)}).items():
            for dataset in OF_COMMENTS:
                columns = columns_of[what](dataset)
                for folder in lake.all_folders(dataset) if columns else ():
                    done[f"{what} in {dataset.name}"] += _blank(folder, what, columns, limit)
        done["rows in the warehouse"] = _expire_warehouse(settings.data_dir / "warehouse", limits)
        lake.note(EXPIRED_UNTIL, str(night))
    return {place: rows for place, rows in done.items() if rows}


def _refuse_jump(lake: Lake, night: date) -> None:
    """A clock that is a year ahead would delete a year too much."""
    before = lake.facts().get(EXPIRED_UNTIL)
    if before and night - date.fromisoformat(before) > LONGEST_GAP:
        raise BadInput(
            f"The last night that expired something was {before}, and this one is {night}. If this machine's clock is "
            f"right, run `toxwatch expire --night {night} --anyway`; if not, set it. Nothing was deleted."
        )


def _limit(night: date, days: int | None) -> date:
    return night - timedelta(days=days) if days else date.min


def _drop_raw(lake: Lake, limit: date) -> int:
    old = {night for night in lake.nights("raw") if night < limit}
    for night in old:
        lake.remove(lake.folder("raw", night))
    for month in list(lake.months("raw")):
        if expired := old & month.manifests.keys():
            drop(lake, BY_NAME["raw"], month, expired)
    return len(old)


def _blank(folder: Folder, what: str, columns: tuple[str, ...], limit: date) -> int:
    """Rewrites files without the columns' content where nights are too old, once; returns how many rows had any."""
    due = {night: one for night, one in folder.manifests.items() if night < limit and what not in one.blanked}
    if not due:
        return 0
    rows = sum(_blank_file(path, columns, folder, due.keys()) for path in folder.files_with(columns))
    for manifest in due.values():
        manifest.versions[BLANKED] = " ".join([*manifest.blanked, what])
    folder.sign()
    return rows


def _blank_file(path: Path, columns: tuple[str, ...], folder: Folder, nights: Collection[date]) -> int:
    """A text says that it expired; anything else becomes NULL."""
    table = read_table(path)
    is_due = pa.array([night in nights for night in folder.nights_of(table)], pa.bool_())
    had_content = pa.array([False] * table.num_rows, pa.bool_())
    for name in set(columns) & set(table.column_names):  # an older release wrote fewer
        at, kind = table.schema.get_field_index(name), table.schema.field(name).type
        has_content = pc.and_(is_due, _is_filled(table[name]))
        blank = pa.scalar(build.EXPIRED if name.endswith("text") else None, kind)
        table = table.set_column(at, table.schema.field(at), pc.if_else(has_content, blank, table[name]))
        had_content = pc.or_(had_content, has_content)
    write_table(path, table)
    return int(pc.sum(had_content).as_py() or 0)


def _is_filled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.not_equal(column, ""), False) if pa.types.is_string(column.type) else column.is_valid()


def _expire_warehouse(folder: Path, limits: dict[str, date]) -> int:
    """Blanks comments last collected before the limits; a warehouse without any is left alone."""
    if not (folder / build.CURRENT).exists():
        return 0
    values: dict[str, date | str] = {"texts_before": limits["texts"], "authors_before": limits["authors"]}
    values["expired"] = build.EXPIRED
    [(rows,)] = Warehouse(folder).query((tables.SQL / "load" / "expirable.sql").read_text(), values)
    if rows:

        def expire(con: duckdb.DuckDBPyConnection) -> None:
            tables.run_script(con, "load/expire.sql", **values)
            build.refresh(con, [build.SUMS, build.FLAGGED])
            tables.run_script(con, "marts/copies.sql")
            tables.run_script(con, "marts/drift.sql")  # so that no trace is left of how long those texts were

        build.blank(folder, expire)
    return int(rows)
