"""Calibration to one's own sections: the model's odds, shifted and stretched until they say what people said.

A section is an account, a tag or a language. Its calibration is fitted to the reviewed comments of its random audit and
applies to all of its history, so that no trend jumps where it was made. Every version is kept; the last one applies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs import publish
from jobs.config.settings import Settings
from jobs.errors import BadInput
from models.card import read_card
from warehouse import tables
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

Numbers = NDArray[np.float64]

SAMPLE, ERROR = (tables.SQL / "calibration" / name for name in ("sample.sql", "error.sql"))
LEAST_REVIEWED = 200
LEAST_OF_EACH = 10  # harmful and harmless comments, to calibrate a category
TRUST = (0.05, 4.0)  # in no shift and in a slope of 1: 1 ÷ variance of what one expects before seeing any labels
SLOPES = (0.1, 5.0)
ROUNDS, LARGEST_STEP = 40, 2.0  # of Newton's method
LAST_ROUNDS = 10  # move the shift alone, since a slope at its limit takes the shift along


@dataclass(frozen=True)
class Section:
    kind: str  # account, tag or language
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "account" else f"{self.kind} {self.name}"


def run(settings: Settings, section: Section, first: date, last: date) -> tuple[int, list[str]]:
    """Calibrates the section and applies that to all of its history; returns the version and the categories."""
    warehouse = Warehouse(settings.data_dir / "warehouse")
    samples = _samples(warehouse, section, first, last)
    reviewed = max((len(people) for people, _, _ in samples.values()), default=0)
    if reviewed < LEAST_REVIEWED:
        raise BadInput(
            f"{section} has {reviewed} reviewed comments of the random audit from {first} to {last}; a calibration "
            f"needs {LEAST_REVIEWED}. Review more on the Review page, then `toxwatch apply`, or name more days."
        )
    model, rows = read_card(settings.model_dir)["version"], []
    for label, sample in samples.items():
        if rarer(sample[0]) >= LEAST_OF_EACH:
            rows.append((label, model, *_calibration(warehouse, *sample), str(first), str(last)))
    if not rows:
        raise BadInput(
            f"People found fewer than {LEAST_OF_EACH} comments of every category in {section}, too few to calibrate by."
        )
    book = Reviews.in_folder(settings.data_dir)
    version = book.keep_calibration(section.kind, section.name, rows)
    try:
        publish.apply(settings)
    except BaseException:
        book.undo_calibration(section.kind, section.name)
        raise
    return version, [row[0] for row in rows]


def undo(settings: Settings, section: Section) -> int:
    """Takes the last version back, so that the one before it applies, or none; returns its number."""
    version = Reviews.in_folder(settings.data_dir).undo_calibration(section.kind, section.name)
    if version is None:
        raise BadInput(f"{section} has no calibration. `toxwatch audit calibrations` lists those there are.")
    publish.apply(settings)
    return version


def rarer(people: Numbers) -> float:
    """How many comments there are of the rarer kind, harmful or harmless."""
    return float(min(people.sum(), len(people) - people.sum()))


def fit(people: Numbers, scores: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """The shift and slope of each row of a matrix: sections × comments, those of weight 0 being none.

    The shift follows the labels at once, the slope leaves 1 only as far as many labels insist. The weighted mean of
    the probabilities is then what people found.
    """
    odds = log_odds(scores)
    worth = weights * (weights.sum(1) / (weights**2).sum(1))[:, None]
    shift, slope = np.zeros(len(odds)), np.ones(len(odds))
    for number in range(ROUNDS):
        now = 1 / (1 + np.exp(-(shift[:, None] + slope[:, None] * odds)))
        miss, steep = worth * (people - now), worth * now * (1 - now)
        up, along = miss.sum(1) - TRUST[0] * shift, (miss * odds).sum(1) - TRUST[1] * (slope - 1)
        upper, both = steep.sum(1) + TRUST[0], (steep * odds).sum(1)
        lower = (steep * odds**2).sum(1) + TRUST[1]
        if number < ROUNDS - LAST_ROUNDS:
            determinant = upper * lower - both**2
            steps = (lower * up - both * along) / determinant, (upper * along - both * up) / determinant
        else:
            steps = up / upper, np.zeros(len(odds))
        short = np.minimum(1, LARGEST_STEP / np.maximum(np.maximum(abs(steps[0]), abs(steps[1])), 1e-9))
        shift, slope = shift + short * steps[0], np.clip(slope + short * steps[1], *SLOPES)
    return shift, slope


def log_odds(p: Numbers) -> Numbers:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    odds: Numbers = np.log(clipped / (1 - clipped))
    return odds


def _samples(
    warehouse: Warehouse, section: Section, first: date, last: date
) -> dict[str, tuple[Numbers, Numbers, Numbers]]:
    """What people say, what the model says and the weights, by category."""
    asked = {"kind": section.kind, "name": section.name, "first": first, "last": last}
    rows = warehouse.query(SAMPLE.read_text(), asked)
    return {label: (np.array(people), np.array(scores), np.array(weights)) for label, weights, people, scores in rows}


def _calibration(warehouse: Warehouse, people: Numbers, scores: Numbers, weights: Numbers) -> Iterator[Any]:
    """Shift, slope, the shift's error, comments, and the shares by the model and by people."""
    shift, slope = (float(found[0]) for found in fit(people[None], scores[None], weights[None]))
    asked = {"shift": shift, "slope": slope, "people": people.tolist(), "scores": scores.tolist()}
    [(error, by_model, by_people)] = warehouse.query(ERROR.read_text(), asked | {"weights": weights.tolist()})
    yield from (shift, slope, error, len(people), by_model, by_people)
