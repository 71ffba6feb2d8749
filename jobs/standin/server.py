"""Apify's HTTP API, as much of it as the apify-client asks, served on 127.0.0.1 over the invented world."""

import gzip
import json
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from jobs.standin import memes
from jobs.standin.actors import ACTORS, DEFAULTS, REPEAT_EVERY, with_repeats
from jobs.standin.faults import ENDINGS, Fault, spoilt
from jobs.standin.world import World, at

TOKEN = "stand-in-token"
PICTURES = "/pictures/"
BELOW = "max-total-charge-usd-below-minimum"
OPTIONS = {"timeoutSecs": "timeout", "maxItems": "maxItems", "maxTotalChargeUsd": "maxTotalChargeUsd"}
LONGEST_WAIT = 60  # seconds that Apify's own server waits for a run
NO_LIMIT = 999_999_999_999  # what Apify reports where no limit was asked
UNFINISHED = ("READY", "RUNNING", "ABORTING")
OF_MONTH = ("ActorComputeUnits", "ExternalDataTransferGbytes", "ProxySerps", "ResidentialProxyGbytes")
COUNTED = ("ActorMemoryGbytes", "ActorCount", "ActorTaskCount", "TeamAccountSeatCount")
LIMITS = (
    "maxMonthlyUsageUsd",
    "maxConcurrentActorJobs",
    *(f"maxMonthly{one}" for one in OF_MONTH),
    *(f"max{one}" for one in COUNTED),
)
USED = ("activeActorJobCount", *(f"monthly{one}" for one in OF_MONTH), *(one[0].lower() + one[1:] for one in COUNTED))
ERROR_TYPES = {
    401: "user-or-token-not-found",
    402: "not-enough-usage-to-run-paid-actor",
    403: "insufficient-permissions",
    404: "record-not-found",
    429: "rate-limit-exceeded",
}


@dataclass(frozen=True)
class Habits:
    """How the service behaves when nothing goes wrong."""

    run_seconds: float = 0.01
    usage_seconds: float = 0.0  # after a run's end, until it is told what it cost
    repeats: int = REPEAT_EVERY  # one item in so many is sent again
    bills_replies: bool = False  # those that are nested in a comment
    days_behind: int = 0  # this machine's clock

    def billed(self, item: dict[str, Any]) -> int:
        return 1 + (len(item.get("replies") or []) if self.bills_replies else 0)


@dataclass
class Run:
    id: str
    actor: str
    input: dict[str, Any]
    options: dict[str, float]
    items: list[dict[str, Any]]
    ends_as: str
    cost_usd: float
    ends_at: float
    seen_at: datetime  # the clock of the invented world
    usage_seconds: float = 0.0  # after its end, until what it cost is told; half of it is told half as late
    is_counted: bool = True

    @property
    def status(self) -> str:
        return "RUNNING" if time.monotonic() < self.ends_at else self.ends_as

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "actId": self.actor.replace("/", "~"),
            "userId": "stand-in",
            "startedAt": _iso(self.seen_at),
            "finishedAt": None if self.status == "RUNNING" else _iso(self.seen_at),
            "status": self.status,
            "meta": {"origin": "API"},
            "stats": {},
            "options": {"build": "latest", "timeoutSecs": 0, "memoryMbytes": 1024, "diskMbytes": 2048, **self.options},
            "buildId": "build",
            "buildNumber": "0.0.1",
            "defaultKeyValueStoreId": f"kv-{self.id}",
            "defaultDatasetId": f"ds-{self.id}",
            "defaultRequestQueueId": f"rq-{self.id}",
            "usageTotalUsd": self._told_usd(),
        }

    def _told_usd(self) -> float:
        passed = time.monotonic() - self.ends_at
        if passed < self.usage_seconds / 2 or not self.is_counted:
            return 0.0
        return self.cost_usd if passed >= self.usage_seconds else round(self.cost_usd / 2, 6)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    token = TOKEN

    def __init__(self, host: str, port: int, habits: Habits, faults: list[Fault], world: World) -> None:
        super().__init__((host, port), _Handler)
        self.host, self.world, self.faults, self.habits = host, world, faults, habits
        self.calls: list[str] = []  # "GET /v2/actor-runs/…"
        self.runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_address[1]}"

    @property
    def spent_usd(self) -> float:
        return sum(run.cost_usd for run in list(self.runs.values()))

    def fault(self, call: str, asked: dict[str, Any]) -> Fault | None:
        with self._lock:
            self.calls.append(call)
            for fault in self.faults:
                if fault.times > 0 and re.match(fault.on, call) and fault.asked in json.dumps(asked):
                    fault.times -= 1
                    return fault
        return None

    def start(
        self, actor: str, asked: dict[str, Any], query: dict[str, str], seen_at: datetime, fault: Fault | None
    ) -> Run:
        produce, price, least_usd = ACTORS[actor]
        limit = NO_LIMIT
        if "maxTotalChargeUsd" in query:  # maxItems is for actors that are paid by result, which these are not
            cap = float(query["maxTotalChargeUsd"])
            if cap < least_usd:
                raise Refused(400, f"Maximum cost per run is less than the allowed minimum of ${least_usd}", BELOW)
            limit = min(limit, int(cap / price + 1e-9))
        every = with_repeats(produce(self.world, asked, seen_at), self.habits.repeats)
        items = list(islice(spoilt(fault, list(every)), limit))
        if fault and fault.what == "blocked":
            items = [_blocked(asked)]
        run = Run(
            id=secrets.token_urlsafe(9),  # never the same twice: a record of an earlier server finds nothing here
            actor=actor,
            input=DEFAULTS.get(actor, {}) | asked,
            options={key: float(query[name]) for key, name in OPTIONS.items() if name in query},
            items=items,
            ends_as=str(fault.what) if fault and fault.what in ENDINGS else "SUCCEEDED",
            cost_usd=round(sum(map(self.habits.billed, items)) * price, 6),
            ends_at=time.monotonic() + (fault.seconds if fault and fault.what == "long" else self.habits.run_seconds),
            seen_at=seen_at,
            usage_seconds=self.habits.usage_seconds,
            is_counted=not (fault and fault.what == "uncounted"),
        )
        self.runs[run.id] = run
        return run


