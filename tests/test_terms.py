"""What is being said, by the real Spark NLP; and a night without its jar says so."""

from pathlib import Path

import pytest

from jobs.config.settings import Settings
from jobs.spark import jars, session
from jobs.spark.terms import LEXICON, MOST_TERMS, with_terms
from models.text import clean_text, with_emoji

pytestmark = pytest.mark.long

LANGUAGES = ("en", "de", "es")


def terms_of(settings: Settings, *texts: str) -> list[tuple[list[str], list[str]]]:
    comments = session.session(settings).createDataFrame([(text,) for text in texts], "spoken string")
    return [(row["terms"], row["listed"]) for row in with_terms(comments, LANGUAGES).collect()]


def test_a_text_gives_its_words_pairs_and_phrases_of_the_lexicon(settings: Settings) -> None:
    [(terms, listed)] = terms_of(settings, "You stupid Idiot, don’t you ever kill yourself!! user url")
    assert terms == ["stupid", "idiot", "ever", "kill", "stupid idiot", "idiot ever", "ever kill"]
    assert listed == ["idiot", "kill yourself"]


def test_other_languages_and_scripts(settings: Settings) -> None:
    german, arabic = terms_of(settings, "Halt die Fresse, ojalá te mueras", "أنت غبي")
    assert german[1] == ["halt die fresse", "ojalá te mueras"]
    assert arabic == (["أنت", "غبي", "أنت غبي"], [])


def test_an_emoji_is_one_term_not_the_pieces_of_its_name(settings: Settings) -> None:
    output = ["what a🤡🤡🤡 clown!", "I ❤ it ©2026", "👍🏽👨‍👩‍👧", "🇩🇪"]
    found = terms_of(settings, *(with_emoji(text, clean_text(text)) for text in output))
    assert found[0][0] == ["🤡", "clown", "🤡 clown"]
    assert {"❤️"} <= set(found[1][0])
    assert {"👍", "👨", "👩", "👧"} <= set(found[2][0])
    assert not {"clown face", "heart", "heavy", "thumbs"} & {term for terms, _ in found for term in terms}


def test_copies_and_endless_texts_are_bounded(settings: Settings) -> None:
    copies, endless, empty = terms_of(settings, "spam " * 500, " ".join(f"w{n}" for n in range(20_000)), "!!! ???")
    assert copies[0] == ["spam", "spam spam"]
    assert len(endless[0]) == MOST_TERMS
    assert empty == ([], [])


def test_every_phrase_of_the_lexicon_is_found(settings: Settings) -> None:
    phrases = LEXICON.read_text(encoding="utf-8").splitlines()
    found = terms_of(settings, *phrases)
    assert [phrase for phrase, (_, listed) in zip(phrases, found, strict=True) if phrase not in listed] == []


def test_without_the_jar_terms_are_missing_and_it_is_said(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(jars, "IVY", tmp_path)
    assert terms_of(settings, "you idiot") == [(None, None)]
    assert "python -m jobs.spark.jars" in capsys.readouterr().err
