"""A sign of life from outside the scheduler: a timer asks every hour whether nights still arrive.

While they do, it requests the heartbeat URL, so that a service elsewhere notices when this machine is gone. When they
stop, it requests nothing and tells people by the channels of alerts.toml.
"""

from datetime import UTC, date, datetime, timedelta
from urllib.error import URLError
from urllib.request import urlopen

from jobs.alerts.alert import Alert
from jobs.alerts.mail import SECONDS
from jobs.alerts.rules import read_rules, save_and_send
from jobs.config.settings import Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.nights import Lake
from warehouse.files import write_atomically
from warehouse.measures import READY_AFTER_HOURS

BEATEN = "heartbeat"  # in the data folder: when it was last asked
LONGEST_SILENCE = 32  # hours: a night comes every 24, and may take until eight hours later


def beat(settings: Settings, hours: int = LONGEST_SILENCE, now: datetime | None = None) -> str:
    """Says what it did; raises FailedService when nothing has come for so many hours."""
    now = now or datetime.now(UTC)
    night, came_at = _newest(Lake.of(settings))
    if came_at > now + timedelta(hours=1) or night >= now.date():
        raise BadInput(
            f"The newest night is {night}, but this machine's clock says {now:%Y-%m-%d %H:%M}. Set the clock."
        )
    write_atomically(settings.data_dir / BEATEN, now.isoformat(timespec="seconds"))
    silence = now - came_at
    if silence > timedelta(hours=hours):
        _tell(settings, night, silence)
    came = f"the night {night} came {_hours(silence)} ago"
    if settings.heartbeat_url is None:
        return f"Alive: {came}. No service elsewhere knows: TOXWATCH_HEARTBEAT_URL is not set."
    _request(settings.heartbeat_url)
    return f"Alive: {came}. The heartbeat URL answered."


def beaten_at(settings: Settings) -> datetime | None:
    """When the timer last asked."""
    path = settings.data_dir / BEATEN
    return datetime.fromisoformat(path.read_text()) if path.exists() else None


def _newest(lake: Lake) -> tuple[date, datetime]:
    """The newest night, and when its figures were first there."""
    manifests = lake.manifests("published")
    if not manifests:
        raise BadInput("No night has been published yet, so nothing can fall silent. Run `toxwatch nightly` first.")
    night = max(manifests)
    due = datetime(night.year, night.month, night.day, tzinfo=UTC) + timedelta(hours=READY_AFTER_HOURS)
    first_at = manifests[night].first_at
    return night, datetime.fromisoformat(first_at) if first_at else due


def _tell(settings: Settings, night: date, silence: timedelta) -> None:
    rules = read_rules(settings.alerts_file)
    message = f"no night has come for {_hours(silence)}: the newest is {night}"
    link = f"{rules.send.dashboard.rstrip('/')}/quality"
    save_and_send(settings, rules, [Alert(night + timedelta(days=1), "silent", None, None, None, message, link)])
    raise FailedService(f"{message[0].upper()}{message[1:]}. Look at Airflow or whatever starts the nights.")


def _request(url: str) -> None:
    try:
        with urlopen(url, timeout=SECONDS):
            pass
    except (URLError, OSError, ValueError) as error:
        reason = error.reason if type(error) is URLError else error
        raise FailedService(f"Nights arrive, but the heartbeat URL does not answer as it should: {reason}.") from None


def _hours(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return "an hour" if hours == 1 else f"{hours:,} hours"
