"""Clean: one text rule, languages, text keys, and nothing that this model has scored before."""

import random
from datetime import date

import pyarrow.dataset
import pytest

from jobs import clean, score
from jobs.config.settings import Settings
from jobs.errors import BadInput
from jobs.lake.nights import Lake
from models import scorer, spam, text
from models.language import language_of
from tests.fixtures.nights import rows_of, write_validated

pytestmark = pytest.mark.long

FIRST, SECOND = date(2026, 11, 10), date(2026, 11, 11)


def test_a_comment_gets_its_text_language_and_key(settings: Settings) -> None:
    write_validated(
        settings, FIRST, {"a": "Sooooo beautiful 😍 &amp; far away!", "b": "Das ist ja wirklich schön", "c": ""}
    )
    manifest = clean.run(settings, FIRST)
    rows = rows_of(Lake(settings.data_dir).folder("clean", FIRST))
    assert [(row["comment_id"], row["language"]) for row in rows] == [("a", "en"), ("b", "de")]
    assert rows[0]["clean_text"] == text.clean_text("Sooooo beautiful 😍 &amp; far away!")
    assert rows[0]["text_key"] == text.text_key(rows[0]["clean_text"])
    assert (manifest.rows_in, manifest.rows_out) == (3, 2)
    assert manifest.set_aside == {"no_words": 1, "already_scored": 0}


def test_a_language_that_the_model_was_not_judged_in_has_no_scores(settings: Settings) -> None:
    write_validated(settings, FIRST, {"a": "what a picture", "b": "Τι ωραία φωτογραφία, μπράβο σας", "c": "😂😂"})
    clean.run(settings, FIRST)
    manifest = score.run(settings, FIRST)
    lake = Lake(settings.data_dir)
    rows = rows_of(lake.folder("scored", FIRST, scorer.load(settings.model_dir).version))
    assert [(row["language"], row["toxic"] is None) for row in rows] == [("en", False), ("el", True), ("und", False)]
    assert (manifest.rows_in, manifest.rows_out, manifest.reused) == (3, 3, 0)


def test_a_night_without_comments_goes_through(settings: Settings) -> None:
    """As where the only account is private, or nobody wrote."""
    write_validated(settings, FIRST, {})
    assert clean.run(settings, FIRST).set_aside == {"no_words": 0, "already_scored": 0}
    assert (manifest := score.run(settings, FIRST)).rows_out == manifest.reused == 0


def test_only_new_and_edited_comments_go_on(settings: Settings) -> None:
    write_validated(settings, FIRST, {"a": "first words", "b": "stays the same"})
    clean.run(settings, FIRST)
    score.run(settings, FIRST)
    write_validated(settings, SECOND, {"a": "edited words", "b": "stays the same", "c": "a new one"})
    manifest = clean.run(settings, SECOND)
    kept = rows_of(Lake(settings.data_dir).folder("clean", SECOND))
    assert [row["comment_id"] for row in kept] == ["a", "c"]
    assert manifest.set_aside == {"no_words": 0, "already_scored": 1}
    assert manifest.versions["spam"] == spam.shipped().version

    assert clean.run(settings, FIRST).rows_out == 2, "a night run again gives itself again"


def test_scores_are_those_of_the_model_itself(settings: Settings) -> None:
    texts = {f"c{n:03}": f"you are number {n} {'and an idiot' * (n % 2)}" for n in range(200)}
    write_validated(settings, FIRST, texts)
    clean.run(settings, FIRST)
    manifest = score.run(settings, FIRST)
    model = scorer.load(settings.model_dir)
    rows = rows_of(Lake(settings.data_dir).folder("scored", FIRST, model.version))
    cleaned = [text.clean_text(texts[row["comment_id"]]) for row in rows]
    expected = model.scores(cleaned, [row["language"] for row in rows])
    assert [[row[label] for label in model.labels] for row in rows] == [
        pytest.approx(row, abs=1e-6) for row in expected.tolist()
    ]
    assert manifest.versions == {"model": model.version, "text_rule": text.VERSION}


def test_scores_do_not_depend_on_the_order_of_the_texts(settings: Settings) -> None:
    texts = [f"you {word} number {n:03}, hm{'m' * (n % 5)}" for n in range(200) for word in ("idiot", "angel")]
    mixed = random.Random(1).sample(texts, len(texts))
    model = scorer.load(settings.model_dir)
    again = dict(zip(mixed, model.scores(mixed).tolist(), strict=True))
    assert [again[one] for one in texts] == model.scores(texts).tolist()


def test_a_model_reads_a_text_once_however_often_and_whenever_it_is_written(settings: Settings) -> None:
    write_validated(
        settings,
        FIRST,
        {"a": "First!", "b": "first!", "c": "what a nice day this is", **{f"d{n}": "hey" for n in range(99)}},
    )
    write_validated(settings, SECOND, {"e": "what a nice day this is", "f": "hey", "g": "and something new to read"})
    lake, model = Lake(settings.data_dir), scorer.load(settings.model_dir).version

    def read(night: date) -> int:
        return clean.run(settings, night).rows_out - score.run(settings, night).reused

    assert [read(FIRST), read(SECOND)] == [3, 1]
    scores = {row["comment_id"]: row["toxic"] for row in rows_of(lake.folder("scored", FIRST, model))}
    scores |= {row["comment_id"]: row["toxic"] for row in rows_of(lake.folder("scored", SECOND, model))}
    assert scores["a"] == scores["b"]
    assert scores["c"] == scores["e"]
    assert scores["d1"] == scores["f"]
    assert len(scores) == 3 + 99 + 3

    assert [read(FIRST), read(SECOND)] == [3, 1], "nights run again give themselves again"
    texts = [row["text_key"] for night in (FIRST, SECOND) for row in texts_of(lake, night, model)]
    assert len(texts) == len(set(texts)) == 4


def texts_of(lake: Lake, night: date, model: str) -> list[dict]:
    return pyarrow.dataset.dataset(lake.folder("texts", night, model)).to_table().to_pylist()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Das ist ja wirklich schön", "de"),
        ("What a beautiful picture of the sea", "en"),
        ("Τι ωραία φωτογραφία, μπράβο σας", "el"),
        ("この写真は素晴らしいです", "ja"),
        ("Vilken fantastisk bild, jag älskar det här laget", "sv"),
        ("so sad", "en"),
    ],
)
def test_a_language_is_an_expected_one_unless_it_surely_is_not(text: str, found: str) -> None:
    assert language_of(("en", "de", "ur-Latn"))(text) == found


def test_a_text_that_could_be_in_several_languages_is_in_none() -> None:
    many = ("ar", "de", "en", "es", "fr", "nl", "pl", "pt", "tr")
    assert [language_of(many)(text) for text in ("so nice", "lol", "love this", "muito bom")] == [
        "und",
        "und",
        "en",
        "pt",
    ]
    assert language_of(("en", "tr"))("lol") != "und", "of two languages, one is likelier"


@pytest.mark.parametrize("words", ["❤️", "12345", "http://example.com/a", "😂😂😂", "@ann @bob"])
def test_a_comment_without_words_has_no_language(words: str) -> None:
    assert language_of(("en", "de"))(words) == "und"


def test_a_stage_says_which_one_is_missing_before_it(settings: Settings) -> None:
    with pytest.raises(BadInput, match=r"run `toxwatch validate --night 2026-11-10` first"):
        clean.run(settings, FIRST)
