"""Crowds: texts that many share, campaigns among them, new authors, and who attacks whom."""

from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import figures, network
from dashboard.charts import behind, chart, explained
from dashboard.components import page, panel, table
from dashboard.controls import pick_account, pick_label, pick_period
from dashboard.pages import author
from dashboard.people import VISITOR
from dashboard.view import Answers, Row, View
from dashboard.wording import LABEL_NOUNS, counted, label_plural, period_phrase, shown, some_of

PATH, TITLE = "/crowds", "Crowds"
MOST_GROUPS, MOST_ATTACKS, MOST_NODES = 12, 500, 60
LONGEST_TEXT = 40  # characters of a text that a table shows


def layout(answers: Answers, view: View) -> Component:
    groups = answers.rows("crowds", view, limit=MOST_GROUPS)
    return page(
        TITLE,
        _sentence(groups, view),
        [pick_account(view, answers.places(), "All accounts"), *pick_period(view), pick_label(view)],
        _groups(groups, view),
        *_together(answers.rows("together", view, limit=MOST_GROUPS), view),
        _newcomers(answers.rows("newcomers", view), view),
        _attacks(answers.rows("attacks", view, limit=MOST_ATTACKS), view),
    )


def _sentence(groups: list[Row], view: View) -> str:
    campaigns = [row for row in groups if row["is_campaign"]]
    when = period_phrase(view.days, view.last)
    if not campaigns:
        return f"No text looks like a campaign {when}."
    accounts = sorted({account for row in campaigns for account in row["accounts"]})
    texts = "1 text looks" if len(campaigns) == 1 else f"{len(campaigns)} texts look"
    return f"{texts} like a campaign {when}, on {some_of(accounts)}."


def _groups(groups: list[Row], view: View) -> Component:
    rows = [
        {
            "Text": _text(row["text"], view, row["copy"]),
            "Comments": row["comments"],
            "Authors": row["authors"],
            "New (usually)": f"{row['new_authors']:,} ({row['usual_new']:,.0f})",
            "Came for it": f"≥ {row['came']:.0%}" if row["is_campaign"] else "–",
            "On": some_of(row["accounts"], 1),
            "First (UTC)": f"{row['first_at']:%d %b %H:%M}",
            "Last (UTC)": f"{row['last_at']:%d %b %H:%M}",
            "Flagged": f"{row['flagged']:,}{_explained(row)}",
        }
        for row in groups
    ]
    empty = html.P("No three comments of this period share a text.", className="empty")
    return panel(
        "Shared texts",
        "Comments that share a text, apart from small changes. New authors had written nothing to the account in the "
        "four weeks before; in brackets, how many would be new if they were like that day's others. A text of 24 "
        "letters or more with far more of them is a campaign: at least that share of its authors came for it, at 95%. "
        "A giveaway that asks newcomers for a sentence looks the same.",
        table(rows) if rows else empty, explained(), wide=True,
    )  # fmt: skip


def _explained(row: Row) -> str:
    """What they explain of all that is flagged, and of waves of abuse."""
    parts = [(row["of_flagged"], "of all"), (row["of_waves"], "of the waves")]
    known = [f"{share:.0%} {of_what}" for share, of_what in parts if share]
    return f" ({', '.join(known)})" if known else ""


def _text(text: str, view: View, copy: str) -> Component | str:
    if not VISITOR.get().may("texts"):
        return copy
    short = shown(text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…")
    return dcc.Link(html.Span(short, className="hidden-text"), href=behind(view, words=f"~{copy}"))


def _together(rows: list[Row], view: View) -> list[Component]:
    if not rows:
        return []
    shared = [
        {
            "Text": _text(row["text"], view, row["copy"]),
            "Other text": _text(row["other_text"], view, row["other"]),
            "Authors of both": row["authors"],
        }
        for row in rows
    ]
    note = "A fifth or more of a campaign's authors share another text as well."
    return [panel("Who appears together", note, table(shared), wide=True)]


def _newcomers(rows: list[Row], view: View) -> Component:
    bursts = [row["day"] for row in rows if row["is_burst"]]
    marked = f" Marked: more than usual, on {counted(len(bursts), 'day')}." if bursts else ""
    return chart(
        "New authors, by day",
        "Authors whose first comment on the account, after four weeks without one, is at most a week old; grey are the "
        f"others. When collecting begins, all are new.{marked}",
        figures.newcomers(rows, view.first, view.last), rows, "No comments in this period.", wide=True,
    )  # fmt: skip


def _attacks(edges: list[Row], view: View) -> Component:
    """The picture has the most attacked and their attackers; the files have all that were asked for."""
    plural = label_plural(view.label)
    note = (
        f"{plural} that are flagged, from their authors to whom they answer or name, or else to the account. A line is "
        "as wide as its comments are toxic; a circle as large as what hits it. Squares are accounts."
    )
    if not edges:
        return chart(
            "Who attacks whom", note, {}, [], f"No flagged {LABEL_NOUNS[view.label][0]} in this period.", wide=True
        )
    names = [node.name for node in network.nodes(edges)][:MOST_NODES]
    drawn = [row for row in edges if row["author"] in names and row["target"] in names]
    figure = figures.network(network.nodes(drawn), drawn, network.places(names, drawn), _address(view))
    picture = chart("Who attacks whom", note, figure, edges, "", wide=True)
    picture.children.append(html.P(html.A(
        "Download GEXF", download="who-attacks-whom.gexf",
        href=f"data:application/xml;charset=utf-8,{quote(network.gexf(edges))}",
    ), className="numbers"))  # fmt: skip
    return picture


def _address(view: View) -> figures.Address:
    def address(row: Row) -> str | None:
        if row["is_account"]:
            return f"/account{view.search(account=row['name'])}"
        return author.PATH + author.search(view, row["name"]) if VISITOR.get().may("texts") else None

    return address
