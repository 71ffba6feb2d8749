"""The JSON API: scores for texts, and what the warehouse holds."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.predict import Scores, Texts, predict
from dashboard.view import LONGEST_WORDS, PERIODS, REVIEWS, SEVERITIES, Answers, View
from models.labels import LABELS
from models.scorer import Scorer
from warehouse import WarehouseError

MOST_ROWS = 1000


def _period(days: int) -> int:
    if days not in PERIODS:
        raise ValueError(f"there are {', '.join(map(str, PERIODS))}")
    return days


class Asked(BaseModel):
    """The same words as in the addresses of the pages."""

    model_config = ConfigDict(extra="forbid")
    account: str | None = Field(None, description="As instagram/nasa, or #tag; all without it.", max_length=200)
    days: Annotated[int, AfterValidator(_period)] = Field(7, description=f"Length: {', '.join(map(str, PERIODS))}.")
    last: date | None = Field(None, description="Its last day; the newest night without it.")

    def view(self, answers: Answers) -> View:
        chosen = self.model_dump(exclude={"last", "limit", "offset"}, exclude_none=True)
        return View(**chosen, last=self.last or answers.newest())


class AskedComments(Asked):
    language: str | None = Field(None, description="As en.", max_length=10)
    severity: Literal[SEVERITIES] | None = None  # type: ignore[valid-type]
    flag: Literal[LABELS] | None = Field(None, description="Flagged as this category.")  # type: ignore[valid-type]
    review: Literal[tuple(REVIEWS)] | None = None  # type: ignore[valid-type]
    words: str | None = Field(None, description="That the text contains.", max_length=LONGEST_WORDS)
    limit: int = Field(100, ge=1, le=MOST_ROWS)
    offset: int = Field(0, ge=0)


class Browsers:
    """The API and the pages share the address /comments: a browser gets the page, as at any address of pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/comments":
            is_browser = "text/html" in Headers(scope=scope).get("accept", "")
            scope = {**scope, "path": "/"} if is_browser else scope
        await self._app(scope, receive, send)


def add(server: FastAPI, answers: Answers, in_use: Callable[[], Scorer], write_down: Callable[[str], None]) -> None:
    @server.post("/predict", summary="Six calibrated probabilities for each text", response_model_exclude_none=True)
    def predict_texts(texts: Texts) -> Scores:
        return predict(in_use(), texts)

    @server.get("/accounts", summary="The accounts that have scored comments")
    def accounts() -> list[str]:
        return answers.accounts()

    @server.get("/trends", summary="The expected share of each category by day, as the overview shows it")
    def trends(asked: Annotated[Asked, Query()]) -> list[dict[str, Any]]:
        return answers.trend(asked.view(answers))

    @server.get("/comments", summary="Comments with their scores and flags, the newest first")
    def comments(asked: Annotated[AskedComments, Query()]) -> list[dict[str, Any]]:
        found = answers.page_of_comments(asked.view(answers), "posted_at DESC", asked.limit, asked.offset)
        write_down(f"read {len(found):,} comments by the API")
        return found

    @server.get("/metrics", summary="The last night, for Prometheus", response_class=PlainTextResponse)
    def metrics() -> str:
        rows = answers.rows("metrics", View(last=answers.newest()))
        return "".join(
            f"toxwatch_{row['metric']}"
            + (f'{{stage="{row["stage"]}"}}' if row["stage"] else "")
            + f" {row['value']:g}\n"
            for row in rows
        )

    @server.exception_handler(WarehouseError)
    async def unreadable(_request: Request, error: WarehouseError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503)

    @server.get("/healthz", summary="Whether the warehouse can be read, and how new it is")
    def healthz() -> dict[str, Any]:
        return {"newest_night": str(answers.newest()), "model": in_use().version}
