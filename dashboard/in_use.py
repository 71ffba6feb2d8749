"""The model in use, which takes most of a second to load: a thread does so while the server already answers."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from models.card import read_card
from models.scorer import Scorer, load


class InUse:
    """Called, it is the model; after a switch, the new one is loaded on its next use."""

    def __init__(self, which: Callable[[], Path]) -> None:
        self._which, self._loader = which, ThreadPoolExecutor(1, "model")
        self._loading = self._begin(which())

    def __call__(self) -> Scorer:
        folder, model = self._loading
        if (current := self._which()) != folder:
            self._loading = self._begin(current)
            _, model = self._loading
        return model.result()

    @property
    def card(self) -> dict[str, Any]:
        """What is known of the model without loading it."""
        return read_card(self._which())

    def _begin(self, folder: Path) -> tuple[Path, Future[Scorer]]:
        read_card(folder)  # a model that is damaged or missing is said at once
        return folder, self._loader.submit(load, folder)
