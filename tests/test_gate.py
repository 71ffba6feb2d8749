"""Who may take over: margins, and what the registry remembers. The whole way through Airflow is in test_dags."""

from pathlib import Path

import pytest

from jobs.commands import models
from models.card import read_card
from models.labels import ModelError, Refused
from models.training.gate import MARGINS, compare
from models.training.registry import Registry

FIGURES = {
    "labels": {"toxic": {"auc": 0.97, "calibration_error": 0.01}, "threat": {"auc": 0.95, "calibration_error": 0.001}},
    "sources": {"tweets": {"auc": 0.9}},
    "lengths": {"up to 8 words": {"auc": 0.95}},
    "by_language": {"de": {"toxic": {"auc": 0.88}}, "de, tweets": {"toxic": {"auc": 0.7}}},
    "identities": {"gay": {"subgroup_auc": 0.9, "bpsn_auc": 0.91, "bnsp_auc": 0.92}},
    "mentions": {"deaf": {"subgroup_auc": 0.9, "bpsn_auc": 0.91, "bnsp_auc": 0.92}},
    "cases": {
        "abuse": {"is_toxic": True, "texts": 50, "right": 40},
        "thanks": {"is_toxic": False, "texts": 50, "right": 45},
    },
}


def changed(group: str, name: str, **figures: float) -> dict:
    return FIGURES | {group: FIGURES[group] | {name: FIGURES[group][name] | figures}}


def test_an_equal_model_holds_everywhere() -> None:
    compared = compare(FIGURES, FIGURES)
    assert {one.kind for one in compared} == set(MARGINS)
    assert not any(one.is_worse for one in compared)


@pytest.mark.parametrize(
    ("challenger", "worse"),
    [
        (changed("labels", "threat", auc=0.94), "threat: AUC"),
        (changed("labels", "toxic", calibration_error=0.03), "toxic: calibration error"),
        (changed("sources", "tweets", auc=0.88), "tweets: AUC"),
        (changed("lengths", "up to 8 words", auc=0.93), "up to 8 words: AUC"),
        (changed("by_language", "de", toxic={"auc": 0.86}), "de, toxic: AUC"),
        (changed("identities", "gay", bpsn_auc=0.88), "gay: bpsn AUC"),
        (changed("mentions", "deaf", subgroup_auc=0.8), "deaf (like sentences): subgroup AUC"),
        (changed("cases", "thanks", right=43), "functional cases, harmless: share right"),
    ],
)
def test_a_model_that_is_worse_anywhere_is_named_with_the_place(challenger: dict, worse: str) -> None:
    assert [one.what for one in compare(challenger, FIGURES) if one.is_worse] == [worse]


def test_a_little_worse_is_within_the_margin_and_better_calibration_is_no_loss() -> None:
    challenger = changed("labels", "toxic", auc=0.967, calibration_error=0.0)
    assert not any(one.is_worse for one in compare(challenger, FIGURES))


def test_the_registry_remembers_runs_and_the_champion(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert registry.champion() is None
    shipped = models.BILSTM
    version = read_card(shipped)["version"]
    with registry.run({"kind": "bilstm"}) as run:
        registry.log_epoch(run, {"epoch": 1, "loss": 0.5, "auc": 0.8})
        registry.save(run, shipped)
    kept = registry.promote(shipped)
    assert read_card(kept)["version"] == version
    assert Registry(tmp_path).champion() == kept
    [known] = registry.models()
    assert (known.version, known.is_champion, known.passed_against) == (version, True, "")


def test_a_run_that_breaks_is_marked_and_its_model_is_not_known(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    with pytest.raises(ModelError), registry.run({"kind": "bilstm"}):
        raise ModelError("no data")
    assert registry.models() == []
    [run] = registry._client.search_runs([registry._experiment])
    assert run.info.status == "FAILED"


def test_nobody_is_promoted_past_the_gate_without_saying_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transformer = models.TRANSFORMER
    with pytest.raises(Refused, match=r"has not passed the gate against the current model cascade"):
        models.promote(transformer, data_dir=tmp_path)
    models.promote(transformer, anyway=True, data_dir=tmp_path)
    assert "Promoted transformer" in capsys.readouterr().out
    champion = Registry(tmp_path / "models").champion()
    assert champion is not None
    assert read_card(champion)["kind"] == "transformer"


def test_without_labelled_comments_the_commands_say_what_to_do(tmp_path: Path) -> None:
    for command in (models.train, models.evaluate, models.gate):
        with pytest.raises(ModelError, match="toxwatch prepare"):
            command(data_dir=tmp_path)
