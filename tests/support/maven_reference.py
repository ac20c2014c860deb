"""Recency, frequency and monetary scores straight from the CSV files, with none of the product's code.

Deliberately naive: it counts, for every value, the cuts below it. The product must give the same.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from pathlib import Path

MAVEN = Path(__file__).resolve().parents[2] / "sandbox" / "data" / "maven_crm"


@dataclass(frozen=True)
class WonDeal:
    account: str
    closed: date
    minor: int


@dataclass(frozen=True)
class Expected:
    last_purchase: date
    purchases: int
    spend_minor: int
    r: int
    f: int
    m: int


def accounts() -> dict[str, Mapping[str, str]]:
    """The account rows by name."""
    with (MAVEN / "accounts.csv").open(newline="", encoding="utf-8") as file:
        return {row["account"]: row for row in csv.DictReader(file)}


def last_close() -> date:
    """The last day on which a deal was closed, won or lost."""
    return max(date.fromisoformat(row["close_date"]) for row in _pipeline() if row["close_date"])


def won_deals(shift: timedelta = timedelta()) -> list[WonDeal]:
    """Every won deal that has an account, its dates moved by ``shift`` as the sandbox moves them."""
    return [
        WonDeal(
            account=row["account"],
            closed=date.fromisoformat(row["close_date"]) + shift,
            minor=round(float(row["close_value"]) * 100),
        )
        for row in _pipeline()
        if row["deal_stage"] == "Won" and row["account"]
    ]


def lose(deals: list[WonDeal], account: str, since: date) -> list[WonDeal]:
    """The same deals without those that this account closed on or after a day."""
    return [one for one in deals if one.account != account or one.closed < since]


def expected_scores(deals: list[WonDeal], scores: int = 5) -> dict[str, Expected]:
    """Percentile scores of every account with a won deal, by account name."""
    last: dict[str, date] = {}
    count: dict[str, int] = {}
    spend: dict[str, int] = {}
    for one in deals:
        last[one.account] = max(last.get(one.account, one.closed), one.closed)
        count[one.account] = count.get(one.account, 0) + 1
        spend[one.account] = spend.get(one.account, 0) + one.minor
    ranks = [
        naive_scores({name: measure(name) for name in last}, scores)
        for measure in (lambda name: last[name].toordinal(), count.__getitem__, spend.__getitem__)
    ]
    r, f, m = ranks
    return {name: Expected(last[name], count[name], spend[name], r[name], f[name], m[name]) for name in last}


def naive_scores(values: Mapping[str, int], scores: int) -> dict[str, int]:
    """1 + how many of the values at rank ceil(k * n / N) lie below each value."""
    ordered = sorted(values.values())
    cuts = [ordered[ceil(k * len(ordered) / scores) - 1] for k in range(1, scores)]
    below: Callable[[int], int] = lambda value: sum(cut < value for cut in cuts)  # noqa: E731
    return {name: 1 + below(value) for name, value in values.items()}


def _pipeline() -> Iterator[dict[str, str]]:
    with (MAVEN / "sales_pipeline.csv").open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
