"""Several accounts side by side, on one scale."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import figures
from dashboard.components import (
    chart,
    is_beyond_chance,
    link,
    page,
    panel,
    pick_label,
    pick_period,
    points,
    share,
    table,
)
from dashboard.figures import named
from dashboard.view import MOST_COMPARED, Answers, Row, View

TITLE = "Compare"
FIRST_SHOWN = 4  # accounts, where the address names none


def layout(answers: Answers, view: View) -> Component:
    known = answers.accounts()
    ranking = {row["account"]: row for row in answers.rows("ranking", view)}
    chosen = [account for account in view.accounts if account in known] or list(ranking)[:FIRST_SHOWN]
    trends = {account: answers.trend(View(account=account, days=view.days, last=view.last)) for account in chosen}
    pick_accounts = dmc.MultiSelect(
        id={"control": "accounts"}, label="Accounts", value=list(view.accounts), data=known, size="sm", w=420,
        maw="90vw", maxValues=MOST_COMPARED, searchable=True,
        placeholder="" if view.accounts else "those that changed most",
    )  # fmt: skip
    return page(
        TITLE,
        f"{len(chosen)} accounts, {named(view.label)}, on one scale.",
        [pick_accounts, pick_period(view), pick_label(view)],
        chart(
            f"Comments that are {named(view.label)}, by day", "Expected share with its 95 % interval.",
            figures.side_by_side(trends, view.label) if trends else figures.bars([], [], [], ""),
            [{"account": account} | row for account, rows in trends.items() for row in rows
             if row["label"] == view.label],
            "No account has comments on these days.", wide=True,
        ),
        _numbers([ranking[account] for account in chosen if account in ranking], view),
    )  # fmt: skip


def _numbers(rows: list[Row], view: View) -> Component:
    said = [
        {
            "account": link(row["account"], "/account", view.search(account=row["account"], accounts=())),
            "share": share(row),
            "change": points(row["change"]),
            "beyond chance": "yes" if is_beyond_chance(row) else "",
            "comments": row["comments"],
            "flagged": row["flagged"],
        }
        for row in rows
    ]
    body = table(said) if said else html.P("None of them has comments in this period.", className="empty")
    return panel("In the period", "Against the period before of the same length.", body, wide=True)
