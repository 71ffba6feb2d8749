"""Prunes an encoder to the word pieces that the texts use: of 250,000 for a hundred languages most never occur."""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from models.labels import ModelError
from models.tokens import TOKENIZER

WORDS = "embeddings.word_embeddings.weight"
AT_ONCE = 20_000  # texts
OFTEN = 25  # times that a piece must occur


def prune(folder: Path, texts: Iterable[str], target: Path) -> int:
    """Write the encoder in `folder` to `target` with the pieces that occur OFTEN; returns their number.

    Special pieces stay, and so does every single letter that occurs at all.
    """
    description = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    model = description["model"]
    if model.get("type") != "Unigram":
        raise ModelError(f"{folder / TOKENIZER} is of type {model.get('type')}; only Unigram pieces can be left out.")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tensors = load_file(folder / "model.safetensors")
    name = next((name for name in tensors if name.endswith(WORDS)), None)
    if name is None or len(tensors[name]) < len(model["vocab"]):
        raise ModelError(f"{folder}: the tokeniser's {len(model['vocab']):,} pieces do not fit the encoder's weights.")
    special = {one["id"] for one in description["added_tokens"]}
    counts = _counted(Tokenizer.from_file(str(folder / TOKENIZER)), texts, len(tensors[name]))
    kept = [
        i
        for i, (piece, _) in enumerate(model["vocab"])
        if i in special or counts[i] >= OFTEN or (len(piece.strip("▁")) <= 1 and counts[i] > 0)
    ]
    new = {old: place for place, old in enumerate(kept)}
    model["vocab"] = [model["vocab"][i] for i in kept]
    model["unk_id"] = new[model["unk_id"]]
    description["added_tokens"] = [
        one | {"id": new[one["id"]]} for one in description["added_tokens"] if one["id"] in new
    ]
    for one in (description.get("post_processor") or {}).get("special_tokens", {}).values():
        one["ids"] = [new[i] for i in one["ids"]]
    tensors[name] = np.ascontiguousarray(tensors[name][kept])
    config |= {"vocab_size": len(kept)}
    target.mkdir(parents=True, exist_ok=True)
    (target / TOKENIZER).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    (target / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    save_file(tensors, target / "model.safetensors")
    return len(kept)


def _counted(tokenizer: Tokenizer, texts: Iterable[str], size: int) -> np.ndarray:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    counts, rest = np.zeros(size, np.int64), iter(texts)
    while some := list(islice(rest, AT_ONCE)):
        for one in tokenizer.encode_batch_fast(some, add_special_tokens=False):
            np.add.at(counts, one.ids, 1)
    return counts
