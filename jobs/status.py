"""What each night holds, read from the manifests alone."""

from dataclasses import asdict
from typing import Any

from jobs.lake import Lake
from jobs.nightly import STAGES
from jobs.settings import Settings
from models.card import read_card


def status(settings: Settings) -> list[dict[str, Any]]:
    """One row a night: its stages with their manifests, None where a stage has not finished."""
    lake = Lake.of(settings)
    model = read_card(settings.model_dir)["version"]
    models = {stage.dataset: model if stage.dataset == "scored" else None for stage in STAGES}
    nights = sorted({night for dataset in models for night in lake.nights(dataset, models[dataset])})
    return [
        {
            "night": str(night),
            **{stage.name: _row(lake.manifest(stage.dataset, night, models[stage.dataset])) for stage in STAGES},
        }
        for night in nights
    ]


def _row(manifest: Any) -> dict[str, Any] | None:
    if manifest is None:
        return None
    kept = asdict(manifest)
    return {name: kept[name] for name in ("rows_in", "rows_out", "set_aside", "seconds", "versions")}
