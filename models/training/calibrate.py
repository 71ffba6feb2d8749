"""From logits to probabilities that mean what they say, and the thresholds that keep a stated precision.

Labelled sets are full of abuse, comment sections are not: examples are weighted to the SHARES of unfiltered
comments, without which every share that is shown would be too high.
A label with enough examples is calibrated by isotonic regression on top of Platt's sigmoid, a rare one by the
sigmoid alone. Either way the result is one rising line of points, which the card holds and `np.interp` reads.
"""

from collections.abc import Sequence
from math import floor

import numpy as np
from scipy.optimize import brentq
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve, roc_auc_score

from models.labels import LABELS
from models.scorer import times_odds
from models.training.losses import rarer

# Of all 159,571 comments of the full Jigsaw training set, the largest sample that nobody searched for abuse.
SHARES = {
    "toxic": 0.0958,
    "severe_toxic": 0.0100,
    "obscene": 0.0529,
    "threat": 0.0030,
    "insult": 0.0494,
    "identity_hate": 0.0088,
}
ENOUGH_FOR_ISOTONIC = 300  # positives and negatives
SMOOTH = 0.2  # share of the sigmoid in an isotonic line, so that it rises everywhere and ranks are kept
GRID = np.linspace(-16, 16, 161)
ENOUGH_TO_JUDGE = 20  # positives a label needs before its AUC counts in the mean
ENOUGH_FOR_ODDS = 30  # comments of a language, of either kind
MOST_ODDS = 4.0  # logarithm, either way
FEW = 5  # positives or negatives below which nothing can be fitted
BINS = 15
LEAST_FOUND = dict.fromkeys(LABELS, 0.55) | {"toxic": 0.75, "insult": 0.75}  # recall

Curves = dict[str, dict[str, list[float]]]


def calibrate(
    logits: np.ndarray, truth: np.ndarray, chosen: np.ndarray | None = None, known_curves: Curves | None = None
) -> Curves:
    """For each label the points (logit, probability) of its calibration line.

    Of all comments, or of the `chosen` ones; where those are too few, a label keeps its line of `known_curves`.
    """
    curves = {}
    for i, label in enumerate(LABELS):
        known = ~np.isnan(truth[:, i])
        weight = np.zeros(len(truth))
        weight[known] = weights(truth[known, i], SHARES[label])
        fitted = known if chosen is None else known & chosen
        if known_curves and rarer(truth[fitted, i]) < FEW:
            curves[label] = known_curves[label]
            continue
        probabilities = _curve(logits[fitted, i], truth[fitted, i], weight[fitted])
        curves[label] = {"logit": GRID.round(2).tolist(), "probability": probabilities.round(7).tolist()}
    return curves


def odds_by_language(p: np.ndarray, truth: np.ndarray, languages: Sequence[str]) -> dict[str, dict[str, float]]:
    """By how much the odds of each language and label are off: times these, their mean is the label's share there too.

    Each language's comments were labelled by other people, with another idea of what is toxic.
    """
    odds: dict[str, dict[str, float]] = {}
    for lang in sorted(set(languages)):
        within = np.array([one == lang for one in languages])
        for i, label in enumerate(LABELS):
            known = within & ~np.isnan(truth[:, i])
            if rarer(truth[known, i]) < ENOUGH_FOR_ODDS:
                continue
            odds.setdefault(lang, {})[label] = round(_odds(p[known, i], truth[known, i] == 1, SHARES[label]), 4)
    return odds


def _odds(p: np.ndarray, positives: np.ndarray, share: float) -> float:
    weight = weights(positives, share)

    def excess(logarithm: float) -> float:
        return float(np.average(times_odds(p, np.exp(logarithm)), weights=weight)) - share

    found = brentq(excess, -MOST_ODDS, MOST_ODDS) if excess(-MOST_ODDS) < 0 < excess(MOST_ODDS) else 0.0
    return float(np.exp(found))


def weights(truth: np.ndarray, share: float, found: float | None = None) -> np.ndarray:
    """Weights that make `share` of one label's examples positive, of which `found` are (as many as here)."""
    found = np.clip(truth.mean() if found is None else found, 1e-9, 1 - 1e-9)
    return np.where(truth == 1, share / found, (1 - share) / (1 - found))


