"""Numbers, money, days and ages as people read them, in Slack and in the terminal alike."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

NOTHING: Final = "-"  # Slack refuses an empty table cell
_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥"}
_CURRENCY: Final = re.compile(r"^[A-Z]{3}\Z")  # ISO 4217


def money(minor: int | None, currency: str) -> str:
    """An amount in hundredths, as short as it can be read: ``$950``, ``$53.4k``, ``€1.2M``."""
    if minor is None:
        return NOTHING
    sign, amount = ("-" if minor < 0 else ""), abs(minor) / 100
    symbol = _SYMBOLS.get(currency, f"{currency} " if _CURRENCY.match(currency) else "")
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if amount >= size * 0.99995:  # 999,950 is 1M, not 1000k
            return f"{sign}{symbol}{_short(amount / size)}{unit}"
    return f"{sign}{symbol}{amount:,.0f}"


def _short(amount: float) -> str:
    return f"{amount:,.1f}".removesuffix(".0")


def day(value: date | None) -> str:
    """A day that nobody can misread: ``5 Nov 2026``."""
    return f"{value.day} {value:%b %Y}" if value else NOTHING


def ago(seconds: float) -> str:
    """An age in one unit: ``just now``, ``5 minutes ago``, ``3 days ago``."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(int(seconds // size), unit)} ago"
    return "just now"


def counted(number: int, noun: str) -> str:
    """``1 account``, ``1,234 accounts``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
