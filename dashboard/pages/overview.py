"""What changed, where, and whether last night can be trusted."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard import figures
from dashboard.components import (
    all_categories,
    chart,
    day,
    is_beyond_chance,
    link,
    page,
    panel,
    percent,
    pick_label,
    pick_period,
    points,
    share,
    shown,
    table,
    tile,
    tiles,
)
from dashboard.figures import COLOURS, named
from dashboard.view import PERIODS, Answers, Row, View
from models.labels import LABELS

TITLE = "Overview"
FEW = 30  # comments, below which a share says little


def layout(answers: Answers, view: View) -> Component:
    everywhere = View(label=view.label, days=view.days, last=view.last)
    change = {row["label"]: row for row in answers.rows("change", everywhere)}
    ranking = answers.rows("ranking", everywhere)
    trend = answers.trend(everywhere)
    waves = answers.waves(everywhere, trend)
    title = f"Comments that are {named(view.label)}"
    return page(
        TITLE,
        _sentence(change.get(view.label), ranking, everywhere),
        [pick_period(view), pick_label(view)],
        tiles(*(_tile(change[label]) for label in LABELS if label in change)),
        chart(
            f"{title}, by day",
            "Expected share of all comments with its 95 % interval; the period is shaded.",
            figures.trend(trend, view.label, [(w["day"], f"wave: {w['account']}") for w in waves], everywhere.first),
            [row for row in trend if row["label"] == view.label],
            "No comments were posted on these days.",
            wide=True,
        ),
        _ranking(ranking, everywhere),
        all_categories(trend),
        _night(answers, everywhere),
    )


def _sentence(now: Row | None, ranking: Sequence[Row], view: View) -> str:
    if not now:
        return f"No comments were posted in the {PERIODS[view.days]} to {day(view.last)}."
    period = "On" if view.days == 1 else f"In the {PERIODS[view.days]} to"
    said = f"{period} {day(view.last)}, {percent(now['share'])} of {now['comments']:,} comments are expected to be "
    said += named(view.label)
    if now["change"] is None:
        said += "; there is no earlier period to compare with."
    elif not is_beyond_chance(now):
        said += ", about as many as in the period before."
    else:
        more = "more" if now["change"] > 0 else "fewer"
        said += f", {points(abs(now['change'])).lstrip('+')} {more} than in the period before."
    moved = [row for row in ranking if is_beyond_chance(row)]
    if moved:
        said += f" {moved[0]['account']} moved most: {points(moved[0]['change'])}, to {percent(moved[0]['share'])}."
    elif now["change"] is not None:
        said += " No account moved beyond chance."
    return said


def _tile(row: Row) -> Component:
    if row["change"] is None:
        return tile(named(row["label"]), percent(row["share"]), "no earlier period")
    mood = "" if not is_beyond_chance(row) else "worse" if row["change"] > 0 else "better"
    change = f"{points(row['change'])} ± {100 * row['change_margin']:.1f}"
    return tile(named(row["label"]), percent(row["share"]), change, mood)


def _ranking(ranking: Sequence[Row], view: View) -> Component:
    rows = [
        {
            "account": link(row["account"], "/account", view.search(account=row["account"])),
            "daily": html.Img(
                src=figures.sparkline(row["daily_shares"], COLOURS[view.label]), className="spark",
                alt=f"{len(row['daily_shares'])} days",
            ),
            "share": share(row),
            "change": points(row["change"]),
            "beyond": "few comments" if row["comments"] < FEW else "beyond chance" if is_beyond_chance(row) else "",
            "comments": row["comments"],
            "flagged": row["flagged"],
            "coverage": "–" if row["coverage"] is None else f"{row['coverage']:.0%}",
        }
        for row in ranking
    ]  # fmt: skip
    names = {"account": "account", "daily": "by day", "share": named(view.label), "change": "change",
             "beyond": "how sure", "comments": "comments", "flagged": "flagged", "coverage": "seen"}  # fmt: skip
    said = "Ranked by change against the period before. Seen: captured of what platforms say of its posts."
    body = table(rows, names) if rows else html.P("No account has comments in this period.", className="empty")
    return panel("Accounts", said, body, wide=True)


def _night(answers: Answers, view: View) -> Component:
    nights = answers.rows("night", view)
    if not nights:
        nothing = html.P("No night has been measured yet: run `toxwatch monitor`.", className="empty")
        return panel("Last night", "What the last run did.", nothing, wide=True)
    night = nights[0]
    said = {
        "comments read": shown(night["comments_read"]),
        "kept": shown(night["comments_kept"]),
        "scored, new or edited": shown(night["comments_scored"]),
        "seconds": f"{night['seconds']:.0f}",
        "cost": f"{night['cost_usd'] or 0:.2f} USD",
        "refused by platforms": f"{night['ingest_errors'] or 0}",
        "quality warnings": f"{night['quality_warnings'] or 0}",
    }
    body = table([said]), link("All nights and checks", "/quality")
    return panel(
        f"The night of {day(night['night'])}", "What the last run read, kept, took and cost.", *body, wide=True
    )
