"""Alerts: found by rules of the file, sent once to every channel. Real servers for mail and webhooks."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.alerts import rules
from jobs.config.settings import PROJECT, Settings
from jobs.errors import BadInput, FailedService
from jobs.lake import schema
from jobs.lake.failures import failures, recorded
from jobs.lake.manifests import Manifest
from jobs.lake.nights import Lake
from tests.conftest import MODEL, THRESHOLDS, at, night_of
from tests.fixtures.servers import url
from warehouse import build

LAST = date(2026, 11, 20)
OLD = """
CREATE TABLE alerts (
    key TEXT PRIMARY KEY, night TEXT NOT NULL, rule TEXT NOT NULL, said TEXT NOT NULL, link TEXT NOT NULL,
    found_at TEXT NOT NULL DEFAULT current_timestamp
) WITHOUT ROWID;
CREATE TABLE deliveries (
    key TEXT NOT NULL, channel TEXT NOT NULL, sent_at TEXT NOT NULL DEFAULT current_timestamp,
    PRIMARY KEY (key, channel)
) WITHOUT ROWID;
INSERT INTO alerts (key, night, rule, said, link) VALUES
    ('a', '2026-11-10', 'wave', 'loud: sent', 'x'), ('b', '2026-11-10', 'wave', 'calm: not sent yet', 'x');
INSERT INTO deliveries (key, channel) VALUES ('a', 'webhook');
"""


def word(number: int) -> str:
    """Another one for each: what differs in digits only is one text."""
    return f"{chr(97 + number // 26)}{chr(97 + number % 26)}"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of two accounts; the last day of one is a wave of abuse."""
    place = tmp_path_factory.mktemp("alerts")
    nights = []
    for back in reversed(range(14)):
        day = LAST - timedelta(days=back)
        is_wave = day == LAST
        comments = [
            (f"loud/{day}-{n}", f"loud {word(n)}", at(day, n % 24), 0.9 if is_wave and n < 40 else 0.02)
            for n in range(120)
        ]
        comments += [(f"calm/{day}-{n}", f"calm {word(n)}", at(day, n % 24), 0.01) for n in range(120)]
        nights.append(night_of(place / "lake", day, comments))
    accounts = [("instagram", "loud", ()), ("instagram", "calm", ())]
    build.publish(
        place / "warehouse", nights, build.Context(accounts, (MODEL, "1"), THRESHOLDS, PROJECT / "policies.toml")
    )
    return place / "warehouse"


@pytest.fixture
def told(settings: Settings, warehouse: Path) -> Settings:
    """A data folder with that warehouse and a finished night, and the project's own rules."""
    lake = Lake(settings.data_dir).open()
    (settings.data_dir / "warehouse").symlink_to(warehouse)
    with lake.writing("monitored", Manifest("monitor", LAST)):
        pass
    return replace(settings, alerts_file=PROJECT / "alerts.toml")


def test_an_unusual_day_is_told_with_the_page_that_shows_it(told: Settings) -> None:
    found = {(one.rule, one.account): one for one in rules.run(told, LAST)}
    assert found.keys() == {("toxicity", "instagram/loud"), ("wave", "instagram/loud"), ("drift", "instagram/loud")}
    one = found["toxicity", "instagram/loud"]
    assert one.message == "an estimated 31.3% of 120 comments are toxic, usually 2.0%"
    assert one.link == "http://127.0.0.1:8050/account?account=instagram%2Floud&last=2026-11-20&label=toxic"


def test_a_usual_day_is_not(told: Settings) -> None:
    calm = LAST - timedelta(days=1)
    with Lake(told.data_dir).writing("monitored", Manifest("monitor", calm)):
        pass
    assert rules.run(told, calm) == []


def test_a_night_that_is_not_finished_is_told(told: Settings) -> None:
    [one] = rules.run(told, LAST + timedelta(days=1))
    assert (one.rule, one.account) == ("unfinished", None)
    assert one.link == "http://127.0.0.1:8050/quality?last=2026-11-21"
    assert "no stage reported an error" in one.message


def test_an_unfinished_night_names_its_cause_until_it_succeeds(told: Settings) -> None:
    lake, night = Lake(told.data_dir), LAST + timedelta(days=1)
    with pytest.raises(BadInput), recorded(lake, night, "validate"):
        raise BadInput("No file holds a comment.\nSee its log.")
    with pytest.raises(ValueError, match="secret"), recorded(lake, night, "expire"):
        raise ValueError("a secret text")
    assert [one.message for one in rules.run(told, night)] == [
        "the night did not finish: validate failed: No file holds a comment. See its log. (done: nothing)",
        "expire failed: ValueError; see the log",
    ]
    for work in ("validate", "expire"):
        with recorded(lake, night, work):
            pass
    assert failures(lake, night) == {}


