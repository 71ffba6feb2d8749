"""Training, from labelled comments to a model folder: read, split, fit, export, calibrate, write.

`train` is the contents page. A stopped run resumes when it is started again.
"""

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from models.card import file_hash, write_card, writing
from models.labels import LABELS, WHO, ModelError
from models.scorer import Network, in_language, open_session, probabilities
from models.training import calibrate, data, export
from models.training.checkpoint import Checkpoint
from models.training.composed import TEMPLATES, compose
from models.training.echoes import echoes
from models.training.int8 import quantize
from models.training.judged import elsewhere, judged
from models.training.losses import auc_losses, check_agreement, check_losses
from models.training.pool import Plan, Pool, logits
from models.training.vectors import encoder_vectors, encoder_words, glove_vectors
from models.words import FIRST_WORD, WordEncoder
from warehouse.files import write_atomically

IMBALANCE = ("none", "weights", "focal", "sampling", "smote")
MAX_WEIGHT = 10.0
FOCUS = 2.0  # of the focal loss, as its authors recommend
RARE_SHARE = 0.25  # of the rows of an epoch, drawn from those with a rare label
TAUGHT_AT_ONCE = 2048  # texts
SAVED_AFTER = 500  # steps, so that a stopped run loses few of them
FULL_WEIGHT = 20_000  # rows of a source whose rows have weight 1; those of larger sources have less
BOUNDS = 0.35, 1.5  # of a row's weight
COMPOSED = 90_000
MOST_PIECES = 60_000  # word pieces; a larger encoder is pruned to those that the texts use
PHRASE_TEXTS = 200_000  # at most, to fit the weights of words and pairs


@dataclass(frozen=True)
class Settings:
    epochs: int = 20  # at most; the best one is kept
    patience: int = 3  # epochs without a better validation AUC before the end
    tokens: int = 8192  # or words, of a batch
    learning_rate: float = 3e-3  # the highest: it rises over the first steps and falls to nothing with the last epoch
    weight_decay: float = 0.0
    accumulate: int = 1  # batches whose gradients are added before a step
    mixed: bool = False  # bfloat16 arithmetic on float32 weights
    dropout: float = 0.15
    imbalance: str = "weights"
    disguised: float = 0.3  # share of training texts that are read disguised every other time
    max_train_words: int = 96
    vocabulary: int = 20_000
    min_count: int = 4
    buckets: int = 30_000
    embedding: int = 96
    units: int = 96
    head: int = 64
    precision: float = 0.8  # that thresholds are chosen for
    composed: int = COMPOSED  # sentences from models/templates.toml beside the labelled comments
    echoes: int = 500_000  # sentences that a teacher alone labels, if there is one
    sample: int | None = None  # train on this many rows only
    minutes: float | None = None  # at most, if PyTorch trains
    seed: int = 7

    def __post_init__(self) -> None:
        if self.imbalance not in IMBALANCE:
            raise ModelError(f"imbalance is {self.imbalance!r}; choose one of {', '.join(IMBALANCE)}.")


TRANSFORMER = Settings(
    epochs=4,
    tokens=16_384,
    learning_rate=1.2e-4,
    weight_decay=0.01,
    dropout=0.1,
    disguised=0.4,
    max_train_words=128,
)


def print_epoch(epoch: dict[str, float]) -> None:
    print(f"epoch {epoch['epoch']}: loss {epoch['loss']:.4f}, validation AUC {epoch['auc']:.4f}", flush=True)


Watch = Callable[[dict[str, float]], None]  # called after every epoch


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


class Teacher(Protocol):
    """A model that others learn from."""

    version: str

    def logits(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True)
class Read:
    """A trained Keras network, before its export."""

    version: str
    model: Any
    encoder: Any
    settings: Settings

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        return logits(self.model, self.encoder, texts, self.settings.tokens, self.settings.max_train_words)


