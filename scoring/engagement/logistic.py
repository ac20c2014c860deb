"""A logistic regression whose weights keep their signs, and the quality of a ranking. Numbers only."""

from __future__ import annotations

import numpy as np

from scoring.engagement.plan import Floats, Integers, Truths

MOST_STEPS, MOST_SWEEPS, MOST_HALVINGS = 50, 200, 30
CLOSE = 1e-9


def fit_signed(features: Floats, outcome: Truths, signs: Integers, centre: Floats) -> tuple[float, Floats]:
    """The most probable weights of a logistic model, given that they are near some and keep their signs.

    Newton's steps, each solved within the signs coordinate by coordinate; the prior is normal around
    ``centre`` with a standard deviation of 1, the intercept is free.

    Args:
        features: shape (examples, weights), each of about unit spread.
        outcome: what happened.
        signs: 1 for a weight of at least 0, -1 for one of at most 0.
        centre: weights without any examples, with those signs.

    Returns:
        Intercept and weights.
    """
    design = np.column_stack([np.ones(len(features)), features])
    target = outcome.astype(np.float64)
    share = float(np.clip(target.mean(), 1e-6, 1 - 1e-6)) if len(target) else 0.5
    weights = np.concatenate([[np.log(share / (1 - share))], centre])
    middle = np.concatenate([[0.0], centre])
    narrow = np.concatenate([[1e-8], np.ones(len(centre))])  # the intercept's prior is flat
    loss = _loss(design, target, weights, middle, narrow)
    for _ in range(MOST_STEPS):
        chance = _chances(design @ weights)
        slope = design.T @ (chance - target) + narrow * (weights - middle)
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(narrow)
        step = _within_signs(weights, slope, curve, signs) - weights
        weights, better = _shortened(design, target, weights, step, middle, narrow, loss)
        if loss - better < CLOSE * (1 + abs(loss)):
            break
        loss = better
    return float(weights[0]), np.asarray(weights[1:], dtype=np.float64)


def area_under_curve(scores: Floats, outcome: Truths) -> float | None:
    """How often one that happened ranks above one that did not, ties half; None without one of either."""
    positives = int(outcome.sum())
    negatives = len(outcome) - positives
    if not positives or not negatives:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle = ends - (counts - 1) / 2  # the mean rank of equal scores
    ranks = float(middle[place[outcome]].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def _chances(logits: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
    return chances


def _loss(design: Floats, target: Floats, weights: Floats, middle: Floats, narrow: Floats) -> float:
    logits = design @ weights
    prior = 0.5 * float((narrow * (weights - middle) ** 2).sum())
    return float(np.logaddexp(0, logits).sum() - (target * logits).sum()) + prior


def _within_signs(weights: Floats, slope: Floats, curve: Floats, signs: Integers) -> Floats:
    """The minimum of the parabola at these weights, within the signs."""
    moved = weights.copy()
    gradient = slope.copy()
    for _ in range(MOST_SWEEPS):
        largest = 0.0
        for at in range(len(weights)):
            wanted = moved[at] - gradient[at] / curve[at, at]
            if at and wanted * signs[at - 1] < 0:
                wanted = 0.0
            change = wanted - moved[at]
            if change:
                gradient += curve[:, at] * change
                moved[at] = wanted
                largest = max(largest, abs(change))
        if largest < CLOSE:
            break
    return moved


def _shortened(
    design: Floats, target: Floats, weights: Floats, step: Floats, middle: Floats, narrow: Floats, loss: float
) -> tuple[Floats, float]:
    """The step, halved until it does not make things worse."""
    for halving in range(MOST_HALVINGS):
        tried = weights + step / 2**halving
        worth = _loss(design, target, tried, middle, narrow)
        if worth <= loss:
            return tried, worth
    return weights, loss
