"""A small wholesale business made up for the tests: rhythms, staples, products that go together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

AS_OF = date(2026, 6, 30)
FIRST_DAY = date(2024, 7, 1)
PRODUCTS = tuple(f"P{number:02}" for number in range(12))
Line = tuple[str, str, date, int, int, str]


def lines_of(rows: list[Line]) -> pd.DataFrame:
    columns = ("account_id", "product_id", "day", "quantity", "amount_minor", "order_id")
    frame = pd.DataFrame({name: [row[at] for row in rows] for at, name in enumerate(columns)})
    return frame if rows else pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


def shop(accounts: int = 60, seed: int = 7) -> pd.DataFrame:
    """Two years of orders: each account reorders two staples every 20 to 50 days, and a third now and then.

    Accounts with an even number buy from the first half of the products, the others from the second.
    """
    random = np.random.default_rng(seed)
    return lines_of([line for number in range(accounts) for line in _orders(number, random)])


def firms(accounts: int = 60, without: int = 6) -> pd.DataFrame:
    """The accounts of ``shop`` and some that never bought; industry tells the half."""
    numbers = range(accounts + without)
    return pd.DataFrame(
        {
            "account_id": [account(number) for number in numbers],
            "industry": ["Bakery" if number % 2 == 0 else "Smithy" for number in numbers],
            "employees": [10 + number for number in numbers],
        }
    )


def account(number: int) -> str:
    return f"A{number:03}"


def _orders(number: int, random: np.random.Generator) -> Iterator[Line]:
    half = PRODUCTS[:6] if number % 2 == 0 else PRODUCTS[6:]
    staples = random.choice(6, size=2, replace=False)
    day = FIRST_DAY + timedelta(days=int(random.integers(0, 40)))
    gap = int(random.integers(20, 50))
    while day <= AS_OF:
        order = f"O{number}-{day.isoformat()}"
        for staple in staples:
            yield account(number), half[staple], day, 3, 3_000 + 100 * int(staple), order
        if random.random() < 0.3:
            yield account(number), half[int(random.integers(0, 6))], day, 1, 1_250, order
        day += timedelta(days=max(1, gap + int(random.integers(-4, 5))))
