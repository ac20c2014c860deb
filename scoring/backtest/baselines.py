"""Simple rules that need no product: days since the last purchase, and the sum of R, F and M.

What an account did up to a day, for them: ``scoring.leaving.history``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from scoring.backtest.days import NotMeasurableError
from scoring.backtest.measures import Floats
from scoring.backtest.samples import Score
from scoring.leaving.history import History, Integers, States, read_history
from scoring.rfm import cuts_by_rank

RECENCY, RFM_SUM = "days since the last purchase", "R + F + M"
FIFTHS = 5


def read(transactions: pd.DataFrame, today: date) -> History:
    """The whole history.

    Raises:
        NotMeasurableError: the amounts are not whole, or together do not fit 64 bits.
    """
    try:
        return read_history(transactions, today)
    except ValueError as error:
        raise NotMeasurableError(str(error)) from None


def until(history: History, end: int) -> History:
    """The history as it was at the end of a day: later days, and accounts that came later, are not there."""
    rows = history.day <= end
    names = ("account", "day", "minor", "bought")
    cut = replace(history, **{name: getattr(history, name)[rows] for name in names})
    present = np.zeros(len(history.accounts), dtype=np.bool_)
    present[cut.account] = True
    return replace(cut.of(present), warnings=history.warnings)


def leaving_rules(states: States) -> Mapping[str, Score]:
    """The rules as scores of leaving."""
    return {RECENCY: Score(states.recency.astype(np.float64)), RFM_SUM: Score(-rfm_sum(states))}


def rfm_sum(states: States) -> Floats:
    """R + F + M by fifths of the accounts that had bought."""
    measures: tuple[Integers, ...] = (-states.recency, states.repeats, states.spend_minor)
    if not len(states):
        return np.zeros(0)
    scores = [cuts_by_rank(one, FIFTHS).score(one).astype(np.float64) for one in measures]
    found: Floats = np.sum(scores, axis=0)
    return found
