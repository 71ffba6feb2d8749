"""Builds the next version of the warehouse beside the current one and re-points `current.duckdb` to it.

Readers see the old version or the new, never half; a build that is killed leaves the old one. Old versions are kept
for rollback. Everything here can be made again from the lake.
"""

import fcntl
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from warehouse import Building, Unwritable, WarehouseError

SQL = Path(__file__).parent / "sql"
MIGRATIONS = sorted((SQL / "migrations").glob("*.sql"))
CURRENT = "current.duckdb"
STORAGE_VERSION = "v1.5.0"  # so that people with a DuckDB of the 1.5 line can open the file
VERSIONS_KEPT = 3
OPERATIONAL = {"run_id"}  # columns that differ between two honest collections of one night
EXPIRED = "(expired)"  # stands where a text was kept as long as it may be
NEWEST_FIRST = ["instagram", "youtube"]  # platforms whose comments are asked for in this order
LABELS = {"toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"}
SEVERITIES = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class Night:
    """Where the lake holds a finished night."""

    night: date
    validated: Path
    rejected: Path
    clean: Path
    scored: dict[str, Path]  # by model: every one that has scored the night


@dataclass(frozen=True)
class Context:
    """What is true of all nights: the watched accounts, the model whose scores are shown, the policy."""

    accounts: list[tuple[str, str, tuple[str, ...]]]  # platform, handle, tags
    champion: tuple[str, str]  # its version and its text rule's
    policies: Path
    reviews: Sequence[tuple] = ()  # rows of that table


def publish(folder: Path, nights: list[Night], context: Context, anew: bool = False) -> Path:
    """Loads the nights into a new version and makes it the current one; anew: into an empty one."""
    with _next_version(folder, anew) as con:
        for night in nights:
            con.begin()  # one sync a night instead of one a statement
            _load(con, night)
            con.commit()
        run_script(con, "marts/drift.sql")
        _describe(con, context)
    return current(folder)


def amend(folder: Path, change: Callable[[duckdb.DuckDBPyConnection], None]) -> Path:
    """A new version with a change that is no night."""
    with _next_version(folder) as con:
        change(con)
    return current(folder)


def rollback(folder: Path) -> Path:
    """Makes the version before the current one the current one."""
    with _lock(folder):
        older = [path for path in _versions(folder) if path < current(folder)]
        if not older:
            raise WarehouseError(f"{folder} holds no version older than {current(folder).name}.")
        point(folder / CURRENT, Path(older[-1].name))
    return older[-1]


def drop_old_versions(folder: Path) -> None:
    """After this there is nothing to roll back to, and nothing that was erased."""
    with _lock(folder):
        for old in _versions(folder):
            if old != current(folder):
                old.unlink()


def current(folder: Path) -> Path:
    """The current version; raises where there is none."""
    link = folder / CURRENT
    if not link.exists():
        raise WarehouseError(f"There is no warehouse at {link} yet. `toxwatch nightly` makes it, `toxwatch demo` too.")
    return link.resolve()


def content_hash(folder: Path) -> str:
    """Equal for warehouses with the same rows, in whatever order they were loaded."""
    with duckdb.connect(str(current(folder)), read_only=True) as con:
        return "\n".join(f"{table} {_table_hash(con, table)}" for table in _tables(con) if table != "stages")


def read_policies(path: Path) -> list[tuple[str, str | None, str | None, str | None, str, float, str]]:
    """The rows of policy_rules; a mistake is named with what is allowed."""
    try:
        policies = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WarehouseError(f"{path}: {error}") from None
    version = str(policies.get("version", ""))
    rules = [{**policies.get("default", {})}, *policies.get("for", [])]
    rows = []
    for rule in rules:
        scope = [rule.pop(name, None) for name in ("tag", "account", "language")]
        for label, wanted in rule.items():
            _check_rule(path, label, wanted)
            rows.append((version, *scope, label, wanted["from"], wanted["severity"]))
    if missing := LABELS - {label for _, tag, account, language, label, *_ in rows if not (tag or account or language)}:
        raise WarehouseError(f"{path}: [default] lacks {', '.join(sorted(missing))}.")
    return rows


def _check_rule(path: Path, label: str, wanted: Any) -> None:
    if label not in LABELS:
        raise WarehouseError(f"{path}: {label} is no category; there are {', '.join(sorted(LABELS))}.")
    flagged_from = wanted.get("from") if isinstance(wanted, dict) else None
    if not isinstance(flagged_from, int | float) or not 0 < flagged_from < 1 or round(flagged_from * 20, 6) % 1:
        raise WarehouseError(f"{path}: {label} needs from = a multiple of 0.05 between 0 and 1, as 0.50.")
    if wanted.get("severity") not in SEVERITIES:
        raise WarehouseError(f"{path}: {label} needs severity = one of {', '.join(SEVERITIES)}.")


