"""The six labels of the Jigsaw challenge, in the order in which every score is stored."""

LABELS = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
