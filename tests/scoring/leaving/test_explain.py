"""Why one account is at risk: its facts, its rhythm, and what a purchase would do."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from scoring.criteria.periods import Today
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.explain import Overdue, explain
from scoring.leaving.history import History, read_history
from scoring.leaving.model import LeavingModel, fit
from scoring.leaving.score import label, score
from tests.support.leaving_world import END, transactions

PLAN = LeavingSegmentation(name="Leaving", horizon_days=90)
TODAY = Today(END)


@pytest.fixture(scope="module")
def known() -> History:
    own = [("own", END - timedelta(days=back), 1_000) for back in (400, 340, 280, 220, 160)]
    once = [("once", END - timedelta(days=100), 700), ("later", END + timedelta(days=3), 700)]
    frame = pd.concat(
        [transactions(500), pd.DataFrame(own + once, columns=["account_id", "day", "amount_minor"])]
    )
    return read_history(frame, END + timedelta(days=10))


@pytest.fixture(scope="module")
def model(known: History) -> LeavingModel:
    return fit(known, PLAN, END)


def test_facts_rhythm_and_since_when_it_is_overdue(known: History, model: LeavingModel) -> None:
    found = explain(known, model, PLAN, "own", TODAY)
    assert found is not None
    assert (found.first_purchase, found.last_purchase) == (
        END - timedelta(days=400),
        END - timedelta(days=160),
    )
    assert (found.purchases, found.recency_days, found.own_gaps) == (5, 160, 4)
    assert (found.usual_gap_days, found.longest_gap_days) == (60.0, 60)
    assert found.overdue == Overdue(END - timedelta(days=99), 100, pytest.approx(160 / 60))  # type: ignore[arg-type]
    assert found.spend_365_minor == 4_000


def test_it_says_what_the_run_said(known: History, model: LeavingModel) -> None:
    run = score(known, model, END).frame
    labels = dict(zip(run["account_id"], label(run, PLAN, TODAY), strict=True))
    rows = run.set_index("account_id")
    for account in ("own", "once", "A0001", "A0100"):
        found = explain(known, model, PLAN, account, TODAY)
        assert found is not None
        assert found.risk == rows.loc[account, "churn_risk"]
        assert found.value_at_risk_minor == rows.loc[account, "value_at_risk_minor"]
        assert found.expected_purchases == rows.loc[account, "expected_purchases"]
        assert found.label == labels[account]
        weights = sum(weight for _, _, weight in found.models)
        assert weights == pytest.approx(1)


def test_a_purchase_brings_it_back_and_silence_does_not(known: History, model: LeavingModel) -> None:
    found = explain(known, model, PLAN, "own", TODAY)
    assert found is not None
    assert found.bought_today.risk < found.risk
    assert [one.day for one in found.silent] == [END + timedelta(days=days) for days in (30, 60, 90)]
    assert found.silent[-1].risk > found.risk


def test_what_speaks_for_and_against_is_the_difference_from_an_average_account(
    known: History, model: LeavingModel
) -> None:
    found = explain(known, model, PLAN, "own", TODAY)
    assert found is not None
    sizes = [abs(one.effect) for one in found.contributions]
    assert 0 < len(sizes) <= 5
    assert sizes == sorted(sizes, reverse=True)
    assert all(np.isfinite(sizes))


def test_the_bases_gap_stands_in_for_an_own_one(known: History, model: LeavingModel) -> None:
    found = explain(known, model, PLAN, "once", TODAY)
    assert found is not None
    assert found.own_gaps == 0
    assert found.longest_gap_days is None
    assert found.usual_gap_days == model.usual.gap_days


def test_who_bought_today_is_not_overdue_and_gains_nothing_by_buying(
    known: History, model: LeavingModel
) -> None:
    own = pd.DataFrame(
        [("x", END, 500), ("x", END - timedelta(days=50), 500)], columns=["account_id", "day", "amount_minor"]
    )
    found = explain(read_history(own, END), model, PLAN, "x", TODAY)
    assert found is not None
    assert found.overdue is None
    assert found.bought_today.risk == found.risk


def test_who_has_not_bought_has_nothing_to_explain(known: History, model: LeavingModel) -> None:
    assert explain(known, model, PLAN, "later", TODAY) is None
    assert explain(known, model, PLAN, "nobody", Today(date(2026, 1, 1))) is None
