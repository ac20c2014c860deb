"""Money, days and numbers, as sentences write them."""

from __future__ import annotations

from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "AUD": "A$", "CAD": "C$"}


def written_money(minor: int, currency: str) -> str:
    """Money as a person writes it: ``$101,000``, ``CHF 12.50``; cents only when there are some."""
    sign = _SIGNS.get(currency, f"{currency} ")
    units, cents = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{sign}{units:,}{f'.{cents:02}' if cents else ''}"


def written_day(day: date) -> str:
    """A day as every reader understands it: ``3 Jul 2026``."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def counted(number: int, noun: str) -> str:
    """``1 purchase``, ``42 purchases``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
