"""Word vectors to begin with, from an encoder that has read much more than our labelled comments, or from GloVe."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.labels import ModelError

AT_ONCE = 512  # words through the encoder
SPREAD = 0.2  # standard deviation of the vectors' values
LEAST_COVERAGE = 0.5  # of the words of the training texts


def encoder_words(folder: Path) -> list[str]:
    from models.tokens import Tokens

    return Tokens(folder, longest=16).whole_words()


def encoder_vectors(folder: Path, words: Sequence[str], width: int) -> np.ndarray:
    """float32[word, width]: what the encoder makes of each word alone, in its `width` main directions."""
    from sklearn.decomposition import PCA

    from models.tokens import Tokens
    from models.training.encoder import build_encoder
    from models.training.progress import batches_shown

    tokens, encoder = Tokens(folder, longest=16), build_encoder(folder, dropout=0.0)
    order = sorted(range(len(words)), key=lambda i: len(words[i]))
    starts = range(0, len(order), AT_ONCE)
    vectors = np.zeros((len(words), encoder.output_shape[-1]), np.float32)
    for start in batches_shown("word vectors", starts, len(starts)):
        chunk = order[start : start + AT_ONCE]
        ids = tokens.batch([words[i] for i in chunk])
        states = encoder.predict_on_batch(ids)
        is_inside = (ids > 0).astype(np.float32)[..., None]
        vectors[chunk] = (states * is_inside).sum(axis=1) / is_inside.sum(axis=1)
    main = PCA(width, random_state=0).fit_transform(vectors)
    scaled: np.ndarray = (main / main.std() * SPREAD).astype(np.float32)
    return scaled


def glove_vectors(file: Path, words: Sequence[str], width: int) -> np.ndarray:
    """float32[word, width] of a GloVe text file; a word that it lacks gets zeros."""
    places = {word: i for i, word in enumerate(words)}
    vectors, found = np.zeros((len(words), width), np.float32), 0
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            word, *values = line.rstrip("\n").rsplit(" ", width)
            if len(values) != width or (number == 1 and " " in word):
                raise ModelError(f"{file}, line {number}: expected a word and {width} numbers (--embedding {width}).")
            if word in places:
                vectors[places[word]] = np.array(values, np.float32)
                found += 1
    if found < LEAST_COVERAGE * len(words):
        raise ModelError(f"{file} knows {found:,} of the {len(words):,} words of the training texts: is it English?")
    return vectors
