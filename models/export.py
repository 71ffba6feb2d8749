"""Keras → ONNX. The LSTM becomes ONNX's own LSTM operator, twice as fast as the loop that Keras exports.

An export is accepted only when it agrees with the Keras model; what int8 costs is measured, not assumed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.labels import LABELS, ModelError
from models.words import SLOTS

OPSET = 17
AGREEMENT = 1e-5  # largest difference of a probability between Keras and ONNX fp32
AUC_LOSS = 0.002  # largest loss of any label's AUC by int8
ENOUGH_POSITIVES = 20

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


def quantize(source: Path, target: Path, operators: Sequence[str]) -> None:
    """int8 a channel, for the weights of these operators.

    Of a BiLSTM only the table, nineteen twentieths of the file: where activations are int8 too, their scale is that
    of the whole batch, and a comment's score depends on its neighbours'. A transformer is twice as fast by it.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        source, target, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=list(operators)
    )


def check_agreement(reference: np.ndarray, exported: np.ndarray) -> float:
    """Largest difference of a probability; refuses an export that is another model."""
    difference = float(np.abs(_sigmoid(reference) - _sigmoid(exported)).max())
    if difference > AGREEMENT:
        raise ModelError(f"The ONNX export differs from the Keras model by {difference:.1e}, allowed {AGREEMENT:.0e}.")
    return difference


def check_losses(losses: dict[str, float], truth: np.ndarray) -> None:
    """Refuses an int8 export that ranks a label worse, judged where the label has enough positives to tell."""
    for i, label in enumerate(LABELS):
        if np.nansum(truth[:, i]) >= ENOUGH_POSITIVES and losses.get(label, 0.0) > AUC_LOSS:
            raise ModelError(f"int8 costs {label} {losses[label]:.4f} AUC, allowed are {AUC_LOSS}. All: {losses}")


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
