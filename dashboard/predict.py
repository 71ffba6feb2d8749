"""`POST /predict`: texts and pictures in, scores out. Shared by the API and deploy/predict.py."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Base64Bytes, BaseModel, Field, model_validator

from models import pictures, spam
from models.language import language_of
from models.scorer import Scorer
from models.text import clean_text

MOST_INPUTS = 1000
MOST_IMAGES = 8  # each takes about as long as 200 texts
MOST_LETTERS = 20_000
MOST_EXPLAINED = 20
MOST_WORDS = 60  # in a text to explain


class Texts(BaseModel):
    inputs: Annotated[list[Annotated[str, Field(max_length=MOST_LETTERS)]], Field(max_length=MOST_INPUTS)] = Field(
        default=[], examples=[["What a picture 🌎"]]
    )
    images: Annotated[list[Base64Bytes], Field(max_length=MOST_IMAGES)] = Field(
        default=[],
        description=f"Up to {MOST_IMAGES} pictures in base64, whose text is read: JPEG, PNG, GIF, WebP, BMP or AVIF.",
    )
    explain: bool = Field(
        default=False, description=f"Also return what each word adds to each score, for up to {MOST_EXPLAINED} inputs."
    )

    @model_validator(mode="after")
    def something_is_given(self) -> "Texts":
        if not self.inputs and not self.images:
            raise ValueError("give at least one of inputs or images")
        return self

    @model_validator(mode="after")
    def not_too_much_is_explained(self) -> "Texts":
        if self.explain and len(self.inputs) > MOST_EXPLAINED:
            raise ValueError(f"explain takes up to {MOST_EXPLAINED} inputs (got {len(self.inputs)})")
        return self


class Score(BaseModel):
    label: str
    score: float


class Word(BaseModel):
    word: str
    adds: list[Score]


class Picture(BaseModel):
    text: str | None = Field(default=None, description="What was read on it; empty if nothing was.")
    set_aside: str | None = Field(default=None, description="Why it was not read, such as svg or too_many_pixels.")
    outputs: list[Score] | None = None
    attacked: str | None = None
    language: str | None = None
    judged: bool | None = None


class Scores(BaseModel):
    model: str
    outputs: list[list[Score]]
    attacked: list[str | None] = Field(description="Whom each text most likely attacks if it is toxic.")
    spam: list[float] = Field(
        description="How likely each text is an advert, a scam or a call to follow; in any language."
    )
    languages: list[str] = Field(description="The language of each text, und if it cannot be told.")
    judged: list[bool] = Field(
        description="Whether the model was judged in that language; if not, don't trust the scores."
    )
    images: list[Picture] | None = None
    explanations: list[list[Word]] | None = Field(
        None, description=f"For texts of 2 to {MOST_WORDS} words: score of the text − score without the word."
    )


def predict(model: Scorer, texts: Texts) -> Scores:
    scores = _of_texts(model, texts)
    if texts.images:
        scores.images = [_of_picture(model, content) for content in texts.images]
    return scores


def _of_picture(model: Scorer, content: bytes) -> Picture:
    try:
        text = pictures.text_in(content)
    except pictures.SetAside as reason:
        return Picture(text=None, set_aside=str(reason))
    if not clean_text(text):
        return Picture(text="")
    found = _of_texts(model, Texts(inputs=[text[:MOST_LETTERS]]))
    (outputs,), (attacked,), (language,), (judged,) = found.outputs, found.attacked, found.languages, found.judged
    return Picture(text=text, outputs=outputs, attacked=attacked, language=language, judged=judged)


def _of_texts(model: Scorer, texts: Texts) -> Scores:
    languages = list(map(language_of(model.expected), texts.inputs))
    cleaned = [clean_text(text) for text in texts.inputs]
    reading = model.read(cleaned, languages)
    explanations = [
        [Word(word=word, adds=_labelled(model, added)) for word, added in adds(model, text, language, row)]
        for text, language, row in zip(texts.inputs if texts.explain else [], languages, reading.scores, strict=False)
    ]
    return Scores(
        model=model.version,
        outputs=[_labelled(model, row) for row in reading.scores],
        attacked=reading.attacked(),
        spam=[round(float(p), 6) for p in spam.shipped().read(cleaned)],
        languages=languages,
        judged=[language in model.judged for language in languages],
        explanations=explanations if texts.explain else None,
    )


def adds(model: Scorer, text: str, language: str, scores: Sequence[float]) -> list[tuple[str, np.ndarray]]:
    """Each word and what it adds to each score: score − score without it. Empty for one word or too many."""
    words = text.split()
    if not 1 < len(words) <= MOST_WORDS:
        return []
    shorter = [clean_text(" ".join(words[:i] + words[i + 1 :])) for i in range(len(words))]
    without = model.scores(shorter, [language] * len(shorter))
    return list(zip(words, np.asarray(scores) - without, strict=True))


def _labelled(model: Scorer, scores: Any) -> list[Score]:
    return [Score(label=label, score=round(float(p), 6)) for label, p in zip(model.labels, scores, strict=True)]
