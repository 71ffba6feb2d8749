"""First steps: what a new installation still needs, each a click away; the first night is started and watched here."""

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.changes import settings_page
from dashboard.components import link, panel
from dashboard.language import N_, _, ngettext, number
from dashboard.people import VISITOR, People
from dashboard.retelling import retold
from dashboard.settings import Administration, Progress
from dashboard.view import Answers
from dashboard.wording import full_date
from warehouse import WarehouseError

PATH, TITLE = "/settings/start", N_("First steps")
STAGES = {  # stage → while it runs, once it is done
    "scrape": (N_("Collecting comments"), N_("Collected")),
    "validate": (N_("Checking them"), N_("Checked")),
    "clean": (N_("Preparing texts"), N_("Prepared")),
    "score": (N_("Scoring"), N_("Scored")),
    "publish": (N_("Publishing"), N_("Published")),
    "monitor": (N_("Measuring the night"), N_("Measured")),
}
TICK_SECONDS = 2


def layout(administration: Administration, answers: Answers, people: People) -> Component:
    steps = _steps(administration, answers, people)
    left = sum(not is_done for is_done, *_ in steps)
    sentence = _("All is set up.")
    if left:
        sentence = ngettext("{number} step to go until Toxwatch works on its own.",
                            "{number} steps to go until Toxwatch works on its own.", left)  # fmt: skip
    progress = administration.progress()
    return settings_page(
        PATH, TITLE, sentence,
        html.Ol([_step(*step) for step in steps], className="steps wide"),
        _night_panel(progress),
    )  # fmt: skip


def register(app: Dash, administration: Administration, write_down: Callable[[str], None]) -> None:
    @app.callback(
        Output("night", "children"), Output("night-tick", "disabled"), Input("start-night", "n_clicks"),
        prevent_initial_call=True,
    )  # fmt: skip
    def start(clicks: int | None) -> tuple[list[Component], bool]:
        if not clicks or not VISITOR.get().may("settings"):
            raise PreventUpdate
        administration.start_night()
        progress = administration.progress()
        write_down(f"started the night of {progress.night}")
        return _night(progress), False

    @app.callback(
        Output("night", "children", allow_duplicate=True), Output("night-tick", "disabled", allow_duplicate=True),
        Input("night-tick", "n_intervals"), prevent_initial_call=True,
    )  # fmt: skip
    def tick(_number: int) -> tuple[Any, bool]:
        if not VISITOR.get().may("settings"):
            return no_update, True
        progress = administration.progress()
        return _night(progress), not progress.is_running


def _steps(
    administration: Administration, answers: Answers, people: People
) -> list[tuple[bool, str, str, Component | None]]:
    """Whether each is done, its name, what it is for, and where to do it."""
    try:
        has_night = not answers.are_empty()
    except WarehouseError:
        has_night = False
    token = (administration.has_token(), _("A token"),
             _("Comments are collected by Apify. Whoever runs the server sets its "
             "token as APIFY_TOKEN and restarts Toxwatch."), None)  # fmt: skip
    return [
        *([token] if administration.needs_token() else []),
        (administration.has_accounts(), _("The first account"), _("Paste the link to an account."),
         link(_("Add accounts"), "/settings")),
        (has_night, _("The first night"), _("Every night collects and scores the comments of the day before."), None),
        (administration.is_somebody_told(), _("The first alert"), _("Say who is told, and send a test."),
         link(_("Set up alerts"), "/settings/alerts")),
        (len(people.names()) > 1, _("The first colleague"), _("Invite somebody by a link."),
         link(_("Invite somebody"), "/settings/people")),
    ]  # fmt: skip


def _step(is_done: bool, name: str, text: str, where: Component | None) -> Component:
    return html.Li(
        [html.H2(f"{name} {'✓' if is_done else ''}"), html.P([_("Done.") if is_done else text, " ", where or ""])],
        className="done" if is_done else "",
    )


def _night_panel(progress: Progress) -> Component:
    return panel(
        _("The night of {day}", day=full_date(progress.night)),
        _("It takes some minutes, and goes on if you leave this page."),
        html.Div(_night(progress), id="night", role="status"),
        dcc.Interval(id="night-tick", interval=1000 * TICK_SECONDS, disabled=not progress.is_running),
        wide=True,
    )


def _night(progress: Progress) -> list[Component]:
    lines = [
        html.Li(f"{_(done)}: {number(progress.done[stage])}")
        for stage, (_doing, done) in STAGES.items()
        if stage in progress.done
    ]
    now = next((doing for stage, (doing, _done) in STAGES.items() if stage not in progress.done), None)
    if progress.is_running and now:
        lines.append(html.Li(f"{_(now)} …", className="now"))
    if progress.error:
        lines.append(html.Li(retold(progress.error), className="worse"))
    if now is None:
        lines.append(html.Li([link(_("See what it found"), "/")]))
    can_start = not progress.is_running and now is not None
    return [
        html.Ul(lines, className="log"),
        html.Div(html.Button(_("Start it now"), id="start-night", hidden=not can_start), className="actions"),
    ]
