"""A change is what days and posts do not differ by anyway: known truth, thousands of draws, the product's own rules."""

from collections.abc import Iterator
from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from bench import changes
from warehouse import measures, queries, tables

pytestmark = pytest.mark.long

MOST = 0.06  # of what did not change may be called a change
ACCOUNTS = 200
SECTIONS = {
    "days": changes.Section(share=0.14, days_differ=0.4, accounts=ACCOUNTS),
    "posts": changes.Section(posts_differ=0.6, accounts=ACCOUNTS),
    "few": changes.Section(comments_a_day=30, days_differ=0.3, posts_differ=0.5, accounts=ACCOUNTS),
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        tables.create(con)
        yield con


@pytest.mark.parametrize("name", SECTIONS)
def test_nothing_is_called_a_change_and_twice_the_interval_is_found(name: str) -> None:
    for what, [called, waves] in changes.rows(SECTIONS[name], [7]):
        if what.startswith("raised"):
            assert called >= 0.9
        else:
            assert max(called, waves) <= MOST, what


@pytest.mark.parametrize("known", changes.KNOWN)
def test_a_wave_is_found_although_it_is_one_of_few_days_and_nothing_else_is(known: int) -> None:
    section = changes.Section(days_differ=0.3, posts_differ=0.5, accounts=ACCOUNTS)
    false, _, found, _ = changes.wave_rows(section, known)
    assert false <= MOST
    assert found >= 0.9, "40 points for a day"


def test_an_account_with_a_few_days_has_no_verdict_yet(con: duckdb.DuckDBPyConnection) -> None:
    section = changes.Section(accounts=3)
    cells = changes.comments(section, np.random.default_rng(1))
    is_early = cells["day"] < measures.LEAST_DAYS
    changes.load(con, {name: values[is_early] for name, values in cells.items()})
    first = changes.FIRST + timedelta(measures.LEAST_DAYS - 1)
    found = con.execute(
        "SELECT chance, change_margin, is_significant FROM changes($1, 1, $1 - 1, $1) WHERE period = 0", [first]
    )
    assert found.fetchall() == [(None, None, False)] * 3


def test_the_formulas_are_those_of_the_books(con: duckdb.DuckDBPyConnection) -> None:
    def ask(expression: str) -> float:
        ((value,),) = con.execute(f"SELECT {expression}").fetchall()
        return float(value)

    for freedom in (6, 27, 200):
        assert ask(f"errors_of_95({freedom})") == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01)
        for change in (1.0, 2.0, 3.5):
            assert ask(f"chance_of_change({change}, 1, {freedom})") == pytest.approx(
                2 * stats.t.sf(change, freedom), rel=0.03
            )
    for squares in (10, 19, 30.14, 45):
        assert ask(f"chance_of_squares({squares}, 19)") == pytest.approx(min(stats.chi2.sf(squares, 19), 0.5), rel=0.06)
    draw = np.random.default_rng(3)
    for changed in (0, 3, 20):
        chances = np.concatenate([draw.random(50), draw.random(changed) / 2000])
        significant = stats.false_discovery_control(chances) <= measures.BY_CHANCE
        limit = ask(f"significant_up_to({chances.tolist()})")
        assert (chances <= limit).tolist() == significant.tolist()


