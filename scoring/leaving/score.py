"""Many accounts at once: risk, expected purchases, money at stake; as frames, and as fields of the criteria.

The risk is a fraction, in whole millionths, so that it is the same number wherever and however often it is
computed. Criteria see it as percent, as the CRM stores percent fields: ``churn_risk > 60%``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.days import day_number
from scoring.label_rules import read_rules
from scoring.labels import assign
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.fields import FIELDS
from scoring.leaving.history import Floats, History, Integers, states_at
from scoring.leaving.model import LeavingModel

MILLION = 1_000_000
PER_PERCENT = 10_000
_WHOLE = (
    *("purchases", "recency_days"),
    *("spend_365_minor", "expected_spend_minor", "value_at_risk_minor"),
)


@dataclass(frozen=True)
class LeavingResult:
    """Scores of one run.

    Attributes:
        frame: one row per account, by the text of its id. ``account_id``; ``first_purchase``,
            ``last_purchase`` (datetime64); ``purchases``, ``recency_days``; ``churn_risk`` (0 to 1),
            ``expected_purchases``; in minor units ``spend_365_minor``, ``expected_spend_minor``,
            ``value_at_risk_minor``. Accounts that were asked for and never bought have missing values.
        warnings: sentences about what makes the scores say little.
    """

    frame: pd.DataFrame
    warnings: tuple[str, ...]


def score(
    history: History, model: LeavingModel, as_of: date, accounts: Sequence[object] | None = None
) -> LeavingResult:
    """Score accounts at the end of a day.

    Args:
        history: transactions of any accounts; each is scored by its own alone.
        model: fitted on this day or an earlier one.
        as_of: the day; later transactions are not looked at.
        accounts: which accounts to give, in this order; None: those that had bought.
    """
    day = day_number(as_of)
    states = states_at(history, day)
    none = model.none_within(states, day)
    millionths = risk_millionths(none)
    expected = np.round(model.expected(states, none), 6)
    frame = pd.DataFrame(
        {
            "account_id": history.accounts[states.account],
            "first_purchase": _days(day - states.age),
            "last_purchase": _days(day - states.recency),
            "purchases": states.repeats + 1,
            "recency_days": states.recency,
            "spend_365_minor": states.recent_minor,
            "churn_risk": millionths / MILLION,
            "expected_purchases": expected,
            "expected_spend_minor": np.rint(model.expected_spend(states, expected)).astype(np.int64),
            "value_at_risk_minor": value_at_risk(millionths, states.recent_minor),
        }
    )
    if accounts is not None:
        frame = _in_order(frame, accounts)
    return LeavingResult(frame, tuple(dict.fromkeys((*history.warnings, *model.warnings))))


def risk_millionths(none: Floats) -> Integers:
    """A chance in whole millionths."""
    return np.rint(np.clip(none, 0.0, 1.0) * MILLION).astype(np.int64)


def value_at_risk(millionths: Integers, recent_minor: Integers) -> Integers:
    """Risk times money, in minor units, half a unit up, exactly; 0 for a net credit."""
    whole, rest = np.divmod(np.maximum(recent_minor, 0), MILLION)
    return whole * millionths + (rest * millionths + MILLION // 2) // MILLION


def criteria_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The scores as ``FIELDS`` name and measure them: risk in percent, money in minor units."""
    percent = (frame["churn_risk"] * MILLION).round() / PER_PERCENT
    return pd.DataFrame(
        {
            "churn_risk": percent,
            "value_at_risk": frame["value_at_risk_minor"],
            "expected_purchases": frame["expected_purchases"],
        },
        index=frame.index,
    )


def label(
    frame: pd.DataFrame,
    segmentation: LeavingSegmentation,
    today: Today,
    account_fields: pd.DataFrame | None = None,
    catalog: Catalog | None = None,
) -> list[str | None]:
    """The label of every row by the segmentation's criteria; None where none hold.

    Args:
        frame: of a ``LeavingResult``.
        segmentation: its labels, best first.
        today: the day of the run.
        account_fields: further columns that criteria use, with the rows of ``frame``.
        catalog: the fields of those columns; the scores' own are added.

    Raises:
        CriteriaError: criteria that do not fit the fields.
        KeyError: criteria use a field that is not among the columns.
    """
    every = Catalog((*FIELDS, *(catalog or ())))
    columns = criteria_columns(frame)
    if account_fields is not None:
        columns = pd.concat([columns, account_fields], axis=1)
    return assign(columns, read_rules(segmentation.labels, every), every, today)


def _days(numbers: Integers) -> pd.Series:
    return pd.Series(numbers.astype("datetime64[D]").astype("datetime64[s]"))


def _in_order(frame: pd.DataFrame, accounts: Sequence[object]) -> pd.DataFrame:
    whole = dict.fromkeys(
        ("purchases", "recency_days", "spend_365_minor", "expected_spend_minor", "value_at_risk_minor"),
        "Int64",
    )
    ids = pd.Index(np.asarray(accounts, dtype=object), name="account_id")
    return frame.set_index("account_id").astype(whole).reindex(ids).reset_index()
