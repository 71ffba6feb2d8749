"""One alert, and how several are told to people: the worst first, one line for each account."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dashboard.language import _
from dashboard.retelling import retold

SEVERITIES = {  # of each rule, from the most harm to the least
    "wave": "high",
    "crowd": "high",
    "toxicity": "high",
    "unfinished": "high",
    "silent": "high",
    "refused": "medium",
    "quality": "medium",
    "budget": "medium",
    "drift": "low",
    "test": "low",
}
RANKS = {rule: rank for rank, rule in enumerate(SEVERITIES)}
MOST_IN_A_LINE = 2  # alerts of one account; the page that the line links to has the others


@dataclass(frozen=True)
class Alert:
    night: date
    rule: str
    account: str | None
    label: str | None
    subject: str | None  # what it is about, if not an account
    message: str
    link: str

    @property
    def key(self) -> str:
        """Doesn't change with the numbers in the message, so that running a night again sends nothing twice."""
        return "/".join([str(self.night), self.rule, self.account or "", self.label or "", self.subject or ""])

    @property
    def severity(self) -> str:
        return SEVERITIES[self.rule]

    def __str__(self) -> str:
        """In the language that is spoken."""
        message = retold(self.message)
        return f"{self.account}: {message}" if self.account else message


class Line(NamedTuple):
    text: str
    link: str


def ordered(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: (alert.night, RANKS[alert.rule]))


def lines(alerts: Iterable[Alert]) -> Iterator[Line]:
    by_account: dict[tuple[date, str], list[Alert]] = {}
    for alert in ordered(alerts):
        by_account.setdefault((alert.night, alert.account or alert.key), []).append(alert)
    for worst, *others in by_account.values():
        more = [retold(other.message) for other in others if other.label is None or other.label != worst.label]
        told = [str(worst), *more[: MOST_IN_A_LINE - 1]]
        if left := len(more) + 1 - len(told):
            told.append(_("and {number} more", number=left))
        yield Line(f"{worst.night}: {'; '.join(told)}", worst.link)
