"""A whole night, stage after stage; many nights share one Spark session."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from rich.markup import escape

from jobs import clean, monitor, publish, score, scrape, validate
from jobs.config.settings import Settings
from jobs.console import console
from jobs.errors import RefusedData
from jobs.lake.manifests import Manifest
from warehouse import build


class Step(NamedTuple):
    name: str
    run: Callable[[Settings, date], Manifest]


STAGES = (
    Step("scrape", scrape.run),
    *(Step(stage.name, stage.run) for stage in (one.STAGE for one in (validate, clean, score, publish, monitor))),
)


def check(settings: Settings) -> None:
    """Raises what would stop every night, before anything costs."""
    score.check(settings)
    build.refuse_newer(settings.data_dir / "warehouse")


def run(settings: Settings, nights: list[date], stages: Sequence[Step] = STAGES) -> list[Manifest]:
    """The stages of every night. A refused night does not hold up the others; it is raised at the end."""
    check(settings)
    manifests, refused = [], []
    for night in nights:
        try:
            manifests += [stage.run(settings, night) for stage in stages]
        except RefusedData as error:
            console.print(f"[red]{escape(str(error))}[/red]")
            refused.append(night)
    if refused:
        raise RefusedData(f"{len(refused)} of {len(nights)} nights were refused: {', '.join(map(str, refused))}")
    return manifests
