"""The six labels of the Jigsaw challenge, in the order in which every score is stored."""

from typing import Literal, get_args

Label = Literal["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
LABELS: tuple[str, ...] = get_args(Label)


class ModelError(ValueError):
    """A model folder, a data file or a setting of training is wrong: says which, where and what to do."""


class Refused(ModelError):
    """A model that is not good enough to take over."""
