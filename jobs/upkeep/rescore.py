"""Scores all past comments with a new champion before it takes over, so that no reader sees a night without scores.

Newest nights first. A stopped run continues where it was, because a scored night is a folder of the lake. Both models'
scores stay in the warehouse; nights whose texts have expired have the old model's scores only.
"""

from dataclasses import replace
from datetime import date

from jobs import publish, score
from jobs.config.settings import IN_USE, Settings
from jobs.errors import BadInput
from jobs.lake.nights import Lake
from models.card import read_card
from models.training.registry import Registry
from warehouse import build


def run(settings: Settings) -> tuple[list[date], str]:
    """The nights scored just now, and the model that took over."""
    champion = Registry(settings.data_dir / "models").champion()
    if champion is None:
        raise BadInput("No model was promoted yet: `toxwatch train`, `toxwatch gate`, then `toxwatch promote`.")
    ahead, version = replace(settings, model_dir=champion), read_card(champion)["version"]
    done, nights = scored(settings, version)
    missing = [night for night in nights if night not in done]
    for night in missing:
        score.run(ahead, night)
    publish.rebuild(ahead)
    in_use = settings.data_dir / IN_USE
    build.point(in_use, champion.relative_to(in_use.parent))  # so that the folder can be moved
    return missing, version


def scored(settings: Settings, version: str) -> tuple[set[date], list[date]]:
    """The nights that a model has scored, and those that it can score, newest first."""
    lake = Lake.of(settings)
    nights = [night for night in reversed(lake.nights("published")) if lake.has_texts(night)]
    return set(nights) & set(lake.nights("scored", version)), nights
