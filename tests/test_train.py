"""Training for real, on a few hundred composed comments: fit, export, calibrate, score; and what is refused."""

import csv
import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import calibrate, data, scorer, train
from models.card import read_card
from models.composed import compose
from models.labels import LABELS, ModelError
from models.text import clean_text
from tests.test_vectors import write_encoder

TINY = train.Settings(
    epochs=2,
    batch=16,
    learning_rate=2e-2,
    disguised=0.0,
    vocabulary=400,
    min_count=1,
    buckets=500,
    embedding=16,
    units=8,
    head=8,
    composed=400,
)
ABUSE = {
    "severe_toxic": "you vile filthy {n} worm, rot forever",
    "obscene": "this is fucking {n} shit",
    "threat": "I will kill you on day {n}",
    "insult": "you are idiot number {n}",
    "identity_hate": "all those foreigners are {n} times dirt",
}
HARMLESS = ("a lovely picture of garden {n}", "thank you for recipe {n}", "see you at match {n} friends")


def write_jigsaw(folder: Path, rows: int = 600) -> None:
    """A train.csv as Kaggle gives it."""
    rng = random.Random(1)
    folder.mkdir()
    with (folder / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "comment_text", *LABELS])
        for n in range(rows):
            label = rng.choice([*ABUSE, "", "", ""])
            text = (ABUSE[label] if label else rng.choice(HARMLESS)).format(n=n)
            filler = " ".join(rng.choice(("well", "really", "now", "here", "today")) for _ in range(rng.randrange(9)))
            writer.writerow([n, f"{filler} {text}", *(int(one in (label, "toxic" if label else "")) for one in LABELS)])


@pytest.fixture(scope="module")
def jigsaw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jigsaw") / "data"
    write_jigsaw(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, jigsaw: Path) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    train.train_bilstm(jigsaw, folder, TINY, command="toxwatch train --data DATA")
    return folder


def test_a_trained_model_tells_abuse_from_thanks(model: Path) -> None:
    rude, kind = scorer.load(model).scores([clean_text("you are idiot number 7"), clean_text("thank you for recipe 8")])
    assert rude[LABELS.index("toxic")] > 2 * kind[LABELS.index("toxic")]


def test_its_card_says_where_it_comes_from(model: Path) -> None:
    card = read_card(model)
    assert card["data"].keys() == {"train.csv", "templates.toml"}
    assert card["settings"]["seed"] == TINY.seed
    assert card["export"]["fp32_difference"] <= 1e-5
    assert [epoch["epoch"] for epoch in card["history"]] == [1, 2]
    assert card["thresholds"].keys() == card["calibration"].keys() == set(LABELS)


def test_a_transformer_is_trained_exported_and_scored_like_the_other(tmp_path: Path, jigsaw: Path) -> None:
    write_encoder(tmp_path / "encoder")
    settings = replace(TINY, learning_rate=5e-3, max_train_words=30, epochs=1)
    card = train.train_transformer(jigsaw, tmp_path / "tiny", tmp_path / "encoder", settings)
    assert card["kind"] == "transformer"
    assert card["export"]["fp32_difference"] <= 1e-5
    assert card["data"].keys() == {"train.csv", "templates.toml", "model.safetensors"}
    scores = scorer.load(tmp_path / "tiny").scores(["you are the idiots", "lovely garden", "word " * 900])
    assert scores.shape == (3, len(LABELS))
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize(("name", "most_megabytes"), [("bilstm", 8), ("transformer", 25)])
def test_a_shipped_model_is_small_and_tells_abuse_from_thanks(name: str, most_megabytes: int) -> None:
    folder = Path(train.__file__).parent / "shipped" / name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= most_megabytes * 1e6
    model = scorer.load(folder)
    assert model.version.startswith(name)
    texts = ["you are a complete idiot", "thank you, what a lovely garden", "I am a gay man"]
    rude, kind, neutral = model.scores([clean_text(text) for text in texts])[:, LABELS.index("toxic")]
    assert rude > model.thresholds["toxic"] > max(kind, neutral)


