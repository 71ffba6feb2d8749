"""A period as one HTML file to print or e-mail: the overview and every account, as on the pages."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import plotly.io
from dash import dcc
from dash.development.base_component import Component
from plotly.offline import get_plotlyjs

from dashboard.charts import GRAPH
from dashboard.pages import account, overview
from dashboard.view import Answers, View
from dashboard.wording import full_date, period_phrase
from warehouse.files import writing

STYLE = Path(__file__).parent / "assets" / "style.css"
PAGE = """<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="light"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>{style}</style><script>{script}</script></head>
<body><main>{body}</main></body></html>
"""
EMPTY = {"img", "br", "input"}
ATTRIBUTES = {"className": "class", "tabIndex": "tabindex", "colSpan": "colspan"}
CAPITAL = re.compile("(?=[A-Z])")
CONTROLS = {"controls", "numbers"}  # interactive parts that a file can't have


def write(answers: Answers, view: View, target: Path, link: str = "") -> int:
    """Writes the file and returns its number of accounts; `link` is the dashboard's address for readers."""
    accounts = [view.account] if view.account else answers.accounts()
    pages = [overview.layout(answers, replace(view, account=None))]
    pages += [account.layout(answers, replace(view, account=name)) for name in accounts]
    body = "".join("".join(_html(page, link.rstrip("/"))) for page in pages)
    period = full_date(view.last) if view.days == 1 else period_phrase(view.days, view.last).removeprefix("in the ")
    title = f"Toxwatch report: {period}"
    page = PAGE.format(title=title, style=STYLE.read_text(), script=get_plotlyjs(), body=body)
    with writing(target) as draft:
        draft.write_text(page, encoding="utf-8")
    return len(accounts)


def _html(part: Any, link: str) -> Iterator[str]:
    """A Dash component as HTML; text is escaped."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from _html(one, link)
    elif isinstance(part, dcc.Graph):
        yield plotly.io.to_html(
            part.to_plotly_json()["props"]["figure"], GRAPH, include_plotlyjs=False, full_html=False
        )
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
        tag, properties = "a", {"href": properties["href"]}
    if str(properties.get("href", "")).startswith("/"):
        properties = {**properties, "href": link + properties["href"]} if link else {}
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
