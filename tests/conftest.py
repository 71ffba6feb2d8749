"""A data folder of one's own for every test, and the raw files that tests begin with."""

import gzip
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import standin
from jobs.config.settings import SHIPPED, Settings
from jobs.lake import schema
from jobs.lake.manifests import Manifest
from jobs.lake.nights import Lake
from jobs.spark.jvm import expect_short_run
from jobs.spark.sketches import sketches
from models import meaning, spam
from models.labels import LABELS
from models.text import text_key
from warehouse import build

FIXTURES = ("browser", "dashboard", "administration", "databases", "nights", "servers", "store")
pytest_plugins = [f"tests.fixtures.{name}" for name in FIXTURES]
expect_short_run()
os.environ["TOXWATCH_AUTHOR_KEY"] = "one key, so that two data folders can be compared"

TOXWATCH = str(Path(sys.executable).with_name("toxwatch"))
MODEL = "bilstm-1"
SMALL = SHIPPED.with_name("bilstm")  # loads and reads faster than the cascade that is the default
THRESHOLDS = dict.fromkeys(LABELS, 0.5) | {"threat": 0.4}
Comment = tuple[str, str, datetime, float]  # id, text, posted at, toxic

# Files by the processor time that they take.
LONGEST = [
    *("test_dashboard", "test_journey", "test_warehouse", "test_train", "test_clean", "test_upgrades", "test_compact"),
    *("test_stream", "test_language", "test_pictures", "test_audit", "test_cascade", "test_door", "test_dags"),
    *("test_demo", "test_crowds", "test_inbox", "test_calibration", "test_clients", "test_own_words", "test_settings"),
    *("test_changes", "test_champions", "test_forget", "test_retention", "test_backup", "test_cases", "test_flags"),
    *("test_collecting", "test_traces", "test_imports", "test_explain", "test_drill_down", "test_start"),
]

TARGETS = """
[night]
languages = ["en", "de", "es"]

[[accounts]]
platform = "instagram"
handle = "orbital"
"""

WATCHED = """
[night]
lookback_days = 3
languages = ["en", "de", "es", "fr", "it", "pt"]

[[accounts]]
platform = "instagram"
handle = "harbour_fc"
tags = ["sport"]
max_posts = 3

[[accounts]]
platform = "instagram"
handle = "quiet.garden"
max_posts = 2

[[accounts]]
platform = "youtube"
handle = "aurora.space"
tags = ["space"]
max_posts = 2
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that at the end no process works alone; `make test` hands out files in this order."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def apify() -> Iterator[standin.Server]:
    with standin.serving() as server:
        yield server


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says in a line why tests were set aside, which pytest tells only those who ask."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    reasons = Counter(str(one[2]).removeprefix("Skipped: ") for one in skipped if isinstance(one, tuple))
    for reason, number in reasons.items():
        terminalreporter.write_line(f"{number} test{'s were' if number > 1 else ' was'} set aside: {reason}")


def watching(data_dir: Path, server: standin.Server) -> Settings:
    """Settings that scrape three accounts of the stand-in: a loud one, a private one, one of another platform."""
    targets = data_dir.with_name(f"{data_dir.name}-targets.toml")
    targets.write_text(WATCHED)
    return replace(
        Settings.load(data_dir),
        model_dir=SMALL,
        targets_file=targets,
        apify_url=server.url,
        apify_token=server.token,
        apify_settles_seconds=0.0,
    )


def environment(settings: Settings) -> dict[str, str]:
    """In which a command has the same settings."""
    return os.environ | {
        "TOXWATCH_DATA_DIR": str(settings.data_dir),
        "TOXWATCH_MODEL": str(settings.model_dir),
        "TOXWATCH_TARGETS": str(settings.targets_file),
        "APIFY_API_BASE_URL": settings.apify_url,
        "APIFY_TOKEN": str(settings.apify_token),
        "APIFY_SETTLES_SECONDS": str(settings.apify_settles_seconds),
    }


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def settings_in(place: Path) -> Settings:
    targets = place / "targets.toml"
    targets.write_text(TARGETS)
    return replace(Settings.load(place / "data"), model_dir=SMALL, targets_file=targets)


def comment_item(**changes: Any) -> dict[str, Any]:
    """An Instagram comment as Apify's actor gives it."""
    return {
        "postUrl": "https://www.instagram.com/p/DZ5T2XPllXv/",
        "id": "18093536360613690",
        "text": "What a picture 🌎",
        "ownerUsername": "ann",
        "timestamp": "2026-11-10T12:00:00.000Z",
        "repliesCount": None,
        "replies": None,
        "likesCount": 4,
    } | changes


