"""What a challenger must hold against the champion on the frozen validation comments before it may take over."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MARGINS = {  # by how much a figure may be worse
    "AUC of a category": 0.005,
    "calibration error of a category": 0.01,
    "AUC within a source": 0.01,
    "AUC within a length": 0.01,
    "AUC within a language": 0.01,
    "AUC across a named group": 0.02,
    "share of functional cases": 0.03,
}


@dataclass(frozen=True)
class Comparison:
    what: str
    kind: str  # of MARGINS
    challenger: float
    champion: float

    @property
    def is_worse(self) -> bool:
        loss = self.champion - self.challenger
        return (-loss if "error" in self.kind else loss) > MARGINS[self.kind]


def compare(challenger: dict[str, Any], champion: dict[str, Any]) -> list[Comparison]:
    """Every figure of `models.training.evaluate.judge` that both models have."""
    theirs = {what: value for what, _, value in _measures(champion)}
    return [
        Comparison(what, kind, value, theirs[what]) for what, kind, value in _measures(challenger) if what in theirs
    ]


def _measures(figures: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    for label, row in figures["labels"].items():
        yield f"{label}: AUC", "AUC of a category", row["auc"]
        yield f"{label}: calibration error", "calibration error of a category", row["calibration_error"]
    for group, kind in (("sources", "AUC within a source"), ("lengths", "AUC within a length")):
        for name, row in figures[group].items():
            yield f"{name}: AUC", kind, row["auc"]
    for name, labels in figures["by_language"].items():
        for label, row in labels.items():
            if "," not in name:  # with a comma: a source, compared above
                yield f"{name}, {label}: AUC", "AUC within a language", row["auc"]
    for group, where in (("identities", ""), ("mentions", " (like sentences)")):
        for name, row in figures[group].items():
            for auc in ("subgroup_auc", "bpsn_auc", "bnsp_auc"):
                yield f"{name}{where}: {auc.removesuffix('_auc')} AUC", "AUC across a named group", row[auc]
    for lang, row in figures.get("mentions_abroad", {}).items():
        yield f"{lang}, like sentences: mean BPSN AUC", "AUC across a named group", row["mean_bpsn_auc"]
    cases = figures["cases"].values()
    for name, rows in (("all", list(cases)), ("harmless", [row for row in cases if not row["is_toxic"]])):
        share = sum(row["right"] for row in rows) / sum(row["texts"] for row in rows)
        yield f"functional cases, {name}: share right", "share of functional cases", round(share, 4)
