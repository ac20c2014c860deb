"""The risk of leaving and its labels on past days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from scoring.backtest.accounts import AccountFields
from scoring.backtest.baselines import read, until
from scoring.backtest.days import Trial
from scoring.backtest.departures import Said, Sayer, Technique, tried
from scoring.backtest.results import Backtest
from scoring.backtest.samples import Score
from scoring.days import day_number, day_of
from scoring.label_rules import read_rules
from scoring.labels import places
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.history import History, states_at
from scoring.leaving.model import LeavingModel, fit
from scoring.leaving.score import criteria_columns, score

OWN = "churn_risk"


def backtest_leaving(
    transactions: pd.DataFrame, segmentation: LeavingSegmentation, trial: Trial, fields: AccountFields
) -> Backtest:
    """Try a leaving segmentation: on each day a model is learned, and is used until the next one.

    Args:
        transactions: those that count: ``account_id``, ``day``, ``amount_minor``.
        segmentation: its horizon is replaced by the trial's.
        trial: the days.
        fields: for the labels' criteria; their catalog has ``scoring.leaving.score.FIELDS``.

    Raises:
        CriteriaError: criteria that do not fit the fields.
        NotMeasurableError: the amounts are not whole, or together do not fit 64 bits.
    """
    history = read(transactions, trial.today.day)
    plan = segmentation.model_copy(update={"horizon_days": trial.horizon_days})
    models = {day: fit(until(history, day_number(day)), plan, day) for day in trial.days}
    technique = Technique(
        name="leaving",
        segmentation=plan.name,
        own=OWN,
        labels=[one.name for one in plan.labels],
        sayer=lambda some: _sayer(some, models, plan, trial, fields),
        warnings=(*models[trial.days[-1]].warnings, *fields.warnings(plan.labels)),
    )
    return tried(technique, history, trial)


def _sayer(
    history: History,
    models: Mapping[date, LeavingModel],
    plan: LeavingSegmentation,
    trial: Trial,
    fields: AccountFields,
) -> Sayer:
    rules = read_rules(plan.labels, fields.catalog)

    def say(end: int) -> Said:
        day = day_of(end)
        model = models[max(one for one in models if one <= day)]
        frame = score(until(history, end), model, day).frame
        columns = pd.concat([criteria_columns(frame), fields.of(frame["account_id"].tolist())], axis=1)
        label = places(columns, rules, fields.catalog, trial.on(day))
        risk = frame["churn_risk"].to_numpy(np.float64)
        return Said(states_at(history, end), label, {OWN: Score(risk, own=True, chance=True)})

    return say
