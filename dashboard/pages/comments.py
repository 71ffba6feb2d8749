"""All comments, filtered, sorted and paged by the warehouse; one of them with its thread."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import dash_mantine_components as dmc
from dash import ALL, MATCH, Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import case, explain, pictures
from dashboard.charts import as_csv
from dashboard.components import grid, labelled, link, meters, page, panel, place
from dashboard.controls import (
    in_language,
    pick,
    pick_account,
    pick_attacked,
    pick_directed,
    pick_flag,
    pick_period,
    pick_spam,
    pick_zone,
)
from dashboard.inbox import HANDED, MOST_URGENT, Inbox
from dashboard.language import N_, _, ngettext, number
from dashboard.pages import review
from dashboard.people import VISITOR
from dashboard.view import HOURS, REVIEWS, WEEKDAYS, Answers, Row, View
from dashboard.wording import (
    ADDRESSEES,
    ATTACKED,
    COMMENT_FACTS,
    SEVERITIES,
    filters_of,
    in_sentence,
    label_count,
    label_name,
    label_plural,
    label_title,
    language_name,
    language_names,
    listed,
    percent,
    score_range,
    sentence_case,
    severity_title,
    weekday,
)
from dashboard.wording import comments as count_of
from models.labels import LABELS
from models.scorer import Scorer
from warehouse.cases import Cases
from warehouse.reviews import Reviews

TITLE = N_("Comments")
SORTABLE = ("posted_at", "account", "language", "likes", *LABELS, "spam")
MOST_EXPORTED = 100_000
MOST_LISTED = 200  # comments of a document
REVEAL = """shown => {
    document.body.classList.toggle('revealed', Boolean(shown));
    const {show, hide} = document.getElementById('reveal-place').dataset;
    return shown ? hide : show;
}"""
MOST_CARDS = 500
WEEKS_SIMILAR = 4  # in which similar comments are looked for, unless the period is longer
CARDS = """(clicks, wanted) => !matchMedia('(max-width: 640px)').matches ? 0
    : clicks.some(Boolean) ? wanted + 20 : wanted || 20"""
SHOW = "() => document.getElementById('thread').scrollIntoView({block: 'nearest', behavior: 'smooth'})"
TIMES = {"function": "params.value + ' ×'"}
TWO_DIGITS = {"function": "localNumber(params.value, {minimumFractionDigits: 2, maximumFractionDigits: 2})"}


def layout(
    answers: Answers, view: View, in_use: Callable[[], Scorer], inbox: Inbox, cases: Cases,
    write_down: Callable[[str], None],
) -> Component:  # fmt: skip
    tells_attacked = answers.tell_attacked()
    in_inbox = {HANDED: _("Handed to you")} | {one: label_plural(one) for one in MOST_URGENT}
    return page(
        _(TITLE),
        _attacked_unknown(view)
        if view.attacked and not tells_attacked
        else _unread_sentence(inbox.comments(view), view)
        if view.inbox
        else _similar_sentence(_count(answers, view), view)
        if view.similar
        else _sentence(_count(answers, view), view),
        [
            pick_account(view, answers.places(), _("All accounts")),
            *pick_period(view),
            pick_flag(view),
            *([pick_attacked(view)] if tells_attacked else []),
            pick_directed(view),
            pick("severity", _("Severity"), view.severity, {one: severity_title(one) for one in SEVERITIES},
                 _("Any severity")),
            pick("language", _("Language"), view.language, language_names(), _("Any language")),
            pick("review", _("Review"), view.review, in_language(REVIEWS), _("Reviewed or not")),
            pick_spam(view),
            dmc.TextInput(id={"control": "words"}, label=_("Text, @author, ~group"), value=view.words or "",
                          debounce=500, size="sm", w=190),
            dmc.TextInput(id={"control": "similar"}, label=_("Similar to"), debounce=500, size="sm", w=190,
                          value="" if view.is_like_a_comment else view.similar or ""),
            *([pick("inbox", _("In your inbox"), view.inbox, in_inbox, _("Or not"))] if view.inbox else []),
            *([pick("score", _("Range of scores"), view.score, {view.score: score_range(view)}, _("Any score"))]
              if view.score else []),
            *([pick("weekday", _("Weekday"), view.weekday, {one: weekday(one) for one in WEEKDAYS}, _("Any weekday"))]
              if view.weekday else []),
            *([pick("hour", _("Hour"), view.hour, HOURS, _("Any hour"))] if view.hour is not None else []),
            pick_zone(view),
        ],
        html.Div([
            html.Div(dmc.Switch(id="reveal", label=_("Show text"), size="sm"), id="reveal-place",
                     **cast(Any, {"data-show": _("Show text"), "data-hide": _("Hide text")})),
            dmc.Button(_("Export CSV"), id="export", variant="default", size="xs"),
            dcc.Download(id="exported"),
        ], className="bar"),
        dcc.Store(id="cards-wanted"),
        html.Div(id="cards", className="cards"),
        _grid(view),
        html.Div(
            _thread(answers, view, in_use(), inbox, cases, write_down) if view.comment else None,
            id="thread",
            role="status",
        ),
    )  # fmt: skip


def listing(answers: Answers, view: View) -> Component:
    """The newest comments that match, for a document."""
    view = replace(view, inbox=None, assignee=None, comment=None)
    rows, count = answers.page_of_comments(view, view.order, MOST_LISTED, 0), _count(answers, view)["comments"]
    found = f"{count_of(count)}: {filters_of(view)}."
    newest = _("The newest {number} are shown.", number=MOST_LISTED)
    return page(
        _(TITLE), f"{found} {newest}" if count > MOST_LISTED else found, [],
        *(html.Article(_quotation(row, view), className="panel card wide") for row in rows),
    )  # fmt: skip


def register(
    app: Dash, answers: Answers, in_use: Callable[[], Scorer], inbox: Inbox, reviews: Reviews, cases: Cases,
    write_down: Callable[[str], None],
) -> None:  # fmt: skip
    @app.callback(Output("comments", "getRowsResponse"), Input("comments", "getRowsRequest"), State("url", "search"))
    def rows(request: dict[str, Any] | None, search: str) -> dict[str, Any]:
        if not request:
            return {"rowData": [], "rowCount": 0}
        view = View.read(search, answers.newest())
        start, end = request["startRow"], request["endRow"]
        page, count = _page(answers, inbox, view, _order(request.get("sortModel"), view), min(end - start, 500), start)
        return {"rowData": [_cells(row, view) for row in page], "rowCount": count}

    @app.callback(Output("cards", "children"), Input("cards-wanted", "data"), State("url", "search"))
    def cards(wanted: int | None, search: str) -> list[Component]:
        if not wanted:
            return []
        view = View.read(search, answers.newest())
        page, count = _page(answers, inbox, view, view.order, min(wanted, MOST_CARDS), 0)
        more = [html.Button(_("Show more"), id={"more": "cards"})] if len(page) < min(count, MOST_CARDS) else []
        return [*(_card(row, view) for row in page), *more]

    @app.callback(
        Output({"judge": "decision", "of": MATCH}, "children"),
        Input({"judge": "agree", "of": MATCH}, "n_clicks"), Input({"judge": "harmless", "of": MATCH}, "n_clicks"),
        State("url", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def judge(agree: int | None, harmless: int | None, search: str) -> str:
        if not VISITOR.get().may("review") or not (agree or harmless):
            raise PreventUpdate
        view, asked = View.read(search, answers.newest()), ctx.triggered_id
        day, _slash, id = asked["of"].partition("/")
        labels = review.decide(answers, view, reviews, write_down, asked["judge"], id, day)
        return _("It is gone.") if labels is None else case.reviewed_as(labels)

    @app.callback(
        Output("thread", "children"),
        Input("comments", "cellClicked"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def open_one(cell: dict[str, Any], search: str) -> Component:
        view = replace(View.read(search, answers.newest()), comment=cell["rowId"])
        return _thread(answers, view, in_use(), inbox, cases, write_down)

    @app.callback(
        Output("exported", "data"), Input("export", "n_clicks"), State("comments", "selectedRows"),
        State("url", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def export(_clicks: int, selected: list[Row] | None, search: str) -> dict[str, Any]:
        if selected:
            rows = answers.comments([row["id"] for row in selected])
        else:
            view = View.read(search, answers.newest())
            rows, _ = _page(answers, inbox, view, view.order, MOST_EXPORTED, 0)
        write_down(f"exported {len(rows):,} comments, {'selected by hand' if selected else _filters(search)}")
        return {"content": as_csv(rows), "filename": "comments.csv", "type": "text/csv"}

    @app.callback(Input("reveal", "checked"), State("url", "search"), prevent_initial_call=True)
    def reveal(is_shown: bool, search: str) -> None:
        if is_shown:
            write_down(f"revealed texts, {_filters(search)}")

    app.clientside_callback(
        CARDS, Output("cards-wanted", "data"), Input({"more": ALL}, "n_clicks"), State("cards-wanted", "data")
    )
    app.clientside_callback(SHOW, Input("thread", "children"), prevent_initial_call=True)
    app.clientside_callback(REVEAL, Output("reveal", "label"), Input("reveal", "checked"))


def _page(
    answers: Answers, inbox: Inbox, view: View, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:  # fmt: skip
    """Some of the comments that match, and how many there are."""
    if view.inbox:
        column, direction, *_ = order.split()
        rows = sorted(inbox.comments(view), key=lambda row: (row[column] is not None, row[column]))
        return rows[:: 1 if direction == "asc" else -1][offset : offset + limit], len(rows)
    count = _count(answers, view)["comments"]
    return answers.page_of_comments(view, order, limit, offset), count


def _count(answers: Answers, view: View) -> Row:
    (count,) = answers.rows("comments_count", view)
    return count


def _attacked_unknown(view: View) -> Component:
    return html.Span([
        _("The model in use does not tell who is attacked."), " ",
        link(_("Clear this filter"), "/comments", view.search(attacked=None)),
    ])  # fmt: skip


def _unread_sentence(rows: list[Row], view: View) -> Component:
    if not rows:
        return html.Span([_("You have seen them all."), " ", link(_("Back to your inbox"), "/")])
    copies = sum(row["times"] for row in rows) - len(rows)
    if view.inbox == HANDED:
        unread = _("{comments} handed to you", comments=count_of(len(rows)))
    else:
        unread = _("{comments} unread", comments=label_count(str(view.inbox), len(rows)))
    if copies:
        unread = ngettext(
            "{comments}, and {number} copy of them", "{comments}, and {number} copies of them", copies, comments=unread
        )
    return html.Span(_("{comments}. Opening one marks it as seen.", comments=unread))


def _sentence(answer: Row, view: View) -> Component:
    count, scored = answer["comments"], answer["scored"]
    if count:
        matches = ngettext("{number} comment matches", "{number} comments match", count)
        if scored is not None and scored != count:
            matches = _("{matches}, {number} of them scored", matches=matches, number=number(scored))
        return html.Span([
            f"{matches}. ",
            html.Span(_("Text is blurred: point at it to read, click to open the thread."), className="of-mouse"),
            html.Span(_("Text is blurred: tap it to read."), className="of-thumb"),
        ])  # fmt: skip
    return html.Span(
        [
            _("No comments match."),
            " ",
            link(_("Clear filters"), "/comments", View(last=view.last, newest=view.newest).search()),
        ]
    )


def _similar_sentence(answer: Row, view: View) -> Component:
    count, text = answer["comments"], _("this comment") if view.is_like_a_comment else f"“{view.similar}”"
    if count:
        sentence = ngettext(
            "{number} flagged comment is similar to {text}.",
            "{number} flagged comments are similar to {text}, closest first.",
            count,
            text=text,
        )
    else:
        sentence = _("No flagged comment is similar to {text}.", text=text)
    return html.Span([sentence, " ", link(_("Clear this filter"), "/comments", view.search(similar=None))])


def _filters(search: str) -> str:
    return search.lstrip("?") or "without a filter"


def _order(sort: list[dict[str, str]] | None, view: View) -> str:
    """The grid's sort order as SQL; only known columns and directions get in."""
    for wanted in sort or []:
        if wanted.get("colId") in SORTABLE and wanted.get("sort") in ("asc", "desc"):
            return f"{wanted['colId']} {wanted['sort']} NULLS LAST"
    return view.order


