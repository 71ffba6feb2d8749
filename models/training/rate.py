"""The learning rate of each step: it rises, then falls to 0 along a cosine."""

import math
import time

WARM_UP = 0.06  # share of all steps, or of the time


class Clock:
    """How far training is: by its steps, or by the time it may take if that is up sooner."""

    def __init__(self, all_steps: int, seconds: float | None = None) -> None:
        self.steps, self._all, self._limit, self._began = 0, max(1, all_steps), seconds, time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def resume(self, steps: int, seconds: float) -> None:
        self.steps, self._began = steps, time.monotonic() - seconds

    def share(self) -> float:
        of_time = self.seconds() / self._limit if self._limit else 0.0
        return max(self.steps / self._all, of_time)

    def is_over(self) -> bool:
        return self.share() >= 1

    def rate(self, highest: float) -> float:
        warm = min(1.0, (self.share() + 1 / self._all) / WARM_UP)
        return highest * warm * (1 + math.cos(math.pi * min(1.0, self.share()))) / 2
