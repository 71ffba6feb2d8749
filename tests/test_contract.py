"""What is written in two places says the same: columns and tables, stages, commands, tasks, README and docs."""

import re
import tomllib
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from typer.main import get_command

from dashboard import wording
from jobs.cli import app
from jobs.config.settings import SHIPPED
from jobs.lake import datasets, schema
from jobs.nightly import STAGES
from models import scorer
from models.card import expected_languages, read_card
from models.labels import LABELS, UNDETERMINED
from models.training import composed, evaluate, report
from warehouse import describe, measures, policies, tables

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
SCRIPTS = [path for path in sorted(tables.SQL.rglob("*.sql")) if path.parent.name != "migrations"]  # they are history
NEED_SOME_LABELS = {"most_severe", "toxicity"}  # the worst; those whose names are worded otherwise
STAGE_NAMES = [stage.name for stage in STAGES]
TYPES = {
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "int64": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "timestamp[us, tz=UTC]": "TIMESTAMP WITH TIME ZONE",
    "list<element: string>": "VARCHAR[]",
    "list<item: string>": "VARCHAR[]",
    "list<item: int8>": "TINYINT[128]",
}


@pytest.fixture(scope="module")
def of_schema() -> dict[str, dict[str, str]]:
    """Table → column → type, as the schema makes them."""
    with duckdb.connect() as con:
        con.execute((tables.SQL / "schema" / "tables.sql").read_text())
        columns = con.execute("SELECT table_name, column_name, data_type FROM duckdb_columns()").fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, type in columns:
        found.setdefault(table, {})[column] = type
    return found


@pytest.mark.parametrize(
    ("table", "columns", "own"),
    [
        ("comments", schema.VALIDATED,
         {"language", "text_key", "first_night", "last_night", "terms", "listed", "sketch", "spam", "gone_since",
          "addressed"}),
        ("posts", schema.POSTS, {"night"}),
        ("runs", schema.RUNS, {"night"}),
        ("ingest_errors", schema.INGEST_ERRORS, {"night"}),
        ("quality", schema.QUALITY, {"night"}),
        ("scores", pa.schema([field for field in schema.SCORED if field.name != "language"]),
         {"model", "posted_on", "night"}),
    ],
)  # fmt: skip
def test_a_table_holds_what_the_lake_gives_it(
    of_schema: dict[str, dict[str, str]], table: str, columns: pa.Schema, own: set[str]
) -> None:
    assert of_schema[table].keys() == set(columns.names) | own
    assert {field.name: of_schema[table][field.name] for field in columns} == {
        field.name: TYPES[str(field.type)] for field in columns
    }


def test_the_page_on_the_warehouse_is_the_one_that_the_schema_makes() -> None:
    assert describe.PAGE.read_text() == describe.page(), "run python -m warehouse.describe"


def test_the_labels_are_the_same_everywhere(of_schema: dict[str, dict[str, str]]) -> None:
    assert [column for column in of_schema["scores"] if column in LABELS] == list(LABELS)
    assert [name for name in schema.SCORED.names if name in LABELS] == list(LABELS)
    assert LABELS == policies.LABELS
    assert tomllib.loads((ROOT / "policies.toml").read_text())["default"].keys() == set(LABELS)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_names_all_labels_or_no_rare_one(path: Path) -> None:
    named = {label for label in LABELS if re.search(rf"\b{label}\b", path.read_text())} - {"toxic"}
    assert named in (set(), set(LABELS) - {"toxic"}) or path.stem in NEED_SOME_LABELS


def test_the_languages_are_the_same_everywhere() -> None:
    in_templates = tomllib.loads(composed.LANGUAGES.read_text()).keys() - {"kinds"}
    assert in_templates | {"en", UNDETERMINED} == set(measures.LANGUAGES)
    assert set(wording.LANGUAGES) >= set(measures.LANGUAGES)


