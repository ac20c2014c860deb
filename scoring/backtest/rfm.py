"""RFM labels on past days: whether accounts with a worse label leave more often."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scoring.backtest.accounts import AccountFields
from scoring.backtest.baselines import read
from scoring.backtest.days import Trial
from scoring.backtest.departures import Said, Sayer, Technique, tried
from scoring.backtest.results import Backtest
from scoring.backtest.samples import Score
from scoring.days import day_of
from scoring.label_rules import read_rules
from scoring.labels import places
from scoring.leaving.history import History, states_at
from scoring.rfm import score
from scoring.rfm_config import RfmSegmentation

OWN = "the order of the labels"


def backtest_rfm(
    transactions: pd.DataFrame, segmentation: RfmSegmentation, trial: Trial, fields: AccountFields
) -> Backtest:
    """Try an RFM segmentation; a label is the worse the further down it stands in the list.

    Args:
        transactions: those that count: ``account_id``, ``day``, ``amount_minor``.
        segmentation: scores and labels.
        trial: the days.
        fields: for the labels' criteria.

    Raises:
        CriteriaError: criteria that do not fit the fields.
        NotMeasurableError: the amounts are not whole, or together do not fit 64 bits.
    """
    history = read(transactions, trial.today.day)
    dated = pd.DataFrame(
        {
            "account_id": transactions["account_id"].astype(object),
            "day": pd.to_datetime(transactions["day"]).astype("datetime64[s]"),
            "amount_minor": transactions["amount_minor"],
        }
    ).dropna()
    technique = Technique(
        name="rfm",
        segmentation=segmentation.name,
        own=OWN,
        labels=[one.name for one in segmentation.labels],
        sayer=lambda some: _sayer(some, dated, segmentation, trial, fields),
        warnings=fields.warnings(segmentation.labels),
    )
    return tried(technique, history, trial)


def _sayer(
    history: History, dated: pd.DataFrame, segmentation: RfmSegmentation, trial: Trial, fields: AccountFields
) -> Sayer:
    rules = read_rules(segmentation.labels, fields.catalog)
    mine = dated[dated["account_id"].isin(history.accounts)]

    def say(end: int) -> Said:
        day, states = day_of(end), states_at(history, end)
        ids = history.accounts[states.account]
        result = score(_facts(mine, ids, end), segmentation, trial.on(day))
        named = result.frame.assign(rfm=result.frame["total"], total_spend=result.frame["spend_minor"])
        columns = pd.concat([named, fields.of(ids)], axis=1)
        label = places(columns, rules, fields.catalog, trial.on(day))
        worse = np.where(label < 0, len(rules), label).astype(np.float64)
        return Said(states, label, {OWN: Score(worse, own=True)})

    return say


def _facts(dated: pd.DataFrame, ids: object, end: int) -> pd.DataFrame:
    """Last purchase, purchases and money until the end of a day: what is negative only nets off money."""
    past = dated[dated["day"] <= pd.Timestamp(day_of(end))]
    bought = past[past["amount_minor"] >= 0].groupby("account_id")["day"]
    money = past.groupby("account_id")["amount_minor"].sum()
    index = pd.Index(np.asarray(ids, dtype=object))
    return pd.DataFrame(
        {
            "last_purchase": bought.max().reindex(index).to_numpy().astype("datetime64[s]"),
            "purchases": bought.size().reindex(index, fill_value=0).to_numpy(np.int64),
            "spend_minor": money.reindex(index, fill_value=0).to_numpy(np.int64),
        }
    )