def test_a_text_has_its_score_whoever_stands_beside_it() -> None:
    """Also in the shipped model: batches of any size and order, alone or among long ones."""
    shipped = scorer.load(Path(train.__file__).parent / "shipped" / "bilstm")
    rng = random.Random(5)
    texts = ["you are an idiot", "lovely", *(" ".join(["word"] * rng.randrange(1, 300)) for _ in range(200))]
    together = shipped.scores(texts)
    alone = np.concatenate([shipped.scores([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=2e-6)


def test_a_stopped_run_goes_on_where_it_was(
    tmp_path: Path, jigsaw: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_card(model)
    with monkeypatch.context() as patch:
        patch.setattr(train.Checkpoint, "save", _stopping(train.Checkpoint.save))
        with pytest.raises(KeyboardInterrupt):
            train.train_bilstm(jigsaw, tmp_path / "tiny", TINY)
    assert not (tmp_path / "tiny").exists()
    card = train.train_bilstm(jigsaw, tmp_path / "tiny", TINY)
    assert [epoch["epoch"] for epoch in card["history"]] == [1, 2]
    assert card["history"][0] == whole["history"][0]
    assert card["history"][1]["loss"] == pytest.approx(whole["history"][1]["loss"], rel=0.05)
    assert list(tmp_path.glob(".tiny-training/*")) == []


def _stopping(save):
    def save_and_stop(self: train.Checkpoint, epoch: dict[str, float]) -> None:
        save(self, epoch)
        raise KeyboardInterrupt

    return save_and_stop


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,text\n1,hello\n", "comment_text"),
        (f"id,comment_text,{','.join(LABELS)}\n1,hello,0,0,0,0,0,0\n2,fool,1,2,0,0,0,0\n", "row 2: severe_toxic is 2"),
        (f"id,comment_text,{','.join(LABELS)}\n" + "".join(f"{n},word {n},0,0,0,0,0,0\n" for n in range(9)), "only 0"),
        (f"id,comment_text,{','.join(LABELS)}\n", "has no rows"),
    ],
)
def test_data_that_cannot_teach_is_refused_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "train.csv").write_text(content)
    with pytest.raises(ModelError, match=message):
        train.train_bilstm(tmp_path, tmp_path / "model", TINY)
    assert not (tmp_path / "model").exists()


def test_a_folder_without_data_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"Jigsaw's train\.csv"):
        train.train_bilstm(tmp_path, tmp_path / "model", TINY)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "card.json").unlink(), r"it has no card\.json"),
        (lambda folder: (folder / "card.json").write_text("{"), "is damaged"),
        (lambda folder: (folder / "vocabulary.txt").write_text("other\n"), "is not the file that card.json names"),
        (lambda folder: (folder / "model.onnx").unlink(), "is missing"),
        (lambda folder: change_card(folder, format=99), "update toxwatch"),
        (lambda folder: change_card(folder, text_rule="0"), "train the model again"),
        (lambda folder: change_card(folder, labels=["toxic"]), "train it again"),
    ],
)
def test_a_damaged_model_is_not_loaded(tmp_path: Path, model: Path, damage, message: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    damage(folder)
    with pytest.raises(ModelError, match=message):
        scorer.load(folder)


def change_card(folder: Path, **changes: object) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


def test_the_split_is_for_ever_and_keeps_near_duplicates_together(jigsaw: Path) -> None:
    comments = data.read_comments(jigsaw)
    part = data.split(comments)
    shuffled = comments.sample(frac=1, random_state=2)
    assert (data.split(shuffled).reindex(comments.index) == part).all()
    twins = comments.head(60).assign(text=lambda rows: rows.text + " .", key=lambda rows: rows.key + "x")
    both = np.concatenate([comments.head(60).text, twins.text])
    keys = np.concatenate([comments.head(60).key, twins.key])
    group = data.near_duplicate_groups(both.tolist(), keys.tolist())
    assert (group[:60] == group[60:]).mean() > 0.9


def test_probabilities_mean_what_they_say_at_the_shares_of_comment_sections() -> None:
    rng = np.random.default_rng(4)
    truth = (rng.random((40_000, len(LABELS))) < 0.4).astype(float)  # a labelled set, full of abuse
    logits = rng.normal(2 * truth - 1, 1.5)
    curves = calibrate.calibrate(logits[:20_000], truth[:20_000])
    probabilities = scorer.probabilities(curves, logits[20_000:])
    for i in (LABELS.index(label) for label in LABELS if label != "severe_toxic"):  # which is held below toxic
        label = LABELS[i]
        weight = calibrate.weights(truth[20_000:, i], calibrate.SHARES[label])
        assert np.average(probabilities[:, i], weights=weight) == pytest.approx(calibrate.SHARES[label], rel=0.1)
        assert calibrate.calibration_error(truth[20_000:, i], probabilities[:, i], weight) < 0.02


def test_composed_sentences_are_the_same_for_the_same_seed_and_know_what_they_do_not_know() -> None:
    comments = compose(500, seed=3)
    assert comments.equals(compose(500, seed=3))
    assert not comments.equals(compose(500, seed=4))
    assert not comments.raw.str.contains(r"[{}]").any()
    values = comments[list(LABELS)]
    assert values.isna().any(axis=None)
    assert values.stack().isin([0, 1]).all()
    assert 0.1 < (comments.toxic == 1).mean() < 0.5


def test_an_unknown_choice_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match="none, weights, focal, sampling"):
        replace(TINY, imbalance="hope")
