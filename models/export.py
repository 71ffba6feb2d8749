"""Keras → ONNX. The LSTM becomes ONNX's own LSTM operator, twice as fast as the loop that Keras exports.

An export is accepted only when it agrees with the Keras model; what int8 costs is measured, not assumed.
"""

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

_KERAS_GATES, _ONNX_GATES = "ifco", "iofc"


class Graph:
    """ONNX nodes one after the other, with the weights they use."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: dict[str, np.ndarray] = {}

    def __call__(self, kind: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        names = [given if isinstance(given, str) else self._weight(given) for given in inputs]
        self.nodes.append(helper.make_node(kind, names, [name], **attributes))
        return name

    def dense(self, states: str, layer: Any) -> str:
        return self("Add", self("MatMul", states, layer.kernel.numpy()), layer.bias.numpy())

    def norm(self, states: str, layer: Any) -> str:
        weights = (layer.gamma.numpy(), layer.beta.numpy())
        return self("LayerNormalization", states, *weights, axis=-1, epsilon=EPSILON)

    def finish(self, output: str) -> None:
        self.nodes.append(helper.make_node("Identity", [output], ["logits"]))

    def _weight(self, value: np.ndarray) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights[name] = value
        return name


def write_bilstm(model: Any, path: Path) -> None:
    graph = Graph()
    graph.nodes += _bilstm_nodes(model.get_layer("bilstm").forward_layer.units)
    graph.weights |= _bilstm_weights(model)
    own = graph("Squeeze", graph("Slice", "ids", "slot_0", "slot_1", "axis_2"), "axis_2")
    words = graph("Reshape", "ids", np.array([0, -1], np.int64))
    _write(graph, model, "network", own, words, ["text", "word", SLOTS], path)


def write_transformer(model: Any, path: Path) -> None:
    from models.transformer import add_transformer

    graph = Graph()
    _write(graph, model, add_transformer(graph, model), "ids", "ids", ["text", "token"], path)


def _write(graph: Graph, model: Any, logits: str, own: str, words: str, ids: list[Any], path: Path) -> None:
    if "phrases" in [layer.name for layer in model.layers]:
        logits = graph("Add", logits, _said(graph, model.get_layer("phrases").table, own, words))
    graph.finish(logits)
    save(graph, ids, path)


def save(graph: Graph, ids: list[Any], path: Path) -> None:
    body = helper.make_graph(
        graph.nodes,
        "toxwatch",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ids)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["text", len(LABELS)])],
        [numpy_helper.from_array(value, name) for name, value in graph.weights.items()],
    )
    onnx_model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(onnx_model)
    onnx.save(onnx_model, path)


def _said(graph: Graph, table: np.ndarray, own: str, words: str) -> str:
    """What `models.phrases.Phrases` adds."""
    from models.phrases import PAIRS, SPREAD

    def ints(*values: int) -> np.ndarray:
        return np.array(values, np.int64)

    def small(value: int) -> np.ndarray:
        return np.array(value, np.int32)

    left = graph("Slice", own, ints(0), ints(-1), ints(1))
    right = graph("Slice", own, ints(1), ints(np.iinfo(np.int64).max), ints(1))
    pairs = graph("Mod", graph("Add", graph("Mul", left, small(SPREAD)), right), small(PAIRS))
    pairs = graph("Add", pairs, small(len(table) - PAIRS))
    pairs = graph("Where", graph("Greater", right, small(0)), pairs, small(0))
    found = graph("Concat", words, pairs, axis=1)
    there = graph("Cast", graph("Greater", found, small(0)), to=TensorProto.FLOAT)
    number = graph("Max", graph("ReduceSum", there, ints(1)), np.array(1, np.float32))
    said = graph("ReduceSum", graph("Gather", table, found), ints(1), keepdims=0)
    return graph("Div", said, graph("Sqrt", number))


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


def _bilstm_weights(model: Any) -> dict[str, np.ndarray]:
    table = model.get_layer("embedding").table.numpy().copy()
    table[0] = 0.0  # padding
    bilstm = model.get_layer("bilstm")
    directions = [bilstm.forward_layer.cell, bilstm.backward_layer.cell]
    bias = np.stack([_reorder(cell.bias.numpy()) for cell in directions])
    logits, hidden = model.get_layer("logits"), model.get_layer("hidden")
    return {
        "table": table,
        "lstm_w": np.stack([_reorder(cell.kernel.numpy()).T for cell in directions]),
        "lstm_r": np.stack([_reorder(cell.recurrent_kernel.numpy()).T for cell in directions]),
        "lstm_b": np.concatenate([bias, np.zeros_like(bias)], axis=1),
        "query": model.get_layer("pool").query.numpy(),
        "hidden_w": hidden.kernel.numpy(), "hidden_b": hidden.bias.numpy(),
        "logits_w": logits.kernel.numpy(), "logits_b": logits.bias.numpy(),
        "zero": np.array([0], np.int32), "one": np.array([1], np.float32), "minus_big": np.array([-1e4], np.float32),
        "slot_0": np.array([0], np.int64), "slot_1": np.array([1], np.int64), "slot_end": np.array([SLOTS], np.int64),
        "axis_1": np.array([1], np.int64), "axis_2": np.array([2], np.int64), "axis_3": np.array([3], np.int64),
        "merge": np.array([0, 0, -1], np.int64),
    }  # fmt: skip


def _reorder(weights: np.ndarray) -> np.ndarray:
    """The four gates, stacked along the last axis, from Keras's order to ONNX's."""
    gates = dict(zip(_KERAS_GATES, np.split(weights, 4, axis=-1), strict=True))
    return np.concatenate([gates[gate] for gate in _ONNX_GATES], axis=-1)


def _bilstm_nodes(units: int) -> list[Any]:
    def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
        return helper.make_node(kind, [name if name != "-" else "" for name in inputs.split()], [output], **attributes)

    return [
        # === Embedding: padding has a zero row, so sums need no mask ===
        node("Gather", "table ids", "vectors"),
        node("Slice", "vectors slot_0 slot_1 axis_2", "own_slot"),
        node("Squeeze", "own_slot axis_2", "own"),
        node("Slice", "vectors slot_1 slot_end axis_2", "gram_vectors"),
        node("ReduceSum", "gram_vectors axis_2", "gram_sum", keepdims=0),
        node("Greater", "ids zero", "present"),
        node("Cast", "present", "present_float", to=TensorProto.FLOAT),
        node("Slice", "present_float slot_1 slot_end axis_2", "grams_present"),
        node("ReduceSum", "grams_present axis_2", "gram_count", keepdims=1),
        node("Max", "gram_count one", "gram_divisor"),
        node("Div", "gram_sum gram_divisor", "grams"),
        node("Add", "own grams", "words"),
        # === BiLSTM ===
        node("Slice", "present_float slot_0 slot_1 axis_2", "is_word"),
        node("ReduceSum", "is_word axis_1", "length_column", keepdims=0),
        node("Squeeze", "length_column axis_1", "length_float"),
        node("Cast", "length_float", "lengths", to=TensorProto.INT32),
        node("Transpose", "words", "words_first", perm=[1, 0, 2]),
        node("LSTM", "words_first lstm_w lstm_r lstm_b lengths", "lstm", hidden_size=units, direction="bidirectional"),
        node("Transpose", "lstm", "texts_first", perm=[2, 0, 1, 3]),
        node("Reshape", "texts_first merge", "states"),
        # === Pool ===
        node("Sub", "one is_word", "absent"),
        node("Mul", "absent minus_big", "penalty"),
        node("Add", "states penalty", "open_states"),
        node("ReduceMax", "open_states", "strongest", axes=[1], keepdims=0),
        node("MatMul", "states query", "importance"),
        node("Add", "importance penalty", "open_importance"),
        node("Softmax", "open_importance", "weights", axis=1),
        node("Mul", "states weights", "weighted"),
        node("ReduceSum", "weighted axis_1", "attended", keepdims=0),
        node("Concat", "strongest attended", "features", axis=1),
        # === Head ===
        node("Gemm", "features hidden_w hidden_b", "hidden_raw"),
        node("Relu", "hidden_raw", "hidden"),
        node("Gemm", "hidden logits_w logits_b", "network"),
    ]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
