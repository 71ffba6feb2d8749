"""ONNX graphs, written node by node."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.labels import LABELS, WHO

OPSET = 17
EPSILON = 1e-12
END = np.iinfo(np.int64).max  # of an axis


class Graph:
    """ONNX nodes one after the other, with the weights they use."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: dict[str, np.ndarray] = {}

    def __call__(self, kind: str, *inputs: str | np.ndarray | np.generic, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        names = [given if isinstance(given, str) else self._weight(given) for given in inputs]
        self.nodes.append(helper.make_node(kind, names, [name], **attributes))
        return name

    def dense(self, states: str, layer: Any) -> str:
        return self("Add", self("MatMul", states, layer.kernel.numpy()), layer.bias.numpy())

    def norm(self, states: str, layer: Any) -> str:
        weights = (layer.gamma.numpy(), layer.beta.numpy())
        return self("LayerNormalization", states, *weights, axis=-1, epsilon=EPSILON)

    def slice(self, values: str, start: int, end: int) -> str:
        """Along the second axis."""
        return self("Slice", values, ints(start), ints(end), ints(1))

    def present(self, ids: str) -> str:
        return self("Cast", self("Greater", ids, np.int32(0)), to=TensorProto.FLOAT)

    def finish(self, output: str) -> None:
        self.nodes.append(helper.make_node("Identity", [output], ["logits"]))

    def _weight(self, value: np.ndarray | np.generic) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights[name] = np.asarray(value)
        return name


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def save(graph: Graph, inputs: dict[str, list[Any]], path: Path, width: int = len(LABELS) + len(WHO)) -> None:
    body = helper.make_graph(
        graph.nodes,
        "toxwatch",
        [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["text", width])],
        [numpy_helper.from_array(value, name) for name, value in graph.weights.items()],
    )
    onnx_model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(onnx_model)
    onnx.save(onnx_model, path)
