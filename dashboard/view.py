"""A page is a function of two things: what its URL asks for (View) and what the warehouse answers (Answers)."""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo, available_timezones

from dashboard.language import N_, _
from dashboard.themes import MOST_READ, themes
from models import meaning
from models.labels import LABELS, WHO
from models.text import clean_text
from warehouse import Part, measures, queries
from warehouse.reader import Warehouse

SEVERITIES = measures.COMMENT_SEVERITIES
LONGEST_WORDS = 200  # characters to search for
MOST_COMPARED = 8
MOST_NEXT = 20  # answers of a thread that are shown on either side of one
LONGEST_PERIOD = 3660  # days
YEAR = timedelta(weeks=52)  # the same weekdays
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)  # that can be shown
NEAREST = "list_position($among::VARCHAR[],comment_id)"
WITHOUT_SCORES = ("posted_at", "likes", "language", NEAREST)  # sort orders that need no scores
MOST_SIMILAR, CLOSEST = 100, 0.5  # at most so many comments are similar, and at least so close (cosine)
INBOX = ("handed", *LABELS)  # what the inbox has of comments
Review = Literal["none", "harmless", "harmful"]
Spam = Literal["without", "only"]
AUDITED = "audited"
REVIEWS: dict[str, str] = {
    "none": N_("Not reviewed"),
    "harmless": N_("Harmless"),
    "harmful": N_("Harmful"),
    AUDITED: N_("In the random audit"),
}
SPAM: dict[str, str] = {"without": N_("Without spam"), "only": N_("Only spam")}
WEEKDAYS = tuple(map(str, range(1, 8)))  # Monday first
HOURS = {str(hour): f"{hour:02}:00" for hour in range(24)}
SORTS = {
    "change": N_("Change"),
    "share": N_("Share"),
    "comments": N_("Comments"),
    "flagged": N_("Flagged"),
    "coverage": N_("Lowest coverage"),
    "account": N_("Name"),
}
SCORES = re.compile("([0-9]{1,3})-([0-9]{1,3})")  # 35-40: a score of 35% to 40%
PERIOD = re.compile("[1-9][0-9]{0,3}")
TAG = "#"  # "#sport" means all accounts with the tag sport
HELPERS = ThreadPoolExecutor(os.cpu_count(), "asking ahead")

Row = dict[str, Any]


