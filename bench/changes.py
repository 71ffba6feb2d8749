"""How often a change is called significant that is none, and how often one is found, where the truth is known.

    python bench/changes.py [ACCOUNTS]        1,000 unless told

Each account is one draw: comments below posts, most of them on the post's first day, whose toxicity differs by day
and by post. The rules are the product's own: marts, macros and pages, over all accounts at once.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from warehouse import tables

FIRST = date(2026, 9, 1)
DAYS = 56
LIFE = np.array([0.62, 0.22, 0.10, 0.06])  # share of a post's comments by its age in days
PERIODS = (1, 7, 28)
WAVES = {"20 points for a day": (1, 0.2), "40 points for a day": (1, 0.4), "10 points for three days": (3, 0.1)}
KNOWN = (14, DAYS)  # days of comments that the account has
Cells = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Section:
    """What an account's comments are like."""

    share: float = 0.05
    comments_a_day: float = 140
    posts_a_day: float = 1.5
    days_differ: float = 0.0  # standard deviation of the days' shares, in logits
    posts_differ: float = 0.0
    accounts: int = 1000


SECTIONS = {
    "all alike": Section(share=0.14),
    "days differ": Section(days_differ=0.4),
    "posts differ": Section(posts_differ=0.6),
    "both differ": Section(days_differ=0.3, posts_differ=0.5),
    "both differ, few comments": Section(comments_a_day=20, days_differ=0.3, posts_differ=0.5),
    "both differ, a rare category": Section(share=0.005, days_differ=0.3, posts_differ=0.5),
}


def comments(section: Section, chance: np.random.Generator) -> Cells:
    """Each comment's account, day, post and score; the score is the probability that it is in the category."""
    posts = np.maximum(chance.poisson(section.posts_a_day, (section.accounts, DAYS)), 1).ravel()
    account, first = (np.repeat(index.ravel(), posts) for index in np.indices((section.accounts, DAYS)))
    size = chance.gamma(2, section.comments_a_day / section.posts_a_day / 2, len(first))
    post = np.repeat(np.arange(len(first)), len(LIFE))
    day = np.repeat(first, len(LIFE)) + np.tile(np.arange(len(LIFE)), len(first))
    count = np.where(day < DAYS, chance.poisson(np.outer(size, LIFE).ravel()), 0)
    post, day = np.repeat(post, count), np.repeat(day, count)
    by_day = chance.normal(0, section.days_differ, (section.accounts, DAYS))[account[post], day]
    by_post = chance.normal(0, section.posts_differ, len(first))[post]
    mean = 1 / (1 + (1 / section.share - 1) * np.exp(-by_day - by_post))
    score = np.clip(chance.beta(0.6 * mean, 0.6 * (1 - mean)), 1e-4, 1 - 1e-4)
    return {"account": account[post], "day": day, "post": post, "score": score}


def split_at_random(cells: Cells, chance: np.random.Generator) -> Cells:
    """The same comments of each account on random days: no day differs from another."""
    return {**cells, "day": chance.permutation(cells["day"]), "post": chance.permutation(cells["post"])}


def permuted_days(cells: Cells, section: Section, chance: np.random.Generator) -> Cells:
    """The same days of each account in a random order."""
    order = np.argsort(chance.random((section.accounts, DAYS)), axis=1)
    return {**cells, "day": order[cells["account"], cells["day"]]}


def raised(cells: Cells, days: range, by: npt.NDArray[np.float64], chance: np.random.Generator) -> Cells:
    """On these days so large a share of each account's comments as `by` is toxic beyond doubt, whatever it was."""
    is_raised = np.isin(cells["day"], days) & (chance.random(len(cells["day"])) < by[cells["account"]])
    return {**cells, "score": np.where(is_raised, 0.98, cells["score"])}


def load(con: duckdb.DuckDBPyConnection, cells: Cells) -> None:
    """Fills the marts as a publish would."""
    made = pa.table(cells)  # noqa: F841 - DuckDB reads it by its name
    con.execute("DELETE FROM models; DELETE FROM post_scores; DELETE FROM days; DELETE FROM likeness")
    con.execute("INSERT INTO models VALUES ('m', '1', true)")
    con.execute(
        """INSERT INTO post_scores
        SELECT 'instagram', 'a' || account, $1 + day::INTEGER, 'p' || post, 'm', 'toxic', count(*), sum(score),
            sum(score * (1 - score)), 0
        FROM made GROUP BY ALL""",
        [FIRST],
    )
    con.execute(
        """INSERT INTO days SELECT platform, account, day, model, label, sum(comments), sum(expected), sum(variance), 0
        FROM post_scores GROUP BY ALL"""
    )
    tables.run_script(con, "marts/likeness.sql", loaded_from=FIRST)


