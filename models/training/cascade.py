"""The cascade: a fast model reads everything, a slow one what the fast one flags or is unsure about.

Its folder is like any model's. The card names the two models, from which logit of the fast one the slow one reads,
what the fast one's logit still counts there, and two calibrations: of what was read once, and of what was read twice.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from models.card import write_card, writing
from models.labels import LABELS, ModelError
from models.scorer import Cascade, in_language, is_doubtful, mixed, network, probabilities
from models.training import calibrate, data
from models.training.distill import logits_of
from models.training.judged import elsewhere, judged
from models.training.losses import ENOUGH_POSITIVES, auc_losses, rarer, too_lossy

Card = dict[str, Any]
Pair = tuple[np.ndarray, np.ndarray]  # logits of the fast and of the slow model
ROUNDING = 1e-9
MOST_READ = {"en": 0.15}  # share of unfiltered comments that the slow model may read
MOST_READ_ELSEWHERE = 0.3
UNFILTERED = ("wiki_binary_more", "wiki_six_labels", "wiki_six_labels_more", "wiki_toxic")  # sources nobody searched
READ_SHARES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.13, 0.16, 0.18, 0.2, 0.22, 0.25, 0.3, 0.4, 0.5, 0.7)


def join(fast: Path, slow: Path, rows: pd.DataFrame, output: Path, command: str, is_linked: bool) -> dict[str, Any]:
    """Choose the band on the validation rows, calibrate, and write the cascade to `output`; returns its card."""
    quick, thorough = network(fast), network(slow)
    validation = data.of_part(rows, "validation")
    truth, texts = data.targets(validation), validation.text.tolist()
    logits = logits_of(quick, texts, "the fast network reads"), logits_of(thorough, texts, "the slow network reads")
    cards = quick.card, thorough.card
    band = _chosen(logits, truth, cards)
    of_languages, languages = bands(band, logits[0], validation), validation.lang.tolist()
    doubtful = is_doubtful({"band": band, "bands": of_languages}, logits[0], languages)
    chosen, p = _fitted(logits, truth, cards, doubtful)
    chosen["odds"] = calibrate.odds_by_language(p, truth, languages)
    p = in_language(chosen, p, languages)
    learned = {name: thorough.card[name] for name in ("settings", "data", "sources", "shares", "rows")}
    with writing(output) as draft:
        parts = {
            "fast": {"folder": _placed(fast, "fast", draft, output, is_linked), "version": quick.version},
            "slow": {"folder": _placed(slow, "slow", draft, output, is_linked), "version": thorough.version},
        }
        facts = learned | chosen | {
            "command": command,
            "parts": parts,
            "thresholds": calibrate.thresholds(p, truth, thorough.card["settings"]["precision"]),
            "band": band,
            "bands": of_languages,
            "validation_auc": round(calibrate.mean_auc(truth, p), 5),
        }  # fmt: skip
        others = elsewhere(rows)
        whole = Cascade(facts | {"version": "", "labels": LABELS, "text_rule": ""}, quick, thorough)
        both = np.concatenate([p, whole.scores(others.text.tolist(), others.lang.tolist())])
        facts["judged"] = judged(pd.concat([validation, others]), both)
        return write_card(draft, "cascade", facts)


def bands(band: dict[str, float], logits: np.ndarray, rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """For each language the common band, raised until the slow model reads no more than MOST_READ.

    Every label is raised by the same number of logits. Counted are the comments of unfiltered sections where a language
    has enough of them: harmless ones that somebody wrote to fool a model are rare there.
    """
    raised, truth_of_all = {}, data.targets(rows)
    is_unfiltered = rows.source.isin(UNFILTERED).to_numpy()
    for lang, places in rows.groupby("lang").indices.items():
        unfiltered = places[is_unfiltered[places]]
        within = unfiltered if rarer(truth_of_all[unfiltered, 0]) >= ENOUGH_POSITIVES else places
        truth = truth_of_all[within]
        if rarer(truth[:, 0]) < ENOUGH_POSITIVES:
            continue
        most = MOST_READ.get(str(lang), MOST_READ_ELSEWHERE)
        for step in np.arange(0, 12, 0.25):
            line = {label: round(value + float(step), 4) for label, value in band.items()}
            if at_real_shares(is_doubtful({"band": line}, logits[within]), truth) <= most:
                raised[str(lang)] = line
                break
    return raised


def at_real_shares(chosen: np.ndarray, truth: np.ndarray) -> float:
    """The share that is chosen where as many comments are toxic as in unfiltered sections."""
    known, weight = _unfiltered(truth)
    return float(np.average(chosen[known], weights=weight))


def _unfiltered(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows know whether they are toxic, and weights that make as many of them so as in unfiltered sections."""
    known = ~np.isnan(truth[:, 0])
    return known, calibrate.weights(truth[known, 0].astype(float), calibrate.SHARES["toxic"])


