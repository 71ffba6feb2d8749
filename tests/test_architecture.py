"""Imports go one way. The table in docs/architecture.md says which; this test holds the code to it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"dags", "jobs", "models", "warehouse", "dashboard"}
MAY_IMPORT = {
    "dags": {"jobs"},
    "jobs": {"jobs", "models", "warehouse"},  # and jobs/cli.py the dashboard, which it starts
    "models": {"models"},
    "warehouse": {"warehouse"},
    "dashboard": {"dashboard", "models", "warehouse"},
    "deploy": {"dashboard", "jobs", "models"},
}
STARTS = {"dashboard"}
HEAVY = {"pyspark", "tensorflow", "great_expectations", "mlflow", "keras"}


def imported_folders(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} & OURS


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_a_folder_imports_only_what_the_architecture_allows(folder: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): sorted(imported_folders(path) - MAY_IMPORT[folder])
        for path in (ROOT / folder).rglob("*.py")
        if imported_folders(path) - MAY_IMPORT[folder] - (STARTS if path == ROOT / "jobs" / "cli.py" else set())
    }
    assert wrong == {}, "see the table in docs/architecture.md"


@pytest.mark.parametrize(
    ("module", "heavy"),
    [("jobs.cli", HEAVY | {"duckdb", "pyarrow", "dash"}), ("jobs.operators", HEAVY), ("jobs.scrape", HEAVY),
     ("models.scorer", HEAVY), ("warehouse.reader", HEAVY), ("dashboard.app", HEAVY)],
)  # fmt: skip
def test_what_must_start_fast_imports_nothing_heavy(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({heavy!r} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == []


def test_no_test_or_dag_hides_a_package() -> None:
    hidden = {path.stem for folder in ("tests", "dags") for path in (ROOT / folder).glob("*")} & OURS
    assert hidden == set()
