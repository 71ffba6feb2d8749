"""The two engines on the same comments in one Spark session: ONNX Runtime in Python's workers, Spark NLP in the JVM.

    python bench/engines.py [COMMENTS]                  2,000 unless told

Both run the shipped transformer.
"""

import platform
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pyspark

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.history import timed
from bench.scoring import SHIPPED
from bench.scoring import comments as texts_of_the_stand_in
from jobs import score
from jobs.config.settings import ENGINES, Settings
from jobs.spark import session
from models.text import clean_text, text_key

CORES = 2
ROUNDS = 3


def main(comments: int) -> None:
    texts = [clean_text(text) for text in texts_of_the_stand_in()[:comments]]
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(
            Settings.load(Path(folder)), spark_master=f"local[{CORES}]", model_dir=SHIPPED / "transformer"
        )
        spark = session.session(settings)
        rows = spark.createDataFrame([(text_key(text), text) for text in texts], "text_key string, clean_text string")
        rows = rows.repartition(CORES).cache()
        rows.count()
        machine = platform.processor() or platform.machine()
        print(f"{machine}, Spark {pyspark.__version__} local[{CORES}], {len(texts):,} comments\n")
        print("| engine | first time | then | against onnx |\n| --- | --- | --- | --- |")
        fastest = {}
        for engine in ENGINES:
            work = score.scored(rows, replace(settings, engine=engine)).write.format("noop").mode("overwrite").save
            times = [timed(work) for _ in range(1 + ROUNDS)]
            fastest[engine] = min(times[1:])
            print(
                f"| {engine} | {times[0]:.1f} s | {fastest[engine]:.1f} s | {fastest[engine] / fastest['onnx']:.2f} |"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
