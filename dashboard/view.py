"""What an address asks for, and the answers of the warehouse to it: a page is a function of the two."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo, available_timezones

from models.labels import LABELS
from warehouse import Part, build, queries
from warehouse.reader import Warehouse

PERIODS = {1: "1 day", 7: "7 days", 14: "14 days", 28: "28 days", 91: "13 weeks"}
SEVERITIES = ("none", *build.SEVERITIES)
LONGEST_WORDS = 200  # characters to search for
MOST_COMPARED = 8
WITHOUT_SCORES = ("posted_at", "likes", "language")  # orders of comments that do not ask for them
REVIEWS = {"none": "not reviewed", "harmless": "found harmless", "harmful": "found harmful"}
TAG = "#"  # stands before a tag, where all accounts of it are meant
TREND_DAYS = 28  # a trend shows at least so many

Row = dict[str, Any]


@dataclass(frozen=True)
class View:
    """Every field is a part of the query string; what an address cannot mean is the default."""

    account: str | None = None
    accounts: tuple[str, ...] = ()  # side by side
    label: str = "toxic"
    days: int = 7
    last: date = date.min
    language: str | None = None
    severity: str | None = None
    flag: str | None = None
    review: str | None = None
    words: str | None = None
    comment: str | None = None  # that is looked at: its day, a slash, its id
    periods: int = 1  # side by side: this one, those before
    zone: str = "UTC"  # of the times that are shown; days are those of UTC

    @classmethod
    def read(cls, search: str | None, newest: date) -> "View":
        asked = dict(parse_qsl((search or "").lstrip("?")))
        days = asked.get("days", "")
        return cls(
            account=asked.get("account") or None,
            accounts=tuple(filter(None, asked.get("accounts", "").split(",")))[:MOST_COMPARED],
            label=asked["label"] if asked.get("label") in LABELS else "toxic",
            days=int(days) if days.isascii() and days.isdigit() and int(days) in PERIODS else 7,
            last=min(_date(asked.get("last")) or newest, newest),
            language=asked.get("language") or None,
            severity=asked["severity"] if asked.get("severity") in SEVERITIES else None,
            flag=asked["flag"] if asked.get("flag") in LABELS else None,
            review=asked["review"] if asked.get("review") in REVIEWS else None,
            words=asked.get("words", "")[:LONGEST_WORDS] or None,
            comment=asked["comment"] if _date(asked.get("comment", "").partition("/")[0]) else None,
            periods=int(asked["periods"]) if asked.get("periods") in ("2", "4") else 1,
            zone=asked["zone"] if asked.get("zone") in available_timezones() else "UTC",
        )

    def search(self, **changes: Any) -> str:
        """The query string of this view with changes; defaults are left out."""
        changed, default = replace(self, **changes), View(last=self.last)
        said = {field.name: getattr(changed, field.name) for field in fields(View)}
        said["accounts"] = ",".join(changed.accounts)
        query = urlencode({name: value for name, value in said.items() if value and value != getattr(default, name)})
        return f"?{query}" if query else ""

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    def time(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M}"

    def parameters(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(View)} | {
            "first": self.first,
            "before": self.first - timedelta(days=self.days),
        }


class Answers:
    """The page queries of the warehouse, each with the parameters it names, over what the asker may see."""

    def __init__(self, warehouse: Warehouse, may_see: Callable[[], Part] = Part) -> None:
        self._warehouse, self._may_see = warehouse, may_see

    def newest(self) -> date:
        ((newest,),) = self._query(queries.page_sql("newest"))[1]
        return newest or date.min

    def rows(self, name: str, view: View, **more: Any) -> list[Row]:
        return list(self._rows(queries.page_sql(name), self._known(view) | more))

    def trend(self, view: View) -> list[Row]:
        first = view.last - timedelta(days=max(TREND_DAYS, 2 * view.days) - 1)
        return self.rows("trend", view, first=first)

    def waves(self, view: View, trend: list[Row]) -> list[Row]:
        """Waves of abuse on the days of a trend; other categories than toxic have none."""
        return self.rows("waves", view, first=trend[0]["day"]) if trend and view.label == "toxic" else []

    def page_of_comments(self, view: View, order: str, limit: int, offset: int) -> list[Row]:
        """Where neither order nor filter asks for scores, those of the page alone are read."""
        known = self._known(view) | {"limit": limit, "offset": offset}
        if view.flag or view.severity or view.review or order.partition(" ")[0] not in WITHOUT_SCORES:
            return list(self._rows(queries.page_sql("comments").replace("{order}", order), known))
        page = list(self._rows(queries.page_sql("comments_page").replace("{order}", order), known))
        if not page:
            return []
        ids, times = ([row[name] for row in page] for name in ("comment_id", "posted_at"))
        return self._comments(ids, min(times), max(times))

    def comments(self, which: list[str]) -> list[Row]:
        """Those of these addresses: a day, a slash and an id."""
        days, _, ids = zip(*(one.partition("/") for one in which), strict=True)
        return self._comments(list(ids), date.fromisoformat(min(days)), date.fromisoformat(max(days)) + timedelta(1))

    def _comments(self, ids: list[str], first: date, last: date) -> list[Row]:
        found = self._rows(queries.page_sql("comments_of"), {"ids": ids, "from": first, "until": last})
        return sorted(found, key=lambda row: ids.index(row["comment_id"]))

    def comment(self, id: str, day: date | str | None = None) -> Row | None:
        """With what it answers. Where its day is not known, the ids of all days are looked through."""
        if day is None:
            day = next((row["day"] for row in self._rows(queries.page_sql("day_of"), {"id": id})), date.min)
        for row in self._rows(queries.page_sql("comment"), {"id": id, "day": day}):
            parents = self._rows(queries.page_sql("parent"), {"id": row["parent_id"], "day": day})
            return row | {"parent_text": next((parent["text"] for parent in parents), None)}
        return None

    def tags(self) -> dict[str, list[str]]:
        """The accounts of each tag."""
        return dict(self._query(queries.page_sql("tags"))[1])

    def places(self) -> dict[str, str]:
        """What an address may name in place of an account, and how people say it."""
        return {account: account for account in self.accounts()} | {TAG + tag: f"tagged {tag}" for tag in self.tags()}

    def _known(self, view: View) -> dict[str, Any]:
        """With the one account, or those that `#tag` stands for; a tag that nobody has stands for no account."""
        if view.account and view.account.startswith(TAG):
            return view.parameters() | {"only": None, "places": self.tags().get(view.account.removeprefix(TAG), [])}
        return view.parameters() | {"only": view.account, "places": None}

    def replies(self, id: str, day: str) -> list[Row]:
        return list(self._rows(queries.page_sql("replies"), {"id": id, "day": day}))

    def accounts(self) -> list[str]:
        return [account for (account,) in self._query(queries.page_sql("accounts"))[1]]

    def _rows(self, sql: str, known: dict[str, Any]) -> Iterator[Row]:
        wanted = set(re.findall(r"\$([a-z]+)", sql))
        columns, rows = self._query(sql, {name: known[name] for name in wanted})
        return (dict(zip(columns, row, strict=True)) for row in rows)

    def _query(self, sql: str, parameters: dict[str, Any] | None = None) -> tuple[list[str], list[tuple]]:
        return self._warehouse.part(self._may_see()).remembered(sql, parameters or {})


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
