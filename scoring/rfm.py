"""Recency, frequency and monetary scores of accounts, by rank or by bands. Exact integers, no row order.

A measure's score comes from its cuts: 1 plus the number of cuts that the value passes. Percentiles and bands
differ only in where the cuts come from, so that one stored form explains both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.periods import Today, resolve
from scoring.recency import period_of
from scoring.rfm_config import Percentiles, RecencyBands, RfmSegmentation, ThresholdBands
from scoring.standing import EPOCH_ORDINAL, Standing

MINOR_PER_UNIT = 100
# Below this many accounts per score a percentile says little: 5 accounts in each fifth.
FEWEST_PER_SCORE = 5

Integers = npt.NDArray[np.int64]
# Measure -> the fact that it is.
MEASURED = {"r": "last_purchase", "f": "purchases", "m": "spend_minor"}


@dataclass(frozen=True, slots=True)
class Cuts:
    """Thresholds of one measure, ascending.

    Attributes:
        values: what has to be passed for the next score: purchases, minor units, or days as ordinals.
        reached: whether reaching a cut passes it (bands), or only lying above it (percentiles).
    """

    values: tuple[int, ...]
    reached: bool = False

    def score(self, measured: Integers) -> Integers:
        """1 plus the number of cuts that each value passes."""
        passed = np.ones(len(measured), dtype=np.int8)
        for one in self.values:  # few: to compare with each is quicker than to search among them
            passed += measured >= one if self.reached else measured > one
        return passed.astype(np.int64)

    def score_of(self, value: int) -> int:
        """The score of one value."""
        return int(self.score(np.asarray([value], dtype=np.int64))[0])

    def least_for(self, score: int) -> int | None:
        """The smallest value that scores at least this; None for score 1, which every value has."""
        if score <= 1:
            return None
        if score - 2 >= len(self.values):
            raise ValueError(f"there is no score {score}")
        return self.values[score - 2] + (0 if self.reached else 1)


@dataclass(frozen=True, slots=True)
class DayBands:
    """Periods of recency with their scores, as first and last day (ordinals); the first that holds wins."""

    bands: tuple[tuple[int, int, int], ...]

    def score(self, measured: Integers) -> Integers:
        """The score of the first period that holds each day; 1 when none does."""
        scores = np.ones(len(measured), dtype=np.int64)
        for first, last, score in reversed(self.bands):
            scores[(measured >= first) & (measured <= last)] = score
        return scores

    def score_of(self, value: int) -> int:
        """The score of one day."""
        return int(self.score(np.asarray([value], dtype=np.int64))[0])


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the scores change, for explaining them now and repeating them later."""

    recency: Cuts | DayBands
    frequency: Cuts
    monetary: Cuts

    def as_json(self) -> dict[str, Any]:
        """JSON values: days as ISO dates, money in minor units."""
        return {
            "recency": _recency_as_json(self.recency),
            "frequency": {"cuts": list(self.frequency.values), "reached": self.frequency.reached},
            "monetary": {"cuts": list(self.monetary.values), "reached": self.monetary.reached},
        }


