"""What changed, on which accounts, and whether last night's data is complete."""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import figures, trend
from dashboard.charts import all_categories, attacked, behind, explained, languages, opens, severities
from dashboard.components import link, page, panel, table, tile, tiles
from dashboard.controls import pick, pick_comparison, pick_label, pick_period
from dashboard.view import SORTS, TAG, Answers, Row, View
from dashboard.wording import (
    LABEL_VERBS,
    change_from,
    compared_with,
    day_month,
    label_title,
    not_judged,
    percent,
    period_phrase,
    points,
    sentence_case,
    share,
    shown,
    up_or_down,
)
from models.labels import LABELS
from models.training.report import COLOURS
from warehouse.measures import FEW_COMMENTS
from warehouse.reviews import Reviews

TITLE = "Overview"
FEW_ACCOUNTS = 6  # are seen at a glance


def layout(answers: Answers, view: View) -> Component:
    return page(TITLE, sentence(answers, view), controls(answers, view), *panels(answers, view))


def sentence(answers: Answers, view: View) -> str:
    view = view.of_client()
    change = {row["label"]: row for row in answers.changes(view)}
    news = _sentence(change.get(view.label), answers.ranking(view), view)
    return news + not_judged(answers.rows("judged", view))


def controls(answers: Answers, view: View) -> list[Component]:
    return [*_pick_client(answers, view), *pick_period(view), pick_label(view), *pick_comparison(view)]


def _pick_client(answers: Answers, view: View) -> list[Component]:
    """Nothing for whoever sees a single client, or accounts without tags."""
    tags = list(answers.tags())
    if len(tags) < 2 and not view.tag:
        return []
    clients = {TAG + tag: tag for tag in tags}
    return [pick("account", "Client", view.account if view.tag else None, clients, "All accounts")]


def panels(answers: Answers, view: View, reviews: Reviews | None = None) -> list[Component]:
    asked, view = view, view.of_client()
    change = {row["label"]: row for row in answers.changes(view)}
    return [
        tiles(*(_tile(change[label], view) for label in LABELS if label in change)),
        html.Div(explained(), className="wide"),
        trend.panel(answers, view, reviews),
        severities(answers.rows("severities", view), view),
        _ranking(answers.ranking(view), asked),
        *attacked(answers.rows("attacked", view), view),
        languages(answers, view),
        all_categories(answers.trend(view), view),
        *([] if view.tag else _last_night(answers, view)),
    ]


def _sentence(now: Row | None, ranking: Sequence[Row], view: View) -> str:
    if not now:
        return f"No comments {period_phrase(view.days, view.last)}."
    sentence = sentence_case(period_phrase(view.days, view.last))
    scored = f"{now['comments']:,} scored comments"
    sentence += f", an estimated {percent(now['share'])} of {scored} {LABEL_VERBS[view.label]}"
    if now["change"] is None:
        if view.compared is None:
            return f"{sentence}. There is no earlier period to compare with."
        return f"{sentence}. There are no comments from {compared_with(view)} to compare with."
    if view.compared:
        return f"{sentence}, {change_from(now['change'], view)}."
    if now["change_margin"] is None:
        sentence += f", {up_or_down(now['change'])} from {compared_with(view)}; too few days to tell if it is chance."
    elif not now["is_significant"]:
        sentence += f", about the same as {compared_with(view)}."
    else:
        sentence += f", {up_or_down(now['change'])} from {compared_with(view)}."
    changed = [row for row in ranking if row["is_significant"]]
    if changed:
        top = changed[0]
        sentence += f" {top['account']} changed most: {up_or_down(top['change'])} to {percent(top['share'])}."
    elif now["change_margin"] is not None:
        sentence += " No account changed significantly."
    return sentence


