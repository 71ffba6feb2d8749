"""Pictures: what hosts and files may try, and a night of them from the address to the warehouse and back out of it."""

import base64
import re
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image, ImageDraw, ImageFont

from dashboard import pictures as page
from dashboard.inbox import Inbox
from dashboard.pages import comments, post
from dashboard.people import VISITOR, People, Visitor
from dashboard.view import Answers, View
from jobs import publish, standin
from jobs.collect import pictures as fetching
from jobs.collect.pictures import ADDRESS, Budget, NotFetched, fetch, is_public, lasting
from jobs.config.settings import STAND_IN_TOKEN, Settings
from jobs.lake.datasets import BY_NAME
from jobs.lake.months import merge
from jobs.lake.nights import Lake
from jobs.lake.raw import mapped_comments, read_raw
from jobs.standin import memes
from jobs.upkeep import backup, expire, forget, held, verify
from models import pictures
from models.scorer import load
from tests.conftest import SMALL
from tests.fixtures.nights import NIGHTS, copied, undone
from warehouse import Part
from warehouse.cases import Cases
from warehouse.measures import EXPIRED
from warehouse.pictures import content as stored_content
from warehouse.reader import Warehouse
from warehouse.reviews import Reviews

JPEG = b"\xff\xd8\xff" + bytes(2000)


def written(text: str, kind: str = "PNG", size: tuple[int, int] = (640, 200)) -> bytes:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((20, 60), text, "black", ImageFont.load_default(44))
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def png_that_says(width: int, height: int, content: bytes = b"") -> bytes:
    """A PNG of any size in a few bytes."""

    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + content
        + part(b"IDAT", zlib.compress(b"\0"))
        + part(b"IEND", b"")
    )


def huge_text_chunk() -> bytes:
    """A comment in a PNG that unpacks to 200 MB."""
    packed = zlib.compress(bytes(200_000_000), 9)
    body = b"Comment\0\0" + packed
    return struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_the_text_on_a_picture_is_read(kind: str) -> None:
    assert pictures.text_on(pictures.opened(written("What a lovely day", kind))) == "What a lovely day"


