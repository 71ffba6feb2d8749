"""Makes what `models/meaning.py` reads: a sentence encoder without the pieces and directions that comments don't need.

python -m models.training.meaning FILE ENCODER   (what `toxwatch prepare` wrote; multilingual-e5-small in a folder)
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from models.card import file_hash, write_card, writing
from models.meaning import PREFIX, SHIPPED, WIDTH
from models.scorer import CHUNK_WORDS, open_session, outputs
from models.tokens import Tokens
from models.training import data
from models.training.encoder import build_encoder
from models.training.export import write_transformer
from models.training.int8 import quantize
from models.training.pieces import prune
from models.training.pool import logits
from models.training.transformer import with_head

LONGEST = 128  # tokens
FITTED = 600  # texts of each language that the directions are found in
CHECKED = 1000  # of them, of which int8 must say the same
EVENED = 0.25  # by which power of its variance a direction counts less: half of the way to all counting alike
BUDGET = 4096  # tokens at a time
SEED = 0


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    card = make(Path(sys.argv[1]), Path(sys.argv[2]), SHIPPED)
    print(f"Wrote {SHIPPED} ({card['version']}): {WIDTH} directions hold {card['variance']:.0%} of the variance")


def make(prepared: Path, encoder: Path, target: Path) -> dict[str, Any]:
    """Prune the encoder to the pieces of training texts, find their main directions, and write what gives these."""
    rows = data.of_part(data.labelled(prepared), "train")
    some = rows.sample(frac=1.0, random_state=SEED).groupby("lang").head(FITTED)
    texts = [PREFIX + text for text in some.text]
    with tempfile.TemporaryDirectory() as place, writing(target) as draft:
        pruned = Path(place)
        prune(encoder, rows.text, pruned)
        tokens, body = Tokens(pruned, LONGEST), build_encoder(pruned)
        tokens.write(draft)
        model = with_head(body, dropout=0.0, width=WIDTH)
        means = logits(keras.Model(model.input, model.get_layer("mean").output), tokens, texts, BUDGET, LONGEST)
        directions = PCA(WIDTH, random_state=SEED).fit(means)
        kernel = directions.components_.T / directions.explained_variance_**EVENED
        model.get_layer("logits").set_weights([kernel, -directions.mean_ @ kernel])
        write_transformer(model, draft / "fp32.onnx")
        quantize(draft / "fp32.onnx", draft / "model.onnx")
        exact, small = (_read(draft / name, tokens, texts[:CHECKED]) for name in ("fp32.onnx", "model.onnx"))
        (draft / "fp32.onnx").unlink()
        facts = {
            "command": "python -m models.training.meaning FILE ENCODER",
            "longest": LONGEST,
            "languages": sorted(set(rows.lang)),
            "data": {"model.safetensors": file_hash(encoder / "model.safetensors")},
            "variance": round(float(directions.explained_variance_ratio_.sum()), 3),
            "int8_cosine": round(float((normalize(exact) * normalize(small)).sum(axis=1).mean()), 4),
        }
        return write_card(draft, "meaning", facts)


def _read(path: Path, tokens: Tokens, texts: list[str]) -> np.ndarray:
    return outputs(open_session(path), tokens, texts, WIDTH, CHUNK_WORDS["transformer"])


if __name__ == "__main__":
    main()
