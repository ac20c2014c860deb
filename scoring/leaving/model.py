"""The fitted state of a leaving segmentation: what is learned, how it is blended, how it is stored.

Learning is a step of its own: runs score with the model that is stored, so that a full run and one of a few
accounts agree. With it any account is scored again from its own transactions alone, to exactly the same
millionth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from scoring.days import day_number, day_of
from scoring.leaving.blend import Trial, blended, choose
from scoring.leaving.buying import Counting, Kind, fit_counting
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.features import Usual, usual_of
from scoring.leaving.hazard import Hazard, fit_hazard, sampled
from scoring.leaving.history import Floats, History, States, bought_within, states_at
from scoring.leaving.recency import Recency, fit_recency
from scoring.leaving.spend import Spend, fit_spend

# Ten accounts for each of the four parameters.
FEWEST_REPEATERS = 40
MOST_ACCOUNTS = 50_000
# Days to try models on, in horizons before the day of the run; half a horizon back is tried over half of one.
TRIALS = (0.5, 1.0, 1.5, 2.0)
FEWEST_TRIAL_DAYS = 60
COUNTING: tuple[Kind, ...] = ("mbg_nbd", "bg_nbd")


@dataclass(frozen=True)
class LeavingModel:
    """Everything that scoring needs besides an account's transactions.

    Attributes:
        horizon_days: H of the chance of no purchase in the next H days.
        fitted_on: the last day that was learned from.
        usual: gap and purchase of the base.
        recency: the fallback, which always exists.
        hazard: the learned model; None with too little history.
        counting: the counting models that could be fitted, by kind.
        spend: what a purchase is worth; None with too few accounts.
        weights: shares of the models in the chance; they add up to 1.
        warnings: sentences about what makes the chances say little.
    """

    horizon_days: int
    fitted_on: date
    usual: Usual
    recency: Recency
    hazard: Hazard | None
    counting: Mapping[str, Counting]
    spend: Spend | None
    weights: Mapping[str, float]
    warnings: tuple[str, ...] = ()

    def chances(self, states: States, day: int, horizon: int) -> dict[str, Floats]:
        """What each model with a share says of no purchase in the ``horizon`` days after ``day``."""
        return {
            name: _chance(name, self, states, day, horizon)
            for name, weight in self.weights.items()
            if weight > 0
        }

    def none_within(self, states: States, day: int, horizon: int | None = None) -> Floats:
        """The blended chance of no purchase in the days after ``day``, at whose end the states are."""
        return blended(self.chances(states, day, horizon or self.horizon_days), self.weights)

    def expected(self, states: States, none: Floats) -> Floats:
        """Expected purchases in the horizon, given the blended chance of none.

        How many there are when there are any is what a counting model says; without one, what a Poisson
        process at the account's own rate would give.
        """
        horizon = float(self.horizon_days)
        counting = next((self.counting[kind] for kind in COUNTING if kind in self.counting), None)
        if counting is None:
            mean = np.maximum((states.repeats + 1) / (states.age + self.usual.gap_days) * horizon, 1e-9)
            when_any = mean / -np.expm1(-mean)
        else:
            known = _known(states)
            some = np.maximum(1 - counting.none_within(*known, horizon), 1e-12)
            when_any = counting.expected(*known, horizon) / some
        return (1 - none) * np.clip(when_any, 1.0, horizon)

    def expected_spend(self, states: States, expected: Floats) -> Floats:
        """What the expected purchases are worth together, in minor units."""
        purchases = (states.repeats + 1).astype(np.float64)
        mean = np.maximum(states.spend_minor / purchases, 0.0)
        return expected * (self.spend.mean_purchase(purchases, mean) if self.spend else mean)

    def as_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "horizon_days": self.horizon_days,
            "fitted_on": self.fitted_on.isoformat(),
            "usual": asdict(self.usual),
            "recency": asdict(self.recency),
            "hazard": asdict(self.hazard) if self.hazard else None,
            "counting": {kind: asdict(one) for kind, one in self.counting.items()},
            "spend": asdict(self.spend) if self.spend else None,
            "weights": dict(self.weights),
            "warnings": list(self.warnings),
        }


def model_from(stored: Mapping[str, Any]) -> LeavingModel:
    """Read a model back from its JSON form.

    Raises:
        KeyError: a part is missing.
    """
    return LeavingModel(
        horizon_days=int(stored["horizon_days"]),
        fitted_on=date.fromisoformat(stored["fitted_on"]),
        usual=Usual(**stored["usual"]),
        recency=Recency(**stored["recency"]),
        hazard=_hazard_from(stored["hazard"]),
        counting={kind: Counting(**one) for kind, one in stored["counting"].items()},
        spend=Spend(**stored["spend"]) if stored["spend"] else None,
        weights={name: float(weight) for name, weight in stored["weights"].items()},
        warnings=tuple(stored["warnings"]),
    )


def fit(history: History, segmentation: LeavingSegmentation, as_of: date, seed: int = 0) -> LeavingModel:
    """Learn from everything up to a day.

    Args:
        history: transactions; those after ``as_of`` are not looked at.
        segmentation: its horizon and which model.
        as_of: the last day that is known.
        seed: chooses the accounts to learn from where there are very many.

    Returns:
        The model; with too little data the fallback, with a warning that says so.
    """
    history = sampled(history, MOST_ACCOUNTS, seed)
    day, horizon = day_number(as_of), segmentation.horizon_days
    parts = _fit_parts(history, day, horizon, segmentation.model, seed)
    usable = _usable(parts)
    if segmentation.model == "auto":
        weights = choose(_trials(history, day, horizon, usable, seed), usable)
    else:
        weights = {segmentation.model if segmentation.model in usable else "recency": 1.0}
    warnings = (*history.warnings, *_warnings(history, day, horizon, segmentation.model, parts))
    return replace(parts, counting=_sound(parts), weights=weights, warnings=warnings)


def _fit_parts(history: History, day: int, horizon: int, model: str, seed: int) -> LeavingModel:
    """Every model that can be fitted on one day, before it is known which are used."""
    states = states_at(history, day)
    counting: dict[str, Counting] = {}
    if int((states.repeats > 0).sum()) >= FEWEST_REPEATERS:
        rows, counts = np.unique(np.stack(_known(states), axis=1), axis=0, return_counts=True)
        for kind in COUNTING:
            repeats, spread, age = rows.T
            counting[kind] = fit_counting(kind, repeats, spread, age, counts.astype(np.float64))
    learned = fit_hazard(history, day, horizon, seed) if model in {"auto", "hazard"} else None
    every = {"recency": 1.0}
    fallback = fit_recency(_gaps(history, day), states.recency)
    fitted_on = day_of(day)
    purchases = (states.repeats + 1).astype(np.float64)
    worth = fit_spend(purchases, states.spend_minor / purchases)
    return LeavingModel(horizon, fitted_on, usual_of(states), fallback, learned, counting, worth, every)


def _usable(parts: LeavingModel) -> list[str]:
    """The models to choose from, the preferred first: learned, counted, the fallback."""
    return [*(["hazard"] if parts.hazard else []), *_sound(parts), "recency"]


def _sound(parts: LeavingModel) -> dict[str, Counting]:
    return {kind: one for kind, one in parts.counting.items() if not one.ran_away}


def _trials(history: History, day: int, horizon: int, models: list[str], seed: int) -> list[Trial]:
    """What the same models, fitted on earlier days, said of days that are over."""
    trials = []
    # A day that knew less than half of what is known now says little about the models of today.
    shortest = max((day - history.first_day) / 2 - 1, FEWEST_TRIAL_DAYS)
    for times in TRIALS if len(models) > 1 else ():
        back = round(horizon * times)
        span, earlier = min(horizon, back), day - back
        if span < 1 or earlier - history.first_day < shortest:
            continue
        parts = _fit_parts(history, earlier, span, "auto" if "hazard" in models else "recency", seed)
        if set(models) <= {*_usable(parts), *parts.counting}:
            states = states_at(history, earlier)
            said = {name: _chance(name, parts, states, earlier, span) for name in models}
            trials.append(Trial(states.account, said, ~bought_within(history, states, earlier, span)))
    return trials


def _chance(name: str, parts: LeavingModel, states: States, day: int, horizon: int) -> Floats:
    if name == "hazard" and parts.hazard is not None:
        return parts.hazard.none_within(states, day, horizon)
    if name in parts.counting:
        return parts.counting[name].none_within(*_known(states), float(horizon))
    return parts.recency.none_within(states.recency, horizon)


def _known(states: States) -> tuple[Floats, Floats, Floats]:
    return (
        states.repeats.astype(np.float64),
        states.spread.astype(np.float64),
        states.age.astype(np.float64),
    )


def _gaps(history: History, day: int) -> Any:
    rows = history.bought & (history.day <= day)
    account, days = history.account[rows], history.day[rows]
    return np.diff(days)[account[1:] == account[:-1]]


def _hazard_from(stored: Mapping[str, Any] | None) -> Hazard | None:
    if stored is None:
        return None
    lists = {name: tuple(stored[name]) for name in ("weights", "centre", "width")}
    return Hazard(**{**stored, **lists, "usual": Usual(**stored["usual"])})


def _warnings(history: History, day: int, horizon: int, model: str, parts: LeavingModel) -> list[str]:
    states = states_at(history, day)
    if not len(states):
        return ["No account has bought yet, so there is no risk to tell."]
    found = []
    known_days = day - history.first_day
    if known_days < horizon:
        found.append(
            f"The purchases go back {known_days} days, less than the {horizon} that are looked ahead: "
            "the risk is a guess from shorter times."
        )
    if model in {"auto", "hazard"} and parts.hazard is None:
        found.append("Too few purchases to learn from: the risk is not learned from your own history.")
    if not parts.counting:
        repeaters = int((states.repeats > 0).sum())
        found.append(
            f"Only {repeaters:,} account{' has' if repeaters == 1 else 's have'} bought again; "
            f"counting models need {FEWEST_REPEATERS}. The risk falls back on days since the last purchase."
        )
    elif not _sound(parts):
        found.append(
            "Purchases are too regular for the counting models (a parameter ran away): they are not used, "
            "and days since the last purchase stand in for them."
        )
    return found
