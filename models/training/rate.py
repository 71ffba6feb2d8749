"""The learning rate of each step: it rises, then falls to 0 along a cosine."""

from typing import Any

import keras
import numpy as np
from keras import ops

WARM_UP = 0.06  # share of all steps


@keras.saving.register_keras_serializable("toxwatch")
class Rate(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, highest: float, steps: int) -> None:
        self.highest, self.steps = highest, max(1, steps)

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        warm = ops.minimum(1.0, (step + 1) / max(1.0, WARM_UP * self.steps))
        return self.highest * warm * (1 + ops.cos(np.pi * ops.minimum(step / self.steps, 1.0))) / 2

    def get_config(self) -> dict[str, Any]:
        return {"highest": self.highest, "steps": self.steps}
