"""Several languages and who is attacked: sources, composed sentences, batches, pieces, and a tiny model."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from models import scorer
from models.card import read_card
from models.labels import LABELS, WHO, ModelError
from models.tokens import Tokens
from models.training import by_language, calibrate, data, train
from models.training.composed import compose
from models.training.distill import distilled
from models.training.judged import judged
from models.training.learner import Settings
from models.training.pieces import OFTEN, WORDS, prune
from models.training.pool import Pool, logits, shapes
from models.words import WordEncoder, split_words
from tests.fixtures.encoders import write_encoder
from tests.fixtures.training import TINY

SENTENCES = {
    "en": ("a{n} idiot b{n}", "a{n} garden b{n}"),
    "de": ("a{n} Trottel b{n}", "a{n} Garten b{n}"),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Two languages; only English has threats."""
    folder = tmp_path_factory.mktemp("data")
    comments = [
        {"text": sentence.format(n=n), "lang": lang, "label": 1 - place, "cyberbullying_type": "age" if place else "x"}
        for lang, sentences in SENTENCES.items()
        for place, sentence in enumerate(sentences)
        for n in range(400)
    ]
    labels = {label: (lambda row: row["label"]) for label in LABELS}
    frame = pd.DataFrame([row | {label: of(row) for label, of in labels.items()} for row in comments])
    frame["threat"] = np.where(frame.lang == "en", frame.label, 0)
    frame = frame.rename(columns={"text": "comment_text"})
    frame[["comment_text", "lang", *LABELS]].to_parquet(folder / "two.parquet")
    sources = tmp_path_factory.mktemp("sources")
    mapping = (
        'file = "two.parquet"\ntext = "comment_text"\nwho = "case when insult = 1 then \'person\' end"\n[labels]\n'
    )
    (sources / "two.toml").write_text(mapping + "".join(f'{label} = "{label}"\n' for label in LABELS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "SOURCES", sources)
        patch.setattr(data.read_comments, "__defaults__", (sources, "training", True))
        patch.setattr(data.data_hashes, "__defaults__", (sources,))
        return data.labelled(folder)


def test_zeros_of_a_label_never_given_in_a_language_are_unknown(rows: pd.DataFrame) -> None:
    known = rows.threat.notna().groupby(rows.lang).mean()
    assert known.to_dict() == {"de": 0.0, "en": 1.0}
    assert rows.insult.notna().all()


def test_who_is_attacked_is_nobody_where_nothing_is_toxic(rows: pd.DataFrame) -> None:
    assert set(rows.who[rows.toxic == 0]) == {1 << WHO.index("nobody")}
    assert set(rows.who[rows.toxic == 1]) == {1 << WHO.index("person")}
    allowed = data.all_targets(rows)[:, len(LABELS) :]
    assert (allowed.sum(axis=1) == 1).all()


@pytest.mark.parametrize(("who", "number"), [("nobody", 1), ("origin|religion", 2), ("group", 7), ("person|group", 8)])
def test_a_source_may_leave_open_who_of_several_is_attacked(who: str, number: int) -> None:
    assert data.bits_of(who).bit_count() == number


def test_a_source_that_names_an_unknown_group_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"text": ["hello"]}).to_parquet(tmp_path / "one.parquet")
    source = data.Source("one", "one.parquet", "text", {"toxic": "1"}, who="'martians'")
    with pytest.raises(ModelError, match="martians"):
        data._read(tmp_path, source)


def test_sentences_are_composed_in_fifteen_languages_with_who_is_attacked() -> None:
    comments = compose(6000, seed=1)
    assert len(set(comments.lang)) == 15
    assert (comments.lang == "en").mean() > 0.4
    hate = comments[(comments.lang != "en") & (comments.identity_hate == 1)]
    assert not hate.who.isin([data.ANYONE, 1 << WHO.index("nobody"), 1 << WHO.index("person")]).any()


def test_words_of_scripts_without_blanks_or_with_vowel_signs_are_whole() -> None:
    assert split_words("你是白痴") == ["你", "是", "白", "痴"]
    assert split_words("हिन्दी में") == ["हिन्दी", "में"]


def test_an_epoch_has_every_row_once_in_a_few_shapes(tmp_path: Path) -> None:
    encoder = WordEncoder(["garden"], buckets=50)
    texts = [" ".join(["garden"] * (1 + n % 60)) for n in range(500)]
    pool = Pool(encoder, texts, tmp_path / "texts", longest=48, disguised=0.5, seed=3)
    plan = pool.plan(np.arange(500), 320, (3, 0))
    assert sorted(np.concatenate([rows for _, rows, _ in plan]).tolist()) == list(range(500))
    assert plan[0][1].tolist() == pool.plan(np.arange(500), 320, (3, 0))[0][1].tolist()
    truth, weight = np.zeros((500, 2)), np.ones(500, np.float32)
    seen = {ids.shape for ids, _, _ in pool.batches(plan, 320, truth, weight)}
    assert {shape[1] for shape in seen} == set(shapes(48))
    assert len(seen) == len(shapes(48))
    assert sum(weights.sum() for _, _, weights in pool.batches(plan, 320, truth, weight)) == 500
    assert sorted(np.concatenate([rows for rows, _ in pool.readings(320)]).tolist()) == list(range(500))


