"""How long it takes to find similar comments among a million flagged ones.

python bench/similar.py FOLDER     a year of a million comments is made there, and removed
"""

import platform
import shutil
import statistics
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb

from bench.history import DAYS, LAST, SQL, Forgetful, make_history, timed
from dashboard.view import View
from models import meaning
from warehouse import build
from warehouse.reader import Warehouse

COMMENTS, ROUNDS = 1_000_000, 5
TEXT = "go back to where you came from"


def main(folder: Path) -> None:
    place = folder / "similar"
    make_history(place, COMMENTS)
    build.amend(place, flag_all)
    build.drop_old_versions(place)
    size = build.current(place).stat().st_size / 1e6
    print(f"{platform.processor() or platform.machine()}; {COMMENTS:,} flagged comments; {size:,.0f} MB\n")
    print(f"reading a text: {1000 * timed(partial(meaning.of, TEXT)):.0f} ms the first time")
    answers = Forgetful(Warehouse(place))
    for name, view in {
        "a year of all accounts": View(days=DAYS, last=LAST, similar=TEXT),
        "a year of one account": View(days=DAYS, last=LAST, similar=TEXT, account="instagram/account4"),
        "28 days of all accounts": View(days=28, last=LAST - timedelta(days=7), similar=TEXT),
    }.items():
        times = [timed(partial(answers.page_of_comments, view, view.order, 100, 0)) for _ in range(ROUNDS)]
        print(f"{name}: {statistics.median(times):.2f} s")
    shutil.rmtree(place)


def flag_all(con: duckdb.DuckDBPyConnection) -> None:
    con.execute((SQL / "flag_all.sql").read_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
