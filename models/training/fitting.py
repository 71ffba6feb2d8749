"""From rows and a network to its weights; a stopped run resumes when it is started again."""

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.labels import LABELS
from models.training import calibrate, data
from models.training.checkpoint import Checkpoint
from models.training.learner import Learner, Settings, Watch
from models.training.pool import Plan, Pool, logits
from models.training.rate import Clock
from warehouse.files import write_atomically

MAX_WEIGHT = 10.0
FOCUS = 2.0  # of the focal loss, as its authors recommend
RARE_SHARE = 0.25  # of the rows of an epoch, drawn from those with a rare label
SAVED_AFTER = 500  # steps, so that a stopped run loses few of them
FULL_WEIGHT = 20_000  # rows of a source whose rows have weight 1; those of larger sources have less
BOUNDS = 0.35, 1.5  # of a row's weight
DRAWN_OFTEN = {"composed": 3.0, "dynahate": 2.0, "gahd_de": 2.0, "hatemoji_build": 2.0}  # the latter fool models


def fit(
    learner: Learner,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    settings: Settings,
    place: Path,
    watch: Watch,
) -> tuple[Any, list[dict[str, float]]]:
    """The network of the epoch with the best validation AUC, and the curve of all epochs."""
    import keras

    keras.utils.set_random_seed(settings.seed)
    truth, weight = data.all_targets(training), row_weights(training.source, settings)
    pool = Pool(learner.encoder, training.text.tolist(), place / "texts", settings.max_train_words, settings.disguised,
                settings.seed)  # fmt: skip
    plans = _plans(pool, training, settings)
    model = _compiled(learner, settings, label_weights(training, settings.imbalance))
    checkpoint = Checkpoint(place, model, fingerprint(training, settings))
    clock = Clock(sum(map(len, plans)), settings.seconds)
    clock.resume(sum(map(len, plans[: checkpoint.epoch])) + checkpoint.step, checkpoint.seconds)
    for epoch in checkpoint.history:
        watch(epoch)
    while not clock.is_over() and checkpoint.epochs_without_gain <= settings.patience:
        plan = plans[checkpoint.epoch]
        while checkpoint.step < len(plan) and not clock.is_over():
            part, before = plan[checkpoint.step : checkpoint.step + SAVED_AFTER], clock.steps
            given = pool.batches(_of_two_lengths_first(part), settings.tokens, truth, weight)
            pace = _pace(model, clock, settings.learning_rate)
            losses = model.fit(given, steps_per_epoch=len(part), epochs=1, verbose=0, callbacks=[pace]).history["loss"]
            checkpoint.pause(clock.steps - before, losses[0], clock.seconds())
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


def _pace(model: Any, clock: Clock, highest: float) -> Any:
    """Sets the rate of each step, and stops when the time is up."""
    import keras

    def begin(step: int, logs: Any = None) -> None:  # noqa: ARG001
        model.optimizer.learning_rate = clock.rate(highest)

    def end(step: int, logs: Any = None) -> None:  # noqa: ARG001
        clock.steps += 1
        model.stop_training = clock.is_over()

    return keras.callbacks.LambdaCallback(on_train_batch_begin=begin, on_train_batch_end=end)


def _plans(pool: Pool, training: pd.DataFrame, settings: Settings) -> list[Plan]:
    rows = [_rows_of_epoch(training, settings, epoch) for epoch in range(settings.epochs)]
    return [pool.plan(of, settings.tokens, (settings.seed, epoch)) for epoch, of in enumerate(rows)]


def fit_in_torch(
    learner: Learner,
    training: pd.DataFrame,
    validation: pd.DataFrame,
    settings: Settings,
    place: Path,
    watch: Watch,
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
    shape, longest, model = read_shape(learner.backbone), settings.max_train_words, learner.build()
    pool, held_out = (
        Pool(learner.encoder, some.text.tolist(), place / name, longest, share, settings.seed)
        for some, name, share in ((training, "texts", settings.disguised), (validation, "validation", 0.0))
    )
    plans, weights = _plans(pool, training, settings), label_weights(training, settings.imbalance)
    lesson = in_torch.Lesson(data.all_targets(training), row_weights(training.source, settings), weights)
    course = in_torch.Course(
        settings.tokens,
        settings.learning_rate,
        settings.weight_decay,
        settings.dropout,
        settings.seed,
        settings.seconds,
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


def _compiled(learner: Learner, settings: Settings, weights: list[float]) -> Any:
    import keras

    from models.training.objective import MaskedLoss

    keras.config.set_dtype_policy("mixed_bfloat16" if settings.mixed else "float32")
    model = learner.build()
    keras.config.set_dtype_policy("float32")
    added = settings.accumulate if settings.accumulate > 1 else None
    optimizer = keras.optimizers.AdamW(
        settings.learning_rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=1.0,
        gradient_accumulation_steps=added,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = MaskedLoss(weights, FOCUS if settings.imbalance == "focal" else 0.0)
    model.compile(optimizer, loss, jit_compile=False)  # XLA takes minutes a shape
    return model


def row_weights(sources: pd.Series, settings: Settings) -> np.ndarray:
    """The weight of each row: less in a large source, so that small ones count, unless it is drawn less often."""
    if settings.by_source:
        return np.ones(len(sources), np.float32)
    rows = sources.map(sources.value_counts())
    weight: np.ndarray = (FULL_WEIGHT / rows).clip(*BOUNDS).to_numpy(np.float32)
    return weight


def label_weights(training: pd.DataFrame, imbalance: str) -> list[float]:
    """What a positive counts against a negative: the root of their ratio, so that rare labels are heard."""
    if imbalance != "weights":
        return [1.0] * len(LABELS)
    positive = training[list(LABELS)].mean().clip(1e-6, 0.5)
    return [round(float(min(MAX_WEIGHT, np.sqrt((1 - share) / share))), 3) for share in positive]


def _in_float32(model: Any, learner: Learner) -> Any:
    """The same weights without bfloat16 arithmetic, as they are exported."""
    plain = learner.build()
    plain.set_weights(model.get_weights())
    return plain


def fingerprint(training: pd.DataFrame, settings: Settings) -> str:
    """Names a run: a checkpoint of other rows or settings is another run's."""
    content = json.dumps(asdict(settings), sort_keys=True) + "".join(training.key)
    return hashlib.sha256(content.encode() + data.targets(training).tobytes()).hexdigest()[:12]


def _rows_of_epoch(training: pd.DataFrame, settings: Settings, epoch: int) -> np.ndarray:
    """The rows that an epoch reads, some of them several times if they are drawn."""
    rows, rng = np.arange(len(training)), np.random.default_rng((settings.seed, epoch))
    if settings.by_source:
        chances = draw_chances(training.source)
        return rng.choice(rows, len(rows), p=chances)
    if settings.imbalance == "sampling":
        rare = np.flatnonzero((data.targets(training)[:, 1:] == 1).any(axis=1))
        kept = rng.choice(rows, int(len(rows) * (1 - RARE_SHARE)), replace=False)
        return np.concatenate([kept, rng.choice(rare, int(len(rows) * RARE_SHARE))])
    return rows


def draw_chances(sources: pd.Series) -> np.ndarray:
    """How likely each row is drawn: by the root of its source's size, so that small sources count."""
    often = sources.map(DRAWN_OFTEN).fillna(1.0) / np.sqrt(sources.map(sources.value_counts()))
    chances: np.ndarray = (often / often.sum()).to_numpy(float)
    return chances
