"""The data contract: what the views v1_… promise (Open Data Contract, ODCS 3.1), and whether a warehouse keeps it.

`python -m warehouse.contract` writes contract.yaml from the comments in the SQL files. The file is what is promised: a
change that its version does not announce fails the tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from warehouse import WarehouseError, tables
from warehouse.reader import Warehouse

FILE = Path(__file__).with_name("contract.yaml")
RULES = tables.SQL / "contract" / "rules.sql"
VERSION = "1.1.0"
PROMISED = "v1_"
KEYS = {
    "v1_accounts": ("platform", "account"),
    "v1_posts": ("post_id",),
    "v1_comments": ("comment_id",),
    "v1_daily": ("platform", "account", "day", "label"),
    "v1_nights": ("night", "stage"),
    "v1_costs": ("night", "platform", "account"),
}
MOST_DAYS_OLD = 2  # the newest night is yesterday's, and tonight's may still run
LOGICAL = {  # physical type → ODCS's
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "BIGINT": "integer",
    "FLOAT": "number",
    "DOUBLE": "number",
    "VARCHAR[]": "array",
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    about: str
    rule: str
    problem: str | None  # None if it holds


def generated() -> Json:
    """The contract that the SQL files make."""
    with duckdb.connect() as con:
        tables.create(con)
        views = con.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE starts_with(view_name, $1) ORDER BY view_oid",
            [PROMISED],
        ).fetchall()
        objects = [_object(view, comment, con.execute(tables.COLUMNS, [view]).fetchall()) for view, comment in views]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "toxwatch-warehouse",
        "name": "Toxwatch warehouse",
        "version": VERSION,
        "status": "active",
        "description": {
            "purpose": "Toxicity of the comments on the watched accounts, for programs and dashboards of your own.",
            "usage": "Open the file with any DuckDB client, read-only. Ask the views named here and nothing else.",
            "limitations": "Scores are probabilities, not verdicts; shares say how sure they are. See docs/numbers.md.",
        },
        "team": {"name": "operator", "description": "Whoever runs this Toxwatch owns the data."},
        "servers": [{"server": "warehouse", "type": "duckdb", "database": "data/warehouse/current.duckdb"}],
        "schema": objects,
        "slaProperties": [
            {
                "property": "freshness",
                "value": MOST_DAYS_OLD,
                "unit": "d",
                "element": "v1_nights.night",
                "description": "The newest night is at most this old.",
            },
            {"property": "frequency", "value": 1, "unit": "d", "description": "A version of the file every night."},
            {
                "property": "retention",
                "value": "as set in targets.toml",
                "description": "[keep] blanks texts and author hashes; scores and counts stay.",
            },
        ],
    }


def _object(view: str, comment: str, columns: list[tuple[str, ...]]) -> Json:
    return {
        "name": view,
        "physicalType": "view",
        "description": comment,
        "properties": [_property(*column) for column in columns],
        "quality": [
            {
                "type": "sql",
                "name": rule,
                "query": f"SELECT count(*) FROM ({query})",
                "mustBe": 0,
            }
            for about, rule, query in _rules()
            if about == view
        ],
    }


def _property(view: str, column: str, type: str, comment: str) -> Json:
    promised: Json = {"name": column, "logicalType": LOGICAL[type], "physicalType": type, "description": comment}
    if type == "VARCHAR[]":
        promised["items"] = {"logicalType": "string"}
    if column in KEYS[view]:
        promised |= {"primaryKey": True, "primaryKeyPosition": KEYS[view].index(column) + 1, "required": True}
    return promised


def _rules() -> Iterator[tuple[str, str, str]]:
    """View, rule in words, and the query for what breaks it."""
    for block in RULES.read_text(encoding="utf-8").strip().split("\n\n")[1:]:
        head, _, query = block.partition("\n")
        about, _, rule = head.removeprefix("-- ").partition(": ")
        yield about, rule, query


def read(file: Path = FILE) -> Json:
    """Raises WarehouseError for a file that is no contract."""
    try:
        contract = yaml.safe_load(file.read_text(encoding="utf-8"))
        _columns(contract)
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise WarehouseError(f"{file} is not a contract that Toxwatch wrote: {error}") from None
    return dict(contract)


def text(contract: Json) -> str:
    return str(yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=110))


def check(warehouse: Warehouse, contract: Json, today: date) -> list[Finding]:
    """Whether a warehouse keeps what the contract promises; raises WarehouseError for a contract that was broken."""
    try:
        return _findings(warehouse, contract, today)
    except (KeyError, TypeError, ValueError) as error:
        raise WarehouseError(f"This is not a contract as Toxwatch wrote it: {error!r}. Nothing was checked.") from None


def _findings(warehouse: Warehouse, contract: Json, today: date) -> list[Finding]:
    findings = []
    for promised in contract["schema"]:
        view = promised["name"]
        problem = _missing(warehouse, promised)
        findings.append(Finding(view, "The promised columns are there.", problem))
        if not problem:
            findings += [_unique(warehouse, promised), *_kept(warehouse, promised)]
    if not any(one.problem for one in findings if one.about == "v1_nights"):
        findings.append(_fresh(warehouse, contract, today))
    return findings


def _missing(warehouse: Warehouse, promised: Json) -> str | None:
    there = {name: type for _, name, type, _ in warehouse.query(tables.COLUMNS, [promised["name"]])}
    if not there:
        return "There is no such view; `toxwatch apply` makes it."
    wrong = [
        f"{one['name']} is {there.get(one['name'], 'missing')}"
        for one in promised["properties"]
        if there.get(one["name"]) != one["physicalType"]
    ]
    return "; ".join(wrong) or None


def _unique(warehouse: Warehouse, promised: Json) -> Finding:
    keys = ", ".join(one["name"] for one in promised["properties"] if one.get("primaryKey"))
    [(twice,)] = warehouse.query(
        f"SELECT count(*) FROM (SELECT {keys} FROM {promised['name']} GROUP BY ALL HAVING count(*) > 1)"
    )
    return Finding(
        promised["name"], f"There is one row for each {keys}.", f"{twice:,} are there twice" if twice else None
    )


def _kept(warehouse: Warehouse, promised: Json) -> Iterator[Finding]:
    for rule in promised["quality"]:
        wanted = rule["mustBe"]
        try:
            [(found,)] = warehouse.query(rule["query"])
            problem = None if found == wanted else f"{found:,} rows break it"
        except WarehouseError as error:
            problem = f"its query cannot be answered: {str(error).splitlines()[0]}"
        yield Finding(promised["name"], rule["name"], problem)


def _fresh(warehouse: Warehouse, contract: Json, today: date) -> Finding:
    [most] = [one["value"] for one in contract["slaProperties"] if one["property"] == "freshness"]
    [(newest,)] = warehouse.query("SELECT max(night) FROM v1_nights")
    is_kept = newest is not None and (today - newest).days <= most
    problem = None if is_kept else f"it is {newest}, {(today - newest).days} days old" if newest else "there is none"
    return Finding("v1_nights", f"The newest night is at most {most} days old.", problem)


def unannounced(old: Json, new: Json) -> list[str]:
    """What differs between two contracts and is not announced by the version: columns may be added in a minor one, the
    rest moves only in a major one."""
    before, after = _columns(old), _columns(new)
    major, minor = _numbers(old), _numbers(new)
    broken = [
        f"{name} {'is gone' if name not in after else 'has another type or meaning'}"
        for name, promised in before.items()
        if after.get(name) != promised
    ]
    if broken and minor[0] == major[0]:
        return broken
    added = [f"{name} is new" for name in after if name not in before]
    return added if added and minor <= major else []


def _columns(contract: Json) -> dict[str, tuple[Any, ...]]:
    return {
        f"{view['name']}.{one['name']}": (one["physicalType"], one["description"], one.get("primaryKeyPosition"))
        for view in contract["schema"]
        for one in view["properties"]
    }


def _numbers(contract: Json) -> tuple[int, int]:
    major, minor, _ = str(contract["version"]).split(".")
    return int(major), int(minor)


if __name__ == "__main__":
    FILE.write_text(text(generated()), encoding="utf-8")
