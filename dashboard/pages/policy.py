"""Settings of what is flagged: a slider for each category and for spam, with what it would do, and exceptions."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import dash_mantine_components as dmc
import tomlkit
from dash import ALL, MATCH, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from tomlkit import TOMLDocument

from dashboard.changes import Save, last_change, outputs, page_of, register_removal, register_undo, saver
from dashboard.components import labelled, panel
from dashboard.controls import choice
from dashboard.language import N_, _, number
from dashboard.pages.watched import section_of, write_in
from dashboard.settings import Administration, SettingsError, SettingsFile
from dashboard.view import TAG, Answers, Row, View
from dashboard.wording import (
    SEVERITIES,
    comments,
    label_name,
    label_title,
    language_name,
    language_names,
    listed,
    percent,
    severity_title,
)
from models.labels import LABELS
from warehouse import WarehouseError, measures
from warehouse.policies import SPAM_FROM, nearest_step

PATH, TITLE = "/settings/flags", N_("Flags")
DAYS = 28  # that the preview looks at
STEPS = [step / measures.BINS for step in range(1, measures.BINS)]
SPAM_STEP = 0.01  # as in spam_by_threshold.sql
# The sentence that belongs to where the slider stands.
PREVIEW = "(value, sentences) => sentences[Math.round(value * 100)] || ''"

_choice = partial(choice, w=190, searchable=True)
OfModel = Callable[[], Mapping[str, float]]  # from where the model flags each category


def layout(file: SettingsFile, answers: Answers, of_model: OfModel) -> Component:
    return page_of(
        PATH, TITLE, file,
        lambda: _("From which score a comment is flagged. Further left flags more comments, and more of them wrongly."),
        lambda: _body(file, answers, of_model),
    )  # fmt: skip


def register(
    app: Dash, file: SettingsFile, answers: Answers, of_model: OfModel, administration: Administration
) -> None:
    save = policy_saver(file, administration, lambda: _body(file, answers, of_model))

    @app.callback(
        *outputs(file), Input("save-flags", "n_clicks"), State({"flags": "from", "of": ALL}, "value"),
        State({"flags": "severity", "of": ALL}, "value"), State(f"{file.key}-version", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def set_rules(clicks: int | None, thresholds: list[float], severities: list[str], version: str) -> tuple[str, Any]:
        if not clicks:  # new buttons trigger too
            raise PreventUpdate
        try:
            now = _rules(file.content(), of_model())
        except SettingsError as error:
            return str(error), no_update
        wanted = {
            label: (round(float(threshold), 2), severity)
            for label, threshold, severity in zip(LABELS, thresholds, severities, strict=True)
        }
        changed = {label: rule for label, rule in wanted.items() if rule != now[label]}
        if not changed:
            return _("Nothing has changed."), no_update
        did = _("set {rules}", rules=listed([_change(label, now[label], rule) for label, rule in changed.items()]))

        def change(document: TOMLDocument) -> None:
            for label, (threshold, severity) in changed.items():
                _write(document["default"][label], threshold, severity, of_model()[label])

        return save(version, did, change)

    @app.callback(
        *outputs(file), Input("save-spam", "n_clicks"), State("spam-from", "value"), State("spam-counted", "checked"),
        State(f"{file.key}-version", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def set_spam(clicks: int | None, threshold: float, is_counted: bool, version: str) -> tuple[str, Any]:
        if not clicks:
            raise PreventUpdate
        try:
            now = _spam_rule(file.content())
        except SettingsError as error:
            return str(error), no_update
        wanted = {"from": threshold, "counted": is_counted}
        changed = {name: value for name, value in wanted.items() if value != now[name]}
        if not changed:
            return _("Nothing has changed."), no_update
        return save(
            version, _spam_change(now, changed), lambda document: write_in(section_of(document, "spam"), changed)
        )

    @app.callback(
        *outputs(file), Input("add-exception", "n_clicks"), State("exception-of", "value"),
        State("exception-language", "value"), State("exception-label", "value"), State("exception-from", "value"),
        State("exception-severity", "value"), State(f"{file.key}-version", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def add(
        clicks: int | None, place: str | None, language: str | None, label: str, threshold: str, severity: str,
        version: str,
    ) -> tuple[str, Any]:  # fmt: skip
        if not clicks:
            raise PreventUpdate
        if not place and not language:
            return _("Choose an account, a tag or a language that the exception is for."), no_update
        scope = scope_of(place, language)

        def change(document: TOMLDocument) -> None:
            if "for" not in document:
                document["for"] = tomlkit.aot()
            exception = tomlkit.table()
            exception.update(scope)
            rule = tomlkit.inline_table()
            rule.update({"from": float(threshold), "severity": severity})
            exception[label] = rule
            document["for"].append(exception)

        did = _("added an exception for {scope}: {category}", scope=of_scope(scope), category=label_name(label))
        return save(version, did, change)

    register_removal(
        app, file, "remove-exception", "for", save,
        lambda exception: _("removed the exception for {scope}", scope=of_scope(exception)),
    )  # fmt: skip
    register_undo(app, file, lambda: _body(file, answers, of_model), lambda: applied(administration))
    app.clientside_callback(
        PREVIEW, Output({"flags": "preview", "of": MATCH}, "children"), Input({"flags": "from", "of": MATCH}, "value"),
        State({"flags": "sentences", "of": MATCH}, "data"),
    )  # fmt: skip
    app.clientside_callback(
        PREVIEW, Output("spam-preview", "children"), Input("spam-from", "value"), State("spam-sentences", "data")
    )


def policy_saver(file: SettingsFile, administration: Administration, body: Callable[[], Any]) -> Save:
    """Every change of the policies is a new version, and is applied."""

    def renumber(document: TOMLDocument) -> None:
        document["version"] = next_version(str(document.get("version", "")))

    return saver(file, body, lambda: applied(administration), renumber)


def applied(administration: Administration) -> str:
    why_not = administration.apply_policies()
    if why_not:
        return _("It applies from the next night on. {reason}", reason=why_not)
    return _("All past comments follow it now.")


def next_version(version: str) -> str:
    """Reviews name the version by which a comment was flagged: "2" → "3", "spring" → "spring.2"."""
    name, last = re.fullmatch(r"(.*?)(\d*)", version, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{name}{int(last) + 1}" if last else f"{name}.2" if name else "1"


def sentence(row: Row, now: int | None) -> str:
    """What one threshold would do."""
    flags = _("From {threshold}, flags {comments} of the last {days} days", days=DAYS,
              threshold=number(row["flagged_from"], ".2f"),
              comments=comments(row["flagged"]) if row["flagged"] else _("no comment"))  # fmt: skip
    told = _compared(flags, row["flagged"], now, row["right_share"])
    if not row["reviewed"]:
        return told
    confirmed = _("Reviewers confirmed {confirmed} of the {reviewed} that they read.",
                  confirmed=number(row["confirmed"]),
                  reviewed=number(row["reviewed"]))  # fmt: skip
    return f"{told} {confirmed}"


def spam_sentence(row: Row, now: int | None) -> str:
    """What one threshold of spam would do."""
    marks = _("From {threshold}, marks {comments} of the last {days} days as spam", days=DAYS,
              threshold=number(row["spam_from"], ".2f"),
              comments=comments(row["spam"]) if row["spam"] else _("no comment"))  # fmt: skip
    return _compared(marks, row["spam"], now, row["right_share"])


def _compared(what: str, chosen: int, now: int | None, right_share: float | None) -> str:
    if now is not None and chosen != now:
        what = _("{flags}; now {number}", flags=what, number=number(now))
    right = _("An estimated {share} of them rightly.", share=percent(right_share)) if chosen else ""
    return f"{what}. {right}".strip()


def _rules(document: TOMLDocument, of_model: Mapping[str, float]) -> dict[str, tuple[float, str]]:
    """From where each category is flagged, exceptions aside, and how severe it is."""
    default: Any = document["default"]
    return {
        label: (float(default[label].get("from", nearest_step(of_model[label]))), str(default[label]["severity"]))
        for label in LABELS
    }


def _spam_rule(document: TOMLDocument) -> dict[str, Any]:
    return {"from": SPAM_FROM, "counted": True, **document.unwrap().get("spam", {})}


def _spam_change(before: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
    """ "set spam from 0.50 to 0.80" """
    parts = []
    if "from" in changed:
        old, new = number(before["from"], ".2f"), number(changed["from"], ".2f")
        parts.append(_("set {rules}", rules=_("{category} from {old} to {new}", category=_("spam"), old=old, new=new)))
    if "counted" in changed:
        parts.append(_("counted spam in all figures") if changed["counted"] else _("left spam out of all figures"))
    return listed(parts)


def _write(rule: Any, threshold: float, severity: str, of_model: float) -> None:
    rule["severity"] = severity
    if threshold == nearest_step(of_model):
        rule.pop("from", None)
    else:
        rule["from"] = threshold


def _change(label: str, before: tuple[float, str], after: tuple[float, str]) -> str:
    """ "threat from 0.40 to 0.30", "insult to high" """
    category, severity = label_name(label), _(SEVERITIES[after[1]])
    old, new = number(before[0], ".2f"), number(after[0], ".2f")
    if old == new:
        return _("{category} to {severity}", category=category, severity=severity)
    if before[1] == after[1]:
        return _("{category} from {old} to {new}", category=category, old=old, new=new)
    return _("{category} from {old} to {new} and to {severity}", category=category, old=old, new=new, severity=severity)


def scope_of(place: str | None, language: str | None) -> dict[str, str]:
    """What a rule is for, as the file has it."""
    tag_or_account = "tag" if (place or "").startswith(TAG) else "account"
    return ({tag_or_account: place.removeprefix(TAG)} if place else {}) | ({"language": language} if language else {})


def of_scope(scope: Mapping[str, Any]) -> str:
    """ "accounts tagged kids in German" """
    accounts = scope.get("account") or _("all accounts")
    if tag := scope.get("tag"):
        accounts = _("accounts tagged {tags}", tags=tag)
    if language := scope.get("language"):
        return _("{accounts} in {language}", accounts=accounts, language=language_name(language))
    return str(accounts)


def _body(file: SettingsFile, answers: Answers, of_model: OfModel) -> list[Component]:
    document, thresholds = file.content(), of_model()
    rules, places = _rules(document, thresholds), places_of(answers)
    flagging = _previews(answers, "flagging")
    previews = {label: [row for row in flagging if row["label"] == label] for label in LABELS}
    sliders = [_slider(label, rules[label], nearest_step(thresholds[label]), previews[label]) for label in LABELS]
    return [
        *last_change(file),
        panel(
            _("Categories"), _("The mark is where the model itself flags."), *sliders,
            html.Div(html.Button(_("Save"), id="save-flags"), className="actions"), wide=True,
        ),
        _spam(_spam_rule(document), _previews(answers, "spam_by_threshold")),
        _exceptions(document, places),
    ]  # fmt: skip


def _previews(answers: Answers, question: str) -> list[Row]:
    try:
        newest = answers.newest()
        return answers.rows(question, View(last=newest, days=DAYS, newest=newest))
    except WarehouseError:  # there is none before the first night
        return []


def places_of(answers: Answers) -> dict[str, str]:
    try:
        return answers.places()
    except WarehouseError:
        return {}


def _slider(label: str, rule: tuple[float, str], of_model: float, previews: list[Row]) -> Component:
    threshold, severity = rule
    now = _at(threshold, previews, "flagged_from").get("flagged")
    sentences = {_step(row["flagged_from"]): sentence(row, now) for row in previews}
    name = label_title(label)
    return html.Div([
        html.H3(name),
        dmc.Slider(
            id={"flags": "from", "of": label}, value=threshold, min=STEPS[0], max=STEPS[-1], step=STEPS[0], precision=2,
            updatemode="drag", marks=[{"value": of_model}], thumbLabel=_("{category}: flagged from", category=name),
            size="sm",
        ),
        dmc.Select(id={"flags": "severity", "of": label}, value=severity, data=_severities(), size="sm",
                   w=120, allowDeselect=False, **{"aria-label": _("{category}: severity", category=name)}),
        html.P(sentences.get(_step(threshold), ""), id={"flags": "preview", "of": label}, className="note",
               role="status"),
        dcc.Store(id={"flags": "sentences", "of": label}, data=sentences),
    ], className="threshold")  # fmt: skip


def _spam(rule: Mapping[str, Any], previews: list[Row]) -> Component:
    now = _at(rule["from"], previews, "spam_from").get("spam")
    sentences = {_step(row["spam_from"]): spam_sentence(row, now) for row in previews}
    return panel(
        _("Spam"), _("Adverts, scams and calls to follow, in any language. The comments themselves stay."),
        html.Div([
            html.H3(_("Spam from")),
            dmc.Slider(id="spam-from", value=rule["from"], min=SPAM_STEP, max=1 - SPAM_STEP, step=SPAM_STEP,
                       precision=2, updatemode="drag", thumbLabel=_("Spam from"), size="sm"),
            html.P(sentences.get(_step(rule["from"]), ""), id="spam-preview", className="note", role="status"),
            dcc.Store(id="spam-sentences", data=sentences),
        ], className="threshold"),
        dmc.Switch(id="spam-counted", label=_("Shares, flags and all other figures count spam"),
                   checked=rule["counted"], size="sm", mb="sm"),
        html.Div(html.Button(_("Save rule"), id="save-spam"), className="actions"), wide=True,
    )  # fmt: skip


def _at(threshold: float, previews: list[Row], column: str) -> Row:
    return next((row for row in previews if abs(row[column] - threshold) < 1e-9), {})


def _step(threshold: float) -> str:
    """The key of a sentence, as PREVIEW computes it."""
    return str(round(100 * threshold))


def _exceptions(document: TOMLDocument, places: dict[str, str]) -> Component:
    rows = [
        html.Li([
            f"{of_scope(exception)}: {_exceptional(exception)} ",
            labelled(html.Button, _("Remove the exception for {scope}", scope=of_scope(exception)), _("Remove"),
                     id={"remove-exception": number}),
        ])
        for number, exception in enumerate(document.get("for", []))
    ]  # fmt: skip
    thresholds = [{"value": f"{step:.2f}", "label": number(step, ".2f")} for step in STEPS]
    return panel(
        _("Exceptions"), _("Other rules for an account, a tag or a language. An account's come before a tag's."),
        html.Ul(rows, className="actions-list") if rows else html.P(_("None."), className="empty"),
        html.Div([
            _choice("exception-of", _("Account or tag"), places, placeholder=_("All accounts"), clearable=True),
            _choice("exception-language", _("Language"), language_names(), placeholder=_("All languages"),
                    clearable=True),
            _choice("exception-label", _("Category"), {label: label_title(label) for label in LABELS}, value="toxic"),
            dmc.Select(id="exception-from", label=_("Flagged from"), data=thresholds, value="0.50", size="sm", w=120),
            dmc.Select(id="exception-severity", label=_("Severity"), data=_severities(), value="medium", size="sm",
                       w=120),
        ], className="form"),
        html.Div(html.Button(_("Add exception"), id="add-exception"), className="actions"), wide=True,
    )  # fmt: skip


def _exceptional(exception: Mapping[str, Any]) -> str:
    return listed([_rule(label, exception[label]) for label in LABELS if label in exception] or [_("nothing")])


def _rule(label: str, rule: Mapping[str, Any]) -> str:
    category, severity = label_name(label), _(SEVERITIES[rule["severity"]])
    if "from" not in rule:
        return _("{category} from where the model flags, {severity}", category=category, severity=severity)
    return _("{category} from {threshold}, {severity}", category=category, threshold=number(rule["from"], ""),
             severity=severity)  # fmt: skip


def _severities() -> list[dict[str, str]]:
    return [{"value": one, "label": severity_title(one)} for one in measures.SEVERITIES]
