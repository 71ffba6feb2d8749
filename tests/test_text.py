"""The text rule: disguises are undone, honest text is left alone, and cleaning twice changes nothing."""

import random

import pytest

from models.text import clean_text, text_key
from models.training.obfuscate import disguise


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Y0U are an 1D10T!!!! 🤡 &amp; &#x1F437;", "YoU are an iDioT!! clown face & pig face"),
        ("y o u  i d i o t", "you idiot"),
        ("i.d.i.o.t", "idiot"),
        ("soooooo goooood", "soo good"),
        ("іdіоt", "idiot"),  # Cyrillic letters that look Latin
        ("i\u200bd\u200bi\u200bo\u200bt", "idiot"),
        ("🅸🅳🅸🅾🆃", "idiot"),
        ("ｉｄｉｏｔ", "idiot"),
        ("&amp;amp;amp; &lt;b&gt;", "& <b>"),
        ("see https://example.com/a?b=c now", "see url now"),
        ("@ann.b thanks, write to me@example.com", "user thanks, write to user"),
        ("❤️❤️❤️", "heart"),
        ("", ""),
        ("\x00\u200b \n\t", ""),
    ],
)
def test_what_hides_a_word_is_undone(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    "honest",
    [
        "She was born in 1985 and has 3 dogs.",
        "That's great! Thanks",
        "Привет, как дела?",
        "Ёлка и мороз",
        "それは素晴らしい",
        "C'est l'été à Paris",
        "B2B sales at 10am",
        "I like A B tests",
    ],
)
def test_honest_text_is_left_alone(honest: str) -> None:
    assert clean_text(honest).casefold() == honest.casefold()


def test_cleaning_twice_changes_nothing() -> None:
    rng = random.Random(3)
    letters = "aio s!@$0134&;.#x❤️🤡\u200bіоа&amp;@ßÉ\n\U0001f170"
    for _ in range(3000):
        raw = "".join(rng.choice(letters) for _ in range(rng.randrange(30)))
        clean = clean_text(raw)
        assert clean_text(clean) == clean, repr(raw)


@pytest.mark.parametrize("how", ["spaced", "homoglyphs", "zero_width"])
def test_a_disguise_is_seen_through_whatever_its_seed(how: str) -> None:
    plain = "you complete idiot, shut your mouth"
    seen = [clean_text(disguise(plain, how, random.Random(seed))).lower() for seed in range(50)]
    assert sum(text == plain for text in seen) >= 40


def test_equal_keys_are_for_texts_that_read_alike() -> None:
    assert text_key(clean_text("FIRST!!!!")) == text_key(clean_text("first!!"))
    assert text_key(clean_text("first")) != text_key(clean_text("second"))


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "a" * 100_000, "&" * 50_000, "\ud800 lone", "‮evil"])
def test_hostile_text_is_only_text(hostile: str) -> None:
    assert clean_text(clean_text(hostile)) == clean_text(hostile)
