"""Loads a scored night into a new version of the warehouse and makes it the current one."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.console import console, progress
from jobs.errors import BadInput
from jobs.lake.datasets import BY_NAME, STAGES
from jobs.lake.manifests import FIRST_AT, Manifest, Stored
from jobs.lake.nights import Lake
from jobs.lake.stage import Stage, Work
from models.card import read_card
from warehouse import build
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews


def transform(work: Work) -> None:
    work.rows_in = work.lake.require("validated", work.night).manifest.rows_out
    before = work.lake.manifest("published", work.night)
    work.versions[FIRST_AT] = (before and before.first_at) or datetime.now(UTC).isoformat(timespec="seconds")

    def stages(loaded: int) -> list[build.StageRow]:
        work.rows_out = loaded
        own = Manifest(
            "publish", work.night, int(work.rows_in or 0), loaded, seconds=work.seconds, versions=work.versions
        )
        return [*_stages(work.lake, work.night, work.model, "publish"), _stage_row(own)]

    night = _night(work.lake, work.night, stages)
    version = build.publish(work.settings.data_dir / "warehouse", [night], _context(work.settings))
    drawn = Warehouse(version.parent).query("SELECT comment_id, night, chance, place FROM drawn")
    Reviews.in_folder(work.settings.data_dir).keep_drawn(drawn)
    work.versions["warehouse"] = version.name


STAGE = Stage("publish", "scored", "published", transform)
run = STAGE.run


def rebuild(settings: Settings, even_unscored: bool = False) -> list[date]:
    """Makes the warehouse again from every published night of the lake; returns them.

    A model that has not scored all of them is refused, since some would be shown without scores. After an upgrade,
    though, a backup must be restored and a person erased before the new model has read everything.
    """
    lake, model = Lake.of(settings), str(read_card(settings.model_dir)["version"])
    nights, advice = lake.nights("published"), unscored(lake, model)
    if advice and not even_unscored:
        raise BadInput(advice)
    with lake.lock("lake"), progress(f"rebuild {len(nights)} nights"):
        parts = [_night(lake, night, partial(_rebuilt, lake, night, model)) for night in nights]
        build.publish(settings.data_dir / "warehouse", parts, _context(settings), anew=True)
    if advice:
        console.print(advice)
    return nights


def apply(settings: Settings) -> None:
    """Policies, tags and reviews as they are now, over all of history."""
    folder = settings.data_dir / "warehouse"
    build.current(folder)
    with Lake.of(settings).lock("lake"):
        build.publish(folder, [], _context(settings))


@contextmanager
def preview(settings: Settings) -> Iterator[Path]:
    """The version that `apply` would make; it goes when the block ends."""
    folder = settings.data_dir / "warehouse"
    with tempfile.TemporaryDirectory(prefix=".preview-", dir=folder) as place:
        first = Path(place) / "v000001.duckdb"
        shutil.copyfile(build.current(folder), first)
        build.point(first.with_name(build.CURRENT), Path(first.name))
        yield build.publish(first.parent, [], _context(settings))


def unscored(lake: Lake, model: str) -> str:
    """What to do about published nights that the model has not scored; empty if there are none."""
    nights = [night for night in lake.nights("published") if lake.has_texts(night)]
    scored = set(lake.nights("scored", model))
    if not (missing := [night for night in nights if night not in scored]):
        return ""
    return (
        f"{model} has not scored {len(missing)} of {len(nights)} published nights; they are shown without scores. "
        f"Run `toxwatch nightly --no-scrape --from {missing[0]} --to {missing[-1]}`, or set TOXWATCH_MODEL to a "
        "model that has scored them. (A promoted model takes over with `toxwatch rescore`.)"
    )


def _night(lake: Lake, night: date, stages: build.Stages) -> build.Night:
    pictures = lake.find("pictures", night)
    return build.Night(
        night,
        validated=_part(lake.require("validated", night)),
        rejected=_part(lake.require("rejected", night)),
        clean=_part(lake.require("clean", night)),
        scored=_by_model(lake, night, "scored"),
        pictures=_part(lake.require("pictures", night)) if pictures else None,
        captions=_by_model(lake, night, "captions"),
        stages=stages,
    )


def _by_model(lake: Lake, night: date, dataset: str) -> dict[str, build.Part]:
    models = [model for model in lake.models(BY_NAME[dataset]) if lake.find(dataset, night, model)]
    return {str(model): _part(lake.require(dataset, night, model)) for model in models}


def _part(stored: Stored) -> build.Part:
    return build.Part(stored.path, stored.folder.is_month)


def _rebuilt(lake: Lake, night: date, model: str, _loaded: int) -> list[build.StageRow]:
    return _stages(lake, night, model, "monitor")


def _stages(lake: Lake, night: date, model: str, before: str) -> list[build.StageRow]:
    """What each stage of the night did, up to one of them."""
    until = [one.stage for one in STAGES].index(before)
    manifests = [lake.manifest(one.name, night, model if one.by_model else None) for one in STAGES[:until]]
    return [_stage_row(manifest) for manifest in manifests if manifest]


def _stage_row(one: Manifest) -> build.StageRow:
    return one.stage, one.rows_in, one.rows_out, json.dumps(one.set_aside), one.seconds, one.first_at


def _context(settings: Settings) -> build.Context:
    targets = read_targets(settings.targets_file)
    watched: Sequence[Any] = targets.watched
    card, reviews = read_card(settings.model_dir), Reviews.in_folder(settings.data_dir)
    return build.Context(
        accounts=[(one.platform, one.handle, one.tags) for one in watched],
        champion=(card["version"], card["text_rule"]),
        thresholds=card["thresholds"],
        policies=settings.policies_file,
        reviews=reviews.rows(),
        drawn=reviews.drawn(),
        calibrations=reviews.calibrations(),
        versions_kept=targets.keep.versions,
    )