@dataclass(frozen=True)
class View:
    """Every field is part of the query string; an invalid value falls back to the default."""

    account: str | None = None
    accounts: tuple[str, ...] = ()  # compared with each other
    label: str = "toxic"
    days: int = 7
    last: date = FIRST_DAY
    against: str | None = None  # "year", or the first day of the period to compare with; else the period before
    language: str | None = None
    severity: str | None = None
    flag: str | None = None
    attacked: str | None = None
    directed: str | None = None  # whom the comments address
    review: str | None = None
    spam: str | None = None
    words: str | None = None
    similar: str | None = None  # to this text, or to this comment as day/id
    score: str | None = None  # of the category `label`, in percent, as "35-40"
    weekday: int | None = None  # 1 is Monday
    hour: int | None = None  # from 0, both in `zone`
    sort: str = "change"  # what the accounts are sorted by
    find: str | None = None  # part of their names
    ranking: str | None = None  # "all" accounts, else the first ones
    inbox: str | None = None  # unread comments of this category, or those handed to the visitor
    assignee: str | None = None  # those handed to them
    post: str | None = None  # its ID
    comment: str | None = None  # the open comment, as day/id
    periods: int = 1  # how many periods are compared, this one included
    of: str | None = None  # the page that is saved or shared
    zone: str = "UTC"  # for times; days are always UTC
    newest: date = field(default=FIRST_DAY, compare=False)  # not in the query string: the last day unless it names one

    @classmethod
    def read(cls, search: str | None, newest: date) -> "View":
        query = dict(parse_qsl((search or "").lstrip("?")))
        days = query.get("days", "")
        return cls(
            account=query.get("account") or None,
            accounts=tuple(filter(None, query.get("accounts", "").split(",")))[:MOST_COMPARED],
            label=query["label"] if query.get("label") in LABELS else "toxic",
            days=int(days) if PERIOD.fullmatch(days) and int(days) <= LONGEST_PERIOD else 7,
            last=min(_date(query.get("last")) or newest, newest),
            against=query["against"] if _is_comparison(query.get("against", "")) else None,
            language=query.get("language") or None,
            severity=query["severity"] if query.get("severity") in SEVERITIES else None,
            flag=query["flag"] if query.get("flag") in LABELS else None,
            attacked=query["attacked"] if query.get("attacked") in WHO[1:] else None,
            directed=query["directed"] if query.get("directed") in measures.ADDRESSEES else None,
            review=query["review"] if query.get("review") in REVIEWS else None,
            spam=query["spam"] if query.get("spam") in SPAM else None,
            words=query.get("words", "")[:LONGEST_WORDS] or None,
            similar=query.get("similar", "")[:LONGEST_WORDS] or None,
            score=query["score"] if _bins(query.get("score", "")) else None,
            weekday=int(query["weekday"]) if query.get("weekday") in WEEKDAYS else None,
            hour=int(query["hour"]) if query.get("hour") in HOURS else None,
            sort=query["sort"] if query.get("sort") in SORTS else "change",
            find=query.get("find", "")[:LONGEST_WORDS] or None,
            ranking="all" if query.get("ranking") == "all" else None,
            inbox=query["inbox"] if query.get("inbox") in INBOX else None,
            assignee=query.get("assignee", "")[:LONGEST_WORDS] or None,
            post=query.get("post", "")[:LONGEST_WORDS] or None,
            comment=query["comment"] if _is_address(query.get("comment", "")) else None,
            periods=int(query["periods"]) if query.get("periods") in ("2", "4") else 1,
            of=query.get("of") or None,
            zone=query["zone"] if query.get("zone") in time_zones() else "UTC",
            newest=newest,
        )

    def search(self, **changes: Any) -> str:
        """The query string of this view with `changes` applied; defaults are left out."""
        changed, default = replace(self, **changes), View(last=self.newest)
        values = {one.name: getattr(changed, one.name) for one in fields(View) if one.compare}
        values["accounts"] = ",".join(changed.accounts)
        query = urlencode(
            {name: value for name, value in values.items() if value not in (None, "", getattr(default, name))}
        )
        return f"?{query}" if query else ""

    def unfiltered(self) -> "View":
        """The same account, category and period, without a filter of comments."""
        return View(account=self.account, label=self.label, days=self.days, last=self.last, against=self.against,
                    zone=self.zone, newest=self.newest)  # fmt: skip

    def of_client(self) -> "View":
        """The same category and period, of a client's accounts or of all, but not of a single one."""
        return replace(self.unfiltered(), account=self.account if self.tag else None)

    @property
    def has_filters(self) -> bool:
        """Of what a comment is, beside its account and day."""
        filters = (self.language, self.severity, self.flag, self.attacked, self.directed, self.review, self.words)
        return any(one is not None for one in (*filters, self.similar))

    @property
    def order(self) -> str:
        """In which comments are listed unless another order is asked for."""
        return NEAREST if self.similar else "posted_at DESC"

    @property
    def is_like_a_comment(self) -> bool:
        """Rather than like a text."""
        return self.similar is not None and _is_address(self.similar)

    @property
    def tag(self) -> str | None:
        """The tag of the client that it is of."""
        is_client = self.account is not None and self.account.startswith(TAG)
        return self.account.removeprefix(TAG) if self.account and is_client else None

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def compared(self) -> "View | None":
        """The period that the URL names to compare with; None for the one before."""
        if self.against is None:
            return None
        first = self.first - YEAR if self.against == "year" else date.fromisoformat(self.against)
        return replace(self, last=first + timedelta(days=self.days - 1), against=None)

    def time(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M}"

    def parameters(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(View)} | {
            "first": self.first,
            "before": self.first - timedelta(days=self.days),
            "copy": queries.group_in(self.words),
            **dict(zip(("lowest", "highest"), _bins(self.score or "") or (None, None), strict=True)),
        }


