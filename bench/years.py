"""What a night costs after years: the stages of the same night with 0, 365 and 1,095 nights before it.

    python bench/years.py FOLDER [NIGHTS …]

Each lake has nights of 5,000 invented comments, compacted as `toxwatch compact` does, and a warehouse with as many.
The night is run three times on each lake in turn, and the fastest counts; what matters is the ratio to the first line.
"""

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import make_comments, timed
from bench.scoring import comments as texts_of_the_stand_in
from jobs import clean, monitor, publish, score, validate
from jobs.config.settings import Settings
from jobs.lake.authors import author_key
from jobs.lake.datasets import DATASETS
from jobs.lake.manifests import Manifest
from jobs.lake.nights import Lake
from jobs.lake.raw import raw_file, sign_night, writing_raw
from jobs.upkeep import compact
from models.card import read_card
from models.labels import LABELS
from warehouse import build, tables

NIGHT = date(2026, 11, 19)
COMMENTS = 5_000
HISTORIES = (0, 365, 1_095)
ROUNDS = 3
ACCOUNT = "harbour_fc"
STAGES = {one.STAGE.name: one.run for one in (validate, clean, score, publish, monitor)}
TARGETS = f'[night]\nlanguages = ["en", "de"]\n[[accounts]]\nplatform = "instagram"\nhandle = "{ACCOUNT}"\n'
SQL = Path(__file__).parent / "sql"


def main(folder: Path, histories: list[int]) -> None:
    lakes = {nights: make_lake(folder / f"{nights}", nights) for nights in histories}
    seconds: dict[int, dict[str, float]] = {nights: {} for nights in histories}
    run_night(lakes[histories[0]])  # warm: the first night starts Spark
    for _ in range(ROUNDS):
        for nights, settings in lakes.items():
            for stage, time in run_night(settings).items():
                seconds[nights][stage] = min(time, seconds[nights].get(stage, time))
    print(f"\n{COMMENTS:,} comments a night\n")
    print("| nights before | files | " + " | ".join(STAGES) + " | night | ratio |")
    print("| --- " * (len(STAGES) + 4) + "|")
    first = sum(seconds[histories[0]].values())
    for nights, settings in lakes.items():
        files = sum(path.is_file() for path in settings.data_dir.rglob("*"))
        night = sum(seconds[nights].values())
        cells = " | ".join(f"{seconds[nights][stage]:.1f} s" for stage in STAGES)
        print(f"| {nights:,} | {files:,} | {cells} | {night:.1f} s | {night / first:.2f} |", flush=True)


def run_night(settings: Settings) -> dict[str, float]:
    return {name: timed(partial(run, settings, NIGHT)) for name, run in STAGES.items()}


def make_lake(folder: Path, nights: int) -> Settings:
    folder.mkdir(parents=True)
    (folder / "targets.toml").write_text(TARGETS)
    settings = replace(Settings.load(folder / "data"), targets_file=folder / "targets.toml")
    lake, model = Lake.of(settings), str(read_card(settings.model_dir)["version"])
    author_key(settings)
    for back in range(nights, 0, -1):
        write_night(lake, NIGHT - timedelta(days=back), model)
        if back % 30 == 1:
            compact.run(settings, NIGHT - timedelta(days=back))
    if nights:
        build.amend(settings.data_dir / "warehouse", lambda con: fill(con, nights))
        build.drop_old_versions(settings.data_dir / "warehouse")
    write_raw(lake)
    print(f"{nights:,} nights are made", flush=True)
    return settings


def fill(con: duckdb.DuckDBPyConnection, nights: int) -> None:
    for back in range(nights, 0, -90):
        days = min(90, back)
        make_comments(con, NIGHT - timedelta(days=back), days, days * COMMENTS, seed=back)
        con.execute((SQL / "fill.sql").read_text())
        tables.run_script(con, "marts/refresh.sql")


def write_night(lake: Lake, night: date, model: str) -> None:
    """As the stages leave it."""
    with writing_raw(raw_file(lake, night, f"instagram/{ACCOUNT}")) as write:
        write("post", "instagram", "run1", {"url": "https://www.instagram.com/p/A/", "commentsCount": COMMENTS})
    sign_night(lake, night)
    for dataset in DATASETS[1:]:
        manifest = Manifest(dataset.stage, night, COMMENTS, COMMENTS, accounts={f"instagram/{ACCOUNT}": COMMENTS})
        with lake.writing(dataset.name, manifest, model if dataset.by_model else None) as place:
            for name, columns in dataset.tables.items():
                rows = COMMENTS if columns.names[0] in ("comment_id", "text_key") and dataset.name != "rejected" else 0
                pq.write_table(invented(night, columns, rows), place / f"{name}.parquet", compression="zstd")


def invented(night: date, columns: pa.Schema, rows: int) -> pa.Table:
    values = {
        "comment_id": [f"instagram:{night:%Y%m%d}{row}" for row in range(rows)],
        "text_key": [f"{night:%Y%m%d}{row:024d}" for row in range(rows)],
        "platform": ["instagram"] * rows,
        "account": [ACCOUNT] * rows,
        "post_id": ["instagram:A"] * rows,
        "text": [f"a comment of {night}, {row}" for row in range(rows)],
        "clean_text": [f"a comment of {night}, {row}" for row in range(rows)],
        "language": ["en"] * rows,
        "has_media": [False] * rows,
        "posted_at": [datetime(night.year, night.month, night.day, tzinfo=UTC)] * rows,
        **{label: np.full(rows, 0.01, np.float32) for label in LABELS},
    }
    return pa.table({one.name: pa.array(values.get(one.name, [None] * rows), one.type) for one in columns}, columns)


def write_raw(lake: Lake) -> None:
    texts = texts_of_the_stand_in()
    with writing_raw(raw_file(lake, NIGHT, f"instagram/{ACCOUNT}")) as write:
        for row in range(COMMENTS):
            write("comment", "instagram", "run1", item(row, f"{texts[row % len(texts)]} {row}"))
    sign_night(lake, NIGHT)


def item(row: int, text: str) -> dict[str, object]:
    return {
        "postUrl": "https://www.instagram.com/p/A/", "id": f"{row}", "text": text, "ownerUsername": f"user{row % 900}",
        "timestamp": f"{NIGHT}T12:00:00.000Z", "repliesCount": 0, "replies": [], "likesCount": row % 7,
    }  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(nights) for nights in sys.argv[2:]] or list(HISTORIES))