def _load(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    places = {"validated": night.validated, "rejected": night.rejected, "clean": night.clean}
    try:
        run_script(con, "load/night.sql", night=night.night, expired=EXPIRED, newest_first=NEWEST_FIRST, **places)
        for model, folder in night.scored.items():
            run_script(con, "load/scores.sql", model=model, scored=folder)
    except (duckdb.BinderException, duckdb.ConstraintException, duckdb.InvalidInputException) as error:
        raise WarehouseError(
            f"The night {night.night} cannot be loaded, its files are not as a night leaves them: {error}\n"
            f"`toxwatch nightly --no-scrape --from {night.night} --to {night.night}` makes them again."
        ) from None
    run_script(con, "marts/refresh.sql")


def run_script(con: duckdb.DuckDBPyConnection, script: str, **variables: date | str | bool | Path | list[str]) -> None:
    """A file of sql/, which finds the variables by getvariable."""
    for name, value in variables.items():
        con.execute(f"SET VARIABLE {name} = $1", [str(value) if isinstance(value, Path) else value])
    con.execute((SQL / script).read_text())


def _describe(con: duckdb.DuckDBPyConnection, context: Context) -> None:
    champion, text_rule = context.champion
    con.execute("UPDATE models SET is_champion = false")
    con.execute("DELETE FROM models WHERE model = $1", [champion])
    con.execute("INSERT INTO models VALUES ($1, $2, true)", [champion, text_rule])
    policies = read_policies(context.policies)
    for table, rows in (("accounts", context.accounts), ("policy_rules", policies), ("reviews", context.reviews)):
        con.execute(f"DELETE FROM {table}")
        if rows:
            con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    run_script(con, "load/thresholds.sql")


@contextmanager
def _next_version(folder: Path, anew: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a copy of the current version, which becomes the current one when the block ends well."""
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        draft, spill = folder / ".draft.duckdb", folder / ".spill"
        for leftover in (draft, draft.with_suffix(".duckdb.wal")):
            leftover.unlink(missing_ok=True)
        shutil.rmtree(spill, ignore_errors=True)
        if (folder / CURRENT).exists() and not anew:
            shutil.copyfile(current(folder), draft)
        try:
            with duckdb.connect() as con:
                con.execute(f"ATTACH '{draft}' AS warehouse (STORAGE_VERSION '{STORAGE_VERSION}')")
                con.execute("USE warehouse")
                con.execute("SET TimeZone = 'UTC'")
                con.execute("SET preserve_insertion_order = false")
                con.execute("SET memory_limit = '2GB'")
                con.execute(f"SET temp_directory = '{spill}'")
                create(con)  # without a transaction: the draft is nobody's before it is renamed
                yield con
                _check(con)
                con.execute("CHECKPOINT warehouse")
        except duckdb.IOException as error:
            raise Unwritable(
                f"The new version of the warehouse could not be written, the one before stays: {error}\n"
                "Free some space and run the same command again."
            ) from None
        _sync(draft)
        version = folder / f"v{_last_number(folder) + 1:06d}.duckdb"
        draft.rename(version)
        point(folder / CURRENT, Path(version.name))
        for old in _versions(folder)[:-VERSIONS_KEPT]:
            old.unlink()


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Tables, marts and views with their comments; tables of an older release are brought forward."""
    for step in MIGRATIONS[format_of(con) :]:
        con.execute(step.read_text())
    for path in (SQL / "schema" / "tables.sql", SQL / "marts" / "tables.sql"):
        script = path.read_text()
        con.execute(script)
        for statement in comments_of(script):
            con.execute(statement)
    con.execute("DELETE FROM format")
    con.execute("INSERT INTO format VALUES ($1)", [len(MIGRATIONS)])
    run_script(con, "views/views.sql")
    for view, column, said in con.execute((SQL / "views" / "inherited.sql").read_text()).fetchall():
        con.execute(f"COMMENT ON COLUMN {view}.{column} IS {quoted(said)}")


def format_of(con: duckdb.DuckDBPyConnection) -> int:
    """How many migrations a warehouse has seen; an empty one needs none."""
    tables = _tables(con)
    if "format" not in tables:
        return 0 if tables else len(MIGRATIONS)
    ((steps,),) = con.execute("FROM format").fetchall()
    if steps > len(MIGRATIONS):
        raise WarehouseError(
            f"The warehouse was written by a newer Toxwatch (format {steps}, this release knows {len(MIGRATIONS)}). "
            "Upgrade Toxwatch, or `toxwatch rebuild` makes it again from the lake."
        )
    return int(steps)


def comments_of(script: str) -> Iterator[str]:
    """COMMENT ON statements from what stands behind `--` on the line of a table or column."""
    table = ""
    for line in script.splitlines():
        if found := re.match(r"CREATE TABLE IF NOT EXISTS (\w+) \( -- (.*)", line):
            table = found[1]
            yield f"COMMENT ON TABLE {table} IS {quoted(found[2])}"
        elif found := re.match(r"    (\w+) .*? -- (.*)", line):
            yield f"COMMENT ON COLUMN {table}.{found[1]} IS {quoted(found[2])}"


def _check(con: duckdb.DuckDBPyConnection) -> None:
    for check in (SQL / "checks" / "checks.sql").read_text().split("\n\n")[1:]:
        if wrong := con.execute(check).fetchmany(3):
            rule = check.strip().splitlines()[0].removeprefix("-- ")
            raise WarehouseError(f"The new version was not published, it breaks a rule: {rule} First rows: {wrong}")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Building(f"Another process is building {folder}. Run this again when it has ended.") from None
        yield


def _versions(folder: Path) -> list[Path]:
    return sorted(path.resolve() for path in folder.glob("v*.duckdb"))


def _last_number(folder: Path) -> int:
    return max((int(path.stem[1:]) for path in _versions(folder)), default=0)


def point(link: Path, target: Path) -> None:
    """Re-points a symbolic link in one step."""
    new = link.with_name(f".{link.name}")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)
    _sync(link.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY table_name").fetchall()]


def _table_hash(con: duckdb.DuckDBPyConnection, table: str) -> str:
    described = con.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $1", [table])
    columns = ", ".join(
        f"round({name}, 6)" if type == "DOUBLE" else name  # the last digits of a sum depend on its order
        for name, type in described.fetchall()
        if name not in OPERATIONAL
    )
    ((rows, total),) = con.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM {table}").fetchall()
    return f"{rows} {total}"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
