"""Settings of models: which one scores comments, how those before it were, and the way back to one of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.changes import settings_page
from dashboard.components import note, panel, prose, table
from dashboard.language import N_, _, ngettext, number
from dashboard.pages import quality
from dashboard.people import VISITOR, Change, People
from dashboard.retelling import retold
from dashboard.settings import Models, Switch
from dashboard.view import Row
from dashboard.wording import language_name, listed
from models.card import expected_languages, read_card
from models.labels import ModelError
from models.training.registry import Known

PATH, TITLE = "/settings/models", N_("Models")
CHANGED = "models"  # what changes are remembered by
TICK_SECONDS = 2


def layout(models: Models, people: People) -> Component:
    try:
        return settings_page(
            PATH, TITLE, _sentence(models.card()),
            html.Div(id="models-answer", className="wide answer", role="alert"),
            html.Div(_body(models, people), id="models-body", className="page-part"),
        )  # fmt: skip
    except ModelError as error:
        return note(str(error), _("Settings can't be changed here now"))


def register(app: Dash, models: Models, people: People, reports: Path, write_down: Callable[[str], None]) -> None:
    def switch_to(version: str) -> None:
        models.put_back(version)
        models.start_switch()

    @app.callback(
        Output("models-answer", "children"), Output("models-body", "children"), Input("put-back", "n_clicks"),
        Input("models-undo", "n_clicks"), Input("start-switch", "n_clicks"), State("model-before", "value"),
        State("models-champion", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def change(*sent: Any) -> tuple[str, Any]:
        *_clicks, chosen, opened = sent
        if not ctx.triggered[0]["value"] or not VISITOR.get().may("settings"):  # new buttons trigger too
            raise PreventUpdate
        try:
            champion = _champion(models.known())
            if ctx.triggered_id == "start-switch":
                models.start_switch()
                return "", _body(models, people)
            if champion != opened:
                return _("Another model was put into production since you opened this page. Reload it."), no_update
            if models.switch(champion).is_running:
                return _("A switch is running. Wait until it has ended."), no_update
            if ctx.triggered_id == "models-undo":
                last = _last_change(people, champion)
                if last is None:
                    raise PreventUpdate
                switch_to(last.before)
                people.forget_change(last.id)
                did = _("Taken back: {change}.", change=last.did)
                write_down(f"took back in models: {last.did}")
            elif chosen:
                done = _("put {model} back", model=chosen)
                switch_to(chosen)
                people.remember_change(CHANGED, VISITOR.get().name, done, champion, chosen)
                did = _("Saved: {change}.", change=done)
                write_down(done)
            else:
                return _("Choose a model."), no_update
        except ModelError as error:
            return retold(str(error)), no_update
        return did, _body(models, people)

    @app.callback(
        Output("switch", "children"), Output("switch-tick", "disabled"), Input("switch-tick", "n_intervals"),
        prevent_initial_call=True,
    )  # fmt: skip
    def tick(_number: int) -> tuple[Any, bool]:
        if not VISITOR.get().may("settings"):
            raise PreventUpdate
        return _shown(models)

    @app.callback(Output("model-card", "children"), Input("model", "value"))
    def show(version: str | None) -> Any:
        if not version or not VISITOR.get().may("settings"):
            raise PreventUpdate
        try:
            [folder] = [one.folder for one in models.known() if one.version == version]
            card = read_card(folder)
        except (ModelError, ValueError) as error:
            return html.P(str(error), className="empty")
        return [quality.of_model(card), *quality.evaluation(card, [reports, folder])]


def _sentence(card: dict[str, Any]) -> str:
    languages = sorted(language_name(code) for code in expected_languages(card))
    return _("{model} scores comments in {languages}.", model=card["version"], languages=listed(languages))


def _champion(known: Sequence[Known]) -> str:
    return next(one.version for one in known if one.is_champion)


def _last_change(people: People, champion: str) -> Change | None:
    """None if another model was put into production since, from the command line."""
    last = people.last_change(CHANGED)
    return last if last and last.after == champion else None


def _body(models: Models, people: People) -> list[Component]:
    known, in_use = models.known(), models.card()["version"]
    champion = _champion(known)
    last = _last_change(people, champion)
    before = [one.version for one in known if one.version != champion and (one.promoted or not one.made)]
    rows = [_row(one, in_use) for one in known]
    switch, has_ended = _shown(models)
    return [
        dcc.Store(id="models-champion", data=champion),
        html.Div([
            html.P(prose(_told(last)), className="note"),
            html.Button(_("Undo"), id="models-undo", hidden=last is None),
        ], className="bar actions"),
        panel(
            _("Models"), _("The newest first. A model takes over once it has scored all past comments."),
            table(rows, {name: name for name in rows[0]}),
            html.Div(switch, id="switch", role="status"),
            dcc.Interval(id="switch-tick", interval=1000 * TICK_SECONDS, disabled=has_ended),
            wide=True,
        ),
        panel(
            _("Go back"), _("To a model that was in production before. It first scores the comments that it has not "
                            "read yet; until then, the model in use goes on."),
            html.Div(dmc.Select(id="model-before", label=_("Model"), data=before, size="sm", w=260,
                                value=before[0] if before else None, disabled=not before, allowDeselect=False,
                                placeholder=_("None was in production before")), className="form"),
            html.Div(html.Button(_("Put back"), id="put-back", disabled=not before), className="actions"),
        ),
        html.Div([
            dmc.Select(id="model", label=_("Card and figures of"), data=[one.version for one in known], size="sm",
                       w=260, value=in_use, allowDeselect=False),
        ], className="wide form"),
        html.Div(id="model-card", className="page-part"),
    ]  # fmt: skip


def _told(last: Change | None) -> str:
    if last:
        return _("Last change: {person} {change}, {time} UTC.", time=last.at, person=last.who, change=last.did)
    return _("A new model is made, tested and put into production on the command line: see `toxwatch train`.")


def _row(one: Known, in_use: str) -> Row:
    return {
        _("Model"): one.version,
        _("Trained"): f"{one.made:%Y-%m-%d}" if one.made else _("came with Toxwatch"),
        _("Mean validation AUC"): number(one.validation_auc, ".4f") if one.validation_auc else None,
        _("Passed the comparison with"): one.passed_against or None,
        _("In production since"): f"{one.promoted:%Y-%m-%d}" if one.promoted else None,
        _("Status"): _status(one, in_use),
    }


def _status(one: Known, in_use: str) -> str | None:
    if one.version == in_use:
        return _("In use")
    return _("Takes over next") if one.is_champion else None


def _shown(models: Models) -> tuple[list[Component], bool]:
    """The switch and whether it has ended, which is asked first: a switch that ends in between is drawn once more."""
    has_ended = not models.switch(_champion(models.known())).is_running
    return _switch(models), has_ended


def _switch(models: Models) -> list[Component]:
    """How far the champion is with taking over."""
    champion = _champion(models.known())
    switch = models.switch(champion)
    is_done = champion == models.card()["version"] and not switch.is_running
    lines = [] if is_done else [html.P(_far(champion, switch), className="now" if switch.is_running else "")]
    if switch.error and not switch.is_running:
        lines.append(html.P(retold(switch.error), className="worse"))
    button = html.Button(_("Switch to it now"), id="start-switch", hidden=is_done or switch.is_running)
    return [*lines, html.Div(button, className="actions")]


def _far(champion: str, switch: Switch) -> str:
    far = ngettext("{model} has scored {scored} of {number} night.", "{model} has scored {scored} of {number} nights.",
                   switch.nights, model=champion, scored=number(switch.scored))  # fmt: skip
    return f"{far} …" if switch.is_running else far
