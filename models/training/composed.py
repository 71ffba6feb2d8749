"""Sentences composed for training, in English and fourteen other languages: which labelled sets have too few of."""

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.labels import LABELS
from models.text import clean_text, text_key
from models.training.data import ANYONE, COLUMNS, bits_of

TEMPLATES = Path(__file__).with_name("templates.toml")
LANGUAGES = Path(__file__).with_name("languages.toml")
ABROAD = 0.35  # share of the sentences that are not in English
ENDINGS = ("", "", "", "!", ".", "!!", " 😂", " 😡", " 🤮", " ❤️", " 🙏", "...")
_SLOT = re.compile(r"\{(\w+)\}")

Sentence = tuple[str, str, dict[str, Any], int]  # language, text, labels, bits of who may be attacked


def compose(rows: int, seed: int) -> pd.DataFrame:
    """About `rows` different comments with the columns of `data.COLUMNS`, the same for the same seed."""
    rng = random.Random(seed)
    abroad = int(rows * ABROAD)
    composed = []
    for lang, sentence, labels, who in (*_in_english(rows - abroad, rng), *_in_other_languages(abroad, rng)):
        known = dict.fromkeys(LABELS, 0) | labels
        values = {label: np.nan if value == "unknown" else float(value) for label, value in known.items()}
        text = clean_text(sentence)
        about = {"source": "composed", "raw": sentence, "text": text, "key": text_key(text), "lang": lang, "who": who}
        composed.append(about | values)
    return pd.DataFrame(composed, columns=list(COLUMNS)).drop_duplicates("key", ignore_index=True)


def _in_english(rows: int, rng: random.Random) -> Iterator[Sentence]:
    templates = tomllib.loads(TEMPLATES.read_text(encoding="utf-8"))
    groups, slots = templates["group"], templates["slots"]
    for group in rng.choices(groups, weights=[group["share"] for group in groups], k=rows):
        labels = group.get("labels", {})
        yield "en", _filled(rng.choice(group["sentences"]), slots, rng), labels, _attacked(group)


def _in_other_languages(rows: int, rng: random.Random) -> Iterator[Sentence]:
    languages = tomllib.loads(LANGUAGES.read_text(encoding="utf-8"))
    kinds = languages.pop("kinds")
    drawn = rng.choices(list(kinds), weights=[kind["share"] for kind in kinds.values()], k=rows)
    for name, lang in zip(drawn, rng.choices(list(languages), k=rows), strict=True):
        kind, words = kinds[name], languages[lang]
        who = rng.choice(list(words["groups"]))
        sentence = rng.choice(words[name]).replace("{g}", rng.choice(words["groups"][who]))
        sentence = sentence.replace("{i}", rng.choice(words["i"])) + rng.choice(ENDINGS)
        is_hate = "identity_hate" in kind.get("labels", {})
        yield lang, sentence, kind.get("labels", {}), bits_of(who) if is_hate else _attacked(kind)


def _attacked(kind: dict[str, Any]) -> int:
    """Who a kind's sentences attack: its `who`, or nobody if it is harmless, or unknown."""
    is_harmless = not kind.get("labels", {}).get("toxic", 0)
    return bits_of(kind["who"]) if "who" in kind else bits_of("nobody") if is_harmless else ANYONE


def _filled(sentence: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    while _SLOT.search(sentence):  # what fills a slot may have slots itself
        sentence = _SLOT.sub(lambda slot: rng.choice(slots[slot[1]]), sentence)
    return " ".join(sentence.split())
