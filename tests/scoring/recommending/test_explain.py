"""One recommendation explained: the values agree with the run and with the lines."""

from __future__ import annotations

import pandas as pd
import pytest

from scoring.recommendations import signals as signals_module
from scoring.recommendations.config import STARTING_LABELS, Kind, RecommendationSegmentation
from scoring.recommendations.explain import MOST_TOLD, explain
from scoring.recommendations.recommend import RecommendationResult, score
from tests.scoring.recommending.shop import AS_OF, account, firms, lines_of, shop

SEGMENTATION = RecommendationSegmentation(
    name="Offers", horizon_days=60, firmographics=("industry", "employees")
)
LINES = shop()


@pytest.fixture(scope="module")
def result() -> RecommendationResult:
    return score(LINES, firms(), SEGMENTATION, AS_OF)


def first(result: RecommendationResult, kind: Kind) -> pd.Series:
    return result.frame[result.frame["kind"] == kind].iloc[0]


@pytest.mark.parametrize("kind", [Kind.REPEAT_BUY, Kind.CROSS_SELL, Kind.FIRST_BUY])
def test_an_explanation_tells_the_numbers_of_the_run(result: RecommendationResult, kind: Kind) -> None:
    row = first(result, kind)
    told = explain(result.knowledge, row["account_id"], row["product_id"])
    assert told.kind == kind
    assert told.probability == pytest.approx(row["probability"])
    assert told.base_rate == pytest.approx(row["base_rate"])
    assert told.lift == pytest.approx(row["lift"])
    assert told.horizon_days == 60


def test_a_repeat_buy_shows_its_purchases_and_when_it_is_due(result: RecommendationResult) -> None:
    row = first(result, Kind.REPEAT_BUY)
    own = LINES[(LINES["account_id"] == row["account_id"]) & (LINES["product_id"] == row["product_id"])]
    days = sorted(set(own["day"]), reverse=True)
    told = explain(result.knowledge, row["account_id"], row["product_id"])
    assert [one.day for one in told.purchases] == days
    assert sum(one.amount_minor for one in told.purchases) == own["amount_minor"].sum()
    assert told.usual_days == round((days[0] - days[-1]).days / (len(days) - 1))
    assert told.due_on is not None
    assert (told.due_on - days[0]).days == told.usual_days
    assert 0 < len(told.contributions) <= MOST_TOLD
    sizes = [abs(one.log_odds) for one in told.contributions]
    assert sizes == sorted(sizes, reverse=True)


def test_a_cross_sell_names_neighbours_that_bought_it(result: RecommendationResult) -> None:
    row = first(result, Kind.CROSS_SELL)
    told = explain(result.knowledge, row["account_id"], row["product_id"])
    assert told.purchases == ()
    assert told.due_on is None
    assert told.neighbours
    for one in told.neighbours:
        own = LINES[(LINES["account_id"] == one.account_id) & (LINES["product_id"] == row["product_id"])]
        assert own["day"].nunique() == one.times_bought > 0


def test_companions_are_products_that_it_has(
    result: RecommendationResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals_module, "FEWEST_FOR_REGRESSION", 10)
    regressed = score(LINES, firms(), SEGMENTATION, AS_OF, model=result.knowledge.model)
    for one in (result, regressed):
        told = [
            explain(one.knowledge, row["account_id"], row["product_id"])
            for _, row in one.frame[one.frame["kind"] != Kind.BUNDLE].head(40).iterrows()
        ]
        assert any(explanation.companions for explanation in told)
        for explanation in told:
            has = set(LINES[LINES["account_id"] == explanation.account_id]["product_id"])
            names = {companion.product_id for companion in explanation.companions}
            assert names <= has - {explanation.product_id}


def test_a_first_buy_names_buyers_of_its_kind(result: RecommendationResult) -> None:
    row = first(result, Kind.FIRST_BUY)
    told = explain(result.knowledge, row["account_id"], row["product_id"])
    half = int(row["account_id"][1:]) % 2
    assert told.neighbours
    assert {int(one.account_id[1:]) % 2 for one in told.neighbours} == {half}


def test_what_a_better_label_asks_for_is_told(result: RecommendationResult) -> None:
    cold = result.frame[(result.frame["kind"] == Kind.REPEAT_BUY) & (result.frame["probability"] < 0.5)].iloc[
        0
    ]
    told = explain(result.knowledge, cold["account_id"], cold["product_id"], STARTING_LABELS)
    assert [(one.label, one.probability, one.lift) for one in told.missing] == [("Hot Prospect", 0.5, None)]
    hot = result.frame[(result.frame["kind"] == Kind.REPEAT_BUY) & (result.frame["probability"] >= 0.5)].iloc[
        0
    ]
    assert explain(result.knowledge, hot["account_id"], hot["product_id"], STARTING_LABELS).missing == ()
    new = first(result, Kind.CROSS_SELL)
    asked = explain(result.knowledge, new["account_id"], new["product_id"], STARTING_LABELS).missing
    assert [(one.label, one.probability, one.lift) for one in asked] == [("Hot Prospect", None, 5.0)]


def test_a_product_that_nothing_speaks_for_has_no_probability(result: RecommendationResult) -> None:
    stranger = lines_of([("A001", "Q", AS_OF, 1, 1, "q")])
    more = pd.concat([LINES, stranger], ignore_index=True)
    found = score(more, firms(), SEGMENTATION, AS_OF, model=result.knowledge.model)
    told = explain(found.knowledge, account(0), "Q")
    assert told.probability is None
    assert told.kind == Kind.CROSS_SELL


def test_unknown_names_are_told(result: RecommendationResult) -> None:
    with pytest.raises(KeyError, match="no account 'nobody'"):
        explain(result.knowledge, "nobody", "P00")
    with pytest.raises(KeyError, match="no product 'P77'"):
        explain(result.knowledge, account(0), "P77")
