"""The words on top of a page, which the browser shows while it loads the scripts that draw the page.

Asking for them also makes the server remember the answers that the page asks for a moment later.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dash import html
from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from dashboard.report import html_of
from warehouse.build import CURRENT, current

PATH = "/words"
PAGES = {"/", "/account", "/compare", "/quality", "/numbers"}  # that write nothing down when they are asked for
CHECKED_SECONDS = 10


def add(server: FastAPI, draw: Callable[[str, str], Component]) -> None:
    server.state.draw = draw

    @server.get(PATH, include_in_schema=False)
    def words(path: str, search: str = "") -> HTMLResponse:
        return HTMLResponse("".join(map(_text, draw(path, search)._traverse())) if path in PAGES else "")


def _text(part: Component) -> str:
    """The title and the sentence of a page; the heading itself comes with the page."""
    if getattr(part, "className", "") != "head-text":
        return ""
    title, sentence = part.children
    return html_of(html.Div([html.P(title.children, className="title"), sentence], className="head-text"))


def keep_ready(folder: Path, draw: Callable[[str, str], Component], ticks: Iterable[None]) -> None:
    """Draws Home after the start and for each new version of the warehouse, so that nobody waits for its answers."""
    drawn = None
    for _ in ticks:
        try:
            if (folder / CURRENT).exists() and current(folder) != drawn:
                drawn = current(folder)
                draw("/", "")
        except Exception:
            logging.getLogger(__name__).exception("Home could not be drawn ahead of its visitors")


def ticks() -> Iterator[None]:
    while True:
        yield
        time.sleep(CHECKED_SECONDS)
