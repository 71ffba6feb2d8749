"""Links that show one view to whoever has them, until they expire or are revoked. They are signed and read-only."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import NamedTuple

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

from dashboard import report
from dashboard.components import note
from dashboard.language import N_, _
from dashboard.people import VISITOR, People, PeopleError, Visitor
from dashboard.view import Answers, View
from dashboard.wording import full_date
from warehouse import Part, WarehouseError

PATH = "/shared"
DAYS = {
    1: N_("1 day"),
    7: N_("7 days"),
    30: N_("30 days"),
    90: N_("90 days"),
    365: N_("1 year"),
}  # how long a link may work
# A page that holds one panel may be shown within any other site.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors {ancestors}"
)
HEAD = f"""<link rel="stylesheet" href="/assets/style.css"><script src="{report.NAMES_PATH}"></script>
<script src="{report.PLOTLY_PATH}" defer></script>
<script src="{report.DRAW_PATH}" defer></script>"""


class Link(NamedTuple):
    id: int
    maker: str
    path: str
    search: str
    panel: str  # of the page; empty: all of it
    tags: str
    texts: int
    ends: float

    @property
    def part(self) -> Part:
        return Part(tuple(self.tags.splitlines()), bool(self.texts))

    @property
    def last_day(self) -> date:
        return datetime.fromtimestamp(self.ends, UTC).date()


class Links:
    """In people.db, beside sessions and invitations."""

    def __init__(self, people: People) -> None:
        self._people = people

    def make(self, path: str, search: str, panel: str, part: Part, days: int, maker: Visitor) -> str:
        """Returns its address on this server; raises PeopleError for what the maker may not show."""
        if not may_show(maker, part):
            raise PeopleError(_("You can only share what you see yourself."))
        [(id,)] = self._people.query(
            "INSERT INTO links (maker, path, search, panel, tags, texts, ends) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "RETURNING id",
            *(maker.name, path, search, panel, "\n".join(part.tags), part.texts, time.time() + days * 86_400),
        )
        [link] = self._rows("id = ?", id)
        return f"{PATH}?link={id}&signature={self._signature(link)}"

    def all(self) -> list[Link]:
        """Those that have not expired for a month, the newest first."""
        self._people.query("DELETE FROM links WHERE ends < ?", time.time() - 30 * 86_400)
        return self._rows("true ORDER BY id DESC")

    def revoke(self, id: int) -> None:
        self._people.query("DELETE FROM links WHERE id = ?", id)

    def find(self, id: str, signature: str) -> Link | None:
        """The link, if it is signed, was not revoked, and its maker may still show what it shows."""
        for link in self._rows("id = ?", id):
            if hmac.compare_digest(self._signature(link).encode(), signature.encode()):
                return link if may_show(self._people.known(link.maker), link.part) else None
        return None

    def _rows(self, condition: str, *values: object) -> list[Link]:
        columns = ", ".join(Link._fields)
        return [Link(*row) for row in self._people.query(f"SELECT {columns} FROM links WHERE {condition}", *values)]

    def _signature(self, link: Link) -> str:
        """Of all that the link shows."""
        self._people.query("INSERT OR IGNORE INTO secrets VALUES ('links', randomblob(32))")
        [(secret,)] = self._people.query("SELECT value FROM secrets WHERE name = 'links'")
        signed = hmac.new(secret, json.dumps(link).encode(), hashlib.sha256)
        return urlsafe_b64encode(signed.digest()).decode().rstrip("=")


def may_show(maker: Visitor | None, part: Part) -> bool:
    """Whether somebody may show these accounts, and comments of them, to whoever has a link."""
    if maker is None or not maker.may("share"):
        return False
    is_within = maker.sees_all or (bool(part.tags) and set(part.tags) <= set(maker.part.tags))
    return is_within and (maker.part.texts or not part.texts)


def add(server: FastAPI, answers: Answers, links: Links) -> None:
    @server.get(PATH, include_in_schema=False)
    def shared(link: str = "", signature: str = "") -> Response:
        found = links.find(link, signature)
        if found is None:
            invalid = _("This link is not valid: it was changed, or whoever made it took it back.")
            return _page(_("No such link"), invalid, 404)
        if found.ends < time.time():
            expired = _("This link expired on {day}. Ask {person} for a new one.", day=full_date(found.last_day),
                        person=found.maker)  # fmt: skip
            return _page(_("Link expired"), expired, 410)
        VISITOR.set(Visitor(f"link {found.id}", "viewer", found.part))
        try:
            drawn = report.drawn(found.path, answers, View.read(found.search, answers.newest()), found.panel)
        except WarehouseError:
            return _page(_("Nothing to show"), _("The data can't be read right now. Try again later."), 503)
        if drawn is None:
            none = _("“{panel}” has no data in this period.", panel=found.panel)
            return _page(_("Nothing to show"), none, 404)
        title = f"{_(report.TITLES[found.path])} – Toxwatch"
        return _document(report.html_of(drawn), title, 200, "*" if found.panel else "'none'")


def _page(title: str, text: str, status: int) -> Response:
    return _document(report.html_of(note(text, title)), title, status, "*")


def _document(body: str, title: str, status: int, ancestors: str) -> Response:
    headers = {"Content-Security-Policy": POLICY.format(ancestors=ancestors)}
    return HTMLResponse(report.document(title, body, HEAD), status, headers)
