"""Crowds: texts that many share, campaigns among them, new authors, and who attacks whom."""

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import figures, network
from dashboard.charts import behind, chart, explained, opens
from dashboard.components import link, page, panel, table
from dashboard.controls import pick_account, pick_label, pick_period
from dashboard.language import N_, _, ngettext, number
from dashboard.pages import author
from dashboard.people import VISITOR
from dashboard.view import Answers, Row, View
from dashboard.wording import label_name, moment, period_phrase, shown, some_of

PATH, TITLE = "/crowds", N_("Crowds")
MOST_GROUPS, MOST_ATTACKS, MOST_NODES = 12, 500, 60
LONGEST_TEXT = 40  # characters of a text that a table shows


def layout(answers: Answers, view: View) -> Component:
    groups = answers.rows("crowds", view, limit=MOST_GROUPS)
    return page(
        _(TITLE),
        _sentence(groups, view),
        [pick_account(view, answers.places(), _("All accounts")), *pick_period(view), pick_label(view)],
        _groups(groups, view),
        _pile_ons(answers.rows("pile_ons", view, limit=MOST_GROUPS), view),
        *_together(answers.rows("together", view, limit=MOST_GROUPS), view),
        _newcomers(answers.rows("newcomers", view), view),
        _attacks(answers.rows("attacks", view, limit=MOST_ATTACKS), view),
    )


def register(app: Dash, answers: Answers) -> None:
    @app.callback(
        Output("network", "data"), Input("gexf", "n_clicks"), State("url", "search"), prevent_initial_call=True
    )
    def download(clicks: int | None, search: str) -> dict[str, str]:
        if not clicks:
            raise PreventUpdate
        edges = answers.rows("attacks", View.read(search, answers.newest()), limit=MOST_ATTACKS)
        return {"content": network.gexf(edges), "filename": "who-attacks-whom.gexf", "type": "application/xml"}


def _sentence(groups: list[Row], view: View) -> str:
    campaigns = [row for row in groups if row["is_campaign"]]
    when = period_phrase(view.days, view.last)
    if not campaigns:
        return _("No text looks like a campaign {period}.", period=when)
    accounts = sorted({account for row in campaigns for account in row["accounts"]})
    return ngettext(
        "{number} text looks like a campaign {period}, on {accounts}.",
        "{number} texts look like a campaign {period}, on {accounts}.",
        len(campaigns), period=when, accounts=some_of(accounts),
    )  # fmt: skip


def _groups(groups: list[Row], view: View) -> Component:
    rows = [
        {
            _("Text"): _text(row["text"], view, row["copy"]),
            _("Comments"): row["comments"],
            _("Authors"): row["authors"],
            _("New (usually)"): f"{number(row['new_authors'])} ({number(row['usual_new'], ',.0f')})",
            _("Came for it"): f"≥ {number(row['came'], '.0%')}" if row["is_campaign"] else "–",
            _("On"): some_of(row["accounts"], 1),
            _("First (UTC)"): moment(row["first_at"]),
            _("Last (UTC)"): moment(row["last_at"]),
            _("Flagged"): number(row["flagged"]) + _explained(row),
        }
        for row in groups
    ]
    empty = html.P(_("No three comments of this period share a text."), className="empty")
    return panel(
        _("Shared texts"),
        _("Comments that share a text, apart from small changes. New authors had written nothing to the account in the "
        "four weeks before; in brackets, how many would be new if they were like that day's others. A text of 24 "
        "letters or more with far more of them is a campaign: at least that share of its authors came for it, at 95%. "
        "A giveaway that asks newcomers for a sentence looks the same."),
        table(rows) if rows else empty, explained(), wide=True,
    )  # fmt: skip


def _explained(row: Row) -> str:
    """What they explain of all that is flagged, and of waves of abuse."""
    known = []
    if row["of_flagged"]:
        known.append(_("{share} of all", share=number(row["of_flagged"], ".0%")))
    if row["of_waves"]:
        known.append(_("{share} of the waves", share=number(row["of_waves"], ".0%")))
    return f" ({', '.join(known)})" if known else ""


