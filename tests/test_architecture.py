"""Imports go one way. The tables in docs/architecture.md say which; these tests hold the code to them."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TABLES = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OURS = {"dags", "jobs", "models", "warehouse", "dashboard", "deploy", "release"}
HEAVY = {"pyspark", "tensorflow", "great_expectations", "mlflow", "keras"}


def rows_of(heading: str) -> dict[str, set[str]]:
    """The first and the last column of a table of the page, read as folder → what it may import."""
    table = TABLES.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {row[0].strip("`/"): set(re.findall(r"`([\w./]+?)/?`", row[-1])) for row in rows}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str, package: str) -> str:
    """The room of a package that a module lies in; "" for a module of the package itself."""
    first = module.removeprefix(f"{package}.").partition(".")[0]
    return first if (ROOT / package / first).is_dir() else ""


def wrong_imports(paths: Iterator[Path], allowed: set[str], what: set[str]) -> dict[str, list[str]]:
    """Imports of `what` that are neither allowed nor inside something that is."""
    wrong = {}
    for path in paths:
        found = {name for name in imports_of(path) if name.partition(".")[0] in what}
        bad = {name for name in found if not any(f"{name}.".startswith(f"{one}.") for one in allowed)}
        if bad:
            wrong[str(path.relative_to(ROOT))] = sorted(bad)
    return wrong


@pytest.mark.parametrize("folder", sorted(rows_of("Who may import whom")))
def test_a_folder_imports_only_what_the_architecture_allows(folder: str) -> None:
    allowed = rows_of("Who may import whom")[folder] | {folder}
    paths = (path for path in (ROOT / folder).rglob("*.py") if not path.is_relative_to(ROOT / "jobs" / "commands"))
    assert wrong_imports(paths, allowed, OURS) == {}, "see the table in docs/architecture.md"


@pytest.mark.parametrize("room", sorted(rows_of("The rooms of jobs/")))
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    package = ROOT / "jobs"
    rooms = rows_of("The rooms of jobs/")
    allowed = rooms[room] | {room, "errors", "console"}
    folder = package.glob("*.py") if room == "journey" else (package / room).rglob("*.py")
    wrong = {}
    for path in folder:
        if path.name in ("cli.py", "__init__.py"):
            continue
        found = {room_of(name, "jobs") or "journey" for name in imports_of(path) if name.startswith("jobs.")
                 and name.split(".")[1] not in ("errors", "console")}  # fmt: skip
        if bad := found - allowed:
            wrong[str(path.relative_to(ROOT))] = sorted(bad)
    assert wrong == {}, "see the table in docs/architecture.md"


def test_every_room_is_in_the_table() -> None:
    rooms = {path.name for path in (ROOT / "jobs").iterdir() if (path / "__init__.py").exists()}
    assert rooms == rows_of("The rooms of jobs/").keys() - {"journey"}


def test_what_reads_texts_needs_nothing_of_what_makes_models() -> None:
    reading = (path for path in (ROOT / "models").glob("*.py"))
    wrong = {path.name: name for path in reading for name in imports_of(path) if name.startswith("models.training")}
    assert wrong == {}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [("jobs.cli", HEAVY | {"duckdb", "pyarrow", "dash", "pydantic"}), ("jobs.schedule.operators", HEAVY),
     ("jobs.scrape", HEAVY), ("jobs.ask.status", HEAVY), ("jobs.alerts.rules", HEAVY), ("models.scorer", HEAVY),
     ("warehouse.reader", HEAVY), ("dashboard.app", HEAVY)],
)  # fmt: skip
def test_what_must_start_fast_imports_nothing_heavy(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({heavy!r} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == []


def test_no_test_or_dag_hides_a_package() -> None:
    hidden = {path.stem for folder in ("tests", "dags") for path in (ROOT / folder).glob("*")} & OURS
    assert hidden == set()
