"""A trained network becomes a model folder: exported, quantized, calibrated, with its card."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.card import write_card, writing
from models.labels import WHO
from models.scorer import Network, in_language, open_session, probabilities
from models.training import calibrate, data
from models.training.distill import logits_of
from models.training.int8 import quantize
from models.training.judged import judged
from models.training.learner import Learner
from models.training.losses import auc_losses, check_agreement, check_losses


def write_model(
    model: Any,
    learner: Learner,
    validation: pd.DataFrame,
    others: pd.DataFrame,
    output: Path,
    facts: dict[str, Any],
    precision: float,
) -> dict[str, Any]:
    """Export, accept or refuse the export, calibrate on the validation rows, and write the folder at once."""
    texts, truth = validation.text.tolist(), data.targets(validation)
    with writing(output) as draft:
        learner.export(model, draft / "fp32.onnx")
        learner.encoder.write(draft)
        reference = _onnx_logits(draft / "fp32.onnx", learner, texts)
        some = random.Random(0).sample(range(len(texts)), min(512, len(texts)))
        ours = model.predict_on_batch(learner.encoder.batch([texts[i] for i in some]))
        agreement = check_agreement(np.asarray(ours), reference[some])
        quantize(draft / "fp32.onnx", draft / "model.onnx")
        small = _onnx_logits(draft / "model.onnx", learner, texts)
        losses = auc_losses(reference, small, truth)
        check_losses(losses, truth)
        (draft / "fp32.onnx").unlink()
        curves = calibrate.calibrate(small, truth)
        p = probabilities(curves, small)
        odds = calibrate.odds_by_language(p, truth, validation.lang.tolist())
        p = in_language({"odds": odds}, p, validation.lang.tolist())
        p_of_others = probabilities(curves, _onnx_logits(draft / "model.onnx", learner, others.text.tolist()))
        facts |= {
            "who": list(WHO),
            "thresholds": calibrate.thresholds(p, truth, precision),
            "judged": judged(pd.concat([validation, others]), np.concatenate([p, p_of_others])),
            "calibration": curves,
            "odds": odds,
            "export": {"fp32_difference": agreement, "int8_auc_loss": losses},
            "validation_auc": round(calibrate.mean_auc(truth, small), 5),
        }
        return write_card(draft, learner.kind, facts)


def _onnx_logits(path: Path, learner: Learner, texts: list[str]) -> np.ndarray:
    card = {"version": "", "kind": learner.kind, "labels": [], "text_rule": "", "thresholds": {}, "calibration": {},
            "who": WHO}  # fmt: skip
    return logits_of(Network(card, open_session(path), learner.encoder), texts, "the network reads")
