"""Review: moderators judge comments one by one, by keyboard. Their decisions measure the flags and train models."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.charts import as_csv
from dashboard.components import meters, note, page, panel, place, tile, tiles
from dashboard.controls import pick_account, pick_flag, pick_period
from dashboard.language import N_, _, ngettext, number
from dashboard.people import VISITOR
from dashboard.view import Answers, Row, View
from dashboard.wording import comments, label_title
from models.labels import LABELS
from warehouse.cases import Cases
from warehouse.reviews import Reviews

TITLE = N_("Review")
ACTIONS = {  # action → key, caption
    "agree": ("a", N_("Agree with flags")),
    "harmless": ("h", N_("Harmless")),
    "save": ("Enter", N_("Save ticked categories")),
    "skip": ("s", N_("Skip")),
    "undo": ("u", N_("Undo")),
}
KEYS = """() => {
    if (!window.hasReviewKeys) document.addEventListener('keydown', event => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.target.closest('input[type=text], textarea')) return;
        const ticks = document.querySelectorAll('#ticks input');
        const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`) || ticks[Number(event.key) - 1];
        if (target) { event.preventDefault(); target.click(); }
    });
    window.hasReviewKeys = true;
    return window.dash_clientside.no_update;
}"""


def layout(answers: Answers, view: View, reviews: Reviews, cases: Cases) -> Component:
    return page(
        _(TITLE),
        _("The most severe comments come first, among those the least certain. Press 1 to 6 to tick a category. "
          "{share} are drawn at random, whatever their score: they say what the flags miss. One in five is reviewed by "
          "two people.", share=number(reviews.audited(), ".0%")),
        [
            pick_account(view, answers.places(), _("All accounts")),
            *pick_period(view),
            pick_flag(view),
        ],
        html.Div([
            html.P(_time_to_answer(answers, view, cases), className="note"),
            dmc.Button(_("Export decisions"), id="export-decisions", variant="default", size="xs"),
            dcc.Download(id="decisions"),
        ], className="bar"),
        html.Div(_next(answers, view, reviews), id="review", className="review", role="status"),
        dcc.Store(id="review-keys"),
    )  # fmt: skip


def register(app: Dash, answers: Answers, reviews: Reviews, cases: Cases, write_down: Callable[[str], None]) -> None:
    @app.callback(
        Output("review", "children"), Input({"review": ALL}, "n_clicks"), State("reviewed", "data"),
        State("ticked", "value"), State("url", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def act(
        _clicks: list[int | None], reviewed: dict[str, str], ticked: list[str] | None, search: str
    ) -> list[Component]:
        if not VISITOR.get().may("review"):
            raise PreventUpdate
        view, action, who = View.read(search, answers.newest()), ctx.triggered_id["review"], VISITOR.get().name
        if action == "undo":
            undone = reviews.undo(who)
            write_down(f"undid the review of {undone}")
            return _card(answers, view, reviews, undone or reviewed["id"])
        if action == "skip":
            for one in (reviewed["id"], *_same(answers, view, reviewed["id"])):
                reviews.skip(one, who)
        else:
            decide(answers, view, reviews, write_down, action, reviewed["id"], reviewed["day"], ticked)
        return _next(answers, view, reviews)

    @app.callback(
        Output("decisions", "data"), Input("export-decisions", "n_clicks"), State("url", "search"),
        prevent_initial_call=True,
    )  # fmt: skip
    def export(clicks: int | None, search: str) -> dict[str, str]:
        if not clicks or not VISITOR.get().may("review"):
            raise PreventUpdate
        rows = decisions(answers, View.read(search, answers.newest()), cases)
        write_down(f"exported {len(rows):,} decisions")
        return {"content": as_csv(rows), "filename": "decisions.csv", "type": "text/csv"}

    app.clientside_callback(KEYS, Output("review-keys", "data"), Input("review", "children"))


def decide(
    answers: Answers, view: View, reviews: Reviews, write_down: Callable[[str], None], action: str, comment_id: str,
    day: str, ticked: list[str] | None = None,
) -> list[str] | None:  # fmt: skip
    """Records the visitor's decision on a comment and on those that equal it; None if it is gone."""
    row = answers.comment(comment_id, day)
    if not row:
        return None
    labels: list[str] = {"agree": row["flags"], "harmless": [], "save": _known(ticked)}[action]
    same = _same(answers, view, comment_id)
    reviews.record(comment_id, VISITOR.get().name, labels, row["flags"], row["model"], row["policy"], also=same)
    write_down(f"reviewed {comment_id} as {', '.join(labels) or 'harmless'}")
    return labels


def decisions(answers: Answers, view: View, cases: Cases) -> list[Row]:
    """What people decided and did about comments of the period, one row for each comment and reviewer."""
    made = cases.decisions()
    known = {row["comment_id"]: row
             for row in answers.comments_between([one.comment_id for one in made], view.first, view.last)}  # fmt: skip
    found = ((known[one.comment_id], one) for one in made if one.comment_id in known)
    return [
        {name: row[name] for name in ("comment_id", "posted_at", "account", "text", "severity", "link")}
        | {name: value for name, value in vars(one).items() if name != "comment_id"}
        for row, one in found
        if view.account is None or row["account"] in answers.chosen(view)
    ]


def _time_to_answer(answers: Answers, view: View, cases: Cases) -> str:
    hours, count = cases.hours_to_answer(answers.chosen(view), view.first, view.last)
    if hours is None:
        return _(
            "Time to answer: open a comment of this period in Comments to say that it was hidden, deleted or answered."
        )
    figures = {"number": number(hours if hours < 48 else hours / 24, ".1f"), "comments": comments(count)}
    if hours < 48:
        return _("Time to answer: {number} hours from comment to action, the median of {comments} of this period.",
                 **figures)  # fmt: skip
    return _(
        "Time to answer: {number} days from comment to action, the median of {comments} of this period.", **figures
    )


def _same(answers: Answers, view: View, comment_id: str) -> list[str]:
    return [row["comment_id"] for row in answers.rows("same_text", view, id=comment_id)]


def _known(ticked: list[str] | None) -> list[str]:
    return [label for label in LABELS if label in (ticked or [])]


def _next(answers: Answers, view: View, reviews: Reviews) -> list[Component]:
    who = VISITOR.get().name
    done = reviews.hidden_from(who)
    waiting = answers.rows("queue", view, done=done)
    drawn = answers.rows("audit_queue", view, done=done) if reviews.is_turn_of_audit(who) or not waiting else []
    if drawn:
        left = waiting[0]["waiting"] if waiting else 0
        return _card(answers, view, reviews, drawn[0]["comment_id"], drawn[0]["day"], left, is_drawn=True)
    if not waiting:
        return [
            _tally(reviews, 0),
            note(_("You've reviewed everything in this period."), _("All done")),
            html.Div(_button("undo"), className="actions"),
            dcc.Store(id="reviewed", data={"id": ""}),
            dmc.CheckboxGroup(id="ticked", children=[]),
        ]
    first = waiting[0]
    return _card(answers, view, reviews, first["comment_id"], first["day"], first["waiting"], first["times"])


def _card(
    answers: Answers, view: View, reviews: Reviews, comment_id: str, posted_on: date | None = None,
    waiting: int | None = None, times: int = 1, is_drawn: bool = False,
) -> list[Component]:  # fmt: skip
    """A comment to decide on. For one of the random audit, people are not told what the model says."""
    row = answers.comment(comment_id, posted_on)
    if not row:
        return _next(answers, view, reviews)
    reviews.claim(comment_id, VISITOR.get().name)
    context = (
        [html.P([_("In reply to:"), " ", html.Span(row["parent_text"])], className="note")]
        if row["parent_text"]
        else []
    )
    choices = [
        dmc.Checkbox(label=html.Span([label_title(label), html.Kbd(str(key))]), value=label, size="xs")
        for key, label in enumerate(LABELS, 1)
    ]
    ticks = dmc.CheckboxGroup(
        dmc.Group(choices, id="ticks"),
        id="ticked",
        value=[] if is_drawn else row["flags"],
        label=_("Categories"),
        my="md",
    )
    return [
        _tally(reviews, waiting),
        panel(
            f"{row['platform']}/{row['account']}", place(row, view), *context,
            *([html.P(_posted(times), className="note")] if times > 1 else []),
            html.P(row["text"], className="line"),
            html.P(_("Drawn at random: decide without the model's scores."), className="note") if is_drawn
            else html.Div(meters([row[label] for label in LABELS]), className="result"),
            ticks, html.Div([_button(action) for action in ACTIONS if action != "agree" or not is_drawn],
                            className="actions"),
            dcc.Store(id="reviewed", data={"id": comment_id, "day": str(row["day"])}), wide=True,
        ),
    ]  # fmt: skip


def _posted(times: int) -> str:
    return ngettext("Posted {number} time. Your decision counts for all.",
                    "Posted {number} times. Your decision counts for all.", times)  # fmt: skip


def _button(action: str) -> Component:
    key, caption = ACTIONS[action]
    return html.Button([_(caption), html.Kbd(key)], id={"review": action}, **cast(Any, {"data-key": key}))


def _tally(reviews: Reviews, waiting: int | None) -> Component:
    tally = reviews.tally(VISITOR.get().name)
    right = number(tally.right / tally.flagged, ".0%") if tally.flagged else "–"
    agreement = "–" if tally.kappa is None else number(tally.kappa, ".2f")
    twice = _("Cohen's kappa; {comments} reviewed twice", comments=comments(tally.pairs))
    return tiles(
        tile(_("To review"), "–" if waiting is None else number(waiting), _("in this period")),
        tile(_("Reviewed today"), number(tally.today), _("by you")),
        tile(_("Correct flags"), right, _("of {number} reviewed", number=number(tally.flagged))),
        tile(_("Reviewer agreement"), agreement, twice),
    )
