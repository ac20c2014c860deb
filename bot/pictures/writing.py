"""Numbers as a picture writes them, and the steps of an axis."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

from bot.app.tables import CellType
from bot.app.wording import money

_SIZES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_BEYOND: Final = 10**16  # no amount of anything that is sold; it must not break the picture all the same
_RUPEE: Final = ("₹", "INR ")  # the font that is always there lacks the sign
_ROUNDS_UP: Final = 0.99995  # 999,950 is 1M, not 1000k
_GOOD_STEPS: Final = (1, 2, 2.5, 5, 10)


def written(value: Decimal | float, kind: CellType, currency: str) -> str:
    """A value: ``$53.4k``, ``25 %``, ``12 days``, ``1.2M``, ``950``."""
    if abs(float(value)) >= _BEYOND:
        return f"{float(value):.1e}"
    if kind is CellType.MONEY:
        return money(round(value), currency).replace(*_RUPEE)
    if kind is CellType.PERCENT:
        return f"{_short(float(value) * 100)} %"
    number = _number(float(value))
    if kind is CellType.DAYS:
        return f"{number} day{'' if number == '1' else 's'}"
    return number


def compact(value: Decimal | float) -> str:
    """A number where there is hardly room: ``1k``, ``12M``; no more than five signs below 10^15."""
    sign, amount = ("−" if value < 0 else ""), abs(float(value))
    for size, unit in _SIZES:
        if amount >= size * _ROUNDS_UP:
            return f"{sign}{amount / size:,.0f}{unit}"
    return f"{sign}{amount:.0f}" if amount >= 1 else f"{sign}{amount:.1f}"


def _number(value: float) -> str:
    sign, amount = ("−" if value < 0 else ""), abs(value)
    if amount < 10_000:  # noqa: PLR2004 - up to there every digit is read
        return f"{sign}{_short(amount)}"
    for size, unit in _SIZES:
        if amount >= size * _ROUNDS_UP:
            return f"{sign}{_short(amount / size)}{unit}"
    return f"{sign}{_short(amount)}"


def _short(amount: float) -> str:
    return f"{amount:,.1f}".removesuffix(".0")


def steps(low: float, high: float, most: int = 6) -> list[float]:
    """Round values from at or below ``low`` to at or above ``high``, evenly spaced; two at least.

    Zero is among them: ``low`` is not above it, and ``high`` not below.
    """
    if not high > low:
        high = low + 1
    rough = (high - low) / max(most - 1, 1)
    size = 10 ** math.floor(math.log10(rough))
    step = next(one * size for one in _GOOD_STEPS if one * size >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]
