"""Made-up purchase histories whose law is known: accounts with rates of their own that leave one day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

BEGIN = date(2024, 1, 1)
DAYS = 730
END = BEGIN + timedelta(days=DAYS)


def transactions(
    accounts: int = 400, seed: int = 7, days: int = DAYS, years_high: float = 0.0
) -> pd.DataFrame:
    """Poisson purchases until an account leaves.

    Args:
        accounts: how many.
        seed: of the random numbers.
        days: how long.
        years_high: how far the rate swings over the year, as a share of it.
    """
    random = np.random.default_rng(seed)
    rows = []
    for number in range(accounts):
        begin = int(random.integers(0, days * 2 // 3))
        rate = random.gamma(1.5, 1 / 60)
        leaves = begin + random.exponential(400)
        worth = int(random.lognormal(9, 1)) + 1
        day = float(begin)
        while day < min(days, leaves):
            high = 1 + years_high * np.sin(2 * np.pi * day / 365.25)
            if day == begin or random.random() < high / (1 + years_high):
                rows.append(
                    (f"A{number:04}", BEGIN + timedelta(days=int(day)), worth + int(random.integers(0, 500)))
                )
            day += random.exponential(1 / (rate * (1 + years_high)))
    frame = pd.DataFrame(rows, columns=["account_id", "day", "amount_minor"])
    return frame.astype({"day": object, "account_id": object})


def regular(accounts: int = 120, gap: int = 30, days: int = DAYS) -> pd.DataFrame:
    """Accounts that buy every ``gap`` days without fail."""
    rows = [
        (f"R{number:03}", BEGIN + timedelta(days=day), 10_000)
        for number in range(accounts)
        for day in range(number % gap, days, gap)
    ]
    return pd.DataFrame(rows, columns=["account_id", "day", "amount_minor"]).astype({"day": object})
