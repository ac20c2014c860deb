"""What the learned model sees of an account that has been silent for some further days; its part of the year.

Every feature moves in a known way while nothing is bought, so that the model can be asked about any later day
without knowing the future. Times enter as logarithms; money only relative to what is usual, so that
the currency's scale does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scoring.leaving.history import HALF_LIVES, Floats, States

YEAR_DAYS = 365.25
# Where the effect of silence may bend: days of the calendar that people buy by, and multiples of the own gap.
RECENCY_BENDS = (14, 30, 60, 90, 120, 180, 365)
GAP_BENDS = (0.75, 1, 1.25, 2)
# A bend needs a history of so many times its days: beyond it few silences are seen, and the line runs on.
_HISTORY_OF_BEND = 3
# Every group of features by what a person would call it.
GROUPS = {
    "recency": ("silence", *(f"silence_{days}" for days in RECENCY_BENDS)),
    "frequency": ("repeats", "many_repeats", "one_purchase", *(f"memory_{days}" for days in HALF_LIVES)),
    "age": ("age", "seen_at_once", "seen_late"),
    "rhythm": (
        *("overdue", *(f"overdue_{times}" for times in GAP_BENDS), "last_gap"),
        *("regular", "regular_overdue", "regular_late", "repeats_silence"),
    ),
    "spend": ("spend",),
}
FEATURES = tuple(name for group in GROUPS.values() for name in group)
SEASONS = ("year_sine", "year_cosine", "half_sine", "half_cosine")
_MANY_REPEATS = 3
_AT_ONCE_DAYS, _LATE_DAYS = 60, 180
_SOME_DAYS = 3.0  # as near as purchases are told apart in a ratio of gaps
_FORGOTTEN = 0.05  # purchases; less remembered than this is nothing
_MOST_LOG_SPEND = 3.0


@dataclass(frozen=True)
class Usual:
    """What is usual in the base.

    Attributes:
        gap_days: the median over accounts of their mean gap.
        purchase_minor: the median over accounts of their mean purchase.
        begins: the day of the first purchase of all.
        known_days: days since then.
    """

    gap_days: float
    purchase_minor: float
    begins: int
    known_days: int


def usual_of(states: States) -> Usual:
    """The medians over accounts, of those with a repeat for the gap; a quarter and 1 where there is none."""
    repeated = states.repeats > 0
    gaps = states.spread[repeated] / states.repeats[repeated]
    each = states.spend_minor / (states.repeats + 1)
    gap = float(np.median(gaps)) if len(gaps) else 90.0
    purchase = max(float(np.median(each)), 1.0) if len(each) else 1.0
    begins = int(states.first.min()) if len(states) else 0
    return Usual(max(gap, 1.0), purchase, begins, int(states.age.max(initial=0)))


def features(states: States, further: float, usual: Usual) -> Iterator[tuple[str, Floats]]:
    """Each feature by name, in the order of ``FEATURES``, after so many further days without a purchase."""
    repeats = states.repeats.astype(np.float64)
    age = states.age + further
    silence = np.log1p(states.recency + further)
    many = np.log1p(repeats)
    yield "silence", silence
    for days in RECENCY_BENDS:
        bends = days * _HISTORY_OF_BEND <= usual.known_days
        yield f"silence_{days}", np.maximum(0.0, silence - np.log1p(days)) if bends else np.zeros(len(states))
    yield "repeats", many
    yield "many_repeats", np.maximum(0.0, many - np.log1p(_MANY_REPEATS))
    yield "one_purchase", (states.repeats == 0).astype(np.float64)
    for place, half_life in enumerate(HALF_LIVES):
        left = states.memory[:, place] * 2.0 ** (-further / half_life)
        yield f"memory_{half_life}", np.log(left + _FORGOTTEN)
    yield "age", np.log1p(age)
    # Who is there when the records begin was a customer before them, and mostly a busy one.
    entered = np.maximum(states.first - usual.begins, 0)
    yield "seen_at_once", np.exp(-entered / _AT_ONCE_DAYS)
    yield "seen_late", np.minimum(entered, _LATE_DAYS) / _LATE_DAYS
    yield from _rhythm(states, further, usual, many * silence)
    each = np.maximum(states.spend_minor / (repeats + 1), 0.0) / usual.purchase_minor
    yield "spend", np.clip(np.log(each + 0.01), -_MOST_LOG_SPEND, _MOST_LOG_SPEND)


def season(day: int, days: int) -> Floats:
    """The year's first two harmonics, mean over the days after ``day``; in the order of ``SEASONS``."""
    turn = 2 * np.pi * (np.arange(day + 1, day + days + 1) % YEAR_DAYS) / YEAR_DAYS
    waves = (np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn))
    return np.array([float(wave.mean()) for wave in waves])


def _rhythm(
    states: States, further: float, usual: Usual, repeats_silence: Floats
) -> Iterator[tuple[str, Floats]]:
    repeats = states.repeats.astype(np.float64)
    # An own gap is known by its repeats; the usual one stands in as one more.
    gap = (states.spread + usual.gap_days) / (repeats + 1)
    overdue = np.log((states.recency + further + _SOME_DAYS) / (gap + _SOME_DAYS))
    regular = _regularity(states)
    yield "overdue", overdue
    for times in GAP_BENDS:
        yield f"overdue_{times}", np.maximum(0.0, overdue - np.log(times))
    yield "last_gap", np.where(repeats > 0, np.log(states.last_gap + _SOME_DAYS), 0.0)
    yield "regular", regular
    yield "regular_overdue", regular * overdue
    yield "regular_late", regular * np.maximum(0.0, overdue)
    yield "repeats_silence", repeats_silence


def _regularity(states: States) -> Floats:
    """1 for gaps that are all equal, falling to 0; one half where three gaps are not yet known."""
    gaps = np.maximum(states.repeats, 1).astype(np.float64)
    mean = states.spread / gaps
    deviation = np.sqrt(np.maximum(states.gap_squares / gaps - mean**2, 0.0))
    regularity = 1 / (1 + deviation / np.maximum(mean, 1.0))
    return np.where(states.repeats >= _MANY_REPEATS, regularity, 0.5)
