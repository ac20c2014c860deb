"""A model that was kept scores as the one that was learned; offers to some are as among all."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.recommendations.config import RecommendationLabel, RecommendationSegmentation, Recommended
from scoring.recommendations.explain import explain
from scoring.recommendations.kept import model_as_json, model_from_json
from scoring.recommendations.model import Model, Rates
from scoring.recommendations.odds import Odds
from scoring.recommendations.recommend import RecommendationResult, score
from scoring.recommendations.wording import speaking, written_chance, written_lift, written_rule
from tests.scoring.recommending.shop import AS_OF, account, firms, shop

SEGMENTATION = RecommendationSegmentation(name="Offers", firmographics=("industry",))


@pytest.fixture(scope="module")
def whole() -> RecommendationResult:
    return score(shop(40), firms(40), SEGMENTATION, AS_OF)


def kept(model: Model) -> Model:
    found = model_from_json(json.loads(json.dumps(model_as_json(model), allow_nan=False)))
    assert found is not None
    return found


def test_what_is_read_says_exactly_what_was_learned(whole: RecommendationResult) -> None:
    again = score(shop(40), firms(40), SEGMENTATION, AS_OF, model=kept(whole.knowledge.model))
    pd.testing.assert_frame_equal(again.frame, whole.frame, check_exact=True)
    assert again.warnings == whole.warnings


def test_a_model_of_other_features_is_none(whole: RecommendationResult) -> None:
    assert model_from_json(model_as_json(whole.knowledge.model) | {"features": ["age"]}) is None
    assert model_from_json({}) is None


def test_too_little_to_learn_from_is_kept_too() -> None:
    found = score(shop(1), firms(1), SEGMENTATION, AS_OF).knowledge.model
    assert found.new is None
    assert kept(found).warnings == found.warnings


@given(st.lists(st.floats(0, 1), min_size=0, max_size=40), st.lists(st.floats(-0.5, 1.5), max_size=40))
def test_steps_between_equal_values_are_left_out_without_a_difference(
    values: list[float], asked: list[float]
) -> None:
    steps = np.sort(np.round(np.array(values), 1))
    knots = np.linspace(0, 1, len(steps))
    zeros, ones = np.zeros(1), np.ones(1)
    odds = Odds(zeros, ones, zeros, zeros, (0,), knots, steps)
    rates = Rates(np.zeros(0), np.zeros(0))
    model = Model(np.zeros(0, dtype=object), 90, odds, None, rates, (date(2026, 1, 1),), 0)
    found = kept(model).again
    assert found is not None
    assert len(found.knots) <= len(knots)
    if len(knots):
        assert np.array_equal(np.interp(asked, found.knots, found.values), np.interp(asked, knots, steps))


@settings(max_examples=15, deadline=None)
@given(chosen=st.sets(st.integers(0, 45), min_size=1, max_size=5))
def test_offers_to_some_are_as_among_all(whole: RecommendationResult, chosen: set[int]) -> None:
    only = [account(number) for number in chosen]
    some = score(shop(40), firms(40), SEGMENTATION, AS_OF, model=whole.knowledge.model, only=only)
    expected = whole.frame[whole.frame["account_id"].isin(only)].reset_index(drop=True)
    pd.testing.assert_frame_equal(some.frame, expected, rtol=1e-12)
    labels = whole.accounts.set_index("account_id")["label"]
    assert dict(zip(some.accounts["account_id"], some.accounts["label"], strict=True)) == {
        one: labels[one] for one in only
    }


def test_a_withdrawn_product_is_offered_to_nobody(whole: RecommendationResult) -> None:
    gone = whole.frame["product_id"].iloc[0]
    found = score(shop(40), firms(40), SEGMENTATION, AS_OF, model=whole.knowledge.model, withdrawn=[gone])
    assert gone not in set(found.frame["product_id"]) | set(found.frame["with_product_id"])
    assert set(found.frame["account_id"]) == set(whole.frame["account_id"])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Hot is for any recommendation."),
        (
            {"kinds": ("repeat_buy",), "probability": 0.5},
            "Hot is for a repeat buy with a chance of at least 50 %.",
        ),
        (
            {"kinds": ("cross_sell", "first_buy"), "lift": 5},
            "Hot is for a cross-sell or a first buy at least 5 times as likely as usual.",
        ),
        (
            {"products": ("A",), "bundles": (("B", "C"),), "probability": 0.001, "lift": 2.5},
            (
                "Hot is for any recommendation of A or B with C with a chance of at least 0.1 % "
                "and at least 2.5 times as likely as usual."
            ),
        ),
    ],
)
def test_labels_in_words(asked: dict[str, Any], words: str) -> None:
    assert written_rule(RecommendationLabel(name="Hot", any_of=(Recommended(**asked),))) == words


def test_chances_and_lifts_in_words() -> None:
    assert [written_chance(one) for one in (0.62, 0.0994, 0.0996, 0.0123, 0.0002, 0.9951, 1.0)] == [
        "62 %",
        "9.9 %",
        "10 %",
        "1.2 %",
        "less than 0.1 %",
        "over 99 %",
        "100 %",
    ]
    assert [written_lift(one) for one in (0.96, 9.96, 1234)] == ["1.0 times", "10 times", "1,234 times"]


def test_what_speaks_for_an_offer_in_words(whole: RecommendationResult) -> None:
    labels = (RecommendationLabel(name="Sure", any_of=(Recommended(probability=1, lift=1_000),)),)
    best = whole.frame.iloc[0]
    found = explain(whole.knowledge, best["account_id"], best["product_id"], labels)
    said = speaking(found, {one: f"<{one}>" for one in whole.knowledge.purchases.product_ids}, {}, "EUR")
    assert said[0].startswith(f"Bought on {len(found.purchases)} days, the last one on ")
    assert "€" in said[0]
    assert said[-1] == "Sure asks for a chance of at least 100 % and a lift of at least 1000."
    assert any(one.startswith("For it, the strongest first: ") for one in said)
