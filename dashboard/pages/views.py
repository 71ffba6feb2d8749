"""A view to come back to or to show to others: saved under a name, sent by e-mail, or shared by a signed link."""

from collections.abc import Callable
from typing import Any, NamedTuple

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard import report
from dashboard.bookmarks import LONGEST_NAME, Bookmark, Bookmarks
from dashboard.components import labelled, link, page, panel, table
from dashboard.controls import choice, in_language
from dashboard.language import N_, _, ngettext
from dashboard.links import DAYS, Links
from dashboard.people import LOCAL, VISITOR, PeopleError
from dashboard.subscriptions import EVERY, Subscription, Subscriptions
from dashboard.view import Answers, Row, View
from dashboard.wording import filters_of, full_date, in_sentence, listed, tagged
from warehouse import Part

PATH, TITLE = "/views", N_("Views")
EMBEDDED = '<iframe src="{address}" width="720" height="480" style="border: 0"></iframe>'


class Shelf(NamedTuple):
    """Where views are kept."""

    bookmarks: Bookmarks
    links: Links
    subscriptions: Subscriptions
    send: Callable[[int], str] | None  # None: nothing can be sent by e-mail
    write_down: Callable[[str], None]


def layout(answers: Answers, view: View, shelf: Shelf) -> Component:
    return page(
        _(TITLE),
        _("A view is a page with its filters. Open one, then come here to save it, get it by e-mail or share it."),
        [],
        html.Div(id="views-answer", className="wide answer", role="alert"),
        html.Div(_body(answers, view, shelf), id="views-body", className="page-part"),
    )


def register(app: Dash, answers: Answers, shelf: Shelf) -> None:
    outputs = (
        Output("views-answer", "children", allow_duplicate=True),
        Output("views-body", "children", allow_duplicate=True),
    )
    address = State("url", "search")

    def read(search: str) -> tuple[View, str, str]:
        """The page's view, and path and query of the view that it is about."""
        view = View.read(search, answers.newest())
        if not _can_be_kept(view.of) or _is_of_author(view):
            raise PreventUpdate
        return view, str(view.of), view.search(of=None, comment=None, inbox=None, assignee=None)

    @app.callback(
        *outputs, Input("save-view", "n_clicks"), State("view-name", "value"), State("view-is-shared", "checked"),
        address, prevent_initial_call=True,
    )  # fmt: skip
    def save(clicks: int | None, name: str | None, is_shared: bool, search: str) -> tuple[Any, Any]:
        if not clicks:  # new buttons trigger too
            raise PreventUpdate
        view, path, query = read(search)
        if not (name := (name or "").strip()[:LONGEST_NAME]):
            return _("Give the view a name."), _body(answers, view, shelf)
        shelf.bookmarks.save(name, path, query, VISITOR.get(), is_shared)
        if is_shared:
            shelf.write_down(f"shared the view {name}: {path}{query}")
        return _("Saved: {change}.", change=name), _body(answers, view, shelf)

    @app.callback(
        *outputs, Input("subscribe", "n_clicks"), State("subscriber", "value"), State("every", "value"), address,
        prevent_initial_call=True,
    )  # fmt: skip
    def subscribe(clicks: int | None, email: str | None, every: str, search: str) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        view, path, query = read(search)
        email = (email or "").strip()
        if "@" not in email or not email.isprintable() or set(email) & set(" ,;<>"):
            return _("{address} is no e-mail address.", address=email or "“”"), _body(answers, view, shelf)
        shelf.subscriptions.add(path, query, VISITOR.get().name, email, every)
        shelf.write_down(f"sends {path}{query} to {email} every {every}")
        sent = _("{when}, to {address}", when=in_sentence(_(EVERY[every])), address=email)
        return _("Saved: {change}.", change=sent), _body(answers, view, shelf)

    @app.callback(
        *outputs, Input("make-link", "n_clicks"), State("link-panel", "value"), State("link-tag", "value"),
        State("link-days", "value"), address, State("url", "href"), prevent_initial_call=True,
    )  # fmt: skip
    def make_link(
        clicks: int | None, shown: str | None, tag: str | None, days: str, search: str, href: str
    ) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        view, path, query = read(search)
        visitor = VISITOR.get()
        part = Part((tag,) if tag else visitor.part.tags, texts=path == "/comments")
        try:
            made = shelf.links.make(path, query, shown or "", part, int(days), visitor)
        except PeopleError as error:
            return str(error), _body(answers, view, shelf)
        shelf.write_down(f"made a link to {path}{query}{f' ({shown})' if shown else ''} for {DAYS[int(days)]}")
        return _made("/".join(href.split("/")[:3]) + made, shown), _body(answers, view, shelf)

    @app.callback(*outputs, Input({"views": ALL, "of": ALL, "id": ALL}, "n_clicks"), address, prevent_initial_call=True)
    def act(clicks: list[int | None], search: str) -> tuple[Any, Any]:
        if not any(clicks):
            raise PreventUpdate
        asked, view = ctx.triggered_id, View.read(search, answers.newest())
        mine = {"view": _bookmarks, "link": _links, "subscription": _subscriptions}[asked["of"]](shelf)
        one = next((one for one in mine if one.id == asked["id"] and _is_theirs(one)), None)
        if one is None:
            raise PreventUpdate
        if asked["views"] == "send" and shelf.send:
            return shelf.send(one.id), _body(answers, view, shelf)
        return _remove(one, shelf), _body(answers, view, shelf)


