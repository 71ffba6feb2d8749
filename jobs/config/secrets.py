"""Keeps secrets out of messages: one filter for logs, tracebacks and doctor."""

import os
import re
from collections.abc import Iterator
from typing import Any, TextIO
from urllib.parse import quote, urlsplit

from jobs.config.settings import DATABASE

NAMES = (
    "APIFY_TOKEN",
    "TOXWATCH_AUTHOR_KEY",
    "TOXWATCH_BACKUP_PASSPHRASE",
    "TOXWATCH_SMTP_URL",
    "TOXWATCH_SLACK_URL",
    "TOXWATCH_WEBHOOK_URL",
    "TOXWATCH_HEARTBEAT_URL",
    "TOXWATCH_INGEST_KEY",
    "TOXWATCH_OPENID_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
SHORTEST = 6  # anything shorter is in too many words
LIKE_SECRETS = re.compile(
    r"(?P<user>[^\s/:@'\"]+):[^\s/@]+(?=@)"  # user:password@host, also where the address is malformed
    r"|(?P<parameter>\b(?:secret_key|access_key|session_token|token|password|key)=)[^\s&'\"]+"
    r"|\b(?:apify_api_|tw_)[\w-]{16,}",
    re.IGNORECASE,
)
HIDDEN = "…"


class Masked:
    """A stream that secrets do not reach."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(masked(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def masked(text: str) -> str:
    """The text with the name of each secret in place of the secret."""
    for secret, name in sorted(_secrets(), key=lambda known: -len(known[0])):
        text = text.replace(secret, f"[{name}]")
    return LIKE_SECRETS.sub(_without_secret, text)


def _secrets() -> Iterator[tuple[str, str]]:
    """Every form in which a message may quote a secret: without white space, escaped, the path of a URL alone."""
    for name in (*NAMES, *(one for one in os.environ if one.startswith(DATABASE))):
        value = os.environ.get(name, "")
        path = urlsplit(value).path if "://" in value else ""
        for form in (value.strip(), value.strip().partition("://")[2], path, path.lstrip("/")):
            if len(form) >= SHORTEST:
                yield form, name
                yield quote(form, safe=""), name


def _without_secret(found: re.Match[str]) -> str:
    if found["user"]:
        return f"{found['user']}:{HIDDEN}"
    return f"{found['parameter'] or ''}{HIDDEN}"
