"""The words on top of a page, which the browser shows while it loads the scripts that draw the page.

Asking for them also makes the server remember the answers that the page asks for a moment later.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from dashboard.report import html_of
from dashboard.view import TAG, Answers
from dashboard.wording import PERIODS
from warehouse.build import CURRENT, current

PATH = "/words"
PAGES = {"/", "/account", "/compare", "/quality", "/numbers"}  # that write nothing down when they are asked for
CHECKED_SECONDS = 10
MOST_AHEAD, PAUSE_SECONDS = 200, 0.1  # accounts that are drawn ahead, and between two pages, as visitors come first


def add(server: FastAPI, draw: Callable[[str, str], Component]) -> None:
    @server.get(PATH, include_in_schema=False)
    def words(path: str, search: str = "") -> HTMLResponse:
        return HTMLResponse("".join(map(_text, draw(path, search)._traverse())) if path in PAGES else "")


def _text(part: Component) -> str:
    """The title and the sentence of a page; the heading itself comes with the page."""
    if getattr(part, "className", "") != "head-text":
        return ""
    title, sentence = part.children
    return html_of(html.Div([html.P(title.children, className="title"), sentence], className="head-text"))


def ahead(answers: Answers) -> Iterator[tuple[str, str]]:
    """Pages that are likely to be opened: Home, of each period that can be chosen and of each client, and accounts."""
    yield "/", ""
    for days in PERIODS:
        yield "/", f"?days={days}"
    for tag in answers.tags():
        yield "/", f"?{urlencode({'account': TAG + tag})}"
    for account in answers.accounts()[:MOST_AHEAD]:
        yield "/account", f"?{urlencode({'account': account})}"


def keep_ready(
    folder: Path, pages: Callable[[], Iterable[tuple[str, str]]], draw: Callable[[str, str], object],
    ticks: Iterable[None],
) -> None:  # fmt: skip
    """Draws these pages after the start and for each new version of the warehouse, so that nobody waits for answers."""
    drawn = None
    for _ in ticks:
        try:
            if (folder / CURRENT).exists() and current(folder) != drawn:
                drawn = current(folder)
                for page in pages():
                    draw(*page)
                    time.sleep(PAUSE_SECONDS)
        except Exception:
            logging.getLogger(__name__).exception("Pages could not be drawn ahead of their visitors")


def ticks() -> Iterator[None]:
    while True:
        yield
        time.sleep(CHECKED_SECONDS)
