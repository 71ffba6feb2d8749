"""A trained Keras network as an ONNX graph, with the phrases beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from models.labels import WHO
from models.training.bilstm import add_bilstm
from models.training.graph import END, Graph, ints, save
from models.training.phrases import PAIRS, SPREAD
from models.training.transformer import add_transformer
from models.words import SLOTS


def write_bilstm(model: Any, path: Path) -> None:
    """`words` are a batch's distinct words, by their slots; `ids` says which of them stands where."""
    graph = Graph()
    own = graph("Gather", graph("Squeeze", graph.slice("words", 0, 1), ints(1)), "ids")

    def placed(slots: str) -> str:
        return graph("Gather", graph("ReduceSum", slots, ints(1), keepdims=0), "ids")

    graph.finish(_with_phrases(graph, model, add_bilstm(graph, model), own, "words", placed))
    save(graph, {"words": ["distinct", SLOTS], "ids": ["text", "word"]}, path)


def write_transformer(model: Any, path: Path) -> None:
    graph = Graph()
    graph.finish(_with_phrases(graph, model, add_transformer(graph, model), "ids", "ids", lambda tokens: tokens))
    save(graph, {"ids": ["text", "token"]}, path, model.output_shape[-1])


def _with_phrases(graph: Graph, model: Any, logits: str, own: str, slots: str, placed: Callable[[str], str]) -> str:
    """logits + Σ weights of words and pairs / √n; `placed` maps the slots' weights to where their words stand."""
    if "phrases" not in [layer.name for layer in model.layers]:
        return logits
    table = model.get_layer("phrases").table
    left, right = graph.slice(own, 0, -1), graph.slice(own, 1, END)
    pairs = graph("Mod", graph("Add", graph("Mul", left, np.int32(SPREAD)), right), np.int32(PAIRS))
    are_there = graph("Unsqueeze", graph.present(right), ints(2))
    weights = graph("Concat", placed(graph("Gather", table[:-PAIRS], slots)),
                 graph("Mul", graph("Gather", table[-PAIRS:], pairs), are_there), axis=1)  # fmt: skip
    number = graph("Concat", placed(graph.present(slots)), graph.present(right), axis=1)
    number = graph("Max", graph("ReduceSum", number, ints(1)), np.float32(1))
    opinion = graph("Div", graph("ReduceSum", weights, ints(1), keepdims=0), graph("Sqrt", number))
    return graph("Add", logits, graph("Pad", opinion, ints(0, 0, 0, len(WHO))))  # nothing is added to who is attacked