def test_terms_that_come_in_bursts_do_not_trend_and_one_that_stays_does(con: duckdb.DuckDBPyConnection) -> None:
    """Two hundred words in bursts of a day, and one that five times as many people use in the last week."""
    draw, accounts, days, terms = np.random.default_rng(5), 60, 56, 200
    con.execute("INSERT INTO models VALUES ('m', '1', true)")
    con.execute(
        """INSERT INTO days SELECT 'instagram', 'a' || a, $1 + d::INTEGER, 'm', 'toxic', 200, 10, 5, 0
        FROM range($2) x(a), range($3) y(d)""",
        [changes.FIRST, accounts, days],
    )
    usual = 40 / np.arange(1, terms + 1) ** 0.8
    used = draw.poisson(usual * draw.gamma(2, 1 / 2, (accounts, days, terms)))
    used[:, :, 0] = draw.poisson(np.where(np.arange(days) >= days - 7, 20, 4), (accounts, days))
    account, day, term = np.nonzero(used >= 3)
    made = pa.table({"account": account, "day": day, "term": term, "used": used[account, day, term]})  # noqa: F841
    con.execute(
        """INSERT INTO terms
        SELECT 'instagram', 'a' || account, $1 + day::INTEGER, 't' || term, false, 'm', used, used * 0.05 FROM made""",
        [changes.FIRST],
    )
    last = changes.FIRST + timedelta(days - 1)
    asked = {"first": last - timedelta(6), "days": 7, "last": last}
    risen = [
        {
            term
            for term, *_, rises in con.execute(
                queries.page_sql("terms"), asked | {"account": f"instagram/a{n}"}
            ).fetchall()
            if rises
        }
        for n in range(accounts)
    ]
    assert sum("t0" in terms for terms in risen) >= 0.9 * accounts
    assert sum(bool(terms - {"t0"}) for terms in risen) <= MOST * accounts


def test_scores_do_not_drift_where_days_differ_anyway(con: duckdb.DuckDBPyConnection) -> None:
    """Ten accounts, fifteen times over: few of a month's days seem to shift, and what shifts is found."""
    section = changes.Section(share=0.14, days_differ=0.4, posts_differ=0.3, accounts=10)
    last = changes.FIRST + timedelta(changes.DAYS - 1)
    false_days = found = 0
    for seed in (*range(8, 13), *range(20, 30)):
        draw = np.random.default_rng(seed)
        shifted = np.where(np.arange(10) == 0, 0.6, 0)
        cells = changes.raised(changes.comments(section, draw), range(changes.DAYS - 1, changes.DAYS), shifted, draw)
        made = pa.table(cells)  # noqa: F841
        con.execute("DELETE FROM score_bins; DELETE FROM days; DELETE FROM drift")
        con.execute(
            """INSERT INTO score_bins
            SELECT 'instagram', 'a' || account, $1 + day::INTEGER, 'en', 'm', 'toxic', bin_of(score), count(*),
                sum(score), 0, 0
            FROM made GROUP BY ALL""",
            [changes.FIRST],
        )
        con.execute(
            """INSERT INTO days SELECT platform, account, day, model, label, sum(comments), sum(expected), 0, 0
            FROM score_bins GROUP BY ALL"""
        )
        tables.run_script(con, "marts/drift.sql", loaded_from=changes.FIRST)
        shifts = con.execute(
            "SELECT day, account FROM drift WHERE is_shift AND label = 'toxic' AND day > $1::DATE - 28", [last]
        ).fetchall()
        found += (last, "a0") in shifts
        false_days += len({day for day, account in shifts if (day, account) != (last, "a0")})
    assert found >= 0.9 * 15
    assert false_days <= MOST * 28 * 15


def test_a_total_over_accounts_carries_what_each_of_them_varies_by(con: duckdb.DuckDBPyConnection) -> None:
    """Groups of five accounts, as a tag has them."""
    section = changes.Section(days_differ=0.4, posts_differ=0.3, accounts=ACCOUNTS)
    changes.load(con, changes.comments(section, np.random.default_rng(9)))
    asked = changes.last_period(7) | {"only": None}
    called = []
    for n in range(0, ACCOUNTS, 5):
        places = [f"instagram/a{account}" for account in range(n, n + 5)]
        [(significant, margin)] = con.execute(
            f"SELECT is_significant, change_margin FROM ({queries.page_sql('change').rstrip().rstrip(';')})",
            asked | {"places": places},
        ).fetchall()
        called.append(significant)
        assert 0 < margin < 0.2
    assert sum(called) <= MOST * len(called)
