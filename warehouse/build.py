"""Builds the next version of the warehouse next to the current one and then points `current.duckdb` to it.

Readers see the old version or the new one, never half of it; a killed build leaves the old one in place. Old versions
are kept for rollback. Everything here can be rebuilt from the lake.
"""

import fcntl
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from warehouse import Building, Unwritable, WarehouseError
from warehouse.files import draft_of, sync
from warehouse.measures import EXPIRED as EXPIRED
from warehouse.measures import VERSIONS_KEPT as VERSIONS_KEPT
from warehouse.policies import read_policies
from warehouse.tables import SQL, create, format_of, names, quoted, refill, run_script

SUMS, WORDS, FLAGGED = MARTS = ("marts/refresh.sql", "marts/words.sql", "marts/flagged.sql")  # of what is `touched`
CURRENT = "current.duckdb"
CORRUPT = "Corrupt database file"  # how DuckDB's message on a damaged block begins
NOT_WRITTEN = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)  # what a failing disk raises
STORAGE_VERSION = "v1.5.0"  # so that DuckDB 1.5 can open the file
NOT_OF_LAKE = {"stages", "drawn", "calibrations"}  # what happened, was drawn, was made once and stays
OPERATIONAL = {"run_id"}  # columns that differ when the same night is collected twice
SLICE = 1_000_000  # comments that are joined, and summed up in marts, in memory
NEWEST_FIRST = ["instagram"]  # lists newest comments first, with exact times, so that a missing one is noticed


StageRow = tuple[str, int, int, str, float, str | None]  # stage, rows in and out, set aside as JSON, seconds, first at
Stages = Callable[[int], Sequence[StageRow]]  # what each stage did, told how many of the night's comments were loaded


@dataclass(frozen=True)
class Part:
    """A folder of the lake with a finished night: its own, or its month's."""

    folder: Path
    is_month: bool = False

    def files(self, pattern: str) -> str:
        """The table function of sql/load/lake.sql that reads them."""
        return f"of_{'month' if self.is_month else 'night'}({quoted(str(self.folder / pattern))})"


@dataclass(frozen=True)
class Night:
    """The folders of a finished night in the lake."""

    night: date
    validated: Part
    rejected: Part
    clean: Part
    scored: dict[str, Part]  # model version → folder, for every model that scored the night
    pictures: Part | None = None
    captions: dict[str, Part] = field(default_factory=dict)  # the same for the texts on pictures
    stages: Stages = lambda _: []

    def views(self) -> dict[str, str]:
        return {
            "lake_comments": self.validated.files("comments*.parquet"),
            "lake_posts": self.validated.files("posts.parquet"),
            "lake_runs": self.validated.files("runs.parquet"),
            "lake_rejected": self.rejected.files("rows*.parquet"),
            "lake_ingest_errors": self.rejected.files("ingest_errors.parquet"),
            "lake_quality": self.rejected.files("quality.parquet"),
            "lake_clean": self.clean.files("*.parquet"),
        }


@dataclass(frozen=True)
class Context:
    """What applies to all nights: the watched accounts, the model in use, the policy, the reviews."""

    accounts: list[tuple[str, str, tuple[str, ...]]]  # platform, handle, tags
    champion: tuple[str, str]  # versions of the model and its text rule
    thresholds: Mapping[str, float]  # from which probability the model flags each category
    policies: Path
    reviews: Sequence[tuple[Any, ...]] = ()  # rows of the reviews table
    drawn: Sequence[tuple[Any, ...]] = ()  # rows of the table drawn
    calibrations: Sequence[tuple[Any, ...]] = ()  # rows of the table calibrations
    versions_kept: int = VERSIONS_KEPT


