"""Views by e-mail: once for every week or month that has been published, as a document."""

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import NamedTuple

from dash.development.base_component import Component

from dashboard import report
from dashboard.language import ENGLISH, N_, _, speaking
from dashboard.people import VISITOR, People, Visitor
from dashboard.view import Answers, View
from dashboard.wording import filters_of, sentence_case
from warehouse.reviews import InReviews

EVERY = {"week": N_("Every Monday"), "month": N_("On the first of every month")}
DAY = timedelta(days=1)
Print = Callable[[Path, Path], None]  # an HTML file → a PDF file


@dataclass(frozen=True)
class Subscription:
    id: int
    path: str
    search: str
    owner: str
    email: str
    every: str
    made_on: str


class Period(NamedTuple):
    first: date
    last: date

    def of(self, view: View) -> View:
        return replace(view, days=(self.last - self.first).days + 1, last=self.last)


class Letter(NamedTuple):
    to: str
    subject: str
    text: str
    file_name: str
    content: bytes


class Subscriptions(InReviews):
    def add(self, path: str, search: str, owner: str, email: str, every: str) -> None:
        self.query(
            "INSERT OR IGNORE INTO subscriptions (path, search, owner, email, every) VALUES (?, ?, ?, ?, ?)",
            *(path, search, owner, email, every),
        )

    def all(self) -> list[Subscription]:
        rows = self.query("SELECT id, path, search, owner, email, every, made_on FROM subscriptions ORDER BY id")
        return [Subscription(*row) for row in rows]

    def remove(self, id: int) -> None:
        self.query("DELETE FROM subscriptions WHERE id = ?", id)
        self.query("DELETE FROM sent WHERE subscription = ?", id)

    def due(self, newest: date) -> Iterator[tuple[Subscription, Period]]:
        """What was not sent yet, for the last whole period; none that had ended before somebody asked for it."""
        sent = set(self.query("SELECT subscription, last_day FROM sent"))
        for one in self.all():
            period = last_whole(one.every, newest)
            if (one.id, str(period.last)) not in sent and str(period.last) >= one.made_on:
                yield one, period

    def mark_sent(self, one: Subscription, period: Period) -> None:
        self.query("INSERT OR IGNORE INTO sent (subscription, last_day) VALUES (?, ?)", one.id, str(period.last))


def last_whole(every: str, newest: date) -> Period:
    """The last week from Monday to Sunday, or the last month, all of whose days are there."""
    tomorrow = newest + DAY
    if every == "month":
        last = tomorrow.replace(day=1) - DAY
        return Period(last.replace(day=1), last)
    last = tomorrow - tomorrow.isoweekday() * DAY
    return Period(last - 6 * DAY, last)


def so_far(every: str, newest: date) -> Period:
    """As many days up to the newest, to see now what will be sent."""
    return Period(newest - (29 if every == "month" else 6) * DAY, newest)


def letter(
    one: Subscription, period: Period, visitor: Visitor, answers: Answers, root: str, print_pdf: Print | None
) -> Letter:
    """What the subscriber sees in this period, in their language; a web page where nothing prints."""
    with speaking(visitor.language or ENGLISH):
        return _letter(one, period, visitor, answers, root, print_pdf)


def _letter(
    one: Subscription, period: Period, visitor: Visitor, answers: Answers, root: str, print_pdf: Print | None
) -> Letter:
    before = VISITOR.set(visitor)
    try:
        view = period.of(View.read(one.search, answers.newest()))
        page = report.PAGES[one.path](answers, view)
    finally:
        VISITOR.reset(before)
    title = f"{_(report.TITLES[one.path])}: {filters_of(view)}"
    with tempfile.TemporaryDirectory(prefix="toxwatch-") as folder:
        file = Path(folder) / f"toxwatch-{period.last}.html"
        report.write_file(file, f"Toxwatch, {title}", [page], root)
        if print_pdf:
            print_pdf(file, file.with_suffix(".pdf"))
            file = file.with_suffix(".pdf")
        content = file.read_bytes()
    address = f"{root}{one.path}{view.search()}"
    ending = _("You asked for this view: {address} ends it.", address=f"{root}/views")
    text = f"{_sentence(page)}\n\n{address}\n\n{ending}\n"
    return Letter(one.email, f"Toxwatch, {title}", text, file.name, content)


def owner_of(one: Subscription, people: People) -> Visitor | None:
    """None for somebody who was removed, or may not open the page any more: nothing is sent to them."""
    owner = people.known(one.owner)
    return owner if owner and (owner.may("texts") or one.path != "/comments") else None


def _sentence(page: Component) -> str:
    """What the page says below its title, as text."""
    found = next((part for part in page._traverse() if getattr(part, "className", "") == "sentence"), None)
    text = re.sub("<[^>]+>", "", report.html_of(found)) if found is not None else ""
    return sentence_case(re.sub(r"\s+", " ", unescape(text)).strip())
