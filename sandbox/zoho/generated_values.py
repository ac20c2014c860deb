"""The columns of generated records that several modules share: times, days, names, extra fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import numpy as np

from sandbox.zoho.clock import wire_time
from sandbox.zoho.draws import Indexes, fractions, numbers
from sandbox.zoho.generated_words import COMPANY_FIRST, COMPANY_LAST, COMPANY_SECOND, NOTES
from sandbox.zoho.invented import FIRST_NAMES, LAST_NAMES

Column = Callable[[Indexes], list[Any]]
HOUR = 3600
DAY = 24 * HOUR
WEST_HOURS = 5  # behind UTC in the organisation's zone in winter
EPOCH_DAY = date(1970, 1, 1).toordinal()
NAME_MULTIPLIER = 6_607  # a prime: neighbours have unlike names
MINUTES = tuple(f":{second // 60:02}:{second % 60:02}" for second in range(HOUR))


@lru_cache(maxsize=200_000)
def _hour(hour: int) -> tuple[str, str]:
    """What is written before and after the minutes of an hour; the zone changes at full hours only."""
    text = wire_time(hour * HOUR)
    return text[:13], text[19:]


def wire_times(epochs: Indexes) -> list[str]:
    """Instants as Zoho writes them."""
    hours, seconds = np.divmod(epochs, HOUR)
    around = map(_hour, hours.tolist())
    return [
        f"{hour[0]}{MINUTES[second]}{hour[1]}" for hour, second in zip(around, seconds.tolist(), strict=True)
    ]


@lru_cache(maxsize=50_000)
def _day(day: int) -> str:
    return date.fromordinal(EPOCH_DAY + day).isoformat()


def day_of(epochs: Indexes) -> Indexes:
    """The days of instants in the organisation's zone, in days since 1970, near enough."""
    return np.asarray((epochs - WEST_HOURS * HOUR) // DAY, dtype=np.int64)


def days(counts: Indexes) -> list[str]:
    """Days since 1970 as Zoho writes them."""
    return [_day(one) for one in counts.tolist()]


def picked(words: Sequence[Any], seed: int, name: str, index: Indexes) -> list[Any]:
    """One of the words for each index."""
    return [words[one] for one in numbers(seed, name, index, len(words)).tolist()]


def constant(value: Any) -> Column:
    """The same value everywhere."""
    return lambda index: [value] * len(index)


def company_names(index: Indexes) -> list[str]:
    """Names of accounts, no two alike."""
    firsts, seconds, lasts = len(COMPANY_FIRST), len(COMPANY_SECOND), len(COMPANY_LAST)
    variety = firsts * seconds * lasts
    mixed = (index % variety) * NAME_MULTIPLIER % variety
    first, rest = np.divmod(mixed, seconds * lasts)
    second, last = np.divmod(rest, lasts)
    rounds = (index // variety + 1).tolist()
    parts = zip(first.tolist(), second.tolist(), last.tolist(), rounds, strict=True)
    return [
        f"{COMPANY_FIRST[a]} {COMPANY_SECOND[b]}{COMPANY_LAST[c]}{f' {n}' if n > 1 else ''}"
        for a, b, c, n in parts
    ]


def host_names(companies: Sequence[str]) -> list[str]:
    """The hosts of companies."""
    return [f"{name.lower().replace(' ', '-')}.example" for name in companies]


def first_names(seed: int, index: Indexes) -> list[str]:
    """First names of people."""
    return picked(FIRST_NAMES, seed, "first name", index)


def last_names(seed: int, index: Indexes) -> list[str]:
    """Last names of people."""
    return picked(LAST_NAMES, seed, "last name", index)


def phones(seed: int, index: Indexes) -> list[str]:
    """Telephone numbers from the range kept for fiction."""
    areas = (201 + numbers(seed, "area", index, 789)).tolist()
    ends = numbers(seed, "line", index, 100).tolist()
    return [f"({area}) 555-01{end:02}" for area, end in zip(areas, ends, strict=True)]


def cents(amounts: Indexes) -> list[float]:
    """Amounts of money from hundredths."""
    money: list[float] = (amounts / 100).tolist()
    return money


def sometimes(column: Column, seed: int, name: str, index: Indexes) -> list[Any]:
    """A column in which every third value is missing."""
    there = numbers(seed, f"{name} there", index, 3).tolist()
    return [value if known else None for value, known in zip(column(index), there, strict=True)]


def extra_column(seed: int, name: str, data_type: str) -> Column:
    """A custom field's values, of its type; every third one is empty."""
    makers: Mapping[str, Column] = {
        "text": lambda index: picked(NOTES, seed, name, index),
        "integer": lambda index: numbers(seed, name, index, 10_000).tolist(),
        "currency": lambda index: cents(numbers(seed, name, index, 10**7)),
        "date": lambda index: days(17_000 + numbers(seed, name, index, 3_000)),
        "double": lambda index: np.round(fractions(seed, name, index) * 1000, 3).tolist(),
        "datetime": lambda index: wire_times(1_500_000_000 + numbers(seed, name, index, 10**8)),
    }
    if data_type == "boolean":
        return lambda index: [bool(one) for one in numbers(seed, name, index, 2).tolist()]
    return lambda index: sometimes(makers[data_type], seed, name, index)


def midnight(day: date) -> int:
    """The beginning of a day in UTC, as seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
