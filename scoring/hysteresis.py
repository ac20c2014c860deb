"""Labels that do not flap: an account that did nothing changes its label only when runs in a row agree.

The score of an account that did nothing moves because days pass and because others move; near a limit it may
go to and fro. A change of its own facts counts at once. Pure functions over what was held before; a run is
known by its day, so that repeating a day's run changes nothing.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

RUNS_TO_AGREE = 2
HELD_COLUMNS = ("label", "facts", "waiting", "waiting_runs", "day")


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of an account between runs.

    Attributes:
        label: the label it has; None for none.
        facts: its own facts at the last run (purchases, spend, last purchase …): anything that compares.
        day: of the last run.
        waiting: the label that the last runs proposed instead, while ``waiting_runs`` > 0.
        waiting_runs: how many runs in a row proposed it.
    """

    label: str | None
    facts: Hashable
    day: date
    waiting: str | None = None
    waiting_runs: int = 0


def settle(
    before: Held | None,
    proposed: str | None,
    facts: Hashable,
    day: date,
    runs_to_agree: int = RUNS_TO_AGREE,
) -> Held:
    """What is held after a run.

    Args:
        before: what was held; None for an account that is seen for the first time.
        proposed: the label by the criteria now.
        facts: the account's own facts now; when they differ, the label follows at once.
        day: of the run. A second run on one day confirms nothing.
        runs_to_agree: how many daily runs in a row must propose the same label.

    Raises:
        ValueError: the run is of an earlier day than the one that is held.
    """
    if before is None or before.facts != facts or proposed == before.label or runs_to_agree <= 1:
        return Held(proposed, facts, day)
    if day < before.day:
        raise ValueError(
            f"The run of {day} comes after the run of {before.day}: start from an earlier state."
        )
    same = before.waiting_runs > 0 and before.waiting == proposed
    if same and day == before.day:
        return before
    runs = before.waiting_runs + 1 if same else 1
    if runs >= runs_to_agree:
        return Held(proposed, facts, day)
    return replace(before, day=day, waiting=proposed, waiting_runs=runs)


def settle_all(
    before: pd.DataFrame, now: pd.DataFrame, day: date, runs_to_agree: int = RUNS_TO_AGREE
) -> pd.DataFrame:
    """``settle`` for every account of a run at once.

    Args:
        before: index of account ids, ``HELD_COLUMNS``; accounts that it lacks are seen for the first time.
        now: index of account ids, unique; ``label`` (None for none) and ``facts``.
        day: of the run.
        runs_to_agree: how many daily runs in a row must propose the same label.

    Returns:
        ``HELD_COLUMNS`` with the index of ``now``. Accounts that are not in ``now`` are not held any more.

    Raises:
        ValueError: an account was held by a later run.
    """
    known = now.index.isin(before.index)
    old = before.reindex(now.index)
    label, proposed = _objects(old["label"]), _objects(now["label"])
    waiting, facts = _objects(old["waiting"]), _objects(now["facts"])
    waited = old["waiting_runs"].fillna(0).to_numpy(np.int64)
    days = pd.to_datetime(old["day"]).to_numpy().astype("datetime64[D]")
    today = np.datetime64(day, "D")
    still = known & _equal(_objects(old["facts"]), facts) & ~_equal(label, proposed) & (runs_to_agree > 1)
    if (still & (days > today)).any():
        raise ValueError(f"A run later than {day} is held already: start from an earlier state.")
    same = still & (waited > 0) & _equal(waiting, proposed)
    runs = np.where(same, waited + (days < today), 1)
    waits = still & (runs < runs_to_agree)
    return pd.DataFrame(
        {
            "label": pd.Series(np.where(waits, label, proposed), index=now.index, dtype=object),
            "facts": pd.Series(facts, index=now.index, dtype=object),
            "waiting": pd.Series(np.where(waits, proposed, None), index=now.index, dtype=object),
            "waiting_runs": pd.Series(np.where(waits, runs, 0), index=now.index, dtype="int64"),
            "day": pd.Series([day] * len(now), index=now.index, dtype=object),
        }
    )


def _objects(column: pd.Series) -> Any:
    """Values with one kind of missing, so that none equals none."""
    values = column.to_numpy(dtype=object).copy()
    values[column.isna().to_numpy(bool)] = None
    return values


def _equal(one: Any, other: Any) -> Any:
    return np.equal(one, other, dtype=object).astype(np.bool_)
