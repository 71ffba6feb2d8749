"""What Apify charged, by account, by client and by month."""

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache

from dash.development.base_component import Component

from dashboard import reliability
from dashboard.charts import behind, chart
from dashboard.figures import Address
from dashboard.language import N_, _
from dashboard.view import TAG, Answers, Row, View
from models.training.report import INK

COLOURS = ("#1f77b4", "#e8743b", "#2ca02c", "#b02a37", "#9467bd", "#8c564b", "#e377c2", "#17a2b8")
OTHERS = N_("Others")  # the name of what is no bar of its own


def panels(answers: Answers, view: View) -> list[Component]:
    rows = [row for row in answers.rows("costs", view) if row["cost_usd"]]
    of_tags = [row for row in rows if row["kind"] == "tag"]
    return [
        _chart("account", [row for row in rows if row["kind"] == "account"], view),
        *([_chart("client", of_tags, view)] if of_tags else []),
    ]


def _chart(kind: str, rows: Sequence[Row], view: View) -> Component:
    of_client, totals = kind == "client", Counter[str]()
    for row in rows:
        totals[row["name"]] += row["cost_usd"]
    largest = [name for name, _ in totals.most_common(len(COLOURS))]
    colours = dict(zip(largest, COLOURS, strict=False)) | ({OTHERS: INK} if len(totals) > len(largest) else {})
    title = _("Cost by client and month") if of_client else _("Cost by account and month")
    note = [
        _("What Apify charged, in US dollars."),
        *([_("An account with several tags counts for each of them.")] if of_client else []),
        _("The data has the cost of 1,000 new comments and compute seconds."),
    ]
    return chart(
        title,
        " ".join(note),
        reliability.costs(_summed(rows, largest), colours, _behind_month(view), are_parts=not of_client),
        rows, _("Nothing has been paid for."),
        legend=[(_(name) if name == OTHERS else name, colour, None if name == OTHERS else behind(view,
            account=_place(name, kind)))
                for name, colour in colours.items()],
    )  # fmt: skip


def _summed(rows: Sequence[Row], largest: Sequence[str]) -> list[Row]:
    """The rows of the largest, and one a month for all others."""
    others = Counter[date]()
    for row in rows:
        if row["name"] not in largest:
            others[row["month"]] += row["cost_usd"]
    return [row for row in rows if row["name"] in largest] + [
        {"month": month, "kind": "", "name": OTHERS, "cost_usd": cost, "usd_per_1000": None}
        for month, cost in others.items()
    ]


def _behind_month(view: View) -> Address:
    @cache
    def of_month(account: str, month: date) -> str | None:
        days = monthrange(month.year, month.month)[1]
        last = min(month.replace(day=days), view.newest)
        return behind(view, account=account, days=last.day, last=last)

    return lambda row: None if row["name"] == OTHERS else of_month(_place(row["name"], row["kind"]), row["month"])


def _place(name: str, kind: str) -> str:
    return name if kind == "account" else TAG + name
