"""Settings of alerts: who is told about what after a night, and a test that is sent at once."""

from typing import Any

import dash_mantine_components as dmc
import tomlkit
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from tomlkit import TOMLDocument

from dashboard.changes import last_change, outputs, page_of, register_undo, saver
from dashboard.components import panel
from dashboard.language import ENGLISH, LANGUAGES, N_, _
from dashboard.people import VISITOR
from dashboard.settings import Administration, SettingsFile
from dashboard.wording import in_sentence, listed

PATH, TITLE = "/settings/alerts", N_("Alerts")
RULES = {  # section of the file → what it tells of
    "wave": N_("A wave of abuse"),
    "crowd": N_("One text behind most flagged comments, or a campaign of new authors"),
    "toxicity": N_("A category far above an account's usual share"),
    "unfinished": N_("A night that did not finish"),
    "refused": N_("Accounts that could not be collected"),
    "quality": N_("Failed checks of a night's data"),
    "budget": N_("Spending close to the budget"),
    "drift": N_("Scores, languages, lengths or volume unlike the four weeks before"),
}
NUMBERS: dict[tuple[str, str], tuple[str, float]] = {  # of a rule → label, step
    ("wave", "least_flagged"): (N_("Least flagged comments"), 1),
    ("crowd", "least_flagged"): (N_("Flagged comments, at least"), 1),
    ("crowd", "from_share"): (N_("From this share of them"), 0.05),
    ("toxicity", "deviations"): (N_("Deviations from the usual share"), 0.5),
    ("toxicity", "least_comments"): (N_("Least comments"), 1),
    ("budget", "from_share"): (N_("From this share of the budget"), 0.05),
    ("drift", "least_comments"): (N_("Least comments"), 1),
}
HOURS = [f"{hour:02}:00" for hour in range(24)]


def layout(file: SettingsFile, administration: Administration) -> Component:
    return page_of(
        PATH, TITLE, file, lambda: _("After each night, one message with all that is new, the worst first."),
        lambda: _body(file, administration),
    )  # fmt: skip


def register(app: Dash, file: SettingsFile, administration: Administration) -> None:
    save = saver(file, lambda: _body(file, administration))
    version = State(f"{file.key}-version", "data")

    @app.callback(
        *outputs(file), Input("save-recipients", "n_clicks"), State("emails", "value"), State("alert-root", "value"),
        State("quiet-from", "value"), State("quiet-to", "value"), State("alert-language", "value"), version,
        prevent_initial_call=True,
    )  # fmt: skip
    def recipients(
        clicks: int | None, emails: list[str], root: str | None, start: str | None, end: str | None, language: str,
        version: str,
    ) -> tuple[str, Any]:  # fmt: skip
        if not clicks:  # new buttons trigger too
            raise PreventUpdate
        if wrong := [one for one in emails if "@" not in one]:
            return _("{address} is no e-mail address.", address=wrong[0]), no_update
        if bool(start) != bool(end):
            return _("Quiet hours need a beginning and an end."), no_update

        def change(document: TOMLDocument) -> None:
            send = _section(document, "send")
            _set(send, "email", emails)
            _set(send, "dashboard", (root or "").strip() or None)
            _set(send, "quiet", [start, end] if start else None)
            _set(send, "language", None if language == ENGLISH else language)

        did = _("set recipients to {recipients}", recipients=listed(emails)) if emails else _("took all recipients out")
        return save(version, did, change)

    @app.callback(
        *outputs(file), Input("save-rules", "n_clicks"), State({"rule": ALL}, "checked"),
        State({"number": ALL}, "value"), version, prevent_initial_call=True,
    )  # fmt: skip
    def rules(clicks: int | None, checked: list[bool], numbers: list[Any], version: str) -> tuple[str, Any]:
        if not clicks:
            raise PreventUpdate
        wanted = dict(zip(RULES, checked, strict=True))
        values = dict(zip(NUMBERS, numbers, strict=True))

        def change(document: TOMLDocument) -> None:
            for rule, is_on in wanted.items():
                if not is_on:
                    document.pop(rule, None)
            for rule in (rule for rule, is_on in wanted.items() if is_on):
                section = _section(document, rule)
                for (of, name), value in values.items():
                    if of == rule and value not in (None, ""):
                        _set(section, name, _number(value))

        off = [in_sentence(_(RULES[rule])) for rule, is_on in wanted.items() if not is_on]
        did = _("set the rules, without {rules}", rules=listed(off)) if off else _("set the rules")
        return save(version, did, change)

    @app.callback(Output("test-answer", "children"), Input("send-test", "n_clicks"), prevent_initial_call=True)
    def send_test(clicks: int | None) -> str:
        if not clicks or not VISITOR.get().may("settings"):
            raise PreventUpdate
        return administration.send_test()

    register_undo(app, file, lambda: _body(file, administration))


