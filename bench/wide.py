"""What it takes to publish one night of many comments: processor time, memory and disk.

    python bench/wide.py FOLDER [COMMENTS]      10,000,000 unless told, in steps of 100,000; FOLDER is new, with 20 GB

A night of 100,000 comments passes validate, clean and score. Then its files are multiplied, each copy with comments and
people of its own, and `publish` makes a warehouse of them. bench/night.py has the other stages.
"""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import own_peak
from bench.night import NIGHT, run_night, settings_in
from bench.scoring import comments as texts_of_the_stand_in
from jobs import clean, publish, score, validate
from jobs.lake.datasets import BY_NAME
from jobs.lake.nights import Lake

ONE = 100_000
SQL = Path(__file__).parent / "sql" / "multiply"
WATCHED_EVERY = 0.2  # seconds


def main(folder: Path, comments: int) -> None:
    folder.mkdir(parents=True)
    settings = settings_in(folder)
    stand_in = texts_of_the_stand_in()
    texts = [f"{stand_in[at % len(stand_in)]} {at}" for at in range(ONE)]
    run_night(settings, texts, ONE, (validate, clean, score))
    multiply(Lake.of(settings), comments // ONE)
    started = time.process_time()
    with watched(settings.data_dir / "warehouse") as most:
        publish.run(settings, NIGHT)
    size = (settings.data_dir / "warehouse" / "current.duckdb").stat().st_size / 1e9
    seconds = time.process_time() - started
    print(f"{comments:,} comments in {seconds:.0f} CPU-s; this process {own_peak():.2f} GB at most, "
          f"the warehouse {size:.2f} GB, its folder {most[0]:.1f} GB at most.")  # fmt: skip


def multiply(lake: Lake, copies: int) -> None:
    """Replaces what the stages wrote of each comment by as many copies."""
    [model] = lake.models(BY_NAME["scored"])
    for name, of_model, query in (
        ("validated", None, "people.sql"),
        ("clean", None, "comments.sql"),
        ("scored", model, "comments.sql"),
    ):
        before, one = lake.require(name, NIGHT, of_model), (SQL / query).read_text()
        more = replace(before.manifest, rows_in=ONE * copies, rows_out=ONE * copies, set_aside={})
        with lake.open().writing(name, more, of_model) as place:
            for file in before.path.glob("*.parquet"):
                if file.match(BY_NAME[name].rows):
                    write(place / file.name, one, {"file": str(file), "copies": copies})
                else:
                    shutil.copy(file, place)


def write(target: Path, query: str, values: dict[str, object]) -> None:
    with duckdb.connect(config={"memory_limit": "2GB", "preserve_insertion_order": False}) as con:
        con.sql(query, params=values).write_parquet(str(target), compression="snappy")


@contextmanager
def watched(folder: Path) -> Iterator[list[float]]:
    """GB at most of what a new version and its sorting take on disk."""
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(WATCHED_EVERY):
            most[0] = max(most[0], size_of(folder))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()


def size_of(folder: Path) -> float:
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # files come and go
            total += file.lstat().st_size
    return total / 1e9


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 10_000_000)
