"""Word vectors from an encoder or from GloVe: read right, and refused where they are wrong."""

from math import erf
from pathlib import Path

import numpy as np
import pytest

from models.labels import ModelError
from models.tokens import Tokens
from models.training.encoder import build_encoder
from models.training.vectors import encoder_vectors, encoder_words, glove_vectors
from tests.fixtures.encoders import (
    HEADS,
    LAYERS,
    WIDTH,
    WORDS,
    random_tensors,
    save,
    write_distilbert,
    write_encoder,
    write_roberta,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    write_encoder(folder)
    return folder


def bert(t: dict[str, np.ndarray], ids: list[int], first: int = 0) -> np.ndarray:
    """BERT in NumPy, one text, written apart from the Keras one."""

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return x @ t[f"{name}.weight"].T + t[f"{name}.bias"]

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * t[f"{name}.weight"] + t[f"{name}.bias"]

    places = t["embeddings.position_embeddings.weight"][first:][: len(ids)]
    x = t["embeddings.word_embeddings.weight"][ids] + places
    x = norm(x + t.get("embeddings.token_type_embeddings.weight", np.zeros(1))[0], "embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        q, k, v = (
            dense(x, f"{layer}.attention.self.{part}").reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(WIDTH / HEADS))
        mixed = ((scores / scores.sum(-1, keepdims=True)) @ v).transpose(1, 0, 2).reshape(len(ids), WIDTH)
        x = norm(x + dense(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        inner = dense(x, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(erf)(inner / np.sqrt(2)))
        x = norm(x + dense(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    return x


def test_the_encoder_is_bert_whatever_the_padding(folder: Path) -> None:
    assert_is_bert(folder, random_tensors())


def test_distilbert_is_bert_by_other_names(tmp_path: Path) -> None:
    assert_is_bert(tmp_path / "distilbert", write_distilbert(tmp_path / "distilbert"))


def assert_is_bert(folder: Path, tensors: dict[str, np.ndarray]) -> None:
    tokens = Tokens(folder, longest=32)
    texts = ["You are the idiots", "lovely garden of the unknown you are"]
    states = build_encoder(folder).predict_on_batch(tokens.batch(texts))
    for row, ids in zip(states, map(tokens.encode, texts), strict=True):
        np.testing.assert_allclose(row[: len(ids)], bert(tensors, ids), atol=1e-5)


def test_roberta_begins_its_places_and_its_padding_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "roberta"
    tensors = write_roberta(folder)
    tokens = Tokens(folder, longest=32)
    assert tokens.encode("You are lovely") == [1, 9, 10, 6, 2]
    assert tokens.whole_words() == ["garden", "idiot", "lovely", "the", "you", "are"]
    states = build_encoder(folder).predict_on_batch(tokens.batch(["You are lovely", "the garden you are"]))
    np.testing.assert_allclose(states[0, :5], bert(tensors, [0, 9, 10, 6, 2], first=2), atol=1e-5)
    np.testing.assert_allclose(states[1], bert(tensors, [0, 8, 4, 9, 10, 2], first=2), atol=1e-5)


def test_a_long_text_loses_its_middle(folder: Path) -> None:
    ids = Tokens(folder, longest=8).encode("the garden " * 20 + "you idiot")
    assert len(ids) == 8
    assert ids[0] == WORDS.index("[CLS]")
    assert ids[-2:] == [WORDS.index("idiot"), WORDS.index("[SEP]")]


def test_vectors_are_the_encoders_main_directions(folder: Path) -> None:
    assert encoder_words(folder) == ["garden", "idiot", "lovely", "the", "you", "are"]
    vectors = encoder_vectors(folder, ["garden", "idiot", "gardens", "lovely", "the"], 3)
    assert vectors.shape == (5, 3)
    assert vectors.std() == pytest.approx(0.2, abs=1e-3)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-5)


def test_a_folder_that_is_no_encoder_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks config\.json, model\.safetensors, tokenizer\.json"):
        build_encoder(tmp_path)
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(ModelError, match="is a gpt2"):
        build_encoder(tmp_path)
    write_encoder(tmp_path / "part")
    tensors = random_tensors()
    del tensors["encoder.layer.1.output.dense.bias"]
    save(tmp_path / "part" / "model.safetensors", tensors)
    with pytest.raises(ModelError, match=r"lacks 'encoder\.layer\.1\.output\.dense\.bias'"):
        build_encoder(tmp_path / "part")


def test_glove_is_read_by_width_and_coverage(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_text("garden 0.1 0.2\nidiot -0.3 0.4\n. . 1 2\n")
    np.testing.assert_allclose(glove_vectors(file, ["idiot", "garden"], 2), [[-0.3, 0.4], [0.1, 0.2]])
    with pytest.raises(ModelError, match="line 1: expected a word and 3 numbers"):
        glove_vectors(file, ["idiot"], 3)
    with pytest.raises(ModelError, match="expected a word and 1 numbers"):
        glove_vectors(file, ["idiot"], 1)
    with pytest.raises(ModelError, match="knows 1 of the 3 words"):
        glove_vectors(file, ["idiot", "jardin", "schön"], 2)
