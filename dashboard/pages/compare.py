"""Several accounts, tags and periods side by side, on the same scale."""

from dataclasses import replace
from datetime import timedelta

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import figures, trend
from dashboard.charts import behind_day, behind_volume, chart, explained, opens
from dashboard.components import link, page, panel, table
from dashboard.controls import in_language, pick, pick_label, pick_period
from dashboard.language import N_, _, dated, number
from dashboard.view import MOST_COMPARED, Answers, Row, View
from dashboard.wording import label_plural, points, share

TITLE = N_("Compare")
FIRST_SHOWN = 4  # accounts, if the URL names none
PERIODS = {"1": N_("Nothing"), "2": N_("Previous period"), "4": N_("Last 4 periods")}


def layout(answers: Answers, view: View) -> Component:
    places = answers.places()
    chosen = [place for place in view.accounts if place in places][: max(MOST_COMPARED // view.periods, FIRST_SHOWN)]
    chosen = chosen or [row["account"] for row in answers.rows("ranking", view.of_client())][:FIRST_SHOWN]
    views = {_title(places[place], one): one for place in chosen for one in _periods(replace(view, account=place))}
    trends = {places[place]: _trends(answers, replace(view, account=place)) for place in chosen}
    own = {places[place]: replace(view, account=place) for place in chosen}
    pick_places = dmc.MultiSelect(
        id={"control": "accounts"}, label=_("Accounts and tags"), value=list(view.accounts), size="sm", w=420,
        maw="90vw",
        data=[{"value": place, "label": name} for place, name in places.items()], maxValues=MOST_COMPARED,
        searchable=True, placeholder="" if view.accounts else _("Accounts that changed most"),
    )  # fmt: skip
    return page(
        _(TITLE),
        _("{category}: {accounts} (same scale).", category=label_plural(view.label),
          accounts=", ".join(places[place] for place in chosen) or _("no accounts")),
        [pick_places, *pick_period(view), pick("periods", _("Compare with"), view.periods, in_language(PERIODS)),
         pick_label(view)],
        chart(
            _("{category}, by day", category=label_plural(view.label)), _note(view),
            figures.side_by_side(
                trends, view.label, {title: behind_day(one) for title, one in own.items()},
                {title: behind_volume(one) for title, one in own.items()},
            ),
            [{"account": title} | row for title, periods in trends.items() for rows in periods for row in rows],
            _("No account has comments in this period."), wide=True,
        ),
        _summary(answers, views),
    )  # fmt: skip


def _periods(view: View) -> list[View]:
    """The chosen period and the ones before it, oldest first."""
    return [replace(view, last=view.last - timedelta(back * view.days)) for back in reversed(range(view.periods))]


def _trends(answers: Answers, view: View) -> list[list[Row]]:
    """The daily shares of each period, oldest first, on the days of the last; of a single one, the weeks before too."""
    if view.periods == 1:
        return [[row for row in answers.trend(view) if row["label"] == view.label]]
    return [trend.moved(answers, one, view.first) for one in _periods(view)]


def _note(view: View) -> str:
    note = _("Estimated share of comments, with 95% interval; bars are comments.")
    dotted = _("Dotted: earlier periods, the older the fainter.")
    return note if view.periods == 1 else f"{note} {dotted}"


def _title(place: str, view: View) -> str:
    return place if view.periods == 1 else f"{place}, {dated(view.first, 'MMMd')} – {dated(view.last, 'MMMd')}"


def _now(answers: Answers, view: View) -> Row | None:
    if view.tag:
        return next((row for row in answers.changes(view) if row["label"] == view.label), None)
    return answers.ranked(view)


def _summary(answers: Answers, views: dict[str, View]) -> Component:
    rows = [
        {
            "account": link(title, "/" if view.tag else "/account", view.search(accounts=(), periods=1)),
            "share": share(row),
            "change": points(row["change"]),
            "significant": _("Yes") if row["is_significant"] else "",
            "comments": opens(number(row["comments"]), view),
            "flagged": opens(number(row["flagged"]), view, flag=view.label),
        }
        for title, view in views.items()
        if (row := _now(answers, replace(view, against=None)))
    ]
    headings = {"account": _("Account"), "share": _("Share"), "change": _("Change"), "significant": _("Significant?"),
                "comments": _("Comments"), "flagged": _("Flagged")}  # fmt: skip
    body = table(rows, headings) if rows else html.P(_("No comments in this period."), className="empty")
    return panel(
        _("Summary"), _("Change is from the previous period of the same length."), body, explained(), wide=True
    )
