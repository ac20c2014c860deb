"""Engagement scores on past days: whether accounts with a higher score buy sooner after it (analytics D3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from scoring.backtest.accounts import named, upper_half
from scoring.backtest.baselines import RECENCY, RFM_SUM, read, rfm_sum
from scoring.backtest.days import Trial
from scoring.backtest.measures import Floats, Truths
from scoring.backtest.results import Backtest, Listed
from scoring.backtest.samples import Labelled, Names, Sample, Score, equal_lists, label_shares, measured
from scoring.backtest.verdict import judged
from scoring.days import day_number, day_numbers
from scoring.engagement.config import EngagementSegmentation
from scoring.engagement.learn import ACTIVE_DAYS
from scoring.engagement.scores import score
from scoring.leaving.history import History, Integers, states_at

OWN, LAST_EVENT = "engagement", "days since the last event"
# Protocol D3: a deal in the next 30 days.
HORIZON_DAYS = 30
NEVER = 1e9  # days ago


def backtest_engagement(
    events: pd.DataFrame, transactions: pd.DataFrame, segmentation: EngagementSegmentation, trial: Trial
) -> Backtest:
    """Try an engagement segmentation on accounts that were active in the year before each day.

    Args:
        events: as the first lines of ``scoring.engagement.events`` say, of the accounts that take part.
        transactions: those that count as purchases: ``account_id``, ``day``, ``amount_minor``.
        segmentation: points and labels.
        trial: the days.

    Raises:
        KeyError: a column is missing.
        NotMeasurableError: the amounts are not whole, or together do not fit 64 bits.
    """
    history = read(transactions, trial.today.day)
    days, dated = day_numbers(events["occurred_at"], trial.today.zone)
    happened_on = np.where(dated, days, np.iinfo(np.int64).max)
    samples = [_sample(events, happened_on, history, segmentation, trial, day) for day in trial.days]
    happened = f"bought within {trial.horizon_days} days"
    verdict = judged(samples, OWN, f"accounts that {happened}")
    return Backtest(
        technique="engagement",
        segmentation=segmentation.name,
        horizon_days=trial.horizon_days,
        happened=happened,
        windows=tuple(measured(one, happened) for one in samples),
        labels=label_shares(samples, [one.name for one in segmentation.labels]),
        lead_times=(),
        better=verdict.better,
        verdict=verdict.sentences,
        warnings=history.warnings,
    )


def _sample(
    events: pd.DataFrame,
    happened_on: Integers,
    history: History,
    segmentation: EngagementSegmentation,
    trial: Trial,
    day: date,
) -> Sample:
    end = day_number(day)
    known = events[happened_on <= end]
    ids = np.sort(known["account_id"].dropna().unique().astype(object))
    frame = score(known, list(ids), segmentation, trial.on(day)).frame
    since = _days_since(frame["last_event"], day)
    active = since <= ACTIVE_DAYS
    frame, since = frame[active].reset_index(drop=True), since[active]
    account = frame["account_id"].to_numpy(dtype=object)
    wait = _days_until_purchase(history, account, end)
    bought = wait <= trial.horizon_days
    scores = {
        OWN: Score(frame["score"].to_numpy(np.float64), own=True),
        LAST_EVENT: Score(-since),
        **_of_purchases(history, account, end),
    }
    labels = [one.name for one in segmentation.labels]
    best = upper_half(labels)
    chosen = frame["label"].isin([labels[place] for place in best]).to_numpy(np.bool_)
    return Sample(
        day=day,
        until=trial.until(day),
        group="active accounts",
        account=account,
        happened=bought,
        scores=scores,
        lists=_lists(named(labels, best), chosen, bought, wait, scores),
        labels=Labelled(frame["label"].tolist(), bought),
    )


def _lists(
    name: str, chosen: Truths, bought: Truths, wait: Floats, scores: Mapping[str, Score]
) -> tuple[Listed, ...]:
    own, *rules = equal_lists(name, chosen, bought, scores)
    return (own.after(wait[chosen & bought]), *rules)


def _of_purchases(history: History, account: Names, end: int) -> dict[str, Score]:
    """The simple rules that look at purchases; an account without one comes last."""
    states = states_at(history, end)
    place = pd.Index(history.accounts[states.account]).get_indexer(pd.Index(account))
    known = place >= 0
    recency, total = np.full(len(account), NEVER), np.zeros(len(account))
    recency[known] = states.recency[place[known]]
    total[known] = rfm_sum(states)[place[known]]
    return {RECENCY: Score(-recency), RFM_SUM: Score(total)}


def _days_until_purchase(history: History, account: Names, end: int) -> Floats:
    """Days from a day to the next purchase; NEVER without one."""
    later = history.bought & (history.day > end)
    first = np.full(len(history.accounts), NEVER)
    np.minimum.at(first, history.account[later], (history.day[later] - end).astype(np.float64))
    place = pd.Index(history.accounts).get_indexer(pd.Index(account))
    return np.where(place >= 0, np.append(first, NEVER)[place], NEVER)


def _days_since(days: pd.Series, day: date) -> Floats:
    return np.array([NEVER if pd.isna(one) else (day - one).days for one in days], dtype=np.float64)
