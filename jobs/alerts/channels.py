"""How alerts are sent: e-mail, Slack or any webhook. A channel is active when its address is set."""

import json
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from functools import partial
from urllib.error import URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from jobs.alerts.alert import Alert, lines, ordered
from jobs.config.settings import Settings
from jobs.errors import BadInput

SECONDS = 20
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

Alerts = Sequence[Alert]


class Undelivered(Exception):
    """A channel rejected the alerts or could not be reached."""


@dataclass(frozen=True)
class Channel:
    name: str
    send: Callable[[Alerts], None]


def channels(settings: Settings, email: tuple[str, ...]) -> list[Channel]:
    """The active channels; raises BadInput for a half-configured one, before anything is sent."""
    active = []
    if email:
        if not settings.smtp_url:
            raise BadInput(
                "alerts.toml lists e-mail addresses, but TOXWATCH_SMTP_URL is not set. "
                "Set it, e.g. smtps://user:password@mail.example.org:465"
            )
        if urlsplit(settings.smtp_url).scheme not in SCHEMES:
            raise BadInput(f"TOXWATCH_SMTP_URL must start with {', '.join(f'{one}://' for one in SCHEMES)}.")
        active.append(Channel("mail", partial(_mail, settings.smtp_url, email)))
    hooks = (("Slack", settings.slack_url, _slack), ("webhook", settings.webhook_url, _plain))
    return active + [Channel(name, partial(_post, name, url, shape)) for name, url, shape in hooks if url]


def _mail(server: str, to: tuple[str, ...], alerts: Alerts) -> None:
    first, *others = found = list(lines(alerts))
    parts, message = urlsplit(server), EmailMessage()
    sender = unquote(parts.username or "toxwatch@localhost")
    message["Subject"] = f"Toxwatch: {first.text[:120]}" + (f" (+{len(others)} more)" if others else "")
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2] or "localhost")
    message.set_content("\n\n".join(f"{line.text}\n{line.link}" for line in found) + "\n")
    host, port = parts.hostname or "localhost", parts.port or SCHEMES[parts.scheme]
    try:
        with (smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP)(host, port, timeout=SECONDS) as smtp:
            if parts.scheme == "smtp+starttls":
                smtp.starttls(context=ssl.create_default_context())
            if parts.username and parts.password:
                smtp.login(unquote(parts.username), unquote(parts.password))
            smtp.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"the mail server {host}:{port} did not accept the message ({error})") from None


def _slack(alerts: Alerts) -> dict[str, str]:
    return {"text": "\n".join(f"• {_escaped(line.text)} <{line.link}|View>" for line in lines(alerts))}


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
