"""Training for real, on a few hundred composed comments: fit, export, calibrate, score; and what is refused."""

import csv
import json
import random
import shutil
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.config.settings import SHIPPED
from models import scorer
from models.card import read_card
from models.labels import LABELS, ModelError
from models.text import clean_text, text_key
from models.tokens import Tokens
from models.training import calibrate, data, evaluate, learner, train
from models.training.checkpoint import Checkpoint
from models.training.composed import compose
from models.training.fitting import DRAWN_OFTEN, draw_chances
from models.training.rate import WARM_UP, Clock
from tests.fixtures.encoders import write_encoder, write_roberta
from tests.fixtures.jigsaw import write_jigsaw
from tests.fixtures.training import TINY

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def jigsaw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jigsaw") / "data"
    write_jigsaw(folder)
    return folder


@pytest.fixture(scope="module")
def rows(jigsaw: Path) -> pd.DataFrame:
    return data.labelled(jigsaw)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, rows: pd.DataFrame) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    train.train_bilstm(rows, folder, TINY, command="toxwatch train --data DATA")
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


@pytest.mark.slow
@pytest.mark.parametrize("write", [write_encoder, write_roberta])
def test_a_transformer_is_trained_exported_and_scored_like_the_other(
    tmp_path: Path, rows: pd.DataFrame, write: Callable[[Path], None]
) -> None:
    write(tmp_path / "encoder")
    settings = replace(TINY, learning_rate=5e-3, max_train_words=30, by_source=True)
    card = train.train_transformer(rows, tmp_path / "tiny", tmp_path / "encoder", settings)
    assert card["kind"] == "transformer"
    assert card["export"]["fp32_difference"] <= 1e-5
    assert card["data"].keys() == {"train.csv", "templates.toml", "model.safetensors"}
    scores = scorer.load(tmp_path / "tiny").scores(["you are the idiots", "lovely garden", "word " * 900])
    assert scores.shape == (3, len(LABELS))
    assert ((scores >= 0) & (scores <= 1)).all()


def test_training_can_begin_with_the_encoder_of_an_exported_transformer() -> None:
    """Of the shipped one, whose weights are int8: it gives the vectors that the exported network ends with."""
    from models.training.encoder import build_encoder, find_encoder
    from models.training.exported import Exported

    shipped = SHIPPED.with_name("transformer")
    network, encoder = scorer.network(shipped), find_encoder(str(shipped))
    texts = [clean_text(text) for text in ("you are an idiot", "danke, was für ein schönes Bild", "merci")]
    ids = Tokens(encoder, network.card["longest"]).batch(texts)
    states, is_token = build_encoder(encoder).predict_on_batch(ids), (ids > 0)[..., None]
    kernel, bias = Exported(shipped / "model.onnx").products()[-1]
    logits = (states * is_token).sum(axis=1) / is_token.sum(axis=1) @ kernel + bias
    np.testing.assert_allclose(logits, network.logits(texts), atol=0.3)  # its activations are int8: 0.1 apart


@pytest.mark.parametrize(("name", "most_megabytes"), [("bilstm", 8), ("transformer", 45), ("cascade", 1)])
def test_a_shipped_model_is_small_and_tells_abuse_from_thanks(name: str, most_megabytes: int) -> None:
    folder = SHIPPED.with_name(name)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= most_megabytes * 1e6
    model = scorer.load(folder)
    assert model.version.startswith(name)
    texts = ["you are a complete idiot", "thank you, what a lovely garden", "I am a gay man"]
    rude, kind, neutral = model.scores([clean_text(text) for text in texts])[:, LABELS.index("toxic")]
    assert rude > model.thresholds["toxic"] > max(kind, neutral)


@pytest.mark.slow
@pytest.mark.parametrize("imbalance", [one for one in learner.IMBALANCE if one != TINY.imbalance])
def test_every_answer_to_imbalance_learns(tmp_path: Path, rows: pd.DataFrame, imbalance: str) -> None:
    card = train.train_bilstm(rows, tmp_path / "tiny", replace(TINY, imbalance=imbalance))
    assert card["validation_auc"] > 0.9


@pytest.mark.slow
def test_bfloat16_and_added_gradients_learn_and_are_exported_as_float32(tmp_path: Path, rows: pd.DataFrame) -> None:
    settings = replace(TINY, mixed=True, accumulate=2, epochs=3)
    card = train.train_bilstm(rows, tmp_path / "tiny", settings)
    assert card["validation_auc"] > 0.9
    assert card["export"]["fp32_difference"] <= 1e-5


def test_the_rate_rises_and_falls_with_the_steps_or_with_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, rates = Clock(1000), []
    for clock.steps in range(1000):
        rates.append(clock.rate(0.5))
    assert rates.index(max(rates)) == pytest.approx(WARM_UP * 1000, abs=1)
    assert max(rates) == pytest.approx(0.5, rel=0.02)
    assert rates[0] < 0.01
    assert rates[-1] < 0.001
    limited = Clock(1000, seconds=60)
    limited.resume(500, 45)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert limited.rate(0.5) == pytest.approx(0.5 * (1 + np.cos(0.75 * np.pi)) / 2, rel=0.01)
    monkeypatch.setattr(time, "monotonic", lambda: now + 15)
    assert limited.is_over()


