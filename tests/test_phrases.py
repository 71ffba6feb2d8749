"""The second opinion of words and pairs, and the sentences that only a teacher labels."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.labels import LABELS
from models.tokens import Tokens
from models.training import data
from models.training.composed import compose
from models.training.echoes import echoes
from models.training.phrases import PAIRS, Phrases, learned
from models.words import WordEncoder
from tests.fixtures.encoders import write_encoder

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", params=["words", "tokens"])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> WordEncoder | Tokens:
    """What either network reads."""
    if request.param == "words":
        return WordEncoder(["bad", "good", "not", "you"], buckets=50)
    folder = tmp_path_factory.mktemp("encoder")
    write_encoder(folder / "encoder")
    return Tokens(folder / "encoder", longest=32)


def comments(*texts: str, toxic: tuple[int, ...]) -> pd.DataFrame:
    table = pd.DataFrame({"text": texts, "toxic": np.array(toxic, float)})
    return table.assign(**dict.fromkeys(LABELS[1:], np.nan))


def output(encoder: WordEncoder | Tokens, table: np.ndarray, texts: list[str]) -> np.ndarray:
    ids = encoder.batch(texts)
    return np.asarray(Phrases(table)(ids, np.zeros((len(texts), len(LABELS)), np.float32)))[:, 0]


def test_an_opinion_is_heard_where_the_network_knows_nothing(encoder: WordEncoder | Tokens) -> None:
    rows = comments(*["you are idiots", "lovely garden"] * 40, toxic=(1, 0) * 40)
    ignorant = np.random.default_rng(0).normal(size=(80, len(LABELS)))
    table = learned(encoder, rows, rows, ignorant)
    rude, kind = output(encoder, table, ["you idiots", "the lovely garden"])
    assert rude > 0 > kind
    assert not table[:, 1:].any(), "nobody said anything of the other labels"
    assert not table[0].any(), "padding says nothing"
    np.testing.assert_allclose(output(encoder, table, ["you idiots", "the lovely garden " * 9])[0], rude, rtol=1e-5)


def test_it_never_ranks_worse_than_the_network_alone(encoder: WordEncoder | Tokens) -> None:
    training = comments(*["you are idiots", "lovely garden"] * 40, toxic=(0, 1) * 40)  # the wrong way round
    validation = comments(*["you are idiots", "lovely garden"] * 40, toxic=(1, 0) * 40)
    right = np.array([[1.0], [-1.0]] * 40) + np.random.default_rng(0).uniform(-0.2, 0.2, (80, len(LABELS)))
    heard = right[:, 0] + output(encoder, learned(encoder, training, validation, right), validation.text.tolist())
    assert heard[::2].min() > heard[1::2].max()


def test_pairs_know_what_words_do_not() -> None:
    encoder = WordEncoder(["bad", "good", "not", "you"], buckets=50)
    rows = comments(*["not good you bad", "not bad you good"] * 40, toxic=(1, 0) * 40)
    table = learned(encoder, rows, rows, np.random.default_rng(0).normal(size=(80, len(LABELS))))
    assert np.abs(table[-PAIRS:]).max() > 0
    rude, kind = output(encoder, table, ["not good you bad", "not bad you good"])
    assert rude > kind


def test_echoes_are_made_of_the_texts_and_nobody_labelled_them() -> None:
    training = compose(300, seed=1)
    made = echoes(training, 500, seed=1)
    assert made.equals(echoes(training, 500, seed=1))
    assert not made.equals(echoes(training, 500, seed=2))
    assert np.isnan(data.targets(made)).all()
    assert {word for text in made.text for word in text.split()} <= {
        word for text in training.text for word in text.split()
    }
    assert len(set(made.text) - set(training.text)) > 300
    assert set(made.columns) == set(data.COLUMNS)


def test_the_disguises_of_training_are_known_ones() -> None:
    from models.training.obfuscate import DISGUISES, WEIGHTS

    assert WEIGHTS.keys() == DISGUISES.keys() - {"homoglyphs", "zero_width"}, "the text rule undoes those two"


def test_a_word_is_rounded_by_its_own_scale(tmp_path: Path) -> None:
    """Products of int8 are those of float32 to a percent, and the same to the bit whatever stands beside."""
    from models.scorer import open_session
    from models.training.graph import Graph, save
    from models.training.int8 import quantize

    rng = np.random.default_rng(0)
    weight = rng.normal(size=(128, 256)).astype(np.float32)
    graph = Graph()
    product = graph("MatMul", graph("Gather", rng.normal(size=(500, 128)).astype(np.float32), "ids"), weight)
    graph.finish(graph("ReduceMean", product, axes=[1], keepdims=0))
    save(graph, {"ids": ["text", "word"]}, tmp_path / "float.onnx")
    quantize(tmp_path / "float.onnx", tmp_path / "int8.onnx")
    plain, small = (open_session(tmp_path / name) for name in ("float.onnx", "int8.onnx"))
    ids = rng.integers(0, 500, (40, 3)).astype(np.int32)
    exact, rounded = (session.run(["logits"], {"ids": ids})[0] for session in (plain, small))
    assert 0 < np.abs(rounded - exact).mean() < 0.02 * np.abs(exact).mean()
    alone = np.concatenate([small.run(["logits"], {"ids": one[None]})[0] for one in ids])
    np.testing.assert_array_equal(alone, rounded)