def _cells(row: Row, view: View) -> Row:
    id = f"{row['posted_at']:%Y-%m-%d}/{row['comment_id']}"
    severity = _(SEVERITIES[row["severity"]]) if row["severity"] else None
    return row | {"id": id, "posted_at": view.time(row["posted_at"]), "severity": severity}


def _card(row: Row, view: View) -> Component:
    """A comment for a thumb."""
    id = f"{row['posted_at']:%Y-%m-%d}/{row['comment_id']}"
    open_it = link(_("Open"), "/comments", view.search(comment=id))
    return html.Article(
        [*_quotation(row, view), html.Div([open_it, *_judging(id)], className="actions")], className="panel card"
    )


def _quotation(row: Row, view: View) -> list[Component]:
    """What was written, where and when."""
    times = row.get("times", 1)
    is_flagged = row["severity"] not in (None, "none")
    severity = (
        [html.Span(_(SEVERITIES[row["severity"]]), className=f"severity {row['severity']}")] if is_flagged else []
    )
    copies = " · " + ngettext("posted {number} time", "posted {number} times", times) if times > 1 else ""
    return [
        html.Div([*severity, f" {row['account']} · ", html.Span(view.time(row["posted_at"]), className="time"), copies],
                 className="note"),
        html.P(row["text"], className="hidden-text line", tabIndex=0),
    ]  # fmt: skip


