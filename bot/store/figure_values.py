"""From what the database has counted to the value of a figure. Pure; whole numbers, so that it is exact.

A sum of none is 0, an average or share of none nothing. As in the criteria language an average, and a median
between two values, is rounded down: of money to a hundredth, of other numbers to a ten-thousandth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.language.question import Aggregate, Metric
from connector.cache.folding import fold
from scoring.criteria.bounds import FRACTION

What = Metric | Aggregate
Value = Decimal | int | None

NUMBERS = {Metric.PURCHASES, Metric.WON, Metric.LOST, Metric.OPEN_DEALS}
SHARES = {Metric.WIN_RATE, Metric.SHARE}
SUMS = {Metric.REVENUE, Metric.PIPELINE, Aggregate.SUM}
MEANS = {Metric.AVERAGE_PURCHASE, Metric.AVERAGE_DEAL, Metric.SALES_CYCLE, Aggregate.AVERAGE}


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of a group or period; two of them can be added.

    Attributes:
        records: how many records there are.
        part: how many of them are of the kind that is asked for; of buyers, how many accounts.
        whole: the sum.
        least: the smallest value, of a median the lower of the two in the middle.
        most: the largest value, of a median the upper one.
    """

    records: int = 0
    part: int = 0
    whole: int = 0
    least: int | None = None
    most: int | None = None

    def __add__(self, other: Tally) -> Tally:
        least = [one for one in (self.least, other.least) if one is not None]
        most = [one for one in (self.most, other.most) if one is not None]
        return Tally(
            self.records + other.records,
            self.part + other.part,
            self.whole + other.whole,
            min(least, default=None),
            max(most, default=None),
        )


NOTHING = Tally()
Key = str | int | None  # the name of a group, the number of a period, or None for those without one


@dataclass(frozen=True, slots=True)
class Scale:
    """What the whole numbers of a tally are.

    Attributes:
        parts: of one: 10,000 of ten-thousandths; of money 1, because it stays in minor units.
        money: whether they are money.
    """

    parts: int = 1
    money: bool = False


def value_of(what: What, tally: Tally, scale: Scale) -> Value:
    """The value of a figure."""
    if what in NUMBERS:
        return tally.records
    if what is Metric.BUYERS:
        return tally.part
    if what in SUMS:
        return _scaled(tally.whole, scale.parts)
    return _of_some(what, tally, scale) if tally.records else None


def _of_some(what: What, tally: Tally, scale: Scale) -> Decimal | int:
    if what in SHARES:
        return Decimal(tally.part) / Decimal(tally.records)
    if what in MEANS:
        return _quotient(tally.whole, tally.records, scale)
    if what is Aggregate.MEDIAN:
        return _quotient((tally.least or 0) + (tally.most or 0), 2, scale)
    return _scaled((tally.least if what is Aggregate.LOWEST else tally.most) or 0, scale.parts)


def _scaled(whole: int, parts: int) -> Decimal | int:
    return whole if parts == 1 else Decimal(whole) / Decimal(parts)


def _quotient(whole: int, number: int, scale: Scale) -> Decimal | int:
    if scale.money:
        return whole // number
    return Decimal(whole * FRACTION // (number * scale.parts)) / FRACTION


def merged(counted: Iterable[tuple[str | None, Tally]]) -> dict[Key, Tally]:
    """By name; names that differ in case only are one, spelled as the first of them by code points."""
    spelled: dict[str, str] = {}
    sums: dict[str | None, Tally] = {}
    for name, tally in counted:
        key = None if name is None else fold(name)
        sums[key] = sums.get(key, NOTHING) + tally
        if key is not None and name is not None:
            spelled[key] = min(spelled.get(key, name), name)
    return {None if key is None else spelled[key]: tally for key, tally in sums.items()}
