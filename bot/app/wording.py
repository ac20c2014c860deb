"""Numbers, money, days and ages as people read them, in Slack and in the terminal alike."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from bot.app.tables import Cell, CellType

NOTHING: Final = "-"  # Slack refuses an empty table cell
_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥"}
_CURRENCY: Final = re.compile(r"^[A-Z]{3}\Z")  # ISO 4217
JOINER: Final = "\u200d"  # holds emoji and letters of some scripts together: the one format sign that is kept
_SMALLEST_SHARE: Final = Decimal("0.001")


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


def one_line(value: str) -> str:
    """A foreign value as it may be shown anywhere: on one line, without control and direction signs."""
    return " ".join("".join(map(_shown, value)).split())


def _shown(sign: str) -> str:
    """A sign that can be seen as it is; space for breaks and control signs, nothing for what is invisible."""
    category = unicodedata.category(sign)
    if category == "Cf":  # direction marks and other invisible signs
        return sign if sign == JOINER else ""
    return " " if category[0] in "CZ" else sign


def isolated(value: str) -> str:
    """The same text, kept by itself where it runs from right to left, so that what follows stays in order."""
    if any(unicodedata.bidirectional(sign) in {"R", "AL", "AN"} for sign in value):
        return f"\u2068{value}\u2069"
    return value


def written(cell: Cell, kind: CellType, currency: str) -> str:
    """A cell as people read it; texts as they are, a dash where there is nothing."""
    if cell is None or cell == "":
        return NOTHING
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        return f"{cell:%b %Y}" if kind is CellType.PERIOD else day(cell)
    return _quantity(cell, kind, currency)


def _quantity(value: Decimal | int, kind: CellType, currency: str) -> str:
    if kind is CellType.MONEY:
        return money(round(value), currency)
    if kind is CellType.PERCENT:
        return percent(value)
    if kind is CellType.DAYS:
        return f"{number(value)} day{'' if value == 1 else 's'}"
    return number(value)


def number(value: Decimal | int) -> str:
    """``1,234``, ``1,234.57``, ``0.5``: at most two decimals, none where they say nothing."""
    text = f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: Decimal | int) -> str:
    """A share of one: ``25%``, ``12.5%``, ``<0.1%``."""
    if 0 < share < _SMALLEST_SHARE:
        return "<0.1%"
    return f"{share * 100:,.1f}".removesuffix(".0") + "%"
