"""The status of each night, read from the manifests alone."""

from typing import Any

from jobs.config.settings import Settings
from jobs.lake.datasets import STAGES
from jobs.lake.manifests import Manifest
from jobs.lake.nights import Lake
from models.card import read_card


def status(settings: Settings) -> list[dict[str, Any]]:
    """One row per night: the manifest of each stage, None if the stage has not finished."""
    lake = Lake.of(settings)
    model = read_card(settings.model_dir)["version"]
    stages = {one.stage: lake.manifests(one.name, model if one.by_model else None) for one in STAGES}
    nights = sorted(set().union(*stages.values()))
    return [{"night": str(night), **{stage: _row(stages[stage].get(night)) for stage in stages}} for night in nights]


def _row(manifest: Manifest | None) -> dict[str, Any] | None:
    if manifest is None:
        return None
    return {name: getattr(manifest, name) for name in ("rows_in", "rows_out", "set_aside", "seconds", "versions")}
