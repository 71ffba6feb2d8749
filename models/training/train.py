"""Training, from labelled comments to a model folder: read, split, fit, export, calibrate, write.

`train` is the contents page. A run that is stopped goes on at its last whole epoch when it is started again.
"""

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.card import file_hash, write_card, writing
from models.labels import LABELS, ModelError
from models.scorer import Network, open_session, probabilities
from models.text import clean_text
from models.training import calibrate, data, export
from models.training.checkpoint import Checkpoint
from models.training.composed import TEMPLATES, compose
from models.training.echoes import echoes
from models.training.int8 import quantize
from models.training.losses import auc_losses, check_agreement, check_losses
from models.training.obfuscate import MET, disguise
from models.training.vectors import encoder_vectors, encoder_words, glove_vectors
from models.words import FIRST_WORD, WordEncoder

IMBALANCE = ("none", "weights", "focal", "sampling", "smote")
MAX_WEIGHT = 10.0
FOCUS = 2.0  # of the focal loss, as its authors recommend
RARE_SHARE = 0.25  # of the rows of an epoch, drawn from those with a rare label
WARM_UP = 500  # steps
TAUGHT_AT_ONCE = 2048  # texts
DISGUISES, OFTEN = list(MET), list(MET.values())


@dataclass(frozen=True)
class Settings:
    epochs: int = 20  # at most; the best one is kept
    patience: int = 3  # epochs without a better validation AUC before the end
    batch: int = 256
    learning_rate: float = 3e-3  # the highest: it rises over WARM_UP steps and falls to nothing with the last epoch
    accumulate: int = 1  # batches whose gradients are added before a step
    mixed: bool = False  # bfloat16 arithmetic on float32 weights
    dropout: float = 0.15
    imbalance: str = "weights"
    disguised: float = 0.3  # share of training texts that are obfuscated anew in every epoch
    max_train_words: int = 96
    vocabulary: int = 20_000
    min_count: int = 4
    buckets: int = 30_000
    embedding: int = 96
    units: int = 96
    head: int = 64
    precision: float = 0.8  # that thresholds are chosen for
    composed: int = 70_000  # sentences from models/training/templates.toml beside the labelled comments
    echoes: int = 500_000  # sentences that a teacher alone labels, if there is one
    sample: int | None = None  # train on this many rows only
    seed: int = 7

    def __post_init__(self) -> None:
        if self.imbalance not in IMBALANCE:
            raise ModelError(f"imbalance is {self.imbalance!r}; choose one of {', '.join(IMBALANCE)}.")


TRANSFORMER = Settings(epochs=2, batch=64, learning_rate=1e-4, dropout=0.1, disguised=0.6, max_train_words=64)


def print_epoch(epoch: dict[str, float]) -> None:
    print(f"epoch {epoch['epoch']}: loss {epoch['loss']:.4f}, validation AUC {epoch['auc']:.4f}", flush=True)


Watch = Callable[[dict[str, float]], None]  # told of every epoch


@dataclass(frozen=True)
class Vectors:
    """Where word vectors come from, if they are not learned: an encoder's folder or a GloVe file."""

    encoder: Path | None = None
    glove: Path | None = None

    @property
    def file(self) -> Path | None:
        return self.encoder / "model.safetensors" if self.encoder else self.glove

    def words(self) -> list[str]:
        return encoder_words(self.encoder) if self.encoder else []

    def of(self, words: list[str], width: int) -> np.ndarray | None:
        if self.encoder:
            return encoder_vectors(self.encoder, words, width)
        return glove_vectors(self.glove, words, width) if self.glove else None


@dataclass(frozen=True)
class Learner:
    """What is trained: how a text becomes numbers, how the network is built, and how it is written down."""

    kind: str
    encoder: Any  # WordEncoder or Tokens: encode, padded, batch, inputs, write
    build: Callable[[], Any]
    export: Callable[[Any, Path], None]
    facts: dict[str, Any]


