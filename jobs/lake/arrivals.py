"""What `POST /ingest` has received, as raw lines: taken in by a night, searched and erased like raw files."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from jobs.lake.nights import Lake
from jobs.lake.raw import ENDING, RawLine, raw_file, writing_raw
from warehouse.arrivals import Arrivals, Item


def take_in(lake: Lake, night: date, account: str) -> None:
    """Writes what waits for an account as raw files of the night, each comment once."""

    def store(batch: str, items: list[Item]) -> None:
        name = f"{account}.import-{batch}"
        if any(lake.root.glob(f"raw/night=*/{name}{ENDING}")):  # a night was stopped after it wrote the batch
            return
        with writing_raw(raw_file(lake, night, name)) as write:
            for item in items:
                write("comment", "table", None, item)

    Arrivals.in_folder(lake.root).take(account, store)


def lines(lake: Lake) -> Iterator[tuple[str, str, RawLine]]:
    """What is kept, with its account and id."""
    if not Arrivals.file_in(lake.root).exists():
        return
    for account, id, item, received in Arrivals.in_folder(lake.root).items():
        platform, _, handle = account.partition("/")
        night = datetime.fromtimestamp(received, UTC).date()
        yield account, id, RawLine(night, platform, handle, "comment", "table", None, item)


def erase(lake: Lake, is_due: Callable[[RawLine], bool]) -> int:
    """Deletes comments; returns how many those were."""
    due = [(account, id) for account, id, line in lines(lake) if is_due(line)]
    return Arrivals.in_folder(lake.root).erase(due) if due else 0
