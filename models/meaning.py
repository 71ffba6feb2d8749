"""What a comment says, as numbers: those of comments that mean much the same are close, in any words and languages.

A sentence encoder (multilingual-e5-small) that `models/training/meaning.py` cut down. It knows nothing of toxicity.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.card import read_card
from models.scorer import CHUNK_WORDS, Encoder, open_session, outputs

SHIPPED = Path(__file__).parent / "shipped" / "meaning"
WIDTH = 128
PREFIX = "query: "  # which the encoder learned with
MOST = 127  # of a signed byte


class Meaning(NamedTuple):
    version: str
    session: Any
    tokens: Encoder

    def read(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """int8[text, WIDTH] of texts that `clean_text` has cleaned. Lengths say nothing, only directions do."""
        asked = [PREFIX + text for text in texts]
        vectors = outputs(self.session, self.tokens, asked, WIDTH, CHUNK_WORDS["transformer"])
        largest = np.abs(vectors).max(axis=1, keepdims=True)
        rounded: NDArray[np.int8] = np.round(vectors / np.maximum(largest, 1e-9) * MOST).astype(np.int8)
        return rounded


def load(folder: Path) -> Meaning:
    from models.tokens import Tokens

    card = read_card(folder)
    return Meaning(card["version"], open_session(folder / "model.onnx"), Tokens(folder, card["longest"]))


@lru_cache(maxsize=1)
def shipped() -> Meaning:
    return load(SHIPPED)


@lru_cache(maxsize=256)
def of(text: str) -> list[int]:
    """Of one text, by the encoder that ships."""
    found: list[int] = shipped().read([text])[0].tolist()
    return found
