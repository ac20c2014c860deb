"""Why one account is at risk, as values: its facts, its usual gap, each model's word, what would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.days import day_number, day_of
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.history import History, Integers, states_at
from scoring.leaving.model import LeavingModel
from scoring.leaving.score import MILLION, label, risk_millionths, score

MOST_CONTRIBUTIONS = 5
LATER_DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Overdue:
    """An account that has been silent longer than it usually is.

    Attributes:
        since: the first day on which a purchase was late.
        days: days since the purchase was due.
        times: the silence in usual gaps.
    """

    since: date
    days: int
    times: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one group of facts adds to the logarithm of the rate of buying; negative speaks for leaving."""

    group: str
    effect: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """The account on a day under one assumption: its risk (0 to 1), and the label it would have."""

    day: date
    risk: float
    label: str | None


@dataclass(frozen=True)
class LeavingExplanation:
    """Everything there is to say of one account's risk. Money in minor units.

    Attributes:
        account_id, as_of, horizon_days: of whom, when, how far ahead.
        risk, label: now.
        expected_purchases, spend_365_minor, value_at_risk_minor: now.
        first_purchase, last_purchase, purchases, recency_days: the facts.
        usual_gap_days: the median of its own gaps; of the base where it has fewer than two.
        own_gaps: how many gaps of its own there are.
        longest_gap_days: its longest silence that ended; None without a repeat.
        overdue: None while its silence is not longer than its usual gap.
        models: the chance that each model gives, with its share.
        contributions: the largest first, at most five; empty when the learned model has no share.
        bought_today: what a purchase today would make of it.
        silent: what it will be after so many further days without a purchase.
    """

    account_id: object
    as_of: date
    horizon_days: int
    risk: float
    label: str | None
    expected_purchases: float
    spend_365_minor: int
    value_at_risk_minor: int
    first_purchase: date
    last_purchase: date
    purchases: int
    recency_days: int
    usual_gap_days: float
    own_gaps: int
    longest_gap_days: int | None
    overdue: Overdue | None
    models: tuple[tuple[str, float, float], ...]
    contributions: tuple[Contribution, ...]
    bought_today: Outlook
    silent: tuple[Outlook, ...]


def explain(
    history: History,
    model: LeavingModel,
    segmentation: LeavingSegmentation,
    account_id: object,
    today: Today,
    account_fields: pd.DataFrame | None = None,
    catalog: Catalog | None = None,
) -> LeavingExplanation | None:
    """Explain one account on a day; None when it had not bought by then.

    Args:
        history: transactions of the account, alone or among others.
        model: that scored it.
        segmentation: its labels.
        account_id: which account.
        today: the day of the explanation.
        account_fields: one row of further columns that the labels' criteria use.
        catalog: the fields of those columns.

    Raises:
        CriteriaError: criteria that do not fit the fields.
        KeyError: criteria use a field that is not among the columns.
    """
    alone = history.of(history.accounts == account_id)
    day = day_number(today.day)
    states = states_at(alone, day)
    if not len(states):
        return None
    row = score(alone, model, today.day).frame.iloc[0]
    outlook = _Outlooks(model, segmentation, today, account_fields, catalog)
    days = alone.day[alone.bought & (alone.day <= day)]
    gaps = np.diff(days)
    usual = float(np.median(gaps)) if len(gaps) > 1 else model.usual.gap_days
    present = outlook.of(alone, today.day)
    return LeavingExplanation(
        account_id=account_id,
        as_of=today.day,
        horizon_days=model.horizon_days,
        risk=present.risk,
        label=present.label,
        expected_purchases=float(row["expected_purchases"]),
        spend_365_minor=int(row["spend_365_minor"]),
        value_at_risk_minor=int(row["value_at_risk_minor"]),
        first_purchase=day_of(int(days[0])),
        last_purchase=day_of(int(days[-1])),
        purchases=len(days),
        recency_days=day - int(days[-1]),
        usual_gap_days=usual,
        own_gaps=len(gaps),
        longest_gap_days=int(gaps.max()) if len(gaps) else None,
        overdue=_overdue(days, usual, day),
        models=tuple(
            (name, int(risk_millionths(chance)[0]) / MILLION, model.weights[name])
            for name, chance in model.chances(states, day, model.horizon_days).items()
        ),
        contributions=_contributions(model, alone, day),
        bought_today=outlook.of(_with_purchase(alone, day), today.day),
        silent=tuple(outlook.of(alone, today.day + timedelta(days=later), day) for later in LATER_DAYS),
    )


@dataclass(frozen=True)
class _Outlooks:
    model: LeavingModel
    segmentation: LeavingSegmentation
    today: Today
    account_fields: pd.DataFrame | None
    catalog: Catalog | None

    def of(self, history: History, day: date, known: int | None = None) -> Outlook:
        """The account at the end of a day; of purchases after the day ``known`` nothing is assumed."""
        upto = history if known is None else _until(history, known)
        frame = score(upto, self.model, day).frame
        fields = None if self.account_fields is None else self.account_fields.reset_index(drop=True)
        there = Today(day, self.today.fiscal_year_starts, self.today.zone)
        given = label(frame, self.segmentation, there, fields, self.catalog)
        return Outlook(day, float(frame["churn_risk"].iloc[0]), given[0])


def _overdue(days: Integers, usual: float, day: int) -> Overdue | None:
    silence = day - int(days[-1])
    due = int(days[-1]) + int(np.ceil(usual))
    if silence <= usual:
        return None
    return Overdue(day_of(due + 1), day - due, silence / max(usual, 1.0))


def _contributions(model: LeavingModel, history: History, day: int) -> tuple[Contribution, ...]:
    if model.hazard is None or "hazard" not in model.weights:
        return ()
    parts = model.hazard.contributions(states_at(history, day), day)
    found = [Contribution(group, float(effect[0])) for group, effect in parts.items()]
    return tuple(sorted(found, key=lambda one: -abs(one.effect))[:MOST_CONTRIBUTIONS])


def _with_purchase(history: History, day: int) -> History:
    """The same account, had it bought today for what it usually pays."""
    before = _until(history, day)
    median = int(np.median(before.minor[before.bought]))
    rows = [
        (int(when), int(minor), bool(bought))
        for when, minor, bought in zip(before.day, before.minor, before.bought, strict=True)
        if when != day or bought
    ]
    if not any(when == day for when, _, _ in rows):
        rows.append((day, median, True))
    return _alone(history.accounts, rows)


def _until(history: History, day: int) -> History:
    rows = history.day <= day
    return History(
        history.accounts, history.account[rows], history.day[rows], history.minor[rows], history.bought[rows]
    )


def _alone(accounts: object, rows: Sequence[tuple[int, int, bool]]) -> History:
    days, minor, bought = (list(column) for column in zip(*rows, strict=True))
    return History(
        np.asarray(accounts, dtype=object),
        np.zeros(len(rows), dtype=np.int64),
        np.asarray(days, dtype=np.int64),
        np.asarray(minor, dtype=np.int64),
        np.asarray(bought, dtype=np.bool_),
    )
