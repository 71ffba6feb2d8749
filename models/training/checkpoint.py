"""The state of a training run: a stopped run resumes inside its epoch, and the best epoch is kept."""

import json
import shutil
from pathlib import Path
from typing import Any

from models.labels import ModelError
from warehouse.files import write_atomically, writing


class Checkpoint:
    """`last` is the step to resume from, with the optimizer's state; `best` is the epoch to keep."""

    def __init__(self, place: Path, model: Any, fingerprint: str) -> None:
        self.folder = place / fingerprint
        self.model = model
        self.history: list[dict[str, float]] = []
        self.step, self.loss = 0, 0.0  # of the current epoch, and its mean loss
        self.seconds = 0.0  # of training, over all epochs
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / "history.json").exists():
            self._resume()

    @property
    def epoch(self) -> int:
        return len(self.history)

    @property
    def epochs_without_gain(self) -> int:
        aucs = [epoch["auc"] for epoch in self.history]
        return len(aucs) - 1 - aucs.index(max(aucs)) if aucs else 0

    def save(self, epoch: dict[str, float]) -> None:
        self.history.append(epoch)
        self.step, self.loss = 0, 0.0
        if self.epochs_without_gain == 0:
            self._write("best")
        self._write("last")
        self._note()

    def pause(self, steps: int, loss: float, seconds: float) -> None:
        """Save after `steps` more steps with this mean loss, so many seconds after the beginning."""
        self.seconds = seconds
        self.loss = (self.loss * self.step + loss * steps) / (self.step + steps)
        self.step += steps
        self._write("last")
        self._note()

    def restore_best(self) -> None:
        self._read("best")

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _resume(self) -> None:
        try:
            state = json.loads((self.folder / "history.json").read_text())
            self.history, self.step, self.loss = state["epochs"], state["step"], state["loss"]
            self.seconds = state["seconds"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise self._damaged(error) from error
        self.model.optimizer.build(self.model.trainable_variables)
        self._read("last")
        print(f"Resuming after epoch {self.epoch}, step {self.step} (from {self.folder}).", flush=True)

    def _note(self) -> None:
        state = {"epochs": self.history, "step": self.step, "loss": self.loss, "seconds": self.seconds}
        write_atomically(self.folder / "history.json", json.dumps(state))

    def _write(self, name: str) -> None:
        with writing(self.folder / f"{name}.weights.h5") as draft:
            weights = draft.with_name(f"{draft.name}.weights.h5")  # Keras writes no other
            self.model.save_weights(weights)
            weights.rename(draft)

    def _read(self, name: str) -> None:
        try:
            self.model.load_weights(self.folder / f"{name}.weights.h5")
        except (OSError, ValueError, KeyError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> ModelError:
        return ModelError(f"The checkpoint {self.folder} is damaged ({error}). Delete that folder and start again.")
