"""One comment section: its trend and events, when, where, in which language and by whom."""

from dataclasses import replace

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import figures
from dashboard.components import (
    LANGUAGES,
    all_categories,
    chart,
    day,
    link,
    note,
    page,
    panel,
    percent,
    pick_account,
    pick_label,
    pick_period,
    pick_zone,
    points,
    shown,
    table,
)
from dashboard.figures import COLOURS, named
from dashboard.view import PERIODS, Answers, Row, View

TITLE = "Account"


def layout(answers: Answers, view: View) -> Component:
    accounts = answers.accounts()
    if view.account is None and accounts:
        view = replace(view, account=accounts[0])
    if view.account is None or view.account not in accounts:
        there_are = f"There are: {', '.join(accounts)}." if accounts else ""
        return note(f"No account {view.account or ''} has scored comments. {there_are}", "Unknown account")
    trend = answers.trend(view)
    waves = answers.waves(view, trend)
    posted = answers.rows("posted", view, first=trend[0]["day"]) if trend else []
    weekdays, languages = answers.rows("weekdays", view), answers.rows("languages", view)
    return page(
        view.account,
        _sentence(answers, view),
        [pick_account(view, {one: one for one in accounts}), pick_period(view), pick_label(view), pick_zone(view)],
        chart(
            f"Comments that are {named(view.label)}, by day",
            "Expected share with its 95 % interval; the period is shaded, triangles are posts.",
            figures.trend(trend, view.label, [(wave["day"], "wave") for wave in waves], view.first, posted),
            [row for row in trend if row["label"] == view.label],
            "No comments were posted on these days.",
            wide=True,
        ),
        chart(
            "When", f"Share by weekday and hour ({view.zone}).", figures.weekdays(weekdays, view.label, view.zone),
            weekdays,
            "No comments in this period.",
        ),
        chart(
            "In which language", "Share with its 95 % interval, most used first; models know English best.",
            figures.bars(
                [LANGUAGES.get(row["language"], str(row["language"])) for row in languages],
                [row["share"] for row in languages], [row["margin"] for row in languages], COLOURS[view.label],
            ),
            languages, "No language has five comments in this period.",
        ),
        *_peers(answers, view),
        *_terms(answers, view),
        _posts(answers, view),
        _authors(answers, view),
        all_categories(trend),
    )  # fmt: skip


def _sentence(answers: Answers, view: View) -> Component:
    now = {row["label"]: row for row in answers.rows("change", view)}.get(view.label)
    if not now:
        return html.Span(f"No comments were posted in the {PERIODS[view.days]} to {day(view.last)}.")
    change = "" if now["change"] is None else f", {points(now['change'])} against the period before"
    return html.Span([
        f"{percent(now['share'])} of {now['comments']:,} comments in the {PERIODS[view.days]} to {day(view.last)} are "
        f"expected to be {named(view.label)}{change}; {now['flagged']:,} are flagged. ",
        link("Read them", "/comments", view.search(flag=view.label)),
    ])  # fmt: skip


def _peers(answers: Answers, view: View) -> list[Component]:
    """Where it stands among the accounts that share a tag with it, if there are any."""
    tags = {tag: accounts for tag, accounts in answers.tags().items() if view.account in accounts and len(accounts) > 1}
    peers = {peer for accounts in tags.values() for peer in accounts}
    rows = [row for row in answers.rows("ranking", view) if row["account"] in peers]
    rows.sort(key=lambda row: -row["share"])
    if not rows:
        return []
    bars = figures.bars(
        [row["account"] for row in rows],
        [row["share"] for row in rows],
        [row["margin"] for row in rows],
        [COLOURS[view.label] if row["account"] == view.account else figures.INK for row in rows],
    )
    numbers = [{name: row[name] for name in ("account", "comments", "share", "margin", "change")} for row in rows]
    said = f"Accounts tagged {', '.join(tags)}: share with its 95 % interval."
    return [chart("Beside its peers", said, bars, numbers, "", wide=True)]


def _terms(answers: Answers, view: View) -> list[Component]:
    """What is being said; abuse is blurred as everywhere."""
    rows = answers.rows("terms", view)
    driving = [
        {"said": _term(row, view), "comments": row["comments"], "toxic": percent(row["toxic_share"]),
         "adds": f"+{row['excess']:.1f}"}
        for row in sorted(rows, key=lambda row: -row["excess"]) if row["drives"]
    ]  # fmt: skip
    rising = [
        {"said": _term(row, view), "of 1,000": round(row["now"]), "before": round(row["before"])}
        for row in rows
        if row["rises"]
    ]
    return [
        panel(
            "What drives it", "Words and phrases that go with toxicity, and how many toxic comments they add.",
            table(driving) if driving else html.P("No word stands out in this period.", className="empty"),
        ),
        panel(
            "What rose", "Words and phrases in more of 1,000 comments than in the period before, beyond chance.",
            table(rising) if rising else html.P("Nothing is said more often than before.", className="empty"),
        ),
    ]  # fmt: skip


def _term(row: Row, view: View) -> Component:
    is_abuse = row["is_listed"] or row["toxic_share"] > 0.5
    words = html.Span(row["term"], className="hidden-text" if is_abuse else "")
    return dcc.Link(words, href="/comments" + view.search(words=row["term"]))


def _posts(answers: Answers, view: View) -> Component:
    rows = [
        {
            "day": row["day"],
            "post": html.A(shown(row["caption"] or row["url"]), href=row["url"], target="_blank", rel="noreferrer"),
            "toxic": percent(row["toxic_share"]),
            "captured": row["captured"],
            "seen": "–" if row["coverage"] is None else f"{row['coverage']:.0%}",
        }
        for row in answers.rows("posts", view)
    ]
    body = table(rows) if rows else html.P("No post of this period has ten scored comments.", className="empty")
    return panel("Worst posts", "Posts of the period that draw the largest share of toxic comments.", body)


def _authors(answers: Answers, view: View) -> Component:
    rows = [
        row | {"author": link(row["author"], "/comments", view.search(words=f"@{row['author']}"))}
        for row in answers.rows("authors", view)
    ]
    body = table(rows) if rows else html.P("Nobody wrote toxic comments more than once.", className="empty")
    return panel("Again and again", "Authors of several toxic comments, by pseudonym; nobody is named.", body)
