"""One e-mail over SMTP."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from mimetypes import guess_type
from urllib.parse import unquote, urlsplit

from jobs.errors import BadInput

SECONDS = 20
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Undelivered(Exception):
    """A message was rejected, or its receiver could not be reached."""


def check_address(server: str | None) -> str:
    """The mail server's address; raises BadInput for none, or a wrong one."""
    if not server:
        raise BadInput(
            "There is somebody to send e-mail to, but TOXWATCH_SMTP_URL is not set. "
            "Set it, e.g. smtps://user:password@mail.example.org:465"
        )
    if urlsplit(server).scheme not in SCHEMES:
        raise BadInput(f"TOXWATCH_SMTP_URL must start with {', '.join(f'{one}://' for one in SCHEMES)}.")
    return server


def send(server: str, to: Sequence[str], subject: str, text: str, attached: tuple[str, bytes] | None = None) -> None:
    """`attached` is a file's name and content."""
    parts, message = urlsplit(server), EmailMessage()
    sender = unquote(parts.username or "toxwatch@localhost")
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2] or "localhost")
    message.set_content(text)
    if attached:
        name, content = attached
        kind, _, subtype = (guess_type(name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(content, kind, subtype, filename=name)
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
