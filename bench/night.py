"""How the cost of a night grows: from validated comments to a published warehouse, stage by stage, and the model alone.

    python bench/night.py [COMMENTS …]                   10,000 and 100,000 unless told

Every comment is another text, so none is saved by having been read before. The model alone is the same model in two
processes without Spark, as many as Spark has cores here.
"""

import platform
import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import timed
from bench.scoring import comments as texts_of_the_stand_in
from jobs import clean, publish, schema, score
from jobs.lake import Lake, Manifest
from jobs.settings import Settings
from models.text import clean_text

NIGHT = date(2026, 11, 19)
SIZES = (10_000, 100_000)
CORES = 2
TARGETS = (
    '[night]\nlanguages = ["en", "de", "es", "fr", "it", "pt"]\n[[accounts]]\nplatform = "instagram"\nhandle = "a"\n'
)


def main(sizes: list[int]) -> None:
    print(f"{platform.processor() or platform.machine()}, Spark local[{CORES}]\n")
    print("  comments    clean    score  publish    night  model alone  night ÷ model")
    stand_in = texts_of_the_stand_in()
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        run_night(settings, stand_in[:500])  # warm: the first night starts Spark
        for size in sizes:
            texts = [f"{stand_in[i % len(stand_in)]} {i}" for i in range(size)]
            seconds = run_night(settings, texts)
            alone = read_alone(settings.model_dir, texts)
            night = sum(seconds.values())
            print(f"{size:>10,} " + " ".join(f"{one:8.1f}" for one in seconds.values())
                  + f" {night:8.1f} {alone:12.1f} {night / alone:14.2f}", flush=True)  # fmt: skip
    print(f"\nPython's part has used {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB at most.")


def settings_in(folder: Path) -> Settings:
    (folder / "targets.toml").write_text(TARGETS)
    settings = Settings.load(folder / "data")
    return replace(settings, targets_file=folder / "targets.toml", spark_master=f"local[{CORES}]")


def run_night(settings: Settings, texts: list[str]) -> dict[str, float]:
    """Seconds of each stage; the night is a new one, with its own comments."""
    lake = Lake.of(settings)
    night = NIGHT - timedelta(days=len(lake.nights("validated")))
    posted_at = datetime(night.year, night.month, night.day, 12, tzinfo=UTC)
    rows = {
        "comment_id": [f"instagram:{night:%j}{i}" for i in range(len(texts))],
        "platform": ["instagram"] * len(texts),
        "account": ["a"] * len(texts),
        "post_id": ["instagram:p"] * len(texts),
        "text": texts,
        "has_media": [False] * len(texts),
        "posted_at": [posted_at] * len(texts),
    }
    columns = {field.name: rows.get(field.name, [None] * len(texts)) for field in schema.VALIDATED}
    empty = {"validated": ("posts", "runs"), "rejected": ("rows", "ingest_errors", "quality")}
    schemas = {"posts": schema.POSTS, "runs": schema.RUNS, "rows": schema.REJECTED,
               "ingest_errors": schema.INGEST_ERRORS, "quality": schema.QUALITY}  # fmt: skip
    for dataset, files in empty.items():
        with lake.writing(dataset, Manifest("validate", night, len(texts), len(texts))) as place:
            for file in files:
                pq.write_table(schemas[file].empty_table(), place / f"{file}.parquet")
            if dataset == "validated":
                pq.write_table(pa.table(columns, schema.VALIDATED), place / "comments.parquet")
    return {stage.__name__: timed(lambda run=stage.run: run(settings, night)) for stage in (clean, score, publish)}


def read_alone(model_dir: Path, texts: list[str]) -> float:
    """Seconds that the model needs for the same texts, with nothing around it."""
    with ProcessPoolExecutor(CORES) as pool:
        list(pool.map(read_part, [model_dir] * CORES, [texts[:10]] * CORES))  # loads it
        parts = [texts[part::CORES] for part in range(CORES)]
        return timed(lambda: list(pool.map(read_part, [model_dir] * CORES, parts)))


def read_part(model_dir: Path, texts: list[str]) -> int:
    return len(score._model(model_dir).scores([clean_text(text) for text in texts]))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
