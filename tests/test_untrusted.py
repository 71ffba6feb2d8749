"""What strangers wrote, in a terminal and in a spreadsheet; and secrets, which go nowhere."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from dashboard.charts import as_csv
from jobs.ask import export
from jobs.config import secrets
from jobs.config.secrets import Masked, masked
from jobs.config.settings import SHIPPED, Settings
from jobs.upkeep.doctor import examine
from warehouse.untrusted import guarded, printable

TOKEN = "apify_api_5Ab7XyZ012345678901234567890"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("hello\n=1+1", "hello\n'=1+1"),
        ("hello\r\n-1\n+1", "hello\r\n'-1\n'+1"),
        ("a=b", "a=b"),
        ("what a day :-)", "what a day :-)"),
        ("", ""),
    ],
)
def test_no_spreadsheet_runs_what_a_stranger_wrote(text: str, safe: str) -> None:
    assert guarded(text) == safe
    assert export.safe(pa.array([text, None])).to_pylist() == [safe, None]


def test_the_head_of_a_table_is_guarded_too() -> None:
    assert as_csv([{"=cmd()": "=1", "n": -1}]) == "'=cmd(),n\r\n'=1,-1\r\n"


def test_no_terminal_obeys_what_a_stranger_wrote() -> None:
    assert printable("a\x1b[2J\rb\n\u202eevil\ud800\x9b") == r"a\x1b[2J\rb\n\u202eevil\ud800\x9b"
    assert printable("two\nlines\x07", keep="\n") == "two\nlines\\x07"
    assert printable("what a picture 🌎 👩‍🚀 é") == "what a picture 🌎 👩‍🚀 é"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("APIFY_TOKEN", f"{TOKEN}\r", "Invalid header value {value!r}"),
        ("APIFY_TOKEN", "not-as-usual", "rejected {value}"),
        ("TOXWATCH_SLACK_URL", "hooks.slack.com/services/T0/B0/secretsecret", "unknown url type: {value!r}"),
        ("TOXWATCH_WEBHOOK_URL", "https://example.org/in/secretsecret", "no answer from /in/secretsecret"),
        ("TOXWATCH_HEARTBEAT_URL", "https://example.org/ping/secretsecret", "no answer from /ping/secretsecret"),
        ("TOXWATCH_SMTP_URL", "smtps://ann:secretsecret@mail.example.org", "can't use {value}"),
        ("TOXWATCH_AUTHOR_KEY", "secretsecret", "{value}"),
        ("TOXWATCH_STORE", "s3//AKIA:secretsecret@bucket/prefix", "{value} is no address"),
        ("TOXWATCH_STORE", "s3://bucket?access_key=secretsecret&secret_key=secretsecret&region=a", "{value}"),
    ],
)
def test_a_secret_is_not_in_what_is_printed(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    out = io.StringIO()
    print(message.format(value=value), file=Masked(out))  # type: ignore[type-var]
    assert "secretsecret" not in out.getvalue()
    assert TOKEN not in out.getvalue()
    assert "not-as-usual" not in out.getvalue()
    assert out.getvalue().endswith("\n")


def test_what_is_no_secret_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIFY_TOKEN", "a")
    for text in ("a night at 12:30", "see https://example.org:8050/a?days=7", "mail ann@example.org", "s3://bucket/a"):
        assert masked(text) == text


def test_every_secret_setting_is_masked() -> None:
    hidden = {name for name, field in Settings.__dataclass_fields__.items() if not field.repr}
    assert hidden == {"apify_token", "smtp_url", "slack_url", "webhook_url", "heartbeat_url", "backup_passphrase",
                      "ingest_key", "openid_secret"}  # fmt: skip
    assert all(any(name.endswith(setting.upper()) for name in secrets.NAMES) for setting in hidden)


@pytest.mark.parametrize(
    "code",
    [
        f"from models import scorer; scorer.load({str(SHIPPED)!r}).scores(['hello'], ['en'])",
        "from jobs.standin import memes; from models import pictures; pictures.text_in(memes.drawn('harmless-0.jpg'))",
    ],
    ids=["of texts", "of pictures"],
)
def test_a_model_tells_nobody_that_it_runs(tmp_path: Path, code: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env | {"HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_doctor_names_what_is_wrong_and_keeps_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIFY_TOKEN", f"{TOKEN}\r")
    monkeypatch.setenv("APIFY_API_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TOXWATCH_STORE", "s3//AKIA:secretsecret@bucket")
    found = {finding.check: finding for finding in examine(Settings.load(tmp_path))}
    assert not found["token"].is_good
    assert not found["store"].is_good
    assert not any(secret in str(found) for secret in (TOKEN, "secretsecret"))