def _judging(id: str) -> list[Component]:
    """Buttons for those who review."""
    if not VISITOR.get().may("review"):
        return []
    buttons = [
        html.Button(caption, id={"judge": action, "of": id})
        for action, caption in (("agree", _("Agree")), ("harmless", _("Harmless")))
    ]
    return [*buttons, labelled(html.Span, _("Decision"), id={"judge": "decision", "of": id}, role="status")]


def _thread(
    answers: Answers, view: View, model: Scorer, inbox: Inbox, cases: Cases, write_down: Callable[[str], None]
) -> Component:
    """One comment, with what it replies to, the other replies to that, and its own replies."""
    write_down(f"read {view.comment}")
    posted_on, _slash, id = str(view.comment).partition("/")
    row = answers.comment(id, posted_on)
    if row is None:
        return panel(_("Comment"), _("Comment not found. It may have been erased."))
    inbox.see(row, view)
    scores = [row[label] for label in LABELS]
    text = explain.marked(model, row["text"], row["language"], scores) if row["toxic"] is not None else [row["text"]]
    thread = answers.thread(row)
    replies = [one for one in thread if one["part"] == "reply"]
    flags = _("Flagged as {categories}.", categories=_names(row["flags"])) if row["flags"] else _("Not flagged.")
    flags += _own_words(answers.rows("own_words", view, id=id, day=posted_on))
    review = "" if row["reviewed_as"] is None else f" {case.reviewed_as(row['reviewed_as'])}"
    return panel(
        f"{row['platform']}/{row['account']}", place(row, view),
        *_parent(row, thread, view),
        html.P(text, className="line"),
        *_pictures(row, answers, view),
        html.P(flags + _attacks(row, model) + _directed(row) + _spam(row) + review, className="note"),
        *_details(row),
        *(meters(scores) if row["toxic"] is not None else []),
        html.P(_replies(replies[0]["of_part"] if replies else 0), className="note"),
        _in_order(replies, row, view),
        *_siblings(thread, row, view),
        html.Div(case.panel(row, answers, view, inbox, cases), id="case-body", className="case"),
        link(_("Link to this comment"), "/comments", view.search()),
        " · ",
        link(_("Similar comments"), "/comments", _similar_to_it(view)),
    )  # fmt: skip


