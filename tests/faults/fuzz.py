"""Input made up by Hypothesis, and real input with bytes changed, for whatever reads what strangers send."""

import gzip
import itertools
import json
import re
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dashboard.app import create
from dashboard.people import People
from jobs.alerts.rules import read_rules
from jobs.collect import imports
from jobs.config.settings import PROJECT, SHIPPED
from jobs.config.targets import read_targets
from jobs.errors import BadInput
from models.text import clean_text, text_key
from tests.conftest import comment_item
from tests.fixtures.exports import workbook, zipped
from tests.test_sites import ANSWER, EXPORTS, KEPT, POST
from warehouse import MistakenFile
from warehouse.policies import read_policies

SMALL = SHIPPED.with_name("bilstm")
PASSWORD = "correct horse battery"
FIELDS = (
    "id",
    "text",
    "ownerUsername",
    "timestamp",
    "postUrl",
    "replies",
    "likesCount",
    "body",
    "author",
    "data",
    "items",
    *("post", "parent", "content", "author_name", "date_gmt"),
    *("topic_id", "post_number", "username", "cooked", "post_stream", "actions_summary"),
    *("storyID", "authorID", "revisions", "createdAt", "actionCounts"),
)
HOSTS = ("instagram", *imports.SITES)
FORMS = {"targets.toml": read_targets, "alerts.toml": read_rules, "policies.toml": read_policies}
ANYTHING = st.text(st.characters(codec=None, categories=None), max_size=300)  # lone surrogates too
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | ANYTHING, inner, max_size=5),
    max_leaves=12,
)


@st.composite
def changed(draw: st.DrawFn, contents: tuple[bytes, ...]) -> bytes:
    """A real file in which some bytes are others, are missing or are there twice."""
    content = bytearray(draw(st.sampled_from(contents)))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(0, 20))
        content[at : at + length] = draw(st.binary(max_size=20) | st.just(bytes(content[at : at + length]) * 2))
    return bytes(content)


def _exports() -> dict[str, tuple[bytes, ...]]:
    item = comment_item(replies=[comment_item(id="2", text="no")])
    lines = "\n".join(json.dumps(one) for one in (item, comment_item(id="3"))).encode()
    table = b'id,author,body,timestamp\n1,ann,What a picture,2026-11-10T12:00:00Z\n2,bob,"a, b",10/11/2026\n'
    wrapped = json.dumps(
        {"data": [{"id": "1", "message": "hello", "created_time": "2026-11-10T12:00:00+0000"}]}
    ).encode()
    sheet = workbook({"id": "1", "author": "ann", "body": "What a picture", "timestamp": 46336.5})
    posts = json.dumps({"latest_posts": [POST, ANSWER]}).encode()
    return {
        ".xml": ((EXPORTS / "wordpress.xml").read_bytes(),),
        ".xlsx": (sheet,),
        ".csv.zip": (zipped(("comments.csv", table.decode())),),
        ".jsonl.gz": (gzip.compress(lines, mtime=0),),
        ".csv": (table,),
        ".tsv": (table.replace(b",", b"\t"),),
        ".jsonl": (lines, json.dumps(KEPT).encode()),
        ".json": (wrapped, b"[%s]" % lines, posts, (EXPORTS / "wordpress.json").read_bytes()),
    }


def importers(examples: int) -> None:
    """An export is read, or refused in a sentence."""
    exports = _exports()
    made_up = VALUES.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))

    @_often(examples)
    @given(st.data())
    def read(data: st.DataObject) -> None:
        suffix = data.draw(st.sampled_from(sorted(exports)))
        content = data.draw(changed(exports[suffix]) | st.binary(max_size=300) | made_up)
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / f"export{suffix}"
            file.write_bytes(content)
            account = imports.account_named(data.draw(st.sampled_from(HOSTS)), "nasa")
            try:
                found = imports.preview(file, account, date(2026, 11, 10), {}, None)
            except BadInput:
                return
            for row in found.rows:
                text_key(clean_text(row["text"] or ""))

    read()


def text_rule(examples: int) -> None:
    """Whatever a text is, it has a clean form, which is its own."""

    @_often(examples)
    @given(ANYTHING)
    def clean(text: str) -> None:
        found = clean_text(text)
        assert clean_text(found) == found
        assert text_key(found)

    clean()


def toml(examples: int) -> None:
    """A file of settings is read, or the message names it."""
    real = {name: (PROJECT / name).read_bytes() for name in FORMS}

    @_often(examples)
    @given(st.sampled_from(sorted(FORMS)), st.data())
    def configure(name: str, data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / name
            file.write_bytes(data.draw(changed((real[name],)) | st.binary(max_size=200)))
            try:
                FORMS[name](file)
            except (BadInput, MistakenFile) as mistake:
                message = str(mistake)
            else:
                return
            assert str(file) in message

    configure()


def login(examples: int) -> None:
    """Nobody gets in without the password, nothing breaks, and nobody is led elsewhere."""
    with tempfile.TemporaryDirectory() as place:
        people = People(Path(place) / "people.db")
        people.add("ann", PASSWORD)
        application = create(Path(place) / "warehouse", lambda: SMALL, None, people)
        addresses = itertools.count(1)  # an address that guesses often has to wait

        @_often(examples)
        @given(ANYTHING, ANYTHING, st.just("") | ANYTHING, ANYTHING, st.binary(max_size=200), st.booleans())
        def sign_in(name: str, password: str, token: str, onwards: str, body: bytes, is_form: bool) -> None:
            guest = TestClient(application, follow_redirects=False, client=(f"10.0.0.{next(addresses)}", 1))
            form = {"name": name, "password": password, "token": token or _token(guest)}
            sent: dict[str, Any] = {"data": _encoded(form)} if is_form else {"content": body}
            answer = guest.post("/login", params=_encoded({"next": onwards}), **sent)
            assert answer.status_code < 500
            assert "location" not in answer.headers
            assert not any(cookie.startswith("session") for cookie in answer.headers.get_list("set-cookie"))

        sign_in()


def perspective(examples: int) -> None:
    """Every request to Perspective's address is answered, in that API's form."""
    with tempfile.TemporaryDirectory() as place:
        client = TestClient(create(Path(place) / "warehouse", lambda: SMALL, None), base_url="http://127.0.0.1")
        asked = st.fixed_dictionaries(
            {
                "comment": st.fixed_dictionaries({"text": ANYTHING}) | VALUES,
                "requestedAttributes": st.dictionaries(st.sampled_from(["TOXICITY", "THREAT"]), st.just({})) | VALUES,
            },
            optional={"languages": VALUES, "spanAnnotations": VALUES, "clientToken": VALUES},
        )
        made_up = (asked | VALUES).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))

        @_often(examples)
        @given(made_up | st.binary(max_size=200))
        def analyze(body: bytes) -> None:
            answer = client.post(
                "/v1alpha1/comments:analyze", content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code in (200, 400, 401, 413, 422), answer.text
            assert answer.json()

        analyze()


def _token(guest: TestClient) -> str:
    [token] = re.findall(r'name="token" value="([^"]+)"', guest.get("/login").text)
    return str(token)


def _often(examples: int) -> Callable[..., Any]:
    return settings(max_examples=examples, deadline=None, database=None, derandomize=True,
                    suppress_health_check=list(HealthCheck))  # fmt: skip


def _encoded(form: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}


READERS: dict[str, Callable[[int], None]] = {
    "importers": importers,
    "text rule": text_rule,
    "TOML": toml,
    "login": login,
    "Perspective": perspective,
}
