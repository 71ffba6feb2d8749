"""How alerts leave the house: mail, Slack, any webhook. A channel is there when its address is."""

import json
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from urllib.error import URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from jobs.config.settings import Settings
from jobs.errors import BadInput

SECONDS = 20
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

Lines = list[tuple[str, str]]  # what is said, and a link to see it


class Undelivered(Exception):
    """A channel that did not take what it was told."""


@dataclass(frozen=True)
class Channel:
    name: str
    send: Callable[[Lines], None]


def channels(settings: Settings, email: tuple[str, ...]) -> list[Channel]:
    """Those that are set up; a half of one is refused before anything is asked or sent."""
    found = []
    if email:
        if not settings.smtp_url:
            raise BadInput("alerts.toml names e-mail addresses, but TOXWATCH_SMTP_URL does not name a mail server.")
        if urlsplit(settings.smtp_url).scheme not in SCHEMES:
            raise BadInput(f"TOXWATCH_SMTP_URL begins with none of {', '.join(f'{one}://' for one in SCHEMES)}.")
        found.append(Channel("mail", partial(_mail, settings.smtp_url, email)))
    hooks = (("Slack", settings.slack_url, _slack), ("webhook", settings.webhook_url, _plain))
    return found + [Channel(name, partial(_post, name, url, shape)) for name, url, shape in hooks if url]


def _mail(server: str, to: tuple[str, ...], lines: Lines) -> None:
    message = EmailMessage()
    message["Subject"] = f"Toxwatch: {lines[0][0][:120]}" if len(lines) == 1 else f"Toxwatch: {len(lines)} alerts"
    parts = urlsplit(server)
    message["From"] = unquote(parts.username or "toxwatch@localhost")
    message["To"] = ", ".join(to)
    message.set_content("\n\n".join(f"{said}\n{link}" for said, link in lines) + "\n")
    host, port = parts.hostname or "localhost", parts.port or SCHEMES[parts.scheme]
    try:
        with (smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP)(host, port, timeout=SECONDS) as smtp:
            if parts.scheme == "smtp+starttls":
                smtp.starttls(context=ssl.create_default_context())
            if parts.username and parts.password:
                smtp.login(unquote(parts.username), unquote(parts.password))
            smtp.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"the mail server {host}:{port} did not take the mail ({error})") from None


def _slack(lines: Lines) -> dict[str, str]:
    return {"text": "\n".join(f"• {_escaped(said)} <{link}|look>" for said, link in lines)}


def _escaped(said: str) -> str:
    """As Slack asks, so that no account's name is read as a link or a mention."""
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(lines: Lines) -> dict[str, list[dict[str, str]]]:
    return {"alerts": [{"said": said, "link": link} for said, link in lines]}


def _post(name: str, url: str, shape: Callable[[Lines], object], lines: Lines) -> None:
    request = Request(url, json.dumps(shape(lines)).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=SECONDS):
            pass
    except (URLError, OSError, ValueError) as error:
        raise Undelivered(f"{name} did not take the message ({error})") from None