def _similar_to_it(view: View) -> str:
    """On all accounts, in some weeks at least."""
    wide = replace(view.unfiltered(), account=None, days=max(view.days, WEEKS_SIMILAR * 7))
    return wide.search(similar=view.comment)


def _parent(row: Row, thread: list[Row], view: View) -> list[Component]:
    if row["parent_id"] is None:
        return []
    parent = next((one for one in thread if one["part"] == "parent"), None)
    if parent is None:
        return [html.P(_("In reply to a comment that was erased or never collected."), className="note")]
    answered = [_("In reply to:"), " ", parent["text"], " ", link(_("Open"), "/comments", _address(parent, view))]
    return [html.P(answered, className="note line")]


def _siblings(thread: list[Row], row: Row, view: View) -> list[Component]:
    """All replies to what this comment replies to, itself among them."""
    siblings = [one for one in thread if one["part"] == "sibling"]
    place = next((one["place"] for one in siblings if one["comment_id"] == row["comment_id"]), 1)
    if len(siblings) < 2:
        return []
    said = _("Number {place} of {number} replies to the same comment:", place=place, number=siblings[0]["of_part"])
    return [html.P(said, className="note"), _in_order(siblings, row, view)]


def _in_order(comments: list[Row], row: Row, view: View) -> Component:
    def line(one: Row) -> Component:
        when = view.time(one["posted_at"])
        if one["comment_id"] == row["comment_id"]:
            return html.Li([html.Strong(when), " ", one["text"]])
        return html.Li([link(when, "/comments", _address(one, view)), " ", one["text"]], title=one["author"])

    lines = [line(one) for one in comments]
    return html.Ol(lines, className="replies", start=str(comments[0]["place"]) if comments else "1")


