"""Google's Perspective API, so that its clients can switch by changing one URL. See docs/perspective.md."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import AfterValidator, BaseModel, Field
from starlette.responses import JSONResponse, Response

from models.labels import LABELS, UNDETERMINED
from models.language import language_of
from models.scorer import Scorer
from models.text import clean_text

PATH = "/v1alpha1/comments:analyze"
DISCOVERY = "/$discovery/rest"
ATTRIBUTES = {"TOXICITY": "toxic", "SEVERE_TOXICITY": "severe_toxic", "IDENTITY_ATTACK": "identity_hate",
              "INSULT": "insult", "PROFANITY": "obscene", "THREAT": "threat"}  # fmt: skip
MOST_BYTES = 20_480  # per comment, as in Google's API
SENTENCE = re.compile(r"\S.*?(?:[.!?…](?=\s)|\Z)", re.DOTALL)


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is not valid Unicode") from None
    return text


Encodable = Annotated[str, AfterValidator(_encodable)]  # what comes back in an answer


class Comment(BaseModel):
    text: str = ""
    type: str = "PLAIN_TEXT"


class Attribute(BaseModel):
    scoreType: str = "PROBABILITY"
    scoreThreshold: Annotated[float, Field(ge=0, le=1)] = 0.0


class AnalyzeRequest(BaseModel):
    comment: Comment
    requestedAttributes: Annotated[dict[Encodable, Attribute], Field(min_length=1)]
    languages: list[Encodable] = []
    spanAnnotations: bool = False
    doNotStore: bool = False  # nothing is ever stored
    clientToken: Encodable | None = None


class InvalidRequest(Exception):
    """A request to refuse, in the Perspective API's own error format."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


def add(server: FastAPI, in_use: Callable[[], Scorer]) -> None:
    @server.post(PATH, summary="Scores in the format of Google's Perspective API", tags=["Perspective"])
    def analyze(request: AnalyzeRequest) -> dict[str, Any]:
        return analysis(request, in_use())

    @server.get(DISCOVERY, include_in_schema=False)
    def discovery(request: Request) -> dict[str, Any]:
        return description(str(request.base_url))

    @server.exception_handler(InvalidRequest)
    def refuse(_: Request, error: InvalidRequest) -> Response:
        details = [{"errorType": error.kind}] if error.kind else []
        return _refused(str(error), details)


def refused_form(problems: list[dict[str, Any]]) -> Response:
    described = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in problems)
    return _refused(f"Invalid JSON payload received. {described}")


def analysis(request: AnalyzeRequest, model: Scorer) -> dict[str, Any]:
    text = request.comment.text
    if not text.strip():
        raise InvalidRequest("Comment must be non-empty.", "COMMENT_EMPTY")
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise InvalidRequest(f"Comment text was too many bytes, {MOST_BYTES} are allowed.", "COMMENT_TEXT_TOO_LONG")
    if unknown := [name for name in request.requestedAttributes if name not in ATTRIBUTES]:
        raise InvalidRequest(f"Attribute {unknown[0]} unavailable. Choose from {', '.join(ATTRIBUTES)}.")
    supported = model.expected
    detected = language_of(supported)(text)
    of_unknown = "en" if "en" in supported else supported[0]
    languages = request.languages or [detected if detected != UNDETERMINED else of_unknown]
    if foreign := [language for language in languages if language not in supported]:
        raise InvalidRequest(
            f"Attributes do not support request languages: {', '.join(foreign)}; supported are {', '.join(supported)}.",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        )
    spans = [match.span() for match in SENTENCE.finditer(text)] if request.spanAnnotations else [(0, len(text))]
    texts = [clean_text(text), *(clean_text(text[begin:end]) for begin, end in spans)]
    whole, *parts = model.scores(texts, (request.languages or [detected])[:1] * len(texts))
    scores = {}
    for name, attribute in request.requestedAttributes.items():
        label = LABELS.index(ATTRIBUTES[name])
        if whole[label] >= attribute.scoreThreshold:
            scores[name] = {
                "spanScores": [
                    {"begin": begin, "end": end, "score": _score(part[label])}
                    for (begin, end), part in zip(spans, parts, strict=True)
                ],
                "summaryScore": _score(whole[label]),
            }
    token = {"clientToken": request.clientToken} if request.clientToken else {}
    return {"attributeScores": scores, "languages": languages, "detectedLanguages": [detected]} | token


def description(root: str) -> dict[str, Any]:
    """The part of Google's discovery document that clients need to find the one method."""
    return {
        "kind": "discovery#restDescription",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "rootUrl": root,
        "servicePath": "",
        "batchPath": "batch",
        "parameters": {"key": {"type": "string", "location": "query"}},
        "schemas": {
            "AnalyzeCommentRequest": {"id": "AnalyzeCommentRequest", "type": "object", "properties": {}},
            "AnalyzeCommentResponse": {"id": "AnalyzeCommentResponse", "type": "object", "properties": {}},
        },
        "resources": {
            "comments": {
                "methods": {
                    "analyze": {
                        "id": "commentanalyzer.comments.analyze",
                        "path": PATH.removeprefix("/"),
                        "httpMethod": "POST",
                        "parameters": {},
                        "request": {"$ref": "AnalyzeCommentRequest"},
                        "response": {"$ref": "AnalyzeCommentResponse"},
                    }
                }
            }
        },
    }


def _score(value: Any) -> dict[str, Any]:
    return {"value": round(float(value), 7), "type": "PROBABILITY"}


def _refused(message: str, details: list[dict[str, str]] | None = None) -> Response:
    error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": details or []}
    return JSONResponse({"error": error}, 400)
