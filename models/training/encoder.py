"""An encoder in Keras, filled from a folder in Hugging Face layout (config, safetensors, tokenizer.json).

BERT, and what differs from it in names only (DistilBERT) or in where places and padding begin (RoBERTa).
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from models.labels import ModelError
from models.tokens import Tokens

NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
KINDS = ("bert", "distilbert", "roberta", "xlm-roberta")
NUMBERS = {"F32": np.float32, "F16": np.float16}
OF_DISTILBERT = {  # what it calls otherwise
    "n_layers": "num_hidden_layers", "dim": "hidden_size", "n_heads": "num_attention_heads",
    "hidden_dim": "intermediate_size", "activation": "hidden_act", "transformer.layer": "encoder.layer",
    "attention.q_lin": "attention.self.query", "attention.k_lin": "attention.self.key",
    "attention.v_lin": "attention.self.value", "attention.out_lin": "attention.output.dense",
    "sa_layer_norm": "attention.output.LayerNorm", "ffn.lin1": "intermediate.dense", "ffn.lin2": "output.dense",
    "output_layer_norm": "output.LayerNorm",
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float
    first_position: int = 0


def find_encoder(name: str) -> Path:
    """A local folder, or the folder that a name on the Hugging Face hub is downloaded to."""
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download  # comes with tokenizers

    try:
        return Path(snapshot_download(name, allow_patterns=list(NEEDED)))
    except Exception as error:  # of many kinds: no network, no such name, no rights
        raise ModelError(f"--backbone {name} is no folder, and the hub does not give it: {error}") from error


def read_shape(folder: Path) -> Shape:
    if missing := [name for name in NEEDED if not (folder / name).is_file()]:
        raise ModelError(f"{folder} is no encoder in Hugging Face layout: it lacks {', '.join(missing)}.")
    said = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = {OF_DISTILBERT.get(name, name): value for name, value in said.items()}
    kind, activation = config.get("model_type"), config.get("hidden_act", "gelu")
    if kind not in KINDS or activation != "gelu":
        raise ModelError(f"{folder} is a {kind} with {activation}; {', '.join(KINDS)} with gelu can be used.")
    first = config.get("pad_token_id", 1) + 1 if "roberta" in kind else 0
    return Shape(
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"] - first,
        epsilon=config.get("layer_norm_eps", 1e-12),
        first_position=first,
    )


def build_encoder(folder: Path, dropout: float = 0.1) -> keras.Model:
    """ids as `Tokens` gives them → hidden states, with the folder's weights; id 0 is padding."""
    shape = read_shape(folder)
    encoder, tokens = random_encoder(shape, dropout), Tokens(folder, shape.positions)
    try:
        _fill(encoder, shape, _tensors(folder / "model.safetensors"), tokens.padding)
    except KeyError as error:
        raise ModelError(f"{folder / 'model.safetensors'} lacks {error} in F32 or F16.") from error
    return encoder


def random_encoder(shape: Shape, dropout: float) -> keras.Model:
    ids = keras.Input((None,), dtype="int32", name="ids")
    states = Embeddings(shape, name="embeddings")(ids)
    states = layers.Dropout(dropout)(states)
    for i in range(shape.layers):
        states = Block(shape, dropout, name=f"block_{i}")(states, ids > 0)
    return keras.Model(ids, states, name="encoder")


