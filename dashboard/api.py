"""The JSON API: scores for texts, and the contents of the warehouse."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import perspective
from dashboard.bookmarks import Bookmarks
from dashboard.in_use import InUse
from dashboard.inbox import Inbox, described
from dashboard.people import VISITOR
from dashboard.predict import Scores, Texts, predict
from dashboard.settings import SettingsError, SettingsFile
from dashboard.view import FIRST_DAY, LAST_DAY, LONGEST_PERIOD, LONGEST_WORDS, Answers, Review, Row, Spam, View
from models.labels import Attacked, Label
from warehouse import WarehouseError
from warehouse.measures import Addressee, Severity
from warehouse.untrusted import printable

MOST_ROWS = 1000
BOTH = {"/comments", "/crowds", "/views", "/settings"}  # pages and endpoints
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body can't be read."},
    401: {"description": "A login or a key is required."},
    403: {"description": "The key or the user has no access to this."},
    408: {"description": "The request took too long."},
    413: {"description": "The body is too large."},
    429: {"description": "Too many requests; wait a minute."},
    503: {"description": "There is no warehouse, or it can't be read; the message says what to do."},
}


class Filters(BaseModel):
    """The same names as in the URLs of the pages."""

    model_config = ConfigDict(extra="forbid")
    account: str | None = Field(
        None,
        description="For example instagram/nasa or #tag (URL-encode # as %23). Default: all accounts.",
        max_length=200,
    )
    days: int = Field(7, description="Length of the period in days.", ge=1, le=LONGEST_PERIOD)
    last: date | None = Field(
        None, description="Last day of the period. Default: the newest night.", ge=FIRST_DAY, le=LAST_DAY
    )

    def view(self, answers: Answers) -> View:
        chosen = self.model_dump(exclude={"last", "limit", "offset"}, exclude_none=True)
        newest = answers.newest()
        return View(**chosen, last=self.last or newest, newest=newest)


class TrendFilters(Filters):
    spam: Literal["without"] | None = Field(None, description="Leave spam out, also if policies.toml counts it.")


class CrowdFilters(Filters):
    label: Label = Field("toxic", description="The category whose flagged comments count.")
    limit: int = Field(100, ge=1, le=MOST_ROWS)


class ThemeFilters(Filters):
    label: Label = Field("toxic", description="The category that comments are flagged with.")


class CommentFilters(Filters):
    language: str | None = Field(None, description="For example en.", max_length=10)
    severity: Literal["none", Severity] | None = None
    flag: Label | None = Field(None, description="Only comments flagged with this category.")
    attacked: Attacked | None = Field(None, description="Only comments flagged as toxic that most likely attack these.")
    directed: Addressee | None = Field(None, description="Only comments that address these.")
    review: Review | None = None
    spam: Spam | None = Field(None, description="Comments without spam, or only spam; both if left out.")
    words: str | None = Field(None, description="Only comments containing this text.", max_length=LONGEST_WORDS)
    similar: str | None = Field(
        None,
        description="Only flagged comments similar in meaning to this text, or to the comment with this day/id; the "
        "closest first.",
        max_length=LONGEST_WORDS,
    )
    limit: int = Field(100, ge=1, le=MOST_ROWS)
    offset: int = Field(0, ge=0, le=2**31)


class Browsers:
    """Some paths are both a page and an API endpoint: browsers (which accept HTML) get the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in BOTH:
            accepts_html = "text/html" in Headers(scope=scope).get("accept", "")
            scope = {**scope, "path": "/"} if accepts_html else scope
        await self._app(scope, receive, send)


