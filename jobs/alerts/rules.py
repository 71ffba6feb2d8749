"""Who is told what after a night: rules of alerts.toml, asked of the warehouse, sent once to every channel.

What was found is written down before it is sent, and each delivery after it: a channel that fails is tried again
with the next night, without telling the others twice.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal
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
from models.labels import LABELS
from warehouse import build
from warehouse.reader import Warehouse

SCHEMA = Path(__file__).with_name("alerts.sql")
ASKED = build.SQL / "alerts"

Label = Literal["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


class Send(Strict):
    email: tuple[str, ...] = ()
    dashboard: str = "http://127.0.0.1:8050"
    quiet: tuple[time, time] | None = None


class Toxicity(Strict):
    labels: tuple[Label, ...] = LABELS  # type: ignore[assignment]
    deviations: float = Field(default=4.0, gt=0)
    least_comments: int = Field(default=30, ge=1)


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
    subject: str | None  # what it is about, where that is no account
    said: str
    link: str

    @property
    def key(self) -> str:
        """The same however its figures change, so that a night that runs again tells nobody twice."""
        return "/".join([str(self.night), self.rule, self.account or "", self.label or "", self.subject or ""])

    def __str__(self) -> str:
        return f"{self.account}: {self.said}" if self.account else self.said


def read_rules(path: Path) -> Rules:
    return read_strict(path, Rules)


def run(settings: Settings, night: date, now: datetime | None = None) -> list[Alert]:
    """Finds a night's alerts and sends all that were not sent yet; returns the night's."""
    rules = read_rules(settings.alerts_file)
    sending = channels(settings, rules.send.email)
    found = list(_found(settings, rules, night))
    with closing(sqlite3.connect(settings.data_dir / "alerts.db", timeout=10)) as database:
        database.executescript(SCHEMA.read_text())
        rows = [(one.key, str(night), one.rule, str(one), one.link) for one in found]
        with database:
            database.executemany(
                "INSERT OR IGNORE INTO alerts (key, night, rule, said, link) VALUES (?, ?, ?, ?, ?)", rows
            )
        if _is_quiet(rules.send.quiet, (now or datetime.now(UTC)).time()):
            console.print("These are quiet hours: what is new is sent with the next `toxwatch alert` after them.")
        else:
            _deliver(database, sending)
    return found


def _found(settings: Settings, rules: Rules, night: date) -> Iterator[Alert]:
    root = rules.send.dashboard.rstrip("/")
    lake = Lake.of(settings)
    if rules.unfinished and lake.manifest(STAGES[-1].name, night) is None:
        done = [one.stage for one in STAGES if lake.has(one, night)]
        said = f"the night is not finished; it got through {', '.join(done) or 'no stage'}. See `toxwatch status`"
        yield Alert(night, "unfinished", None, None, None, said, f"{root}/quality")
    if not (settings.data_dir / "warehouse" / build.CURRENT).exists():
        return
    warehouse = Warehouse(settings.data_dir / "warehouse")
    for path in sorted(ASKED.glob("*.sql")):
        rule = getattr(rules, path.stem)
        if rule is None:
            continue
        values: dict[str, Any] = {"night": night} | rule.model_dump()
        if path.stem == "budget":
            values["budget_usd"] = read_targets(settings.targets_file).night.budget_usd
        for account, label, subject, said in warehouse.query(path.read_text(), values):
            yield Alert(night, path.stem, account, label, subject, said, _link(root, night, account, label))


def _link(root: str, night: date, account: str | None, label: str | None) -> str:
    """The page of the dashboard that shows what is meant."""
    if account is None:
        return f"{root}/quality"
    asked = {"account": account, "last": night} | ({"label": label} if label else {})
    return f"{root}/account?{urlencode(asked)}"


def _is_quiet(quiet: tuple[time, time] | None, now: time) -> bool:
    if quiet is None:
        return False
    start, end = quiet
    return start <= now < end if start < end else now >= start or now < end


def _deliver(database: sqlite3.Connection, sending: list[Channel]) -> None:
    """One digest a channel of all that it has not been told; raises when all channels were tried and one failed."""
    failed = []
    for channel in sending:
        query = (
            "SELECT key, night, said, link FROM alerts WHERE key NOT IN (SELECT key FROM deliveries WHERE channel = ?)"
        )
        new = database.execute(f"{query} ORDER BY night, rule, key", [channel.name]).fetchall()
        if not new:
            continue
        try:
            channel.send([(f"{night}: {said}", link) for _, night, said, link in new])
        except Undelivered as error:
            failed.append(str(error))
            continue
        with database:
            told = [(key, channel.name) for key, *_ in new]
            database.executemany("INSERT INTO deliveries (key, channel) VALUES (?, ?)", told)
        console.print(f"{len(new)} alerts were sent by {channel.name}.")
    if failed:
        raise FailedService(f"{'; '.join(failed)}. What was not sent is sent with the next `toxwatch alert`.")
