"""Apify's HTTP API, as much of it as the apify-client asks, served on 127.0.0.1 over the invented world."""

import gzip
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from urllib.parse import parse_qs, unquote, urlsplit

from jobs.standin.actors import ACTORS, with_repeats
from jobs.standin.world import World, at

TOKEN = "stand-in-token"
LONGEST_WAIT = 60  # seconds that Apify's own server waits for a run
NO_LIMIT = 999_999_999_999  # what Apify reports where no limit was asked
UNFINISHED = ("READY", "RUNNING", "ABORTING")
ERROR_TYPES = {
    401: "user-or-token-not-found",
    402: "not-enough-usage-to-run-paid-actor",
    403: "insufficient-permissions",
    404: "record-not-found",
    429: "rate-limit-exceeded",
}


@dataclass
class Fault:
    """What goes wrong with the requests that `on` matches ("POST .*comment-scraper"), so many times.

    A number is answered instead of serving; "lost" serves, then drops the line; "slow" waits `seconds` first,
    "long" makes the run take `seconds`; FAILED, TIMED-OUT and ABORTED end a run with half of its items;
    "blocked" sends an error item in place of all items.
    """

    what: int | str
    on: str
    times: int = 1
    seconds: float = 0.0


@dataclass
class Run:
    id: str
    actor: str
    input: dict
    options: dict[str, float]
    items: list[dict]
    ends_as: str
    cost_usd: float
    ends_at: float
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def status(self) -> str:
        return "RUNNING" if time.monotonic() < self.ends_at else self.ends_as

    def as_json(self) -> dict:
        return {
            "id": self.id,
            "actId": self.actor.replace("/", "~"),
            "userId": "stand-in",
            "startedAt": _iso(self.started_at),
            "finishedAt": None if self.status == "RUNNING" else _iso(datetime.now(UTC)),
            "status": self.status,
            "meta": {"origin": "API"},
            "stats": {},
            "options": {"build": "latest", "memoryMbytes": 1024, "diskMbytes": 2048, **self.options},
            "buildId": "build",
            "buildNumber": "0.0.1",
            "defaultKeyValueStoreId": f"kv-{self.id}",
            "defaultDatasetId": f"ds-{self.id}",
            "defaultRequestQueueId": f"rq-{self.id}",
            "usageTotalUsd": 0.0 if self.status == "RUNNING" else self.cost_usd,
        }


