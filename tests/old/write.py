"""Writes a small data folder for tests/test_upgrades.py: `PYTHONPATH=. python tests/old/write.py 1.0.0`.

To be run by each release, so that the next ones prove that they bring its data forward.
"""

import shutil
import sys
import tarfile
import tempfile
from datetime import date
from pathlib import Path

from jobs import nightly, publish, standin
from tests.conftest import watching
from warehouse.build import current
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

NIGHTS = [date(2026, 11, 10), date(2026, 11, 11)]
LEFT_OUT = ("quality", "locks")  # pages of Great Expectations, 4 MB, are made anew
MOST_TOXIC = (
    "SELECT comment_id, model FROM comments_scored WHERE toxic IS NOT NULL ORDER BY toxic DESC, comment_id LIMIT 4"
)


def main(release: str) -> None:
    with tempfile.TemporaryDirectory() as place, standin.serving() as server:
        folder = Path(place) / release
        settings = watching(folder, server)
        nightly.run(settings, NIGHTS)
        book = Reviews.in_folder(folder)
        for comment_id, model in Warehouse(folder / "warehouse").query(MOST_TOXIC):
            book.record(comment_id, "ann", ["toxic"], [], model, "1")
        book.annotate(NIGHTS[0], "", "derby", "ann")
        publish.apply(settings)
        for name in LEFT_OUT:
            shutil.rmtree(folder / name, ignore_errors=True)
        for version in (folder / "warehouse").glob("v*.duckdb"):
            if version != current(folder / "warehouse"):
                version.unlink()
        target = Path(__file__).with_name(f"data-{release}.tar.xz")
        with tarfile.open(target, "w:xz", preset=9) as archive:
            archive.add(folder, release)
        print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
