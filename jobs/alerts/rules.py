"""Alerts after a night: the rules of alerts.toml, run as queries on the warehouse, sent once to every channel.

Alerts are saved before they are sent, and each delivery after it: a failed channel is retried with the next night,
without sending anything twice on the others.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlencode

from pydantic import Field

from dashboard.language import speaking
from jobs.alerts.alert import Alert, ordered
from jobs.alerts.channels import Channel, channels
from jobs.alerts.mail import Undelivered
from jobs.config.settings import Settings
from jobs.config.strict_toml import Strict, read_strict
from jobs.config.targets import read_targets
from jobs.console import console
from jobs.errors import BadInput, FailedService
from jobs.lake.datasets import STAGES
from jobs.lake.failures import failures
from jobs.lake.nights import Lake
from models.labels import LABELS, Label
from warehouse import build, tables
from warehouse.measures import FEW_COMMENTS
from warehouse.reader import Warehouse
from warehouse.sqlite import opened

SCHEMA = Path(__file__).with_name("alerts.sql")
MIGRATION = Path(__file__).with_name("alerts_1.sql")  # from the first releases' table
COLUMNS = "night, rule, account, label, subject, message, link"
QUERIES = tables.SQL / "alerts"


Language = Literal["en", "de", "es", "fr", "pt"]


class Send(Strict):
    email: tuple[str, ...] = ()
    dashboard: str = "http://127.0.0.1:8050"
    language: Language = "en"  # of mails and Slack; a webhook's fields stay English
    quiet: tuple[time, time] | None = None


class Toxicity(Strict):
    labels: tuple[Label, ...] = get_args(Label)
    deviations: float = Field(default=4.0, gt=0)
    least_comments: int = Field(default=FEW_COMMENTS, ge=1)


class Wave(Strict):
    least_flagged: int = Field(default=5, ge=1)


class Crowd(Strict):
    least_flagged: int = Field(default=10, ge=1)
    from_share: float = Field(default=0.5, gt=0, le=1)


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
    crowd: Crowd | None = None
    drift: Drift | None = None
    quality: Plain | None = None
    refused: Plain | None = None
    budget: Budget | None = None
    unfinished: Plain | None = None


def read_rules(path: Path) -> Rules:
    return read_strict(path, Rules)


def run(settings: Settings, night: date, now: datetime | None = None) -> list[Alert]:
    """Finds the night's alerts, sends all unsent ones, and returns the night's."""
    rules = read_rules(settings.alerts_file)
    alerts = ordered(_find(settings, Lake.of(settings), rules, night))
    save_and_send(settings, rules, alerts, now)
    return alerts


def save_and_send(settings: Settings, rules: Rules, alerts: list[Alert], now: datetime | None = None) -> None:
    """Sends all unsent alerts, these among them."""
    active = channels(settings, rules.send.email)
    lake = Lake.of(settings)
    with lake.lock("alerts", wait=True), opened(settings.data_dir / "alerts.db") as database:
        _bring_forward(database)
        with database:
            rows = [(one.key, *_row(one)) for one in alerts]
            database.executemany(f"INSERT OR IGNORE INTO alerts (key, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        if _is_quiet(rules.send.quiet, (now or datetime.now(UTC)).time()):
            console.print("Quiet hours: new alerts will be sent by the next `toxwatch alert` after them.")
        else:
            with speaking(rules.send.language):
                _deliver(database, active)


def send_test(settings: Settings, night: date) -> str:
    """Sends one alert to every channel and says which took it; raises FailedService if one did not."""
    rules = read_rules(settings.alerts_file)
    active = channels(settings, rules.send.email)
    if not active:
        raise BadInput("There is nobody to send to: add an e-mail address, or set up Slack or a webhook.")
    link = f"{rules.send.dashboard.rstrip('/')}/settings/alerts"
    alert = Alert(night, "test", None, None, None, "This is a test. Alerts of Toxwatch reach you here.", link)
    failed = []
    with speaking(rules.send.language):
        for channel in active:
            try:
                channel.send([alert])
            except Undelivered as error:
                failed.append(str(error))
    if failed:
        raise FailedService(f"Not sent: {'; '.join(failed)}.")
    return f"Sent by {' and '.join(channel.name for channel in active)}. Look whether it has arrived."


def _bring_forward(database: sqlite3.Connection) -> None:
    if any(name == "said" for _, name, *_ in database.execute("PRAGMA table_info(alerts)")):
        database.executescript(MIGRATION.read_text())
    database.executescript(SCHEMA.read_text())


def _row(alert: Alert) -> tuple[str | None, ...]:
    return str(alert.night), alert.rule, alert.account, alert.label, alert.subject, alert.message, alert.link


def _find(settings: Settings, lake: Lake, rules: Rules, night: date) -> Iterator[Alert]:
    root = rules.send.dashboard.rstrip("/")
    if rules.unfinished:
        for work, message in _unfinished(lake, night):
            yield Alert(night, "unfinished", None, None, work, message, _link(root, "unfinished", night, None, None))
    if not (settings.data_dir / "warehouse" / build.CURRENT).exists():
        return
    warehouse = Warehouse(settings.data_dir / "warehouse")
    for path in sorted(QUERIES.glob("*.sql")):
        name = path.stem
        rule = getattr(rules, name)
        if rule is None:
            continue
        values: dict[str, Any] = {"night": night} | rule.model_dump()
        if name == "budget":
            values["budget_usd"] = read_targets(settings.targets_file).night.budget_usd
        for account, label, subject, message in warehouse.query(path.read_text(), values):
            yield Alert(night, name, account, label, subject, message, _link(root, name, night, account, label))


def _unfinished(lake: Lake, night: date) -> Iterator[tuple[str | None, str]]:
    """What stands still, and why; None for the night itself."""
    failed = failures(lake, night)
    if lake.manifest(STAGES[-1].name, night) is None:
        done = [one.stage for one in STAGES if lake.has(one, night)]
        causes = [f"{one.stage} failed: {failed[one.stage]}" for one in STAGES if one.stage in failed]
        cause = causes[0] if causes else "no stage reported an error, so it was stopped, is running or has not begun"
        yield None, f"the night did not finish: {cause} (done: {', '.join(done) or 'nothing'})"
    for work in failed.keys() - {one.stage for one in STAGES}:
        yield work, f"{work} failed: {failed[work]}"


def _link(root: str, rule: str, night: date, account: str | None, label: str | None) -> str:
    """The dashboard page that shows it."""
    page = "crowds" if rule == "crowd" else "account" if account and rule != "drift" else "quality"
    query = {"account": account, "last": str(night), "label": label if label in LABELS else None}
    return f"{root}/{page}?{urlencode({name: value for name, value in query.items() if value})}"


def _is_quiet(quiet: tuple[time, time] | None, now: time) -> bool:
    if quiet is None:
        return False
    start, end = quiet
    return start <= now < end if start < end else now >= start or now < end


def _deliver(database: sqlite3.Connection, active: list[Channel]) -> None:
    """Sends each channel one digest of its unsent alerts; raises FailedService after trying all channels."""
    failed = []
    for channel in active:
        unsent = dict(_unsent(database, channel))
        if not unsent:
            continue
        try:
            channel.send(list(unsent.values()))
        except Undelivered as error:
            failed.append(str(error))
            continue
        with database:
            deliveries = [(key, channel.name) for key in unsent]
            database.executemany("INSERT INTO deliveries (key, channel) VALUES (?, ?)", deliveries)
        console.print(f"Sent {len(unsent)} alert{'' if len(unsent) == 1 else 's'} by {channel.name}.")
    if failed:
        raise FailedService(f"{'; '.join(failed)}. The next `toxwatch alert` tries again.")


def _unsent(database: sqlite3.Connection, channel: Channel) -> Iterator[tuple[str, Alert]]:
    query = f"SELECT key, {COLUMNS} FROM alerts WHERE key NOT IN (SELECT key FROM deliveries WHERE channel = ?)"
    for key, night, *facts in database.execute(query, [channel.name]):
        yield key, Alert(date.fromisoformat(night), *facts)
