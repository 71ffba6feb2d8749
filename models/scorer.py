"""Scoring: cleaned texts in, calibrated probabilities out, with ONNX Runtime and nothing of TensorFlow.

Texts are sorted by length inside a call, so that short ones are not padded to long ones (seven times the speed).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.card import read_card
from models.labels import LABELS, ModelError

CHUNK_TEXTS = 64  # measured fastest on one core
CHUNK_WORDS = {"bilstm": 8192, "transformer": 1024}  # bounds memory when texts are long; measured fastest
LONGEST_TEXT = 384  # words; encoders cut the middle out of longer texts
LETTERS_PER_WORD = 4

Encode = Callable[[Sequence[str]], dict[str, np.ndarray]]


class Scorer:
    def __init__(self, card: dict[str, Any], session: Any, encode: Encode) -> None:
        self.card = card
        self.version: str = card["version"]
        self.labels: tuple[str, ...] = tuple(card["labels"])
        self.text_rule: str = card["text_rule"]
        self.thresholds: dict[str, float] = card["thresholds"]
        self._session = session
        self._encode = encode

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """float32[text, label]: probabilities of texts that `clean_text` has cleaned, in their order."""
        return probabilities(self.card["calibration"], self.logits(texts)).astype(np.float32)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        logits = np.zeros((len(texts), len(LABELS)), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for chunk in _chunks(order, texts, CHUNK_WORDS[self.card["kind"]]):
            logits[chunk] = self._session.run(["logits"], self._encode([texts[i] for i in chunk]))[0]
        return logits


def probabilities(curves: dict[str, Any], logits: np.ndarray) -> np.ndarray:
    """What logits stand for by a model's calibration; what is severely toxic is toxic first."""
    lines = [(curves[label]["logit"], curves[label]["probability"]) for label in LABELS]
    calibrated = np.stack([np.interp(logits[:, i], *line) for i, line in enumerate(lines)], axis=1)
    toxic, severe = LABELS.index("toxic"), LABELS.index("severe_toxic")
    calibrated[:, severe] = np.minimum(calibrated[:, severe], calibrated[:, toxic])
    return calibrated


def load(folder: Path) -> Scorer:
    """The model in `folder`, checked against its card."""
    card = read_card(Path(folder))
    return Scorer(card, open_session(Path(folder) / "model.onnx"), _encoder(Path(folder), card))


def open_session(path: Path) -> Any:
    """One thread: a worker a core is faster than a core's share of one worker."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _encoder(folder: Path, card: dict[str, Any]) -> Encode:
    if card["kind"] == "bilstm":
        from models.words import WordEncoder

        words = WordEncoder.read(folder, card["buckets"])
        return lambda texts: {"ids": words.batch(texts)}
    if card["kind"] == "transformer":
        from models.tokens import Tokens

        tokens = Tokens(folder, card["longest"])
        return lambda texts: {"ids": tokens.batch(texts)}
    raise ModelError(f"{folder} is a {card['kind']}; this toxwatch knows bilstm and transformer: update toxwatch.")


def _chunks(order: list[int], texts: Sequence[str], most_words: int) -> list[list[int]]:
    """Runs of texts of about one length, small enough for the processor's cache."""
    chunks: list[list[int]] = []
    start = 0
    while start < len(order):
        end = min(start + CHUNK_TEXTS, len(order))
        words = min(len(texts[order[end - 1]]) // LETTERS_PER_WORD + 1, LONGEST_TEXT)
        end = max(start + 1, min(end, start + most_words // words))
        chunks.append(order[start:end])
        start = end
    return chunks