def test_an_animation_is_its_first_picture() -> None:
    first, second = (Image.open(BytesIO(written(text))) for text in ("the first picture", "something else"))
    file = BytesIO()
    first.save(file, "GIF", save_all=True, append_images=[second] * 500)
    assert pictures.text_on(pictures.opened(file.getvalue())) == "the first picture"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no_picture"),
        (b"<html><body>Not found</body></html>", "no_picture"),
        (b"%PDF-1.7", "no_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "no_picture"),  # whose reader would start another program
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
        (b"  <svg onload='alert(1)'/>", "svg"),
        (b"<!-- -->" * 400 + b"<sv", "no_picture"),  # at once
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
        (b"\xff\xd8\xff\xe0 cut off", "damaged"),
        (written("half of it")[:900], "damaged"),
        (png_that_says(50_000, 50_000), "too_many_pixels"),  # 7.5 GB in 70 bytes
        (png_that_says(12_000, 9_000), "too_many_pixels"),  # 108 megapixels
        (png_that_says(10, 10, huge_text_chunk()), "damaged"),
        (b"GIF89a" + struct.pack("<HH", 65_000, 65_000) + bytes(20), "no_picture"),
        (b"BM" + bytes(pictures.MOST_BYTES), "too_many_bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_picture_or_too_much_is_set_aside(content: bytes, reason: str) -> None:
    with pytest.raises(pictures.SetAside, match=f"^{reason}$"):
        pictures.opened(content)


def test_a_damaged_picture_never_stops_the_others() -> None:
    whole = [written("some words", kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP")]
    for content in whole:
        for at in range(0, len(content), max(1, len(content) // 60)):
            spoilt = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
            try:
                pictures.opened(spoilt)
            except pictures.SetAside as reason:
                assert reason.args[0] in ("damaged", "no_picture", "too_many_pixels")  # noqa: PT017


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (16, 16)])
def test_tiny_and_narrow_pictures_have_no_text(size: tuple[int, int]) -> None:
    image = pictures.opened(written("", size=size))
    assert (pictures.text_on(image), len(pictures.looks(image))) == ("", 64)


def test_copies_look_nearly_alike_and_others_do_not() -> None:
    image = pictures.opened(written("a picture that is sent around"))
    smaller = image.resize((400, 125))
    other = pictures.opened(written("quite another one", size=(500, 500)))
    own = int(pictures.looks(image), 16)
    assert (own ^ int(pictures.looks(smaller), 16)).bit_count() < 16
    assert (own ^ int(pictures.looks(other), 16)).bit_count() > 16


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:1:1:1:1:80ff:fffe"],
)  # fmt: skip
def test_addresses_inside_the_network_are_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_addresses_on_the_internet_are_told(address: str) -> None:
    assert is_public(address)


def test_a_signed_address_is_the_same_picture_on_another_day() -> None:
    one = "https://scontent-fra3-1.cdninstagram.com/v/t51/12_n.jpg?oh=1&oe=2"
    assert lasting(one) == lasting("https://scontent-ams2-1.cdninstagram.com/v/t51/12_n.jpg?oh=3&oe=4")
    assert lasting("https://example.org/image?id=1") != lasting("https://example.org/image?id=2")
    assert lasting("https://[broken/a.jpg#b") == "https://[broken/a.jpg"
    assert lasting("https://cdninstagram.com.example.org/a?1") != lasting("https://cdninstagram.com.example.org/a?2")


class Host(BaseHTTPRequestHandler):
    """A host of pictures with everything that can be wrong with one."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/pictures/")
        if name.startswith("to-"):
            self.send_response(302)
            self.send_header("Location", {"to-itself": self.path, "to-good": f"{ADDRESS}good",
                                          "to-inside": "http://127.0.0.1/secret", "to-metadata": "http://169.254.169.254/",
                                          "to-file": "file:///etc/passwd", "to-port": "http://example.org:22/",
                                          "to-name": "http://localhost/secret"}[name])  # fmt: skip
            self.end_headers()
            return
        large = b"BM" + bytes(pictures.MOST_BYTES)
        content = {"page": b"<html>", "large": large, "endless": large}.get(name, JPEG)
        if name == "hangs":
            time.sleep(3)
        self.send_response(404 if name == "gone" else 200)
        self.send_header("Content-Type", "image/svg+xml" if name == "good" else "image/jpeg")
        if name != "endless":
            self.send_header("Content-Length", str({"cut": 9999, "lies": 3}.get(name, len(content))))
        self.end_headers()
        with_pauses = name == "drips"
        try:
            while True:
                for at in range(0, len(content), 1 if with_pauses else len(content)):
                    self.wfile.write(content[at : at + (1 if with_pauses else len(content))])
                    time.sleep(0.05 if with_pauses else 0)
                if name != "endless":
                    break
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def host(context: ssl.SSLContext | None = None) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def fetcher(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(fetching, "SECONDS", 1.0)
    with host() as url:
        yield replace(settings, apify_url=url, apify_token=STAND_IN_TOKEN)


def test_a_certificate_is_checked(fetcher: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with host(context) as url:
        over_tls = replace(fetcher, apify_url=url.replace("http:", "https:"))
        with pytest.raises(NotFetched, match="unreachable"):
            fetch(over_tls, f"{ADDRESS}good", budget())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert fetch(over_tls, f"{ADDRESS}good", budget()) == JPEG


def self_signed(folder: Path) -> tuple[Path, Path]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pictures")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(private)
    return files


def budget(megabytes: int = 50) -> Budget:
    return Budget(megabytes << 20, time.monotonic() + 60)


def test_a_picture_is_known_by_its_bytes_whatever_its_host_says(fetcher: Settings) -> None:
    assert fetch(fetcher, f"{ADDRESS}good", budget()) == JPEG
    assert fetch(fetcher, f"{ADDRESS}to-good", budget()) == JPEG


@pytest.mark.parametrize(
    ("name", "reason"),
    [("gone", "refused"), ("page", "no_picture"), ("large", "too_many_bytes"), ("cut", "cut_off"),
     ("endless", "too_many_bytes"), ("hangs", "timed_out"), ("drips", "timed_out"), ("to-itself", "too_many_redirects"),
     ("to-inside", "private_address"), ("to-metadata", "private_address"), ("to-name", "private_address"),
     ("to-file", "no_address"), ("to-port", "no_address")],
)  # fmt: skip
def test_a_host_can_neither_hang_nor_lie_nor_lead_inside(fetcher: Settings, name: str, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(NotFetched, match=f"^{reason}$"):
        fetch(fetcher, f"{ADDRESS}{name}", budget())
    assert time.monotonic() - started < 5


def test_only_who_works_with_the_stand_in_reaches_its_pictures(fetcher: Settings) -> None:
    with pytest.raises(NotFetched, match="unreachable"):
        fetch(replace(fetcher, apify_token="a real one"), f"{ADDRESS}good", budget())
    port = fetcher.apify_url.rpartition(":")[2]
    for address in (f"http://127.0.0.1:{port}/pictures/good", "http://127.0.0.1/pictures/good"):
        with pytest.raises(NotFetched, match=r"no_address|private_address"):
            fetch(fetcher, address, budget())


def test_a_name_that_stands_for_an_address_inside_is_refused(
    fetcher: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only one of its addresses is."""
    for found in (["10.0.0.8"], ["93.184.216.34", "127.0.0.1"]):
        entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in found]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, entries=entries, **__: entries)
        with pytest.raises(NotFetched, match="private_address"):
            fetch(fetcher, "http://pictures.example.org/a.jpg", budget())


def test_a_host_that_hangs_is_left_alone_after_some_tries(fetcher: Settings) -> None:
    of_night = budget()
    reasons, started = [], time.monotonic()
    for _ in range(20):
        with pytest.raises(NotFetched) as error:
            fetch(fetcher, f"{ADDRESS}hangs", of_night)
        reasons.append(str(error.value))
    assert set(reasons) == {"timed_out"}
    assert time.monotonic() - started < 3 * fetching.HANGS


def test_a_night_fetches_no_more_than_its_budget(fetcher: Settings) -> None:
    found: list[Any] = []
    of_night = Budget(5 * len(JPEG), time.monotonic() + 60)
    fetching.fetch_all(fetcher, [f"{ADDRESS}good?{n}" for n in range(40)], of_night, found.append)
    assert len(found) == 40
    assert sum(one.content is not None for one in found) <= 5
    assert {one.reason for one in found if one.content is None} == {"budget"}


@pytest.fixture(scope="module")
def night(after_one_night: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[str]]:
    """The stand-in's night, again from its second stage on, with pictures; and what its host was asked for."""
    from jobs import clean, score

    settings = copied(after_one_night, tmp_path_factory.mktemp("pictures"))
    settings = undone(settings, "clean", "scored", "texts", "published", "monitored")
    targets = settings.data_dir.with_name("targets.toml")
    targets.write_text("[pictures]\nmegabytes = 20\n" + after_one_night.targets_file.read_text())
    with standin.serving() as server:
        settings = replace(settings, targets_file=targets, apify_url=server.url)
        for stage in (clean, score, publish):
            stage.run(settings, NIGHTS[0])
        return settings, [call for call in server.calls if "/pictures/" in call]


def warehouse(settings: Settings, query: str, **values: Any) -> list[tuple[Any, ...]]:
    return Warehouse(settings.data_dir / "warehouse").query(query, values)


@pytest.mark.long
def test_the_text_on_pictures_of_a_night_is_scored(night: tuple[Settings, list[str]]) -> None:
    settings, calls = night
    assert len(calls) == len(set(calls)) > 0
    rows = warehouse(settings, "SELECT text, toxic, comment_id, reason FROM pictures_scored")
    texts = {text for text, *_ in rows}
    assert {text.replace(" / ", " ") for texts in memes.MEMES.values() for text in texts} >= texts - {""} != set()
    assert {reason for *_, reason in rows} == {None}
    assert all((toxic is None) == (text == "") for text, toxic, *_ in rows)
    assert {comment is None for _, _, comment, _ in rows} == {True, False}
    [(all_comments, scored)] = warehouse(settings, "SELECT count(*), count(toxic) FROM comments_scored")
    [(counted,)] = warehouse(settings, "SELECT sum(comments) FROM days WHERE label = 'toxic'")
    assert all_comments > scored == counted  # pictures count in no share


@pytest.mark.long
def test_a_night_run_again_fetches_and_reads_nothing_again(
    night: tuple[Settings, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs import clean

    settings = copied(night[0], tmp_path)
    before = rows_in(settings)
    monkeypatch.setattr("jobs.pictures.read_pictures", lambda *_: pytest.fail("It was read again."))
    with standin.serving() as server:
        clean.run(replace(settings, apify_url=server.url), NIGHTS[0])
        assert server.calls == []
    assert rows_in(settings) == before


@pytest.mark.long
def test_a_night_goes_on_where_nothing_can_read_pictures(
    night: tuple[Settings, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs import clean

    settings = undone(copied(night[0], tmp_path), "pictures")
    monkeypatch.setattr("jobs.pictures.is_installed", lambda: False)
    clean.run(replace(settings, apify_url="http://127.0.0.1:9"), NIGHTS[0])
    assert {(row["reason"], row["content"]) for row in rows_in(settings)} == {("not_installed", None)}


@pytest.mark.long
def test_a_picture_is_forgotten_to_the_last_byte_with_those_who_sent_it(
    night: tuple[Settings, list[str]], tmp_path: Path
) -> None:
    settings = copied(night[0], tmp_path)
    sent = """
        SELECT picture_id, list(DISTINCT author_hash), count(*) FROM pictures JOIN comments USING (comment_id)
        WHERE author_hash IS NOT NULL GROUP BY ALL ORDER BY ALL LIMIT 1"""
    [(picture_id, authors, times)] = warehouse(settings, sent)
    [(of_all,)] = warehouse(settings, "SELECT count(*) FROM pictures")
    content = pictures_of(settings)[picture_id]
    assert files_with(settings, content) == ["shown.parquet"]
    assert content == stored_content(settings.data_dir, picture_id)

    holder = next(row for row in rows_in(settings) if row["picture_id"] == picture_id and row["content"])
    [(name,)] = {
        (comment["author"],)
        for line in read_raw(Lake(settings.data_dir), NIGHTS[0])
        for comment in (mapped_comments(line) if line.kind == "comment" else ())
        if comment["comment_id"] == holder["comment_id"]
    }
    held.run(settings, f"{holder['platform']}:{name}", tmp_path / "held.json")
    assert base64.b64encode(content).decode() in (tmp_path / "held.json").read_text()

    forget.run(settings, set(authors), set())
    assert files_with(settings, content) == []
    assert picture_id not in {row["picture_id"] for row in rows_in(settings)}
    assert warehouse(settings, "SELECT count(*) FROM pictures") == [(of_all - times,)]
    assert stored_content(settings.data_dir, picture_id) is None
    assert verify.run(settings).problems == []


@pytest.mark.long
def test_pictures_go_with_raw_items_and_their_text_with_texts(
    night: tuple[Settings, list[str]], tmp_path: Path
) -> None:
    settings = copied(night[0], tmp_path)
    rules = settings.targets_file.read_text()
    later = NIGHTS[0] + timedelta(days=5)
    for limits, column in (("raw_days = 2", "content"), ("raw_days = 2\ntext_days = 2", "text")):
        targets = tmp_path / "targets.toml"
        targets.write_text(f"[keep]\n{limits}\n{rules}")
        expire.run(replace(settings, targets_file=targets), later, anyway=True)
        assert {row[column] for row in rows_in(settings)} <= {None, "", EXPIRED}
        [(texts,)] = warehouse(settings, "SELECT count(*) FROM pictures WHERE text NOT IN ('', $old)", old=EXPIRED)
        assert (texts == 0) == (column == "text")
    assert warehouse(settings, "SELECT count(toxic) > 0 FROM pictures_scored") == [(True,)]


@pytest.mark.long
def test_pictures_move_into_their_month(night: tuple[Settings, list[str]], tmp_path: Path) -> None:
    settings = copied(night[0], tmp_path)
    lake, before = Lake(settings.data_dir), warehouse(settings, "FROM pictures ORDER BY ALL")
    (picture_id, content), *_ = pictures_of(settings).items()
    merge(lake, BY_NAME["pictures"], [NIGHTS[0]])
    assert stored_content(settings.data_dir, picture_id) == content
    publish.rebuild(settings)
    assert warehouse(settings, "FROM pictures ORDER BY ALL") == before


@pytest.mark.long
def test_a_backup_holds_pictures(night: tuple[Settings, list[str]], tmp_path: Path) -> None:
    settings = copied(night[0], tmp_path)
    backup.backup(settings, tmp_path / "backup.tar")
    restored = replace(settings, data_dir=tmp_path / "restored")
    backup.restore(restored, str(tmp_path / "backup.tar"))
    publish.rebuild(restored)  # by the model of these settings, which nobody has promoted
    assert pictures_of(restored) == pictures_of(settings) != {}
    for table in ("pictures", "pictures_scored"):
        assert warehouse(restored, f"FROM {table} ORDER BY ALL") == warehouse(settings, f"FROM {table} ORDER BY ALL")
    assert verify.run(restored).problems == []


@pytest.mark.long
def test_a_page_shows_a_small_copy_to_those_who_may_read_texts(
    night: tuple[Settings, list[str]], tmp_path: Path
) -> None:
    settings = copied(night[0], tmp_path)
    (picture_id, content), *_ = pictures_of(settings).items()
    answers = Answers(Warehouse(settings.data_dir / "warehouse"), lambda: VISITOR.get().part)
    [(post_id,)] = warehouse(settings, "SELECT any_value(post_id) FROM pictures WHERE picture_id = $id", id=picture_id)
    with_pictures = View.read(f"?post={post_id}", answers.newest())
    assert f"{page.PATH}{picture_id}" in str(post.layout(answers, with_pictures))
    server = FastAPI()
    page.add(server, answers, settings.data_dir)
    with TestClient(server) as client:
        answer = client.get(f"{page.PATH}{picture_id}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.content != content
        assert max(Image.open(BytesIO(answer.content)).size) <= page.LONGEST_SIDE
        assert client.get(f"{page.PATH}{'0' * 64}").status_code == 404
    for part in (Part(texts=False), Part(("another client",))):
        with TestClient(_as_visitor(server, Visitor("cleo", "viewer", part))) as client:
            assert client.get(f"{page.PATH}{picture_id}").status_code == 404


@pytest.mark.long
def test_a_comment_s_own_page_shows_the_pictures_it_came_with(
    night: tuple[Settings, list[str]], tmp_path: Path
) -> None:
    settings = night[0]
    answers = Answers(Warehouse(settings.data_dir / "warehouse"), lambda: VISITOR.get().part)
    (day, comment_id, picture_id), *_ = warehouse(
        settings,
        "SELECT posted_at::DATE, comment_id, picture_id FROM pictures p JOIN comments c USING (comment_id)",
    )
    cases = Cases.in_folder(tmp_path)
    inbox = Inbox(answers, Reviews.in_folder(tmp_path), cases, People.in_folder(tmp_path), lambda: 5.0)
    opened = View.read(f"?comment={day}/{comment_id}", answers.newest())
    shown = str(comments.layout(answers, opened, lambda: load(SMALL), inbox, cases, lambda _: None))
    assert re.findall(rf"{page.PATH}(\w+)", shown) == [picture_id]


def _as_visitor(app: Any, visitor: Visitor) -> Any:
    async def asked(*request: Any) -> None:
        VISITOR.set(visitor)
        await app(*request)

    return asked


def rows_in(settings: Settings) -> list[dict[str, Any]]:
    return pyarrow.dataset.dataset(settings.data_dir / "pictures").to_table().to_pylist()


def pictures_of(settings: Settings) -> dict[str, bytes]:
    return {row["picture_id"]: row["content"] for row in rows_in(settings) if row["content"]}


def files_with(settings: Settings, content: bytes) -> list[str]:
    part = content[len(content) // 2 :][:100]
    return [path.name for path in settings.data_dir.rglob("*") if path.is_file() and part in path.read_bytes()]
