"""The encoder inside an exported transformer, in Hugging Face layout again: to begin another training with it.

Rounding to eight bits costs it little, and fine-tuning heals that.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

from models.labels import ModelError
from models.tokens import LONGEST, TOKENIZER, Tokens
from models.training.graph import EPSILON

OF_BLOCK = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
            "intermediate.dense", "output.dense")  # fmt: skip
NORMS_OF_BLOCK = ("attention.output.LayerNorm", "output.LayerNorm")


def unpack(folder: Path, target: Path) -> None:
    """Write the encoder of the model in `folder` to `target`."""
    network = Exported(folder / "model.onnx")
    products, norms = network.products(), network.norms()
    if (len(products) - 1) % len(OF_BLOCK) or network.is_relative:
        raise ModelError(f"{folder} holds no BERT-like transformer: name the encoder that it was trained from.")
    words, places = network.tables()
    padding = Tokens(folder, LONGEST).padding
    words[[0, padding]] = words[[padding, 0]]
    tensors = {"embeddings.word_embeddings.weight": words, "embeddings.position_embeddings.weight": places}
    names = ["embeddings.LayerNorm"]
    layers = (len(products) - 1) // len(OF_BLOCK)
    for i in range(layers):
        names += [f"encoder.layer.{i}.{name}" for name in NORMS_OF_BLOCK]
    for name, (scale, shift) in zip(names, norms, strict=True):
        tensors |= {f"{name}.weight": scale, f"{name}.bias": shift}
    names = [f"encoder.layer.{i}.{name}" for i in range(layers) for name in OF_BLOCK]
    for name, (kernel, bias) in zip(names, products, strict=False):  # the last one is the head
        tensors |= {f"{name}.weight": np.ascontiguousarray(kernel.T), f"{name}.bias": bias}
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "num_hidden_layers": layers,
        "hidden_size": words.shape[1],
        "num_attention_heads": network.heads(),
        "intermediate_size": products[OF_BLOCK.index("intermediate.dense")][1].shape[0],
        "vocab_size": len(words),
        "max_position_embeddings": len(places),
        "layer_norm_eps": EPSILON,
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    save_file(tensors, target / "model.safetensors")
    shutil.copyfile(folder / TOKENIZER, target / TOKENIZER)


class Exported:
    """The weights of a graph that `models.training.export.write_transformer` wrote, in its order."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(path).graph
        self._nodes = list(graph.node)
        self._weights = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self._readers = {name: node for node in reversed(self._nodes) for name in node.input}
        positions = next(node.input[0] for node in self._nodes if node.op_type == "Slice" and self._is_weight(node, 0))
        self._places = self._weights[positions]
        self.is_relative = any(values.ndim == 4 for values in self._weights.values())

    def tables(self) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of words and of places."""
        words = next(node.input[0] for node in self._nodes if node.op_type == "Gather" and self._is_weight(node, 0))
        return self._plain(words), self._places

    def products(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The kernel and bias of every dense layer."""
        found = []
        for node in self._nodes:
            if node.op_type in ("MatMul", "MatMulIntegerToFloat") and self._is_weight(node, 1):
                reader = self._readers[node.output[0]]
                added = reader if reader.op_type == "Add" else self._readers[reader.output[0]]
                bias = next(name for name in added.input if name in self._weights)
                found.append((self._plain(node.input[1]), self._weights[bias]))
        return found

    def norms(self) -> list[tuple[np.ndarray, np.ndarray]]:
        of_norms = [node.input for node in self._nodes if node.op_type == "LayerNormalization"]
        return [(self._weights[scale], self._weights[shift]) for _, scale, shift in of_norms]

    def heads(self) -> int:
        shape = next(node.input[1] for node in self._nodes if node.op_type == "Reshape")
        return int(self._weights[shape][2])

    def _is_weight(self, node: onnx.NodeProto, place: int) -> bool:
        return node.input[place] in self._weights

    def _plain(self, name: str) -> np.ndarray:
        """A weight as float32, also if it was rounded to int8."""
        values = self._weights[name]
        scales = self._weights.get(f"{name.removesuffix('_int8')}_scale", np.float32(1))
        plain: np.ndarray = values.astype(np.float32) * scales
        return plain