def test_a_run_stops_when_its_time_is_up(tmp_path: Path, rows: pd.DataFrame) -> None:
    card = train.train_bilstm(rows, tmp_path / "tiny", replace(TINY, epochs=500, minutes=0.05))
    assert 1 <= len(card["history"]) < 500


def test_rows_are_drawn_by_the_root_of_their_sources_size() -> None:
    sources = pd.Series(["big"] * 10_000 + ["small"] * 100 + ["composed"] * 100)
    chances = pd.Series(draw_chances(sources)).groupby(sources).sum()
    assert chances["big"] / chances["small"] == pytest.approx(10)
    assert chances["composed"] / chances["small"] == pytest.approx(DRAWN_OFTEN["composed"])


def test_smote_makes_neighbours_that_know_one_label() -> None:
    from models.training.smote import SHARE, synthetic

    rng = np.random.default_rng(0)
    truth = np.zeros((500, len(LABELS)), np.float32)
    truth[:20, LABELS.index("threat")] = 1
    truth[20:40, LABELS.index("threat")] = np.nan
    features = rng.normal(truth[:, [3, 3]] * 9, 0.1)
    more, labels = synthetic(np.nan_to_num(features), truth, seed=1)
    assert len(more) == int(480 * SHARE) - 20
    assert (np.abs(more - 9) < 1).all()
    assert (labels[:, 3] == 1).all()
    assert np.isnan(np.delete(labels, 3, axis=1)).all()


