"""How the cost of a night grows: from raw items to a published warehouse, stage by stage, and the model alone.

    python bench/night.py [COMMENTS …]                   10,000 and 100,000 unless told
    python bench/night.py 10000000 --texts 100000        each comment has one of so many texts
    python bench/night.py 1000000 --texts 1              the same text that often

Comments are of ten accounts, and every one is another text unless told, so none is saved by having been read before.
The model alone is the same model in two processes without Spark, as many as Spark has cores here. The last columns are
CPU-seconds: of all that `score` does, in Spark's JVM, its Python workers and here, and of the model alone.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import own_peak, timed
from bench.scoring import comments as texts_of_the_stand_in
from jobs import clean, publish, score, validate
from jobs.config.settings import Settings
from jobs.lake.nights import Lake
from jobs.lake.raw import raw_file, sign_night, writing_raw
from jobs.spark import workers
from models.text import clean_text

NIGHT = date(2026, 11, 19)
SIZES = (10_000, 100_000)
SAME = "❤️ first!! you idiots"
CORES = 2
STAGES = (validate, clean, score, publish)
ACCOUNTS = 10
PEAKS = {"java": 0.0, "python": 0.0}  # GB; workers end when they have nothing to do
TARGETS = (
    '[night]\nlanguages = ["en", "de", "es", "fr", "it", "pt"]\n[[accounts]]\nplatform = "instagram"\nhandle = "a"\n'
)


def main(sizes: list[int], different: int | None) -> None:
    print(f"{platform.processor() or platform.machine()}, Spark local[{CORES}]\n")
    print(
        "  comments validate    clean    score  publish    night  model alone"
        "  night ÷ model   score CPU  model CPU  ratio"
    )
    stand_in = texts_of_the_stand_in()
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        run_night(settings, stand_in[:500], 500)  # warm: the first night starts Spark
        for size in sizes:
            many = min(different or size, size)
            texts = [SAME] if many == 1 else [f"{stand_in[i % len(stand_in)]} {size} {i}" for i in range(many)]
            seconds, cpu = run_night(settings, texts, size)
            alone, cpu_alone = read_alone(settings.model_dir, texts)
            night = sum(seconds.values())
            print(f"{size:>10,} " + " ".join(f"{one:8.1f}" for one in seconds.values())
                  + f" {night:8.1f} {alone:12.1f} {night / alone:14.2f}"
                  + f" {cpu['score']:11.1f} {cpu_alone:10.1f} {cpu['score'] / cpu_alone:6.2f}", flush=True)  # fmt: skip
    print(f"\nGB at most: Spark's JVM {PEAKS['java']:.1f} (heap {settings.spark_memory}), "
          f"a Python worker {PEAKS['python']:.1f}, this process {own_peak():.1f}.")  # fmt: skip


def settings_in(folder: Path) -> Settings:
    (folder / "targets.toml").write_text(TARGETS)
    settings = Settings.load(folder / "data")
    return replace(settings, targets_file=folder / "targets.toml", spark_master=f"local[{CORES}]")


def run_night(
    settings: Settings, texts: list[str], comments: int, stages: Sequence[ModuleType] = STAGES
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds and CPU-seconds of each stage; the night is a new one, whose comments take the texts in turn."""
    lake = Lake.of(settings)
    night = NIGHT - timedelta(days=len(lake.nights("validated")))
    for account in range(ACCOUNTS):
        with writing_raw(raw_file(lake, night, f"instagram/a{account}")) as write:
            for at in range(account, comments, ACCOUNTS):
                write("comment", "instagram", "run1", item(night, account, at, texts[at % len(texts)]))
    sign_night(lake, night)
    seconds, cpu = {}, {}
    for stage in stages:
        name, before = stage.STAGE.name, cpu_seconds()
        seconds[name] = timed(partial(stage.run, settings, night))
        cpu[name] = cpu_seconds() - before
        for kind in PEAKS:
            PEAKS[kind] = max(PEAKS[kind], peak_memory(kind))
    return seconds, cpu


def item(night: date, account: int, at: int, text: str) -> dict[str, object]:
    """A comment as Apify's actor gives it."""
    return {
        "postUrl": f"https://www.instagram.com/p/{account}/", "id": f"{night:%j}{at}", "text": text,
        "ownerUsername": f"user{at % 9973}", "timestamp": f"{night}T12:00:00.000Z", "replies": [], "likesCount": at % 7,
    }  # fmt: skip


def cpu_seconds() -> float:
    """Of this process and all below it, also those that have ended."""
    ticks = sum(int(ticks) for pid in (os.getpid(), *below(os.getpid())) for ticks in stat(pid)[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def below(parent: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(stat(int(path.name))[1]) == parent:
                yield int(path.name)
                yield from below(int(path.name))


def stat(pid: int) -> list[str]:
    """The fields that Linux tells of a process, after its name."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def peak_memory(kind: str) -> float:
    """GB of the largest process of this name below this one, over its life."""
    told = [Path(f"/proc/{pid}/status").read_text() for pid in below(os.getpid())]
    ours = [line for one in told if one.startswith(f"Name:\t{kind}") for line in one.splitlines()]
    return max(int(line.split()[1]) * 1024 / 1e9 for line in ours if line.startswith("VmHWM"))


def read_alone(model_dir: Path, texts: list[str]) -> tuple[float, float]:
    """Seconds and CPU-seconds that the model needs for the same texts, with nothing around it."""
    with ProcessPoolExecutor(CORES) as pool:
        list(pool.map(read_part, [model_dir] * CORES, [texts[:10]] * CORES))  # loads it
        parts = [texts[part::CORES] for part in range(CORES)]
        cpu: list[float] = []
        seconds = timed(lambda: cpu.extend(pool.map(read_part, [model_dir] * CORES, parts)))
        return seconds, sum(cpu)


def read_part(model_dir: Path, texts: list[str]) -> float:
    """CPU-seconds of the model, once the text rule has cleaned the texts."""
    model, cleaned = workers.loaded(workers.Model(model_dir)), [clean_text(text) for text in texts]
    started = time.process_time()
    model.scores(cleaned)
    return time.process_time() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comments", nargs="*", type=int, default=SIZES)
    parser.add_argument("--texts", type=int, metavar="N")
    asked = parser.parse_args()
    main(asked.comments, asked.texts)