def _chosen(logits: Pair, truth: np.ndarray, cards: tuple[Card, Card]) -> dict[str, float]:
    """The band that leaves the slow model least to read while no label loses too much.

    One share for all labels first, the smallest that does; then label by label a smaller one, where it saves most.
    """

    def fitted(shares: dict[str, float]) -> Card:
        band = _band(logits[0], truth, shares)
        return _fitted(logits, truth, cards, is_doubtful({"band": band}, logits[0]))[0]

    for share in READ_SHARES:
        shares = dict.fromkeys(LABELS, share)
        facts = fitted(shares)
        if not too_lossy(facts["auc_loss"], truth):
            break
    else:
        raise ModelError(
            f"No band keeps the quality of the slow model; at {share:.0%} read it loses {facts['auc_loss']}. "
            "Use it alone."
        )
    while narrower := [one for one in ((fitted(less), less) for less in _narrower(shares)) if _does(one[0], truth)]:
        _, shares = min(narrower, key=lambda one: one[0]["read_share"])
    return _band(logits[0], truth, shares)


def _does(facts: Card, truth: np.ndarray) -> bool:
    """A slow model that is never asked is not what a cascade is for, however alike the two are on these comments."""
    return facts["read_share"] >= READ_SHARES[0] and not too_lossy(facts["auc_loss"], truth)


def _narrower(shares: dict[str, float]) -> list[dict[str, float]]:
    """The same with a smaller share for one of the labels."""
    return [shares | {label: less} for label, share in shares.items() for less in (0.0, *READ_SHARES) if less < share]


def _fitted(logits: Pair, truth: np.ndarray, cards: tuple[Card, Card], doubtful: np.ndarray) -> tuple[Card, np.ndarray]:
    """What the card says of the cascade whose slow model reads the doubtful comments, and its scores."""
    alone = probabilities(cards[1]["calibration"], logits[1])
    mix = {label: _mix(logits, truth, doubtful, i) for i, label in enumerate(LABELS)}
    both = mixed(mix, *logits)
    once = calibrate.calibrate(logits[0], truth, ~doubtful, cards[0]["calibration"])
    twice = calibrate.calibrate(both, truth, doubtful, cards[1]["calibration"])
    p = np.where(doubtful[:, None], probabilities(twice, both), probabilities(once, logits[0]))
    facts = {
        "mix": mix,
        "calibration": {"once": once, "twice": twice},
        "read_share": round(at_real_shares(doubtful, truth), 4),
        "auc_loss": auc_losses(alone, p, truth),
    }
    return facts, p


def _mix(logits: Pair, truth: np.ndarray, doubtful: np.ndarray, i: int) -> float:
    """What the fast model's logit counts beside one of the slow model: two opinions rank better than either."""
    known = doubtful & ~np.isnan(truth[:, i])
    if rarer(truth[known, i]) < ENOUGH_POSITIVES:
        return 0.0
    fitted = LogisticRegression(C=100.0).fit(np.stack([one[known, i] for one in logits], axis=1), truth[known, i])
    fast, slow = fitted.coef_[0]
    return round(float(np.clip(fast / slow, 0, 2)), 3) if slow > 0 else 0.0


def _band(logits: np.ndarray, truth: np.ndarray, shares: dict[str, float]) -> dict[str, float]:
    """For each label the logit that its share of unfiltered comments reach."""
    known, weight = _unfiltered(truth)
    band = {}
    for i, (label, share) in enumerate(shares.items()):
        order = np.argsort(logits[known, i])
        reached = 1 - np.cumsum(weight[order]) / weight.sum()
        band[label] = round(float(logits[known, i][order][np.argmax(reached <= share + ROUNDING)]), 4)
    return band


def _placed(folder: Path, name: str, draft: Path, output: Path, is_linked: bool) -> str:
    """Where the cascade finds one of its models: in itself, or where that lies already."""
    if is_linked:
        return os.path.relpath(folder.resolve(), output.resolve())
    shutil.copytree(folder, draft / name)
    return name
