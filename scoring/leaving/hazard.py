"""The learned model: the chance to buy in the next month, asked again while an account stays silent.

A complementary log-log regression on all months of the organisation's own past, so that the chance over any
horizon is the product of its months. Every month that ended before the day of the run teaches; with a whole
horizon as the outcome the newest half year could teach nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from scoring.leaving.features import FEATURES, GROUPS, SEASONS, YEAR_DAYS, Usual, features, season, usual_of
from scoring.leaving.history import Floats, History, Integers, States, Truths, bought_within, states_at
from scoring.logistic import LOG_RATE, MOST_LOG_RATE, Cases, Prior, fit_yes_or_no, standards

STEP_DAYS = 30
MOST_MONTHS = 36
MOST_ROWS = 400_000
# Ten outcomes of the rarer kind for each coefficient: Peduzzi and others, J. Clin. Epidemiol. 49 (1996).
FEWEST_OUTCOMES = 10 * (len(FEATURES) + 1)
FEWEST_STEPS = 3
_SETTLING_DAYS = 14  # of the first days of a history everybody is new
_RIDGE = 5.0  # on standardised coefficients: as strong as a handful of outcomes


@dataclass(frozen=True)
class Hazard:
    """A fitted model.

    Attributes:
        weights: the constant, one for each of ``FEATURES``, and one for each of ``SEASONS`` when seasonal.
        centre, width: what each feature is standardised by.
        usual: what features are relative to.
        step_days: the length of a month.
        seasonal: whether the part of the year counts.
        outcomes: how many months were learned from.
    """

    weights: tuple[float, ...]
    centre: tuple[float, ...]
    width: tuple[float, ...]
    usual: Usual
    step_days: int
    seasonal: bool
    outcomes: int

    def none_within(self, states: States, day: int, horizon: int) -> Floats:
        """The chance of no purchase in the ``horizon`` days after ``day``, at whose end the states are."""
        edges = np.round(np.linspace(0, horizon, max(1, round(horizon / self.step_days)) + 1)).astype(int)
        rate = np.zeros(len(states))
        for begin, end in pairwise(edges):
            logs = self._linear(states, day, int(begin), int(end))
            rate += np.exp(np.minimum(logs, MOST_LOG_RATE)) * ((end - begin) / self.step_days)
        return np.exp(-rate)

    def contributions(self, states: States, day: int) -> dict[str, Floats]:
        """What each group adds to the logarithm of the next month's rate, against an average account."""
        of = {name: group for group, names in GROUPS.items() for name in names}
        total: dict[str, Floats] = {group: np.zeros(len(states)) for group in GROUPS}
        for place, (name, column) in enumerate(features(states, 0.0, self.usual)):
            total[of[name]] += self._part(place, column)
        if self.seasonal:
            total["season"] = np.full(len(states), self._season(day, self.step_days))
        return total

    def _linear(self, states: States, day: int, begin: int, end: int) -> Floats:
        # Column by column: in a matrix product an account's sum would depend on how many there are.
        logs = np.full(len(states), self.weights[0])
        for place, (_, column) in enumerate(features(states, float(begin), self.usual)):
            logs += self._part(place, column)
        return logs + self._season(day + begin, end - begin) if self.seasonal else logs

    def _part(self, place: int, column: Floats) -> Floats:
        return self.weights[place + 1] / self.width[place] * (column - self.centre[place])

    def _season(self, day: int, days: int) -> float:
        waves = season(day, days)
        return float((np.asarray(self.weights[-len(SEASONS) :]) * waves).sum())


def fit_hazard(history: History, day: int, horizon: int, seed: int) -> Hazard | None:
    """Learn from all months that ended by ``day``; None when too little happened in them.

    Args:
        history: transactions; those after ``day`` are not looked at.
        day: the last day that is known.
        horizon: days that will be asked about: a shorter month is taken for a shorter horizon, and the part
            of the year counts only when all of it has been seen before.
        seed: chooses the accounts to learn from where there are too many.
    """
    step = min(STEP_DAYS, horizon)
    cuts = _cuts(history, day, step)
    if len(cuts) < FEWEST_STEPS:
        return None
    # Another seed than the caller's: one hash for both samples would keep nearly all of the first one.
    history = sampled(history, MOST_ROWS // len(cuts), seed + 1)
    usual = usual_of(states_at(history, day))
    seasonal = _year_is_known(cuts, step, day, horizon)
    columns, outcomes = _months(history, cuts, step, usual, seasonal=seasonal)
    rarer = min(int(outcomes.sum()), int((~outcomes).sum()))
    if rarer < FEWEST_OUTCOMES:
        return None
    count = len(FEATURES)
    centre, width = standards(columns[:, :count])
    waves = columns.shape[1] - count  # of the year; they are of one size already
    cases = Cases(columns, outcomes, np.append(centre, np.zeros(waves)), np.append(width, np.ones(waves)))
    found = fit_yes_or_no(cases, Prior(_RIDGE), LOG_RATE)
    weights = (found.constant, *_floats(found.features))
    return Hazard(weights, _floats(centre), _floats(width), usual, step, seasonal, len(outcomes))


def sampled(history: History, most: int, seed: int) -> History:
    """About so many accounts at most, chosen by their ids, so that nobody's choice depends on others."""
    if len(history.accounts) <= most:
        return history
    key = f"{seed:016d}"[-16:]
    marks = pd.util.hash_array(history.accounts.astype(str).astype(object), hash_key=key, categorize=False)
    share = most / len(history.accounts)
    return history.of(marks / np.float64(2**64) < share)


def _cuts(history: History, day: int, step: int) -> list[int]:
    earliest = history.first_day + _SETTLING_DAYS
    return list(range(day - step, earliest - 1, -step))[:MOST_MONTHS] if history.bought.any() else []


def _year_is_known(cuts: list[int], step: int, day: int, horizon: int) -> bool:
    """Whether each month of the horizon lies within a month of one that was learned from, in some year."""
    learned = np.asarray(cuts) + step / 2
    asked = day + np.arange(step / 2, horizon, step)
    apart = np.abs(asked[:, None] - learned[None, :]) % YEAR_DAYS
    nearest = np.minimum(apart, YEAR_DAYS - apart).min(axis=1)
    return bool((nearest <= STEP_DAYS).all())


def _months(
    history: History, cuts: list[int], step: int, usual: Usual, *, seasonal: bool
) -> tuple[Floats, Truths]:
    rows, outcomes = [], []
    for cut in cuts:
        states = states_at(history, cut)
        columns = [column for _, column in features(states, 0.0, usual)]
        if seasonal:
            columns += [np.full(len(states), wave) for wave in season(cut, step)]
        rows.append(np.stack(columns, axis=1))
        outcomes.append(bought_within(history, states, cut, step))
    return np.concatenate(rows), np.concatenate(outcomes)


def _floats(values: Floats | Integers) -> tuple[float, ...]:
    return tuple(float(one) for one in values)
