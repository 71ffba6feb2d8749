"""What changed, on which accounts, and whether last night's data is complete."""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import figures, trend
from dashboard.charts import all_categories, attacked, behind, explained, languages, opens, severities, spam
from dashboard.components import link, page, panel, table, tile, tiles
from dashboard.controls import in_language, pick, pick_comparison, pick_label, pick_period
from dashboard.language import N_, _, number
from dashboard.view import SORTS, TAG, Answers, Row, View
from dashboard.wording import (
    change_from,
    compared_with,
    day_month,
    label_share,
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

TITLE = N_("Overview")
FEW_ACCOUNTS = 6  # are seen at a glance
MOST_RANKED = 25  # accounts, before somebody asks for all


def layout(answers: Answers, view: View) -> Component:
    panels = [*upper(answers, view), *lower(answers, view)]
    return page(_(TITLE), sentence(answers, view), controls(answers, view), *panels)


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
    return [pick("account", _("Client"), view.account if view.tag else None, clients, _("All accounts"))]


def upper(answers: Answers, view: View, reviews: Reviews | None = None) -> list[Component]:
    view = view.of_client()
    change = {row["label"]: row for row in answers.changes(view)}
    return [
        tiles(*(_tile(change[label], view) for label in LABELS if label in change)),
        html.Div(explained(), className="wide"),
        trend.panel(answers, view, reviews),
        severities(answers.rows("severities", view), view),
    ]


def lower(answers: Answers, view: View) -> list[Component]:
    asked, view = view, view.of_client()
    if not answers.chosen(view):
        return []
    return [
        _ranking(answers.ranking(view), asked),
        *attacked(answers.rows("attacked", view), view),
        spam(answers.rows("spam", view), view),
        languages(answers, view),
        all_categories(answers.trend(view), view),
        *([] if view.tag else _last_night(answers, view)),
    ]


def _sentence(now: Row | None, ranking: Sequence[Row], view: View) -> str:
    if not now:
        return _("No comments {period}.", period=period_phrase(view.days, view.last))
    found = _("{period}, {share}", period=period_phrase(view.days, view.last), share=label_share(view.label, now))
    if now["change"] is None:
        return f"{sentence_case(found)}. {_nothing_before(view)}"
    sentences = [_("{share}, {change}.", share=sentence_case(found), change=_how(now, view))]
    if view.compared:
        return sentences[0]
    changed = [row for row in ranking if row["is_significant"]]
    if changed:
        top = changed[0]
        most = _("{account} changed most: {change} to {share}.", account=top["account"],
                 change=up_or_down(top["change"]), share=percent(top["share"]))  # fmt: skip
        sentences.append(most)
    elif now["change_margin"] is not None:
        sentences.append(_("No account changed significantly."))
    return " ".join(sentences)


def _nothing_before(view: View) -> str:
    if view.compared is None:
        return _("There is no earlier period to compare with.")
    return _("There are no comments from {period} to compare with.", period=compared_with(view))


def _how(now: Row, view: View) -> str:
    """How the share changed."""
    period = compared_with(view)
    if view.compared:
        return change_from(now["change"], view)
    change = _("{change} from {period}", change=up_or_down(now["change"]), period=period)
    if now["change_margin"] is None:
        return _("{change}; too few days to tell if it is chance", change=change)
    return change if now["is_significant"] else _("about the same as {period}", period=period)


def _tile(row: Row, view: View) -> Component:
    name, share, address = label_title(row["label"]), percent(row["share"]), behind(view, flag=row["label"])
    if row["change"] is None:
        return tile(name, share, _("no earlier period") if view.compared is None else _("not there then"), href=address)
    mood = "" if not row["is_significant"] else "worse" if row["change"] > 0 else "better"
    change = points(row["change"])
    if view.compared:
        return tile(name, share, change, href=address)
    if row["change_margin"] is None:
        return tile(name, share, _("{change}, too few days to tell", change=change), href=address)
    return tile(name, share, f"{change} ± {number(100 * row['change_margin'], '.1f')}", mood, address)


def _ranking(ranking: Sequence[Row], asked: View) -> Component:
    view, found = asked.of_client(), _sorted(ranking, asked)
    first = found if asked.ranking else found[:MOST_RANKED]
    rows = [
        {
            "account": link(row["account"], "/account", view.search(account=row["account"])),
            "daily": html.Img(
                src=figures.sparkline(row["daily_shares"], COLOURS[view.label]), className="spark",
                alt=_("{number} days", number=len(row["daily_shares"])),
            ),
            "share": share(row),
            "change": points(row["change"]),
            "significant": _how_sure(row),
            "comments": opens(number(row["comments"]), view, account=row["account"]),
            "flagged": opens(number(row["flagged"]), view, account=row["account"], flag=view.label),
            "coverage": "–" if row["coverage"] is None else number(row["coverage"], ".0%"),
        }
        for row in first
    ]  # fmt: skip
    headings = {"account": _("Account"), "daily": _("By day"), "share": label_title(view.label),
                "change": _("Change"), "significant": _("Significant?"), "comments": _("Comments"),
                "flagged": _("Flagged"),
                "coverage": _("Coverage")}  # fmt: skip
    if view.compared:
        del headings["significant"]
    note = _("Change is from {period}. Coverage: share of the platform's comment count that we collected.",
             period=compared_with(view))  # fmt: skip
    empty = _("No account has comments in this period.")
    if asked.find:
        empty = _("No account's name contains “{words}”.", words=asked.find)
    body = table(rows, headings) if rows else html.P(empty, className="empty")
    return panel(
        _("Accounts"), note, *_order(ranking, asked), body, *_more(found, first, asked), explained(), wide=True
    )


def _more(found: Sequence[Row], first: Sequence[Row], asked: View) -> list[Component]:
    if len(first) == len(found):
        return []
    text = _("Show all {number} accounts", number=number(len(found)))
    return [html.P(link(text, "/", asked.search(ranking="all")), className="numbers")]


def _order(ranking: Sequence[Row], asked: View) -> list[Component]:
    """Controls to sort and search, where there is something to search."""
    if len(ranking) < FEW_ACCOUNTS:
        return []
    search = dmc.TextInput(id={"control": "find"}, label=_("Find an account"), value=asked.find or "", debounce=500,
                           size="sm", w=190)  # fmt: skip
    return [html.Div([pick("sort", _("Sort by"), asked.sort, in_language(SORTS)), search], className="controls")]


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
        return _("Too few comments")
    if row["change_margin"] is None:
        return _("Too few days")
    return _("Yes") if row["is_significant"] else ""


def _last_night(answers: Answers, view: View) -> list[Component]:
    """Nothing for visitors who see only some accounts: these sums are over all of them."""
    nights = answers.rows("night", view)
    if not nights:
        return []
    night = nights[0]
    summary = {
        _("Collected"): shown(night["comments_read"]),
        _("Accepted"): shown(night["comments_kept"]),
        _("Scored (new or edited)"): shown(night["comments_scored"]),
        _("Seconds"): number(night["seconds"], ",.0f"),
        _("Cost (USD)"): number(night["cost_usd"] or 0, ".2f"),
        _("Collection errors"): f"{night['ingest_errors'] or 0}",
        _("Failed checks"): f"{night['quality_warnings'] or 0}",
    }
    body = table([summary], {name: name for name in summary}), link(_("All nights and checks"), "/quality")
    title = _("Last night: {day}", day=day_month(night["night"]))
    return [panel(title, _("Comments, time and cost of the last nightly run."), *body, wide=True)]