@cache
def time_zones() -> set[str]:
    return available_timezones()


class Answers:
    """Runs the queries in sql/pages, each with the parameters it names, over the part the visitor may see."""

    def __init__(self, warehouse: Warehouse, may_see: Callable[[], Part] = Part) -> None:
        self._warehouse, self._may_see = warehouse, may_see

    def newest(self) -> date:
        """The newest night with comments; FIRST_DAY if there is none."""
        ((newest,),) = self._query(queries.page_sql("newest"))[1]
        return newest or FIRST_DAY

    def are_empty(self) -> bool:
        return self.newest() == FIRST_DAY

    def rows(self, name: str, view: View, **more: Any) -> list[Row]:
        return list(self._rows(queries.page_sql(name), self._parameters(view) | more))

    def ask_ahead(self, view: View, *names: str) -> None:
        """Asks at the same time as what follows, which then waits less for these answers."""
        for name in names:
            HELPERS.submit(copy_context().run, self.rows, name, view)

    def hour(self) -> datetime:
        """What service levels are measured at; by the hour, since answers are remembered."""
        return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def trend(self, view: View) -> list[Row]:
        """Each category by day, of the period and some weeks before it."""
        return self.daily(view, first=_first_in_trend(view))

    def daily(self, view: View, **more: Any) -> list[Row]:
        return self.rows("trend_without_spam" if view.spam == "without" else "trend", view, **more)

    def changes(self, view: View) -> list[Row]:
        """Each category, and its change from the period that is compared with."""
        return self._compared("change", "label", view)

    def ranking(self, view: View) -> list[Row]:
        """Each account, and its change from the period that is compared with. Asked once for all, judged together."""
        chosen = set(self.chosen(view))
        ranking = self._compared("ranking", "account", replace(view, account=None))
        return [row for row in ranking if row["account"] in chosen]

    def ranked(self, view: View) -> Row | None:
        """The only account of the view."""
        return next(iter(self.ranking(view)), None)

    def _compared(self, name: str, key: str, view: View) -> list[Row]:
        """Only the change from the period before is judged, since only there it is known how far days differ anyway."""
        rows = self.rows(name, view)
        if view.compared is None:
            return rows
        then = {row[key]: row["share"] for row in self.rows(name, view.compared)}
        changes = [row["share"] - then[row[key]] if row[key] in then else None for row in rows]
        return [
            row | {"change": change, "change_margin": None, "is_significant": False}
            for row, change in zip(rows, changes, strict=True)
        ]

    def unread(self, view: View, done: list[str]) -> list[Row]:
        """Severe comments that are not done, equal ones together. Filters are asked of these few only."""
        rows = self.rows("unread", view, done=done)
        if not rows or not view.has_filters:
            return rows
        ids = [id for row in rows for id in row["comment_ids"]]
        matching = {row["comment_id"] for row in self.rows("matching", view, ids=ids)}
        left = [row | {"comment_ids": [id for id in row["comment_ids"] if id in matching]} for row in rows]
        return [row for row in left if row["comment_ids"]]

    def audited(self, name: str, view: View) -> list[Row]:
        """What people found in the random audit; planning the question costs much, even if nobody has reviewed any."""
        return self.rows(name, view) if self._are_reviewed("drawn") else []

    def choices(self, view: View) -> list[Row]:
        """What each threshold of the category would flag."""
        reviewed = self.rows("reviewed_bins", view) if self._are_reviewed("comments") else []
        return self.rows("choices", view, reviewed=reviewed)

    def _are_reviewed(self, which: str) -> bool:
        return any(row[which] for row in self.rows("are_reviewed", View()))

    def waves(self, view: View) -> list[Row]:
        """Waves of abuse within the trend, in the only category that has them, toxic; asked once for all accounts."""
        chosen = set(self.chosen(view))
        waves = self.rows("waves", view, first=_first_in_trend(view))
        return [row for row in waves if row["account"] in chosen]

    def terms(self, view: View) -> list[Row]:
        """Those that stand out. How many people used them is asked of these only: it takes their comments."""
        rows = self.rows("terms", view)
        if not rows:
            return []
        terms = [row["term"] for row in rows]
        people = {row["term"]: row["people"] for row in self.rows("people_using", view, terms=terms)}
        return [row | {"people": people.get(row["term"])} for row in rows]

    def themes(self, view: View) -> list[Row]:
        """What the comments that are flagged with the view's category say; `before` is None if not all could be read.

        Not remembered: what thousands of comments mean would crowd out all other answers.
        """
        sql, parameters = queries.page_sql("themes"), self._parameters(view) | {"most": MOST_READ}
        rows = list(_named(self._warehouse.part(self._may_see()).table(sql, _of(sql, parameters))))
        found = themes(rows[::-1], view.first, CLOSEST)
        return [row | {"before": None} for row in found] if len(rows) == MOST_READ else found

    def tell_attacked(self) -> bool:
        """Whether the model in use tells whom a comment attacks."""
        ((tells,),) = self._query(queries.page_sql("tells_attacked"))[1]
        return bool(tells)

    def page_of_comments(self, view: View, order: str, limit: int, offset: int) -> list[Row]:
        """Reads the scores of this page only, unless the order or a filter needs all of them."""
        if not self._may_see().texts:
            return []
        parameters = self._parameters(view) | {"limit": limit, "offset": offset}
        if (
            view.flag
            or view.attacked
            or view.directed
            or view.severity
            or view.review
            or view.score
            or order.partition(" ")[0] not in WITHOUT_SCORES
        ):
            return list(self._rows(queries.page_sql("comments").replace("{order}", order), parameters))
        page = list(self._rows(queries.page_sql("comments_page").replace("{order}", order), parameters))
        if not page:
            return []
        ids, times = ([row[name] for row in page] for name in ("comment_id", "posted_at"))
        return self._comments(ids, min(times), max(times))

    def comments(self, which: list[str]) -> list[Row]:
        """The comments with these addresses, each as day/id."""
        days, _, ids = zip(*(one.partition("/") for one in which), strict=True)
        return self._comments(list(ids), date.fromisoformat(min(days)), date.fromisoformat(max(days)) + timedelta(1))

    def _comments(self, ids: list[str], first: date, last: date) -> list[Row]:
        if not self._may_see().texts:
            return []
        rows = self._rows(queries.page_sql("comments_of"), {"ids": ids, "from": first, "until": last})
        return sorted(rows, key=lambda row: ids.index(row["comment_id"]))

    def comments_between(self, ids: list[str], first: date, last: date) -> list[Row]:
        """Of comments posted in these days, those with these IDs, in their order."""
        return self._comments(ids, first, last + timedelta(1))

    def comment(self, id: str, day: date | str | None = None) -> Row | None:
        """The comment with its parent's text. Without `day`, all days are searched for its ID."""
        if not self._may_see().texts:
            return None
        if day is None:
            day = next((row["day"] for row in self._rows(queries.page_sql("day_of"), {"id": id})), FIRST_DAY)
        for row in self._rows(queries.page_sql("comment"), {"id": id, "day": day}):
            parents = self._rows(queries.page_sql("parent"), {"id": row["parent_id"], "day": day})
            return row | {"parent_text": next((parent["text"] for parent in parents), None)}
        return None

    def tags(self) -> dict[str, list[str]]:
        """The accounts of each tag."""
        return dict(self._query(queries.page_sql("tags"))[1])

    def places(self) -> dict[str, str]:
        """What a URL may name as an account, and its display name."""
        return {account: account for account in self.accounts()} | {
            TAG + tag: _("tagged {tags}", tags=tag) for tag in self.tags()
        }

    def chosen(self, view: View) -> list[str]:
        """The accounts that a view is of."""
        if view.tag:
            return self.tags().get(view.tag, [])
        return [one for one in self.accounts() if view.account in (None, one)]

    def _parameters(self, view: View) -> dict[str, Any]:
        """The view's parameters, with `#tag` resolved to its accounts; an unknown tag has none."""
        asked = view.parameters() | {"only": view.account, "places": None, "tag": None}
        if view.tag:
            asked |= {"only": None, "places": self.tags().get(view.tag, []), "tag": view.tag}
        return asked | self._among(view, asked)

    def _among(self, view: View, asked: dict[str, Any]) -> dict[str, Any]:
        """Similar comments, copies and the audit are found by questions of their own; see the macro is_asked."""
        found: dict[str, Any] = {"among": None}
        if view.similar:
            asked = asked | self._meant(view.similar)
        parts = {
            "similar": ("similar", view.similar),
            "copied": ("words", queries.group_in(view.words)),
            "audit_ids": ("review", view.review == AUDITED),
        }
        for name, (parameter, is_meant) in parts.items():
            if is_meant:
                ids = {row["comment_id"]: None for row in self._rows(queries.page_sql(name), asked)}
                before = found["among"]
                found |= {"among": list(ids) if before is None else [one for one in before if one in ids]}
                found[parameter] = None
        return found

    def _meant(self, wanted: str) -> dict[str, Any]:
        """What comments are compared with: a text, or that of a comment."""
        text = clean_text(self._text_of(wanted))
        return {"meaning": meaning.of(text) if text else None, "closest": CLOSEST, "most": MOST_SIMILAR}

    def _text_of(self, wanted: str) -> str:
        """Of a comment, told by its day/id, or what is given itself."""
        if not _is_address(wanted):
            return wanted
        day, _slash, id = wanted.partition("/")
        row = self.comment(id, day)
        return "" if row is None or row["text"] == measures.EXPIRED else str(row["text"])

    def thread(self, comment: Row) -> list[Row]:
        """What a comment answers, the answers to that, and the answers to itself."""
        if not self._may_see().texts:
            return []
        asked = {"id": comment["comment_id"], "day": comment["day"], "limit": MOST_NEXT}
        return list(self._rows(queries.page_sql("thread"), asked))

    def accounts(self) -> list[str]:
        return [account for (account,) in self._query(queries.page_sql("accounts"))[1]]

    def _rows(self, sql: str, parameters: dict[str, Any]) -> Iterator[Row]:
        return _named(self._query(sql, _of(sql, parameters)))

    def _query(self, sql: str, parameters: dict[str, Any] | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
        return self._warehouse.part(self._may_see()).remembered(sql, parameters or {})


def _of(sql: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Those of the parameters that it names."""
    return {name: parameters[name] for name in set(re.findall(r"\$([a-z]+)", sql))}


def _named(answer: tuple[list[str], list[tuple[Any, ...]]]) -> Iterator[Row]:
    columns, rows = answer
    return (dict(zip(columns, row, strict=True)) for row in rows)


def _first_in_trend(view: View) -> date:
    return view.last - timedelta(days=max(measures.USUAL_DAYS, 2 * view.days) - 1)


def _is_address(text: str) -> bool:
    """Of a comment, as day/id."""
    day, slash, _id = text.partition("/")
    return slash != "" and _date(day) is not None


def _is_comparison(text: str) -> bool:
    return text == "year" or _date(text) is not None


def _bins(score: str) -> tuple[int, int] | None:
    """The first and the last of the steps in which scores are counted."""
    found = SCORES.fullmatch(score)
    first, last = (int(percent) * measures.BINS / 100 for percent in found.groups()) if found else (0.0, 0.0)
    is_valid = first.is_integer() and last.is_integer() and 0 <= first < last <= measures.BINS
    return (int(first), int(last) - 1) if is_valid else None


def _date(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if FIRST_DAY <= found <= LAST_DAY else None