def test_pieces_that_no_text_uses_are_pruned(tmp_path: Path) -> None:
    write_encoder(tmp_path / "encoder")
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁garden", "▁idiot", "▁seldom", "▁", "a", "b", "c"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(pieces[:4])
    tokenizer.save(str(tmp_path / "encoder" / "tokenizer.json"))
    assert prune(tmp_path / "encoder", ["garden idiot"] * OFTEN + ["seldom"], tmp_path / "small") < len(pieces)
    small, whole = Tokens(tmp_path / "small", 16), Tokens(tmp_path / "encoder", 16)
    assert "▁seldom" not in small.pieces()
    weights = load_file(tmp_path / "small" / "model.safetensors")[WORDS]
    before = load_file(tmp_path / "encoder" / "model.safetensors")[WORDS]
    np.testing.assert_array_equal(weights[small.pieces().index("▁idiot")], before[whole.pieces().index("▁idiot")])
    assert json.loads((tmp_path / "small" / "config.json").read_text())["vocab_size"] == len(weights)


def test_a_tokeniser_that_does_not_fit_its_weights_is_refused(tmp_path: Path) -> None:
    write_encoder(tmp_path / "encoder")
    with pytest.raises(ModelError, match="only Unigram"):
        prune(tmp_path / "encoder", [], tmp_path / "small")
    Tokenizer(models.Unigram([(str(i), -1.0) for i in range(99)], unk_id=0)).save(
        str(tmp_path / "encoder" / "tokenizer.json")
    )
    with pytest.raises(ModelError, match="do not fit the encoder's weights"):
        prune(tmp_path / "encoder", [], tmp_path / "small")


def test_a_language_is_judged_where_the_model_is_right_often_enough() -> None:
    rng = np.random.default_rng(0)
    truth = np.tile([0.0, 1.0], 200)
    rows = pd.DataFrame({"lang": ["de"] * 200 + ["it"] * 200, "source": "s", "toxic": truth})
    rows = rows.assign(**dict.fromkeys(LABELS[1:], np.nan))
    p = np.where(rows.lang == "de", truth, rng.random(400))[:, None].repeat(len(LABELS), axis=1)
    assert judged(rows, p) == {"de": {"rows": 200, "sources": ["s"], "auc": {"toxic": 1.0}}}


def test_no_category_falls_silent() -> None:
    rng = np.random.default_rng(2)
    truth = (rng.random((4000, len(LABELS))) < 0.3).astype(float)
    p = 1 / (1 + np.exp(-rng.normal(truth, 1.0)))  # hardly separable: no threshold is precise
    chosen = calibrate.thresholds(p, truth, 0.8)
    for i, label in enumerate(LABELS):
        assert (p[truth[:, i] == 1, i] >= chosen[label]).mean() >= calibrate.LEAST_FOUND[label]


@pytest.mark.long
def test_a_tiny_model_of_two_languages_finds_what_is_toxic_and_who_is_attacked(
    tmp_path: Path, rows: pd.DataFrame
) -> None:
    card = train.train_bilstm(rows, tmp_path / "tiny", replace(TINY, composed=0, epochs=4))
    assert set(card["judged"]) == {"de", "en"} or not card["judged"]
    assert card["who"] == list(WHO)
    model = scorer.load(tmp_path / "tiny")
    scores, who = model.read(["a7 idiot b7", "a7 Trottel b7", "a7 garden b7"])
    assert who is not None
    np.testing.assert_allclose(who.sum(axis=1), 1, rtol=1e-5)
    assert [WHO[i] for i in who.argmax(axis=1)] == ["person", "person", "nobody"]
    assert scores[:2, 0].min() > scores[2, 0]
    assert by_language.by_language(rows, model.scores(rows.text.tolist())).keys() == {"de", "de, two", "en", "en, two"}


class Teacher:
    """Gives every text the same logit, in the languages that it was judged in."""

    def __init__(self, logit: float, expected: tuple[str, ...]) -> None:
        self.logit, self.expected = logit, expected

    def logits(self, texts: list[str]) -> np.ndarray:
        return np.full((len(texts), len(LABELS)), self.logit, np.float32)


