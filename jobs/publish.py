"""Loads a scored night into a new version of the warehouse and makes it the current one."""

from datetime import date
from typing import Any

import duckdb

from jobs import monitor
from jobs.config.settings import Settings
from jobs.config.targets import read_targets
from jobs.console import progress
from jobs.errors import BadInput
from jobs.lake.nights import Lake, Manifest, has_texts
from models.card import read_card
from warehouse import build
from warehouse.reviews import Reviews


def run(settings: Settings, night: date) -> Manifest:
    lake = Lake.of(settings)
    champion = read_card(settings.model_dir)
    lake.require("scored", night, "score", champion["version"])
    with lake.lock("lake"), progress("publish", night=night):
        manifest = Manifest("publish", night, versions={"model": champion["version"]})
        with lake.writing("published", manifest) as folder:
            version = build.publish(
                settings.data_dir / "warehouse", [_night(lake, night)], _context(settings, champion)
            )
            manifest.rows_in = manifest.rows_out = _validated_rows(lake, night)
            (folder / "version.txt").write_text(version.name)
        return manifest


def rebuild(settings: Settings) -> list[date]:
    """Makes the warehouse again from every published night of the lake; returns them."""
    lake = Lake.of(settings)
    nights, champion = lake.nights("published"), read_card(settings.model_dir)
    check_scored(lake, champion["version"])

    def measure(con: duckdb.DuckDBPyConnection) -> None:
        for night in lake.nights("monitored"):
            monitor.keep(con, lake, night, champion["version"])

    with lake.lock("lake"), progress(f"rebuild {len(nights)} nights"):
        folder = settings.data_dir / "warehouse"
        build.publish(folder, [_night(lake, night) for night in nights], _context(settings, champion), anew=True)
        build.amend(folder, measure)
    return nights


def apply(settings: Settings) -> None:
    """Policies, tags and reviews as they are now, over all of history."""
    folder = settings.data_dir / "warehouse"
    build.current(folder)
    with Lake.of(settings).lock("lake"):
        build.publish(folder, [], _context(settings, read_card(settings.model_dir)))


def check_scored(lake: Lake, model: str) -> None:
    """Refuses a model that has not scored all that is published: those nights would be shown without scores."""
    nights = [night for night in lake.nights("published") if has_texts(lake, night)]
    if unscored := [night for night in nights if not lake.manifest("scored", night, model)]:
        raise BadInput(
            f"{model} has not scored {len(unscored)} of {len(nights)} published nights; they are shown without scores. "
            f"Run `toxwatch nightly --no-scrape --from {unscored[0]} --to {unscored[-1]}`, or name the model that has "
            "scored them in TOXWATCH_MODEL. (A model that was promoted is let in by `toxwatch rescore`.)"
        )


def _night(lake: Lake, night: date) -> build.Night:
    return build.Night(
        night,
        validated=lake.require("validated", night, "validate"),
        rejected=lake.require("rejected", night, "validate"),
        clean=lake.require("clean", night, "clean"),
        scored={
            model: lake.require("scored", night, "score", model)
            for model in lake.models("scored")
            if lake.manifest("scored", night, model)
        },
    )


def _context(settings: Settings, champion: dict[str, Any]) -> build.Context:
    watched = read_targets(settings.targets_file).accounts
    return build.Context(
        accounts=[(one.platform, one.handle, one.tags) for one in watched],
        champion=(champion["version"], champion["text_rule"]),
        policies=settings.policies_file,
        reviews=Reviews.in_folder(settings.data_dir).rows(),
    )


def _validated_rows(lake: Lake, night: date) -> int:
    manifest = lake.manifest("validated", night)
    return manifest.rows_out if manifest else 0
