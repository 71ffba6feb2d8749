"""What Toxwatch promises of its writes: whatever happens, a reader finds what was there before or what came after.

Each promise is kept without Spark, by the code that keeps it every night.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dashboard.people import People
from dashboard.settings import SettingsFile
from jobs import publish
from jobs.collect.runs import PaidRun, RunBook, read_runs
from jobs.commands.administration import edited
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.lake.authors import KEY, author_hash, author_key
from jobs.lake.datasets import BY_NAME
from jobs.lake.manifests import Manifest, damaged
from jobs.lake.nights import Lake
from jobs.lake.raw import read_file, writing_raw
from jobs.upkeep import backup, compact, expire, forget
from models import card
from tests.conftest import TARGETS, comment_item
from tests.fixtures.nights import store_night
from warehouse import build
from warehouse.reviews import Reviews

NIGHTS = [date(2026, 11, 9), date(2026, 11, 10)]
ANYTHING = None  # what is found in between does not matter, as long as the work can be done again
Found = Any


@dataclass(frozen=True)
class Promise:
    name: str
    begin: Callable[[Path], None]  # makes what was there before
    work: Callable[[Path], None]
    found: Callable[[Path], Found]  # what a reader finds; raises where that is neither
    between: tuple[Found, ...] | None = ()  # what else may be found after a failure


def settings_of(folder: Path) -> Settings:
    settings = Settings.load(folder / "data")
    return replace(settings, targets_file=folder / "targets.toml", backups=folder / "backups")


def _nothing(folder: Path) -> None:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "backups").mkdir(exist_ok=True)
    (folder / "targets.toml").write_text(TARGETS)


def _night(folder: Path, number: int, author: str = "ann") -> None:
    items = [
        comment_item(id=f"{number}{n}", ownerUsername=author, text=f"What a picture, number {n}",
                     timestamp=f"{NIGHTS[number]}T12:00:00.000Z")
        for n in range(20)
    ]  # fmt: skip
    store_night(settings_of(folder), NIGHTS[number], items, [])


def _a_night(folder: Path) -> None:
    _nothing(folder)
    _night(folder, 0)


def _two_nights(folder: Path) -> None:
    _a_night(folder)
    _night(folder, 1, "bob")
    publish.rebuild(settings_of(folder))


def _published(folder: Path) -> None:
    _a_night(folder)
    publish.run(settings_of(folder), NIGHTS[0])
    _night(folder, 1, "bob")


def _save_settings(folder: Path) -> None:
    people = People.in_folder(folder / "data")
    file = SettingsFile(edited("targets", lambda: folder / "targets.toml", read_targets, is_made=True), people)
    with file.changed(file.version(), "added nasa") as document:
        document["accounts"].append({"platform": "instagram", "handle": "nasa"})  # type: ignore[union-attr]


def _start_run(folder: Path) -> None:
    book = RunBook(Lake(folder / "data").open(), NIGHTS[0], "instagram/nasa")
    book.load()
    book.runs.append(PaidRun("posts", "an/actor", ["https://a"], {}, 10, 0.5, False, "2026-11-10T00:00:00Z"))
    book.save()


def _runs(folder: Path) -> Found:
    return [run.step for run in read_runs(RunBook(Lake(folder / "data"), NIGHTS[0], "instagram/nasa").path)]


def _collect(folder: Path) -> None:
    with writing_raw(folder / "data" / "nasa.jsonl.gz") as write:
        for number in range(200):
            write("comment", "instagram", None, comment_item(id=str(number)))


def _collected(folder: Path) -> Found:
    path = folder / "data" / "nasa.jsonl.gz"
    return [line.kind for line in read_file(path, NIGHTS[0])] if path.exists() else []


def _run_stage(folder: Path) -> None:
    rows = pq.read_table(folder / "data" / "validated" / f"night={NIGHTS[0]}" / "comments.parquet").slice(0, 5)
    manifest = Manifest("validate", NIGHTS[0], rows_in=5, rows_out=5)
    with Lake(folder / "data").writing("validated", manifest) as draft:
        pq.write_table(rows, draft / "comments.parquet")
        pq.write_table(rows, draft / "comments-2.parquet")


def _stage(folder: Path) -> Found:
    stored = Lake(folder / "data").find("validated", NIGHTS[0])
    if stored is None:
        return "absent"
    assert damaged(stored.path) == []
    return stored.manifest.rows_out


def _publish(folder: Path) -> None:
    publish.run(settings_of(folder), NIGHTS[1])


def _warehouse(folder: Path) -> Found:
    build.check_readable(build.current(folder / "data" / "warehouse"))
    return build.content_hash(folder / "data" / "warehouse")


def _review(folder: Path) -> None:
    Reviews.in_folder(folder / "data").assign(["instagram:1"], "ann")


def _add_user(folder: Path) -> None:
    People.in_folder(folder / "data").add("ann", "correct horse battery")


def _make_key(folder: Path) -> None:
    os.environ.pop("TOXWATCH_AUTHOR_KEY", None)  # of this child only
    author_key(settings_of(folder))


def _key(folder: Path) -> Found:
    """A fingerprint without its key would stop every night for ever."""
    os.environ.pop("TOXWATCH_AUTHOR_KEY", None)
    if "author_key" in Lake(folder / "data").facts():
        author_key(settings_of(folder))
    return (folder / "data" / KEY).exists()


def _back_up(folder: Path) -> None:
    backup.scheduled(settings_of(folder))


def _backups(folder: Path) -> Found:
    for number, file in enumerate(backup.stored(folder / "backups")):
        settings = replace(settings_of(folder), data_dir=folder / f"restored-{number}")
        shutil.rmtree(settings.data_dir, ignore_errors=True)
        backup.restore(settings, str(file))
        assert Lake(settings.data_dir).nights("validated") == NIGHTS[:1]
    return bool(backup.stored(folder / "backups"))


def _compact(folder: Path) -> None:
    compact.NEWEST, compact.AT_LEAST = 0, 1
    compact.run(settings_of(folder), NIGHTS[1])


def _rows_by_night(folder: Path) -> Found:
    lake = Lake(folder / "data")
    nights = {night: lake.require("validated", night).manifest.rows_out for night in lake.nights("validated")}
    assert all(damaged(one.path) == [] for name in BY_NAME for one in lake.folders(name) if not BY_NAME[name].by_model)
    return nights


def _forget(folder: Path) -> None:
    settings = settings_of(folder)
    forget.run(settings, {author_hash("instagram:ann", author_key(settings))}, set())


def _left_of_ann(folder: Path) -> Found:
    settings = settings_of(folder)
    author = author_hash("instagram:ann", author_key(settings))
    files = (folder / "data" / "validated").rglob("*.parquet")
    return sum(author in (pq.read_table(file).to_pydict().get("author_hash") or []) for file in files)


def _expire(folder: Path) -> None:
    (folder / "targets.toml").write_text(f"{TARGETS}\n[keep]\ntext_days = 1\n")
    expire.run(settings_of(folder), date(2026, 11, 20))


def _texts(folder: Path) -> Found:
    files = (folder / "data" / "validated").rglob("*.parquet")
    return sorted({text for file in files for text in pq.read_table(file).to_pydict().get("text") or []})[:1]


def _promote(folder: Path) -> None:
    with card.writing(folder / "data" / "models" / "a") as draft:
        (draft / "model.onnx").write_bytes(bytes(100_000))
        (draft / "card.json").write_text(json.dumps({"size": 100_000}))


def _model(folder: Path) -> Found:
    place = folder / "data" / "models" / "a"
    if not place.exists():
        return "absent"
    size = (place / "model.onnx").stat().st_size
    assert json.loads((place / "card.json").read_text())["size"] == size
    return size


def _settings(folder: Path) -> Found:
    return (folder / "targets.toml").read_text()


def _inbox(folder: Path) -> Found:
    return Reviews.in_folder(folder / "data").assigned()


def _users(folder: Path) -> Found:
    return People.in_folder(folder / "data").names()


PROMISES = (
    Promise("a change on the page Settings", _nothing, _save_settings, _settings),
    Promise("a paid run is on record", _nothing, _start_run, _runs),
    Promise("comments as they were collected", _nothing, _collect, _collected),
    Promise("a stage of a night", _a_night, _run_stage, _stage, between=("absent",)),
    Promise("a version of the warehouse", _published, _publish, _warehouse),
    Promise("what people do in their inbox", _nothing, _review, _inbox),
    Promise("a user", _nothing, _add_user, _users),
    Promise("the key of the author hashes", _nothing, _make_key, _key),
    Promise("a backup", _a_night, _back_up, _backups),
    Promise("old nights moved into a month", _two_nights, _compact, _rows_by_night),
    Promise("somebody is forgotten", _two_nights, _forget, _left_of_ann, between=ANYTHING),
    Promise("texts that expired", _two_nights, _expire, _texts, between=ANYTHING),
    Promise("a promoted model", _nothing, _promote, _model, between=("absent",)),
)  # fmt: skip