def write_raw(
    data_dir: Path, night: date, platform: str, account: str, comments: list[dict], posts: list[dict] | None = None
) -> None:
    """One account's raw file and the night's manifest, as scrape leaves them."""
    lake = Lake(data_dir).open()
    lines = [{"kind": "post", "item": item} for item in posts or []]
    lines += [{"kind": "comment", "item": item} for item in comments]
    with lake.writing("raw", Manifest("scrape", night, rows_in=len(lines), rows_out=len(lines))) as folder:
        (folder / platform).mkdir()
        with gzip.open(folder / platform / f"{account}.jsonl.gz", "wt") as file:
            for line in lines:
                file.write(json.dumps({"shape": platform, "run_id": "run1", **line}) + "\n")


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def account_of(comment_id: str) -> str:
    account, slash, _ = comment_id.partition("/")
    return account if slash else "orbital"


def _write(path: Path, rows: Iterable[dict[str, Any]], columns: pa.Schema) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), columns), path)


def night_of(
    lake: Path,
    night: date,
    comments: list[Comment],
    models: dict[str, float] | None = None,
    author_of: Callable[[str], str] = "author {}".format,
) -> build.Night:
    """A night as the stages leave it; `models` is version → what it adds to the toxic score.

    The comment "loud/1" belongs to the account "loud", one without a slash to "orbital"; "loud/1+a" answers "loud/1".
    """
    rows = [
        {
            "comment_id": id,
            "platform": "instagram",
            "account": account_of(id),
            "post_id": f"instagram:{account_of(id)}",
            "parent_id": id.rpartition("+")[0] or None,
            "author_hash": author_of(id),
            "text": text,
            "has_media": False,
            "posted_at": posted_at,
            "clean_text": text,
            "language": "en",
            "attacked": "person",
            "text_key": text_key(text),
            "sketch": sketches([text])[0],
            "spam": float(spam.shipped().read([text])[0]),
            "link": f"https://www.instagram.com/p/p1/c/{id}",
            "is_verified": True,
            "is_edited": False,
            "mention_hashes": ["author ann", "author bob"],
            "media": ["https://media.example/wave.gif"],
            "terms": text.split(),
            "listed": [word for word in text.split() if word == "idiot"],
            **dict.fromkeys(LABELS, 0.01),
            "toxic": toxic,
            "meaning": meaning.of(text) if toxic >= THRESHOLDS["toxic"] else None,
        }
        for id, text, posted_at, toxic in comments
    ]
    posts = [
        {"post_id": f"instagram:{account}", "platform": "instagram", "account": account, "url": "https://x/p1",
         "posted_at": at(night), "comment_count": 1000}
        for account in sorted({account_of(id) for id, *_ in comments})
    ]  # fmt: skip
    folder = lake / str(night)
    _write(folder / "validated" / "comments.parquet", rows, schema.VALIDATED)
    _write(folder / "validated" / "posts.parquet", posts, schema.POSTS)
    _write(folder / "validated" / "runs.parquet", [], schema.RUNS)
    _write(folder / "rejected" / "ingest_errors.parquet", [], schema.INGEST_ERRORS)
    _write(folder / "rejected" / "rows.parquet", [], schema.REJECTED)
    _write(folder / "rejected" / "quality.parquet", [], schema.QUALITY)
    _write(folder / "clean" / "part.parquet", rows, schema.CLEAN)
    scored = {}
    for model, more in (models or {MODEL: 0.0}).items():
        scored[model] = folder / "scored" / model
        _write(scored[model] / "part.parquet", [row | {"toxic": row["toxic"] + more} for row in rows], schema.SCORED)
    validated, rejected, clean = (build.Part(folder / name) for name in ("validated", "rejected", "clean"))
    return build.Night(night, validated, rejected, clean, {model: build.Part(place) for model, place in scored.items()})