def test_scripts_ask_for_what_python_has_written_down() -> None:
    with duckdb.connect() as con:
        tables.create(con)
        for name, value in measures.MACROS.items():
            ((found,),) = con.execute(f"SELECT {name}()").fetchall()
            assert (tuple(found) if isinstance(value, tuple) else type(value)(found)) == value


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_does_not_write_them_again(path: Path) -> None:
    script = re.sub(r"--.*|^COMMENT ON .*", "", path.read_text(), flags=re.MULTILINE)
    again = re.findall(r"1\.96|'\(expired\)'|\b28\b|[<=] 30\b|\b20 \*|\* 20\b|/ 20\b|\['low'|\['en'", script)
    assert again == [], "warehouse/measures.py has a name for it"


def test_what_people_read_says_the_same_numbers() -> None:
    said = "".join(path.read_text() for path in SCRIPTS)
    assert set(re.findall(r"fewer than (\d+)\b(?: comments|\.')", said)) == {str(measures.FEW_COMMENTS)}
    assert set(re.findall(r"(\d+) days before", said)) == {str(measures.USUAL_DAYS)}
    assert f"score in [bin ÷ {measures.BINS}, (bin + 1) ÷ {measures.BINS})" in said
    assert f"psi > {measures.SHIFT_FROM} and" in said


def test_every_stage_is_a_command_a_task_and_a_row_of_the_docs() -> None:
    assert set(STAGE_NAMES) <= set(get_command(app).commands)  # type: ignore[attr-defined]
    tasks = re.findall(r'stage="(\w+)"', (ROOT / "dags" / "nightly.py").read_text())
    assert tasks == STAGE_NAMES
    journey = ARCHITECTURE.partition("\n## ")[0]
    assert re.findall(r"^\| (\w+) \|", journey, re.MULTILINE)[1:] == STAGE_NAMES
    assert ", ".join(STAGE_NAMES) in README


def test_the_docs_name_the_folders_that_stages_write() -> None:
    for dataset in datasets.STAGES:
        [row] = re.findall(rf"^\| {dataset.stage} \|.*$", ARCHITECTURE, re.MULTILINE)
        assert f"`{dataset.name}/" in row or (dataset.stage == "publish" and "`warehouse/`" in row)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "docs/collecting.md",
        "docs/decisions.md",
        "docs/numbers.md",
        "docs/operations.md",
        "docs/own-platform.md",
        "docs/releases.md",
        "docs/scale.md",
    ],
)
def test_a_page_names_only_commands_targets_and_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"^ *(?:\.venv/bin/)?toxwatch ([a-z-]+)|`(?:\.venv/bin/)?toxwatch ([a-z-]+)", text, re.M))
    assert {one or other for one, other in named} <= set(get_command(app).commands)  # type: ignore[attr-defined]
    targets = set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE))
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_readme_tours_every_folder() -> None:
    toured = set(re.findall(r"^\| `(\w+)/` \|", README, re.MULTILINE))
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert toured - folders == set()
    assert {"dags", "jobs", "models", "warehouse", "tests", "docs"} <= toured


def test_the_models_page_quotes_what_evaluate_printed_of_the_shipped_model() -> None:
    figures = report.read(read_card(SHIPPED)["version"], [SHIPPED])
    assert figures is not None, "copy it there from models/reports in the data folder"
    printed = [line for line in evaluate.as_text(figures).splitlines() if line.startswith("|")]
    assert len(printed) > 40
    assert set(printed) <= set((ROOT / "docs" / "models.md").read_text().splitlines())


def test_the_readme_names_the_languages_that_the_shipped_model_was_judged_in() -> None:
    [languages] = re.findall(r"^- \*\*Languages:\*\* (.*?)\. Comments in", README, re.MULTILINE | re.DOTALL)
    named = re.split(r",\s+|\s+and\s+", languages)
    assert sorted(named) == sorted(map(wording.language_name, expected_languages(read_card(SHIPPED))))


def test_the_model_holds_no_group_against_those_who_name_it() -> None:
    found = evaluate.mentions(scorer.load(SHIPPED))
    assert found["gay"]["harmless"] == 12
    assert max(row["harmless_flagged"] for row in found.values()) <= 2
    assert min(row["bpsn_auc"] for row in found.values()) > 0.9


def test_each_line_of_the_threat_model_names_a_test() -> None:
    named = re.findall(r"`(test_\w+\.py)::(\w+)` \|$", (ROOT / "docs" / "security.md").read_text(), re.MULTILINE)
    assert len(named) > 20
    for file, name in named:
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(), name
