"""The trend of one category by day, and what people wrote on it: "derby", "campaign start"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import figures
from dashboard.charts import behind_day, behind_volume, chart
from dashboard.components import labelled
from dashboard.language import _
from dashboard.people import VISITOR
from dashboard.view import FIRST_DAY, Answers, Row, View
from dashboard.wording import compared_with, day_month, full_date, label_plural
from warehouse.reviews import Annotation, Reviews

LONGEST = 60  # characters of an annotation


def panel(answers: Answers, view: View, reviews: Reviews | None = None) -> Component:
    """Of the view's account, or of all; without `reviews` for a file that nobody can write on."""
    trend = answers.trend(view)
    rows = [row for row in trend if row["label"] == view.label]
    is_of_one = view.account is not None and view.tag is None
    waves = [
        (row["day"], _("wave") if is_of_one else _("wave: {account}", account=row["account"]))
        for row in (answers.waves(view) if view.label == "toxic" else [])
    ]
    posted = answers.rows("posted", view, first=trend[0]["day"]) if trend and is_of_one else []
    written = _written(answers, view, reviews, rows[0]["day"]) if reviews and rows else []
    events = [(one.day, one.text if is_of_one or not one.account else f"{one.text} ({one.account})")
              for one in written]  # fmt: skip
    note = [
        _("Estimated share of comments, with 95% interval."),
        _("The selected period is shaded; bars are comments."),
        *([_("The dotted line is {period}.", period=compared_with(view))] if view.compared else []),
        *([_("Triangles are posts.")] if is_of_one else []),
    ]
    drawn = chart(
        _("{category}, by day", category=label_plural(view.label)),
        " ".join(note),
        figures.trend(
            rows, view.label, waves, view.first,
            [row | {"address": "/post" + view.search(post=row["post_id"])} for row in posted],
            behind_day(view), events, _laid_over(answers, view), behind_volume(view),
        ),
        rows, _("No comments in this period."), wide=True,
    )  # fmt: skip
    if reviews and rows and _may_write(answers, view):
        drawn.children.append(_pen(written, [row["day"] for row in rows]))
    return html.Div([drawn], id="trend", className="wide")


def _laid_over(answers: Answers, view: View) -> list[Row]:
    """The period that is compared with, on the days of the view's own."""
    return [] if view.compared is None else moved(answers, view.compared, view.first)


def moved(answers: Answers, view: View, first: date) -> list[Row]:
    """The daily shares of a period, moved so that it begins on another day; `of` is the day itself."""
    days = first - view.first
    rows = answers.daily(view)
    return [row | {"day": row["day"] + days, "of": row["day"]} for row in rows if row["label"] == view.label]


def register(app: Dash, answers: Answers, reviews: Reviews, write_down: Callable[[str], None]) -> None:
    @app.callback(
        Output("trend", "children"), Input("annotate", "n_clicks"), Input({"annotation": ALL}, "n_clicks"),
        State("annotated-day", "value"), State("annotation", "value"), State("url", "pathname"),
        State("url", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def write(
        added: int | None, removed: list[int | None], day: str | None, text: str | None, path: str, search: str
    ) -> list[Component]:
        view = shown(answers, View.read(search, answers.newest()), path == "/")
        if not _may_write(answers, view) or not (added or any(removed)):
            raise PreventUpdate
        if ctx.triggered_id != "annotate":
            removable = {one.id: one for one in _written(answers, view, reviews, FIRST_DAY)}
            if gone := removable.get(ctx.triggered_id["annotation"]):
                reviews.remove_annotation(gone.id)
                write_down(f"removed the annotation of {gone.day}: {gone.text}")
        elif day and text and text.strip():
            reviews.annotate(date.fromisoformat(day), view.account or "", text.strip()[:LONGEST], VISITOR.get().name)
            write_down(f"annotated {day}: {text.strip()[:LONGEST]}")
        drawn: list[Component] = panel(answers, view, reviews).children
        return drawn


def shown(answers: Answers, view: View, is_of_all: bool) -> View:
    """The view of a page with a trend: of many accounts, or of one, the first unless it names another."""
    if is_of_all:
        return view.of_client()
    accounts = answers.accounts()
    return replace(view, account=accounts[0]) if view.account is None and accounts else view


def _may_write(answers: Answers, view: View) -> bool:
    visitor = VISITOR.get()
    return visitor.may("review") and (view.account in answers.accounts() if view.account else visitor.sees_all)


def _written(answers: Answers, view: View, reviews: Reviews, first: date) -> list[Annotation]:
    """Whoever sees an account sees what is written on it; what is written on all is for those who see all."""
    own = {*answers.chosen(view), *([""] if VISITOR.get().sees_all else [])}
    return [one for one in reviews.annotations(first, view.last) if one.account in own]


def _pen(written: list[Annotation], days: list[date]) -> Component:
    rows = [
        html.Li([
            _("{day}: {text}, by {person}", day=day_month(one.day), person=one.person,
              text=f"{one.text} ({one.account})" if one.account else one.text),
            " ",
            labelled(html.Button, _("Remove {name}", name=one.text), _("Remove"), id={"annotation": one.id}),
        ])
        for one in written
    ]  # fmt: skip
    choices = [{"value": str(day), "label": full_date(day)} for day in reversed(days)]
    return html.Details([
        html.Summary(_("Write on the chart")),
        html.Ul(rows),
        html.Div([
            dmc.Select(id="annotated-day", label=_("Day"), value=str(days[-1]), size="sm", w=190, searchable=True,
                       data=choices),
            dmc.TextInput(id="annotation", label=_("What happened"), size="sm", w=240,
                          inputProps={"maxLength": LONGEST}),
            html.Button(_("Write"), id="annotate"),
        ], className="actions"),
    ], className="numbers")  # fmt: skip
