"""Ctrl-K: pages, accounts and saved views, found by typing. And the keys, which ? shows."""

from collections.abc import Callable
from typing import Any, cast

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.bookmarks import Bookmarks
from dashboard.controls import in_language
from dashboard.language import N_, _
from dashboard.pages.review import ACTIONS
from dashboard.people import VISITOR
from dashboard.view import TAG, Answers, View
from dashboard.wording import in_sentence
from warehouse import WarehouseError

KEYS = {
    "Ctrl K": N_("Find a page, an account or a saved view"),
    "?": N_("Show these keys"),
    "Esc": N_("Close what is open"),
    "1 – 6": N_("Review: tick a category"),
}


def button() -> Component:
    found: Component = html.Button(_("Find"), id="find", title="Ctrl-K", className="find")
    return found


def dialogs() -> list[Component]:
    """They are opened and worked by assets/keys.js."""
    rows = [html.Tr([html.Th(html.Kbd(key), scope="row"), html.Td(text)]) for key, text in _keys().items()]
    return [
        html.Dialog([
            html.Label([_("Page, account or saved view"), dcc.Input(id="palette-input", type="search")]),
            html.Div(id="palette-list"),
            html.P(_("No match."), className="empty"),
        ], id="palette", **cast(Any, {"aria-label": _("Find")})),
        html.Div(id="meaning", role="tooltip", hidden=True),
        html.Dialog([html.H2(_("Keys")), html.Table(html.Tbody(rows))], id="keys",
                    **cast(Any, {"aria-label": _("Keys")})),
    ]  # fmt: skip


def _keys() -> dict[str, str]:
    of_review = {key: _("Review: {action}", action=in_sentence(_(caption))) for key, caption in ACTIONS.values()}
    return in_language(KEYS) | of_review


def register(app: Dash, answers: Answers, bookmarks: Bookmarks, pages: Callable[[], dict[str, str]]) -> None:
    @app.callback(
        Output("palette-list", "children"), Input("find", "n_clicks"), State("url", "search"), prevent_initial_call=True
    )
    def fill(clicks: int | None, search: str) -> list[Component]:
        if not clicks:
            raise PreventUpdate
        found = [(title, _("Page"), path) for path, title in pages().items()]
        found += [(one.name, _("Saved view"), one.address) for one in bookmarks.seen_by(VISITOR.get())]
        try:
            view = View.read(search, answers.newest()).unfiltered()
            found += [(name, _("Account"), "/account" + view.search(account=name)) for name in answers.accounts()]
            found += [(tag, _("Client"), "/" + view.search(account=TAG + tag)) for tag in sorted(answers.tags())]
        except WarehouseError:  # there is none before the first night
            pass
        return [dcc.Link([name, html.Span(kind)], href=address, className="choice") for name, kind, address in found]