def test_labels_count_half_and_the_opinion_of_all_teachers_of_a_language_the_other_half(rows: pd.DataFrame) -> None:
    taught = distilled(rows, [Teacher(0.0, ("en",)), Teacher(50.0, ("en", "de"))])
    is_english = (rows.lang == "en").to_numpy()
    for lang, opinion in (("en", 0.75), ("de", 1.0)):
        of = rows.lang == lang
        np.testing.assert_allclose(taught.toxic[of], (rows.toxic[of] + opinion) / 2)
    np.testing.assert_allclose(taught.threat[~is_english], 1.0)  # nobody labelled threats in German
    composed = distilled(rows.assign(source="composed"), [Teacher(0.0, ())])
    np.testing.assert_array_equal(composed.toxic, rows.toxic)
    np.testing.assert_allclose(composed.threat[~is_english], 0.5)


def test_a_model_of_one_language_learns_from_nothing_else(tmp_path: Path, rows: pd.DataFrame) -> None:
    read: list[str] = []

    def fitted(_: Any, training: pd.DataFrame, *rest: Any) -> Any:  # noqa: ARG001
        read.extend(training.lang)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "fit", fitted)
        with pytest.raises(KeyboardInterrupt):
            train.train_bilstm(rows, tmp_path / "tiny", replace(TINY, language="de"))
    assert set(read) == {"de"}
    with pytest.raises(ModelError, match="No comment is in it; there are de, en"):
        train.train_bilstm(rows, tmp_path / "tiny", replace(TINY, language="it"))


def test_a_model_without_the_second_head_does_not_say_who_is_attacked() -> None:
    logits = np.zeros((2, len(LABELS)), np.float32)
    reading = scorer.Reading(logits, scorer.attacked(logits))
    assert reading.who is None
    assert reading.attacked() == [None, None]


def test_what_pytorch_trains_is_what_keras_exports(tmp_path: Path, rows: pd.DataFrame) -> None:
    pytest.importorskip("torch")
    write_encoder(tmp_path / "encoder")
    save_file(load_file(tmp_path / "encoder" / "model.safetensors"), tmp_path / "encoder" / "model.safetensors")
    from models.training import in_torch

    in_pytorch: list[np.ndarray] = []
    answers = in_torch.answers

    def recorded(*given: Any) -> np.ndarray:
        in_pytorch.append(answers(*given))
        return in_pytorch[-1]

    def compared(model: Any, learner: Any, _: pd.DataFrame, validation: pd.DataFrame, settings: Settings) -> Any:
        texts = validation.text.tolist()
        in_keras = logits(model, learner.encoder, texts, settings.tokens, settings.max_train_words)
        np.testing.assert_allclose(in_keras, in_pytorch[-1], atol=1e-4)
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_torch, "IN_BFLOAT16", False)
        patch.setattr(in_torch, "answers", recorded)
        patch.setattr(train, "_with_phrases", compared)
        settings = replace(TINY, composed=0, learning_rate=5e-3, max_train_words=30, epochs=2)
        card = train.train_transformer(rows, tmp_path / "tiny", tmp_path / "encoder", settings)
    assert len(in_pytorch) == 2
    assert card["export"]["fp32_difference"] <= 1e-5
    assert read_card(tmp_path / "tiny")["kind"] == "transformer"


def test_a_stopped_run_in_pytorch_goes_on_where_it_was(tmp_path: Path, rows: pd.DataFrame) -> None:
    pytest.importorskip("torch")
    write_encoder(tmp_path / "encoder")
    save_file(load_file(tmp_path / "encoder" / "model.safetensors"), tmp_path / "encoder" / "model.safetensors")
    from models.training import in_torch

    settings = replace(TINY, composed=0, learning_rate=5e-3, max_train_words=30, epochs=2)
    add, steps = in_torch.State.add, 0

    def stopped(state: in_torch.State, loss: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            raise KeyboardInterrupt
        add(state, loss)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_torch, "SAVED_EVERY", 0.0)
        undisturbed = train.train_transformer(rows, tmp_path / "undisturbed", tmp_path / "encoder", settings)
        patch.setattr(in_torch.State, "add", stopped)
        with pytest.raises(KeyboardInterrupt):
            train.train_transformer(rows, tmp_path / "tiny", tmp_path / "encoder", settings)
        patch.setattr(in_torch.State, "add", add)
        resumed = train.train_transformer(rows, tmp_path / "tiny", tmp_path / "encoder", settings)
    assert resumed["history"] == undisturbed["history"]
    assert resumed["calibration"] == undisturbed["calibration"]
    assert not (tmp_path / ".tiny-training").exists() or not any((tmp_path / ".tiny-training").iterdir())


def test_a_loss_that_is_not_finite_stops_training() -> None:
    torch = pytest.importorskip("torch")
    from models.training import in_torch

    in_torch.check_finite(torch.tensor(0.5), 1)
    with pytest.raises(ModelError, match="The loss is nan at step 10 of an epoch"):
        in_torch.check_finite(torch.tensor(float("nan")), 10)
