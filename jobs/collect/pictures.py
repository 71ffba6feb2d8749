"""Fetches pictures from wherever posts and comments say they are, and trusts nothing that it meets there.

An address is looked up once and the connection goes to what was looked up, so a name cannot lead inside the network,
also not after a redirect. Bytes and seconds are counted here, whatever a host says of them, and what a picture is is
told from its first bytes. Nothing is fetched twice: not what an earlier night has, and not an address that changes with
every visit because it is signed.
"""

import http.client
import re
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from jobs.config.settings import STAND_IN_TOKEN, Settings
from models.pictures import MOST_BYTES, NOT_INSTALLED, refusal

AT_ONCE = 8
SECONDS = 15.0  # for one picture, its redirects included
REDIRECTS = 3
REDIRECTED = (301, 302, 303, 307, 308)
HANGS = 3  # of a host in one night; then it is left alone
CHUNK = 1 << 16
HEAD = 4096  # bytes that tell what a file is
HEADERS = {"User-Agent": "toxwatch", "Accept": "image/*"}
PORTS = {"http": 80, "https": 443}
TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 addresses behind a gateway, private ones too
SIGNED = re.compile(r"(?:^|\.)(?:cdninstagram\.com|fbcdn\.net|tiktokcdn(?:-\w+)?\.com)$")  # the query is a signature
STAND_IN = "pictures.stand-in.invalid"  # a name that exists nowhere: the stand-in's pictures, at its own address only
ADDRESS = f"https://{STAND_IN}/pictures/"
PASSING = frozenset(
    {"budget", "unreachable", "timed_out", "refused", "cut_off", NOT_INSTALLED}
)  # tried again on a later night


class NotFetched(Exception):
    """With the reason."""


class Fetched(NamedTuple):
    address: str
    content: bytes | None
    reason: str | None


@dataclass
class Budget:
    """Of a night."""

    bytes: int
    until: float  # by the monotonic clock
    hangs: Counter[str] = field(default_factory=Counter)  # by host
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, size: int) -> None:
        with self._lock:
            self.bytes -= size
            if self.bytes < 0:
                raise NotFetched("budget")

    def seconds_left(self) -> float:
        if self.bytes <= 0 or (left := self.until - time.monotonic()) <= 0:
            raise NotFetched("budget")
        return min(left, SECONDS)


def lasting(address: str) -> str:
    """What stays of an address from night to night."""
    with suppress(ValueError):
        parts = urlsplit(address)
        if SIGNED.search(parts.hostname or ""):
            return parts.path
    return address.partition("#")[0]


def fetch_all(settings: Settings, addresses: Iterable[str], budget: Budget, keep: Callable[[Fetched], None]) -> None:
    """Several at a time; `keep` is told of each as soon as it is there, one after another."""
    lock = threading.Lock()

    def fetch_one(address: str) -> None:
        try:
            found = Fetched(address, fetch(settings, address, budget), None)
        except NotFetched as error:
            found = Fetched(address, None, str(error))
        with lock:
            keep(found)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for task in [pool.submit(fetch_one, address) for address in addresses]:
            task.result()


def fetch(settings: Settings, address: str, budget: Budget) -> bytes:
    """Raises NotFetched with the reason."""
    until = time.monotonic() + budget.seconds_left()
    for _ in range(REDIRECTS + 1):
        place = _place(address)
        host = place.hostname or ""
        if budget.hangs[host] >= HANGS:
            raise NotFetched("timed_out")
        try:
            answer = _asked(settings, place, until, budget)
        except NotFetched as error:
            budget.hangs[host] += str(error) == "timed_out"
            raise
        if isinstance(answer, bytes):
            return answer
        address = urljoin(place.geturl(), answer)
    raise NotFetched("too_many_redirects")


def _place(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        is_known = parts.scheme in PORTS and parts.port in (None, PORTS[parts.scheme]) and parts.hostname
    except ValueError:
        is_known = None
    if not is_known or parts.username is not None:
        raise NotFetched("no_address")
    return parts


def _asked(settings: Settings, place: SplitResult, until: float, budget: Budget) -> bytes | str:
    """The content, or where the picture is instead. A timer ends what hangs, wherever it hangs."""
    host = place.hostname or ""
    is_stand_in = host == STAND_IN and settings.apify_token == STAND_IN_TOKEN
    at = urlsplit(settings.apify_url) if is_stand_in else place
    connection, opened = http.client.HTTPConnection(host, PORTS[place.scheme]), list[socket.socket]()
    timer = threading.Timer(max(until - time.monotonic(), 0), _cut, [opened])
    timer.daemon = True
    timer.start()
    try:
        connection.sock = _connected(at, until, opened, anywhere=is_stand_in)
        target = place._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection.request("GET", target, headers=HEADERS | {"Host": place.netloc})
        answer = connection.getresponse()
        if answer.status in REDIRECTED and (there := answer.headers.get("Location")):
            return there
        if answer.status != 200:
            raise NotFetched("refused")
        return _content(answer, budget, until)
    except (OSError, http.client.HTTPException, ValueError):
        raise NotFetched("timed_out" if time.monotonic() >= until else "unreachable") from None
    finally:
        timer.cancel()
        connection.close()
        for one in opened:
            one.close()


def _connected(at: SplitResult, until: float, opened: list[socket.socket], anywhere: bool) -> socket.socket:
    """To what the name stands for now, if all of it is on the internet; `opened` is told of each socket."""
    host, port = at.hostname or "", at.port or PORTS[at.scheme]
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not anywhere and not all(map(is_public, found)):
        raise NotFetched("private_address")
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    opened.append(socket.create_connection((found[0], port), left))
    if at.scheme == "https":
        secure = ssl.create_default_context()
        opened.append(secure.wrap_socket(opened[0], server_hostname=host, do_handshake_on_connect=False))
        opened[-1].do_handshake()  # type: ignore[attr-defined]
    return opened[-1]


def _content(answer: http.client.HTTPResponse, budget: Budget, until: float) -> bytes:
    content = bytearray()
    while chunk := answer.read(CHUNK):
        budget.spend(len(chunk))
        content += chunk
        if len(content) > MOST_BYTES:
            raise NotFetched("too_many_bytes")
        if reason := refusal(bytes(content[:HEAD])):
            raise NotFetched(reason)
    if time.monotonic() >= until:
        raise TimeoutError
    if answer.length:  # what was announced and did not come
        raise NotFetched("cut_off")
    return bytes(content)


def is_public(address: str) -> bool:
    """Whether an address is on the internet, and neither here, nearby, nor a way back to here."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if inner := ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]):
            return is_public(str(inner)) and ip.ipv4_mapped is not None
        if ip in TRANSLATED:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _cut(opened: list[socket.socket]) -> None:
    """Of what is open only; a response may hold a socket that its connection has let go of."""
    for one in opened:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