@pytest.mark.parametrize("name", ["bilstm", "transformer", "cascade"])
def test_a_text_has_its_score_whoever_stands_beside_it(name: str) -> None:
    """Also in the shipped models: batches of any size and order, alone or among long ones."""
    shipped = scorer.load(SHIPPED.with_name(name))
    rng = random.Random(5)
    texts = ["you are an idiot", "lovely", *(" ".join(["word"] * rng.randrange(1, 300)) for _ in range(16))]
    together = shipped.scores(texts)
    alone = np.concatenate([shipped.scores([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-4)  # steep calibration magnifies how floats are summed


def test_a_stopped_run_goes_on_where_it_was(
    tmp_path: Path, rows: pd.DataFrame, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_card(model)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "save", _stopping(Checkpoint.save))
        with pytest.raises(KeyboardInterrupt):
            train.train_bilstm(rows, tmp_path / "tiny", TINY)
    assert not (tmp_path / "tiny").exists()
    card = train.train_bilstm(rows, tmp_path / "tiny", TINY)
    assert [epoch["epoch"] for epoch in card["history"]] == [1, 2]
    assert card["history"][0] == whole["history"][0]
    assert card["history"][1]["loss"] == pytest.approx(whole["history"][1]["loss"], rel=0.05)
    assert list(tmp_path.glob(".tiny-training/*")) == []


def _stopping(save):
    def save_and_stop(self: Checkpoint, epoch: dict[str, float]) -> None:
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
        data.labelled(tmp_path)


def test_a_folder_without_data_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"Jigsaw's train\.csv"):
        data.labelled(tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "card.json").unlink(), r"it has no card\.json"),
        (lambda folder: (folder / "card.json").write_text("{"), "is damaged"),
        (lambda folder: (folder / "vocabulary.txt").write_text("other\n"), "is not the file that card.json names"),
        (lambda folder: (folder / "model.onnx").unlink(), "is missing"),
        (lambda folder: change_card(folder, format=99), "update toxwatch"),
        (lambda folder: change_card(folder, format=1), "train it again"),
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


def test_prepared_comments_are_those_of_the_folder(tmp_path: Path, jigsaw: Path, rows: pd.DataFrame) -> None:
    data.prepare(jigsaw, tmp_path / "labelled.parquet")
    read = data.labelled(tmp_path / "labelled.parquet")
    pd.testing.assert_frame_equal(read, rows)
    assert read.attrs == rows.attrs == {"hashes": data.data_hashes(jigsaw)}
    small = data.prepare(jigsaw, tmp_path / "small.parquet", most=20)
    assert small.part.value_counts().to_dict() == {"train": 200, "validation": 20, "test": 20}
    (tmp_path / "other.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ModelError, match="toxwatch prepare"):
        data.labelled(tmp_path / "other.parquet")


def test_jigsaws_own_test_set_is_a_part_without_the_rows_that_were_never_scored(tmp_path: Path) -> None:
    write_jigsaw(tmp_path / "jigsaw", 200)
    tests = [["a", "you utter idiot"], ["b", "a picture of my dog"], ["c", "nobody scored this"]]
    scored = [["a", 1, 0, 0, 0, 1, 0], ["b", *[0] * 6], ["c", *[-1] * 6]]
    for name, head, body in (
        ("test.csv", ["id", "comment_text"], tests),
        ("test_labels.csv", ["id", *LABELS], scored),
    ):
        with (tmp_path / "jigsaw" / name).open("w", newline="") as file:
            csv.writer(file).writerows([head, *body])
    competition = data.of_part(data.labelled(tmp_path / "jigsaw"), "competition")
    assert dict(zip(competition.raw, competition.insult, strict=True)) == {
        "you utter idiot": 1,
        "a picture of my dog": 0,
    }


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


def test_probabilities_mean_what_they_say_in_each_language() -> None:
    """Two languages whose annotators differ: one calls much toxic that has low logits, the other little."""
    rng = np.random.default_rng(5)
    truth = (rng.random((40_000, len(LABELS))) < 0.4).astype(float)
    languages = ["es", "ko"] * 20_000
    strict = np.array([1.0, -1.0] * 20_000)[:, None]
    logits = rng.normal(2 * truth - 1 - strict, 1.5)
    p = scorer.probabilities(calibrate.calibrate(logits, truth), logits)
    odds = calibrate.odds_by_language(p[:20_000], truth[:20_000], languages[:20_000])
    held_out, toxic = truth[20_000:, 0], LABELS.index("toxic")
    ours = scorer.in_language({"odds": odds}, p[20_000:], languages[20_000:])
    weight = calibrate.weights(held_out, calibrate.SHARES["toxic"])
    for place, lang in enumerate(("es", "ko")):
        of = np.arange(20_000) % 2 == place
        means = [
            np.average(one[of, toxic], weights=weight[of]) / calibrate.SHARES["toxic"] for one in (p[20_000:], ours)
        ]
        assert abs(means[0] - 1) > 0.3, f"{lang} is off without"
        assert means[1] == pytest.approx(1, rel=0.1)
    assert (ours[:, LABELS.index("severe_toxic")] <= ours[:, toxic]).all()
    np.testing.assert_array_equal(scorer.in_language({"odds": odds}, p, ["und"] * len(p)), p)
    few = calibrate.odds_by_language(p[:50], truth[:50], languages[:50])
    assert few == {}, "too few to say"


def test_a_handful_of_positives_makes_nobody_sure() -> None:
    truth = np.full((5000, len(LABELS)), np.nan)
    truth[:, 1] = np.arange(5000) < 3
    logits = np.where(truth == 1, 1.0, -3.0)
    curves = calibrate.calibrate(logits, np.where(np.isnan(truth), np.arange(5000)[:, None] % 2, truth))
    sure = np.interp(1.0, curves["severe_toxic"]["logit"], curves["severe_toxic"]["probability"])
    assert 0.5 < sure < 0.9
    assert calibrate.thresholds(logits, truth, 0.8) == dict.fromkeys(LABELS, 0.5)


def test_composed_sentences_are_the_same_for_the_same_seed_and_know_what_they_do_not_know() -> None:
    comments = compose(500, seed=3)
    assert comments.equals(compose(500, seed=3))
    assert not comments.equals(compose(500, seed=4))
    assert not comments.raw.str.contains(r"[{}]").any()
    values = comments[list(LABELS)]
    assert values.isna().any(axis=None)
    assert values.stack().isin([0, 1]).all()
    assert 0.1 < (comments.toxic == 1).mean() < 0.5


def test_no_sentence_to_judge_by_is_composed_for_training() -> None:
    asked = tomllib.loads(evaluate.CASES.read_text(encoding="utf-8"))
    abroad = tomllib.loads(evaluate.MENTIONS_ABROAD.read_text(encoding="utf-8"))
    judged = [text for case in asked["case"] for text in case["texts"]]
    judged += [
        sentence.format(group=group)
        for mentions in (asked["mention"], *abroad.values())
        for sentence in mentions["harmless"] + mentions["abuse"]
        for group in mentions["groups"]
    ]
    trained_on = set(compose(learner.BILSTM.composed, learner.BILSTM.seed).key)
    assert [text for text in judged if text_key(clean_text(text)) in trained_on] == []


def test_a_group_is_one_group_whether_one_or_many_of_it_are_named() -> None:
    texts = [
        "A woman said it",
        "WOMEN said it",
        "the old woman, you idiot",
        "women are idiots",
        "They said it",
        "idiot",
    ] * 30
    rows = pd.DataFrame({"text": texts, "toxic": [0.0, 0.0, 1.0, 1.0, 0.0, 1.0] * 30})
    found = evaluate.by_identity(rows, np.array([0.1, 0.2, 0.15, 0.9, 0.1, 0.9] * 30)[:, None])
    assert list(found) == ["woman or women"]
    assert (found["woman or women"]["rows"], found["woman or women"]["subgroup_auc"]) == (120, 0.75)


def test_an_unknown_choice_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match="none, weights, focal, sampling, smote"):
        replace(TINY, imbalance="hope")
