"""How much of each model: chosen on earlier days of the organisation's own history, never on the present.

Chances are averaged as log-odds. The learned model stands alone unless another beats it by more than what
chance explains and by one percent: of all candidates within one standard error of the best, the one with most
of it is taken (the rule of Breiman and others, "Classification and Regression Trees", 1984). Judged by the
squared error (Brier), which a few overconfident chances do not rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from scoring.leaving.history import Floats, Integers, Truths

SHARES = (0.75, 0.5, 0.25, 0.0)
_MATERIAL = 0.01  # of the error: what a second model has to earn for its place
_SUREST = 1e-4  # a chance counts as no more certain than this in an average
Weights = Mapping[str, float]


@dataclass(frozen=True)
class Trial:
    """What each model said on one earlier day, and what happened.

    Attributes:
        account: position of the account in the history.
        chances: by model, of no purchase.
        silent: whether there was none.
    """

    account: Integers
    chances: Mapping[str, Floats]
    silent: Truths


def blended(chances: Mapping[str, Floats], weights: Weights) -> Floats:
    """The weighted mean of log-odds as a chance; a model alone is left as it is."""
    used = [(name, weight) for name, weight in weights.items() if weight > 0]
    if len(used) == 1:
        return chances[used[0][0]]
    total = np.zeros(len(chances[used[0][0]]))
    for name, weight in used:
        total += weight * logit(np.clip(chances[name], _SUREST, 1 - _SUREST))
    return np.asarray(expit(total), dtype=np.float64)


def choose(trials: Sequence[Trial], models: Sequence[str]) -> dict[str, float]:
    """The weights to use.

    Args:
        trials: earlier days; without any the first model stands alone.
        models: names, the preferred first.
    """
    first, *others = models
    candidates: list[dict[str, float]] = [{first: 1.0}]
    for other in others:
        candidates += [{first: share, other: 1 - share} for share in SHARES]
    if not trials or len(candidates) == 1:
        return candidates[0]
    losses = [_losses(trials, one) for one in candidates]
    best = min(losses, key=lambda one: float(one.sum()))
    # An account's outcomes on several days are one piece of evidence, not several.
    near = [
        place
        for place, loss in enumerate(losses)
        if (loss - best).sum() <= max(np.sqrt(((loss - best) ** 2).sum()), _MATERIAL * best.sum())
    ]
    chosen = max(near, key=lambda place: (candidates[place].get(first, 0.0), -float(losses[place].sum())))
    return candidates[chosen]


def _losses(trials: Sequence[Trial], weights: Weights) -> Floats:
    """The squared error by account, summed over the days."""
    count = max((int(trial.account.max(initial=-1)) for trial in trials), default=-1) + 1
    total = np.zeros(count)
    for trial in trials:
        error = (blended(trial.chances, weights) - trial.silent) ** 2
        total += np.bincount(trial.account, error, count)
    return total
