"""What the organisation of ``benchmarks.asking`` is made of: accounts, deals, changes of label."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from benchmarks.scoring_data import FIRST_ACCOUNT, NOW, transactions

USERS = 60
INDUSTRIES = (
    "Health Care",
    "Retail",
    "Software",
    "Manufacturing",
    "Education",
    "Banking",
    "Logistics",
    "Energy",
)
PLACES = (
    *(("Austin", "Texas", "United States"), ("Boston", "Massachusetts", "United States")),
    *(("Berlin", "Berlin", "Germany"), ("Munich", "Bavaria", "Germany"), ("Vienna", "Vienna", "Austria")),
    *(("Paris", "Ile-de-France", "France"), ("London", "England", "United Kingdom")),
)
SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ren",
    "tas",
    "vor",
    "be",
    "dun",
    "fi",
    "gar",
    "hel",
    "ix",
    "jo",
    "nu",
    "pri",
    "quo",
)
ENDINGS = ("Systems", "Group", "Labs", "Industries", "Partners", "Foods", "Works", "Holdings")
OPEN_SHARE = 0.06
CHANGED_AT_ONCE = 50_000
SEGMENTATION = "RFM"
LABELS = ("VIP", "Champion", "Loyal", "At Risk", "Asleep")


def accounts_table(accounts: int, seed: int) -> pa.Table:
    """Accounts with names, industries, places, owners, sizes."""
    chance = np.random.default_rng(seed)
    parts = chance.integers(0, len(SYLLABLES), (accounts, 5))
    endings = chance.integers(0, len(ENDINGS), accounts)
    names = ["".join(SYLLABLES[at] for at in row).capitalize() for row in parts]
    names = [f"{name} {ENDINGS[at]}" for name, at in zip(names, endings, strict=True)]
    places = chance.integers(0, len(PLACES), accounts)
    columns = {
        "id": pa.array(np.arange(accounts) + FIRST_ACCOUNT).cast(pa.string()),
        "name": pa.array(names),
        "industry": pa.array([INDUSTRIES[at] for at in chance.integers(0, len(INDUSTRIES), accounts)]),
        "city": pa.array([PLACES[at][0] for at in places]),
        "state": pa.array([PLACES[at][1] for at in places]),
        "country": pa.array([PLACES[at][2] for at in places]),
        "owner_id": pa.array(chance.integers(7000, 7000 + USERS, accounts)).cast(pa.string()),
        "employees": pa.array(np.round(chance.lognormal(5, 1.5, accounts)).astype(np.int64)),
        "annual_revenue_minor": pa.array(np.round(chance.lognormal(19, 1.5, accounts)).astype(np.int64)),
        "raw": pa.array(["{}"] * accounts),
    }
    return pa.table(columns)


def deals(accounts: int, seed: int) -> Iterator[pa.Table]:
    """Transactions with owners, some of them open."""
    chance = np.random.default_rng(seed + 1)
    for table in transactions(accounts, seed):
        rows = len(table)
        is_open = chance.random(rows) < OPEN_SHARE
        stages = np.where(is_open, "Negotiation", table.column("stage").to_numpy(zero_copy_only=False))
        owners = pa.array(chance.integers(7000, 7000 + USERS, rows)).cast(pa.string())
        at = table.column_names.index("stage")
        yield table.set_column(at, "stage", pa.array(stages, pa.string())).append_column("owner_id", owners)


def changes(accounts: int, seed: int) -> Iterator[pa.Table]:
    """Two changes of label of each account in a year."""
    chance = np.random.default_rng(seed + 2)
    for start in range(0, accounts, CHANGED_AT_ONCE):
        some = np.arange(start, min(start + CHANGED_AT_ONCE, accounts))
        days = np.sort(chance.integers(1, 365, (2, len(some))), axis=0)[::-1]
        labels = np.array(LABELS)[chance.integers(0, len(LABELS), (3, len(some)))]
        for at in range(2):
            on = np.datetime64(NOW.date()) - days[at]
            stands = np.full(len(some), "NaT", "datetime64[D]")
            end = stands if at else np.datetime64(NOW.date()) - days[1]
            yield pa.table(
                {
                    "segmentation": pa.array([SEGMENTATION] * len(some)),
                    "account_id": pa.array(some + FIRST_ACCOUNT).cast(pa.string()),
                    "old_label": pa.array(labels[at]),
                    "new_label": pa.array(labels[at + 1]),
                    "direction": pa.array(np.where(labels[at] < labels[at + 1], "worse", "better")),
                    "baseline": pa.array([False] * len(some)),
                    "as_of": pa.array(on).cast(pa.date32()),
                    "ended_on": pa.array(end).cast(pa.date32()),
                    "changed_at": pa.array(on.astype(str)),
                    "run_id": pa.array([1] * len(some)),
                    "facts": pa.array(["{}"] * len(some)),
                }
            )
