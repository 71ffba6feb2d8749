"""The six labels of the Jigsaw challenge, in the order in which every score is stored, and who may be attacked."""

from typing import Literal, get_args

Label = Literal["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
LABELS: tuple[str, ...] = get_args(Label)

# Who is attacked: nobody, a person, or a group. The order is that of a model's outputs.
Attacked = Literal["person", "origin", "religion", "gender", "sexuality", "age", "disability", "other"]
WHO = ("nobody", *get_args(Attacked))
GROUPS = WHO[2:]

UNDETERMINED = "und"  # ISO 639: the language of a text that does not tell


class ModelError(ValueError):
    """A model folder, a data file or a setting of training is wrong: says which, where and what to do."""


class Refused(ModelError):
    """A model that is not good enough to take over."""
