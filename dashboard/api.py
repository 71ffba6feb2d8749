"""The JSON API: scores for texts, and what the warehouse holds."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from dashboard.view import Answers
from models.scorer import Scorer
from models.text import clean_text
from warehouse import WarehouseError

MOST_INPUTS = 1000
MOST_LETTERS = 20_000


class Texts(BaseModel):
    inputs: Annotated[
        list[Annotated[str, Field(max_length=MOST_LETTERS)]], Field(min_length=1, max_length=MOST_INPUTS)
    ] = Field(examples=[["What a picture 🌎"]])


class Score(BaseModel):
    label: str
    score: float


class Scores(BaseModel):
    model: str
    outputs: list[list[Score]]


def add(server: FastAPI, answers: Answers, in_use: Callable[[], Scorer]) -> None:
    @server.post("/predict", summary="Six calibrated probabilities for each text")
    def predict(texts: Texts) -> Scores:
        model = in_use()
        scores = model.scores([clean_text(text) for text in texts.inputs])
        return Scores(model=model.version, outputs=[_labelled(model, row) for row in scores])

    @server.get("/accounts", summary="The accounts that have scored comments")
    def accounts() -> list[str]:
        return answers.accounts()

    @server.get("/healthz", summary="Whether the warehouse can be read, and how new it is")
    def healthz() -> dict[str, Any]:
        try:
            return {"newest_night": str(answers.newest()), "model": in_use().version}
        except WarehouseError as error:
            raise HTTPException(503, str(error)) from None


def _labelled(model: Scorer, scores: Any) -> list[Score]:
    return [Score(label=label, score=round(float(p), 6)) for label, p in zip(model.labels, scores, strict=True)]
