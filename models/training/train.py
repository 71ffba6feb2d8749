"""Training, from labelled comments to a model folder: read, split, fit, export, calibrate, write.

`_train` is the contents page.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.card import file_hash
from models.labels import ModelError
from models.scorer import Network
from models.training import calibrate, data, export
from models.training.composed import TEMPLATES, compose
from models.training.distill import distilled
from models.training.echoes import echoes
from models.training.fitting import fit, fit_in_torch
from models.training.folder import write_model
from models.training.judged import elsewhere
from models.training.learner import BILSTM, LEARNED, TRANSFORMER, Learner, Settings, Vectors, Watch, print_epoch
from models.training.pool import logits
from models.words import FIRST_WORD, WordEncoder

MOST_PIECES = 60_000  # word pieces; a larger encoder is pruned to those that the texts use
PHRASE_TEXTS = 200_000  # at most, to fit the weights of words and pairs


def train_bilstm(
    rows: pd.DataFrame,
    output: Path,
    settings: Settings = BILSTM,
    vectors: Vectors = LEARNED,
    command: str = "",
    watch: Watch = print_epoch,
    teachers: Sequence[Network] = (),
) -> dict[str, Any]:
    """Train a BiLSTM on the comments that `data.labelled` gives and write it to `output`; returns its card."""

    def learner(training: pd.DataFrame) -> Learner:
        encoder = WordEncoder.learn(
            training.text, settings.vocabulary, settings.min_count, settings.buckets, known=vectors.words()
        )
        table = vectors.of(encoder.vocabulary, settings.embedding)
        build = partial(_build_bilstm, encoder.size, settings, table)
        return Learner("bilstm", encoder, build, export.write_bilstm, {"buckets": settings.buckets})

    return _train(rows, output, settings, learner, vectors.file, command, watch, teachers)


def train_transformer(
    rows: pd.DataFrame,
    output: Path,
    backbone: Path,
    settings: Settings = TRANSFORMER,
    command: str = "",
    watch: Watch = print_epoch,
    teachers: Sequence[Network] = (),
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

    return _train(rows, output, settings, learner, backbone / "model.safetensors", command, watch, teachers)


def _train(
    rows: pd.DataFrame,
    output: Path,
    settings: Settings,
    learner_of: Callable[[pd.DataFrame], Learner],
    begun_with: Path | None,
    command: str,
    watch: Watch,
    teachers: Sequence[Network] = (),
) -> dict[str, Any]:
    composed = compose(settings.composed, settings.seed)
    if settings.language:
        rows, composed = data.in_language(rows, settings.language), composed[composed.lang == settings.language]
    training, validation = data.of_part(rows, "train"), data.of_part(rows, "validation")
    if settings.sample:
        training = training.sample(min(settings.sample, len(training)), random_state=settings.seed)
    training = pd.concat([training, composed], ignore_index=True)
    learner, labelled = learner_of(training), training
    if teachers:
        unlabelled = echoes(training, settings.echoes, settings.seed) if learner.kind == "bilstm" else training[:0]
        training = distilled(pd.concat([training, unlabelled], ignore_index=True), teachers)
    place = output.with_name(f".{output.name}-training")
    fitted = fit_in_torch if learner.backbone and find_spec("torch") else fit
    model, history = fitted(learner, training, validation, settings, place, watch)
    if settings.imbalance == "smote":
        _refit_head(model, learner, training, settings)
    if settings.phrases:
        model = _with_phrases(model, learner, labelled, validation, settings)
    facts = learner.facts | {
        "settings": asdict(settings),
        "command": command,
        "teachers": [teacher.version for teacher in teachers],
        "data": rows.attrs.get("hashes", {}) | {file.name: file_hash(file) for file in (TEMPLATES, begun_with) if file},
        "sources": sorted(set(training.source)),
        "shares": calibrate.SHARES,
        "rows": rows.part.value_counts().to_dict(),
        "history": history,
    }
    return write_model(model, learner, validation, elsewhere(rows), output, facts, settings.precision)


def _build_bilstm(size: int, settings: Settings, vectors: np.ndarray | None) -> Any:
    from models.training.bilstm import Size, build_bilstm

    model = build_bilstm(size, Size(settings.embedding, settings.units, settings.head), settings.dropout)
    if vectors is not None:
        table = model.get_layer("embedding").table
        table.assign(np.concatenate([table[:FIRST_WORD], vectors, table[FIRST_WORD + len(vectors) :]]))
    return model


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
