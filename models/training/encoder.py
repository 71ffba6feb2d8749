"""An encoder in Keras, filled from a folder in Hugging Face layout (config, safetensors, tokenizer.json).

BERT, and its relatives: DistilBERT has other names, RoBERTa other positions and padding, MPNet adds a bias to attention
for the distance between two tokens.
"""

import atexit
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from safetensors.numpy import load_file

from models.card import CARD, read_card
from models.labels import ModelError
from models.tokens import Tokens

NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
KINDS = ("bert", "distilbert", "roberta", "xlm-roberta", "mpnet")
FARTHEST = 128  # tokens; larger distances are treated alike (MPNet)
OF_DISTILBERT = {  # its name → BERT's
    "n_layers": "num_hidden_layers", "dim": "hidden_size", "n_heads": "num_attention_heads",
    "hidden_dim": "intermediate_size", "activation": "hidden_act", "transformer.layer": "encoder.layer",
    "attention.q_lin": "attention.self.query", "attention.k_lin": "attention.self.key",
    "attention.v_lin": "attention.self.value", "attention.out_lin": "attention.output.dense",
    "sa_layer_norm": "attention.output.LayerNorm", "ffn.lin1": "intermediate.dense", "ffn.lin2": "output.dense",
    "output_layer_norm": "output.LayerNorm",
}  # fmt: skip
OF_MPNET = {
    "attention.attn.q": "attention.self.query", "attention.attn.k": "attention.self.key",
    "attention.attn.v": "attention.self.value", "attention.attn.o": "attention.output.dense",
    "attention.LayerNorm": "attention.output.LayerNorm",
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
    distances: int = 0  # buckets of distance in attention (MPNet); 0: none


def find_encoder(name: str) -> Path:
    """A local folder, that of a transformer trained here, or one that a name on the hub is downloaded to."""
    if (Path(name) / CARD).is_file():
        return _unpacked(Path(name))
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download  # comes with tokenizers

    try:
        return Path(snapshot_download(name, allow_patterns=list(NEEDED)))
    except Exception as error:  # of many kinds: no network, no such name, no rights
        raise ModelError(f"--backbone {name} is no folder, and the hub does not give it: {error}") from error


def _unpacked(model: Path) -> Path:
    from models.training.exported import unpack

    read_card(model)  # its files are whole
    folder = Path(tempfile.mkdtemp(prefix="toxwatch-encoder-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    unpack(model, folder)
    return folder


def read_shape(folder: Path) -> Shape:
    if missing := [name for name in NEEDED if not (folder / name).is_file()]:
        raise ModelError(f"{folder} is no encoder in Hugging Face layout: it lacks {', '.join(missing)}.")
    written = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = {OF_DISTILBERT.get(name, name): value for name, value in written.items()}
    kind, activation = config.get("model_type"), config.get("hidden_act", "gelu")
    if kind not in KINDS or activation != "gelu":
        raise ModelError(f"{folder} is a {kind} with {activation}; {', '.join(KINDS)} with gelu can be used.")
    first = config.get("pad_token_id", 1) + 1 if "roberta" in kind or kind == "mpnet" else 0
    return Shape(
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"] - first,
        epsilon=config.get("layer_norm_eps", 1e-12),
        first_position=first,
        distances=config.get("relative_attention_num_buckets", 0) if kind == "mpnet" else 0,
    )


def build_encoder(folder: Path, dropout: float = 0.1) -> keras.Model:
    """ids as `Tokens` gives them → hidden states, with the folder's weights; id 0 is padding."""
    shape = read_shape(folder)
    encoder = random_encoder(shape, dropout)
    tensors = encoder_tensors(folder)
    try:
        fill(encoder, shape, tensors)
    except KeyError as error:
        raise ModelError(f"{folder / 'model.safetensors'} lacks {error}.") from error
    return encoder


def encoder_tensors(folder: Path) -> dict[str, np.ndarray]:
    """A folder's tensors under BERT's names, with padding as id 0 and the token type added to the positions."""
    shape, tensors = read_shape(folder), _tensors(folder / "model.safetensors")
    try:
        words, padding = tensors["embeddings.word_embeddings.weight"], Tokens(folder, shape.positions).padding
        words[[0, padding]] = words[[padding, 0]]
        kinds = tensors.pop("embeddings.token_type_embeddings.weight", np.zeros((1, shape.width), np.float32))
        places = tensors["embeddings.position_embeddings.weight"] + kinds[0]
    except KeyError as error:
        raise ModelError(f"{folder / 'model.safetensors'} lacks {error}.") from error
    tensors["embeddings.position_embeddings.weight"] = places[shape.first_position :]
    return {name: tensor for name, tensor in tensors.items() if name.startswith(("embeddings.", "encoder."))}


def random_encoder(shape: Shape, dropout: float) -> keras.Model:
    ids = keras.Input((None,), dtype="int32", name="ids")
    states = Embeddings(shape, name="embeddings")(ids)
    states = layers.Dropout(dropout)(states)
    nearness = [Nearness(shape, name="nearness")(ids)] if shape.distances else []
    for i in range(shape.layers):
        states = Block(shape, dropout, name=f"block_{i}")(states, ids > 0, *nearness)
    return keras.Model(ids, states, name="encoder")


@keras.saving.register_keras_serializable("toxwatch")
class Embeddings(layers.Layer):
    """What a token is and where it stands."""

    def __init__(self, shape: Shape, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # float32: bfloat16 is too coarse to sum the many small gradients of a frequent token.
        self.words = layers.Embedding(shape.vocabulary, shape.width, dtype="float32", name="words")
        self.places = layers.Embedding(shape.positions, shape.width, dtype="float32", name="places")
        self.norm = layers.LayerNormalization(epsilon=shape.epsilon, name="norm")

    def call(self, ids: Any) -> Any:
        return self.norm(self.words(ids) + self.places(ops.arange(ops.shape(ids)[1]))[None])


@keras.saving.register_keras_serializable("toxwatch")
class Nearness(layers.Layer):
    """What each head adds to its attention for the distance of two tokens, in buckets that widen with it (MPNet)."""

    def __init__(self, shape: Shape, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = layers.Embedding(shape.distances, shape.heads, name="table")
        of = np.arange(shape.positions)
        half, near = shape.distances // 2, shape.distances // 4
        far = near + np.log(np.maximum(of, 1) / near) / np.log(FARTHEST / near) * (half - near)
        self.kind = np.where(of < near, of, np.minimum(far.astype(int), half - 1)).astype(np.int32)
        self.half = half

    def call(self, ids: Any) -> Any:
        place = ops.arange(ops.shape(ids)[1])
        ahead = place[None, :] - place[:, None]
        kind = ops.take(ops.convert_to_tensor(self.kind), ops.abs(ahead)) + ops.where(ahead > 0, self.half, 0)
        return ops.transpose(self.table(kind), (2, 0, 1))[None]


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

    def call(self, states: Any, is_token: Any, nearness: Any = None, training: bool = False) -> Any:
        mixed = self.mix(self._attended(states, is_token, nearness))
        states = self.norm(states + self.dropout(mixed, training=training))
        inner = ops.gelu(self.inner(states), approximate=False)
        return self.last_norm(states + self.dropout(self.outer(inner), training=training))

    def _attended(self, states: Any, is_token: Any, nearness: Any) -> Any:
        query, key, value = (self._split(part(states)) for part in (self.query, self.key, self.value))
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / float(np.sqrt(self.size))
        scores = scores + (1.0 - ops.cast(is_token, scores.dtype))[:, None, None, :] * -1e4
        if nearness is not None:
            scores = scores + nearness
        mixed = ops.transpose(ops.matmul(ops.softmax(scores), value), (0, 2, 1, 3))
        return ops.reshape(mixed, (-1, ops.shape(states)[1], self.heads * self.size))

    def _split(self, states: Any) -> Any:
        return ops.transpose(ops.reshape(states, (-1, ops.shape(states)[1], self.heads, self.size)), (0, 2, 1, 3))


def _tensors(path: Path) -> dict[str, np.ndarray]:
    return {_as_in_bert(name): tensor.astype(np.float32) for name, tensor in load_file(path).items()}


def _as_in_bert(name: str) -> str:
    for theirs, ours in (OF_DISTILBERT | OF_MPNET).items():
        name = name.replace(f"{theirs}.", f"{ours}.")
    return re.sub(r"^(\w*bert\w*|mpnet)\.", "", name)


def fill(encoder: keras.Model, shape: Shape, tensors: dict[str, np.ndarray]) -> None:
    """Give an encoder, or a model around one, the weights that `encoder_tensors` gave."""

    def dense(layer: layers.Dense, name: str) -> None:
        layer.set_weights([tensors[f"{name}.weight"].T, tensors[f"{name}.bias"]])

    def norm(layer: layers.LayerNormalization, name: str) -> None:
        layer.set_weights([tensors[f"{name}.weight"], tensors[f"{name}.bias"]])

    embeddings = encoder.get_layer("embeddings")
    embeddings.words.set_weights([tensors["embeddings.word_embeddings.weight"]])
    embeddings.places.set_weights([tensors["embeddings.position_embeddings.weight"]])
    norm(embeddings.norm, "embeddings.LayerNorm")
    if shape.distances:
        encoder.get_layer("nearness").table.set_weights([tensors["encoder.relative_attention_bias.weight"]])
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
