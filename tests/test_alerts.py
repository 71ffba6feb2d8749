"""Alerts: found by rules of the file, sent once to every channel. Real servers for mail and webhooks."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.alerts import rules
from jobs.config.settings import PROJECT, Settings
from jobs.errors import BadInput, FailedService
from jobs.lake.manifests import Manifest
from jobs.lake.nights import Lake
from tests.conftest import MODEL, at, night_of
from tests.fixtures.servers import url
from warehouse import build

LAST = date(2026, 11, 20)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of two accounts; the last day of one is a wave of abuse."""
    place = tmp_path_factory.mktemp("alerts")
    nights = []
    for back in reversed(range(14)):
        day = LAST - timedelta(days=back)
        is_wave = day == LAST
        comments = [
            (f"loud/{day}-{n}", f"loud {n}", at(day, n % 24), 0.9 if is_wave and n < 40 else 0.02) for n in range(120)
        ]
        comments += [(f"calm/{day}-{n}", f"calm {n}", at(day, n % 24), 0.01) for n in range(120)]
        nights.append(night_of(place / "lake", day, comments))
    accounts = [("instagram", "loud", ()), ("instagram", "calm", ())]
    build.publish(place / "warehouse", nights, build.Context(accounts, (MODEL, "1"), PROJECT / "policies.toml"))
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
    assert "stages done: none" in one.message


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
    assert slack["text"].count("• 2026-11-20: instagram/loud: ") == 3
    assert [alert["link"].partition("?")[0] for alert in plain["alerts"]] == ["http://127.0.0.1:8050/account"] * 3
    assert "Subject: Toxwatch: 3 alerts" in mail
    assert "To: team@example.org" in mail

    rules.run(told, LAST + timedelta(days=1))
    assert [len(taken) for taken in (hook.taken, post.taken)] == [4, 2]
    assert "instagram/loud" not in hook.taken[-1]


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