def publish(folder: Path, nights: list[Night], context: Context, anew: bool = False) -> Path:
    """Loads the nights into a new version and makes it current; with `anew`, starting from an empty warehouse."""
    with _next_version(folder, anew) as con:
        _apply_rules(con, context)
        loaded = {}
        for night in nights:
            con.begin()  # one sync per night instead of one per statement
            loaded[night.night] = _load(con, night)
            con.commit()
        run_script(con, "marts/drift.sql")
        run_script(con, "marts/likeness.sql")
        run_script(con, "marts/copies.sql")
        _describe(con, context)
        for night in nights:
            _write_stages(con, night, loaded[night.night])
            run_script(con, "load/draw.sql", night=night.night)
    with _lock(folder):
        for old in versions(folder)[: -context.versions_kept]:
            old.unlink()
    return current(folder)


def amend(folder: Path, change: Callable[[duckdb.DuckDBPyConnection], None]) -> Path:
    """Makes a new version with a change other than loading a night."""
    with _next_version(folder) as con:
        change(con)
    return current(folder)


def blank(folder: Path, change: Callable[[duckdb.DuckDBPyConnection], None]) -> Path:
    """The same for a change that deletes content: DuckDB leaves it in free blocks, so the file is written anew."""
    with _next_version(folder, then=_rewrite) as con:
        change(con)
    drop_old_versions(folder)
    return current(folder)


def refresh(con: duckdb.DuckDBPyConnection, scripts: Sequence[str] = MARTS) -> None:
    """Recomputes the marts of the accounts and days in `touched`, as many accounts at a time as memory holds."""
    run_script(con, "marts/parts.sql", slice_size=SLICE)
    for (part,) in con.execute("SELECT DISTINCT part FROM parts ORDER BY part").fetchall():
        con.execute("CREATE OR REPLACE TEMP TABLE touched AS FROM parts WHERE part = $1", [part])
        for script in scripts:
            run_script(con, script)


def check_readable(file: Path) -> None:
    """Reads every block of a version; raises WarehouseError if one is damaged."""
    try:
        with duckdb.connect(str(file), read_only=True) as con:
            for table in names(con):
                con.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM {table}").fetchall()
    except duckdb.Error as error:
        raise _damaged(file, error) from None


