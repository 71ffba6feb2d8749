"""What an export costs: it must agree with the Keras model, and int8 may lose little."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from models.labels import LABELS, ModelError

AGREEMENT = 1e-5  # largest difference of a probability between Keras and ONNX fp32
AUC_LOSS = 0.002  # largest loss of any label's AUC by int8, or by a cascade against its slow network
ENOUGH_POSITIVES = 20


def rarer(truth: np.ndarray | pd.Series) -> int:
    """How many are so, or how many are not: the fewer. What nobody knows is neither."""
    return int(min((truth == 1).sum(), (truth == 0).sum()))


def check_agreement(reference: np.ndarray, exported: np.ndarray) -> float:
    """Largest difference of a probability; refuses an export that is another model."""
    difference = float(np.abs(_sigmoid(reference) - _sigmoid(exported)).max())
    if difference > AGREEMENT:
        raise ModelError(f"The ONNX export differs from the Keras model by {difference:.1e}, allowed {AGREEMENT:.0e}.")
    return difference


def check_losses(losses: dict[str, float], truth: np.ndarray) -> None:
    """Refuses an int8 export that ranks a label worse."""
    if worse := too_lossy(losses, truth):
        raise ModelError(f"int8 costs {worse[0]} {losses[worse[0]]:.4f} AUC, allowed are {AUC_LOSS}. All: {losses}")


def too_lossy(losses: dict[str, float], truth: np.ndarray) -> list[str]:
    """Labels that lose more than AUC_LOSS, judged where a label has enough positives to tell."""
    enough = [label for i, label in enumerate(LABELS) if np.nansum(truth[:, i]) >= ENOUGH_POSITIVES]
    return [label for label in enough if losses.get(label, 0.0) > AUC_LOSS]


def auc_losses(reference: np.ndarray, exported: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """What each label's AUC loses by an export, where the rows have both kinds."""
    losses = {}
    for i, label in enumerate(LABELS):
        known = ~np.isnan(truth[:, i])
        if len(np.unique(truth[known, i])) == 2:
            before, after = (roc_auc_score(truth[known, i], logits[known, i]) for logits in (reference, exported))
            losses[label] = round(float(before - after), 5)
    return losses


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
