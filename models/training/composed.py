"""Sentences composed for training from models/training/templates.toml: what labelled sets hold too little of."""

import random
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

from models.labels import LABELS
from models.text import clean_text, text_key

TEMPLATES = Path(__file__).with_name("templates.toml")
_SLOT = re.compile(r"\{(\w+)\}")


def compose(rows: int, seed: int) -> pd.DataFrame:
    """About `rows` different comments with the columns of `data.COLUMNS`, the same for the same seed."""
    templates = tomllib.loads(TEMPLATES.read_text(encoding="utf-8"))
    groups, slots = templates["group"], templates["slots"]
    rng = random.Random(seed)
    composed = []
    for group in rng.choices(groups, weights=[group["share"] for group in groups], k=rows):
        labels = dict.fromkeys(LABELS, 0) | group.get("labels", {})
        sentence = _filled(rng.choice(group["sentences"]), slots, rng)
        values = {label: np.nan if value == "unknown" else float(value) for label, value in labels.items()}
        composed.append({"source": "composed", "raw": sentence, "text": clean_text(sentence)} | values)
    table = pd.DataFrame(composed)
    table.insert(3, "key", [text_key(text) for text in table.text])
    return table.drop_duplicates("key", ignore_index=True)


def _filled(sentence: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    while _SLOT.search(sentence):  # what fills a slot may have slots itself
        sentence = _SLOT.sub(lambda slot: rng.choice(slots[slot[1]]), sentence)
    return " ".join(sentence.split())
