"""Every training run with its curve, figures and files, and which model is the champion: MLflow over one SQLite file.

`mlflow ui --backend-store-uri sqlite:///data/models/mlflow.db` shows it, while a model is trained too.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from models.card import read_card
from models.labels import ModelError, Refused

NAME = "toxicity"
CHAMPION = "champion"
RUNS = "runs"


class Known(NamedTuple):
    version: str
    folder: Path
    validation_auc: float | None
    made: datetime | None = None  # None: it was made elsewhere
    promoted: datetime | None = None  # last; None: never
    passed_against: str = ""
    is_champion: bool = False


class Registry:
    def __init__(self, store: Path) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient  # takes seconds

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self._store = store.resolve()
        store.mkdir(parents=True, exist_ok=True)
        self._client = MlflowClient(f"sqlite:///{self._store / 'mlflow.db'}")
        place = (self._store / RUNS).as_uri()
        found = self._client.get_experiment_by_name(NAME)
        self._experiment = found.experiment_id if found else self._client.create_experiment(NAME, place)

    @staticmethod
    def exists(store: Path) -> bool:
        return (store / "mlflow.db").exists()

    @contextmanager
    def run(self, parameters: dict[str, Any]) -> Iterator[str]:
        """A run, which is marked as failed or killed where the block does not end well."""
        run = self._client.create_run(self._experiment).info.run_id
        for name, value in parameters.items():
            self._client.log_param(run, name, value)
        try:
            yield run
        except BaseException as error:
            self._client.set_terminated(run, "FAILED" if isinstance(error, Exception) else "KILLED")
            raise
        self._client.set_terminated(run)

    def log_epoch(self, run: str, epoch: dict[str, float]) -> None:
        for name in epoch.keys() - {"epoch"}:
            self._client.log_metric(run, name, epoch[name], step=int(epoch["epoch"]))

    def save(self, run: str, folder: Path) -> None:
        """The model that a run made: its files, its card's figures, its version."""
        card = read_card(folder)
        self._client.log_artifacts(run, str(folder), "model")
        for part in card.get("parts", {}).values():
            if part["folder"].startswith(".."):  # a cascade that refers to networks beside it takes them along
                beside = os.path.normpath(f"model/{part['folder']}")
                self._client.log_artifacts(run, str(folder / part["folder"]), beside)
        self._client.log_metric(run, "validation_auc", card["validation_auc"])
        self._client.set_tag(run, "version", card["version"])
        self._client.set_tag(run, "mlflow.runName", card["version"])

    def log_figures(self, folder: Path, figures: dict[str, Any], files: list[Path]) -> None:
        run = self._run_of(folder)
        for label, row in figures["labels"].items():
            for name in ("auc", "average_precision", "f1", "brier", "calibration_error"):
                self._client.log_metric(run, f"{label}.{name}", row[name])
        for file in files:
            self._client.log_artifact(run, str(file), "figures")

    def note_pass(self, folder: Path, champion: str) -> None:
        """The gate let this model pass against that champion."""
        self._client.set_tag(self._run_of(folder), "passed_against", champion)

    def passed_against(self, folder: Path) -> str:
        return self._client.get_run(self._run_of(folder)).data.tags.get("passed_against", "")

    def promote(self, folder: Path) -> Path:
        """Give a model the alias; returns where the registry keeps it."""
        run = self._client.get_run(self._run_of(folder))
        if not self._client.search_registered_models(f"name = '{NAME}'"):
            self._client.create_registered_model(NAME)
        source = f"{run.info.artifact_uri}/model"
        registered = self._client.create_model_version(NAME, source, run.info.run_id)
        self._client.set_registered_model_alias(NAME, CHAMPION, registered.version)
        return self._path(source)

    def put_back(self, version: str) -> Path:
        """Promotes a model again that was champion before: it passed the gate then."""
        for one in self.models():
            if one.version == version and one.promoted:
                return self.promote(one.folder)
        raise Refused(f"{version} was never in production here. See `toxwatch models`; others need `toxwatch gate`.")

    def champion(self) -> Path | None:
        """The folder of the model that was promoted last."""
        from mlflow.exceptions import MlflowException

        try:
            return self._path(self._client.get_model_version_by_alias(NAME, CHAMPION).source)
        except MlflowException:
            return None

    def models(self) -> list[Known]:
        """All that were trained or promoted here, the newest first."""
        champion, promoted = self.champion(), self._promoted()
        runs = self._client.search_runs([self._experiment], order_by=["attributes.start_time DESC"])
        return [
            Known(
                run.data.tags["version"],
                folder := self._path(f"{run.info.artifact_uri}/model"),
                run.data.metrics.get("validation_auc"),
                _moment(run.info.start_time),
                promoted.get(run.info.run_id),
                run.data.tags.get("passed_against", ""),
                champion == folder,
            )
            for run in runs
            if "version" in run.data.tags
        ]

    def _promoted(self) -> dict[str, datetime]:
        """When each run's model was promoted last."""
        versions = self._client.search_model_versions(f"name = '{NAME}'", order_by=["version_number ASC"])
        return {str(one.run_id): _moment(one.creation_timestamp) for one in versions}

    def _path(self, uri: str | None) -> Path:
        """A folder of artefacts here, also when the store was moved."""
        if uri is None or f"/{RUNS}/" not in uri:
            raise ModelError("The registry holds a model without its files. Promote another one.")
        return self._store / RUNS / uri.rpartition(f"/{RUNS}/")[2]

    def _run_of(self, folder: Path) -> str:
        """The run that made this model; one is written for a model that came from elsewhere."""
        version = read_card(folder)["version"]
        runs = self._client.search_runs([self._experiment], f"tags.version = '{version}'", max_results=1)
        if runs:
            return str(runs[0].info.run_id)
        with self.run({"command": "brought from elsewhere"}) as run:
            self.save(run, folder)
        return run


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
