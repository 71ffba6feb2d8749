"""Settings of own words and phrases that flag a comment or keep it from being flagged, with what they would change."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
import tomlkit
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from tomlkit import TOMLDocument

from dashboard.changes import last_change, outputs, page_of, register_removal, register_undo
from dashboard.components import labelled, link, panel, table
from dashboard.controls import choice, in_language
from dashboard.language import N_, _, ngettext, number
from dashboard.pages.policy import DAYS, applied, of_scope, places_of, policy_saver, scope_of
from dashboard.people import VISITOR
from dashboard.settings import Administration, SettingsFile
from dashboard.view import TAG, Answers, Row, View
from dashboard.wording import label_name, label_title, language_names, sentence_case, some_of
from models.labels import LABELS
from warehouse import WarehouseError
from warehouse.policies import ANY

PATH, TITLE = "/settings/words", N_("Own words")
EFFECTS = {"flag": N_("Flag as"), "never": N_("Never flag as")}
# What is typed, once there is a pause.
PAUSE = """typed => new Promise(tell => {
    window.typesOn?.();
    const pause = setTimeout(() => tell(typed), 400);
    window.typesOn = () => { clearTimeout(pause); tell(dash_clientside.no_update); };
})"""


def layout(file: SettingsFile, answers: Answers) -> Component:
    return page_of(
        PATH, TITLE, file,
        lambda: _("Words and phrases that flag a comment whatever its scores, or keep it from being flagged."),
        lambda: _body(file, answers),
    )  # fmt: skip


def register(app: Dash, file: SettingsFile, answers: Answers, administration: Administration) -> None:
    save = policy_saver(file, administration, lambda: _body(file, answers))
    form = [State(f"own-{name}", "value") for name in ("words", "effect", "category", "place", "language")]

    @app.callback(
        *outputs(file), Input("add-words", "n_clicks"), *form, State(f"{file.key}-version", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def add(clicks: int | None, *sent: Any) -> tuple[str, Any]:
        if not clicks:  # new buttons trigger too
            raise PreventUpdate
        lines, effect, category, place, language, version = sent
        texts = _texts(lines)
        if not texts:
            return _("Write at least one word or phrase."), no_update
        if effect == "flag" and category == ANY:
            return _("Choose the category that they flag."), no_update
        decision = {effect: category} | scope_of(place, language)
        did = _("added {words} to the words that {decision}", words=_quoted(texts), decision=_decision(decision))

        def change(document: TOMLDocument) -> None:
            words = document.setdefault("words", tomlkit.aot())
            for text in texts:
                if {"text": text} | decision not in words.unwrap():
                    word = tomlkit.table()
                    word.update({"text": text} | decision)
                    words.append(word)

        return save(version, did, change)

    register_removal(
        app, file, "remove-word", "words", save, lambda word: _("removed {words}", words=_quoted([word["text"]]))
    )
    app.clientside_callback(PAUSE, Output("typed-words", "data"), Input("own-words", "value"))

    @app.callback(
        Output("word-effect", "children"), Input("typed-words", "data"),
        *(Input(one.component_id, "value") for one in form[1:]),
    )  # fmt: skip
    def preview(lines: str | None, effect: str, category: str, place: str | None, language: str | None) -> Any:
        if not VISITOR.get().may("settings"):
            raise PreventUpdate
        texts = _texts(lines)
        if not texts or (effect == "flag" and category == ANY):
            return None
        labels = list(LABELS) if category == ANY else [category]
        try:
            newest = answers.newest()
            view = View(account=place, language=language, days=DAYS, last=newest, newest=newest)
            [row] = answers.rows("word_effect", view, texts=texts, labels=labels, flags=effect == "flag")
        except WarehouseError as error:  # there is none before the first night, or they are too many
            return html.P(str(error), className="note")
        return _effect(row, effect, category)

    register_undo(app, file, lambda: _body(file, answers), lambda: applied(administration))


def sentence(row: Mapping[str, Any], effect: str, category: str) -> str:
    """What words would do."""
    if not row["comments"]:
        return _("No comment of the last {days} days matches.", days=DAYS)
    matches = ngettext("{number} comment matches", "{number} comments match", row["comments"])
    figures = {
        "matches": matches,
        "days": DAYS,
        "number": number(row["changed"]),
    }
    if category == ANY:
        return _("{matches} in the last {days} days; {number} of these would no longer be flagged.", **figures)
    figures["category"] = label_name(category)
    if effect == "flag":
        return _(
            "{matches} in the last {days} days; {number} of these would newly be flagged as {category}.", **figures
        )
    return _(
        "{matches} in the last {days} days; {number} of these would no longer be flagged as {category}.", **figures
    )


def _effect(row: Row, effect: str, category: str) -> list[Component]:
    """With some of the comments that would change."""
    examples = [html.Li(text, className="hidden-text line", tabIndex=0) for text in row["examples"]]
    return [html.P(sentence(row, effect, category), className="note"), html.Ul(examples, className="replies")]


def _body(file: SettingsFile, answers: Answers) -> list[Component]:
    words = file.content().unwrap().get("words", [])
    return [*last_change(file), _add_panel(places_of(answers)), _words_panel(words)]


def _add_panel(places: dict[str, str]) -> Component:
    categories = {label: label_title(label) for label in LABELS} | {ANY: _("Any category")}
    return panel(
        _("Add words"),
        _("One word or phrase per line; capitals make no difference. A * at the beginning or end is the rest of "
          "a word."),
        html.Div([
            dmc.Textarea(id="own-words", label=_("Words or phrases"), autosize=True, minRows=3, maxRows=12, w="100%",
                         placeholder="unalive*"),
            choice("own-effect", _("What they do"), in_language(EFFECTS), "flag", w=190, allowDeselect=False),
            choice("own-category", _("Category"), categories, "toxic", w=190, allowDeselect=False),
            choice("own-place", _("Account or tag"), places, w=190, placeholder=_("All accounts"), clearable=True,
                   searchable=True),
            choice("own-language", _("Language"), language_names(), w=190, placeholder=_("All languages"),
                   clearable=True,
                   searchable=True),
        ], className="form"),
        html.Div(html.Button(_("Add"), id="add-words"), className="actions"),
        dcc.Store(id="typed-words"),
        html.Div(id="word-effect", role="status"),
    )  # fmt: skip


def _words_panel(words: list[dict[str, str]]) -> Component:
    rows: list[Row] = [
        {
            _("Word or phrase"): word["text"],
            _("What it does"): sentence_case(_decision(word)),
            _("Where"): sentence_case(of_scope(word)),
            _("In comments"): _search(word),
            "": html.Div(
                labelled(html.Button, _("Remove {name}", name=word["text"]), _("Remove"), id={"remove-word": number}),
                className="actions",
            ),
        }
        for number, word in enumerate(words)
    ]
    return panel(
        _("Words and phrases"),
        _("One that flags comes before one that doesn't. They change no score and no estimated share."),
        table(rows, {name: name for name in rows[0]}) if rows else html.P(_("None yet."), className="empty"),
    )  # fmt: skip


def _search(word: Mapping[str, str]) -> Component:
    """The comments that contain it, roughly."""
    place = TAG + word["tag"] if "tag" in word else word.get("account")
    view = View(account=place, language=word.get("language"), days=DAYS, words=word["text"].strip("*"))
    return link(_("Search"), "/comments", view.search())


def _decision(word: Mapping[str, str]) -> str:
    """ "never flag as toxic" """
    if "flag" in word:
        return _("flag as {category}", category=label_name(word["flag"]))
    if word["never"] == ANY:
        return _("never flag")
    return _("never flag as {category}", category=label_name(word["never"]))


def _texts(lines: str | None) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in (lines or "").splitlines() if line.strip()))


def _quoted(texts: list[str]) -> str:
    return some_of([f"“{text}”" for text in texts])