def _text(text: str, view: View, copy: str) -> Component | str:
    if not VISITOR.get().may("texts"):
        return copy
    short = shown(text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…")
    return dcc.Link(html.Span(short, className="hidden-text"), href=behind(view, words=f"~{copy}"))


def _pile_ons(rows: list[Row], view: View) -> Component:
    shown = [
        {
            _("At (pseudonym)"): _author(row["target"], view),
            _("On"): row["account"],
            _("Flagged replies"): number(row["flagged"]),
            _("Authors"): number(row["authors"]),
            _("All replies"): number(row["replies"]),
            _("First (UTC)"): moment(row["first_at"]),
            _("Last (UTC)"): moment(row["last_at"]),
            _("Thread"): opens(_("Open"), view, comment=f"{row['day']}/{row['comment_id']}"),
        }
        for row in rows
    ]
    empty = html.P(_("No comment of this period was answered by three people with flagged replies."), className="empty")
    return panel(
        _("Pile-ons"),
        _("Comments with the most flagged replies ({category}) by three or more people. A reply that begins with "
          "another name is directed at that person and not counted.", category=label_name(view.label)),
        table(shown) if shown else empty, wide=True,
    )  # fmt: skip


def _author(pseudonym: str, view: View) -> Component | str:
    reads = VISITOR.get().may("texts")
    return link(pseudonym, author.PATH, author.search(view, pseudonym)) if reads else pseudonym


def _together(rows: list[Row], view: View) -> list[Component]:
    if not rows:
        return []
    shared = [
        {
            _("Text"): _text(row["text"], view, row["copy"]),
            _("Other text"): _text(row["other_text"], view, row["other"]),
            _("Authors of both"): row["authors"],
        }
        for row in rows
    ]
    note = _("A fifth or more of a campaign's authors share another text as well.")
    return [panel(_("Who appears together"), note, table(shared), wide=True)]


def _newcomers(rows: list[Row], view: View) -> Component:
    bursts = [row["day"] for row in rows if row["is_burst"]]
    note = _("Authors whose first comment on the account, after four weeks without one, is at most a week old; "
             "grey are "
             "the others. When collecting begins, all are new.")  # fmt: skip
    if bursts:
        note += " " + ngettext("Marked: more than usual, on {number} day.",
                               "Marked: more than usual, on {number} days.",
                               len(bursts))  # fmt: skip
    return chart(
        _("New authors, by day"),
        note,
        figures.newcomers(rows, view.first, view.last), rows, _("No comments in this period."), wide=True,
    )  # fmt: skip


def _attacks(edges: list[Row], view: View) -> Component:
    """The picture has the most attacked and their attackers; the files have all that were asked for."""
    note = _("Flagged comments ({category}), from their authors to whom they answer or name, or else to the account. A "
             "line is as wide as its comments are toxic; a circle as large as what hits it. Squares are accounts.",
             category=label_name(view.label))  # fmt: skip
    if not edges:
        return chart(_("Who attacks whom"), note, {}, [], _("No comment is flagged in this period."), wide=True)
    names = [node.name for node in network.nodes(edges)][:MOST_NODES]
    drawn = [row for row in edges if row["author"] in names and row["target"] in names]
    figure = figures.network(network.nodes(drawn), drawn, network.places(names, drawn), _address(view))
    picture = chart(_("Who attacks whom"), note, figure, edges, "", wide=True)
    picture.children.append(html.Div([html.Button(_("Download GEXF"), id="gexf"), dcc.Download(id="network")],
                                     className="actions"))  # fmt: skip
    return picture


def _address(view: View) -> figures.Address:
    def address(row: Row) -> str | None:
        if row["is_account"]:
            return f"/account{view.search(account=row['name'])}"
        return author.PATH + author.search(view, row["name"]) if VISITOR.get().may("texts") else None

    return address