class Server(ThreadingHTTPServer):
    daemon_threads = True
    token = TOKEN

    def __init__(self, host: str, port: int, seed: int, faults: list[Fault], run_seconds: float) -> None:
        super().__init__((host, port), _Handler)
        self.host = host
        self.world = World(seed)
        self.faults = faults
        self.run_seconds = run_seconds
        self.calls: list[str] = []  # "GET /v2/actor-runs/…"
        self.runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_address[1]}"

    @property
    def spent_usd(self) -> float:
        return sum(run.cost_usd for run in self.runs.values())

    def fault(self, call: str) -> Fault | None:
        with self._lock:
            self.calls.append(call)
            for fault in self.faults:
                if fault.times > 0 and re.match(fault.on, call):
                    fault.times -= 1
                    return fault
        return None

    def start(self, actor: str, asked: dict, query: dict[str, str], seen_at: datetime, fault: Fault | None) -> Run:
        produce, price = ACTORS[actor]
        limit = int(query.get("maxItems", NO_LIMIT))
        if "maxTotalChargeUsd" in query:
            limit = min(limit, int(float(query["maxTotalChargeUsd"]) / price + 1e-9))
        items = list(islice(with_repeats(produce(self.world, asked, seen_at)), limit))
        ends_as, seconds = "SUCCEEDED", self.run_seconds
        if fault and fault.what in ("FAILED", "TIMED-OUT", "ABORTED"):
            ends_as, items = str(fault.what), items[: len(items) // 2]
        elif fault and fault.what == "blocked":
            items = [_blocked(asked)]
        elif fault and fault.what == "long":
            seconds = fault.seconds
        run = Run(
            id=secrets.token_urlsafe(9),  # never the same twice: a record of an earlier server finds nothing here
            actor=actor,
            input=asked,
            options={"timeoutSecs": int(query.get("timeout", 0)), "maxItems": limit},
            items=items,
            ends_as=ends_as,
            cost_usd=round(len(items) * price, 6),
            ends_at=time.monotonic() + seconds,
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
) -> Iterator[Server]:
    with Server(host, port, seed, faults or [], run_seconds) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


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
        fault = self.server.fault(f"{self.command} {self.path}")
        if fault and fault.what == "slow":
            time.sleep(fault.seconds)
        try:
            if fault and isinstance(fault.what, int):
                raise _Refused(fault.what, "A fault was asked for.")
            if self.headers.get("Authorization") != f"Bearer {self.server.token}":
                raise _Refused(401, "User was not found or authentication token is not valid")
            status, reply, headers = self._answer(_json(body, self.headers.get("Content-Encoding")), fault)
        except _Refused as refused:
            message = {"type": ERROR_TYPES.get(refused.status, "internal-server-error"), "message": str(refused)}
            status, reply, headers = refused.status, {"error": message}, {}
        if fault and fault.what == "lost":
            self.close_connection = True
            return
        self._send(status, reply, headers)

    def _send(self, status: int, reply: object, headers: dict[str, object]) -> None:
        content = json.dumps(reply, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, asked: dict, fault: Fault | None) -> tuple[int, object, dict[str, object]]:
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
                return 200, {"data": _resurrect(self._run(id), self.server.run_seconds).as_json()}, {}
            case ("GET", "actor-runs", id, "dataset", "items") | ("GET", "datasets", id, "items"):
                return self._items(self._run(id.removeprefix("ds-")))
            case "GET", "key-value-stores", id, "records", "INPUT":
                return 200, self._run(id.removeprefix("kv-")).input, {}
            case "GET", "users", "me":
                return 200, {"data": {"id": "stand-in", "username": "stand-in"}}, {}
            case "GET", "users", "me", "limits":
                return 200, {"data": self._limits()}, {}
        raise _Refused(404, f"There is no {self.command} {self.path}")

    def _actor(self, name: str) -> str:
        actor = name.replace("~", "/")
        if actor not in ACTORS:
            raise _Refused(404, f"Actor {actor} was not found")
        return actor

    def _run(self, id: str) -> Run:
        if id not in self.server.runs:
            raise _Refused(404, f"Actor run {id} was not found")
        return self.server.runs[id]

    def _seen_at(self) -> datetime:
        """The end of the night that the client names; without one, now."""
        night = re.search(r"night=(\d{4}-\d\d-\d\d)", self.headers.get("User-Agent", ""))
        return at(date.fromisoformat(night[1]) + timedelta(days=1)) if night else datetime.now(UTC)

    def _waited(self, run: Run) -> Run:
        seconds = min(float(self.query.get("waitForFinish", 0)), LONGEST_WAIT)
        time.sleep(max(0.0, min(seconds, run.ends_at - time.monotonic())))
        return run

    def _runs(self, actor: str) -> dict:
        since = self.query.get("startedAfter", "")
        found = [r.as_json() for r in self.server.runs.values() if r.actor == actor and _iso(r.started_at) >= since]
        found = found[::-1] if self.query.get("desc") in ("true", "1") else found
        offset, limit = int(self.query.get("offset", 0)), int(self.query.get("limit", 1000))
        page = found[offset : offset + limit]
        return {"total": len(found), "offset": offset, "limit": limit, "count": len(page), "desc": False, "items": page}

    def _items(self, run: Run) -> tuple[int, object, dict[str, object]]:
        offset, limit = int(self.query.get("offset", 0)), int(self.query.get("limit", NO_LIMIT))
        page = run.items[offset : offset + limit]
        if self.query.get("clean") in ("true", "1"):
            page = [{name: value for name, value in item.items() if name[0] != "#"} for item in page]
        paging = {"Total": len(run.items), "Offset": offset, "Count": len(page), "Limit": limit, "Desc": "false"}
        return 200, page, {f"X-Apify-Pagination-{name}": value for name, value in paging.items()}

    def _limits(self) -> dict:
        today = datetime.now(UTC)
        return {
            "monthlyUsageCycle": {"startAt": _iso(today), "endAt": _iso(today + timedelta(days=30))},
            "limits": {"maxMonthlyUsageUsd": 100, "dataRetentionDays": 7},
            "current": {"monthlyUsageUsd": self.server.spent_usd},
        }


def _json(body: bytes, encoding: str | None) -> dict:
    if not body:
        return {}
    return json.loads(gzip.decompress(body) if encoding == "gzip" else body)


def _abort(run: Run) -> Run:
    if run.status in UNFINISHED:
        run.ends_as, run.ends_at = "ABORTED", time.monotonic()
    return run


def _resurrect(run: Run, seconds: float) -> Run:
    run.ends_as, run.ends_at = "SUCCEEDED", time.monotonic() + seconds
    return run


def _blocked(asked: dict) -> dict:
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
