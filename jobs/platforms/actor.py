"""An Apify actor: its price, and the smallest maximum charge that it accepts."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Actor:
    name: str
    usd_per_item: float  # on the Free plan, which is the most expensive, including the filters we use
    usd_per_start: float = 0.0
    least_usd: float = 0.0  # Apify refuses runs with a smaller maximum charge
    comments_input: Callable[[list[str], int], dict[str, Any]] | None = None  # if not its platform's
    posts_per_run: int | None = None  # as many as one likes, if not said

    def usd(self, items: int) -> float:
        return self.usd_per_start + items * self.usd_per_item

    def cap_usd(self, items: int) -> float:
        """The maximum charge of a run for so many items."""
        return round(max(self.usd(items), self.least_usd), 6)

    def affordable(self, usd: float) -> int:
        """How many items fit into a budget."""
        if usd < self.least_usd - 1e-9:
            return 0
        return max(0, math.floor((usd - self.usd_per_start) / self.usd_per_item + 1e-9))
