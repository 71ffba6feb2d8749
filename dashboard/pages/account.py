"""One account: its trend and events, and when, in which languages and by whom toxic comments are written."""

from dataclasses import replace
from textwrap import shorten
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import figures, trend
from dashboard.charts import addressees, all_categories, attacked, behind, chart, languages, severities, spam
from dashboard.components import link, note, page, panel, table
from dashboard.controls import pick_account, pick_comparison, pick_label, pick_period, pick_zone
from dashboard.language import N_, _, ngettext, number
from dashboard.pages import author
from dashboard.people import VISITOR
from dashboard.view import Answers, Row, View
from dashboard.wording import (
    change_from,
    label_name,
    label_share,
    language_name,
    not_judged,
    percent,
    period_phrase,
    previous_period,
    sentence_case,
    shown,
)
from models.training.report import COLOURS, INK
from warehouse.measures import FEW_COMMENTS, USUAL_DAYS
from warehouse.reviews import Reviews

TITLE = N_("Account")
LEAST_SPOKEN, MOST_SPOKEN = 5, 8  # comments of a language, and languages
LONGEST_TYPICAL = 120  # letters of a theme's comment


def layout(answers: Answers, view: View, reviews: Reviews | None = None) -> Component:
    whole = upper(answers, view, reviews)
    whole.children += lower(answers, view)
    return whole


def upper(answers: Answers, view: View, reviews: Reviews | None) -> Component:
    accounts, view = answers.accounts(), trend.shown(answers, view, is_of_all=False)
    if view.account is None or view.account not in accounts:
        if not accounts:
            return note(_("None of these accounts has scored comments yet."), _("No accounts yet"))
        none = _("No account {account} has scored comments. Accounts with scored comments: {accounts}.",
                 account=view.account, accounts=", ".join(accounts))  # fmt: skip
        return note(none, _("Account not found"))
    return page(
        view.account,
        html.Span([_sentence(answers, view), not_judged(answers.rows("judged", view))]),
        [pick_account(view, {name: name for name in accounts}), *pick_period(view), pick_label(view),
         *pick_comparison(view), pick_zone(view)],
        trend.panel(answers, view, reviews),
        severities(answers.rows("severities", view), view),
    )  # fmt: skip


def lower(answers: Answers, view: View) -> list[Component]:
    view = trend.shown(answers, view, is_of_all=False)
    if view.account not in answers.accounts():
        return []
    slow = ("terms", "authors", "posts") if VISITOR.get().may("texts") else ("authors", "posts")
    answers.ask_ahead(view, *slow)
    return [
        _weekdays(answers, view),
        _spoken(answers, view),
        languages(answers, view),
        *attacked(answers.rows("attacked", view), view),
        addressees(answers.rows("addressees", view), view),
        spam(answers.rows("spam", view), view),
        *_peers(answers, view),
        *_terms(answers, view),
        *_themes(answers, view),
        _posts(answers, view),
        _authors(answers, view),
        all_categories(answers.trend(view), view),
    ]


def _weekdays(answers: Answers, view: View) -> Component:
    rows = answers.rows("weekdays", view)
    return chart(
        _("By weekday and hour"),
        _("Estimated share of comments ({zone}). Grey: fewer than {number} comments.", zone=view.zone,
          number=FEW_COMMENTS),
        figures.weekdays(rows, view.label, view.zone, _behind_hour(view)), rows, _("No comments in this period."),
    )  # fmt: skip


def _spoken(answers: Answers, view: View) -> Component:
    found = [row for row in answers.rows("language_labels", view) if row["label"] == view.label]
    rows = [row for row in found if row["comments"] >= LEAST_SPOKEN][:MOST_SPOKEN]
    bars = figures.bars(
        [language_name(row["language"]) for row in rows],
        [row["share"] for row in rows],
        [row["margin"] for row in rows],
        [figures.FEW if row["comments"] < FEW_COMMENTS else COLOURS[view.label] for row in rows],
        [behind(view, flag=view.label, language=row["language"]) for row in rows],
    )
    return chart(
        _("By language"),
        _("Estimated share, with 95% interval; most-used language first. Grey: fewer than {number} comments.",
          number=FEW_COMMENTS),
        bars, rows, _("No language has five or more comments in this period."),
    )  # fmt: skip


def _sentence(answers: Answers, view: View) -> Component:
    now = answers.ranked(view)
    if not now:
        return html.Span(_("No comments {period}.", period=period_phrase(view.days, view.last)))
    found = _("{period}, {share}", period=period_phrase(view.days, view.last), share=label_share(view.label, now))
    if now["change"] is not None:
        found = _("{share}, {change}", share=found, change=change_from(now["change"], view))
    flagged = ngettext("{number} comment was flagged.", "{number} comments were flagged.", now["flagged"])
    address = behind(view, flag=view.label)
    reading: list[Any] = [" ", link(_("Read flagged comments"), address), "."] if address else []
    return html.Span([f"{sentence_case(found)}. {flagged}", *reading])


def _behind_hour(view: View) -> figures.Address:
    flagged = behind(view, flag=view.label)
    return lambda row: flagged and f"{flagged}&weekday={row['weekday']}&hour={row['hour']}"