@dataclass(frozen=True)
class RfmResult:
    """Scores of one run.

    Attributes:
        frame: as the facts came, with nullable integer columns ``r f m total``; same rows, same order.
        thresholds: None when no account has a counted transaction.
        warnings: sentences about what makes the scores say little.
    """

    frame: pd.DataFrame
    thresholds: Thresholds | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one run by column.

    Attributes:
        columns: ``r``, ``f`` and ``m``; 0 without a counted transaction.
        thresholds: None when no account has a counted transaction.
        warnings: sentences about what makes the scores say little.
    """

    columns: Mapping[str, Integers]
    thresholds: Thresholds | None
    warnings: tuple[str, ...]

    def framed(self, rows: npt.NDArray[np.intp] | None = None) -> dict[str, Any]:
        """The nullable columns ``r f m total`` of a frame, of some rows or of all."""
        some = {name: column if rows is None else column[rows] for name, column in self.columns.items()}
        some["total"] = some["r"] + some["f"] + some["m"]
        nobody = some["total"] == 0
        return {name: pd.arrays.IntegerArray(column, nobody) for name, column in some.items()}


def score(facts: pd.DataFrame, segmentation: RfmSegmentation, today: Today) -> RfmResult:
    """Score accounts.

    Args:
        facts: one row per account: ``account_id``; ``last_purchase`` a date or None; ``purchases`` the number
            of counted transactions; ``spend_minor`` their sum. Other columns are carried along.
        segmentation: its scores and how each measure is scored.
        today: the day of the run; bands of recency are relative to it.

    Returns:
        The scores; accounts without a counted transaction are no part of the population and have none.
    """
    frame = facts.copy(deep=False)
    columns = {
        "last_purchase": ordinals(frame["last_purchase"]),
        **{name: frame[name].to_numpy(dtype=np.int64) for name in ("purchases", "spend_minor")},
    }
    found = score_columns(columns, segmentation, today)
    for name, column in found.framed().items():
        frame[name] = column
    return RfmResult(frame, found.thresholds, found.warnings)


def score_columns(facts: Mapping[str, Integers], segmentation: RfmSegmentation, today: Today) -> Scores:
    """Score accounts by column: the same without a frame.

    Args:
        facts: ``last_purchase`` as ordinals (0: none), ``purchases``, ``spend_minor``, of equal length.
        segmentation: its scores and how each measure is scored.
        today: the day of the run.
    """
    buyers = facts["purchases"] > 0
    if not buyers.any():
        return Scores({name: np.zeros(len(buyers), dtype=np.int64) for name in MEASURED}, None, ())
    everybody = {name: facts[fact] for name, fact in MEASURED.items()}
    measured = {name: values.compress(buyers) for name, values in everybody.items()}
    thresholds = thresholds_by(
        lambda name: cuts_by_rank(measured[name], segmentation.scores), segmentation, today
    )
    # To score those without a purchase too, and take it away again, is quicker than to pick the others out.
    scores = {name: values * buyers for name, values in _score_each(everybody, thresholds).items()}
    constant = {name for name, values in measured.items() if values.min() == values.max()}
    warnings = population_warnings(len(measured["r"]), constant, segmentation)
    return Scores(scores, thresholds, warnings)


def score_one(standing: Standing, thresholds: Thresholds) -> Standing:
    """The same facts with the scores that these thresholds give; the label is taken away."""
    if standing.purchases <= 0 or standing.last_purchase is None:
        return replace(standing, r=None, f=None, m=None, total=None, label=None)
    r = thresholds.recency.score_of(standing.last_purchase.toordinal())
    f = thresholds.frequency.score_of(standing.purchases)
    m = thresholds.monetary.score_of(standing.spend_minor)
    return replace(standing, r=r, f=f, m=m, total=r + f + m, label=None)


def cuts_by_rank(values: Integers, scores: int) -> Cuts:
    """The values at rank ceil(k * n / N) of the sorted population, for k = 1 … N - 1."""
    ranks = [-(-k * len(values) // scores) for k in range(1, scores)]
    low, high = int(values.min()), int(values.max())
    if high - low < len(values):  # days, numbers of purchases: there are fewer different ones than accounts
        upto = np.cumsum(np.bincount(values - low))
        return Cuts(tuple(int(one) + low for one in np.searchsorted(upto, ranks)))
    # Only the values at these places have to be where sorting would put them.
    ordered = np.partition(values, np.array(ranks, dtype=np.intp) - 1)
    return Cuts(tuple(int(ordered[rank - 1]) for rank in ranks))


def thresholds_by(ranked: Callable[[str], Cuts], segmentation: RfmSegmentation, today: Today) -> Thresholds:
    """Where the scores change.

    Args:
        ranked: cuts by rank of a measure (``r``, ``f`` or ``m``); asked only where they are wanted.
        segmentation: how each measure is scored.
        today: the day of the run.
    """
    recency, frequency, monetary = segmentation.recency, segmentation.frequency, segmentation.monetary
    return Thresholds(
        _day_bands(recency, today) if isinstance(recency, RecencyBands) else ranked("r"),
        _threshold_cuts(frequency, unit=1) if isinstance(frequency, ThresholdBands) else ranked("f"),
        _threshold_cuts(monetary, unit=MINOR_PER_UNIT)
        if isinstance(monetary, ThresholdBands)
        else ranked("m"),
    )


def ranked_measures(segmentation: RfmSegmentation) -> dict[str, str]:
    """The measures that are scored by rank, as a person calls them."""
    methods = {
        "r": ("last purchase", segmentation.recency),
        "f": ("number of purchases", segmentation.frequency),
        "m": ("spend", segmentation.monetary),
    }
    return {name: word for name, (word, method) in methods.items() if isinstance(method, Percentiles)}


def population_warnings(
    count: int, constant: Collection[str], segmentation: RfmSegmentation
) -> tuple[str, ...]:
    """What makes ranks say little. Bands mean the same with any population.

    Args:
        count: how many accounts have purchases.
        constant: the measures that are the same for all of them.
        segmentation: how each measure is scored.
    """
    words = ranked_measures(segmentation)
    found: list[str] = []
    fewest = FEWEST_PER_SCORE * segmentation.scores
    if words and count < fewest:
        found.append(
            f"Only {count} account{'' if count == 1 else 's'} with purchases: percentile scores of "
            f"1 to {segmentation.scores} need at least {fewest} to mean something."
        )
    found += [
        f"Every account has the same {word}: that score does not tell them apart."
        for name, word in words.items()
        if count > 1 and name in constant
    ]
    return tuple(found)


def thresholds_from(stored: dict[str, Any]) -> Thresholds:
    """Read thresholds back from their JSON form."""
    recency = stored["recency"]
    days: Cuts | DayBands
    if "bands" in recency:
        days = DayBands(tuple((_ordinal(a), _ordinal(b), int(points)) for a, b, points in recency["bands"]))
    else:
        days = Cuts(tuple(_ordinal(day) for day in recency["cuts"]), bool(recency["reached"]))
    others = {
        name: Cuts(tuple(stored[name]["cuts"]), bool(stored[name]["reached"]))
        for name in ("frequency", "monetary")
    }
    return Thresholds(days, others["frequency"], others["monetary"])


def ordinals(days: pd.Series[Any]) -> Integers:
    """Days (dates, or datetime64 without a time zone) as ordinals; 0 where there is none."""
    if isinstance(days.dtype, np.dtype) and days.dtype.kind == "M":
        since_epoch = days.to_numpy().astype("datetime64[D]").astype(np.int64)
        return np.where(days.isna().to_numpy(), 0, since_epoch + EPOCH_ORDINAL)
    return np.fromiter((0 if pd.isna(day) else day.toordinal() for day in days), np.int64, len(days))


def _threshold_cuts(method: ThresholdBands, *, unit: int) -> Cuts:
    # By way of the written form: 0.29 means 29 cents, not what 0.29 * 100 gives in binary.
    exact = (Decimal(str(one)) * unit for one in method.at_least)
    return Cuts(tuple(int(one.to_integral_value(ROUND_CEILING)) for one in exact), reached=True)


def _day_bands(method: RecencyBands, today: Today) -> DayBands:
    bands = []
    for band in method.bands:
        first, last = resolve(period_of(band.within), today.day, today.fiscal_year_starts)
        bands.append((first.toordinal(), last.toordinal(), band.score))
    return DayBands(tuple(bands))


def _score_each(measured: dict[str, Integers], thresholds: Thresholds) -> dict[str, Integers]:
    return {
        "r": thresholds.recency.score(measured["r"]),
        "f": thresholds.frequency.score(measured["f"]),
        "m": thresholds.monetary.score(measured["m"]),
    }


def _recency_as_json(recency: Cuts | DayBands) -> dict[str, Any]:
    if isinstance(recency, DayBands):
        return {"bands": [[_day(first), _day(last), points] for first, last, points in recency.bands]}
    return {"cuts": _days(recency.values), "reached": recency.reached}


def _days(ordinals: Sequence[int]) -> list[str]:
    return [_day(one) for one in ordinals]


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
