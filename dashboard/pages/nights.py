"""Settings of nights: when Airflow starts one, what pictures it fetches, and how long what it collected is kept."""

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from tomlkit import TOMLDocument

from dashboard.changes import last_change, outputs, page_of, register_undo, saver
from dashboard.components import panel
from dashboard.language import N_, _, number
from dashboard.pages.watched import section_of, write_in
from dashboard.settings import SettingsError, SettingsFile
from dashboard.wording import listed
from models.pictures import is_installed

PATH, TITLE = "/settings/nights", N_("Nights and retention")
STARTS_AT = "02:00"  # where the file says nothing
MINUTES = 10  # for fetching pictures, where the file says nothing
HOURS = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]
LIMITS = {  # of [keep] → what is deleted, and in sentences
    "raw_days": (N_("Raw data from Apify"), N_("raw data {number} days"), N_("raw data older than {number} days")),
    "text_days": (N_("Comment texts"), N_("texts {number} days"), N_("texts older than {number} days")),
    "author_days": (N_("Pseudonyms of authors"), N_("pseudonyms {number} days"),
                    N_("pseudonyms older than {number} days")),
}  # fmt: skip


def layout(file: SettingsFile) -> Component:
    return page_of(
        PATH,
        TITLE,
        file,
        lambda: _("When a night starts, what pictures it fetches, and how long what it collected is kept."),
        lambda: _body(file),
    )


def register(app: Dash, file: SettingsFile) -> None:
    save, version = saver(file, lambda: _body(file)), State(f"{file.key}-version", "data")

    @app.callback(
        *outputs(file), Input("save-start", "n_clicks"), State("starts-at", "value"), version,
        prevent_initial_call=True,
    )  # fmt: skip
    def start(clicks: int | None, at: str, version: str) -> tuple[str, Any]:
        if not clicks:  # new buttons trigger too
            raise PreventUpdate

        def change(document: TOMLDocument) -> None:
            write_in(section_of(document, "night"), {"starts_at": at})

        return save(version, _("set the start of a night to {time} UTC", time=at), change)

    @app.callback(
        *outputs(file), Input("save-pictures", "n_clicks"), State("megabytes", "value"), State("minutes", "value"),
        version, prevent_initial_call=True,
    )  # fmt: skip
    def fetch(clicks: int | None, megabytes: Any, minutes: Any, version: str) -> tuple[str, Any]:
        if not clicks:
            raise PreventUpdate
        wanted = {"megabytes": megabytes or 0, "minutes": minutes or MINUTES}
        try:
            now = _budget_of_pictures(file.content())
        except SettingsError as error:
            return str(error), no_update
        changed = {name: value for name, value in wanted.items() if value != now[name]}
        if not changed:
            return _("Nothing has changed."), no_update
        return save(version, _of_pictures(wanted), lambda document: write_in(section_of(document, "pictures"), changed))

    @app.callback(
        *outputs(file), Input("save-limits", "n_clicks"), *(State(f"keep-{name}", "value") for name in LIMITS),
        State("keep-versions", "value"), version, prevent_initial_call=True,
    )  # fmt: skip
    def keep(clicks: int | None, *sent: Any) -> tuple[str, Any]:
        if not clicks:
            raise PreventUpdate
        *days, versions, version = sent
        wanted = {
            name: int(number) if number else None
            for name, number in zip((*LIMITS, "versions"), (*days, versions), strict=True)
        }

        def change(document: TOMLDocument) -> None:
            section = section_of(document, "keep")
            write_in(section, {name: value for name, value in wanted.items() if value != section.get(name)})

        return save(version, _sentence(wanted), change)

    @app.callback(Output("pictures-effect", "children"), Input("megabytes", "value"), Input("minutes", "value"))
    def preview_pictures(megabytes: Any, minutes: Any) -> str:
        return _effect_of_pictures({"megabytes": megabytes or 0, "minutes": minutes or MINUTES})

    @app.callback(
        Output("limits-effect", "children"), *(Input(f"keep-{name}", "value") for name in LIMITS)
    )  # fmt: skip
    def preview(*days: Any) -> Any:
        return _effect(dict(zip(LIMITS, days, strict=True)))

    register_undo(app, file, lambda: _body(file), lambda: _("What has been deleted meanwhile stays deleted."))


