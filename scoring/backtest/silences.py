"""How early: the first alert inside each silence of accounts with a rhythm of their own, scanned once a week.

A silence begins with a purchase of an account that had bought at least twice before it, and lasts until the
next purchase. One that goes on for the horizon is a lapse. The first alert inside a silence, before its
horizon is over, is right when the silence is a lapse. Protocol: analytics C3, "how early"
(``ref_leadtime.py``), which counts the day of the silence. Beside it stands how far ahead the alert came of
the day on which the account's usual gap (the mean of its gaps before the silence) has passed twice, the
commonest rule of thumb; and of the end of the horizon, when the account counts as lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.backtest.measures import Floats, Truths
from scoring.backtest.results import LeadTime
from scoring.leaving.history import History, Integers, States

SCAN_EVERY = 7
FEWEST_REPEATS = 2
TIMES_OVERDUE = 2

# The accounts' states at the end of a day, and the place of each one's label: 0 the best, -1 none.
Labeller = Callable[[int], tuple[States, Integers]]


@dataclass(frozen=True)
class Silences:
    """Each silence: whose, from which day, how long so far, after which usual gap, whether it is a lapse."""

    account: Integers
    began: Integers
    length: Integers
    usual_gap: Floats
    lapsed: Truths

    def rows_of(self, states: States, day: int) -> Integers:
        """The silence in which each account of the states is at the end of a day; -1 for none of these."""
        width = int(max(self.began.max(initial=0), day)) + 1
        keys = self.account * width + self.began
        order = np.argsort(keys, kind="stable")
        asked = states.account * width + day - states.recency
        if not len(keys):
            return np.full(len(asked), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)
        return np.where(keys[order][place] == asked, order[place], -1)


def silences_of(history: History, begin: int, last: int, horizon: int) -> Silences:
    """The silences that began from one day on, and early enough before the last one to know their end."""
    account, day = history.account[history.bought], history.day[history.bought]
    starts = np.flatnonzero(np.r_[True, account[1:] != account[:-1]]) if len(account) else account
    first = np.repeat(starts, np.diff(np.r_[starts, len(account)]))
    nth = np.arange(len(account)) - first
    following = np.r_[day[1:], 0][: len(day)]
    ends = np.r_[account[1:] == account[:-1], False][: len(day)]
    length = np.where(ends, following - day, last - day)
    # Of silences that began later only those that ended early would be known.
    known = (day >= begin) & (day <= last - horizon)
    chosen = (nth >= FEWEST_REPEATS) & known & (length > SCAN_EVERY)
    gap = (day - day[first])[chosen] / nth[chosen] if len(day) else np.zeros(0)
    return Silences(account[chosen], day[chosen], length[chosen], gap, length[chosen] >= horizon)


def lead_times(
    silences: Silences, labeller: Labeller, alerting: Sequence[int], days: Sequence[int], horizon: int
) -> tuple[LeadTime, ...]:
    """The labels as alerts, beside the plain day of silence on which they alert, and twice the usual gap.

    An alert that waits is right more often, so that rules are compared which are equally early.

    Args:
        silences: to be watched.
        labeller: gives the labels of a day.
        alerting: places of the labels that alert when an account falls into one.
        days: on which the labels are looked at, ascending; ``SCAN_EVERY`` apart.
        horizon: of a lapse.
    """
    own = _first_alerts(silences, labeller, alerting, days, horizon)
    plain = _usual_day(silences, own, horizon)
    overdue = np.ceil(silences.usual_gap * TIMES_OVERDUE).astype(np.int64) + 1
    rules = (
        (f"{plain} days of silence", np.where(silences.length >= plain, plain, 0)),
        ("twice the usual gap", np.where((overdue < horizon) & (silences.length >= overdue), overdue, 0)),
    )
    return (
        _lead_time("a label that turned worse", silences, own, horizon, own=True),
        *(_lead_time(name, silences, days, horizon, own=False) for name, days in rules),
    )


def _first_alerts(
    silences: Silences, labeller: Labeller, alerting: Sequence[int], days: Sequence[int], horizon: int
) -> Integers:
    """The day of each silence on which its label first turned into one of these; 0 when it did not."""
    first = np.zeros(len(silences.account), dtype=np.int64)
    best = np.full(len(first), np.iinfo(np.int64).max)
    for day in days:
        states, label = labeller(day)
        # No label is below every label.
        place = np.where(label < 0, np.iinfo(np.int64).max, label)
        row = silences.rows_of(states, day)
        inside = (row >= 0) & (states.recency > 0) & (states.recency < horizon)
        row, place, alerts = row[inside], place[inside], np.isin(label[inside], alerting)
        turned = alerts & (place > best[row]) & (first[row] == 0)
        first[row[turned]] = states.recency[inside][turned]
        best[row] = np.minimum(best[row], place)
    return first


def _usual_day(silences: Silences, days: Integers, horizon: int) -> int:
    """The day of the right alerts; half the horizon without any."""
    right = days[(days > 0) & silences.lapsed]
    return round(float(np.median(right))) if len(right) else horizon // 2


def _lead_time(rule: str, silences: Silences, days: Integers, horizon: int, *, own: bool) -> LeadTime:
    alerted = days > 0
    right = alerted & silences.lapsed
    alerts, lapses = int(alerted.sum()), int(silences.lapsed.sum())
    hits = int(right.sum())
    ahead = silences.usual_gap[right] * TIMES_OVERDUE - days[right]
    return LeadTime(
        rule=rule,
        own=own,
        silences=len(days),
        lapses=lapses,
        alerts=alerts,
        right=hits,
        precision=hits / alerts if alerts else None,
        recall=hits / lapses if lapses else None,
        median_day=float(np.median(days[right])) if hits else None,
        median_ahead=float(np.median(ahead)) if hits else None,
        median_notice=float(np.median(horizon - days[right])) if hits else None,
    )