def _remove(one: Any, shelf: Shelf) -> str:
    if isinstance(one, Bookmark):
        shelf.bookmarks.remove(one.id)
        did, answer = f"removed the view {one.name}", _("Removed: {name}.", name=one.name)
    elif isinstance(one, Subscription):
        shelf.subscriptions.remove(one.id)
        did = f"no longer sends {one.path}{one.search} to {one.email}"
        answer = _("No longer sent to {address}.", address=one.email)
    else:
        shelf.links.revoke(one.id)
        did, answer = f"revoked the link to {one.path}{one.search}", _("The link works no longer.")
    shelf.write_down(did)
    return answer


def _bookmarks(shelf: Shelf) -> list[Any]:
    return list(shelf.bookmarks.seen_by(VISITOR.get()))


def _links(shelf: Shelf) -> list[Any]:
    return [one for one in shelf.links.all() if _is_theirs(one)]


def _subscriptions(shelf: Shelf) -> list[Any]:
    return [one for one in shelf.subscriptions.all() if _is_theirs(one)]


def _is_theirs(one: Any) -> bool:
    """Whether the visitor may remove it: what they made themselves; admins of everything remove anything."""
    return VISITOR.get().may("settings") or VISITOR.get().name == (one.maker if hasattr(one, "maker") else one.owner)


def _can_be_kept(path: str | None) -> bool:
    return path in report.PAGES and (path != "/comments" or VISITOR.get().may("texts"))


def _is_of_author(view: View) -> bool:
    """By a pseudonym, of which nothing may be left when the author is to be forgotten."""
    return bool(view.words and view.words.startswith("@"))


def _about_authors() -> Component:
    return panel(
        _("This view"), _("Comments of one author are neither saved nor shared, so that people can be forgotten.")
    )


def _body(answers: Answers, view: View, shelf: Shelf) -> list[Component]:
    forms: list[Component] = []
    if _can_be_kept(view.of):
        forms = [_about_authors()] if _is_of_author(view) else _forms(answers, view, shelf)
    return [*forms, _saved_panel(answers, view, shelf), *_sent_panel(view, shelf), *_shared_panel(view, shelf)]


def _forms(answers: Answers, view: View, shelf: Shelf) -> list[Component]:
    named = f"{_(report.TITLES[str(view.of)])}: {filters_of(view)}"
    saving = panel(
        _("Save this view"), [link(named, str(view.of), view.search(of=None))],
        html.Div([
            dmc.TextInput(id="view-name", label=_("Name"), size="sm", w=280, inputProps={"maxLength": LONGEST_NAME}),
            dmc.Switch(id="view-is-shared", label=_("For everybody who sees these accounts"), size="sm"),
        ], className="form ends"),
        html.Div(html.Button(_("Save"), id="save-view"), className="actions"),
    )  # fmt: skip
    mailing = panel(
        _("Get it by e-mail"),
        _("With the view as a PDF, once its week or month has been published.") if shelf.send else
        _("No mail server is set up. Whoever runs Toxwatch sets TOXWATCH_SMTP_URL."),
        html.Div([
            dmc.TextInput(id="subscriber", label=_("E-mail address"), size="sm", w=240),
            choice("every", _("How often"), in_language(EVERY), "week", w=240, allowDeselect=False),
        ], className="form", hidden=shelf.send is None),
        html.Div(html.Button(_("Subscribe"), id="subscribe"), className="actions", hidden=shelf.send is None),
    )  # fmt: skip
    return [saving, mailing, *([_link_form(answers, view)] if VISITOR.get().may("share") else [])]


