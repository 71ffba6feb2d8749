"""The six labels of the Jigsaw challenge, in the order in which every score is stored."""

LABELS = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")


class ModelError(ValueError):
    """A model folder, a data file or a setting of training is wrong: says which, where and what to do."""


class Refused(ModelError):
    """A model that is not good enough to take over."""
