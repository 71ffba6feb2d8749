"""Whether the intervals of the random audit hold where the truth is known: held-out sources, by language.

    python bench/audit.py DATA [MODEL]        the shipped cascade unless told

DATA is a file that `toxwatch prepare` made, or a folder of labelled sources (docs/models.md). A section is up to 2,000
comments of one source and language that the model was not trained on, as they are and with so few toxic ones that these
are 5%. Their scores stay in the folder for temporary files, so that the second run takes a minute.

A thousand times each section is audited: comments are drawn as the product draws them, the labels are asked, and the
95% interval holds the true share or not. With 10, 50 and 200 reviews, with 200 after calibrating to these, and that of
the calibrated share which every page shows (where there are enough labels to calibrate). The last one's margin
includes who happened to comment, so each time as many comments are drawn from the source, with replacement. The
formulas are the warehouse's macros, and the calibration is that of `toxwatch audit calibrate`.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jobs.upkeep import calibrate
from models import scorer
from models.card import file_hash, read_card
from models.training import data
from warehouse import tables

SHIPPED = Path(scorer.__file__).parent / "shipped" / "cascade"
COMMENTS, LEAST = 2000, 500  # of a section
RARE = 0.05
DRAWS = 1000
STEPS = {
    "10 reviews": (10, False),
    "50 reviews": (50, False),
    "200 reviews": (200, False),
    "200, calibrated": (200, True),
}  # whether these calibrate
SHOWN_AFTER, AS_SHOWN = 200, "as shown then"
Numbers = NDArray[np.float64]


class Audits(NamedTuple):
    """Draws × reviewed comments; a comment of weight 0 is none."""

    people: Numbers
    scores: Numbers
    weights: Numbers
    shares: Numbers  # of each draw, by the model
    spreads: Numbers  # sums of p × (1 − p) over the section, by draw; 0 if the model is not calibrated


def sections(place: Path, model: Path) -> pd.DataFrame:
    """Comments that the model was not trained on and whose toxicity is known, with its score."""
    kept = Path(tempfile.gettempdir()) / f"toxwatch-audit-{_mark(place, model)}.parquet"
    if not kept.exists():
        rows, reads = data.labelled(place), scorer.load(model)
        rows = rows[rows.part.isin(["unseen", "test"]) & rows.toxic.notna() & rows.lang.isin(reads.expected)]
        parts = [
            part.sample(min(COMMENTS, len(part)), random_state=1)
            for _, part in rows.groupby(["source", "lang"])
            if len(part) >= LEAST and 0 < part.toxic.mean() < 1
        ]
        scored = [part.assign(p=reads.scores(part.text.tolist(), part.lang.tolist())[:, 0]) for part in parts]
        pd.concat(scored)[["source", "lang", "toxic", "p"]].to_parquet(kept)
    return pd.read_parquet(kept)


def audits(con: duckdb.DuckDBPyConnection, y: Numbers, p: Numbers, reviews: int) -> Audits:
    """Draws as many comments as the product does: in proportion to the model's doubt, each with a known chance.

    y and p are draws × comments of the section.
    """
    section = pa.table({"p": p.ravel(), "place": np.arange(p.size)})  # noqa: F841
    size = con.sql("SELECT size_in_audit(p) AS size FROM section ORDER BY place").fetchnumpy()["size"].reshape(p.shape)
    chance = np.minimum(reviews * size / size.sum(1, keepdims=True), 1)
    is_drawn = np.random.default_rng(1).random(p.shape) < chance
    order = np.argsort(~is_drawn, axis=1, kind="stable")[:, : is_drawn.sum(1).max()]
    people, scores, chances, are_drawn = (np.take_along_axis(one, order, 1) for one in (y, p, chance, is_drawn))
    return Audits(people, scores, np.where(are_drawn, 1 / chances, 0), p.mean(1), np.zeros(len(p)))


def calibrated(audits: Audits, p: Numbers) -> Audits:
    """The same audits with the probabilities of a model that was calibrated to each, where there are enough labels."""
    shift, slope = calibrate.fit(audits.people, audits.scores, audits.weights)
    harmful, reviewed = (audits.people * (audits.weights > 0)).sum(1), (audits.weights > 0).sum(1)
    is_enough = np.minimum(harmful, reviewed - harmful) >= calibrate.LEAST_OF_EACH
    shift, slope = np.where(is_enough, shift, 0)[:, None], np.where(is_enough, slope, 1)[:, None]
    scores, everywhere = (1 / (1 + np.exp(-(shift + slope * calibrate.log_odds(one)))) for one in (audits.scores, p))
    spreads = (everywhere * (1 - everywhere)).sum(1) * is_enough
    return audits._replace(scores=scores, shares=everywhere.mean(1), spreads=spreads)


def coverage(con: duckdb.DuckDBPyConnection, audits: Audits, truth: float) -> tuple[float, float]:
    """In what share of the audits the interval holds the truth, and its mean margin."""
    judged = _judged(audits)  # noqa: F841
    return con.sql(
        """WITH found AS (
            SELECT any_value(model) AS model, sums_of_audit(weight, y, p) AS sums FROM judged GROUP BY draw
        ),
        intervals AS (SELECT interval_of_audit(model, sums) AS part FROM found)
        SELECT avg(($truth BETWEEN part.low AND part.high)::INTEGER), avg((part.high - part.low) / 2) FROM intervals""",
        params={"truth": truth},
    ).fetchall()[0]


def coverage_as_shown(
    con: duckdb.DuckDBPyConnection, audits: Audits, truth: float, comments: int
) -> tuple[float, float]:
    """The same of the share ± margin that pages show after calibrating."""
    judged = _judged(audits)  # noqa: F841
    return con.sql(
        """WITH found AS (
            SELECT any_value(model) AS share, any_value(spread) AS spread, sums_of_audit(weight, y, p) AS sums,
                sum(weight * p) / sum(weight) AS drawn_share, sum(weight * p * (1 - p)) / sum(weight) AS steepness
            FROM judged WHERE spread > 0 GROUP BY draw
        ),
        shown AS (
            SELECT share, margin_of_share(
                share, $comments, spread * sqrt(variance_of_audit(drawn_share, sums)) / steepness
            ) AS margin FROM found
        )
        SELECT coalesce(avg((abs(share - $truth) <= margin)::INTEGER), 'nan'), coalesce(avg(margin), 'nan')
        FROM shown""",
        params={"truth": truth, "comments": comments},
    ).fetchall()[0]


def _judged(audits: Audits) -> pa.Table:
    """The reviewed comments of all draws, one a row."""
    draw, place = np.nonzero(audits.weights)
    return pa.table({
        "draw": draw, "model": audits.shares[draw], "spread": audits.spreads[draw], "y": audits.people[draw, place],
        "p": audits.scores[draw, place], "weight": audits.weights[draw, place],
    })  # fmt: skip


def steps(con: duckdb.DuckDBPyConnection, y: Numbers, p: Numbers, draws: int = DRAWS) -> dict[str, tuple[float, float]]:
    """Coverage and mean margin at each of STEPS, and of what is shown after the last."""
    found, truth = {}, float(y.mean())
    of_people, of_model = (np.broadcast_to(one, (draws, len(y))) for one in (y, p))
    for name, (reviews, is_calibrated) in STEPS.items():
        drawn = audits(con, of_people, of_model, reviews)
        found[name] = coverage(con, calibrated(drawn, of_model) if is_calibrated else drawn, truth)
    others = np.random.default_rng(2).integers(len(y), size=(draws, len(y)))
    drawn = calibrated(audits(con, y[others], p[others], SHOWN_AFTER), p[others])
    return found | {AS_SHOWN: coverage_as_shown(con, drawn, truth, len(y))}


def thinned(y: Numbers, p: Numbers) -> tuple[Numbers, Numbers]:
    """Without as many toxic comments as leave RARE of them."""
    left = RARE / (1 - RARE) * (1 - y).sum() / y.sum()
    is_left = (y == 0) | (np.random.default_rng(1).random(len(y)) < left)
    return y[is_left], p[is_left]


def variants(rows: pd.DataFrame) -> Iterator[tuple[str, str, str, Numbers, Numbers]]:
    for (source, language), part in rows.groupby(["source", "lang"]):
        y, p = part.toxic.to_numpy(float), part.p.to_numpy(float)
        yield source, language, "", y, p
        if y.mean() > RARE and (1 - y).sum() >= LEAST:
            yield source, language, ", thinned", *thinned(y, p)


def _cell(covered: float, margin: float) -> str:
    return "–" if np.isnan(covered) else f"{covered:.1%} (± {100 * margin:.1f})"


def _mark(place: Path, model: Path) -> str:
    what = file_hash(place) if place.is_file() else str(data.data_hashes(place))
    return hashlib.sha256(f"{what} {read_card(model)['version']} {COMMENTS} {LEAST}".encode()).hexdigest()[:12]


def main(place: Path, model: Path) -> None:
    print(f"{DRAWS:,} audits of each section; scores by {read_card(model)['version']}\n")
    print("| source | language | comments | true share | model |", " | ".join([*STEPS, AS_SHOWN]), "|")
    print("|---|---|--:|--:|--:|" + "--:|" * (len(STEPS) + 1))
    kept: list[tuple[str, Any]] = []
    with duckdb.connect() as con:
        tables.create(con)
        for source, language, what, y, p in variants(sections(place, model)):
            found = steps(con, y, p)
            kept += [(name + what, covered) for name, (covered, _) in found.items() if not np.isnan(covered)]
            cells = " | ".join(_cell(*one) for one in found.values())
            print(
                f"| {source}{what} | {language} | {len(y):,} | {y.mean():.1%} | {p.mean():.1%} | {cells} |", flush=True
            )
    print("\n| reviews | sections | mean | least | most | within 93 to 97% |\n|---|--:|--:|--:|--:|--:|")
    for name in dict.fromkeys(name for name, _ in kept):
        all_of = np.array([covered for other, covered in kept if other == name])
        within = ((all_of >= 0.93) & (all_of <= 0.97)).sum()
        print(f"| {name} | {len(all_of)} | {all_of.mean():.1%} | {all_of.min():.1%} | {all_of.max():.1%} | {within} |")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else SHIPPED)