def _budget_of_pictures(document: Any) -> dict[str, Any]:
    return {"megabytes": 0, "minutes": MINUTES, **document.unwrap().get("pictures", {})}


def _of_pictures(budget: dict[str, Any]) -> str:
    if not budget["megabytes"]:
        return _("set no pictures to be fetched")
    return _("set pictures to {megabytes} MB and {minutes} minutes a night", megabytes=number(budget["megabytes"]),
             minutes=number(budget["minutes"], "g"))  # fmt: skip


def _effect_of_pictures(budget: dict[str, Any]) -> str:
    """What the next night will fetch."""
    if not budget["megabytes"]:
        return _("No picture is fetched.")
    effect = _("Every night fetches at most {megabytes} MB of pictures, for at most {minutes} minutes.",
               megabytes=number(budget["megabytes"]), minutes=number(budget["minutes"], "g"))  # fmt: skip
    if is_installed():
        return effect
    missing = _("On this machine what reads them is not installed; nights that run here go on without them.")
    return f"{effect} {missing}"


def _sentence(wanted: dict[str, int | None]) -> str:
    """ "set what is kept to raw data 90 days", the rest for ever"""
    limits = [_(limit, number=number(days)) for key, (_title, limit, _older) in LIMITS.items() if (days := wanted[key])]
    if not limits:
        return _("set everything to be kept for ever")
    return _("set what is kept to {limits}", limits=", ".join(limits))


def _effect(limits: dict[str, Any]) -> str:
    """What the next night will delete."""
    limited = [_(LIMITS[key][2], number=number(int(days))) for key, days in limits.items() if days]
    if not limited:
        return _("Nothing is deleted. Scores and counts are kept for ever in any case.")
    return _("Every night deletes {what}, for good. Scores and counts are kept.", what=listed(limited))


def _body(file: SettingsFile) -> list[Component]:
    document: Any = file.content()
    keep = document.get("keep", {})
    days = {name: keep.get(name) for name in LIMITS}
    pictures = _budget_of_pictures(document)
    return [
        *last_change(file),
        panel(
            _("Start of a night"),
            _("In UTC. The night collects the day before. Airflow follows within a minute; a timer of your own "
              "does not."),
            html.Div(dmc.Select(id="starts-at", label=_("Starts at (UTC)"), size="sm", w=160, data=HOURS,
                                searchable=True,
                                value=str(document.get("night", {}).get("starts_at", STARTS_AT)), allowDeselect=False),
                     className="form"),
            html.Div(html.Button(_("Save"), id="save-start"), className="actions"),
        ),
        panel(
            _("Pictures"),
            _("The text on pictures of posts and comments is read and scored. Left empty, none is fetched."),
            html.Div([
                dmc.NumberInput(id="megabytes", label=_("Megabytes per night"), value=pictures["megabytes"] or "",
                                min=0, max=100_000, size="sm", w=170, placeholder=_("None"), allowDecimal=False),
                dmc.NumberInput(id="minutes", label=_("Minutes for fetching"), value=pictures["minutes"], min=1,
                                max=600, size="sm", w=170),
            ], className="form"),
            html.P(_effect_of_pictures(pictures), id="pictures-effect", className="note", role="status"),
            html.Div(html.Button(_("Save"), id="save-pictures"), className="actions"),
        ),
        panel(
            _("Retention"), _("In days. What is left empty is kept for ever."),
            html.Div([
                *(dmc.NumberInput(id=f"keep-{name}", label=_(title), value=days[name] or "", min=1, size="sm", w=170,
                                  placeholder=_("For ever"), allowDecimal=False) for name, (title,
                                      *_sentences) in LIMITS.items()),
                dmc.NumberInput(id="keep-versions", label=_("Versions of the warehouse"), value=keep.get("versions",
                                                                                                         ""),
                                min=2, size="sm", w=190, placeholder=_("As usual"), allowDecimal=False),
            ], className="form"),
            html.P(_effect(days), id="limits-effect", className="note", role="status"),
            html.Div(html.Button(_("Save"), id="save-limits"), className="actions"), wide=True,
        ),
    ]  # fmt: skip