def versions(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(path.resolve() for path in folder.glob("v*.duckdb"))


def _damaged(file: Path, error: duckdb.Error) -> WarehouseError:
    return WarehouseError(
        f"{file} is damaged ({str(error).splitlines()[0]}). Run `toxwatch rebuild` to rebuild it from the lake, and "
        "check the disk."
    )


def rollback(folder: Path) -> Path:
    """Makes the previous version the current one."""
    current(folder)  # there must be one
    with _lock(folder):
        older = [path for path in versions(folder) if path < current(folder)]
        if not older:
            raise WarehouseError(f"No older version to go back to: {folder} has none before {current(folder).name}.")
        point(folder / CURRENT, Path(older[-1].name))
    return older[-1]


def drop_old_versions(folder: Path) -> None:
    """Deletes all older versions, so that erased data is really gone. Rollback is impossible afterwards."""
    with _lock(folder):
        for old in versions(folder):
            if old != current(folder):
                old.unlink()


def current(folder: Path) -> Path:
    """The current version's file; raises WarehouseError if there is none."""
    link = folder / CURRENT
    if not link.exists():
        raise WarehouseError(f"No warehouse at {link} yet. Run `toxwatch nightly`, or `toxwatch demo` to try it.")
    return link.resolve()


def refuse_newer(folder: Path) -> None:
    """Raises WarehouseError if a newer release wrote the current version; whether it is damaged, others tell."""
    if (folder / CURRENT).exists():
        with suppress(duckdb.Error), duckdb.connect(str(current(folder)), read_only=True) as con:
            format_of(con)


def content_hash(folder: Path) -> str:
    """The same for warehouses with the same rows, regardless of loading order."""
    with duckdb.connect(str(current(folder)), read_only=True) as con:
        return "\n".join(f"{table} {_table_hash(con, table)}" for table in names(con) if table not in NOT_OF_LAKE)


def _load(con: duckdb.DuckDBPyConnection, night: Night) -> int:
    """Returns how many of the night's comments the warehouse holds now."""
    try:
        run_script(con, "load/lake.sql", night=night.night)
        for view, files in night.views().items():
            con.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS FROM {files}")
        run_script(con, "load/night.sql")
        _load_comments(con)
        run_script(con, "load/addressed.sql")
        run_script(con, "load/others.sql", newest_first=NEWEST_FIRST)
        for model, part in night.scored.items():
            con.execute(f"CREATE OR REPLACE TEMP VIEW lake_scored AS FROM {part.files('*.parquet')}")
            run_script(con, "load/scores.sql", model=model)
        _load_pictures(con, night)
    except (duckdb.BinderException, duckdb.ConstraintException, duckdb.InvalidInputException) as error:
        raise WarehouseError(
            f"Can't load the night {night.night}, its files are incomplete or damaged: {error}\n"
            f"Recreate them: toxwatch nightly --no-scrape --night {night.night}"
        ) from None
    refresh(con)
    ((loaded,),) = con.execute((SQL / "load" / "loaded.sql").read_text()).fetchall()
    return int(loaded)


def _load_pictures(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    con.execute("DELETE FROM pictures WHERE night = $1", [night.night])
    if night.pictures:
        con.execute(f"CREATE OR REPLACE TEMP VIEW lake_pictures AS FROM {night.pictures.files('shown*.parquet')}")
        run_script(con, "load/pictures.sql")
    for model, part in night.captions.items():
        con.execute(f"CREATE OR REPLACE TEMP VIEW lake_captions AS FROM {part.files('*.parquet')}")
        run_script(con, "load/captions.sql", model=model)


def _load_comments(con: duckdb.DuckDBPyConnection) -> None:
    ((comments,),) = con.execute("SELECT count(*) FROM incoming").fetchall()
    slices = comments // SLICE + 1
    for slice in range(slices):
        run_script(con, "load/comments.sql", slices=slices, slice=slice)


def _write_stages(con: duckdb.DuckDBPyConnection, night: Night, loaded: int) -> None:
    con.execute("DELETE FROM stages WHERE night = $1", [night.night])
    for row in night.stages(loaded):
        con.execute(
            "INSERT INTO stages VALUES ($1, $2, $3, $4, $5::JSON::MAP(VARCHAR, BIGINT), $6, $7)", [night.night, *row]
        )


def _describe(con: duckdb.DuckDBPyConnection, context: Context) -> None:
    champion, text_rule = context.champion
    con.execute("UPDATE models SET is_champion = false")
    con.execute("DELETE FROM models WHERE model = $1", [champion])
    con.execute("INSERT INTO models VALUES ($1, $2, true)", [champion, text_rule])
    refill(con, "policy_rules", read_policies(context.policies).rows(context.thresholds))
    refill(con, "reviews", context.reviews)
    refill(con, "drawn", context.drawn)
    run_script(con, "load/thresholds.sql")
    _refresh_touched(con, "flags", [FLAGGED])


def _apply_rules(con: duckdb.DuckDBPyConnection, context: Context) -> None:
    """Applies calibrations, the rule on spam and own words to all of history, where they or tags have changed.

    An older warehouse is told whom its comments address.
    """
    run_script(con, "calibration/before.sql")
    run_script(con, "words/before.sql")
    run_script(con, "spam/before.sql")
    run_script(con, "flags/before.sql")
    refill(con, "accounts", context.accounts)
    refill(con, "calibrations", context.calibrations)
    policies = read_policies(context.policies)
    refill(con, "word_rules", policies.word_rows())
    refill(con, "spam_rule", [(policies.spam.spam_from, policies.spam.is_counted)])
    _refresh_touched(con, "calibration", MARTS)
    _refresh_touched(con, "spam", MARTS)
    _refresh_touched(con, "words", [WORDS, FLAGGED])
    _refresh_touched(con, "addressees", [SUMS])


def _refresh_touched(con: duckdb.DuckDBPyConnection, rules: str, scripts: Sequence[str]) -> None:
    """Recomputes marts where other rules apply now."""
    run_script(con, f"{rules}/touched.sql")
    if con.execute("SELECT count(*) FROM touched").fetchall() != [(0,)]:
        con.begin()
        refresh(con, scripts)
        con.commit()


@contextmanager
def _next_version(
    folder: Path, anew: bool = False, then: Callable[[Path], None] = lambda _: None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a copy of the current version, which becomes current if the block succeeds.

    Before that every block of it is read, since a damaged one would be copied from version to version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        draft = folder / ".draft.duckdb"
        if (folder / CURRENT).exists() and not anew:
            shutil.copyfile(current(folder), draft)
        else:
            draft.unlink(missing_ok=True)
        try:
            with _attached(draft) as con:
                con.begin()  # one commit for hundreds of statements
                create(con)
                con.commit()
                yield con
                _check(con)
            then(draft)
        except duckdb.Error as error:
            if CORRUPT in str(error):
                raise _damaged(current(folder), error) from None
            if isinstance(error, NOT_WRITTEN):
                raise Unwritable(
                    f"The new version of the warehouse could not be written; the old one is unchanged: {error}\n"
                    "Free some disk space and run the command again."
                ) from None
            raise
        check_readable(draft)
        sync(draft)
        version = folder / f"v{_last_number(folder) + 1:06d}.duckdb"
        draft.rename(version)
        point(folder / CURRENT, Path(version.name))


@contextmanager
def _attached(draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = draft.with_name(".spill")
    draft.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    shutil.rmtree(spill, ignore_errors=True)
    with duckdb.connect() as con:
        how = f"STORAGE_VERSION '{STORAGE_VERSION}', RECOVERY_MODE NO_WAL_WRITES"  # a draft is whole or is not wanted
        con.execute(f"ATTACH {quoted(str(draft))} AS warehouse ({how})")
        con.execute("USE warehouse")
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET preserve_insertion_order = false")
        con.execute("SET memory_limit = '1700MB'")
        con.execute(f"SET temp_directory = {quoted(str(spill))}")
        yield con
        con.execute("CHECKPOINT warehouse")


def _rewrite(draft: Path) -> None:
    """Copies every row into a new file, which takes the draft's place."""
    fresh = draft.with_name(".fresh.duckdb")
    fresh.unlink(missing_ok=True)
    with _attached(fresh) as con:
        create(con)
        con.execute("SET preserve_insertion_order = true")
        con.execute(f"ATTACH {quoted(str(draft))} AS before (READ_ONLY)")
        for table in names(con, "before"):
            if table != "format":
                con.execute(f"INSERT INTO {table} BY NAME FROM before.{table}")
    fresh.replace(draft)


def _check(con: duckdb.DuckDBPyConnection) -> None:
    for check in (SQL / "checks" / "checks.sql").read_text().split("\n\n")[1:]:
        if offending := con.execute(check).fetchmany(3):
            rule = check.strip().splitlines()[0].removeprefix("-- ")
            raise WarehouseError(
                f"The new version was not published because a check failed: {rule} First rows: {offending}"
            )


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Building(f"Another process is building {folder}. Run this again when it has finished.") from None
        yield


def _last_number(folder: Path) -> int:
    return max((int(path.stem[1:]) for path in versions(folder)), default=0)


def point(link: Path, target: Path) -> None:
    """Points a symbolic link to another file in one step."""
    new = draft_of(link)
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)
    sync(link.parent)


def _table_hash(con: duckdb.DuckDBPyConnection, table: str) -> str:
    described = con.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $1", [table])
    columns = ", ".join(
        f"round({name}, 6)" if type == "DOUBLE" else name  # the last digits of a sum depend on its order
        for name, type in described.fetchall()
        if name not in OPERATIONAL
    )
    ((rows, total),) = con.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM {table}").fetchall()
    return f"{rows} {total}"
