"""What people saw on a day, and why it is different now."""

import json
import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobs.cli import app
from tests.conftest import MODEL, TARGETS, THRESHOLDS, at, night_of
from tests.fixtures.dashboard import ROOT
from warehouse import WarehouseError, build, versions

NEWER = "bilstm-2"
FIRST, SECOND = date(2026, 11, 19), date(2026, 11, 20)
MONDAY, TUESDAY = datetime(2026, 11, 23, 3, tzinfo=UTC), datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """On Monday one model, on Tuesday another, which finds more, and a night with one comment more."""
    place = tmp_path_factory.mktemp("versions")
    comments = [(f"loud/{n}", f"loud {n}", at(FIRST, n % 24), 0.3 if n < 10 else 0.1) for n in range(40)]
    model = {MODEL: 0.0, NEWER: 0.4}
    accounts = [("instagram", "loud", ())]
    before = night_of(place / "lake-1", FIRST, comments, model)
    build.publish(
        place / "warehouse", [before], build.Context(accounts, (MODEL, "1"), THRESHOLDS, ROOT / "policies.toml")
    )
    after = night_of(place / "lake-2", SECOND, [("loud/new", "new", at(SECOND), 0.1)], model)
    build.publish(
        place / "warehouse", [after], build.Context(accounts, (NEWER, "1"), THRESHOLDS, ROOT / "policies.toml")
    )
    for version, made_at in zip(build.versions(place / "warehouse"), (MONDAY, TUESDAY), strict=True):
        os.utime(version, (made_at.timestamp(), made_at.timestamp()))
    return place


def _asked(data: Path, *words: str) -> Any:
    done = CliRunner().invoke(app, [*words, "--json", "--data-dir", str(data)], catch_exceptions=False)
    return json.loads(done.stdout)


def test_a_version_is_found_by_name_and_by_day(data: Path) -> None:
    folder = data / "warehouse"
    assert versions.find(folder, "v000001").made_at == MONDAY
    assert versions.find(folder, "2026-11-23").name == "v000001"
    assert versions.find(folder, "2026-11-30").name == "v000002"
    assert [one["is_current"] for one in _asked(data, "versions")] == ["", "current"]


@pytest.mark.parametrize("named", ["2026-11-22", "v000007", "../x", "monday"])
def test_what_is_not_kept_names_what_is(data: Path, named: str) -> None:
    with pytest.raises(WarehouseError, match=r"There are v000001 \(2026-11-23\), v000002 \(2026-11-24\)\."):
        versions.find(data / "warehouse", named)


def test_a_query_is_answered_as_of_a_day(data: Path) -> None:
    query = "SELECT count(*) AS n, any_value(model) AS model FROM v1_comments WHERE toxic IS NOT NULL"
    assert _asked(data, "sql", query, "--as-of", "2026-11-23") == [{"n": 40, "model": MODEL}]
    assert _asked(data, "sql", query) == [{"n": 41, "model": NEWER}]


def test_a_report_is_written_as_of_a_day(data: Path, tmp_path: Path) -> None:
    words = ["report", str(tmp_path / "week.html"), "--as-of", "2026-11-23", "--data-dir", str(data)]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    assert "19 November 2026" in (tmp_path / "week.html").read_text()


def test_a_diff_says_what_changed_and_why(data: Path) -> None:
    found = _asked(data, "diff", "2026-11-23")
    reasons = {row["what"]: (row["before"], row["after"]) for row in found["Why"]}
    assert reasons["model"] == (MODEL, NEWER)
    assert found["Comments"] == [
        {"before": 40, "after": 41, "came": 1, "went": 0, "text_changed": 0, "language_changed": 0}
    ]
    toxic = next(row for row in found["Scores and flags"] if row["label"] == "toxic")
    assert (toxic["scored_by_both"], toxic["moved"], toxic["flags_gained"], toxic["flags_lost"]) == (40, 40, 40, 0)
    [share] = [row for row in found["Shares by account"] if row["label"] == "toxic"]
    assert share["account"] == "instagram/loud"
    assert (round(share["before"], 3), round(share["after"], 3)) == (0.15, 0.55)


def test_what_a_policy_changes_is_said_before_and_after(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(data, tmp_path / "data", symlinks=True)
    (tmp_path / "targets.toml").write_text(TARGETS)
    policies = (ROOT / "policies.toml").read_text().replace('version = "2"', 'version = "lower"')
    (tmp_path / "policies.toml").write_text(policies)
    monkeypatch.setenv("TOXWATCH_CONFIG", str(tmp_path))
    before = sorted((tmp_path / "data" / "warehouse").iterdir())
    words = ["apply", "--data-dir", str(tmp_path / "data")]
    preview, after = (CliRunner().invoke(app, one, catch_exceptions=False) for one in ([*words, "--preview"], words))
    assert "policy\t2\tlower" in preview.stdout
    assert "Shares by account" in preview.stdout
    assert preview.stdout == after.stdout
    assert len(build.versions(tmp_path / "data" / "warehouse")) == 3
    assert set(before) < set((tmp_path / "data" / "warehouse").iterdir())


def test_two_equal_versions_have_no_other_shares(data: Path) -> None:
    found = {one.title: one.rows for one in versions.diff(*[build.current(data / "warehouse")] * 2)}
    assert found["Shares by account"] == []
    assert all(row[2] == 0 for row in found["Scores and flags"])
