"""The BiLSTM in Keras: words and n-grams → both directions → the strongest and the attended → labels and who."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from onnx import TensorProto

from models.labels import LABELS, WHO
from models.training.graph import Graph, ints
from models.words import SLOTS


@dataclass(frozen=True)
class Size:
    embedding: int
    units: int
    head: int


@keras.saving.register_keras_serializable("toxwatch")
class WordEmbedding(layers.Layer):
    """A word's own vector plus the mean of its n-grams' vectors."""

    def __init__(self, size: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.width = size, width

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        self.table = self.add_weight(name="table", shape=(self.size, self.width),
                                     initializer=keras.initializers.RandomUniform(-0.05, 0.05))  # fmt: skip

    def call(self, ids: Any) -> Any:
        present = ops.cast(ids > 0, self.compute_dtype)[..., None]
        vectors = ops.take(ops.convert_to_tensor(self.table), ids, axis=0) * present
        grams = ops.sum(vectors[:, :, 1:], axis=2) / ops.maximum(ops.sum(present[:, :, 1:], axis=2), 1.0)
        return vectors[:, :, 0] + grams

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"size": self.size, "width": self.width}


@keras.saving.register_keras_serializable("toxwatch")
class MaxAndAttention(layers.Layer):
    """The strongest value of each feature, and the mean of the words weighted by how much they matter."""

    supports_masking = True

    def compute_mask(self, states: Any, previous: Any) -> None:
        """There are no words behind it any more."""

    def build(self, input_shape: Any) -> None:
        self.query = self.add_weight(name="query", shape=(input_shape[-1], 1), initializer="glorot_uniform")

    def call(self, states: Any, is_word: Any) -> Any:
        absent = (1.0 - ops.cast(is_word, states.dtype))[..., None] * -1e4
        weights = ops.softmax(ops.matmul(states, self.query) + absent, axis=1)
        return ops.concatenate([ops.max(states + absent, axis=1), ops.sum(states * weights, axis=1)], axis=-1)


def build_bilstm(vocabulary_size: int, size: Size, dropout: float = 0.0) -> keras.Model:
    # === Layers ===
    embed = WordEmbedding(vocabulary_size, size.embedding, name="embedding")
    read = layers.Bidirectional(layers.LSTM(size.units, return_sequences=True), name="bilstm")
    pool = MaxAndAttention(name="pool")
    # === Functional model ===
    ids = keras.Input((None, SLOTS), dtype="int32", name="ids")
    is_word = ids[:, :, 0] > 0
    words = layers.SpatialDropout1D(dropout)(embed(ids))
    features = layers.Dropout(dropout)(pool(read(words, mask=is_word), is_word))
    hidden = layers.Dropout(dropout)(layers.Dense(size.head, activation="relu", name="hidden")(features))
    return keras.Model(ids, layers.Dense(len(LABELS) + len(WHO), dtype="float32", name="logits")(hidden))


def add_bilstm(graph: Graph, model: keras.Model) -> str:
    """words, ids → logits, what Keras computes, but each distinct word is embedded once; returns what they are called.

    ONNX's own LSTM operator is twice as fast as the loop that Keras exports.
    """
    table = model.get_layer("embedding").table.numpy().copy()
    table[0] = 0.0  # padding, so that sums need no mask
    vectors, present = graph("Gather", table, "words"), graph.present("words")
    own = graph("Squeeze", graph.slice(vectors, 0, 1), ints(1))
    grams = graph("ReduceSum", graph.slice(vectors, 1, SLOTS), ints(1), keepdims=0)
    number = graph("Max", graph("ReduceSum", graph.slice(present, 1, SLOTS), ints(1)), np.float32(1))
    words = graph("Add", own, graph("Div", grams, number))
    is_word = graph("Gather", graph.slice(present, 0, 1), "ids")
    states = _read(graph, model.get_layer("bilstm"), words, is_word)
    penalty = graph("Mul", graph("Sub", np.float32(1), is_word), np.float32(-1e4))
    strongest = graph("ReduceMax", graph("Add", states, penalty), axes=[1], keepdims=0)
    importance = graph("Add", graph("MatMul", states, model.get_layer("pool").query.numpy()), penalty)
    attended = graph("Mul", states, graph("Softmax", importance, axis=1))
    features = graph("Concat", strongest, graph("ReduceSum", attended, ints(1), keepdims=0), axis=1)
    hidden, logits = model.get_layer("hidden"), model.get_layer("logits")
    heard = graph("Relu", graph("Gemm", features, hidden.kernel.numpy(), hidden.bias.numpy()))
    return graph("Gemm", heard, logits.kernel.numpy(), logits.bias.numpy())


def _read(graph: Graph, bilstm: Any, words: str, is_word: str) -> str:
    cells = [bilstm.forward_layer.cell, bilstm.backward_layer.cell]
    forward = np.stack([_in_onnx_order(cell.kernel.numpy()).T for cell in cells])
    back = np.stack([_in_onnx_order(cell.recurrent_kernel.numpy()).T for cell in cells])
    bias = np.stack([_in_onnx_order(cell.bias.numpy()) for cell in cells])
    lengths = graph("Squeeze", graph("ReduceSum", is_word, ints(1), keepdims=0), ints(1))
    states = graph(
        "LSTM",
        graph("Gather", words, graph("Transpose", "ids", perm=[1, 0])),
        forward,
        back,
        np.concatenate([bias, np.zeros_like(bias)], axis=1),
        graph("Cast", lengths, to=TensorProto.INT32),
        hidden_size=bilstm.forward_layer.units,
        direction="bidirectional",
    )
    return graph("Reshape", graph("Transpose", states, perm=[2, 0, 1, 3]), ints(0, 0, -1))


def _in_onnx_order(weights: np.ndarray) -> np.ndarray:
    """The four gates, stacked along the last axis."""
    gates = dict(zip("ifco", np.split(weights, 4, axis=-1), strict=True))
    return np.concatenate([gates[gate] for gate in "iofc"], axis=-1)