@keras.saving.register_keras_serializable("toxwatch")
class Embeddings(layers.Layer):
    """What a token is and where it stands."""

    def __init__(self, shape: Shape, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = layers.Embedding(shape.vocabulary, shape.width, name="words")
        self.places = layers.Embedding(shape.positions, shape.width, name="places")
        self.norm = layers.LayerNormalization(epsilon=shape.epsilon, name="norm")

    def call(self, ids: Any) -> Any:
        return self.norm(self.words(ids) + self.places(ops.arange(ops.shape(ids)[1]))[None])


@keras.saving.register_keras_serializable("toxwatch")
class Block(layers.Layer):
    """Attention, then the inner layer, each with its way around and its norm."""

    def __init__(self, shape: Shape, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.size = shape.heads, shape.width // shape.heads
        self.query, self.key, self.value, self.mix, self.outer = (
            layers.Dense(shape.width, name=name) for name in ("query", "key", "value", "mix", "outer")
        )
        self.inner = layers.Dense(shape.inner, name="inner")
        self.norm, self.last_norm = (
            layers.LayerNormalization(epsilon=shape.epsilon, name=name) for name in ("norm", "last_norm")
        )
        self.dropout = layers.Dropout(dropout)

    def call(self, states: Any, is_token: Any, training: bool = False) -> Any:
        states = self.norm(states + self.dropout(self.mix(self._attended(states, is_token)), training=training))
        inner = ops.gelu(self.inner(states), approximate=False)
        return self.last_norm(states + self.dropout(self.outer(inner), training=training))

    def _attended(self, states: Any, is_token: Any) -> Any:
        query, key, value = (self._split(part(states)) for part in (self.query, self.key, self.value))
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / float(np.sqrt(self.size))
        scores = scores + (1.0 - ops.cast(is_token, scores.dtype))[:, None, None, :] * -1e4
        mixed = ops.transpose(ops.matmul(ops.softmax(scores), value), (0, 2, 1, 3))
        return ops.reshape(mixed, (-1, ops.shape(states)[1], self.heads * self.size))

    def _split(self, states: Any) -> Any:
        return ops.transpose(ops.reshape(states, (-1, ops.shape(states)[1], self.heads, self.size)), (0, 2, 1, 3))


def _tensors(path: Path) -> dict[str, np.ndarray]:
    """A safetensors file: the length of a JSON header, the header, the numbers."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        numbers = np.frombuffer(file.read(), np.uint8)
    return {
        _as_in_bert(name): numbers[slice(*facts["data_offsets"])].view(NUMBERS[facts["dtype"]]).reshape(facts["shape"])
        for name, facts in header.items()
        if facts.get("dtype") in NUMBERS
    }


def _as_in_bert(name: str) -> str:
    for theirs, ours in OF_DISTILBERT.items():
        name = name.replace(f"{theirs}.", f"{ours}.")
    return re.sub(r"^\w*bert\w*\.", "", name)


def _fill(encoder: keras.Model, shape: Shape, tensors: dict[str, np.ndarray], padding: int) -> None:
    def dense(layer: layers.Dense, name: str) -> None:
        layer.set_weights([tensors[f"{name}.weight"].T, tensors[f"{name}.bias"]])

    def norm(layer: layers.LayerNormalization, name: str) -> None:
        layer.set_weights([tensors[f"{name}.weight"], tensors[f"{name}.bias"]])

    embeddings = encoder.get_layer("embeddings")
    words, types = tensors["embeddings.word_embeddings.weight"].copy(), "embeddings.token_type_embeddings.weight"
    words[[0, padding]] = words[[padding, 0]]
    # Every token is of the first type here, so that its vector is part of the place.
    kind = tensors[types][0] if types in tensors else np.float32(0)
    embeddings.words.set_weights([words])
    embeddings.places.set_weights([tensors["embeddings.position_embeddings.weight"][shape.first_position :] + kind])
    norm(embeddings.norm, "embeddings.LayerNorm")
    for i in range(shape.layers):
        block, name = encoder.get_layer(f"block_{i}"), f"encoder.layer.{i}"
        dense(block.query, f"{name}.attention.self.query")
        dense(block.key, f"{name}.attention.self.key")
        dense(block.value, f"{name}.attention.self.value")
        dense(block.mix, f"{name}.attention.output.dense")
        norm(block.norm, f"{name}.attention.output.LayerNorm")
        dense(block.inner, f"{name}.intermediate.dense")
        dense(block.outer, f"{name}.output.dense")
        norm(block.last_norm, f"{name}.output.LayerNorm")