def train_bilstm(
    rows: pd.DataFrame,
    output: Path,
    settings: Settings = Settings(),
    vectors: Vectors = Vectors(),
    command: str = "",
    watch: Watch = print_epoch,
    teacher: Network | None = None,
) -> dict[str, Any]:
    """Train a BiLSTM on the comments that `data.labelled` gives and write it to `output`; returns its card."""

    def learner(training: pd.DataFrame) -> Learner:
        encoder = WordEncoder.learn(
            training.text, settings.vocabulary, settings.min_count, settings.buckets, known=vectors.words()
        )
        table = vectors.of(encoder.vocabulary, settings.embedding)
        build = partial(_build_bilstm, encoder.size, settings, table)
        return Learner("bilstm", encoder, build, export.write_bilstm, {"buckets": settings.buckets})

    return _train(rows, output, settings, learner, vectors.file, command, watch, teacher)


def train_transformer(
    rows: pd.DataFrame,
    output: Path,
    backbone: Path,
    settings: Settings = TRANSFORMER,
    command: str = "",
    watch: Watch = print_epoch,
) -> dict[str, Any]:
    """Fine-tune the encoder in `backbone` on the comments that `data.labelled` gives; returns the model's card."""
    from models.spelling import Spelling
    from models.tokens import LONGEST, Tokens
    from models.training.encoder import read_shape
    from models.training.transformer import build_transformer

    if settings.imbalance == "smote":
        raise ModelError("imbalance smote is for the BiLSTM: a transformer's head is one layer.")

    def learner(training: pd.DataFrame) -> Learner:
        build = partial(build_transformer, backbone, settings.dropout)
        tokens = Tokens(backbone, min(LONGEST, read_shape(backbone).positions))
        tokens.spelling = Spelling.learn(training.text, training.toxic, tokens.whole_words())
        facts = {"longest": tokens.longest}
        return Learner("transformer", tokens, build, export.write_transformer, facts)

    return _train(rows, output, settings, learner, backbone / "model.safetensors", command, watch)


def _train(
    rows: pd.DataFrame,
    output: Path,
    settings: Settings,
    learner_of: Callable[[pd.DataFrame], Learner],
    begun_with: Path | None,
    command: str,
    watch: Watch,
    teacher: Network | None = None,
) -> dict[str, Any]:
    training, validation = data.of_part(rows, "train"), data.of_part(rows, "validation")
    if settings.sample:
        training = training.sample(min(settings.sample, len(training)), random_state=settings.seed)
    training = pd.concat([training, compose(settings.composed, settings.seed)], ignore_index=True)
    learner, said = learner_of(training), training
    if teacher:
        training = taught(pd.concat([training, echoes(training, settings.echoes, settings.seed)]), teacher)
    place = output.with_name(f".{output.name}-training")
    model, history = fit(learner, training, validation, settings, place, watch)
    if settings.imbalance == "smote":
        _refit_head(model, learner, training, settings)
    model = _with_phrases(model, learner, said, validation)
    facts = learner.facts | {
        "settings": asdict(settings),
        "command": command,
        "teacher": teacher.version if teacher else None,
        "data": rows.attrs.get("hashes", {}) | {file.name: file_hash(file) for file in (TEMPLATES, begun_with) if file},
        "sources": sorted(set(training.source)),
        "shares": calibrate.SHARES,
        "rows": rows.part.value_counts().to_dict(),
        "history": history,
    }
    return write_model(model, learner, validation, output, facts, settings.precision)


