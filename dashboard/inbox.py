"""What needs somebody: unread severe comments, waves of abuse, accounts that could not be collected, the budget.

A line speaks of items: comments, or other things with a name. Each person puts items aside or hands them on, and what
comes up later is a new item, so that it is in the inbox even where its like was put aside before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dashboard.language import _, ngettext, number
from dashboard.people import LOCAL, VISITOR, People, Visitor
from dashboard.view import Answers, Row, View
from dashboard.wording import (
    COLLECTION_ERRORS,
    comments,
    day_month,
    in_sentence,
    label_count,
    listed,
    sentence_case,
    some_of,
    spelled,
)
from warehouse import WHOLE
from warehouse.cases import Cases
from warehouse.reviews import Reviews

MOST_URGENT = ("threat", "identity_hate", "severe_toxic", "obscene", "insult", "toxic")  # names a comment's line
HANDED, WAVE, REFUSED, PARTIAL, BUDGET = "handed", "wave", "refused", "partial", "budget"
OF_COMMENTS = (HANDED, *MOST_URGENT)
KINDS = (*OF_COMMENTS, WAVE, REFUSED, PARTIAL, BUDGET)
BUDGET_FROM = 0.8  # of the night's budget
MOST_NAMED = 3  # accounts in a line


@dataclass(frozen=True)
class Item:
    ids: tuple[str, ...]  # of a comment and those that equal it, or one name
    kind: str
    account: str = ""
    note: str = ""
    assignee: str | None = None


@dataclass(frozen=True)
class Line:
    """What the inbox says in one line, and where a click leads; `assignee` is somebody else or the visitor."""

    kind: str
    items: tuple[Item, ...]
    assignee: str | None
    address: str | None

    @property
    def key(self) -> str:
        return " ".join((self.kind, self.items[0].account if self.kind == WAVE else "", self.assignee or ""))

    @property
    def ids(self) -> list[str]:
        return [id for item in self.items for id in item.ids]

    @property
    def accounts(self) -> list[str]:
        return sorted({item.account for item in self.items if item.account})

    @property
    def text(self) -> str:
        count = len(self.items)
        if self.kind == WAVE:
            return _("1 wave on {account}", account=_handle(self.items[0].account))
        if self.kind == BUDGET:
            return _("Budget {share} used last night", share=self.items[0].note)
        if self.kind == REFUSED:
            return ngettext("{number} account refused", "{number} accounts refused", count)
        if self.kind == PARTIAL:
            return ngettext("{number} account only partly collected", "{number} accounts only partly collected", count)
        if self.kind == HANDED:
            return _("{comments} handed to you", comments=self.what)
        return _("{comments} unread", comments=self.what)

    @property
    def what(self) -> str:
        """What it speaks of, without its state: "4 threats" """
        if self.kind == HANDED:
            return comments(len(self.items))
        return label_count(self.kind, len(self.items)) if self.kind in MOST_URGENT else self.text

    @property
    def detail(self) -> str:
        if self.kind == HANDED:
            return listed(sorted({item.note for item in self.items}))
        if self.kind in (WAVE, REFUSED, PARTIAL):
            return _shortened([item.note for item in self.items], "; ")
        if self.kind == BUDGET:
            return ""
        named = _shortened(
            [f"{one} ({sum(item.account == one for item in self.items)})" for one in self.accounts], ", "
        )
        times = len(self.ids)
        if times == len(self.items):
            return named
        return ngettext("{accounts}; posted {number} time", "{accounts}; posted {number} times", times, accounts=named)


class Inbox:
    def __init__(
        self,
        answers: Answers,
        reviews: Reviews,
        cases: Cases,
        people: People,
        budget_usd: Callable[[], float | None],
    ) -> None:
        self._answers, self._reviews, self._cases, self._people = answers, reviews, cases, people
        self._budget_usd = budget_usd

    def lines(self, view: View) -> list[Line]:
        """The visitor's own first, the most urgent first."""
        visitor = VISITOR.get()
        done = self._reviews.done(visitor.name)
        items = [
            *(self._comments(view, done) if visitor.may("texts") else []),
            *self._waves(view),
            *self._uncollected(view),
            *self._budget(view),
        ]
        left = [item for item in items if not set(done).issuperset(item.ids)]
        handed = list(self._handed(visitor)) if visitor.may("texts") else []
        return [
            Line(kind, tuple(some), assignee, _address(kind, account, assignee, view))
            for (_is_others, kind, account, assignee), some in _grouped(
                handed + self._with_assignees(left), visitor.name
            )
        ]

    def comments(self, view: View) -> list[Row]:
        """The comments behind a line, as the grid shows them: equal ones once, with how often they were posted."""
        if view.inbox == HANDED:
            handed = self._answers.rows("handed", view, ids=list(self._cases.handed_to(VISITOR.get().name)))
            which = [f"{row['day']}/{row['comment_id']}" for row in handed]
            return [row | {"times": 1} for row in (self._answers.comments(which) if which else [])]
        wanted = [
            item
            for item in self._with_assignees(self._comments(view, self._reviews.done(VISITOR.get().name)))
            if (item.kind, item.assignee) == (view.inbox, view.assignee)
        ]
        times = {item.ids[0]: len(item.ids) for item in wanted}
        rows = self._answers.comments_between(list(times), view.first, view.last) if times else []
        return [row | {"times": times[row["comment_id"]]} for row in rows]

    def see(self, row: Row, view: View) -> None:
        """Who has opened a comment has seen it, and those that equal it."""
        if row["comment_id"] in self._cases.handed_to(VISITOR.get().name):
            self._reviews.put_aside([row["comment_id"]], VISITOR.get().name)
        if row["severity"] not in (None, "none"):
            same = self._answers.rows("same_text", view, id=row["comment_id"])
            self._reviews.put_aside([row["comment_id"], *(one["comment_id"] for one in same)], VISITOR.get().name)

    def colleagues(self, line: Line) -> list[str]:
        """To whom the visitor may hand a line: people who see all of it, and whose names are theirs to know."""
        visitor = VISITOR.get()
        if visitor == LOCAL or not visitor.may("review") or line.kind == HANDED:
            return []
        return [one.name for one in self._known() if self._sees(one, line) and one.name != line.assignee]

    def _known(self) -> list[Visitor]:
        """People whose names the visitor may know: a client knows no others."""
        part = VISITOR.get().part
        return [person for person in self._people.visitors() if part in (WHOLE, person.part)]

    def _sees(self, person: Visitor, line: Line) -> bool:
        own = {account for tag in person.part.tags for account in self._answers.tags().get(tag, [])}
        is_of_theirs = not person.part.tags or (line.kind != BUDGET and own.issuperset(line.accounts))
        return is_of_theirs and (person.part.texts or line.kind not in OF_COMMENTS)

    def _comments(self, view: View, done: list[str]) -> list[Item]:
        return [
            Item(tuple(row["comment_ids"]), next(kind for kind in MOST_URGENT if kind in row["flags"]), row["account"])
            for row in self._answers.unread(view, done)
        ]

    def _handed(self, visitor: Visitor) -> Iterator[Item]:
        givers = self._cases.handed_to(visitor.name)
        for row in self._answers.rows("handed", View(), ids=list(givers)) if givers else []:
            yield Item((row["comment_id"],), HANDED, row["account"], _("by {person}", person=givers[row["comment_id"]]))

    def _waves(self, view: View) -> Iterator[Item]:
        found = [row for row in self._answers.waves(view) if row["day"] >= view.first]
        for row in sorted(found, key=lambda row: row["day"], reverse=True):
            note = _("{flagged} of {comments} flagged on {day}", flagged=number(row["flagged"]),
                     comments=comments(row["comments"]), day=day_month(row["day"]))  # fmt: skip
            yield Item((f"{WAVE} {row['account']} {row['day']}",), WAVE, row["account"], note)

    def _uncollected(self, view: View) -> Iterator[Item]:
        for row in self._answers.rows("uncollected", view):
            kind = REFUSED if row["is_refused"] else PARTIAL
            reason = in_sentence(_(COLLECTION_ERRORS.get(row["error"], row["error"].replace("_", " "))))
            began = row["since"] if row["is_refused"] else row["night"]
            note = f"{row['account']}: {reason}"
            if row["is_refused"]:
                note = _("{account}: {reason} since {day}", account=row["account"], reason=reason, day=day_month(began))
            yield Item((f"{kind} {row['account']} {row['error']} {began}",), kind, row["account"], note)

    def _budget(self, view: View) -> Iterator[Item]:
        budget = None if view.tag else self._budget_usd()  # it is that of all accounts
        for night in self._answers.rows("night", view):  # nothing for visitors who see only some accounts
            share = (night["cost_usd"] or 0) / budget if budget else 0
            if share >= BUDGET_FROM:
                yield Item((f"{BUDGET} {night['night']}",), BUDGET, note=number(share, ".0%"))

    def _with_assignees(self, items: list[Item]) -> list[Item]:
        assigned, names = self._reviews.assigned(), {person.name for person in self._known()}
        found = [next((assigned[id] for id in item.ids if id in assigned), None) for item in items]
        return [
            Item(item.ids, item.kind, item.account, item.note, who if who in names else None)
            for item, who in zip(items, found, strict=True)
        ]


