"""A whole night, stage after stage; many nights share one Spark session."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from jobs import clean, monitor, publish, score, scrape, validate
from jobs.config.settings import Settings
from jobs.console import console
from jobs.errors import RefusedData
from jobs.lake.nights import Manifest


class Stage(NamedTuple):
    name: str
    dataset: str  # the lake folder that holds its finished nights
    run: Callable[[Settings, date], Manifest]


STAGES = (
    Stage("scrape", "raw", scrape.run),
    Stage("validate", "validated", validate.run),
    Stage("clean", "clean", clean.run),
    Stage("score", "scored", score.run),
    Stage("publish", "published", publish.run),
    Stage("monitor", "monitored", monitor.run),
)


def run(settings: Settings, nights: list[date], stages: Sequence[Stage] = STAGES) -> list[Manifest]:
    """The stages of every night. A refused night does not hold up the others; it is raised at the end."""
    score.check(settings)
    manifests, refused = [], []
    for night in nights:
        try:
            manifests += [stage.run(settings, night) for stage in stages]
        except RefusedData as error:
            console.print(f"[red]{error}[/red]")
            refused.append(night)
    if refused:
        raise RefusedData(f"{len(refused)} of {len(nights)} nights were refused: {', '.join(map(str, refused))}")
    return manifests