@dataclass(frozen=True)
class Learner:
    """What is trained: how a text becomes numbers, how the network is built, and how it is written down."""

    kind: str
    encoder: Any  # WordEncoder or Tokens: encode, padded, batch, inputs, write
    build: Callable[[], Any]
    export: Callable[[Any, Path], None]
    facts: dict[str, Any]
    backbone: Path | None = None  # of a transformer


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
    teacher: Network | None = None,
) -> dict[str, Any]:
    """Fine-tune the encoder in `backbone` on the comments that `data.labelled` gives; returns the model's card."""
    from models.spelling import Spelling
    from models.tokens import LONGEST, Tokens
    from models.training.encoder import read_shape
    from models.training.pieces import prune
    from models.training.transformer import build_transformer

    if settings.imbalance == "smote":
        raise ModelError("imbalance smote is for the BiLSTM: a transformer's head is one layer.")

    def learner(training: pd.DataFrame) -> Learner:
        folder = backbone
        if read_shape(backbone).vocabulary > MOST_PIECES:
            folder = output.with_name(f".{output.name}-pruned")
            prune(backbone, training.text, folder)
        build = partial(build_transformer, folder, settings.dropout)
        tokens = Tokens(folder, min(LONGEST, read_shape(folder).positions))
        if training.lang.nunique() == 1:  # a misspelling in one language is a word of another
            tokens.spelling = Spelling.learn(training.text, training.toxic, tokens.whole_words())
        facts = {"longest": tokens.longest}
        return Learner("transformer", tokens, build, export.write_transformer, facts, folder)

    return _train(rows, output, settings, learner, backbone / "model.safetensors", command, watch, teacher)


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
    learner, labelled = learner_of(training), training
    if teacher:
        unlabelled = echoes(training, settings.echoes, settings.seed) if learner.kind == "bilstm" else training[:0]
        training = distilled(pd.concat([training, unlabelled], ignore_index=True), teacher, teacher.expected)
    place = output.with_name(f".{output.name}-training")
    fitted = fit_in_torch if learner.backbone and find_spec("torch") else fit
    model, history = fitted(learner, training, validation, settings, place, watch)
    if settings.imbalance == "smote":
        _refit_head(model, learner, training, settings)
    model = _with_phrases(model, learner, labelled, validation, settings)
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
    return write_model(model, learner, validation, elsewhere(rows), output, facts, settings.precision)


def distilled(training: pd.DataFrame, teacher: Teacher, languages: Collection[str] = ()) -> pd.DataFrame:
    """The mean of people's labels and a better model's; the model's alone if people gave none.

    Only for texts in these languages, if any are given.
    """
    chosen = training.lang.isin(languages).to_numpy() if languages else np.ones(len(training), bool)
    opinions = _opinions(teacher, training.text[chosen].tolist())
    of_labels, truth = 1 / (1 + np.exp(-opinions[:, : len(LABELS)])), data.targets(training).copy()
    truth[chosen] = np.where(np.isnan(truth[chosen]), of_labels, (truth[chosen] + of_labels) / 2)
    who = training.who.to_numpy().copy()
    if opinions.shape[1] > len(LABELS):
        guess = 1 << opinions[:, len(LABELS) :].argmax(axis=1)
        who[chosen] = np.where(who[chosen] == data.ANYONE, guess, who[chosen])
    return training.assign(who=who, **dict(zip(LABELS, truth.T, strict=True)))