def _section(document: TOMLDocument, name: str) -> Any:
    if name not in document:
        document[name] = tomlkit.table()
    return document[name]


def _set(section: Any, name: str, value: Any) -> None:
    """Leaves what is the same as it is, with its comment."""
    if value is None:
        section.pop(name, None)
    elif section.get(name) != value:
        section[name] = value


def _number(value: Any) -> int | float:
    number = round(float(value), 2)
    return int(number) if number.is_integer() else number


def _body(file: SettingsFile, administration: Administration) -> list[Component]:
    document: Any = file.content()
    recipients = _recipients_panel(document.get("send", {}), administration.channels())
    return [*last_change(file), recipients, _test_panel(), _rules_panel(document)]


def _recipients_panel(send: Any, channels: str) -> Component:
    start, end = (f"{one!s:.5}" for one in send["quiet"]) if "quiet" in send else (None, None)
    return panel(
        _("Who is told"), channels,
        html.Div([
            dmc.TagsInput(id="emails", label=_("E-mail addresses"), value=list(send.get("email", [])), size="sm",
                          w="100%",
                          placeholder=_("Press Enter after each")),
            dmc.TextInput(id="alert-root", label=_("Address of this dashboard, for links"), size="sm", w=280,
                          value=str(send.get("dashboard", ""))),
            dmc.Select(id="alert-language", label=_("Language"), value=str(send.get("language", ENGLISH)), size="sm",
                       w=140, data=[{"value": code, "label": name} for code, name in LANGUAGES.items()],
                       allowDeselect=False),
            dmc.Select(id="quiet-from", label=_("Quiet from (UTC)"), data=HOURS, value=start, clearable=True, size="sm",
                       w=140),
            dmc.Select(id="quiet-to", label=_("until"), data=HOURS, value=end, clearable=True, size="sm", w=140),
        ], className="form"),
        html.Div(html.Button(_("Save"), id="save-recipients"), className="actions"),
    )  # fmt: skip


def _test_panel() -> Component:
    return panel(
        _("Try it"), _("Sends one message to everybody, marked as a test."),
        html.Div(html.Button(_("Send a test"), id="send-test"), className="actions"),
        dcc.Loading(html.P(id="test-answer", role="status"), delay_show=400),
    )  # fmt: skip


def _rules_panel(document: Any) -> Component:
    rules = [
        html.Div([
            dmc.Switch(id={"rule": rule}, label=_(text), checked=rule in document, size="sm"),
            html.Div([
                dmc.NumberInput(
                    id={"number": f"{rule} {name}"}, label=_(label), step=step, min=step, decimalScale=2, size="xs",
                    w=230,
                    value=document.get(rule, {}).get(name, ""), placeholder=_("As usual"),
                )
                for (of, name), (label, step) in NUMBERS.items() if of == rule
            ], className="form"),
        ], className="rule")
        for rule, text in RULES.items()
    ]  # fmt: skip
    return panel(
        _("What is told"), _("Rules that are switched off find nothing."), *rules,
        html.Div(html.Button(_("Save"), id="save-rules"), className="actions"), wide=True,
    )  # fmt: skip
