"""Words that are hidden or mistyped are read as what they stand for, and nothing else is touched."""

from pathlib import Path

import pytest

from models.spelling import OFTEN, Spelling
from models.tokens import Tokens
from tests.fixtures.encoders import write_encoder

COMMENTS = [("you stupid idiot", 1.0), ("a stable where horses are", 0.0), ("where are you", 0.0), ("a whore", 1.0)]


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    texts, toxic = zip(*COMMENTS * OFTEN, ("rarely seen", 1.0), strict=True)
    return Spelling.learn(texts, toxic, known=["idiots", "stale", "tidily"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("you st*pid IDOIT!", "you stupid idiot!"),
        ("stpid, s****d and stupdi", "stupid, stupid and stupid"),
        ("wh*re and hrses", "whore and horses"),
        ("a stale word", "a stale word"),
        ("r*rely", "r*rely"),
        ("**stupid** 5*3 ar* *dot*", "**stupid** 5*3 ar* *dot*"),
        ("идиот", "идиот"),
    ],
)
def test_only_what_is_no_word_is_mended(spelling: Spelling, written: str, meant: str) -> None:
    """`whore` comes before `where`, since toxic comments have it; three letters are never touched."""
    assert spelling.mended(written) == meant


def test_a_transformer_reads_a_hidden_word_as_the_word(tmp_path: Path, spelling: Spelling) -> None:
    write_encoder(tmp_path / "encoder")
    plain = Tokens(tmp_path / "encoder", longest=32)
    assert plain.encode("the id*ot") != plain.encode("the idiot")
    plain.spelling = spelling
    (tmp_path / "model").mkdir()
    plain.write(tmp_path / "model")
    tokens = Tokens(tmp_path / "model", longest=32)
    assert tokens.encode("the id*ot") == tokens.encode("the idiot") == tokens.batch(["the idoit"])[0].tolist()
    assert tokens.numbered("The id*ot, idoit") == " ".join(f"t{i}" for i in tokens.encode("the idiot, idiot")[1:-1])
    assert tokens.numbered("id*ot " * 30)
    assert tokens.numbered("id*ot " * 31) is None