def test_everybody_is_told_once(told: Settings, hook, post, tmp_path: Path) -> None:
    shipped = (PROJECT / "alerts.toml").read_text()
    (tmp_path / "alerts.toml").write_text(shipped.replace("email = []", 'email = ["team@example.org"]'))
    smtp = f"smtp://127.0.0.1:{post.server_address[1]}"
    told = replace(
        told, alerts_file=tmp_path / "alerts.toml", slack_url=url(hook), webhook_url=url(hook), smtp_url=smtp
    )
    for _ in range(2):
        assert len(rules.run(told, LAST)) == 3
    [slack, plain], [mail] = hook.taken, post.taken
    worst = "2026-11-20: instagram/loud: wave of abuse: 40 of 120 comments flagged"
    assert slack["text"].startswith(f"• {worst}"), "one line for an account, the worst first"
    assert slack["text"].count("\n") == 0
    assert [(alert["rule"], alert["severity"]) for alert in plain["alerts"]] == [
        ("wave", "high"),
        ("toxicity", "high"),
        ("drift", "low"),
    ]
    assert plain["alerts"][0]["account"] == "instagram/loud"
    assert plain["alerts"][0]["key"] == "2026-11-20/wave/instagram/loud/toxic/"
    assert f"Subject: Toxwatch: {worst[:40]}" in mail.replace("\r\n ", " ")
    assert "To: team@example.org" in mail
    assert "\nDate: " in mail
    assert "\nMessage-ID: <" in mail

    rules.run(told, LAST + timedelta(days=1))
    assert [len(taken) for taken in (hook.taken, post.taken)] == [4, 2]
    assert "instagram/loud" not in hook.taken[-1]


def test_two_runs_at_once_send_once(told: Settings, hook) -> None:
    told = replace(told, webhook_url=url(hook))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: rules.run(told, LAST), range(4)))
    assert len(hook.taken) == 1


def test_a_drift_links_to_the_page_that_shows_it(told: Settings) -> None:
    *_, one = rules.run(told, LAST)
    assert (one.rule, one.link.partition("?")[0]) == ("drift", "http://127.0.0.1:8050/quality")
    assert "last=2026-11-20" in one.link


def test_an_account_that_stays_private_is_told_once(told: Settings, tmp_path: Path) -> None:
    nights = []
    for back, errors in ((2, ["private"]), (1, ["private"]), (0, ["private", "blocked"])):
        day = LAST - timedelta(days=back)
        night = replace(night_of(tmp_path / "lake", day, []), stages=lambda _: [("validate", 0, 0, "{}", 0.0, None)])
        rows = [
            {"platform": "instagram", "account": "shy", "input_url": "https://x/shy", "error": error,
             "description": None, "is_retryable": False}
            for error in errors
        ]  # fmt: skip
        pq.write_table(
            pa.Table.from_pylist(rows, schema.INGEST_ERRORS), night.rejected.folder / "ingest_errors.parquet"
        )
        nights.append(night)
    context = build.Context([("instagram", "shy", ())], (MODEL, "1"), THRESHOLDS, PROJECT / "policies.toml")
    (told.data_dir / "warehouse").unlink()
    build.publish(told.data_dir / "warehouse", nights, context)
    told_of = [[one.subject for one in rules.run(told, night.night) if one.rule == "refused"] for night in nights]
    assert told_of == [["instagram/shy private"], [], ["instagram/shy blocked"]]


def test_alerts_of_an_earlier_release_are_kept(told: Settings, hook) -> None:
    old = sqlite3.connect(told.data_dir / "alerts.db")
    old.executescript(OLD)
    old.close()
    told = replace(told, webhook_url=url(hook))
    for _ in range(2):
        rules.run(told, LAST - timedelta(days=1))
    [body] = hook.taken
    assert [alert["message"] for alert in body["alerts"] if alert["night"] == "2026-11-10"] == ["calm: not sent yet"]


def test_a_channel_that_fails_is_tried_again_and_the_others_are_not_told_twice(told: Settings, hook, post) -> None:
    del post
    told = replace(told, slack_url="http://127.0.0.1:9/", webhook_url=url(hook))
    with pytest.raises(FailedService, match="Slack did not accept the message"):
        rules.run(told, LAST)
    assert len(hook.taken) == 1
    rules.run(replace(told, slack_url=url(hook)), LAST)
    assert ["text" in taken for taken in hook.taken] == [False, True]


def test_in_quiet_hours_it_waits(told: Settings, hook, tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text('[send]\nquiet = ["22:00", "07:00"]\n[wave]\n')
    told = replace(told, alerts_file=tmp_path / "alerts.toml", webhook_url=url(hook))
    rules.run(told, LAST, datetime(2026, 11, 21, 2, 30))
    assert hook.taken == []
    rules.run(told, LAST, datetime(2026, 11, 21, 7, 0))
    assert len(hook.taken) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[wave]\nleast_flaged = 3\n", "alerts.toml, line 2: least_flaged: unknown key; allowed here: least_flagged"),
        ("[waves]\n", "unknown key; allowed here: send, toxicity, wave"),
        ('[toxicity]\nlabels = ["rude"]\n', "line 2: labels"),
        ("[budget]\nfrom_share = 9\n", "line 2: from_share: must be less than or equal to 1"),
        ('[send]\nemail = ["a@b.c"]\n', "TOXWATCH_SMTP_URL is not set"),
        ("[wave\n", "is not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named_before_anything_is_sent(
    told: Settings, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "alerts.toml").write_text(text)
    with pytest.raises(BadInput) as refused:
        rules.run(replace(told, alerts_file=tmp_path / "alerts.toml"), LAST)
    assert said in str(refused.value)
    assert not (told.data_dir / "alerts.db").exists()


def test_a_figure_that_moves_makes_no_new_alert(told: Settings) -> None:
    one, *_ = rules.run(told, LAST)
    assert replace(one, message="an estimated 31.4% of 121 comments are toxic").key == one.key
    assert replace(one, label="threat").key != one.key
