"""Review: one comment after another, by keyboard; what people say is where flags are measured and models learn."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.components import (
    meters,
    note,
    page,
    panel,
    pick,
    pick_account,
    pick_period,
    place,
    tile,
    tiles,
)
from dashboard.figures import named
from dashboard.people import VISITOR
from dashboard.view import Answers, View
from models.labels import LABELS
from warehouse.reviews import Reviews

TITLE = "Review"
ACTIONS = {  # what → key, words
    "agree": ("a", "Agree with the flags"),
    "harmless": ("h", "Harmless"),
    "save": ("Enter", "Save what is ticked"),
    "skip": ("s", "Skip"),
    "undo": ("u", "Undo"),
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


def layout(answers: Answers, view: View, reviews: Reviews) -> Component:
    return page(
        TITLE,
        "The most harmful and the most uncertain first. Keys 1 to 6 tick a category; every fifth comment goes to two "
        "people.",
        [
            pick_account(view, answers.places(), "all"),
            pick_period(view),
            pick("flag", "Flagged as", view.flag, {label: named(label) for label in LABELS}, "any or none"),
        ],
        html.Div(_next(answers, view, reviews), id="review", className="review", role="status"),
        dcc.Store(id="review-keys"),
    )  # fmt: skip


def register(app: Dash, answers: Answers, reviews: Reviews, write_down: Callable[[str], None]) -> None:
    @app.callback(
        Output("review", "children"), Input({"review": ALL}, "n_clicks"), State("reviewed", "data"),
        State("ticked", "value"), State("url", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def act(
        _clicks: list[int | None], reviewed: dict[str, str], ticked: list[str] | None, search: str
    ) -> list[Component]:
        if not VISITOR.get().may("review"):
            raise PreventUpdate
        view, what, who = View.read(search, answers.newest()), ctx.triggered_id["review"], VISITOR.get().name
        if what == "undo":
            undone = reviews.undo(who)
            write_down(f"took back the review of {undone}")
            return _card(answers, view, reviews, undone or reviewed["id"])
        if what == "skip":
            reviews.skip(reviewed["id"], who)
        elif row := answers.comment(**reviewed):
            labels = {"agree": row["flags"], "harmless": [], "save": _known(ticked)}[what]
            reviews.record(reviewed["id"], who, labels, *(row[name] for name in ("flags", "model", "policy")))
            write_down(f"reviewed {reviewed['id']} as {', '.join(labels) or 'harmless'}")
        return _next(answers, view, reviews)

    app.clientside_callback(KEYS, Output("review-keys", "data"), Input("review", "children"))


def _known(ticked: list[str] | None) -> list[str]:
    return [label for label in LABELS if label in (ticked or [])]


def _next(answers: Answers, view: View, reviews: Reviews) -> list[Component]:
    waiting = answers.rows("queue", view, done=reviews.hidden_from(VISITOR.get().name))
    if not waiting:
        return [
            _tally(reviews, 0),
            note("Nothing waits for you in this period.", "All done"),
            html.Div(_button("undo"), className="actions"),
            dcc.Store(id="reviewed", data={"id": ""}),
            dmc.CheckboxGroup(id="ticked", children=[]),
        ]
    return _card(answers, view, reviews, waiting[0]["comment_id"], waiting[0]["day"], waiting[0]["waiting"])


def _card(
    answers: Answers, view: View, reviews: Reviews, comment_id: str, posted_on: date | None = None,
    waiting: int | None = None,
) -> list[Component]:  # fmt: skip
    row = answers.comment(comment_id, posted_on)
    if not row:
        return _next(answers, view, reviews)
    reviews.claim(comment_id, VISITOR.get().name)
    context = [html.P(["answers: ", html.Span(row["parent_text"])], className="note")] if row["parent_text"] else []
    choices = [
        dmc.Checkbox(label=html.Span([named(label), html.Kbd(str(key))]), value=label, size="xs")
        for key, label in enumerate(LABELS, 1)
    ]
    ticks = dmc.CheckboxGroup(
        dmc.Group(choices, id="ticks"), id="ticked", value=row["flags"], label="Categories", my="md"
    )
    return [
        _tally(reviews, waiting),
        panel(
            f"{row['platform']}/{row['account']}", place(row, view), *context,
            html.P(row["text"], className="line"),
            html.Div(meters([row[label] for label in LABELS]), className="result"),
            ticks, html.Div([_button(what) for what in ACTIONS], className="actions"),
            dcc.Store(id="reviewed", data={"id": comment_id, "day": str(row["day"])}), wide=True,
        ),
    ]  # fmt: skip


def _button(what: str) -> Component:
    key, said = ACTIONS[what]
    return html.Button([said, html.Kbd(key)], id={"review": what}, **cast(Any, {"data-key": key}))


def _tally(reviews: Reviews, waiting: int | None) -> Component:
    tally = reviews.tally(VISITOR.get().name)
    right = f"{tally.right / tally.flagged:.0%}" if tally.flagged else "–"
    agreement = "–" if tally.kappa is None else f"{tally.kappa:.2f}"
    return tiles(
        tile("waiting", "–" if waiting is None else f"{waiting:,}", "in this period"),
        tile("reviewed today", f"{tally.today:,}", "by you"),
        tile("flags that were right", right, f"of {tally.flagged:,} reviewed"),
        tile("agreement", agreement, f"Cohen's kappa, {tally.pairs:,} comments read by two"),
    )
