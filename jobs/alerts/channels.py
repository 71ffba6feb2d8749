"""How alerts are sent: e-mail, Slack or any webhook. A channel is active when its address is set."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from urllib.error import URLError
from urllib.request import Request, urlopen

from dashboard.language import _
from jobs.alerts import mail
from jobs.alerts.alert import Alert, lines, ordered
from jobs.alerts.mail import SECONDS, Undelivered
from jobs.config.settings import Settings

Alerts = Sequence[Alert]


@dataclass(frozen=True)
class Channel:
    name: str
    send: Callable[[Alerts], None]


def channels(settings: Settings, email: tuple[str, ...]) -> list[Channel]:
    """The active channels; raises BadInput for a half-configured one, before anything is sent."""
    active = []
    if email:
        active.append(Channel("mail", partial(_mail, mail.check_address(settings.smtp_url), email)))
    hooks = (("Slack", settings.slack_url, _slack), ("webhook", settings.webhook_url, _plain))
    return active + [Channel(name, partial(_post, name, url, shape)) for name, url, shape in hooks if url]


def _mail(server: str, to: tuple[str, ...], alerts: Alerts) -> None:
    first, *others = found = list(lines(alerts))
    more = _(" (+{number} more)", number=len(others)) if others else ""
    subject = f"Toxwatch: {first.text[:120]}{more}"
    mail.send(server, to, subject, "\n\n".join(f"{line.text}\n{line.link}" for line in found) + "\n")


def _slack(alerts: Alerts) -> dict[str, str]:
    view = _("View")
    return {"text": "\n".join(f"• {_escaped(line.text)} <{line.link}|{view}>" for line in lines(alerts))}


def _escaped(text: str) -> str:
    """Escaped for Slack, so that no account name becomes a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(alerts: Alerts) -> dict[str, list[dict[str, str | None]]]:
    return {"alerts": [_fields(alert) for alert in ordered(alerts)]}


def _fields(alert: Alert) -> dict[str, str | None]:
    return asdict(alert) | {"night": str(alert.night), "key": alert.key, "severity": alert.severity}


def _post(name: str, url: str, shape: Callable[[Alerts], object], alerts: Alerts) -> None:
    request = Request(url, json.dumps(shape(alerts)).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=SECONDS):
            pass
    except (URLError, OSError, ValueError) as error:
        raise Undelivered(f"{name} did not accept the message ({error})") from None
