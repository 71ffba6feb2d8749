"""How alerts are told to people."""

from datetime import date

import pytest

from jobs.alerts.alert import RANKS, Alert, lines
from jobs.alerts.rules import Rules

NIGHT = date(2026, 11, 20)


def alert(rule: str, account: str | None = "instagram/loud", label: str | None = None, subject: str = "") -> Alert:
    return Alert(NIGHT, rule, account, label, subject, f"{rule} {label or subject}".strip(), f"http://x/{rule}")


@pytest.mark.parametrize(
    ("alerts", "told"),
    [
        (
            [alert("drift", label="volume"), alert("wave", label="toxic"), alert("toxicity", label="toxic")],
            ["2026-11-20: instagram/loud: wave toxic; drift volume"],
        ),
        (
            [alert("toxicity", label="threat"), alert("drift", label="length"), alert("drift", label="language")],
            ["2026-11-20: instagram/loud: toxicity threat; drift length; and 1 more"],
        ),
        (
            [alert("quality", None, subject="a"), alert("quality", None, subject="b"), alert("wave", "instagram/calm")],
            ["2026-11-20: instagram/calm: wave", "2026-11-20: quality a", "2026-11-20: quality b"],
        ),
    ],
)
def test_people_get_a_line_for_each_account_and_the_worst_first(alerts: list[Alert], told: list[str]) -> None:
    assert [line.text for line in lines(alerts)] == told


def test_every_rule_has_its_rank() -> None:
    assert RANKS.keys() - {"silent", "test"} == Rules.model_fields.keys() - {"send"}
