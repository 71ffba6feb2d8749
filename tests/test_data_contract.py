"""The data contract: valid, what the SQL makes, kept by a warehouse, and not changed without a word."""

import copy
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import open_data_contract_standard
import pytest
from typer.testing import CliRunner

from jobs.cli import app
from jobs.errors import RefusedData
from tests.fixtures.dashboard import LAST
from warehouse import WarehouseError, build, contract
from warehouse.reader import Warehouse

OLD = sorted((Path(__file__).parent / "old").glob("contract-*.yaml"))
SCHEMA = json.loads(Path(open_data_contract_standard.__file__).with_name("schema.json").read_text())


def test_the_contract_is_what_the_sql_makes() -> None:
    assert contract.FILE.read_text() == contract.text(contract.generated()), "run python -m warehouse.contract"


def test_the_contract_is_valid_by_the_standard() -> None:
    jsonschema.Draft201909Validator(SCHEMA).validate(contract.read())


def test_every_promised_column_says_what_it_means() -> None:
    for view in contract.read()["schema"]:
        for column in view["properties"]:
            assert column["description"], f"{view['name']}.{column['name']}"


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
def test_a_change_is_announced_by_the_version(file: Path) -> None:
    assert contract.unannounced(contract.read(file), contract.read()) == []


def _without(view: dict[str, Any]) -> None:
    del view["properties"][1]


def _as_text(view: dict[str, Any]) -> None:
    view["properties"][1]["physicalType"] = "BLOB"


def _another_meaning(view: dict[str, Any]) -> None:
    view["properties"][1]["description"] = "something else"


def _more(view: dict[str, Any]) -> None:
    view["properties"].append({"name": "more", "physicalType": "BIGINT", "description": "more"})


@pytest.mark.parametrize(
    ("change", "version", "message"),
    [
        (_without, "1.1.0", "v1_accounts.account is gone"),
        (_as_text, "1.1.0", "v1_accounts.account has another type or meaning"),
        (_another_meaning, "1.1.0", "v1_accounts.account has another type or meaning"),
        (_more, "1.1.1", "v1_accounts.more is new"),
        (_more, "1.2.0", None),
        (_without, "2.0.0", None),
    ],
)
def test_a_change_is_seen(change: Callable[[dict[str, Any]], None], version: str, message: str | None) -> None:
    old = contract.read()
    new = copy.deepcopy(old) | {"version": version}
    change(new["schema"][0])
    assert contract.unannounced(old, new) == ([message] if message else [])


@pytest.fixture
def copied(tmp_path: Path, made: Path) -> Path:
    """A warehouse that a test may break by hand."""
    target = tmp_path / "warehouse" / "v000001.duckdb"
    target.parent.mkdir()
    target.write_bytes(build.current(made).read_bytes())
    build.point(target.parent / build.CURRENT, Path(target.name))
    with duckdb.connect(str(target)) as con:
        con.execute("INSERT INTO stages VALUES ($1, 'score', 100, 100, MAP {}, 1.0, NULL)", [LAST])
    return target


def test_a_warehouse_keeps_the_contract(copied: Path) -> None:
    findings = contract.check(Warehouse(copied.parent), contract.read(), LAST + timedelta(days=1))
    assert [one for one in findings if one.problem] == []
    assert {one.about for one in findings} == set(contract.KEYS)


@pytest.mark.parametrize(
    ("by_hand", "problem"),
    [
        ("UPDATE scores SET toxic = 1.5", "rows break it"),
        ("INSERT INTO accounts BY NAME SELECT * FROM accounts LIMIT 1", "1 are there twice"),
        ("DROP VIEW v1_daily", "There is no such view"),
        ("CREATE OR REPLACE VIEW v1_nights AS SELECT night, stage, rows_in FROM stages", "rows_out is missing"),
        ("UPDATE stages SET night = '2026-01-01'", "it is 2026-01-01, 325 days old"),
        ("DELETE FROM stages", "there is none"),
    ],
)
def test_what_was_broken_by_hand_is_found(copied: Path, by_hand: str, problem: str) -> None:
    with duckdb.connect(str(copied)) as con:
        con.execute(by_hand)
    findings = contract.check(Warehouse(copied.parent), contract.read(), date(2026, 11, 22))
    assert [one for one in findings if problem in (one.problem or "")]


def test_the_command_says_what_is_broken_and_fails(copied: Path) -> None:
    asked = ["contract", "check", "--data-dir", str(copied.parent.parent)]
    done = CliRunner().invoke(app, asked)
    assert isinstance(done.exception, RefusedData)  # the warehouse's nights are old
    assert "v1_nights\tbroken\tThe newest night is at most 2 days old." in done.stdout
    assert "v1_comments\tok\tScores are between 0 and 1." in done.stdout


def test_a_file_that_is_no_contract_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("schema: [")
    with pytest.raises(WarehouseError, match="is not a contract"):
        contract.read(tmp_path / "x.yaml")


def _without_quality(contract: dict[str, Any]) -> None:
    del contract["schema"][0]["quality"]


def _without_freshness(contract: dict[str, Any]) -> None:
    del contract["slaProperties"]


def _with_two_answers(contract: dict[str, Any]) -> None:
    contract["schema"][2]["quality"][0]["query"] = "SELECT 1, 2"


def _fresh_often(contract: dict[str, Any]) -> None:
    contract["slaProperties"][0]["value"] = "often"


@pytest.mark.parametrize("by_hand", [_without_quality, _without_freshness, _with_two_answers, _fresh_often])
def test_a_contract_that_was_broken_by_hand_is_one_message(
    copied: Path, by_hand: Callable[[dict[str, Any]], None]
) -> None:
    by_hand(broken := copy.deepcopy(contract.read()))
    with pytest.raises(WarehouseError, match="not a contract as Toxwatch wrote it"):
        contract.check(Warehouse(copied.parent), broken, LAST)


@pytest.mark.parametrize("query", ["SELEC 1", "DROP TABLE comments", "SELECT count(*) FROM nowhere"])
def test_a_rule_that_cannot_be_asked_is_broken_and_changes_nothing(copied: Path, query: str) -> None:
    (broken := copy.deepcopy(contract.read()))["schema"][2]["quality"][0]["query"] = query
    before = copied.read_bytes()
    findings = contract.check(Warehouse(copied.parent), broken, LAST)
    assert [one.problem for one in findings if "cannot be answered" in (one.problem or "")]
    assert copied.read_bytes() == before


def test_views_can_be_asked_where_the_file_is_attached_under_another_name(made: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{build.current(made)}' AS theirs (READ_ONLY)")
        assert con.execute("SELECT count(*) FROM theirs.v1_comments").fetchall() > [(100,)]
        assert con.execute("SELECT sum(flagged) FROM theirs.v1_daily").fetchall() > [(0,)]