def mine(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.assignee in (None, VISITOR.get().name)]


def sentence(lines: list[Line]) -> str:
    """ "Four threats wait for you. There is a wave of abuse on harbour_fc. Last night used 82% of its budget." """
    of = {kind: [item for line in mine(lines) if line.kind == kind for item in line.items] for kind in KINDS}
    unread = {kind: len(of[kind]) for kind in MOST_URGENT if of[kind]}
    sentences = []
    if count := len(of[HANDED]):
        handed = ngettext("{number} comment was handed to you.", "{number} comments were handed to you.", count,
                          number=spelled(count))  # fmt: skip
        sentences.append(sentence_case(handed))
    if unread:
        what = listed([label_count(kind, count, spelled_out=True) for kind, count in unread.items()])
        waiting = ngettext("{comments} waits for you.", "{comments} wait for you.", sum(unread.values()), comments=what)
        sentences.append(sentence_case(waiting))
    if of[WAVE]:
        handles = list(dict.fromkeys(_handle(item.account) for item in of[WAVE]))
        sentences.append(
            ngettext("There is a wave of abuse on {accounts}.", "There are waves of abuse on {accounts}.", len(handles),
                     accounts=some_of(handles))
        )  # fmt: skip
    if of[REFUSED]:
        sentences.append(
            _("{accounts} could not be collected.", accounts=some_of([item.account for item in of[REFUSED]]))
        )
    if of[BUDGET]:
        sentences.append(_("Last night used {share} of its budget.", share=of[BUDGET][0].note))
    return " ".join(sentences) or _("Nothing needs you now.")