@contextmanager
def serving(
    seed: int = 1,
    faults: list[Fault] | None = None,
    port: int = 0,
    run_seconds: float = 0.01,
    host: str = "127.0.0.1",
    habits: Habits | None = None,
    world: World | None = None,
) -> Iterator[Server]:
    with Server(host, port, habits or Habits(run_seconds), faults or [], world or World(seed)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Refused(Exception):
    def __init__(self, status: int, message: str, type: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.type = type or ERROR_TYPES.get(status, "internal-server-error")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_args: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        self.path = unquote(address.path)
        self.query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        asked = _json(body, self.headers.get("Content-Encoding"))
        fault = self.server.fault(f"{self.command} {self.path}", asked)
        if fault and fault.what == "slow":
            time.sleep(fault.seconds)
        try:
            if fault and isinstance(fault.what, int):
                raise Refused(fault.what, "A fault was asked for.")
            if self.command == "GET" and self.path.startswith(PICTURES):
                self._send_picture(self.path.removeprefix(PICTURES))
                return
            if self.headers.get("Authorization") != f"Bearer {self.server.token}":
                raise Refused(401, "User was not found or authentication token is not valid")
            status, reply, headers = self._answer(asked, fault)
        except Refused as refused:
            message = {"type": refused.type, "message": str(refused)}
            status, reply, headers = refused.status, {"error": message}, {}
        match fault.what if fault else None:
            case "lost":
                self.close_connection = True
            case "reset":
                self._reset()
            case "html":
                self._send(200, b"<!doctype html><title>Bad gateway</title>", headers)
            case _:
                self._send(status, json.dumps(reply, ensure_ascii=False).encode(), headers)

    def _reset(self) -> None:
        """A connection that breaks when half of the answer has been sent."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n[{")
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _send(self, status: int, content: bytes, headers: dict[str, object]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def _send_picture(self, name: str) -> None:
        """To anybody, as hosts of pictures do."""
        content = memes.drawn(name)
        if content is None:
            raise Refused(404, f"There is no picture {name}")
        self._send(200, content, {})

    def _answer(self, asked: dict[str, Any], fault: Fault | None) -> tuple[int, object, dict[str, object]]:
        match self.command, *self.path.strip("/").split("/")[1:]:
            case "POST", ("actors" | "acts"), actor, "runs":
                run = self.server.start(self._actor(actor), asked, self.query, self._seen_at(), fault)
                return 201, {"data": run.as_json()}, {}
            case "GET", ("actors" | "acts"), actor, "runs":
                return 200, {"data": self._runs(self._actor(actor))}, {}
            case "GET", "actor-runs", id:
                return 200, {"data": self._waited(self._run(id)).as_json()}, {}
            case "POST", "actor-runs", id, "abort":
                return 200, {"data": _abort(self._run(id)).as_json()}, {}
            case "POST", "actor-runs", id, "resurrect":
                return 200, {"data": _resurrect(self._run(id), self.server.habits.run_seconds).as_json()}, {}
            case ("GET", "actor-runs", id, "dataset", "items") | ("GET", "datasets", id, "items"):
                return self._items(self._run(id.removeprefix("ds-")), fault)
            case "GET", "datasets", id:
                return 200, {"data": self._data_set(self._run(id.removeprefix("ds-")))}, {}
            case "GET", "key-value-stores", id, "records", "INPUT":
                return 200, self._run(id.removeprefix("kv-")).input, {}
            case "GET", "users", "me":
                return 200, {"data": {"id": "stand-in", "username": "stand-in"}}, {}
            case "GET", "users", "me", "limits":
                return 200, {"data": self._limits()}, {}
        raise Refused(404, f"There is no {self.command} {self.path}")

    def _actor(self, name: str) -> str:
        actor = name.replace("~", "/")
        if actor not in ACTORS:
            raise Refused(404, f"Actor {actor} was not found")
        return actor

    def _run(self, id: str) -> Run:
        if id not in self.server.runs:
            raise Refused(404, f"Actor run {id} was not found")
        return self.server.runs[id]

    def _seen_at(self) -> datetime:
        """The end of the night that the client names; without one, now."""
        night = re.search(r"night=(\d{4}-\d\d-\d\d)", self.headers.get("User-Agent", ""))
        return at(date.fromisoformat(night[1]) + timedelta(days=1)) if night else datetime.now(UTC)

    def _waited(self, run: Run) -> Run:
        seconds = min(float(self.query.get("waitForFinish", 0)), LONGEST_WAIT)
        time.sleep(max(0.0, min(seconds, run.ends_at - time.monotonic())))
        return run

    def _runs(self, actor: str) -> dict[str, Any]:
        runs = list(self.server.runs.values())  # others may start meanwhile
        listed = [run.as_json() for run in runs if run.actor == actor]
        found = [{key: value for key, value in run.items() if key != "options"} for run in listed]
        found = found[::-1] if self.query.get("desc") in ("true", "1") else found
        offset, limit = int(self.query.get("offset", 0)), int(self.query.get("limit", 1000))
        page = found[offset : offset + limit]
        return {"total": len(found), "offset": offset, "limit": limit, "count": len(page), "desc": False, "items": page}

    def _data_set(self, run: Run) -> dict[str, Any]:
        at_once = {name: _iso(run.seen_at) for name in ("createdAt", "modifiedAt", "accessedAt")}
        counts = {"itemCount": len(run.items), "cleanItemCount": len(run.items)}
        return {
            "id": f"ds-{run.id}",
            "name": None,
            "userId": "stand-in",
            "consoleUrl": self.server.url,
            **at_once,
            **counts,
        }

    def _items(self, run: Run, fault: Fault | None) -> tuple[int, object, dict[str, object]]:
        offset, limit = int(self.query.get("offset", 0)), int(self.query.get("limit", NO_LIMIT))
        page = run.items[offset : offset + limit]
        total = len(run.items)
        if fault and fault.what in ("short", "empty"):
            page = page[: len(page) // 2] if fault.what == "short" else []
            total = 0 if fault.what == "empty" else total
        if self.query.get("clean") in ("true", "1"):
            page = [{name: value for name, value in item.items() if name[0] != "#"} for item in page]
        paging = {"Total": total, "Offset": offset, "Count": len(page), "Limit": limit, "Desc": "false"}
        return 200, page, {f"X-Apify-Pagination-{name}": value for name, value in paging.items()}

    def _limits(self) -> dict[str, Any]:
        today = datetime.now(UTC) - timedelta(days=self.server.habits.days_behind)
        return {
            "monthlyUsageCycle": {"startAt": _iso(today), "endAt": _iso(today + timedelta(days=30))},
            "limits": dict.fromkeys(LIMITS, 100) | {"dataRetentionDays": 7},
            "current": dict.fromkeys(USED, 0) | {"monthlyUsageUsd": self.server.spent_usd},
        }


def _json(body: bytes, encoding: str | None) -> dict[str, Any]:
    if not body:
        return {}
    found: dict[str, Any] = json.loads(gzip.decompress(body) if encoding == "gzip" else body)
    return found


def _abort(run: Run) -> Run:
    if run.status in UNFINISHED:
        run.ends_as, run.ends_at = "ABORTED", time.monotonic()
    return run


def _resurrect(run: Run, seconds: float) -> Run:
    run.ends_as, run.ends_at = "SUCCEEDED", time.monotonic() + seconds
    return run


def _blocked(asked: dict[str, Any]) -> dict[str, Any]:
    urls = [value for value in asked.values() if isinstance(value, list)]
    first = urls[0][0] if urls else None
    return {
        "error": "no_items",
        "errorDescription": "Empty or private data for provided input",
        "inputUrl": first["url"] if isinstance(first, dict) else first,
        "requestErrorMessages": ["Error: Request blocked, retrying it again with different session"],
    }


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
