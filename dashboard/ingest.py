"""`POST /ingest`: a comment of one's own platform when it is written: signed, kept for the next night, scored."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.predict import MOST_LETTERS, Texts, predict
from models.scorer import Scorer
from warehouse.arrivals import WINDOW_SECONDS, Arrivals, Replayed
from warehouse.policies import read_policies
from warehouse.verdicts import Verdicts

PATH = "/ingest"
SHORTEST_KEY = 32  # characters
TIMESTAMP, SIGNATURE = "X-Toxwatch-Timestamp", "X-Toxwatch-Signature"
Identity = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True)
class Ingest:
    key: Callable[[], str | None]
    communities: Callable[[], Mapping[str, Sequence[str]]]  # name → tags
    policies: Callable[[], Path]


class Arrival(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    account: Annotated[str, Field(max_length=200, description="As in targets.toml, e.g. mine/main.")]
    comment_id: Identity
    text: Annotated[str, Field(min_length=1, max_length=MOST_LETTERS)]
    posted_at: datetime | None = Field(None, description="Without a zone it is UTC. Default: now.")
    post_id: Identity | None = None
    parent_id: Identity | None = None
    author: Identity | None = None

    def item(self) -> dict[str, Any]:
        """As jobs.platforms.table reads it."""
        at = self.posted_at or datetime.now(UTC)
        row = self.model_dump(exclude={"account", "posted_at"}, exclude_none=True)
        row["posted_at"] = (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
        platform = self.account.partition("/")[0]
        return {"platform": platform, "columns": {name: name for name in row}, "dates": None, "row": row}


class Verdict(BaseModel):
    comment_id: str
    is_new: bool = Field(description="False if this comment was received before; it is kept once.")
    scores: dict[str, float]
    flags: list[str] = Field(
        description="By policies.toml; in a language that the model was not judged in, only by own words."
    )
    attacked: str | None
    spam: float = Field(description="How likely it is an advert, a scam or a call to follow.")
    language: str
    judged: bool
    model: str
    policy: str


def add(server: FastAPI, data_dir: Path, in_use: Callable[[], Scorer], ingest: Ingest) -> None:
    arrivals, verdicts = Arrivals.in_folder(data_dir), _Verdicts(ingest)
    arrivals.stay_open()

    def receive(body: bytes, signature: str) -> Verdict:
        arrival = _read(body)
        if arrival.account not in (communities := ingest.communities()):
            known = ", ".join(communities) or "none"
            raise HTTPException(404, f"Unknown account {arrival.account!r}. Communities in targets.toml: {known}.")
        try:
            is_new = arrivals.add(arrival.account, arrival.comment_id, arrival.item(), signature)
        except Replayed:
            raise HTTPException(409, "This request was received before. To send it again, sign it anew.") from None
        model = in_use()
        read = predict(model, Texts(inputs=[arrival.text], explain=False))
        scores = {one.label: one.score for one in read.outputs[0]}
        judged = scores if read.judged[0] else dict.fromkeys(scores)
        flagged = verdicts.in_use(model).flags(arrival.account, arrival.text, read.languages[0], judged)
        return Verdict(
            comment_id=arrival.comment_id,
            is_new=is_new,
            scores=scores,
            flags=flagged,
            attacked=read.attacked[0] if "toxic" in flagged else None,
            spam=read.spam[0],
            language=read.languages[0],
            judged=read.judged[0],
            model=read.model,
            policy=verdicts.policy,
        )

    @server.post(
        PATH,
        summary="Score a comment of your own platform when it is written, and collect it with the next night",
        description=f"Send {TIMESTAMP} (seconds since 1970) and {SIGNATURE}: the hexadecimal HMAC-SHA256 "
        "of the timestamp, a dot and the body, with the key in TOXWATCH_INGEST_KEY.",
        responses={
            404: {"description": "The account is no community in targets.toml."},
            409: {"description": "The same request was received before."},
            422: {"description": "The comment lacks something."},
        },
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": Arrival.model_json_schema()}}}},
    )
    async def receive_comment(request: Request) -> Verdict:
        body = await request.body()
        signature = _checked(request, body, ingest.key())
        return await asyncio.to_thread(receive, body, signature)


class _Verdicts:
    """The rules of all communities, until policies.toml, targets.toml or the model changes."""

    _verdicts: Verdicts

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._read: tuple[Any, ...] = ()
        self._lock = Lock()
        self.policy = ""

    def in_use(self, model: Scorer) -> Verdicts:
        file, communities = self._ingest.policies(), self._ingest.communities()
        read = (file, file.stat().st_mtime_ns, model.version, communities)
        with self._lock:
            if read != self._read:
                policies = read_policies(file)
                self._verdicts = Verdicts(policies, model.thresholds, communities, model.judged)
                self._read, self.policy = read, policies.version
            return self._verdicts


def sign(key: str, timestamp: str, body: bytes) -> str:
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _checked(request: Request, body: bytes, key: str | None) -> str:
    """The request's signature; refuses one that is wrong or old."""
    if key is None or len(key) < SHORTEST_KEY:
        raise HTTPException(
            503, f"Set TOXWATCH_INGEST_KEY to {SHORTEST_KEY} characters or more (`openssl rand -hex 32` prints some)."
        )
    timestamp, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    if not hmac.compare_digest(sign(key, timestamp, body).encode(), signature.encode("utf-8", "replace")):
        raise HTTPException(
            401, f"Wrong signature: {SIGNATURE} must be the hexadecimal HMAC-SHA256 of {TIMESTAMP}, a dot and the body."
        )
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise HTTPException(
            401, f"The request is too old: {TIMESTAMP} must be within {WINDOW_SECONDS} seconds of this machine's clock."
        )
    return signature


def _read(body: bytes) -> Arrival:
    try:
        return Arrival.model_validate_json(body)
    except ValidationError as error:
        [first, *_] = error.errors(include_input=False, include_url=False)
        where = ".".join(map(str, first["loc"])) or "the body"
        raise HTTPException(422, f"{where}: {first['msg']}.") from None
