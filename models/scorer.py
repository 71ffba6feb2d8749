"""Scoring: cleaned texts in, calibrated probabilities out, with ONNX Runtime and nothing of TensorFlow.

Texts are sorted by their words or tokens inside a call, so that short ones are not padded to long ones (ten times the
speed). Texts of one length are sorted too: the last digits of a score depend on what is read with it, and must not on
the order.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from models.card import expected_languages, judged_languages, read_card
from models.labels import LABELS, WHO, ModelError

CHUNK_TEXTS = 64  # measured fastest on one core
CHUNK_WORDS = {"bilstm": 8192, "transformer": 1024}  # bounds memory when texts are long; measured fastest


class Encoder(Protocol):
    """A network's view of texts: `models.words.WordEncoder` or `models.tokens.Tokens`."""

    def split(self, texts: Sequence[str]) -> list[Any]:
        """The words or tokens of each text."""

    def inputs(self, rows: Sequence[Any]) -> dict[str, np.ndarray]:
        """What an exported network is given for some of them."""


class Scorer(ABC):
    """A model that can be asked."""

    def __init__(self, card: dict[str, Any]) -> None:
        self.card = card
        self.version: str = card["version"]
        self.labels: tuple[str, ...] = tuple(card["labels"])
        self.text_rule: str = card["text_rule"]
        self.thresholds: dict[str, float] = card["thresholds"]
        self.judged, self.expected = judged_languages(card), expected_languages(card)

    def scores(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> np.ndarray:
        """float32[text, label]: probabilities of texts that `clean_text` has cleaned, in their order."""
        return self.read(texts, languages).scores

    def flagged(self, scores: np.ndarray) -> list[int]:
        """Which texts the model's own thresholds flag."""
        from_ = np.array([self.thresholds[label] for label in self.labels], np.float32)
        return np.flatnonzero((scores >= from_).any(axis=1)).tolist()

    @abstractmethod
    def read(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> "Reading":
        """Every output for cleaned texts, by the odds and, in a cascade, the band of their languages where given."""


class Reading(NamedTuple):
    scores: np.ndarray  # float32[text, label]
    who: np.ndarray | None  # float32[text, one of WHO], each row adds up to 1; None if the model has no such head

    @classmethod
    def of(cls, card: dict[str, Any], logits: np.ndarray, languages: Sequence[str] | None) -> "Reading":
        """What a network's logits stand for."""
        scores = in_language(card, probabilities(card["calibration"], logits), languages)
        return cls(scores.astype(np.float32), attacked(logits))

    def attacked(self) -> list[str | None]:
        """Whom each text most likely attacks; None if the model has no such head."""
        return [None] * len(self.scores) if self.who is None else [WHO[i] for i in self.who.argmax(axis=1)]


class Network(Scorer):
    """One network, as it was trained."""

    def __init__(self, card: dict[str, Any], session: Any, encoder: Encoder) -> None:
        super().__init__(card)
        self.session, self.encoder = session, encoder

    def read(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> Reading:
        return Reading.of(self.card, self.logits(texts), languages)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """float32[text, label and who is attacked]"""
        width = len(LABELS) + len(self.card.get("who", ()))
        return outputs(self.session, self.encoder, texts, width, CHUNK_WORDS[self.card["kind"]])


class Cascade(Scorer):
    """A fast network that reads everything and a slow one that reads what the fast one does not rule out."""

    def __init__(self, card: dict[str, Any], fast: Network, slow: Network) -> None:
        super().__init__(card)
        self.fast, self.slow = fast, slow

    def read(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> Reading:
        logits, curves = self.fast.logits(texts), self.card["calibration"]
        scores, who = probabilities(curves["once"], logits), attacked(logits)
        doubtful = np.flatnonzero(is_doubtful(self.card, logits, languages)).tolist()
        if doubtful:
            slow = self.slow.logits([texts[i] for i in doubtful])
            scores[doubtful] = probabilities(curves["twice"], mixed(self.card["mix"], logits[doubtful], slow))
            if who is not None and (better := attacked(slow)) is not None:
                who[doubtful] = better
        return Reading(in_language(self.card, scores, languages).astype(np.float32), who)


def outputs(session: Any, encoder: Encoder, texts: Sequence[str], width: int, chunk_words: int) -> np.ndarray:
    """float32[text, width]: what a network makes of texts, read in batches of one length."""
    found = np.zeros((len(texts), width), np.float32)
    rows = encoder.split(texts)
    order = sorted(range(len(texts)), key=lambda i: (len(rows[i]), texts[i]))
    for chunk in _chunks(order, list(map(len, rows)), chunk_words):
        found[chunk] = session.run(["logits"], encoder.inputs([rows[i] for i in chunk]))[0]
    return found


def is_doubtful(card: dict[str, Any], logits: np.ndarray, languages: Sequence[str] | None = None) -> np.ndarray:
    """Which comments a cascade's slow network reads, by the fast one's logits and, if known, the language."""
    bands = card.get("bands", {}) if languages is not None else {}
    lines = {lang: _line(band) for lang, band in bands.items()}
    line = _line(card["band"])
    by_text = np.stack([lines.get(lang, line) for lang in languages]) if lines and languages else line[None]
    doubtful: np.ndarray = np.any(logits[:, : len(LABELS)] >= by_text, axis=1)
    return doubtful


def _line(band: dict[str, float]) -> np.ndarray:
    return np.array([band[label] for label in LABELS], np.float32)


def attacked(logits: np.ndarray) -> np.ndarray | None:
    """float32[text, one of WHO]: probabilities from the logits that follow those of the labels, if there are any."""
    if logits.shape[1] == len(LABELS):
        return None
    of_who = logits[:, len(LABELS) :]
    powers = np.exp(of_who - of_who.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares.astype(np.float32)


def mixed(mix: dict[str, float], fast: np.ndarray, slow: np.ndarray) -> np.ndarray:
    """The logits of a cascade where both networks have read."""
    of_labels = slice(len(LABELS))
    logits: np.ndarray = slow[:, of_labels] + fast[:, of_labels] * np.array([mix[one] for one in LABELS], np.float32)
    return logits


def probabilities(curves: dict[str, Any], logits: np.ndarray) -> np.ndarray:
    """What logits stand for by a model's calibration."""
    lines = [(curves[label]["logit"], curves[label]["probability"]) for label in LABELS]
    return _severe_is_toxic(np.stack([np.interp(logits[:, i], *line) for i, line in enumerate(lines)], axis=1))


def in_language(card: dict[str, Any], p: np.ndarray, languages: Sequence[str] | None) -> np.ndarray:
    """Probabilities with the odds that each language has of its own."""
    odds = card.get("odds")
    if not odds or not languages:
        return p
    of = {lang: np.array([odds.get(lang, {}).get(label, 1.0) for label in LABELS]) for lang in set(languages)}
    times = np.stack([of[lang] for lang in languages])
    return _severe_is_toxic(times_odds(p, times))


def times_odds(p: np.ndarray, times: np.ndarray | float) -> np.ndarray:
    """Probabilities whose odds, p ÷ (1 − p), are multiplied."""
    multiplied: np.ndarray = p * times / (1 - p + p * times)
    return multiplied


def _severe_is_toxic(p: np.ndarray) -> np.ndarray:
    """What is severely toxic is toxic first."""
    toxic, severe = LABELS.index("toxic"), LABELS.index("severe_toxic")
    p[:, severe] = np.minimum(p[:, severe], p[:, toxic])
    return p


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
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else it writes an id of the machine at import, and reports to Microsoft
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _encoder(folder: Path, card: dict[str, Any]) -> Encoder:
    if card["kind"] == "bilstm":
        from models.words import WordEncoder

        return WordEncoder.read(folder, card["buckets"])
    if card["kind"] == "transformer":
        from models.tokens import Tokens

        return Tokens(folder, card["longest"])
    raise ModelError(
        f"{folder} is a {card['kind']}; this toxwatch knows bilstm, transformer and cascade: update toxwatch."
    )


def _chunks(order: list[int], lengths: Sequence[int], most_words: int) -> list[list[int]]:
    """Runs of texts of about one length, small enough for the processor's cache."""
    chunks: list[list[int]] = []
    start = 0
    while start < len(order):
        end = min(start + CHUNK_TEXTS, len(order))
        end = max(start + 1, min(end, start + most_words // max(1, lengths[order[end - 1]])))
        chunks.append(order[start:end])
        start = end
    return chunks
