"""Several accounts, tags and periods side by side, on one scale."""

from dataclasses import replace
from datetime import timedelta

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
    pick,
    pick_label,
    pick_period,
    points,
    share,
    table,
)
from dashboard.figures import named
from dashboard.view import MOST_COMPARED, TAG, Answers, View

TITLE = "Compare"
FIRST_SHOWN = 4  # accounts, where the address names none
PERIODS = {"1": "this one", "2": "and the one before", "4": "the last four"}


def layout(answers: Answers, view: View) -> Component:
    known = answers.places()
    chosen = [place for place in view.accounts if place in known][: MOST_COMPARED // view.periods]
    chosen = chosen or [row["account"] for row in answers.rows("ranking", view)][: FIRST_SHOWN // view.periods]
    views = {_title(known[place], one): one for place in chosen for one in _periods(replace(view, account=place))}
    trends = {
        title: answers.rows("trend", one) if view.periods > 1 else answers.trend(one) for title, one in views.items()
    }
    pick_places = dmc.MultiSelect(
        id={"control": "accounts"}, label="Accounts and tags", value=list(view.accounts), size="sm", w=420, maw="90vw",
        data=[{"value": place, "label": said} for place, said in known.items()], maxValues=MOST_COMPARED,
        searchable=True, placeholder="" if view.accounts else "those that changed most",
    )  # fmt: skip
    return page(
        TITLE,
        f"{', '.join(known[place] for place in chosen) or 'Nothing'}: {named(view.label)}, on one scale.",
        [pick_places, pick_period(view), pick("periods", "Periods", view.periods, PERIODS), pick_label(view)],
        chart(
            f"Comments that are {named(view.label)}, by day", "Expected share with its 95 % interval.",
            figures.side_by_side(trends, view.label, max(view.periods, 2)) if trends else figures.bars([], [], [], ""),
            [{"of": title} | row for title, rows in trends.items() for row in rows if row["label"] == view.label],
            "No account has comments on these days.", wide=True,
        ),
        _numbers(answers, views),
    )  # fmt: skip


def _periods(view: View) -> list[View]:
    """The asked one and those before it, the oldest first."""
    return [replace(view, last=view.last - timedelta(back * view.days)) for back in reversed(range(view.periods))]


def _title(place: str, view: View) -> str:
    return place if view.periods == 1 else f"{place}, {view.first:%d %b} – {view.last:%d %b}"


def _numbers(answers: Answers, views: dict[str, View]) -> Component:
    said = [
        {
            "of": title
            if str(view.account).startswith(TAG)
            else link(title, "/account", view.search(accounts=(), periods=1)),
            "share": share(row),
            "change": points(row["change"]),
            "beyond chance": "yes" if is_beyond_chance(row) else "",
            "comments": row["comments"],
            "flagged": row["flagged"],
        }
        for title, view in views.items()
        for row in answers.rows("change", view)
        if row["label"] == view.label
    ]
    body = table(said) if said else html.P("None of them has comments in this period.", className="empty")
    return panel("In the period", "Against the period before of the same length.", body, wide=True)