def _opinions(teacher: Teacher, texts: list[str]) -> np.ndarray:
    from models.training.progress import batches_shown

    if not isinstance(teacher, Network):
        return teacher.logits(texts)
    parts = [texts[start : start + TAUGHT_AT_ONCE] for start in range(0, len(texts), TAUGHT_AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(batches_shown("the teacher reads", pool.map(teacher.logits, parts), len(parts))))


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
    truth, weight = data.all_targets(training), source_weights(training.source)
    pool = Pool(learner.encoder, training.text.tolist(), place / "texts", settings.max_train_words, settings.disguised,
                settings.seed)  # fmt: skip
    rows = [_rows_of_epoch(truth, settings, epoch) for epoch in range(settings.epochs)]
    plans = [pool.plan(of, settings.tokens, (settings.seed, epoch)) for epoch, of in enumerate(rows)]
    model = _compiled(learner, settings, label_weights(training, settings.imbalance), sum(map(len, plans)))
    checkpoint = Checkpoint(place, model, fingerprint(training, settings))
    for epoch in checkpoint.history:
        watch(epoch)
    while checkpoint.epoch < settings.epochs and checkpoint.epochs_without_gain <= settings.patience:
        plan = plans[checkpoint.epoch]
        while checkpoint.step < len(plan):
            part = plan[checkpoint.step : checkpoint.step + SAVED_AFTER]
            given = pool.batches(_of_two_lengths_first(part), settings.tokens, truth, weight)
            losses = model.fit(given, steps_per_epoch=len(part), epochs=1, verbose=0).history["loss"]
            checkpoint.pause(len(part), losses[0])
        found = logits(model, learner.encoder, validation.text.tolist(), settings.tokens, settings.max_train_words)
        auc = calibrate.mean_auc(data.targets(validation), found)
        checkpoint.save({"epoch": checkpoint.epoch + 1, "loss": round(checkpoint.loss, 5), "auc": round(auc, 5)})
        watch(checkpoint.history[-1])
    checkpoint.restore_best()
    checkpoint.remove()
    pool.remove()
    return _in_float32(model, learner) if settings.mixed else model, checkpoint.history


def _of_two_lengths_first(plan: Plan) -> Plan:
    """Keras takes a dimension that the first two batches share as fixed for all of them."""
    other = next((i for i, batch in enumerate(plan) if batch[0] != plan[0][0]), 0)
    return [plan[0], plan[other], *plan[1:other], *plan[other + 1 :]] if other else plan


def fit_in_torch(
    learner: Learner,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    settings: Settings,
    place: Path,
    watch: Watch = print_epoch,
) -> tuple[Any, list[dict[str, float]]]:
    """Like `fit`, for a transformer in PyTorch; the last epoch is kept."""
    from models.training import in_torch
    from models.training.encoder import encoder_tensors, fill, read_shape

    assert learner.backbone
    state = place / fingerprint(training, settings)
    state.mkdir(parents=True, exist_ok=True)
    epochs = state / "history.json"
    history: list[dict[str, float]] = json.loads(epochs.read_text()) if epochs.exists() else []
    for epoch in history:
        watch(epoch)
    shape, rows = read_shape(learner.backbone), np.arange(len(training))
    longest, model = settings.max_train_words, learner.build()
    pool, held_out = (
        Pool(learner.encoder, some.text.tolist(), place / name, longest, share, settings.seed)
        for some, name, share in ((training, "texts", settings.disguised), (validation, "validation", 0.0))
    )
    plans = [pool.plan(rows, settings.tokens, (settings.seed, epoch)) for epoch in range(settings.epochs)]
    weights = label_weights(training, settings.imbalance)
    lesson = in_torch.Lesson(data.all_targets(training), source_weights(training.source), weights)
    course = in_torch.Course(
        settings.tokens,
        settings.learning_rate,
        settings.weight_decay,
        settings.dropout,
        settings.seed,
        settings.minutes * 60 if settings.minutes else None,
    )
    tensors = encoder_tensors(learner.backbone)
    for loss, network in in_torch.fit(tensors, shape, pool, plans, course, lesson, state):
        auc = calibrate.mean_auc(
            data.targets(validation), in_torch.answers(network, held_out, settings.tokens, len(validation))
        )
        history.append({"epoch": len(history) + 1, "loss": round(loss, 5), "auc": round(auc, 5)})
        write_atomically(epochs, json.dumps(history))
        watch(history[-1])
    found = network.tensors()
    fill(model, shape, found)
    model.get_layer("logits").set_weights([found["head.weight"].T, found["head.bias"]])
    pool.remove()
    held_out.remove()
    shutil.rmtree(state)
    return model, history


def _compiled(learner: Learner, settings: Settings, weights: list[float], steps: int) -> Any:
    import keras

    from models.training.objective import MaskedLoss
    from models.training.rate import Rate

    keras.config.set_dtype_policy("mixed_bfloat16" if settings.mixed else "float32")
    model = learner.build()
    keras.config.set_dtype_policy("float32")
    added = settings.accumulate if settings.accumulate > 1 else None
    optimizer = keras.optimizers.AdamW(
        Rate(settings.learning_rate, steps // settings.accumulate),
        weight_decay=settings.weight_decay,
        global_clipnorm=1.0,
        gradient_accumulation_steps=added,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = MaskedLoss(weights, FOCUS if settings.imbalance == "focal" else 0.0)
    model.compile(optimizer, loss, jit_compile=False)  # XLA takes minutes a shape
    return model


def source_weights(sources: pd.Series) -> np.ndarray:
    """The weight of each row: less in a large source, so that small ones count."""
    rows = sources.map(sources.value_counts())
    weight: np.ndarray = (FULL_WEIGHT / rows).clip(*BOUNDS).to_numpy(np.float32)
    return weight


def _refit_head(model: Any, learner: Learner, training: pd.DataFrame, settings: Settings) -> None:
    from models.training.smote import refit_head

    by_length = training.loc[training.text.str.len().sort_values(kind="stable").index]
    texts = by_length.text.tolist()
    ids = [learner.encoder.batch(texts[i : i + 256]) for i in range(0, len(texts), 256)]
    refit_head(model, ids, data.targets(by_length), settings.dropout, settings.seed)


def _with_phrases(
    model: Any, learner: Learner, training: pd.DataFrame, validation: pd.DataFrame, settings: Settings
) -> Any:
    import keras

    from models.training.phrases import Phrases, learned

    some = training.sample(min(PHRASE_TEXTS, len(training)), random_state=settings.seed)
    own = logits(model, learner.encoder, validation.text.tolist(), settings.tokens, settings.max_train_words)
    table = learned(learner.encoder, some, validation, own)
    return keras.Model(model.input, Phrases(table, name="phrases")(model.input, model.output))


def _in_float32(model: Any, learner: Learner) -> Any:
    """The same weights without bfloat16 arithmetic, as they are exported."""
    plain = learner.build()
    plain.set_weights(model.get_weights())
    return plain


def label_weights(training: pd.DataFrame, imbalance: str) -> list[float]:
    """What a positive counts against a negative: the root of their ratio, so that rare labels are heard."""
    if imbalance != "weights":
        return [1.0] * len(LABELS)
    positive = training[list(LABELS)].mean().clip(1e-6, 0.5)
    return [round(float(min(MAX_WEIGHT, np.sqrt((1 - share) / share))), 3) for share in positive]


def write_model(
    model: Any,
    learner: Learner,
    validation: pd.DataFrame,
    others: pd.DataFrame,
    output: Path,
    facts: dict[str, Any],
    precision: float,
) -> dict[str, Any]:
    """Export, accept or refuse the export, calibrate on the validation rows, and write the folder at once."""
    texts, truth = validation.text.tolist(), data.targets(validation)
    with writing(output) as draft:
        learner.export(model, draft / "fp32.onnx")
        learner.encoder.write(draft)
        reference = _onnx_logits(draft / "fp32.onnx", learner, texts)
        some = random.Random(0).sample(range(len(texts)), min(512, len(texts)))
        ours = model.predict_on_batch(learner.encoder.batch([texts[i] for i in some]))
        agreement = check_agreement(np.asarray(ours), reference[some])
        quantize(draft / "fp32.onnx", draft / "model.onnx")
        small = _onnx_logits(draft / "model.onnx", learner, texts)
        losses = auc_losses(reference, small, truth)
        check_losses(losses, truth)
        (draft / "fp32.onnx").unlink()
        curves = calibrate.calibrate(small, truth)
        p = probabilities(curves, small)
        odds = calibrate.odds_by_language(p, truth, validation.lang.tolist())
        p = in_language({"odds": odds}, p, validation.lang.tolist())
        p_of_others = probabilities(curves, _onnx_logits(draft / "model.onnx", learner, others.text.tolist()))
        facts |= {
            "who": list(WHO),
            "thresholds": calibrate.thresholds(p, truth, precision),
            "judged": judged(pd.concat([validation, others]), np.concatenate([p, p_of_others])),
            "calibration": curves,
            "odds": odds,
            "export": {"fp32_difference": agreement, "int8_auc_loss": losses},
            "validation_auc": round(calibrate.mean_auc(truth, small), 5),
        }
        return write_card(draft, learner.kind, facts)


def fingerprint(training: pd.DataFrame, settings: Settings) -> str:
    """Names a run: a checkpoint of other rows or settings is another run's."""
    content = json.dumps(asdict(settings), sort_keys=True) + "".join(training.key)
    return hashlib.sha256(content.encode() + data.targets(training).tobytes()).hexdigest()[:12]


def _rows_of_epoch(truth: np.ndarray, settings: Settings, epoch: int) -> np.ndarray:
    rows = np.arange(len(truth))
    if settings.imbalance != "sampling":
        return rows
    rng = np.random.default_rng((settings.seed, epoch))
    rare = np.flatnonzero((truth[:, 1 : len(LABELS)] == 1).any(axis=1))
    kept = rng.choice(rows, int(len(rows) * (1 - RARE_SHARE)), replace=False)
    return np.concatenate([kept, rng.choice(rare, int(len(rows) * RARE_SHARE))])


def _onnx_logits(path: Path, learner: Learner, texts: list[str]) -> np.ndarray:
    card = {"version": "", "kind": learner.kind, "labels": [], "text_rule": "", "thresholds": {}, "calibration": {},
            "who": WHO}  # fmt: skip
    return Network(card, open_session(path), learner.encoder.inputs).logits(texts)