def _tile(row: Row, view: View) -> Component:
    name, share, address = label_title(row["label"]), percent(row["share"]), behind(view, flag=row["label"])
    if row["change"] is None:
        return tile(name, share, "no earlier period" if view.compared is None else "not there then", href=address)
    mood = "" if not row["is_significant"] else "worse" if row["change"] > 0 else "better"
    change = points(row["change"])
    if view.compared:
        return tile(name, share, change, href=address)
    if row["change_margin"] is None:
        return tile(name, share, f"{change}, too few days to tell", href=address)
    return tile(name, share, f"{change} ± {100 * row['change_margin']:.1f}", mood, address)


def _ranking(ranking: Sequence[Row], asked: View) -> Component:
    view = asked.of_client()
    rows = [
        {
            "account": link(row["account"], "/account", view.search(account=row["account"])),
            "daily": html.Img(
                src=figures.sparkline(row["daily_shares"], COLOURS[view.label]), className="spark",
                alt=f"{len(row['daily_shares'])} days",
            ),
            "share": share(row),
            "change": points(row["change"]),
            "significant": _how_sure(row),
            "comments": opens(f"{row['comments']:,}", view, account=row["account"]),
            "flagged": opens(f"{row['flagged']:,}", view, account=row["account"], flag=view.label),
            "coverage": "–" if row["coverage"] is None else f"{row['coverage']:.0%}",
        }
        for row in _sorted(ranking, asked)
    ]  # fmt: skip
    headings = {"account": "Account", "daily": "By day", "share": label_title(view.label),
                "change": "Change", "significant": "Significant?", "comments": "Comments", "flagged": "Flagged",
                "coverage": "Coverage"}  # fmt: skip
    if view.compared:
        del headings["significant"]
    note = f"Change is from {compared_with(view)}. Coverage: share of the platform's comment count that we collected."
    empty = f"No account's name contains “{asked.find}”." if asked.find else "No account has comments in this period."
    body = table(rows, headings) if rows else html.P(empty, className="empty")
    return panel("Accounts", note, *_order(ranking, asked), body, explained(), wide=True)


def _order(ranking: Sequence[Row], asked: View) -> list[Component]:
    """Controls to sort and search, where there is something to search."""
    if len(ranking) < FEW_ACCOUNTS:
        return []
    search = dmc.TextInput(id={"control": "find"}, label="Find an account", value=asked.find or "", debounce=500,
                           size="sm", w=190)  # fmt: skip
    return [html.Div([pick("sort", "Sort by", asked.sort, SORTS), search], className="controls")]


def _sorted(ranking: Sequence[Row], asked: View) -> list[Row]:
    """Largest first, but names and coverage smallest first; the ranking comes sorted by change."""
    found = [row for row in ranking if (asked.find or "").casefold() in row["account"].casefold()]
    if asked.sort == "change":
        return found
    known = [row for row in found if row[asked.sort] is not None]
    known.sort(key=lambda row: row[asked.sort], reverse=asked.sort not in ("account", "coverage"))
    return known + [row for row in found if row[asked.sort] is None]


def _how_sure(row: Row) -> str:
    if row["comments"] < FEW_COMMENTS:
        return "Too few comments"
    if row["change_margin"] is None:
        return "Too few days"
    return "Yes" if row["is_significant"] else ""


def _last_night(answers: Answers, view: View) -> list[Component]:
    """Nothing for visitors who see only some accounts: these sums are over all of them."""
    nights = answers.rows("night", view)
    if not nights:
        return []
    night = nights[0]
    summary = {
        "Collected": shown(night["comments_read"]),
        "Accepted": shown(night["comments_kept"]),
        "Scored (new or edited)": shown(night["comments_scored"]),
        "Seconds": f"{night['seconds']:.0f}",
        "Cost (USD)": f"{night['cost_usd'] or 0:.2f}",
        "Collection errors": f"{night['ingest_errors'] or 0}",
        "Failed checks": f"{night['quality_warnings'] or 0}",
    }
    body = table([summary], {name: name for name in summary}), link("All nights and checks", "/quality")
    title = f"Last night: {day_month(night['night'])}"
    return [panel(title, "Comments, time and cost of the last nightly run.", *body, wide=True)]