def _link_form(answers: Answers, view: View) -> Component:
    visitor = VISITOR.get()
    shown = report.panels(str(view.of), answers, view) if view.of != "/comments" else {}
    tags = {tag: tagged([tag]) for tag in sorted(answers.tags())}
    promise = _("Whoever has the link sees this view, and nothing else, until it expires or is revoked.")
    warning = _("Until there is a login, it works on this computer only.")
    return panel(
        _("Share it by a link"),
        f"{promise} {warning}" if visitor == LOCAL else promise,
        html.Div([
            choice("link-panel", _("What it shows"), shown, placeholder=_("The whole page"), clearable=True, w=280,
                   searchable=True),
            choice("link-tag", _("Of which accounts"), tags, placeholder=_("All that you see"), clearable=True, w=190),
            choice("link-days", _("Works for"), {str(days): _(text) for days, text in DAYS.items()}, "7", w=140,
                   allowDeselect=False),
        ], className="form"),
        html.Div(html.Button(_("Make a link"), id="make-link"), className="actions"), wide=True,
    )  # fmt: skip


def _made(address: str, shown: str | None) -> Component:
    """The link; of one panel, also what shows it on a page elsewhere."""
    embedding: list[Any] = [
        _("To show it on another page:"),
        " ",
        html.Code(EMBEDDED.format(address=address.replace("&", "&amp;"))),
    ]
    return html.Div([
        html.P([_("The link, which is shown only now:"), " ", html.Code(address, id="made-link")]),
        *([html.P(embedding)] if shown else []),
    ], className="made")  # fmt: skip


def _saved_panel(answers: Answers, view: View, shelf: Shelf) -> Component:
    rows: list[Row] = [
        {
            _("Name"): link(one.name, one.path, one.search),
            "View": _named(one, view),
            "": _gone(answers, one),
            _("Whose"): _whose(one),
            " ": _button(_("Remove"), "remove", "view", one) if _is_theirs(one) else None,
        }
        for one in _bookmarks(shelf)
        if _can_be_kept(one.path)
    ]
    return panel(_("Saved views"), _("Also found by Ctrl-K."), _table(rows, _("None yet.")), wide=True)


def _sent_panel(view: View, shelf: Shelf) -> list[Component]:
    rows: list[Row] = [
        {
            _("To"): one.email,
            "View": _named(one, view),
            _("When"): _(EVERY[one.every]),
            "": html.Div([
                *([_button(_("Send now"), "send", "subscription", one)] if shelf.send else []),
                _button(_("Remove"), "remove", "subscription", one),
            ], className="actions"),
        }
        for one in _subscriptions(shelf)
    ]  # fmt: skip
    return [panel(_("By e-mail"), "", _table(rows, _("None yet.")), wide=True)] if rows else []


def _shared_panel(view: View, shelf: Shelf) -> list[Component]:
    rows: list[Row] = [
        {
            "View": _named(one, view),
            _("Shows"): one.panel or _("The whole page"),
            _("Accounts"): tagged(one.part.tags) if one.part.tags else _("All"),
            _("Made by"): one.maker,
            _("Until"): full_date(one.last_day),
            "": _button(_("Revoke"), "remove", "link", one),
        }
        for one in _links(shelf)
    ]
    return [panel(_("Links"), "", _table(rows, _("None yet.")), wide=True)] if rows else []


def _table(rows: list[Row], empty: str) -> Component:
    return table(rows, {name: name.strip() for name in rows[0]}) if rows else html.P(empty, className="empty")


def _named(one: Any, view: View) -> str:
    return f"{_(report.TITLES[one.path])}: {filters_of(View.read(one.search, view.newest))}"


def _whose(one: Bookmark) -> str:
    mine = one.owner == VISITOR.get().name
    if not one.is_shared:
        return _("Yours")
    return _("Yours, shared") if mine else _("Shared by {person}", person=one.owner)


def _gone(answers: Answers, one: Bookmark) -> str | None:
    """Says so of a view whose account is not there any more."""
    view = View.read(one.search, answers.newest())
    gone = [name for name in (view.account, *view.accounts) if name and name not in answers.places()]
    return ngettext("{accounts} is gone", "{accounts} are gone", len(gone), accounts=listed(gone)) if gone else None


def _button(caption: str, action: str, of: str, one: Any) -> Component:
    name = f"{caption}: {getattr(one, 'name', '') or getattr(one, 'email', '') or one.id}"
    return html.Div(
        labelled(html.Button, name, caption, id={"views": action, "of": of, "id": one.id}, n_clicks=0),
        className="actions",
    )
