"""Scoring: cleaned texts in, calibrated probabilities out, with ONNX Runtime and nothing of TensorFlow.

Texts are sorted by length inside a call, so that short ones are not padded to long ones (seven times the speed).
"""

from abc import ABC, abstractmethod
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


class Scorer(ABC):
    """A model that can be asked."""

    def __init__(self, card: dict[str, Any]) -> None:
        self.card = card
        self.version: str = card["version"]
        self.labels: tuple[str, ...] = tuple(card["labels"])
        self.text_rule: str = card["text_rule"]
        self.thresholds: dict[str, float] = card["thresholds"]

    @abstractmethod
    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """float32[text, label]: probabilities of texts that `clean_text` has cleaned, in their order."""


class Network(Scorer):
    """One network, as it was trained."""

    def __init__(self, card: dict[str, Any], session: Any, encode: Encode) -> None:
        super().__init__(card)
        self._session = session
        self._encode = encode

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        return probabilities(self.card["calibration"], self.logits(texts)).astype(np.float32)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        logits = np.zeros((len(texts), len(LABELS)), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for chunk in _chunks(order, texts, CHUNK_WORDS[self.card["kind"]]):
            logits[chunk] = self._session.run(["logits"], self._encode([texts[i] for i in chunk]))[0]
        return logits


class Cascade(Scorer):
    """A fast network that reads everything and a slow one that reads what the fast one does not rule out."""

    def __init__(self, card: dict[str, Any], fast: Network, slow: Network) -> None:
        super().__init__(card)
        self.fast, self.slow = fast, slow

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        logits, curves = self.fast.logits(texts), self.card["calibration"]
        scores = probabilities(curves["once"], logits)
        doubtful = np.flatnonzero(is_doubtful(self.card["band"], logits)).tolist()
        if doubtful:
            slow = self.slow.logits([texts[i] for i in doubtful])
            scores[doubtful] = probabilities(curves["twice"], mixed(self.card["mix"], logits[doubtful], slow))
        return scores.astype(np.float32)


def is_doubtful(band: dict[str, float], logits: np.ndarray) -> np.ndarray:
    """Which comments the slow network of a cascade reads, by the fast one's logits."""
    doubtful: np.ndarray = np.any(logits >= np.array([band[label] for label in LABELS], np.float32), axis=1)
    return doubtful


def mixed(mix: dict[str, float], fast: np.ndarray, slow: np.ndarray) -> np.ndarray:
    """The logits of a cascade where both networks have read."""
    logits: np.ndarray = slow + fast * np.array([mix[label] for label in LABELS], np.float32)
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
    folder = Path(folder)
    card = read_card(folder)
    if card["kind"] == "cascade":
        return Cascade(card, *(_part(folder, card["parts"][name]) for name in ("fast", "slow")))
    return Network(card, open_session(folder / "model.onnx"), _encoder(folder, card))


def network(folder: Path) -> Network:
    """A model that is one network: what a cascade joins and a teacher is."""
    model = load(folder)
    if not isinstance(model, Network):
        raise ModelError(f"{folder} is a {model.card['kind']}; a single network is wanted: a BiLSTM or a transformer.")
    return model


def _part(cascade: Path, part: dict[str, str]) -> Network:
    model = network(cascade / part["folder"])
    if model.version != part["version"]:
        raise ModelError(
            f"{cascade} joins {part['version']}, but {part['folder']} there is {model.version}: join them anew with "
            "`toxwatch cascade`."
        )
    return model


def open_session(path: Path) -> Any:
    """One thread: a worker a core is faster than a core's share of one worker."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _encoder(folder: Path, card: dict[str, Any]) -> Encode:
    if card["kind"] == "bilstm":
        from models.words import WordEncoder

        return WordEncoder.read(folder, card["buckets"]).inputs
    if card["kind"] == "transformer":
        from models.tokens import Tokens

        return Tokens(folder, card["longest"]).inputs
    raise ModelError(
        f"{folder} is a {card['kind']}; this toxwatch knows bilstm, transformer and cascade: update toxwatch."
    )


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
