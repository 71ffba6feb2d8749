"""The words on top of a page, which the browser shows while it loads the scripts that draw the page.

Asking for them also makes the server remember the answers that the page asks for a moment later.
"""

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from dashboard.report import html_of

PATH = "/words"


def add(server: FastAPI, draw: Callable[[str, str], Component]) -> None:
    @server.get(PATH, include_in_schema=False)
    def words(path: str, search: str = "") -> HTMLResponse:
        return HTMLResponse("".join(map(_text, draw(path, search)._traverse())))


def _text(part: Component) -> str:
    """The title and the sentence of a page; the heading itself comes with the page."""
    if getattr(part, "className", "") != "head-text":
        return ""
    title, sentence = part.children
    return html_of(html.Div([html.P(title.children, className="title"), sentence], className="head-text"))
