"""`POST /predict` as an AWS Lambda function: the scores of the dashboard's API without a server.

The image is the target `predict` of the Dockerfile. Requests must be signed for AWS.
"""

import base64
import json
from typing import Any

from pydantic import ValidationError

from dashboard.predict import Texts, predict
from jobs.config.settings import Settings
from models import scorer

MODEL = scorer.load(Settings.load().model_dir)  # once per container, before its first request


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handles HTTP events of API Gateway and function URLs (format 2.0)."""
    endpoint = event["requestContext"]["http"]["method"], event["rawPath"]
    if endpoint != ("POST", "/predict"):
        return _reply(404, {"detail": f"Unknown endpoint {' '.join(endpoint)}. Use POST /predict."})
    body = event.get("body") or ""
    try:
        texts = Texts.model_validate_json(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    except ValidationError as error:
        return _reply(422, {"detail": error.errors(include_url=False, include_context=False, include_input=False)})
    return _reply(200, predict(MODEL, texts).model_dump(exclude_none=True))


def _reply(status: int, content: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(content)}
