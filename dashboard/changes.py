"""What pages of settings share: the links between them, what was changed last, and Undo."""

from collections.abc import Callable, Sequence
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from tomlkit import TOMLDocument

from dashboard.components import link, note, page
from dashboard.language import N_, _
from dashboard.settings import SettingsError, SettingsFile

Change = Callable[[TOMLDocument], None]
Save = Callable[[str, str, Change], tuple[str, Any]]  # version, what is done, doing it → answer, page below it
PAGES = {
    "/settings": N_("Accounts and budget"),
    "/settings/clients": N_("Clients"),
    "/settings/nights": N_("Nights and retention"),
    "/settings/flags": N_("Flags"),
    "/settings/words": N_("Own words"),
    "/settings/alerts": N_("Alerts"),
    "/settings/people": N_("People and keys"),
    "/settings/models": N_("Models"),
    "/settings/start": N_("First steps"),
}


def settings_page(path: str, title: str, sentence: str, *parts: Component) -> Component:
    """A page below Settings, with links to the others."""
    others = [link(_(name), address) for address, name in PAGES.items() if address != path]
    return page(_(title), sentence, [], html.Div(others, className="wide others"), *parts)


def page_of(
    path: str, title: str, file: SettingsFile, sentence: Callable[[], str], body: Callable[[], Any]
) -> Component:
    """A page that changes a file; a sentence instead where the file can't be read or has a mistake."""
    try:
        return settings_page(
            path, title, sentence(),
            html.Div(id=f"{file.key}-answer", className="wide answer", role="alert"),
            html.Div(body(), id=f"{file.key}-body", className="page-part"),
        )  # fmt: skip
    except SettingsError as error:
        return note(str(error), _("Settings can't be changed here now"))


def outputs(file: SettingsFile) -> tuple[Output, Output]:
    """What a callback answers, and the page below it."""
    return (
        Output(f"{file.key}-answer", "children", allow_duplicate=True),
        Output(f"{file.key}-body", "children", allow_duplicate=True),
    )


def last_change(file: SettingsFile) -> Sequence[Component]:
    """With a button that takes it back."""
    last = file.last_change()
    text = (
        _("Last change: {person} {change}, {time} UTC.", time=last[0], person=last[1], change=last[2])
        if last
        else _(
            "Changes here are written to the file that the command line reads ({file}); its comments stay.",
            file=file.name,
        )
    )
    button = html.Button(_("Undo"), id=f"{file.key}-undo", hidden=last is None)
    return [
        dcc.Store(id=f"{file.key}-version", data=file.version()),
        html.Div([html.P(text, className="note"), button], className="bar actions"),
    ]


def saver(
    file: SettingsFile,
    body: Callable[[], Any],
    then: Callable[[], str] = lambda: "",
    finish: Change = lambda _: None,
) -> Save:
    """Saves changes of a file, each completed by `finish`; `then` does what has to follow, and says so."""

    def save(version: str, did: str, change: Change) -> tuple[str, Any]:
        try:
            with file.changed(version, did) as document:
                change(document)
                finish(document)
        except SettingsError as error:
            return str(error), no_update
        saved = _("Saved: {change}.", change=did)
        return f"{saved} {then()}".strip(), body()

    return save


def register_removal(
    app: Dash, file: SettingsFile, button: str, section: str, save: Save, did: Callable[[Any], str]
) -> None:
    """Buttons with the id {button: number} remove an entry of a section; `did` says so."""

    @app.callback(
        *outputs(file), Input({button: ALL}, "n_clicks"), State(f"{file.key}-version", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def remove(clicks: list[int | None], version: str) -> tuple[str, Any]:
        if not any(clicks):  # new buttons trigger too
            raise PreventUpdate
        number = ctx.triggered_id[button]
        try:
            gone = file.content().unwrap().get(section, [])[number : number + 1]
        except SettingsError as error:
            return str(error), no_update

        def change(document: TOMLDocument) -> None:
            del document[section][number]

        return save(version, "".join(map(did, gone)), change)


def register_undo(app: Dash, file: SettingsFile, body: Callable[[], Any], then: Callable[[], str] = lambda: "") -> None:
    """`then` does what has to follow a change, and says so."""

    @app.callback(*outputs(file), Input(f"{file.key}-undo", "n_clicks"), prevent_initial_call=True)
    def undo(clicks: int | None) -> tuple[str, Any]:
        if not clicks:  # new buttons trigger too
            raise PreventUpdate
        try:
            undone = file.undo()
        except SettingsError as error:
            return str(error), no_update
        taken_back = _("Taken back: {change}.", change=undone)
        return f"{taken_back} {then()}".strip(), body()
