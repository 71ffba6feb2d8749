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

_KERAS_GATES, _ONNX_GATES = "ifco", "iofc"


def write_bilstm(model: Any, path: Path) -> None:
    nodes = _bilstm_nodes(model.get_layer("bilstm").forward_layer.units)
    _write(nodes, _bilstm_weights(model), ["text", "word", SLOTS], path)


def write_transformer(model: Any, path: Path) -> None:
    from models.transformer import graph_of

    graph = graph_of(model)
    _write(graph.nodes, graph.weights, ["text", "token"], path)


def _write(nodes: list[Any], weights: dict[str, np.ndarray], ids: list[Any], path: Path) -> None:
    graph = helper.make_graph(
        nodes,
        "toxwatch",
        [helper.make_tensor_value_info("ids", TensorProto.INT32, ids)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["text", len(LABELS)])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    onnx_model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(onnx_model)
    onnx.save(onnx_model, path)


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
    """int8 with a scale a row or column for the weights as they are stored; what is computed stays float32.

    Where activations are int8 too, their scale is that of the whole batch, and a comment's score depends on its
    neighbours. Twice the speed is not worth that.
    """
    model = onnx.load(source)
    weights = {one.name: one for one in model.graph.initializer if np.prod(one.dims) >= LARGE}
    for node in list(model.graph.node):
        if node.op_type == "Gather" and node.input[0] in weights:
            _look_up_int8(model.graph, node, weights[node.input[0]])
        elif node.op_type == "MatMul" and node.input[1] in weights:
            _multiply_int8(model.graph, node, weights[node.input[1]])
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
    """ONNX Runtime makes the weight float32 once, when it loads the model."""
    small, scales = _as_int8(graph, weight, axis=0)
    nodes = [
        helper.make_node("Cast", [small], [f"{small}_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{small}_float", scales], [weight.name]),
        node,
    ]
    _replace(graph, node, nodes)


def _as_int8(graph: Any, weight: Any, axis: int) -> tuple[str, str]:
    """Stores a weight as int8 and its scales, the largest number along `axis` as 127; returns their names."""
    values = numpy_helper.to_array(weight)
    scales = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12) / 127
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
        node("Gemm", "hidden logits_w logits_b", "logits"),
    ]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