def last_period(days: int) -> dict[str, date | int]:
    first = FIRST + timedelta(DAYS - days)
    return {"first": first, "days": days, "before": first - timedelta(days), "last": FIRST + timedelta(DAYS - 1)}


def called(con: duckdb.DuckDBPyConnection, days: int) -> float:
    """The share of accounts whose last period is called changed, each looked at alone."""
    ((share,),) = con.execute(
        """SELECT avg((chance <= by_chance())::INTEGER) FROM changes($first, $days, $before, $last)
        WHERE period = 0 AND chance IS NOT NULL""",
        last_period(days),
    ).fetchall()
    return float("nan") if share is None else float(share)


def margins(con: duckdb.DuckDBPyConnection, section: Section, days: int) -> npt.NDArray[np.float64]:
    """The 95 % intervals of the change that the accounts' pages show."""
    found = con.execute(
        """SELECT account[2:]::INTEGER AS account, change_margin FROM changes($first, $days, $before, $last)
        WHERE period = 0""",
        last_period(days),
    ).fetchnumpy()
    shown = np.full(section.accounts, np.nan)
    shown[found["account"]] = np.ma.filled(found["change_margin"].astype(float), np.nan)
    return shown


def waves(con: duckdb.DuckDBPyConnection, section: Section, days: range = range(DAYS - 28, DAYS)) -> float:
    """The share of accounts with a wave of abuse on one of these days, the last four weeks unless told."""
    between = [FIRST + timedelta(days[0]), FIRST + timedelta(days[-1])]
    ((found,),) = con.execute(
        "SELECT count(DISTINCT account) FROM waves WHERE day BETWEEN $1 AND $2", between
    ).fetchall()
    return float(found / section.accounts)


def wave_rows(section: Section, known: int) -> list[float]:
    """How often an account with so many days seems to have a wave in four weeks, and how often a real one is found."""
    chance = np.random.default_rng(1)
    all_cells = comments(section, chance)
    is_known = all_cells["day"] >= DAYS - known
    cells = {name: values[is_known] for name, values in all_cells.items()}
    with duckdb.connect() as con:
        tables.create(con)
        load(con, cells)
        found = [waves(con, section)]
        for length, by in WAVES.values():
            days = range(DAYS - known // 3, DAYS - known // 3 + length)
            load(con, raised(cells, days, np.full(section.accounts, by), chance))
            found.append(waves(con, section, days))
    return found


def rows(section: Section, periods: Sequence[int] = PERIODS) -> Iterator[tuple[str, list[float]]]:
    """For periods of so many days how often a change is found, and how often a wave; the last row has a real change."""
    chance = np.random.default_rng(1)
    cells = comments(section, chance)
    with duckdb.connect() as con:
        tables.create(con)
        for name, made in {
            "nothing changed": cells,
            "days permuted": permuted_days(cells, section, chance),
            "split at random": split_at_random(cells, chance),
        }.items():
            load(con, made)
            yield name, [*(called(con, days) for days in periods), waves(con, section)]
        found = []
        for days in periods:
            load(con, cells)
            for _ in range(4):  # a larger change has a wider interval: this comes close to one that is twice as large
                by = np.nan_to_num(2 * margins(con, section, days) / (0.98 - section.share))
                load(con, raised(cells, range(DAYS - days, DAYS), np.minimum(by, 1), chance))
            found.append(called(con, days))
        yield "raised by twice the interval", [*found, float("nan")]


def main(accounts: int) -> None:
    print("| comments | what was done | " + " | ".join(f"{days} d" for days in PERIODS) + " | waves |")
    print("|---|---|" + "--:|" * (len(PERIODS) + 1))
    for name, section in SECTIONS.items():
        for what, shares in rows(replace(section, accounts=accounts)):
            cells = " | ".join("–" if np.isnan(share) else f"{share:.1%}" for share in shares)
            print(f"| {name} | {what} | {cells} |", flush=True)
    print("\n| comments | days known | no wave | " + " | ".join(WAVES) + " |")
    print("|---|--:|--:|" + "--:|" * len(WAVES))
    for name, section in SECTIONS.items():
        for known in KNOWN:
            cells = " | ".join(f"{share:.1%}" for share in wave_rows(replace(section, accounts=accounts), known))
            print(f"| {name} | {known} | {cells} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
