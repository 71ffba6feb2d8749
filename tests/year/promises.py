"""What is promised of every night of the year, checked against what is outside: the service, the twin, old versions."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from jobs.standin.server import Run
from tests.year.household import LOOKBACK, Household
from warehouse import build, tables, versions

COMMENTS = "SELECT comment_id FROM comments"
OF_SOMEBODY = f"SELECT comment_id FROM comments WHERE author_hash IS NOT NULL OR text <> '{build.EXPIRED}'"
REJECTED = "SELECT comment_id FROM rejected WHERE comment_id IS NOT NULL"
PAID = "SELECT coalesce(sum(cost_usd), 0) FROM runs WHERE night = $1"
FIGURES = """ -- a model's score of a text differs by up to 4e-7 with the texts that it reads beside it
SELECT count(*), count(*) FILTER (o.comments IS DISTINCT FROM n.comments OR o.flagged IS DISTINCT FROM n.flagged
    OR abs(coalesce(o.share, -1) - coalesce(n.share, -1)) > 1e-6)
FROM old.daily o FULL JOIN new.daily n USING (platform, account, day, label) WHERE day < $1
"""
ALWAYS = "nights"  # a reason that every night brings


def is_answered(run: Run) -> bool:
    """Not where the platform blocked the run: it then succeeds with an error alone, and is rightly asked again."""
    return run.ends_as == "SUCCEEDED" and not any("requestErrorMessages" in item for item in run.items)


@dataclass
class Ledger:
    """What was checked, and what was found broken."""

    home: Household
    first: date  # night
    expected: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)  # what the twin ever got
    forgotten: set[str] = field(default_factory=set)  # "instagram/ann"
    checked: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)  # why figures of the past changed
    known_runs: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    late: dict[str, date] = field(default_factory=dict)  # comment → the night in which it was first missing

    @property
    def warehouse(self) -> Path:
        return self.home.data_dir / "warehouse"

    @property
    def before(self) -> Path:
        return self.home.disk / "before.duckdb"

    def remember(self) -> None:
        """The figures as people see them now."""
        self.before.unlink(missing_ok=True)
        self.before.hardlink_to(build.current(self.warehouse))

    def check(self, night: date, oldest: date) -> None:
        """After a night, or several from `oldest` on."""
        self.check_nothing_lost(night)
        self._check_paid(night)
        self.check_figures(night, oldest - timedelta(days=LOOKBACK))

    def check_nothing_lost(self, night: date) -> None:
        may_be_gone = {id for id, (author, _) in self.expected.items() if author in self.forgotten}
        may_be_gone |= {id for id, (_, parent) in self.expected.items() if parent in may_be_gone}
        with duckdb.connect(str(build.current(self.warehouse)), read_only=True) as con:
            stored, of_somebody, rejected = (
                {id for (id,) in con.execute(sql).fetchall()} for sql in (COMMENTS, OF_SOMEBODY, REJECTED)
            )
        missing = self.expected.keys() - stored - rejected - may_be_gone
        lost = {id for id in missing if self.late.setdefault(id, night) < night} - self.lost
        self.lost |= lost  # each is told of once
        back = {id for id in may_be_gone & of_somebody if self.expected[id][0] in self.forgotten}
        self._note(
            "comments that an undisturbed collection got are there a night later at the latest",
            len(self.expected),
            night,
            lost,
        )
        self._note("comments of forgotten people stay away", len(may_be_gone), night, back)
        if invented := stored - self.expected.keys():  # or the twin, which misses nothing, had no reason to ask again
            invented -= self.home.written(self.first - timedelta(days=LOOKBACK), night)
        self._note("comments are there that nobody ever wrote: none", len(stored), night, invented)

    def _check_paid(self, night: date) -> None:
        new = [run for id, run in list(self.home.service.runs.items()) if id not in self.known_runs]
        self.known_runs |= {run.id for run in new}
        by_night: dict[date, list[Run]] = {}
        for run in new:
            by_night.setdefault((run.seen_at - timedelta(days=1)).date(), []).append(run)
        with duckdb.connect(str(build.current(self.warehouse)), read_only=True) as con:
            for of_night, runs in by_night.items():
                [(recorded,)] = con.execute(PAID, [of_night]).fetchall()
                spent = sum(run.cost_usd for run in runs)
                wrong = [] if abs(recorded - spent) < 1e-6 else [f"{recorded:.4f} USD recorded, {spent:.4f} paid"]
                self._note("what the service was paid is on record", len(runs), night, wrong)
                asked = Counter(f"{one.actor} {one.input}" for one in runs if is_answered(one))
                self._note("no run is paid twice", len(runs), night, [one for one in asked if asked[one] > 1])

    def check_figures(self, night: date, until: date) -> None:
        """Figures of days that no collection reaches any more change for a reason only."""
        new = build.current(self.warehouse)
        with duckdb.connect() as con:
            for name, file in (("old", self.before), ("new", new)):
                con.execute(f"ATTACH {tables.quoted(str(file))} AS {name} (READ_ONLY)")
            [(figures, changed)] = con.execute(FIGURES, [until]).fetchall()
        reasons = self._reasons(new) if changed else []
        unexplained = [f"{changed} of {figures} figures"] if changed and not reasons else []
        self._note("figures of past days change only for a reason", figures, night, unexplained)
        for reason in reasons:
            self.reasons[f"{reason}: {changed:,} figures"] += 1

    def _reasons(self, new: Path) -> list[str]:
        [why] = [table for table in versions.diff(self.before, new) if table.title == "Why"]
        return [f"{what} {old} → {now}" for what, old, now in why.rows if old != now and what != ALWAYS]

    def check_same(self, promise: str, night: date, before: Any, after: Any) -> None:
        self._note(promise, 1, night, [] if before == after else ["it differs"])

    def expect(self, promise: str, night: date, is_kept: bool, what: str = "") -> None:
        self._note(promise, 1, night, [] if is_kept else [what or "no"])

    def _note(self, promise: str, things: int, night: date, wrong: Any) -> None:
        self.checked[promise] += things
        if wrong:
            few = ", ".join(sorted(map(str, wrong))[:3])
            self.broken.append(f"{night}: {promise}: {len(wrong)} broken, e.g. {few}")
            print(f"{datetime.now():%H:%M:%S} BROKEN {self.broken[-1]}", flush=True)
