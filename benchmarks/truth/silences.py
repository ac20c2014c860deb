"""How early: the first alert inside each silence of accounts with three purchases, scanned once a week.

A silence that lasts 182 days or more is a lapse. Silences count that began in the scanned time, at least 182
days before the data ends. The first alert inside one, before its day 182, is right when it is a lapse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from benchmarks.truth.measures import Truths
from benchmarks.truth.report import table
from scoring.compatibility import quintiles
from scoring.days import day_number, day_of
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.history import Floats, History, Integers, States, states_at
from scoring.leaving.model import LeavingModel, fit

LAPSE_DAYS = 182
SCAN_EVERY = 7
REFIT_EVERY = 56
FEWEST_REPEATS = 2
DAY_RULES = (60, 75, 90, 105, 120)
AT_RISK = ("at_Risk", "cant_loose")
LAPSE_CHANCES = (0.4, 0.5, 0.6, 0.7)
ALERT_RISK = 0.6  # where the starting label "At risk" begins


@dataclass(frozen=True)
class Silences:
    """Each silence: whose, from which day, whether it is a lapse."""

    account: Integers
    began: Integers
    lapsed: Truths


def scan(history: History, begin: date) -> str:
    """A table of rules: how often they alert and are right, what they miss, how early they are."""
    last = int(history.day.max())
    silences = _silences(history, day_number(begin), last)
    alerts = _first_alerts(history, silences, day_number(begin), last)
    rows = []
    for rule, days in alerts.items():
        alerted = days > 0
        right = alerted & silences.lapsed
        rows.append(
            (
                rule,
                int(alerted.sum()),
                float(right.sum() / max(int(alerted.sum()), 1)),
                float(right.sum() / max(int(silences.lapsed.sum()), 1)),
                int(np.median(days[right])) if right.any() else None,
            )
        )
    head = f"{len(silences.account):,} silences, {int(silences.lapsed.sum()):,} of them lapses.\n\n"
    return head + table(("rule", "alerts", "precision", "recall", "median day"), rows)


def _silences(history: History, begin: int, last: int) -> Silences:
    account, day = history.account[history.bought], history.day[history.bought]
    starts = np.flatnonzero(np.r_[True, account[1:] != account[:-1]])
    nth = np.arange(len(account)) - np.repeat(starts, np.diff(np.r_[starts, len(account)]))
    following = np.r_[day[1:], 0]
    ends = np.r_[account[1:] == account[:-1], False]
    length = np.where(ends, following - day, last - day)
    # Of silences that began later only those that ended early would be known.
    known = (day >= begin) & (day <= last - LAPSE_DAYS)
    chosen = (nth >= FEWEST_REPEATS) & known & (length > SCAN_EVERY)
    return Silences(account[chosen], day[chosen], length[chosen] >= LAPSE_DAYS)


def _first_alerts(history: History, silences: Silences, begin: int, last: int) -> dict[str, Integers]:
    """By rule, the day of each silence on which it first alerts; 0 when it does not before day 182."""
    place = {
        (int(account), int(began)): row
        for row, (account, began) in enumerate(zip(silences.account, silences.began, strict=True))
    }
    first: dict[str, Integers] = {}
    model: LeavingModel | None = None
    for day in range(begin, last + 1, SCAN_EVERY):
        if model is None or (day - begin) % REFIT_EVERY == 0:
            plan = LeavingSegmentation(name="Leaving", horizon_days=LAPSE_DAYS)
            model = fit(history, plan, day_of(day))
        states = states_at(history, day)
        began = day - states.recency
        rows = np.array(
            [
                place.get((int(account), int(start)), -1)
                for account, start in zip(states.account, began, strict=True)
            ]
        )
        inside = (rows >= 0) & (states.recency > 0) & (states.recency < LAPSE_DAYS)
        for rule, alerts in _rules(model, states, inside, day).items():
            days = first.setdefault(rule, np.zeros(len(silences.account), dtype=np.int64))
            new = inside & alerts & (days[np.maximum(rows, 0)] == 0)
            days[rows[new]] = states.recency[new]
    return first


def _rules(model: LeavingModel, states: States, inside: Truths, day: int) -> dict[str, Truths]:
    gap = np.maximum(states.spread / np.maximum(states.repeats, 1), 1.0)
    known = pd.DataFrame(
        {
            "recency_days": states.recency,
            "purchases": states.repeats + 1,
            "spend_minor": states.spend_minor,
        }
    )
    lapse = _lapse_chance(model, states, inside, day)
    rules = {
        "label at_Risk or cant_loose": np.isin(list(quintiles(known)["segment"]), AT_RISK),
        "overdue twice its mean gap": states.recency > 2 * gap,
        **{f"{days} days of silence": states.recency >= days for days in DAY_RULES},
        f"churn_risk ≥ {ALERT_RISK:.0%}": model.none_within(states, day) >= ALERT_RISK,
        **{f"chance of a lapse ≥ {least:.0%}": lapse >= least for least in LAPSE_CHANCES},
    }
    return {name: np.asarray(rule, dtype=np.bool_) for name, rule in rules.items()}


def _lapse_chance(model: LeavingModel, states: States, inside: Truths, day: int) -> Floats:
    """The chance that a silence reaches 182 days: no purchase in what is left of them."""
    chance = np.zeros(len(states))
    for recency in np.unique(states.recency[inside]):
        chosen = inside & (states.recency == recency)
        part = States(*(getattr(states, name)[chosen] for name in States.__dataclass_fields__))
        chance[chosen] = model.none_within(part, day, LAPSE_DAYS - int(recency))
    return chance
