"""The loss: cross-entropy of the six labels, plus that of who is attacked."""

from typing import Any

import keras
import numpy as np
from keras import ops

from models.labels import LABELS

OF_WHO = 0.3  # weight of the second term
NEVER = -1e4  # logit


@keras.saving.register_keras_serializable("toxwatch")
class MaskedLoss(keras.losses.Loss):
    """Cross-entropy over the labels that a row's source knows (NaN = unknown), by label weight; focal if asked.

    Of who is attacked a row may allow several: the loss is -log of their probabilities' sum.
    """

    def __init__(self, weights: list[float], focus: float = 0.0, name: str = "masked", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.weights, self.focus = weights, focus

    def call(self, y_true: Any, y_pred: Any) -> Any:
        of_labels, truth, of_who = y_pred[:, : len(LABELS)], y_true[:, : len(LABELS)], y_pred[:, len(LABELS) :]
        known = ops.cast(ops.logical_not(ops.isnan(truth)), of_labels.dtype)
        truth = ops.where(ops.isnan(truth), ops.zeros_like(truth), truth)
        loss = ops.relu(of_labels) - of_labels * truth + ops.log1p(ops.exp(-ops.abs(of_labels)))
        rarity = 1.0 + truth * (ops.convert_to_tensor(np.array(self.weights, np.float32)) - 1.0)
        surprise = ops.power(1.0 - ops.exp(-loss), self.focus) if self.focus else 1.0
        allowed = ops.logsumexp(of_who + (1.0 - y_true[:, len(LABELS) :]) * NEVER, axis=-1)
        unlikely = ops.logsumexp(of_who, axis=-1) - allowed
        return ops.sum(loss * rarity * surprise * known, axis=-1) / len(LABELS) + OF_WHO * unlikely

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"weights": self.weights, "focus": self.focus}