def add(
    server: FastAPI,
    answers: Answers,
    in_use: InUse,
    inbox: Inbox,
    write_down: Callable[[str], None],
    bookmarks: Bookmarks,
    files: Sequence[SettingsFile] = (),
) -> None:
    @server.post("/predict", summary="Six calibrated probabilities for each text", response_model_exclude_none=True)
    def predict_texts(texts: Texts) -> Scores:
        return predict(in_use(), texts)

    @server.get("/accounts", summary="Accounts with scored comments")
    def accounts() -> list[str]:
        return answers.accounts()

    @server.get("/trends", summary="Estimated share of each category by day, as on the overview")
    def trends(filters: Annotated[TrendFilters, Query()]) -> list[dict[str, Any]]:
        return answers.trend(filters.view(answers))

    @server.get("/spam", summary="Spam by day, and how toxic the other comments are")
    def spam(filters: Annotated[Filters, Query()]) -> list[dict[str, Any]]:
        return answers.rows("spam", filters.view(answers))

    @server.get("/inbox", summary="What needs somebody, as on the first page: severe comments, waves, accounts, budget")
    def lines(filters: Annotated[Filters, Query()]) -> list[dict[str, Any]]:
        return [described(line) for line in inbox.lines(filters.view(answers))]

    @server.get("/comments", summary="Comments with scores and flags, newest first")
    def comments(filters: Annotated[CommentFilters, Query()]) -> list[dict[str, Any]]:
        refuse_without_texts()
        view = filters.view(answers)
        page = answers.page_of_comments(view, view.order, filters.limit, filters.offset)
        write_down(f"read {len(page):,} comments through the API")
        return page

    @server.get("/themes", summary="What flagged comments say: those that mean much the same, as on an account's page")
    def themes(filters: Annotated[ThemeFilters, Query()]) -> list[dict[str, Any]]:
        refuse_without_texts()
        found = answers.themes(filters.view(answers))
        write_down(f"read {len(found)} themes through the API")
        return found

    @server.get("/crowds", summary="Texts that comments share, campaigns first, as on the page Crowds")
    def crowds(filters: Annotated[CrowdFilters, Query()]) -> list[dict[str, Any]]:
        return answers.rows("crowds", filters.view(answers), limit=filters.limit)

    @server.get("/attacks", summary="Who attacks whom in flagged comments, by pseudonym, the most toxic first")
    def attacks(filters: Annotated[CrowdFilters, Query()]) -> list[dict[str, Any]]:
        return answers.rows("attacks", filters.view(answers), limit=filters.limit)

    @server.get("/views", summary="Saved views: your own, and those shared by somebody who sees the same accounts")
    def views() -> list[dict[str, Any]]:
        return [
            {"name": one.name, "address": one.address, "owner": one.owner, "is_shared": one.is_shared}
            for one in bookmarks.seen_by(VISITOR.get())
        ]

    @server.get(
        "/settings", summary="What targets.toml, policies.toml and alerts.toml say, as on the pages of settings"
    )
    def settings() -> dict[str, Any]:
        if not VISITOR.get().may("settings"):
            raise HTTPException(403, "Only admins who see all accounts can read settings.")
        try:
            return {file.name: file.content().unwrap() for file in files}
        except SettingsError as error:
            raise HTTPException(503, str(error)) from None

    @server.get("/metrics", summary="Metrics of the last night, for Prometheus", response_class=PlainTextResponse)
    def metrics() -> str:
        rows = answers.rows("metrics", View(last=answers.newest()), at=answers.hour())
        return "".join(map(_metric, rows))

    @server.exception_handler(RequestValidationError)
    async def refuse(request: Request, error: RequestValidationError) -> Response:
        if request.url.path == perspective.PATH:
            return perspective.refused_form(problems(error))
        return JSONResponse({"detail": problems(error)}, 422)

    @server.exception_handler(WarehouseError)
    async def unreadable(_request: Request, error: WarehouseError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503)

    @server.get("/healthz", summary="Health: whether the warehouse is readable, and its newest night")
    def healthz() -> dict[str, Any]:
        newest = None if answers.are_empty() else str(answers.newest())
        return {"newest_night": newest, "model": in_use.card["version"]}


def refuse_without_texts() -> None:
    if not VISITOR.get().may("texts"):
        raise HTTPException(403, "You have access to statistics only, not to comments.")


def _metric(row: Row) -> str:
    """A line for Prometheus; none before the first night."""
    if row["value"] is None:
        return ""
    labels = ",".join(f'{name}="{row[name]}"' for name in ("stage", "account") if row[name])
    return f"toxwatch_{row['metric']}" + (f"{{{labels}}}" if labels else "") + f" {row['value']:.15g}\n"


def problems(error: RequestValidationError) -> list[dict[str, Any]]:
    """What is wrong and where, without the values, which may be anything: NaN, or no valid Unicode."""
    return [
        {"loc": [_shown(part) for part in one["loc"]], "msg": printable(one["msg"]), "type": one["type"]}
        for one in error.errors()
    ]


def _shown(part: str | int) -> str | int:
    return part if isinstance(part, int) else printable(part)


def refuse_other_methods(server: FastAPI) -> None:
    """Answers 405 where only POST is taken; Dash answers any GET with a page."""
    for path in [one.path for one in server.routes if isinstance(one, APIRoute) and one.include_in_schema]:

        @server.get(path, include_in_schema=False)
        def refuse() -> None:
            raise HTTPException(405, headers={"Allow": "POST"})
