"""Keras → ONNX, node by node (`add_bilstm` and `add_transformer` stand beside their networks).

An export is accepted only when it agrees with the Keras model; what int8 costs is measured, not assumed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.labels import LABELS, ModelError
from models.tokens import LONGEST, Tokens
from models.words import SLOTS

OPSET = 17
AGREEMENT = 1e-5  # largest difference of a probability between Keras and ONNX fp32
AUC_LOSS = 0.002  # largest loss of any label's AUC by int8, or by a cascade against its slow network
ENOUGH_POSITIVES = 20
LARGE = 10_000  # numbers in a weight that is worth storing as int8
MOST_SUMMED = 63  # of a weight that is multiplied: more, and processors without VNNI overflow in their sums of pairs
MIDDLE = np.uint8(128)  # stands for 0 among activations: unsigned times signed is what processors are fast at
FUSED = "com.microsoft"  # ONNX Runtime's own operators
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


def write_bilstm(model: Any, path: Path) -> None:
    """`words` are a batch's distinct words, by their slots; `ids` says which of them stands where."""
    from models.bilstm import add_bilstm

    graph = Graph()
    own = graph("Gather", graph("Squeeze", graph.slice("words", 0, 1), ints(1)), "ids")

    def placed(slots: str) -> str:
        return graph("Gather", graph("ReduceSum", slots, ints(1), keepdims=0), "ids")

    graph.finish(_with_phrases(graph, model, add_bilstm(graph, model), own, "words", placed))
    save(graph, {"words": ["distinct", SLOTS], "ids": ["text", "word"]}, path)


def write_transformer(model: Any, path: Path) -> None:
    from models.transformer import add_transformer

    graph = Graph()
    graph.finish(_with_phrases(graph, model, add_transformer(graph, model), "ids", "ids", lambda tokens: tokens))
    save(graph, {"ids": ["text", "token"]}, path)


def save(graph: Graph, inputs: dict[str, list[Any]], path: Path) -> None:
    body = helper.make_graph(
        graph.nodes,
        "toxwatch",
        [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["text", len(LABELS)])],
        [numpy_helper.from_array(value, name) for name, value in graph.weights.items()],
    )
    onnx_model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(onnx_model)
    onnx.save(onnx_model, path)


def _with_phrases(graph: Graph, model: Any, logits: str, own: str, slots: str, placed: Callable[[str], str]) -> str:
    """The logits, and what `models.phrases.Phrases` adds: `placed` brings what slots say to where their words stand."""
    from models.phrases import PAIRS, SPREAD

    if "phrases" not in [layer.name for layer in model.layers]:
        return logits
    table = model.get_layer("phrases").table
    left, right = graph.slice(own, 0, -1), graph.slice(own, 1, END)
    pairs = graph("Mod", graph("Add", graph("Mul", left, np.int32(SPREAD)), right), np.int32(PAIRS))
    are_there = graph("Unsqueeze", graph.present(right), ints(2))
    said = graph("Concat", placed(graph("Gather", table[:-PAIRS], slots)),
                 graph("Mul", graph("Gather", table[-PAIRS:], pairs), are_there), axis=1)  # fmt: skip
    number = graph("Concat", placed(graph.present(slots)), graph.present(right), axis=1)
    number = graph("Max", graph("ReduceSum", number, ints(1)), np.float32(1))
    return graph("Add", logits, graph("Div", graph("ReduceSum", said, ints(1), keepdims=0), graph("Sqrt", number)))


def write_for_spark_nlp(model_dir: Path, folder: Path) -> None:
    """The transformer in `model_dir` as Spark NLP's BertForSequenceClassification wants one."""
    model = onnx.load(model_dir / "model.onnx")
    del model.graph.input[:]
    for name in ("input_ids", "attention_mask", "token_type_ids"):  # ours finds padding by itself
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.INT64, ["text", "token"]))
    model.graph.node.insert(0, helper.make_node("Cast", ["input_ids"], ["ids"], to=TensorProto.INT32))
    onnx.save(model, folder / "model.onnx")
    assets = folder / "assets"
    assets.mkdir()
    (assets / "vocab.txt").write_text("\n".join(Tokens(model_dir, LONGEST).pieces()), encoding="utf-8")
    (assets / "labels.txt").write_text("\n".join(LABELS))


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


def check_agreement(reference: np.ndarray, exported: np.ndarray) -> float:
    """Largest difference of a probability; refuses an export that is another model."""
    difference = float(np.abs(_sigmoid(reference) - _sigmoid(exported)).max())
    if difference > AGREEMENT:
        raise ModelError(f"The ONNX export differs from the Keras model by {difference:.1e}, allowed {AGREEMENT:.0e}.")
    return difference


def check_losses(losses: dict[str, float], truth: np.ndarray) -> None:
    """Refuses an int8 export that ranks a label worse."""
    if worse := too_lossy(losses, truth):
        raise ModelError(f"int8 costs {worse[0]} {losses[worse[0]]:.4f} AUC, allowed are {AUC_LOSS}. All: {losses}")


def too_lossy(losses: dict[str, float], truth: np.ndarray) -> list[str]:
    """Labels that lose more than AUC_LOSS, judged where a label has enough positives to tell."""
    enough = [label for i, label in enumerate(LABELS) if np.nansum(truth[:, i]) >= ENOUGH_POSITIVES]
    return [label for label in enough if losses.get(label, 0.0) > AUC_LOSS]


def auc_losses(reference: np.ndarray, exported: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """What each label's AUC loses by an export, where the rows have both kinds."""
    from sklearn.metrics import roc_auc_score

    losses = {}
    for i, label in enumerate(LABELS):
        known = ~np.isnan(truth[:, i])
        if len(np.unique(truth[known, i])) == 2:
            before, after = (roc_auc_score(truth[known, i], logits[known, i]) for logits in (reference, exported))
            losses[label] = round(float(before - after), 5)
    return losses


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
