"""The cascade: who reads what, what it loses, and a folder that is a model like any other. Real networks, small."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models import scorer
from models.card import read_card
from models.labels import LABELS, ModelError
from models.text import clean_text
from models.training import cascade, data, losses, train
from tests.fixtures.encoders import write_encoder
from tests.fixtures.jigsaw import write_jigsaw
from tests.fixtures.training import TINY

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("jigsaw") / "data"
    write_jigsaw(folder, 1500)
    return data.labelled(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, rows: pd.DataFrame) -> Path:
    """A cascade of two small networks, each in a folder beside it."""
    place = tmp_path_factory.mktemp("models")
    write_encoder(place / "encoder")
    slow = replace(TINY, learning_rate=5e-3, max_train_words=30, epochs=2)
    train.train_transformer(rows, place / "slow", place / "encoder", slow)
    train.train_bilstm(rows, place / "fast", TINY, teachers=[scorer.network(place / "slow")])
    cascade.join(place / "fast", place / "slow", rows, place / "both", "toxwatch cascade", is_linked=False)
    return place / "both"


def test_the_slow_network_reads_what_the_fast_one_does_not_rule_out(folder: Path, rows: pd.DataFrame) -> None:
    model = scorer.load(folder)
    assert isinstance(model, scorer.Cascade)
    texts = data.of_part(rows, "test").text.tolist()
    logits = model.fast.logits(texts)
    doubtful = scorer.is_doubtful(model.card, logits)
    assert 0 < doubtful.sum() < len(texts)

    curves, scores = model.card["calibration"], model.scores(texts)
    once = scorer.probabilities(curves["once"], logits)
    twice = scorer.probabilities(curves["twice"], scorer.mixed(model.card["mix"], logits, model.slow.logits(texts)))
    np.testing.assert_allclose(scores, np.where(doubtful[:, None], twice, once), atol=1e-6)
    np.testing.assert_allclose(scores, np.concatenate([model.scores([text]) for text in texts]), atol=2e-6)
    assert model.scores([]).shape == (0, len(LABELS))


def test_it_says_what_it_reads_and_loses(folder: Path) -> None:
    card = read_card(folder)
    assert card["kind"] == "cascade"
    assert 0 < card["read_share"] < 1
    assert card["auc_loss"]["toxic"] <= losses.AUC_LOSS
    assert card["thresholds"].keys() == set(LABELS)
    assert read_card(folder / "fast")["teachers"] == [card["parts"]["slow"]["version"]]


def test_a_linked_cascade_finds_its_networks_where_they_lie(folder: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    for name in ("fast", "slow"):
        shutil.copytree(folder / name, tmp_path / name)
    cascade.join(tmp_path / "fast", tmp_path / "slow", rows, tmp_path / "linked", "toxwatch cascade", is_linked=True)
    assert [path.name for path in (tmp_path / "linked").iterdir()] == ["card.json"]
    texts = [clean_text("you are idiot number 7"), "thank you"]
    np.testing.assert_array_equal(scorer.load(tmp_path / "linked").scores(texts), scorer.load(folder).scores(texts))


def test_a_cascade_of_other_networks_than_it_was_fitted_to_is_not_loaded(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "both")
    card = json.loads((tmp_path / "both" / "card.json").read_text())
    card["parts"]["fast"]["folder"] = "slow"
    (tmp_path / "both" / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="was changed after training"):
        scorer.load(tmp_path / "both")


def test_a_cascade_does_not_join_cascades(folder: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a single network is wanted"):
        cascade.join(folder, folder / "slow", rows, tmp_path / "both", "", is_linked=False)
