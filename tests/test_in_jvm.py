"""The second engine: Spark NLP runs the shipped transformer inside the JVM, and says what the first engine says."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from jobs import clean, nightly, score
from jobs.config.settings import PROJECT, Settings
from jobs.errors import BadInput
from jobs.lake import schema
from jobs.lake.nights import Lake
from jobs.spark import jars
from models import scorer
from models.labels import LABELS, WHO
from tests.fixtures.nights import rows_of, write_validated

pytestmark = pytest.mark.long

FIRST = date(2026, 11, 10)
TRANSFORMER = PROJECT / "models" / "shipped" / "transformer"
TEXTS = [
    "You are a complete idiot!!", "no way, that is overrated...", "What a picture 🌎🌎", "e\u0301galite\u0301",
    "Straße İstanbul", "你是个白痴", "أنت غبي جدا", "हिन्दी", "ไทย 한국어", "fu©k you™ «x» “y” — ok…", "x" * 500,
    "never again " * 60, "kind words first " * 100 + "you idiot " * 200,
]  # fmt: skip


def in_jvm(settings: Settings) -> Settings:
    return replace(settings, engine="sparknlp", model_dir=TRANSFORMER)


@pytest.mark.slow
def test_both_engines_say_the_same_of_a_night(settings: Settings) -> None:
    write_validated(settings, FIRST, {f"c{n:02}": text for n, text in enumerate(TEXTS)})
    clean.run(in_jvm(settings), FIRST)
    assert score.run(in_jvm(settings), FIRST).rows_out == len(TEXTS)
    lake, model = Lake(settings.data_dir), scorer.load(TRANSFORMER)
    texts = {row["text_key"]: row["clean_text"] for row in rows_of(lake.folder("clean", FIRST))}
    rows = rows_of(lake.folder("scored", FIRST, model.version))
    assert rows[0].keys() == set(schema.SCORED.names)
    judged = [row for row in rows if row["language"] in model.judged]
    assert len(judged) >= 4
    assert {row["toxic"] for row in rows if row not in judged} <= {None}
    found = np.array([[row[label] for label in LABELS] for row in judged])
    expected, who = model.read([texts[row["text_key"]] for row in judged], [row["language"] for row in judged])
    np.testing.assert_allclose(found, expected, atol=5e-3)  # two ONNX Runtimes, and int8 rounds in twelve layers
    assert expected[:, 0].max() > 0.5 > 0.1 > expected[:, 0].min()
    if who is not None:
        agreed = [row["attacked"] == WHO[i] for row, i in zip(judged, who.argmax(axis=1), strict=True)]
        assert np.mean(agreed) > 0.8  # int8 rounds, and two groups may be as likely


def test_an_engine_that_cannot_run_the_model_says_so_before_the_night(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match="is a bilstm: set TOXWATCH_MODEL="):
        nightly.run(replace(settings, engine="sparknlp"), [FIRST])
    monkeypatch.setattr(jars, "IVY", tmp_path)
    with pytest.raises(BadInput, match=r"python -m jobs\.spark"):
        nightly.run(in_jvm(settings), [FIRST])
    assert not settings.data_dir.exists()
    monkeypatch.setenv("TOXWATCH_ENGINE", "cuda")
    with pytest.raises(BadInput, match="Unknown engine 'cuda'"):
        Settings.load(tmp_path)
