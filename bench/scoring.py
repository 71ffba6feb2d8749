"""What scoring costs, in one run on one core: the shipped models, and the usual ways of scoring beside them.

Comments are given as the pipeline gives them: each text once, with its language, if the model is judged in it.

The usual ways: Keras's `model.predict` with a BiLSTM of the same size, and encoders of DistilBERT's and BERT-base's
size, in padded batches as they come. Their weights are random, since only speed is compared, and they run in ONNX
Runtime, which is faster than what they usually run in.
"""

import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jobs.standin.world import COMMUNITIES, World, at
from models import meaning, scorer
from models.language import language_of
from models.text import clean_text
from models.words import WordEncoder, filled

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "shipped"
WORDS = TOKENS = 128  # that the usual ways pad to
DISTILBERT, BERT_BASE = 6, 12  # layers
ROUNDS = 3

Way = tuple[str, Callable[[Sequence[str]], object], int]  # name, work, how many comments are enough to measure it


def comments() -> list[str]:
    """Two weeks of the stand-in's accounts, and every twentieth made long, as some people write."""
    world, seen_at = World(seed=1), at(date(2026, 11, 20))
    posts = [post for community in COMMUNITIES for post in world.posts(community, date(2026, 11, 6), seen_at)]
    texts = [comment.text for post in posts for comment in world.comments(post, seen_at)]
    return [" ".join([text] * 12) if i % 20 == 0 else text for i, text in enumerate(texts)]


def read_by(model: scorer.Scorer) -> tuple[list[str], list[str]]:
    """The comments that the pipeline has a model read, each text once, and their languages."""
    texts = list(dict.fromkeys(map(clean_text, comments())))
    languages = list(map(language_of(model.expected), texts))
    judged = [i for i, language in enumerate(languages) if language in model.judged]
    random.Random(0).shuffle(judged)  # so that the first ones are like all
    return [texts[i] for i in judged], [languages[i] for i in judged]


def ways(fast: scorer.Network, slow: scorer.Network, cascade: scorer.Cascade, languages: Sequence[str]) -> list[Way]:
    return [
        ("cascade, the default", lambda texts: cascade.scores(texts, languages[: len(texts)]), 3_000),
        ("with the meaning of what it flags", lambda texts: read_meaning(cascade, texts, languages), 3_000),
        ("BiLSTM, batches by length", fast.scores, 20_000),
        ("BiLSTM, batches of 64 as they come", lambda texts: as_they_come(fast, texts, 64), 5_000),
        ("BiLSTM, model.predict, padded", keras_padded(fast), 2_000),
        ("transformer, batches by length", slow.scores, 1_000),
        ("DistilBERT's size, padded", encoder_padded(slow, DISTILBERT), 32),
        ("BERT-base's size, padded", encoder_padded(slow, BERT_BASE), 32),
        ("(the text rule alone)", lambda texts: [clean_text(text) for text in texts], 20_000),
    ]


def read_meaning(model: scorer.Scorer, texts: Sequence[str], languages: Sequence[str]) -> None:
    flagged = model.flagged(model.scores(texts, languages[: len(texts)]))
    meaning.shipped().read([texts[i] for i in flagged])


def as_they_come(model: scorer.Network, texts: Sequence[str], size: int) -> None:
    for start in range(0, len(texts), size):
        model.session.run(["logits"], model.encoder.inputs(model.encoder.split(texts[start : start + size])))


def keras_padded(model: scorer.Network) -> Callable[[Sequence[str]], object]:
    from models.training.bilstm import Size, build_bilstm

    settings = model.card["settings"]
    size = Size(settings["embedding"], settings["units"], settings["head"])
    words = WordEncoder.read(SHIPPED / "bilstm", model.card["buckets"])
    network = build_bilstm(words.size, size)

    def work(texts: Sequence[str]) -> None:
        ids = words.batch(texts)[:, :WORDS]
        network.predict(np.pad(ids, ((0, 0), (0, WORDS - ids.shape[1]), (0, 0))), batch_size=32, verbose=0)

    return work


def encoder_padded(model: scorer.Network, layers: int) -> Callable[[Sequence[str]], object]:
    from models.training.encoder import Shape, random_encoder
    from models.training.export import write_transformer
    from models.training.transformer import with_head

    shape = Shape(layers, width=768, heads=12, inner=3072, vocabulary=60_000, positions=512, epsilon=1e-12)
    with tempfile.TemporaryDirectory() as folder:
        write_transformer(with_head(random_encoder(shape, 0.1), 0.1), Path(folder) / "model.onnx")
        session = scorer.open_session(Path(folder) / "model.onnx")

    def work(texts: Sequence[str]) -> None:
        for start in range(0, len(texts), 32):
            ids = filled(model.encoder.split(texts[start : start + 32]))[:, :TOKENS]
            session.run(["logits"], {"ids": np.pad(ids, ((0, 0), (0, TOKENS - ids.shape[1])), constant_values=1)})

    return work


def seconds(work: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """For one text, the fastest of a few rounds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work(texts)
        taken.append(time.process_time() - start)
    return min(taken) / len(texts)


def main() -> None:
    os.environ |= {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    fast, slow = scorer.network(SHIPPED / "bilstm"), scorer.network(SHIPPED / "transformer")
    cascade = scorer.load(SHIPPED / "cascade")
    assert isinstance(cascade, scorer.Cascade)
    texts, languages = read_by(cascade)
    doubtful = scorer.is_doubtful(cascade.card, fast.logits(texts), languages).mean()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
          f"onnxruntime {onnxruntime.__version__}, numpy {np.__version__}, one core")  # fmt: skip
    median = int(np.median([len(text) for text in texts]))
    print(f"{len(texts):,} comments, median {median} characters; the cascade reads {doubtful:.1%} of them twice\n")
    print("| way | comments a CPU-second | cost against the cascade |\n| --- | --- | --- |")
    costs: list[float] = []
    for name, work, enough in ways(fast, slow, cascade, languages):
        costs.append(seconds(work, texts[:enough]))
        print(f"| {name} | {1 / costs[-1]:,.0f} | {costs[-1] / costs[0]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
