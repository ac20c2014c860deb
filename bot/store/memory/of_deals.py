"""Figures over deals and purchases from what is held: each deal with its account, day, stage and amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.language.question import Days, Figure, Metric
from bot.store.figure_periods import in_bounds, number_of
from bot.store.figure_records import OPEN, PURCHASED, purchases_of, won_deals
from bot.store.figure_sums import stages_of_purchases
from bot.store.figure_values import NOTHING, Key, Tally
from bot.store.memory.conditions import Groups, Look, NotHeldError
from bot.store.memory.held import NO_DAY, Deals, Truths
from bot.store.memory.loading import as_day
from bot.store.memory.of_accounts import by_name, exact_sums, grouped_by
from bot.store.stages import stages_over, stages_that_meet
from scoring.criteria.tree import Node, Unit
from scoring.days import day_number

_NOT_HELD = {Metric.SALES_CYCLE, Metric.SHARE}


@dataclass(frozen=True)
class _Asked:
    """What is added up.

    Attributes:
        metric: which number.
        stages: of each stage's number whether its deals are among the records.
        part: likewise whether they are of the kind that is asked for.
        first: days since 1970, None where it is open; with ``last`` both are included.
        dated: whether records without a day are none.
        unit: of the periods; None without periods.
    """

    metric: Metric
    stages: Truths
    part: Truths
    first: int | None
    last: int | None
    dated: bool
    unit: Unit | None
    fiscal_year_starts: int


@dataclass(frozen=True)
class _Found:
    """Records."""

    account: npt.NDArray[Any]
    stage: npt.NDArray[Any]
    amount: npt.NDArray[np.int64]
    keys: npt.NDArray[Any] | None


def over_deals(look: Look, criteria: Node, figure: Figure, metric: Metric, days: Days) -> dict[Key, Tally]:
    """What is counted of the records of accounts that meet the criteria, by group or period.

    Raises:
        CriteriaError: a field or value that is not known; more groups or periods than anybody reads.
        NotHeldError: what is held does not say it.
    """
    asked = _asked(look, figure, metric, days)
    if figure.by == "deal_owner":
        raise NotHeldError
    field, groups = grouped_by(look, figure.by)
    chosen = look.meets(criteria)
    tallies: dict[int, Tally] = {}
    for part in look.held.parts:
        allowed = chosen if part.without is None else chosen & ~part.without
        for key, tally in _tallied(part.deals, allowed, asked, groups):
            tallies[key] = tallies.get(key, NOTHING) + tally
    if asked.unit is not None:
        in_bounds(tallies, asked.unit)
        return dict(tallies.items())
    return by_name(iter(sorted(tallies.items())), groups, field)


def _asked(look: Look, figure: Figure, metric: Metric, days: Days) -> _Asked:
    reading, stages = look.reading, look.held.stages
    first, last = (None if one is None else day_number(one) for one in (days.first, days.last))
    unit, starts = figure.every, reading.today.fiscal_year_starts
    dated = unit is not None or first is not None or last is not None
    if metric in _NOT_HELD:
        raise NotHeldError
    if metric in PURCHASED:
        counted = stages_of_purchases(reading, purchases_of(reading))
        if counted is None:
            raise NotHeldError
        today = day_number(reading.today.day)
        last = today if last is None else min(last, today)
        is_one = _among(stages, counted)
        return _Asked(metric, is_one, is_one, first, last, dated=True, unit=unit, fiscal_year_starts=starts)
    node, catalog = won_deals(reading)
    wanted = stages_that_meet(reading.connection, node, catalog, reading.today)
    if wanted is None:
        raise NotHeldError
    won, over = _among(stages, wanted), _among(stages, stages_over(reading.connection))
    chosen = {Metric.LOST: over & ~won, Metric.WIN_RATE: over | won, **dict.fromkeys(OPEN, ~over & ~won)}
    is_one = chosen.get(metric, won)
    return _Asked(metric, is_one, won, first, last, dated=dated, unit=unit, fiscal_year_starts=starts)


def _among(stages: Sequence[str | None], wanted: Sequence[str | None]) -> Truths:
    return np.array([one in set(wanted) for one in stages], dtype=np.bool_)


def _tallied(
    deals: Deals, allowed: Truths, asked: _Asked, groups: Groups | None
) -> Iterator[tuple[int, Tally]]:
    found = _records(deals, allowed, asked)
    if asked.unit is None:
        keys = None if groups is None else groups.codes[found.account]
        return _of_keys(found, keys, 0, asked)
    if found.keys is None or not len(found.keys):
        return iter(())
    least = int(found.keys.min())
    return _of_keys(found, found.keys - least, least, asked)


def _records(deals: Deals, allowed: Truths, asked: _Asked) -> _Found:
    """The records that count, with the numbers of their periods."""
    low = 0 if asked.first is None else int(np.searchsorted(deals.days, asked.first))
    if asked.dated and low == 0 and len(deals.days) and deals.days[0] == NO_DAY:
        low = 1
    high = len(deals.days) if asked.last is None else int(np.searchsorted(deals.days, asked.last, "right"))
    high = max(high, low)
    start, end = int(deals.starts[low]), int(deals.starts[high])
    account, stage = deals.account[start:end], deals.stage[start:end]
    at = np.flatnonzero(asked.stages[stage] & allowed[account])
    keys = None
    if asked.unit is not None:
        numbers = [_number(int(one), asked) for one in deals.days[low:high]]
        each = np.repeat(np.array(numbers, dtype=np.int64), np.diff(deals.starts[low : high + 1]))
        keys = each[at]
    return _Found(account[at], stage[at], deals.amount[start:end][at], keys)


def _number(day: int, asked: _Asked) -> int:
    found = as_day(day)
    if found is None or asked.unit is None:
        raise TypeError("no period without a day")
    return number_of(found, asked.unit, asked.fiscal_year_starts)


def _of_keys(
    found: _Found, keys: npt.NDArray[Any] | None, least: int, asked: _Asked
) -> Iterator[tuple[int, Tally]]:
    if not len(found.account):
        return
    size = 1 if keys is None else int(keys.max()) + 1
    codes = np.zeros(len(found.account), dtype=np.int64) if keys is None else keys
    rows = np.bincount(codes, minlength=size)
    whole = exact_sums(keys, found.amount, size) if asked.metric not in _WITHOUT_AMOUNT else [0] * size
    if asked.metric in PURCHASED:
        bought = found.amount >= 0
        records = np.bincount(codes[bought], minlength=size)
        part = (
            _buyers(found.account[bought], codes[bought], size) if asked.metric is Metric.BUYERS else rows * 0
        )
    else:
        records = rows
        part = (
            np.bincount(codes[asked.part[found.stage]], minlength=size)
            if asked.metric is Metric.WIN_RATE
            else rows * 0
        )
    # Of buyers a group that has only given something back is none; a period is one.
    told = records if asked.metric is Metric.BUYERS and asked.unit is None else rows
    for at in np.flatnonzero(told):
        yield least + int(at), Tally(int(records[at]), int(part[at]), whole[at])


_WITHOUT_AMOUNT = {
    Metric.BUYERS,
    Metric.PURCHASES,
    Metric.WON,
    Metric.LOST,
    Metric.WIN_RATE,
    Metric.OPEN_DEALS,
}


def _buyers(account: npt.NDArray[Any], codes: npt.NDArray[Any], size: int) -> npt.NDArray[np.int64]:
    """How many different accounts there are in each group."""
    if not len(account):
        return np.zeros(size, dtype=np.int64)
    if size == 1:
        bought = np.zeros(int(account.max()) + 1, dtype=np.bool_)
        bought[account] = True
        return np.array([int(bought.sum())])
    pairs = np.unique(codes.astype(np.int64) << 32 | account.astype(np.int64))
    return np.bincount(pairs >> 32, minlength=size)
