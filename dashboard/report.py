"""Pages as documents without controls: reports to print or e-mail, shared links, and charts embedded elsewhere."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from dashboard import bundle
from dashboard.language import ENGLISH, LANGUAGE, N_, _, speaking
from dashboard.pages import account, comments, compare, overview, post
from dashboard.view import Answers, View
from dashboard.wording import dates
from warehouse.files import writing

ASSETS = Path(__file__).parent / "assets"
STYLE, NAMES, DRAW = (ASSETS / name for name in ("style.css", "languages.js", "draw.js"))
PLOTLY_PATH, NAMES_PATH, DRAW_PATH = (  # where the server has them
    f"/assets/{name}" for name in ("plotly-cartesian.min.js", "languages.js", "draw.js")
)
PAGES: dict[str, Callable[[Answers, View], Component]] = {  # path → what can be a document
    "/": overview.layout,
    "/account": account.layout,
    "/compare": compare.layout,
    "/comments": comments.listing,
    "/post": post.layout,
}
TITLES = {
    "/": N_("Overview"),
    "/account": N_("Account"),
    "/compare": N_("Compare"),
    "/comments": N_("Comments"),
    "/post": N_("Post"),
}
DOCUMENT = """<!DOCTYPE html>
<html lang="{language}"{theme}><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">{head}</head>
<body class="document"><main>{body}</main>{foot}</body></html>
"""
EMPTY = {"img", "br", "input"}
ATTRIBUTES = {"className": "class", "tabIndex": "tabindex", "colSpan": "colspan"}
CAPITAL = re.compile("(?=[A-Z])")
CONTROLS = {"controls", "numbers", "opening"}  # interactive parts that a file can't have


def write(answers: Answers, view: View, target: Path, link: str = "") -> int:
    """Writes the file and returns its number of accounts; `link` is the dashboard's address for readers."""
    accounts = [view.account] if view.account else answers.accounts()
    pages = [overview.layout(answers, replace(view, account=None, ranking="all"))]
    pages += [account.layout(answers, replace(view, account=name)) for name in accounts]
    write_file(target, _("Toxwatch report: {period}", period=dates(view.first, view.last)), pages, link)
    return len(accounts)


def write_file(target: Path, title: str, pages: list[Component], link: str = "") -> None:
    """A file that needs nothing else."""
    names, plotly = NAMES.read_text(), bundle.FILE.read_text()
    head = f"<style>{STYLE.read_text()}</style><script>{names}</script><script>{plotly}</script>"
    body = "".join(html_of(page, link) for page in pages)
    text = document(title, body, head, f"<script>{DRAW.read_text()}</script>", is_light=True)
    with writing(target) as draft:
        draft.write_text(text, encoding="utf-8")


def document(title: str, body: str, head: str, foot: str = "", is_light: bool = False) -> str:
    """`is_light`: also where the reader's own pages are dark, as for paper."""
    theme = ' data-mantine-color-scheme="light"' if is_light else ""
    return DOCUMENT.format(language=LANGUAGE.get(), theme=theme, title=escape(title), head=head, body=body, foot=foot)


def drawn(path: str, answers: Answers, view: View, panel: str = "") -> Component | None:
    """A page, or one of its panels, by its title in English; None if it has no such panel now."""
    page = PAGES[path](answers, view)
    if not panel:
        return page
    found = dict(zip(_english_titles(page, path, answers, view), _panels(page), strict=True)).get(panel)
    return found and html.Div(found, className="page")


def panels(path: str, answers: Answers, view: View) -> dict[str, str]:
    """The titles of a page's panels, by those in English."""
    page = PAGES[path](answers, view)
    return dict(zip(_english_titles(page, path, answers, view), map(_title, _panels(page)), strict=True))


def _english_titles(page: Component, path: str, answers: Answers, view: View) -> list[str]:
    if LANGUAGE.get() != ENGLISH:
        with speaking(ENGLISH):
            page = PAGES[path](answers, view)
    return [_title(one) for one in _panels(page)]


def _panels(page: Component) -> Iterator[Component]:
    return (part for part in page._traverse() if "panel" in str(getattr(part, "className", "")).split())


def _title(panel: Component) -> str:
    return str(panel.children[0].children) if isinstance(panel.children, list) else ""


def html_of(page: Component, link: str = "") -> str:
    return "".join(_html(page, link.rstrip("/")))


def _html(part: Any, link: str) -> Iterator[str]:
    """A Dash component as HTML; text is escaped."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from _html(one, link)
    elif isinstance(part, dcc.Graph):
        figure = part.to_plotly_json()["props"]["figure"]
        data, height = json.dumps(figure, cls=PlotlyJSONEncoder), figure["layout"]["height"]
        yield f'<div data-figure="{escape(data)}" style="height: {height}px"></div>'
    elif isinstance(part, Component):
        if CONTROLS.isdisjoint(str(getattr(part, "className", "")).split()):
            yield from _element(part, link)
    elif part is not None:
        yield escape(str(part))


def _element(part: Component, link: str) -> Iterator[str]:
    element = part.to_plotly_json()
    properties, tag = dict(element["props"]), element["type"].lower()
    children = properties.pop("children", None)
    if tag == "link":
        tag, properties = "a", {name: properties[name] for name in ("href", "className") if name in properties}
    if str(properties.get("href", "")).startswith("/"):
        properties = {**properties, "href": link + properties["href"]}
        if not link:
            del properties["href"]
    attributes = "".join(
        f' {ATTRIBUTES.get(name, name)}="{escape(_attribute(value))}"' for name, value in properties.items()
    )
    yield f"<{tag}{attributes}>"
    if tag not in EMPTY:
        yield from _html(children, link)
        yield f"</{tag}>"


def _attribute(value: Any) -> str:
    """A style as CSS, anything else unchanged."""
    if isinstance(value, dict):
        return "; ".join(f"{CAPITAL.sub('-', name).lower()}: {one}" for name, one in value.items())
    return str(value)
