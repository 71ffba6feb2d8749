"""The list of flagged comments says what the comments themselves say, whatever rule has changed since."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.labels import LABELS
from tests.fixtures.dashboard import ROOT, context_of
from tests.fixtures.shared import flagged_but_not_listed
from warehouse import build
from warehouse.reader import Warehouse

POLICIES = (ROOT / "policies.toml").read_text()
COUNT = "SELECT count(*), count(*) FILTER (has_score) FROM flagged_comments"
ACCOUNT = '\n[[for]]\naccount = "instagram/loud"\ntoxic = { from = 0.95, severity = "medium" }\n'
WORDS = '\n[[words]]\ntext = "please stop"\nflag = "threat"\n\n[[words]]\ntext = "loud 1*"\nnever = "any"\n'


@pytest.fixture
def folder(tmp_path: Path, made: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "warehouse", symlinks=True))


def apply(folder: Path, rules: str, **changes: object) -> None:
    policies = folder.with_name("policies.toml")
    policies.write_text(POLICIES + rules)
    build.publish(folder, [], replace(context_of(policies), **changes))  # type: ignore[arg-type]


def test_it_is_what_the_comments_say(folder: Path) -> None:
    assert flagged_but_not_listed(folder) == []
    assert Warehouse(folder).query(COUNT) == [(32, 32)]


@pytest.mark.parametrize(
    ("rules", "changes", "listed"),
    [
        (ACCOUNT, {}, (2, 2)),
        (WORDS, {}, (22, 22)),
        ("", {"thresholds": dict.fromkeys(LABELS, 0.95)}, (0, 0)),
        ("", {"champion": ("another", "1")}, (0, 0)),
    ],
    ids=["threshold of an account", "own words", "higher thresholds", "another model"],
)
def test_a_rule_changes_all_of_history_and_back(
    folder: Path, rules: str, changes: dict[str, object], listed: tuple[int, int]
) -> None:
    before = build.content_hash(folder)
    apply(folder, rules, **changes)
    assert flagged_but_not_listed(folder) == []
    assert Warehouse(folder).query(COUNT) == [listed]
    apply(folder, "")
    assert flagged_but_not_listed(folder) == []
    if "champion" not in changes:  # the other one stays in the table of models
        assert build.content_hash(folder) == before