def _address(one: Row, view: View) -> str:
    return view.search(comment=f"{one['posted_at']:%Y-%m-%d}/{one['comment_id']}")


def _pictures(row: Row, answers: Answers, view: View) -> list[Component]:
    if not row["media"]:
        return []
    of_post = replace(view, post=row["post_id"])
    return pictures.of_comment(answers.rows("pictures", of_post, id=row["comment_id"]))


def _details(row: Row) -> list[Component]:
    """What the source says about the comment besides, and where it stands."""
    facts = ", ".join(_(fact) for name, fact in COMMENT_FACTS.items() if row[name])
    details: list[Any] = [f"{sentence_case(facts)}. "] if facts else []
    if row["link"]:
        details.append(html.A(_("Open the original"), href=row["link"], target="_blank", rel="noreferrer"))
    return [html.P(details, className="note")] if details else []


def _attacks(row: Row, model: Scorer) -> str:
    if row["toxic"] is None and row["language"] not in (None, *model.judged):
        language = language_name(row["language"])
        return " " + _("No scores: the model was not judged in this language ({language}).", language=language)
    if row["attacked"] not in ATTACKED:
        return ""
    return " " + _("Attacks: {whom}.", whom=in_sentence(_(ATTACKED[row["attacked"]])))


def _directed(row: Row) -> str:
    whom = ADDRESSEES[row["directed_at"]]
    return " " + _("Directed at: {whom}.", whom=in_sentence(_(whom)))


def _spam(row: Row) -> str:
    return "" if row["spam"] is None else " " + _("Spam: {share}.", share=percent(row["spam"]))


def _own_words(rows: list[Row]) -> str:
    """ " “unalive” is one of your words and flags threat." """
    return " " + _("Your own words: {words}.", words=listed([_own_word(row) for row in rows])) if rows else ""


def _own_word(row: Row) -> str:
    categories = _("anything") if row["labels"] == sorted(LABELS) else _names(row["labels"])
    if row["flags"]:
        return _("“{word}” flags as {categories}", word=row["word"], categories=categories)
    return _("“{word}” never flags as {categories}", word=row["word"], categories=categories)


def _names(labels: list[str]) -> str:
    return ", ".join(map(label_name, labels))


def _replies(count: int) -> str:
    return ngettext("{number} reply", "{number} replies", count) if count else _("No replies")


def _grid(view: View) -> Component:
    score = {"width": 92, "type": "rightAligned", "valueFormatter": TWO_DIGITS}
    columns = [
        {
            "field": "posted_at",
            "headerName": _("Posted ({zone})", zone=view.zone.rpartition("/")[2].replace("_", " ")),
            "width": 165,
        },
        {"field": "account", "headerName": _("Account"), "width": 225},
        {
            "field": "text",
            "headerName": _("Text"),
            "flex": 1,
            "minWidth": 320,
            "sortable": False,
            "cellClass": "hidden-text",
        },
        *([{"field": "times", "headerName": _("Posted"), "width": 90, "valueFormatter": TIMES}] if view.inbox else []),
        {"field": "severity", "headerName": _("Severity"), "width": 100, "sortable": False},
        {"field": "language", "headerName": _("Language"), "width": 105},
        {"field": "likes", "headerName": _("Likes"), "width": 80, "type": "rightAligned"},
        *({"field": label, "headerName": label_title(label), **score} for label in LABELS),
        {"field": "spam", "headerName": _("Spam"), **score},
    ]
    options = {
        "cacheBlockSize": 100, "maxBlocksInCache": 20, "rowHeight": 34,
        "rowSelection": {"mode": "multiRow", "headerCheckbox": False},
    }  # fmt: skip
    rows = grid(columns, "68vh", options, id="comments", rowModelType="infinite", getRowId="params.data.id")
    return labelled(html.Section, _("Comments"), rows, className="panel wide grid")