def taught(training: pd.DataFrame, teacher: Network) -> pd.DataFrame:
    """Labels that are half of what people said and half of what a better model says, or all of it where nobody did."""
    from models.training.progress import batches_shown

    texts = training.text.tolist()
    parts = [texts[start : start + TAUGHT_AT_ONCE] for start in range(0, len(texts), TAUGHT_AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        logits = np.concatenate(list(batches_shown("the teacher reads", pool.map(teacher.logits, parts), len(parts))))
    said, truth = 1 / (1 + np.exp(-logits)), data.targets(training)
    soft = np.where(np.isnan(truth), said, (truth + said) / 2)
    return training.assign(**dict(zip(LABELS, soft.T, strict=True)))


def _build_bilstm(size: int, settings: Settings, vectors: np.ndarray | None) -> Any:
    from models.training.bilstm import Size, build_bilstm

    model = build_bilstm(size, Size(settings.embedding, settings.units, settings.head), settings.dropout)
    if vectors is not None:
        table = model.get_layer("embedding").table
        table.assign(np.concatenate([table[:FIRST_WORD], vectors, table[FIRST_WORD + len(vectors) :]]))
    return model


def fit(
    learner: Learner,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    settings: Settings,
    place: Path,
    watch: Watch = print_epoch,
) -> tuple[Any, list[dict[str, float]]]:
    """The network of the epoch with the best validation AUC, and the curve of all epochs."""
    import keras

    keras.utils.set_random_seed(settings.seed)
    model = _compiled(learner, settings, label_weights(training, settings.imbalance))
    checkpoint = Checkpoint(place, model, fingerprint(training, settings))
    truth, texts = data.targets(validation), validation.text.tolist()
    for epoch in checkpoint.history:
        watch(epoch)
    while checkpoint.epoch < settings.epochs and checkpoint.epochs_without_gain <= settings.patience:
        loss = _fit_epoch(model, learner.encoder, training, settings, checkpoint)
        auc = calibrate.mean_auc(truth, keras_logits(model, learner.encoder, texts))
        checkpoint.save({"epoch": checkpoint.epoch + 1, "loss": round(loss, 5), "auc": round(auc, 5)})
        watch(checkpoint.history[-1])
    checkpoint.restore_best()
    checkpoint.remove()
    return _in_float32(model, learner) if settings.mixed else model, checkpoint.history


def _compiled(learner: Learner, settings: Settings, weights: list[float]) -> Any:
    import keras

    from models.training.bilstm import MaskedLoss

    keras.config.set_dtype_policy("mixed_bfloat16" if settings.mixed else "float32")
    model = learner.build()
    keras.config.set_dtype_policy("float32")
    steps = settings.accumulate if settings.accumulate > 1 else None
    optimizer = keras.optimizers.Adam(settings.learning_rate, clipnorm=1.0, gradient_accumulation_steps=steps)
    model.compile(optimizer=optimizer, loss=MaskedLoss(weights, FOCUS if settings.imbalance == "focal" else 0.0))
    return model


def _fit_epoch(model: Any, encoder: Any, training: pd.DataFrame, settings: Settings, checkpoint: Checkpoint) -> float:
    """One epoch; its mean loss."""
    from models.training.progress import batches_shown

    epoch, steps = checkpoint.epoch, -(-len(training) // settings.batch)
    shown = batches_shown(f"epoch {epoch + 1}", batches(encoder, training, settings, epoch), steps)
    losses = []
    for step, (ids, labels) in enumerate(shown, start=epoch * steps):
        rate = learning_rate(step, settings.epochs * steps) * 0.5**checkpoint.setbacks
        model.optimizer.learning_rate = settings.learning_rate * rate
        losses.append(float(model.train_on_batch(ids, labels)))
    return float(np.mean(losses))


def learning_rate(step: int, steps: int) -> float:
    """A share of the highest rate: it rises over the first steps and falls along a cosine to the last one."""
    warm = min(1.0, (step + 1) / min(WARM_UP, max(1, steps // 10)))
    return float(warm * (1 + np.cos(np.pi * step / steps)) / 2)


def _refit_head(model: Any, learner: Learner, training: pd.DataFrame, settings: Settings) -> None:
    from models.training.smote import refit_head

    by_length = training.loc[training.text.str.len().sort_values(kind="stable").index]
    texts = by_length.text.tolist()
    ids = [learner.encoder.batch(texts[i : i + 256]) for i in range(0, len(texts), 256)]
    refit_head(model, ids, data.targets(by_length), settings.dropout, settings.seed)


def _with_phrases(model: Any, learner: Learner, training: pd.DataFrame, validation: pd.DataFrame) -> Any:
    import keras

    from models.training.phrases import Phrases, learned

    logits = keras_logits(model, learner.encoder, validation.text.tolist())
    table = learned(learner.encoder, training, validation, logits)
    return keras.Model(model.input, Phrases(table, name="phrases")(model.input, model.output))


def _in_float32(model: Any, learner: Learner) -> Any:
    """The same weights without bfloat16 arithmetic, as they are exported."""
    plain = learner.build()
    plain.set_weights(model.get_weights())
    return plain


def batches(
    encoder: Any, training: pd.DataFrame, settings: Settings, epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One epoch in random order, texts of like length together; the same for the same seed and epoch."""
    rng = random.Random(f"{settings.seed}-{epoch}")
    truth = data.targets(training)
    chosen = np.array(_rows_of_epoch(truth, settings.imbalance, rng))
    texts, raws = training.text.to_numpy(), training.raw.to_numpy()
    words = []
    for i in chosen:
        text = texts[i]
        if rng.random() < settings.disguised:
            how = rng.choices(DISGUISES, OFTEN)[0]
            text = clean_text(disguise(raws[i][:1000], how, rng))
        words.append(encoder.encode(text)[: settings.max_train_words])
    by_length = sorted(range(len(chosen)), key=lambda i: len(words[i]) + rng.random() * 4)
    starts = list(range(0, len(by_length), settings.batch))
    rng.shuffle(starts)
    for start in starts:
        rows = by_length[start : start + settings.batch]
        yield encoder.padded([words[i] for i in rows]), truth[chosen[rows]]


def label_weights(training: pd.DataFrame, imbalance: str) -> list[float]:
    """What a positive counts against a negative: the root of their ratio, so that rare labels are heard."""
    if imbalance != "weights":
        return [1.0] * len(LABELS)
    positive = training[list(LABELS)].mean().clip(1e-6, 0.5)
    return [round(float(min(MAX_WEIGHT, np.sqrt((1 - share) / share))), 3) for share in positive]


def keras_logits(model: Any, encoder: Any, texts: list[str]) -> np.ndarray:
    logits = np.zeros((len(texts), len(LABELS)), np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), 256):
        chunk = order[start : start + 256]
        logits[chunk] = model.predict_on_batch(encoder.batch([texts[i] for i in chunk]))
    return logits


def write_model(
    model: Any, learner: Learner, validation: pd.DataFrame, output: Path, facts: dict[str, Any], precision: float
) -> dict[str, Any]:
    """Export, accept or refuse the export, calibrate on the validation rows, and write the folder at once."""
    texts, truth = validation.text.tolist(), data.targets(validation)
    with writing(output) as draft:
        learner.export(model, draft / "fp32.onnx")
        learner.encoder.write(draft)
        reference = _onnx_logits(draft / "fp32.onnx", learner, texts)
        some = random.Random(0).sample(range(len(texts)), min(512, len(texts)))
        agreement = check_agreement(keras_logits(model, learner.encoder, [texts[i] for i in some]), reference[some])
        quantize(draft / "fp32.onnx", draft / "model.onnx")
        logits = _onnx_logits(draft / "model.onnx", learner, texts)
        losses = auc_losses(reference, logits, truth)
        check_losses(losses, truth)
        (draft / "fp32.onnx").unlink()
        curves = calibrate.calibrate(logits, truth)
        facts |= {
            "thresholds": calibrate.thresholds(probabilities(curves, logits), truth, precision),
            "calibration": curves,
            "export": {"fp32_difference": agreement, "int8_auc_loss": losses},
            "validation_auc": round(calibrate.mean_auc(truth, logits), 5),
        }
        return write_card(draft, learner.kind, facts)


def fingerprint(training: pd.DataFrame, settings: Settings) -> str:
    """Names a run: a checkpoint of other rows or settings is another run's."""
    content = json.dumps(asdict(settings), sort_keys=True) + "".join(training.key)
    return hashlib.sha256(content.encode() + data.targets(training).tobytes()).hexdigest()[:12]


def _rows_of_epoch(truth: np.ndarray, imbalance: str, rng: random.Random) -> list[int]:
    rows = list(range(len(truth)))
    if imbalance == "sampling":
        rare = np.flatnonzero((truth[:, 1:] == 1).any(axis=1)).tolist()
        rows = rng.sample(rows, int(len(rows) * (1 - RARE_SHARE))) + rng.choices(rare, k=int(len(rows) * RARE_SHARE))
    return rows


def _onnx_logits(path: Path, learner: Learner, texts: list[str]) -> np.ndarray:
    card = {"version": "", "kind": learner.kind, "labels": [], "text_rule": "", "thresholds": {}, "calibration": {}}
    return Network(card, open_session(path), learner.encoder.inputs).logits(texts)