def described(line: Line) -> dict[str, Any]:
    """A line for programs."""
    return {
        "kind": line.kind,
        "text": line.text,
        "detail": line.detail,
        "count": len(line.items),
        "accounts": line.accounts,
        "comment_ids": line.ids if line.kind in OF_COMMENTS else [],
        "assigned_to": line.assignee,
        "address": line.address,
    }


def _grouped(items: list[Item], me: str) -> Iterator[tuple[tuple[bool, str, str, str | None], Iterator[Item]]]:
    def group(item: Item) -> tuple[bool, str, str, str | None]:
        is_others = item.assignee not in (None, me)
        return is_others, item.kind, item.account if item.kind == WAVE else "", item.assignee

    def order(item: Item) -> tuple[bool, int, str, str]:
        is_others, kind, account, assignee = group(item)
        return is_others, KINDS.index(kind), account, assignee or ""

    return groupby(sorted(items, key=order), group)


def _address(kind: str, account: str, assignee: str | None, view: View) -> str | None:
    if kind == HANDED:
        return "/comments" + view.search(inbox=kind)
    if kind in MOST_URGENT:
        return "/comments" + view.search(inbox=kind, assignee=assignee)
    if kind == WAVE:
        page = "/comments" if VISITOR.get().may("texts") else "/account"
        return page + view.search(account=account, flag="toxic", label="toxic")
    return "/quality" + view.search()


def _shortened(notes: list[str], separator: str) -> str:
    if (more := len(notes) - MOST_NAMED) <= 0:
        return separator.join(notes)
    return _("{some} and {number} more", some=separator.join(notes[:MOST_NAMED]), number=number(more))


def _handle(account: str) -> str:
    return account.partition("/")[2]