def calibration_error(truth: np.ndarray, probabilities: np.ndarray, weight: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error over bins of equal width."""
    gaps = np.bincount(_bins(probabilities, bins), weight * (truth - probabilities), bins)
    return float(np.abs(gaps).sum() / weight.sum())


def reliability(truth: np.ndarray, probabilities: np.ndarray, weight: np.ndarray) -> list[list[float]]:
    """For each bin with enough in it: the mean probability, the share that is right, the bin's share of all."""
    bins = _bins(probabilities, BINS)
    summed = [weight, weight * probabilities, weight * truth]
    total, expected, right = (np.bincount(bins, values, BINS) for values in summed)
    used = np.bincount(bins, minlength=BINS) >= ENOUGH_TO_JUDGE
    columns = expected[used] / total[used], right[used] / total[used], total[used] / total.sum()
    points: list[list[float]] = np.stack(columns, axis=1).round(4).tolist()
    return points


def _bins(probabilities: np.ndarray, bins: int) -> np.ndarray:
    places: np.ndarray = np.minimum((probabilities * bins).astype(int), bins - 1)
    return places


def thresholds(probabilities: np.ndarray, truth: np.ndarray, precision: float) -> dict[str, float]:
    """The lowest threshold a label with which `precision` of what it flags is right; the best F1 where none has it.

    No category may fall silent: a threshold with a recall below LEAST_FOUND is lowered until it reaches it, at the
    cost of precision. 0.5 if there are too few positives to choose by.
    """
    chosen = dict.fromkeys(LABELS, 0.5)
    for i, label in enumerate(LABELS):
        known = ~np.isnan(truth[:, i])
        if truth[known, i].sum() < ENOUGH_TO_JUDGE:
            continue
        right, found, at = precision_recall_curve(
            truth[known, i], probabilities[known, i], sample_weight=weights(truth[known, i], SHARES[label])
        )
        good = np.flatnonzero(right[:-1] >= precision)
        f1 = 2 * right * found / np.maximum(right + found, 1e-9)
        best = good[0] if len(good) else f1[:-1].argmax()
        enough = np.flatnonzero(found[:-1] >= LEAST_FOUND[label])[-1]
        chosen[label] = floor(float(at[min(best, enough)]) * 1e4) / 1e4
    return chosen


def mean_auc(truth: np.ndarray, logits: np.ndarray) -> float:
    """Over the labels with enough positives to say anything, or over all where none has."""
    aucs = {}
    for i in range(len(LABELS)):
        known = ~np.isnan(truth[:, i])
        positives = truth[known, i].sum()
        if 0 < positives < known.sum():
            aucs[i] = (positives >= ENOUGH_TO_JUDGE, roc_auc_score(truth[known, i], logits[known, i]))
    judged = [auc for enough, auc in aucs.values() if enough] or [auc for _, auc in aucs.values()]
    return float(np.mean(judged)) if judged else 0.5


def _curve(logits: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> np.ndarray:
    sigmoid = LogisticRegression(C=100.0).fit(*_cautious(logits[:, None], truth, weight))
    slope, shift = max(float(sigmoid.coef_[0, 0]), 0.05), float(sigmoid.intercept_[0])
    platt = 1.0 / (1.0 + np.exp(-(slope * GRID + shift)))
    if min(truth.sum(), (1 - truth).sum()) < ENOUGH_FOR_ISOTONIC:
        return platt
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(logits, truth, sample_weight=weight).predict(GRID)
    line: np.ndarray = (1 - SMOOTH) * isotonic + SMOOTH * platt
    return line


def _cautious(logits: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Platt's own remedy where few examples are told apart without a mistake: as if one more of each had been seen."""
    surely = np.where(truth == 1, (truth.sum() + 1) / (truth.sum() + 2), 1 / ((1 - truth).sum() + 2))
    both = np.concatenate([np.ones(len(truth)), np.zeros(len(truth))])
    return np.concatenate([logits, logits]), both, np.concatenate([weight * surely, weight * (1 - surely)])
