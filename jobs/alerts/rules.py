"""Alerts after a night: the rules of alerts.toml, run as queries on the warehouse, sent once to every channel.

Alerts are saved before they are sent, and each delivery after it: a failed channel is retried with the next night,
without sending anything twice on the others.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

from pydantic import Field

from jobs.alerts.channels import Channel, Undelivered, channels
from jobs.config.settings import Settings
from jobs.config.strict_toml import Strict, read_strict
from jobs.config.targets import read_targets
from jobs.console import console
from jobs.errors import FailedService
from jobs.lake.datasets import STAGES
from jobs.lake.nights import Lake
from models.labels import Label
from warehouse import build
from warehouse.measures import FEW_COMMENTS
from warehouse.reader import Warehouse

SCHEMA = Path(__file__).with_name("alerts.sql")
QUERIES = build.SQL / "alerts"


class Send(Strict):
    email: tuple[str, ...] = ()
    dashboard: str = "http://127.0.0.1:8050"
    quiet: tuple[time, time] | None = None


class Toxicity(Strict):
    labels: tuple[Label, ...] = get_args(Label)
    deviations: float = Field(default=4.0, gt=0)
    least_comments: int = Field(default=FEW_COMMENTS, ge=1)


class Wave(Strict):
    least_flagged: int = Field(default=5, ge=1)


class Drift(Strict):
    least_comments: int = Field(default=100, ge=1)


class Budget(Strict):
    from_share: float = Field(default=0.9, gt=0, le=1)


class Plain(Strict):
    """A rule without parameters."""


class Rules(Strict):
    send: Send = Field(default_factory=Send)
    toxicity: Toxicity | None = None
    wave: Wave | None = None
    drift: Drift | None = None
    quality: Plain | None = None
    refused: Plain | None = None
    budget: Budget | None = None
    unfinished: Plain | None = None


@dataclass(frozen=True)
class Alert:
    night: date
    rule: str
    account: str | None
    label: str | None
    subject: str | None  # what it is about, if not an account
    message: str
    link: str

    @property
    def key(self) -> str:
        """Doesn't change with the numbers in the message, so that running a night again sends nothing twice."""
        return "/".join([str(self.night), self.rule, self.account or "", self.label or "", self.subject or ""])

    def __str__(self) -> str:
        return f"{self.account}: {self.message}" if self.account else self.message


def read_rules(path: Path) -> Rules:
    return read_strict(path, Rules)


def run(settings: Settings, night: date, now: datetime | None = None) -> list[Alert]:
    """Finds the night's alerts, sends all unsent ones, and returns the night's."""
    rules = read_rules(settings.alerts_file)
    active = channels(settings, rules.send.email)
    alerts = list(_find(settings, rules, night))
    with closing(sqlite3.connect(settings.data_dir / "alerts.db", timeout=10)) as database:
        database.executescript(SCHEMA.read_text())
        rows = [(one.key, str(night), one.rule, str(one), one.link) for one in alerts]
        with database:
            database.executemany(
                "INSERT OR IGNORE INTO alerts (key, night, rule, said, link) VALUES (?, ?, ?, ?, ?)", rows
            )
        if _is_quiet(rules.send.quiet, (now or datetime.now(UTC)).time()):
            console.print("Quiet hours: new alerts will be sent by the next `toxwatch alert` after them.")
        else:
            _deliver(database, active)
    return alerts


def _find(settings: Settings, rules: Rules, night: date) -> Iterator[Alert]:
    root = rules.send.dashboard.rstrip("/")
    lake = Lake.of(settings)
    if rules.unfinished and lake.manifest(STAGES[-1].name, night) is None:
        done = [one.stage for one in STAGES if lake.has(one, night)]
        message = (
            f"the night did not finish; stages done: {', '.join(done) or 'none'}. Run `toxwatch status` for details"
        )
        yield Alert(night, "unfinished", None, None, None, message, f"{root}/quality")
    if not (settings.data_dir / "warehouse" / build.CURRENT).exists():
        return
    warehouse = Warehouse(settings.data_dir / "warehouse")
    for path in sorted(QUERIES.glob("*.sql")):
        rule = getattr(rules, path.stem)
        if rule is None:
            continue
        values: dict[str, Any] = {"night": night} | rule.model_dump()
        if path.stem == "budget":
            values["budget_usd"] = read_targets(settings.targets_file).night.budget_usd
        for account, label, subject, message in warehouse.query(path.read_text(), values):
            yield Alert(night, path.stem, account, label, subject, message, _link(root, night, account, label))


def _link(root: str, night: date, account: str | None, label: str | None) -> str:
    """The dashboard page that shows it."""
    if account is None:
        return f"{root}/quality"
    query = {"account": account, "last": night} | ({"label": label} if label else {})
    return f"{root}/account?{urlencode(query)}"


def _is_quiet(quiet: tuple[time, time] | None, now: time) -> bool:
    if quiet is None:
        return False
    start, end = quiet
    return start <= now < end if start < end else now >= start or now < end


def _deliver(database: sqlite3.Connection, active: list[Channel]) -> None:
    """Sends each channel one digest of its unsent alerts; raises FailedService after trying all channels."""
    failed = []
    for channel in active:
        query = (
            "SELECT key, night, said, link FROM alerts WHERE key NOT IN (SELECT key FROM deliveries WHERE channel = ?)"
        )
        unsent = database.execute(f"{query} ORDER BY night, rule, key", [channel.name]).fetchall()
        if not unsent:
            continue
        try:
            channel.send([(f"{night}: {message}", link) for _, night, message, link in unsent])
        except Undelivered as error:
            failed.append(str(error))
            continue
        with database:
            deliveries = [(key, channel.name) for key, *_ in unsent]
            database.executemany("INSERT INTO deliveries (key, channel) VALUES (?, ?)", deliveries)
        console.print(f"Sent {len(unsent)} alert{'' if len(unsent) == 1 else 's'} by {channel.name}.")
    if failed:
        raise FailedService(f"{'; '.join(failed)}. The next `toxwatch alert` tries again.")
