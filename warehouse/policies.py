"""policies.toml: how severe each category is, what is flagged as it, and how much of the queue is random."""

from collections.abc import Mapping
from math import floor
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from warehouse.measures import BINS, Severity
from warehouse.strict_toml import Strict, read

PolicyRow = tuple[str, str | None, str | None, str | None, str, float, str]  # of the table policy_rules
WordRow = tuple[str, str | None, str | None, str | None, str, bool]  # of the table word_rules
SPAM_FROM = 0.5  # probability from which a comment is spam
MOST_WORDS, LONGEST_WORD = 1000, 100  # characters
ANY = "any"  # category


class Threshold(Strict):
    flagged_from: float | None = Field(default=None, alias="from", gt=0, lt=1, multiple_of=1 / BINS)
    severity: Severity


class Thresholds(Strict):
    toxic: Threshold | None = None
    severe_toxic: Threshold | None = None
    obscene: Threshold | None = None
    threat: Threshold | None = None
    insult: Threshold | None = None
    identity_hate: Threshold | None = None


LABELS = tuple(Thresholds.model_fields)


class Default(Thresholds):
    @model_validator(mode="after")
    def names_every_category(self) -> Self:
        if missing := [label for label in LABELS if getattr(self, label) is None]:
            raise ValueError(f"lacks {', '.join(missing)}")
        return self


class Scope(Strict):
    """For comments that all of these are true of."""

    tag: str | None = None
    account: str | None = None
    language: str | None = None


class Exceptional(Scope, Thresholds):
    pass


class Word(Scope):
    """A comment that contains it is flagged as a category, whatever its scores; or it never is."""

    text: str = Field(max_length=LONGEST_WORD)
    flag: str | None = None
    never: str | None = None

    @model_validator(mode="after")
    def decides_one_thing(self) -> Self:
        if not self.text.strip("* \t\n"):
            raise ValueError("text: write a word or a phrase")
        if (self.flag is None) == (self.never is None):
            raise ValueError(f'"{self.text}" needs either flag or never')
        if self.flag not in (None, *LABELS) or self.never not in (None, ANY, *LABELS):
            raise ValueError(
                f'"{self.flag or self.never}" is no category: write {", ".join(LABELS)} or never = "{ANY}"'
            )
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        return LABELS if self.never == ANY else (str(self.flag or self.never),)


class Review(Strict):
    audited: float = Field(default=0.2, ge=0, le=1)  # share of the queue that is drawn at random


class Spam(Strict):
    """Adverts, scams and calls to follow."""

    spam_from: float = Field(default=SPAM_FROM, alias="from", gt=0, lt=1)
    is_counted: bool = Field(default=True, alias="counted")  # in shares, flags and other figures


class Policies(Strict):
    version: str = Field(default="", coerce_numbers_to_str=True)
    default: Default
    review: Review = Review()
    spam: Spam = Spam()
    exceptions: tuple[Exceptional, ...] = Field(default=(), alias="for")
    words: tuple[Word, ...] = Field(default=(), max_length=MOST_WORDS)

    def thresholds(self, of_model: Mapping[str, float]) -> dict[str, float]:
        """From where each category is flagged, exceptions aside."""
        return {row[4]: row[5] for row in self.rows(of_model)[: len(LABELS)]}

    def rows(self, of_model: Mapping[str, float]) -> list[PolicyRow]:
        """With the model's own threshold wherever the file names none."""
        rules: list[tuple[Thresholds, str | None, str | None, str | None]] = [(self.default, None, None, None)]
        rules += [(rule, rule.tag, rule.account, rule.language) for rule in self.exceptions]
        return [
            (self.version, *scope, label, threshold.flagged_from or nearest_step(of_model[label]), threshold.severity)
            for rule, *scope in rules
            for label in LABELS
            if (threshold := getattr(rule, label))
        ]

    def word_rows(self) -> list[WordRow]:
        return [
            (word.text.strip(), word.tag, word.account, word.language, label, word.flag is not None)
            for word in self.words
            for label in word.labels
        ]


def nearest_step(threshold: float) -> float:
    """Comments are counted in steps of 1 / BINS. Even the highest threshold leaves the last step to be flagged."""
    return min(max(1, floor(threshold * BINS + 0.5)), BINS - 1) / BINS


def read_policies(path: Path) -> Policies:
    """Raises MistakenFile that names the file, the line and what is allowed there."""
    return read(path, Policies)
