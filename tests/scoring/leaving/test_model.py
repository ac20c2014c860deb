"""The whole technique: learned, stored, scored again, whatever order and scale the transactions come in."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today
from scoring.days import day_number
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.hazard import fit_hazard, sampled
from scoring.leaving.history import (
    History,
    bought_within,
    read_history,
    states_at,
)
from scoring.leaving.model import LeavingModel, fit, model_from
from scoring.leaving.score import MILLION, criteria_columns, label, score, value_at_risk
from scoring.shape import Label
from tests.support.leaving_world import BEGIN, END, regular, transactions

SEGMENTATION = LeavingSegmentation(name="Leaving", horizon_days=90)
NOW = END - timedelta(days=90)
ONE_REPEATER = (
    "Only 1 account has bought again; counting models need 40. The risk falls back on days since the last "
    "purchase."
)
SCORES = ["churn_risk", "expected_purchases", "expected_spend_minor", "value_at_risk_minor"]


@cache
def world() -> pd.DataFrame:
    return transactions(600)


@cache
def history() -> History:
    return read_history(world(), END)


@cache
def model() -> LeavingModel:
    return fit(history(), SEGMENTATION, NOW)


def scored(frame: pd.DataFrame, plan: LeavingSegmentation = SEGMENTATION, day: date = NOW) -> pd.DataFrame:
    known = read_history(frame, END)
    return score(known, fit(known, plan, day), day).frame


def test_it_tells_who_leaves_better_than_days_of_silence_and_means_what_it_says() -> None:
    states = states_at(history(), day_number(NOW))
    left = ~bought_within(history(), states, day_number(NOW), 90)
    risk = score(history(), model(), NOW).frame["churn_risk"].to_numpy()
    assert model().hazard is not None
    assert abs(float(risk.mean()) - float(left.mean())) < 0.05
    assert float(((risk - left) ** 2).mean()) < 0.8 * float(left.mean() * (1 - left.mean()))
    order = np.argsort(risk)
    thirds = np.array_split(left[order], 3)
    assert thirds[0].mean() < thirds[1].mean() < thirds[2].mean()


def test_a_stored_model_scores_each_account_alone_to_the_same_millionth() -> None:
    again = model_from(json.loads(json.dumps(model().as_json())))
    assert again == model()
    together = score(history(), model(), NOW).frame.set_index("account_id")
    for account in list(together.index)[::7]:
        alone = read_history(world()[world()["account_id"] == account], END)
        one = score(alone, again, NOW).frame.set_index("account_id")
        pd.testing.assert_series_equal(one.loc[account], together.loc[account])


def test_the_order_of_rows_and_the_files_they_come_in_do_not_matter() -> None:
    shuffled = world().sample(frac=1, random_state=3)
    halves = pd.concat([world().iloc[1::2], world().iloc[::2]])
    straight = score(history(), model(), NOW).frame
    for other in (shuffled, halves):
        pd.testing.assert_frame_equal(scored(other), straight)


def test_an_unrelated_account_moves_nobody_while_the_model_is_kept() -> None:
    more = pd.concat(
        [world(), transactions(3, seed=99).replace({"account_id": {"A0000": "Z", "A0001": "0"}})]
    )
    known = read_history(more[~more["account_id"].isin({"A0002"})], END)
    after = score(known, model(), NOW).frame.set_index("account_id")
    before = score(history(), model(), NOW).frame.set_index("account_id").drop(index=["A0002"])
    pd.testing.assert_frame_equal(after.loc[before.index], before)


@pytest.mark.parametrize("factor", [100, 7])
def test_the_scale_of_the_currency_changes_nobodys_risk(factor: int) -> None:
    dearer = world().assign(amount_minor=world()["amount_minor"] * factor)
    one, other = score(history(), model(), NOW).frame, scored(dearer)
    assert np.allclose(one["churn_risk"], other["churn_risk"], atol=2 / MILLION)
    assert (other["spend_365_minor"] == one["spend_365_minor"] * factor).all()


@given(st.integers(0, MILLION), st.integers(-(10**15), 10**17))
@settings(max_examples=200, deadline=None)
def test_value_at_risk_is_exact(millionths: int, spend: int) -> None:
    found = value_at_risk(np.array([millionths]), np.array([spend]))
    exact = Fraction(millionths, MILLION) * max(spend, 0) + Fraction(1, 2)
    assert found.tolist() == [exact.numerator // exact.denominator]


@pytest.mark.parametrize("kind", ["auto", "hazard", "mbg_nbd", "bg_nbd", "recency"])
def test_every_model_gives_chances_that_grow_with_what_they_are_about(kind: str) -> None:
    plan = SEGMENTATION.model_copy(update={"model": kind})
    found = fit(history(), plan, NOW)
    assert sum(found.weights.values()) == pytest.approx(1)
    if kind != "auto":
        assert dict(found.weights) == {kind: 1.0}
    states, day = states_at(history(), day_number(NOW)), day_number(NOW)
    near, far = found.none_within(states, day, 30), found.none_within(states, day, 90)
    assert ((far >= 0) & (far <= near + 1e-12) & (near <= 1)).all()
    frame = score(history(), found, NOW).frame
    assert (frame["expected_purchases"] >= 1 - frame["churn_risk"] - 2 / MILLION).all()
    assert (frame["value_at_risk_minor"] <= frame["spend_365_minor"].clip(lower=0)).all()


def test_what_happens_after_the_day_is_not_looked_at() -> None:
    early = world()[[day <= NOW for day in world()["day"]]]
    pd.testing.assert_frame_equal(scored(early), score(history(), model(), NOW).frame)


def test_a_few_accounts_fall_back_on_days_of_silence_and_it_is_said() -> None:
    rows = [("a", NOW - timedelta(days=at), 100) for at in (200, 150, 20)] + [
        ("b", NOW - timedelta(days=120), 5)
    ]
    known = read_history(pd.DataFrame(rows, columns=["account_id", "day", "amount_minor"]), NOW)
    found = fit(known, SEGMENTATION, NOW)
    assert dict(found.weights) == {"recency": 1.0}
    assert found.warnings == (
        "Too few purchases to learn from: the risk is not learned from your own history.",
        ONE_REPEATER,
    )
    risk = score(known, found, NOW).frame["churn_risk"].tolist()
    assert risk[0] < risk[1]


def test_regular_buyers_are_not_counted_by_models_that_run_away() -> None:
    known = read_history(regular(), END)
    found = fit(known, SEGMENTATION, END)
    assert not found.counting
    assert any("too regular for the counting models" in one for one in found.warnings)
    frame = score(known, found, END).frame
    assert (frame["churn_risk"] < 0.5).all()
    # One that should have bought two months ago is seen.
    silent = regular()
    silent = silent[(silent["account_id"] != "R000") | (silent["day"] < END - timedelta(days=90))]
    later = score(read_history(silent, END), found, END).frame.set_index("account_id")["churn_risk"]
    assert later["R000"] > later.drop("R000").max()


def test_a_short_history_is_said_to_be_one() -> None:
    short = transactions(300, days=60)
    found = fit(read_history(short, BEGIN + timedelta(days=60)), SEGMENTATION, BEGIN + timedelta(days=60))
    assert any(one.startswith("The purchases go back") for one in found.warnings)


def test_nobody_bought_anything() -> None:
    known = read_history(world().iloc[:0], NOW)
    found = fit(known, SEGMENTATION, NOW)
    assert found.warnings == ("No account has bought yet, so there is no risk to tell.",)
    assert score(known, found, NOW).frame.empty
    asked = score(known, found, NOW, ["x"]).frame
    assert asked["churn_risk"].isna().tolist() == [True]


def test_a_base_in_which_every_account_is_the_same() -> None:
    rows = [(f"{number:03}", NOW - timedelta(days=100), 10**15) for number in range(200)]
    known = read_history(pd.DataFrame(rows, columns=["account_id", "day", "amount_minor"]), NOW)
    frame = score(known, fit(known, SEGMENTATION, NOW), NOW).frame
    assert frame["churn_risk"].nunique() == 1
    assert frame["churn_risk"].between(0, 1).all()


def test_a_million_accounts_share_what_is_learned_from_a_sample_of_their_ids() -> None:
    few = sampled(history(), 200, seed=1)
    without = read_history(world()[world()["account_id"] != few.accounts[0]], END)
    kept = set(sampled(without, 200, seed=1).accounts)
    assert 120 < len(few.accounts) < 280
    # Where one account less raises the share a little, some join; nobody else leaves.
    assert set(few.accounts) - {few.accounts[0]} <= kept


def test_a_sample_of_a_sample_is_as_small_as_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.leaving.hazard.MOST_ROWS", 2_600)
    first = sampled(history(), 300, seed=0)
    learned = fit_hazard(first, day_number(NOW), 90, seed=0)
    assert learned is not None
    assert learned.outcomes <= 2_600


def test_criteria_see_percent_and_money() -> None:
    frame = score(history(), model(), NOW).frame
    columns = criteria_columns(frame)
    assert np.allclose(columns["churn_risk"], frame["churn_risk"] * 100)
    labels = pd.Series(label(frame, SEGMENTATION, Today(NOW)), dtype=object)
    assert (labels[frame["churn_risk"] >= 0.85] == "Leaving").all()
    assert (labels[frame["churn_risk"] < 0.30] == "Secure").all()
    assert labels.notna().all()
    plan = SEGMENTATION.model_copy(
        update={
            "labels": (Label(name="Call", when="churn_risk > 60% and value_at_risk > 0.2k and tier = Gold"),)
        }
    )
    tiers = pd.DataFrame({"tier": ["Gold", "Tin"] * (len(frame) // 2 + 1)}).iloc[: len(frame)]
    catalog = Catalog((Field("tier", FieldType.TEXT, "account.tier"),))
    called = label(frame, plan, Today(NOW), tiers, catalog)
    wanted = (frame["churn_risk"] > 0.6) & (frame["value_at_risk_minor"] > 20_000) & (tiers["tier"] == "Gold")
    assert [one == "Call" for one in called] == wanted.tolist()
    with pytest.raises(CriteriaError):
        label(frame, plan, Today(NOW))


def test_accounts_are_given_in_the_order_that_is_asked() -> None:
    asked = score(history(), model(), NOW, ["A0005", "nobody", "A0001"]).frame
    assert asked["account_id"].tolist() == ["A0005", "nobody", "A0001"]
    assert asked["purchases"].isna().tolist() == [False, True, False]
    assert set(SCORES) <= set(asked.columns)


def test_the_part_of_the_year_counts_once_all_of_it_was_seen() -> None:
    swinging = read_history(transactions(900, seed=11, years_high=0.8), END)
    late, early = BEGIN + timedelta(days=550), BEGIN + timedelta(days=220)
    known, unknown = fit(swinging, SEGMENTATION, late), fit(swinging, SEGMENTATION, early)
    assert known.hazard is not None
    assert known.hazard.seasonal
    assert unknown.hazard is not None
    assert not unknown.hazard.seasonal
    states, day = states_at(swinging, day_number(late)), day_number(late)
    left = ~bought_within(swinging, states, day, 90)
    assert abs(float(known.none_within(states, day).mean()) - float(left.mean())) < 0.06
