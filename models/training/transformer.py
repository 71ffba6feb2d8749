"""The transformer: an encoder, the mean of its tokens, labels and who. Trained in Keras, written as ONNX by hand."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from models.labels import LABELS, WHO
from models.tokens import LONGEST
from models.training.encoder import build_encoder
from models.training.graph import Graph, ints


@keras.saving.register_keras_serializable("toxwatch")
class TokenMean(layers.Layer):
    """The mean over the tokens that are there."""

    def call(self, states: Any, is_token: Any) -> Any:
        present = ops.cast(is_token, states.dtype)[..., None]
        return ops.sum(states * present, axis=1) / ops.maximum(ops.sum(present, axis=1), 1.0)


def build_transformer(backbone: Path, dropout: float) -> keras.Model:
    return with_head(build_encoder(backbone, dropout), dropout)


def with_head(encoder: keras.Model, dropout: float, width: int = len(LABELS) + len(WHO)) -> keras.Model:
    ids = encoder.input
    mean = layers.Dropout(dropout)(TokenMean(name="mean")(encoder.output, ids > 0))
    return keras.Model(ids, layers.Dense(width, dtype="float32", name="logits")(mean))


def add_transformer(graph: Graph, model: keras.Model) -> str:
    """ids → logits, node for node what Keras computes; returns what they are called."""
    embeddings = model.get_layer("embeddings")
    blocks = [layer for layer in model.layers if layer.name.startswith("block_")]
    length = graph("Slice", graph("Shape", "ids"), ints(1), ints(2))
    places = graph("Slice", embeddings.places.embeddings.numpy()[:LONGEST], ints(0), length, ints(0))
    words = graph("Gather", embeddings.words.embeddings.numpy(), "ids")
    states = graph.norm(graph("Add", words, places), embeddings.norm)
    is_token = graph.present("ids")
    absent = graph("Mul", graph("Sub", np.float32(1), is_token), np.float32(-1e4))
    penalty = graph("Unsqueeze", absent, ints(1, 2))
    if "nearness" in [layer.name for layer in model.layers]:
        far = np.asarray(model.get_layer("nearness")(np.zeros((1, LONGEST), np.int32)))
        near = graph("Slice", far, ints(0, 0), graph("Concat", length, length, axis=0), ints(2, 3))
        penalty = graph("Add", penalty, near)
    for block in blocks:
        states = _block(graph, block, states, penalty)
    present = graph("Unsqueeze", is_token, ints(2))
    total = graph("ReduceSum", graph("Mul", states, present), ints(1), keepdims=0)
    count = graph("ReduceSum", present, ints(1), keepdims=0)
    mean = graph("Div", total, graph("Max", count, np.float32(1)))
    return graph.dense(mean, model.get_layer("logits"))


def _block(graph: Graph, block: Any, states: str, penalty: str) -> str:
    def split(layer: Any, order: list[int]) -> str:
        parts = graph("Reshape", graph.dense(states, layer), ints(0, 0, block.heads, block.size))
        return graph("Transpose", parts, perm=order)

    query, key = split(block.query, [0, 2, 1, 3]), split(block.key, [0, 2, 3, 1])
    value = split(block.value, [0, 2, 1, 3])
    scores = graph("Div", graph("MatMul", query, key), np.float32(np.sqrt(block.size)))
    weights = graph("Softmax", graph("Add", scores, penalty), axis=-1)
    mixed = graph("Transpose", graph("MatMul", weights, value), perm=[0, 2, 1, 3])
    mixed = graph("Reshape", mixed, ints(0, 0, block.heads * block.size))
    states = graph.norm(graph("Add", states, graph.dense(mixed, block.mix)), block.norm)
    inner = graph.dense(states, block.inner)
    half = graph("Mul", inner, np.float32(0.5))
    erf = graph("Erf", graph("Div", inner, np.float32(np.sqrt(2))))
    gelu = graph("Mul", half, graph("Add", erf, np.float32(1)))
    return graph.norm(graph("Add", states, graph.dense(gelu, block.outer)), block.last_norm)