def _peers(answers: Answers, view: View) -> list[Component]:
    """The account among those that share a tag with it; nothing if there are none."""
    tags = {tag: accounts for tag, accounts in answers.tags().items() if view.account in accounts and len(accounts) > 1}
    peers = {peer for accounts in tags.values() for peer in accounts}
    rows = [row for row in answers.ranking(replace(view, account=None)) if row["account"] in peers]
    rows.sort(key=lambda row: -row["share"])
    if not rows:
        return []
    bars = figures.bars(
        [row["account"] for row in rows],
        [row["share"] for row in rows],
        [row["margin"] for row in rows],
        [COLOURS[view.label] if row["account"] == view.account else INK for row in rows],
        [behind(view, account=row["account"], flag=view.label) for row in rows],
    )
    data = [{name: row[name] for name in ("account", "comments", "share", "margin", "change")} for row in rows]
    note = _("Accounts tagged {tags}: estimated share, with 95% interval.", tags=", ".join(tags))
    return [chart(_("Compared with similar accounts"), note, bars, data, "", wide=True)]


def _terms(answers: Answers, view: View) -> list[Component]:
    """Words and phrases behind the toxicity, and trending ones; abuse is blurred as on every page."""
    if not VISITOR.get().may("texts"):
        return []
    rows = answers.terms(view)
    driving = [
        {_("Term"): _term(row, view), _("Comments"): row["comments"], _("People"): row["people"],
         _("Toxic"): percent(row["toxic_share"]), _("Extra toxic comments"): number(row["excess"], "+.1f")}
        for row in sorted(rows, key=lambda row: -row["excess"]) if row["drives"]
    ]  # fmt: skip
    rising = [
        {
            _("Term"): _term(row, view),
            _("Comments"): row["comments"],
            _("People"): row["people"],
            _("Now"): round(row["now"]),
            _("Before"): round(row["before"]),
        }
        for row in rows
        if row["rises"]
    ]
    return [
        panel(
            _("Words behind the toxicity"),
            _("Terms found in significantly more toxic comments than the account's average would explain."),
            _listed(driving, _("No term stands out in this period.")),
        ),
        panel(
            _("Trending words"),
            _("Used significantly more often than in {period} (per 1,000 comments).",
              period=previous_period(max(view.days, USUAL_DAYS))),
            _listed(rising, _("No term is used significantly more often than before.")),
        ),
    ]  # fmt: skip


def _listed(rows: list[Row], empty: str) -> Component:
    return table(rows, {name: name for name in rows[0]}) if rows else html.P(empty, className="empty")


def _term(row: Row, view: View) -> Component:
    is_abuse = row["is_listed"] or row["toxic_share"] > 0.5
    words = html.Span(row["term"], className="hidden-text" if is_abuse else "")
    address = behind(view, words=row["term"])
    return dcc.Link(words, href=address) if address else words


def _themes(answers: Answers, view: View) -> list[Component]:
    """Flagged comments that mean much the same; nothing for visitors who see no comments."""
    if not VISITOR.get().may("texts"):
        return []
    found = answers.themes(view)
    rows = [
        {
            _("Theme"): html.Span(" · ".join(row["terms"]) or "–", className="hidden-text"),
            _("Typical comment"): dcc.Link(
                html.Span(shorten(row["text"], LONGEST_TYPICAL, placeholder=" …"), className="hidden-text"),
                href=behind(view, similar=row["comment"]),
            ),
            _("Comments"): row["comments"],
            _("Before"): row["before"],
            _("People"): row["people"],
        }
        for row in found
    ]
    note = _(
        "Comments flagged as {category} that say much the same, in any words or language; at least five each. "
        "“Before” is the previous period of the same length. Click a comment to read those like it.",
        category=label_name(view.label),
    )
    if found:
        note += " " + _(
            "{number} of {total} flagged comments are in one of these themes.",
            number=number(sum(row["comments"] for row in found)),
            total=number(found[0]["flagged"]),
        )
    empty = _("Fewer than five flagged comments of this period say the same.")
    return [panel(_("What flagged comments say"), note, _listed(rows, empty), wide=True)]


def _posts(answers: Answers, view: View) -> Component:
    rows = [
        {
            _("Day"): row["day"],
            _("Post"): link(shown(row["caption"] or row["url"]), "/post", view.search(post=row["post_id"])),
            _("Toxic"): percent(row["toxic_share"]),
            _("Comments"): row["comments"],
            _("Coverage"): "–" if row["coverage"] is None else number(row["coverage"], ".0%"),
        }
        for row in answers.rows("posts", view)
    ]
    return panel(
        _("Most toxic posts"),
        _(
            "Posts with the highest share of toxic comments, by what was written in the period. Open one for its first "
            "{number} hours.",
            number=figures.FIRST_HOURS,
        ),
        _listed(rows, _("No post in this period has ten or more scored comments.")),
    )


def _authors(answers: Answers, view: View) -> Component:
    reads = VISITOR.get().may("texts")
    rows = [
        row
        | {"author": link(row["author"], author.PATH, author.search(view, row["author"])) if reads else row["author"]}
        for row in answers.rows("authors", view)
    ]
    headings = {"author": _("Pseudonym"), "comments": _("Comments"), "flagged": _("Flagged"),
                "toxic": _("Toxic (est.)"), "worst": _("Highest score"),
                "last_seen": _("Last comment")}  # fmt: skip
    body = table(rows, headings) if rows else html.P(_("No repeat offenders in this period."), className="empty")
    return panel(
        _("Repeat offenders"), _("Authors of at least two flagged comments in the period, by pseudonym."), body
    )
