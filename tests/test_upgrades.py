"""Data folders that older releases wrote are brought forward: nothing is lost, nothing is paid twice.

Each `tests/old/data-….tar.xz` is a folder that the release of that day wrote in two nights of the stand-in's accounts,
with four reviews and an annotation.
"""

import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs import nightly, publish, standin
from jobs.collect.runs import paid_runs
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.nights import Lake
from jobs.upkeep import verify
from jobs.upkeep.backup import SAFE
from models.card import read_card
from tests.conftest import watching
from tests.fixtures.shared import flagged_but_not_listed
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

pytestmark = pytest.mark.long
OLD = sorted((Path(__file__).parent / "old").glob("data-*.tar.xz"))
NIGHTS, NEXT = [date(2026, 11, 10), date(2026, 11, 11)], date(2026, 11, 12)
KEPT = {  # what no upgrade may change
    "comments": "SELECT comment_id, platform, account, post_id, text, author_hash, posted_at, first_night "
    "FROM comments WHERE first_night <= $1 ORDER BY comment_id",
    "rejected": "SELECT night, platform, account, reasons, count(*) FROM rejected WHERE night <= $1 "
    "GROUP BY ALL ORDER BY ALL",
    "paid": "SELECT night, run_id, cost_usd FROM runs WHERE night <= $1 ORDER BY ALL",
    "reviews": "SELECT comment_id, reviewer, labels FROM reviews ORDER BY ALL",
}


@pytest.fixture(params=OLD, ids=lambda file: file.name.removesuffix(".tar.xz"))
def old(request: pytest.FixtureRequest, tmp_path: Path, apify: standin.Server) -> Settings:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, **SAFE)
    [folder] = tmp_path.iterdir()
    return watching(folder, apify)


def kept(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Read with DuckDB alone, since Toxwatch refuses or migrates a warehouse of before."""
    with duckdb.connect(settings.data_dir / "warehouse" / "current.duckdb", read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        return {name: con.execute(sql, [NIGHTS[-1]] if "$1" in sql else None).fetchall() for name, sql in KEPT.items()}


def test_an_older_folder_is_brought_forward_and_goes_on(old: Settings) -> None:
    before, lake = kept(old), Lake.of(old)
    assert all(before.values())
    runs = {night: paid_runs(lake, night) for night in NIGHTS}
    model = str(read_card(old.model_dir)["version"])
    if not lake.nights("scored", model):  # it came with another model
        with pytest.raises(BadInput, match="toxwatch nightly --no-scrape --from 2026-11-10 --to 2026-11-11"):
            publish.rebuild(old)
        assert kept(old) == before
        nightly.run(old, NIGHTS, nightly.STAGES[1:])
    publish.apply(old)
    assert kept(old) == before
    assert flagged_but_not_listed(old.data_dir / "warehouse") == []
    counted = "SELECT platform, account, night, sum(comments) FROM collected GROUP BY ALL ORDER BY ALL"
    of_comments = "SELECT platform, account, first_night, count(*) FROM comments GROUP BY ALL ORDER BY ALL"
    ask = Warehouse(old.data_dir / "warehouse").query
    assert ask(counted) == ask(of_comments)
    assert {night: paid_runs(lake, night) for night in NIGHTS} == runs

    nightly.run(old, [NEXT])
    assert kept(old)["comments"] == before["comments"]
    assert ask("SELECT DISTINCT night FROM stages ORDER BY night") == [(night,) for night in (*NIGHTS, NEXT)]
    assert ask("SELECT model FROM champion") == [(model,)]
    assert ask("SELECT count(*) FROM comments_scored WHERE first_night = $1 AND toxic IS NOT NULL", [NEXT])[0][0] > 0
    assert [one.text for one in Reviews.in_folder(old.data_dir).annotations(NIGHTS[0], NEXT)] == ["derby"]
    assert verify.run(old).problems == []
