"""Weights and products of an ONNX network in eight bits."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LARGE = 10_000  # numbers in a weight that is worth storing as int8
MOST_SUMMED = 63  # of a weight that is multiplied: more, and processors without VNNI overflow in their sums of pairs
MIDDLE = np.uint8(128)  # stands for 0 among activations: unsigned times signed is what processors are fast at
FUSED = "com.microsoft"  # ONNX Runtime's own operators


def quantize(source: Path, target: Path) -> None:
    """int8 tables, and products of int8 in which every word of every text has a scale of its own.

    One scale for a whole batch is what is usual; a comment's score then depends on its neighbours.
    """
    model = onnx.load(source)
    weights = {one.name: one for one in model.graph.initializer if np.prod(one.dims) >= LARGE}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in weights]
    for node in list(model.graph.node):
        if node.op_type == "Gather" and node.input[0] in weights:
            _look_up_int8(model.graph, node, weights[node.input[0]])
    for node in products:
        _multiply_int8(model.graph, node, weights[node.input[1]])
    if products:
        constants = {"int8_middle": MIDDLE, "int8_none": np.int8(0), "int8_one": np.float32(1)}
        constants |= {"int8_most": np.float32(127), "int8_least": np.float32(1e-12)}
        model.graph.initializer.extend(numpy_helper.from_array(np.array(v), name) for name, v in constants.items())
        model.opset_import.append(helper.make_opsetid(FUSED, 1))
    onnx.save(model, target)


def _look_up_int8(graph: Any, node: Any, table: Any) -> None:
    """Rows are looked up as int8, and each one's scale beside it."""
    small, scales = _as_int8(graph, table, axis=1)
    rows, ids, output = f"{table.name}_rows", node.input[1], node.output[0]
    nodes = [
        helper.make_node("Gather", [small, ids], [rows]),
        helper.make_node("Gather", [scales, ids], [f"{rows}_scale"]),
        helper.make_node("Cast", [rows], [f"{rows}_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{rows}_float", f"{rows}_scale"], [output]),
    ]
    _replace(graph, node, nodes)


def _multiply_int8(graph: Any, node: Any, weight: Any) -> None:
    """A row is divided by its largest value, rounded to eight bits, multiplied, and given its size back."""
    small, scales = _as_int8(graph, weight, axis=0, most=MOST_SUMMED)
    rows, output = node.input[0], node.output[0]

    def step(kind: str, inputs: list[str], name: str, **attributes: Any) -> Any:
        return helper.make_node(kind, inputs, [f"{output}_{name}"], **attributes)

    nodes = [
        step("Abs", [rows], "size"),
        step("ReduceMax", [f"{output}_size"], "largest", axes=[-1]),
        step("Max", [f"{output}_largest", "int8_least"], "top"),
        step("Div", ["int8_most", f"{output}_top"], "shrink"),
        step("Div", [f"{output}_top", "int8_most"], "grow"),
        step("Mul", [rows, f"{output}_shrink"], "within"),
        step("QuantizeLinear", [f"{output}_within", "int8_one", "int8_middle"], "small"),
        step(
            "MatMulIntegerToFloat",
            [f"{output}_small", small, "int8_one", scales, "int8_middle", "int8_none"],
            "product",
            domain=FUSED,
        ),
        helper.make_node("Mul", [f"{output}_product", f"{output}_grow"], [output]),
    ]
    _replace(graph, node, nodes)


def _as_int8(graph: Any, weight: Any, axis: int, most: int = 127) -> tuple[str, str]:
    """Stores a weight as int8 and a scale a row [row, 1] or column [column]; returns their names."""
    values = numpy_helper.to_array(weight)
    scales = np.maximum(np.abs(values).max(axis=axis, keepdims=axis == 1), 1e-12) / most
    small = np.round(values / scales).astype(np.int8)
    names = f"{weight.name}_int8", f"{weight.name}_scale"
    graph.initializer.remove(weight)
    arrays = (small, scales.astype(np.float32))
    graph.initializer.extend(numpy_helper.from_array(array, name) for array, name in zip(arrays, names, strict=True))
    return names


def _replace(graph: Any, node: Any, nodes: list[Any]) -> None:
    at = list(graph.node).index(node)
    graph.node.remove(node)
    for i, new in enumerate(nodes):
        graph.node.insert(at + i, new)
