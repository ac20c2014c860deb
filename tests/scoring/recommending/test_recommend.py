"""Recommendations of a whole run: what they promise whatever comes in."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.recommendations import signals as signals_module
from scoring.recommendations.config import Kind, RecommendationSegmentation
from scoring.recommendations.labels import next_buys
from scoring.recommendations.model import Model, cutoffs_of, learn, lesson
from scoring.recommendations.offers import COLUMNS
from scoring.recommendations.purchases import read_lines
from scoring.recommendations.recommend import RecommendationResult, score
from tests.scoring.recommending.shop import AS_OF, PRODUCTS, account, firms, lines_of, shop

SEGMENTATION = RecommendationSegmentation(
    name="Offers", horizon_days=60, firmographics=("industry", "employees")
)
LINES, FIRMS = shop(), firms()


@pytest.fixture(scope="module")
def result() -> RecommendationResult:
    return score(LINES, FIRMS, SEGMENTATION, AS_OF)


def of_kind(result: RecommendationResult, kind: Kind) -> pd.DataFrame:
    return result.frame[result.frame["kind"] == kind]


def same(one: RecommendationResult, other: RecommendationResult) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.accounts, other.accounts)


def test_the_frame_keeps_its_promises(result: RecommendationResult) -> None:
    frame = result.frame
    assert tuple(frame.columns) == COLUMNS
    assert frame["probability"].between(0, 1).all()
    assert (frame["lift"] > 0).all()
    assert np.allclose(frame["lift"] * frame["base_rate"], frame["probability"])
    assert set(frame["expires_on"]) == {AS_OF + timedelta(days=60)}
    assert (frame["quantity"] >= 1).all()
    assert (frame["value_minor"] >= 0).all()
    for _, rows in frame.groupby("account_id"):
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
        assert (np.diff(rows["probability"]) <= 0).all()
        assert not rows[["product_id", "with_product_id"]].duplicated().any()
    counts = frame.groupby(["account_id", "kind"]).size().groupby("kind").max()
    assert counts.to_dict() == {"bundle": 2, "cross_sell": 3, "first_buy": 5, "repeat_buy": 5}


def test_kinds_follow_from_what_was_bought(result: RecommendationResult) -> None:
    bought = set(zip(LINES["account_id"], LINES["product_id"], strict=True))
    for kind, expected in ((Kind.REPEAT_BUY, True), (Kind.CROSS_SELL, False), (Kind.FIRST_BUY, False)):
        rows = of_kind(result, kind)
        assert {pair in bought for pair in zip(rows["account_id"], rows["product_id"], strict=True)} == {
            expected
        }
    first = of_kind(result, Kind.FIRST_BUY)
    assert set(first["account_id"]) == {account(number) for number in range(60, 66)}


def test_repeat_buys_say_what_the_account_did(result: RecommendationResult) -> None:
    row = of_kind(result, Kind.REPEAT_BUY).iloc[0]
    own = LINES[(LINES["account_id"] == row["account_id"]) & (LINES["product_id"] == row["product_id"])]
    assert row["times_bought"] == own["day"].nunique()
    assert row["last_bought"] == own["day"].max()
    mean = own.groupby("day")["amount_minor"].sum().mean()
    assert row["value_minor"] == int(row["probability"] * mean + 0.5)
    assert row["quantity"] == round(own.groupby("day")["quantity"].sum().mean())


def test_staples_are_hot_and_the_other_half_of_the_products_is_not_recommended(
    result: RecommendationResult,
) -> None:
    best = result.frame[result.frame["rank"] == 1].set_index("account_id")["product_id"]
    right = [
        PRODUCTS.index(best[account(number)]) // 6 == number % 2
        for number in range(60)
        if account(number) in best.index
    ]
    assert len(right) == 60
    assert np.mean(right) == 1
    top = of_kind(result, Kind.REPEAT_BUY).groupby("account_id")["probability"].max()
    assert top.mean() > 0.7
    assert (result.accounts["label"].iloc[:60] == "Hot Prospect").mean() > 0.8


def test_probabilities_come_true_on_a_later_window() -> None:
    purchases, _ = read_lines(LINES, AS_OF)
    day = AS_OF.toordinal() - 60
    model = learn(purchases.until(day), 60)
    told = lesson(purchases, day, 60, seed=1)
    signals = signals_module.learn_signals(purchases.until(day), seed=1, ridge=200)
    chance = model.probability(told.pairs, signals)
    assert model.warnings == ()
    assert chance.mean() == pytest.approx(told.happened.mean(), abs=0.04)
    likely = chance >= 0.7
    assert told.happened[likely].mean() > 0.7


def test_rows_accounts_and_currency_may_come_as_they_like(result: RecommendationResult) -> None:
    mixed = LINES.sample(frac=1, random_state=1).reset_index(drop=True)
    same(score(mixed, FIRMS, SEGMENTATION, AS_OF), result)
    turned = score(LINES, FIRMS.iloc[::-1].reset_index(drop=True), SEGMENTATION, AS_OF)
    pd.testing.assert_frame_equal(turned.frame, result.frame)
    assert turned.accounts["account_id"].tolist() == FIRMS["account_id"].tolist()[::-1]
    dear = LINES.assign(amount_minor=LINES["amount_minor"] * 10_000)
    rich = score(dear, FIRMS, SEGMENTATION, AS_OF)
    pd.testing.assert_frame_equal(
        rich.frame.drop(columns="value_minor"), result.frame.drop(columns="value_minor")
    )
    assert rich.frame["value_minor"].to_numpy() == pytest.approx(
        result.frame["value_minor"] * 10_000, abs=5_001
    )


def test_an_unrelated_account_changes_nobody_elses_order(result: RecommendationResult) -> None:
    stranger = lines_of([("B000", "Q1", AS_OF - timedelta(days=40 * k), 1, 999, f"Q{k}") for k in range(5)])
    more = pd.concat([LINES, stranger], ignore_index=True)
    known = pd.concat([FIRMS, pd.DataFrame({"account_id": ["B000"]})], ignore_index=True)
    found = score(more, known, SEGMENTATION, AS_OF, model=result.knowledge.model)
    others = found.frame[(found.frame["account_id"] != "B000") & (found.frame["account_id"] < account(60))]
    before = result.frame[result.frame["account_id"] < account(60)]
    columns = ["account_id", "product_id", "kind"]
    single = [rows[rows["kind"] != Kind.BUNDLE][columns].reset_index(drop=True) for rows in (others, before)]
    pd.testing.assert_frame_equal(single[0], single[1])


def test_small_blocks_and_one_large_block_say_the_same(
    result: RecommendationResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals_module, "CELLS_PER_BLOCK", 200)
    found = score(LINES, FIRMS, SEGMENTATION, AS_OF, model=result.knowledge.model)
    pd.testing.assert_frame_equal(found.frame, result.frame, rtol=1e-6)


def test_tomorrow_is_not_known() -> None:
    day = AS_OF - timedelta(days=100)
    whole = score(LINES, FIRMS, SEGMENTATION, day)
    before = score(LINES[LINES["day"] <= day], FIRMS, SEGMENTATION, day)
    same(whole, before)
    assert len(whole.warnings) == len(before.warnings) + 1


def test_a_dismissed_product_comes_back_when_the_horizon_has_passed(result: RecommendationResult) -> None:
    model = result.knowledge.model
    chosen = result.frame[result.frame["kind"] != Kind.BUNDLE].groupby("account_id").head(1)
    dismissals = chosen[["account_id", "product_id"]].assign(day=AS_OF - timedelta(days=5))
    found = score(LINES, FIRMS, SEGMENTATION, AS_OF, dismissals=dismissals, model=model)
    refused = set(zip(dismissals["account_id"], dismissals["product_id"], strict=True))
    for name in ("product_id", "with_product_id"):
        assert not refused & set(zip(found.frame["account_id"], found.frame[name], strict=True))
    old = dismissals.assign(day=AS_OF - timedelta(days=60))
    same(score(LINES, FIRMS, SEGMENTATION, AS_OF, dismissals=old, model=model), result)
    strange = pd.DataFrame({"account_id": ["nobody"], "product_id": ["nothing"], "day": [AS_OF]})
    same(score(LINES, FIRMS, SEGMENTATION, AS_OF, dismissals=strange, model=model), result)


def test_dismissals_without_a_day_are_refused() -> None:
    with pytest.raises(ValueError, match="dismissals have no column day"):
        score(LINES, FIRMS, SEGMENTATION, AS_OF, dismissals=FIRMS.assign(product_id="P00"))


def test_dismissals_lower_what_is_learned() -> None:
    purchases, _ = read_lines(LINES, AS_OF)
    plain = learn(purchases, 60)
    day = plain.cutoffs[0]
    pairs = lesson(purchases, day.toordinal(), 60, seed=1)
    dismissals = pd.DataFrame(
        {
            "account_id": purchases.account_ids[pairs.pairs.account],
            "product_id": purchases.product_ids[pairs.pairs.product],
            "day": day + timedelta(days=3),
        }
    )
    weighed = lesson(purchases, day.toordinal(), 60, 1, dismissals)
    assert set(weighed.weight[~weighed.happened]) == {5.0}
    assert set(weighed.weight[weighed.happened]) == {1.0}
    refused = learn(purchases, 60, dismissals=dismissals)
    assert mean_chance(refused) < mean_chance(plain)


def mean_chance(model: Model) -> float:
    purchases, _ = read_lines(LINES, AS_OF)
    signals = signals_module.learn_signals(purchases, seed=1, ridge=200)
    pairs = lesson(purchases, AS_OF.toordinal(), 60, seed=1).pairs
    return float(model.probability(pairs, signals).mean())


@given(st.integers(7, 730), st.integers(0, 2_500))
@settings(max_examples=60, deadline=None)
def test_days_that_are_learned_from_have_a_horizon_on_either_side(horizon: int, span: int) -> None:
    first = AS_OF - timedelta(days=span)
    purchases, _ = read_lines(lines_of([("A", "x", day, 1, 1, "1") for day in (first, AS_OF)]), AS_OF)
    days = cutoffs_of(purchases, horizon)
    assert len(set(days)) == len(days)
    for day in days:
        assert first.toordinal() + horizon <= day <= AS_OF.toordinal() - horizon
    assert bool(days) == (span >= 2 * horizon)


def test_next_buys_are_repeat_buys_and_cross_sells_by_probability(result: RecommendationResult) -> None:
    rows = next_buys(result.frame)
    single = result.frame["kind"].isin((Kind.REPEAT_BUY, Kind.CROSS_SELL))
    assert len(rows) == single.sum()
    for _, own in rows.groupby("account_id"):
        assert own["rank"].tolist() == list(range(1, len(own) + 1))
        assert (np.diff(own["probability"]) <= 0).all()


def test_a_model_of_another_horizon_is_refused(result: RecommendationResult) -> None:
    other = SEGMENTATION.model_copy(update={"horizon_days": 30})
    with pytest.raises(ValueError, match="about 60 days, the segmentation about 30"):
        score(LINES, FIRMS, other, AS_OF, model=result.knowledge.model)


def test_a_model_meets_products_that_it_never_saw(result: RecommendationResult) -> None:
    new = lines_of([(account(number), "P99", AS_OF, 1, 500, f"N{number}") for number in range(0, 20, 2)])
    more = pd.concat([LINES, new], ignore_index=True)
    found = score(more, FIRMS, SEGMENTATION, AS_OF, model=result.knowledge.model).frame
    fresh = found[found["product_id"] == "P99"]
    assert len(fresh)
    assert np.isfinite(fresh["lift"]).all()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("A", "B", "C")),
            st.sampled_from(("x", "y")),
            st.integers(-10, 800).map(lambda days: AS_OF - timedelta(days=days)),
            st.integers(-2, 5),
            st.sampled_from((0, 1, -500, 10**15)),
            st.sampled_from(("1", "2")),
        ),
        max_size=12,
    )
)
@settings(max_examples=25, deadline=None)
def test_little_and_odd_data_give_bounded_numbers_and_say_so(rows: list[object]) -> None:
    accounts = pd.DataFrame({"account_id": ["A", "B", "C", "D"], "industry": ["x", None, "", "x"]})
    found = score(lines_of(rows), accounts, RecommendationSegmentation(name="Few"), AS_OF)  # type: ignore[arg-type]
    assert found.frame["probability"].astype(float).between(0, 1).all()
    assert np.isfinite(found.frame["lift"].astype(float)).all()
    assert (found.frame["value_minor"].astype(float).abs() <= 2.0 * 10**15 * 2).all()
    assert any("accounts that are alike" in one for one in found.warnings)
    assert any("could be learned from" in one for one in found.warnings)
    assert found.accounts["account_id"].tolist() == ["A", "B", "C", "D"]


def test_nothing_at_all_gives_nothing_and_says_so() -> None:
    found = score(lines_of([]), FIRMS, SEGMENTATION, AS_OF)
    assert found.frame.empty
    assert tuple(found.frame.columns) == COLUMNS
    assert found.accounts["label"].isna().all()
    assert found.accounts["value_minor"].tolist() == [0] * len(FIRMS)
    assert len(found.warnings) == 3


def test_a_kind_can_be_switched_off(result: RecommendationResult) -> None:
    for kind in (Kind.REPEAT_BUY, Kind.CROSS_SELL, Kind.FIRST_BUY, Kind.BUNDLE):
        off = SEGMENTATION.model_copy(update={kind.value: 0})
        found = score(LINES, FIRMS, off, AS_OF, model=result.knowledge.model)
        assert of_kind(found, kind).empty
        assert len(found.frame) < len(result.frame)


def test_first_buys_follow_the_fields_that_are_equal(result: RecommendationResult) -> None:
    first = of_kind(result, Kind.FIRST_BUY)
    for number in range(60, 66):
        rows = first[first["account_id"] == account(number)]
        assert {PRODUCTS.index(product) // 6 for product in rows["product_id"]} == {number % 2}
        assert (rows["lift"] > 1).all()


def test_accounts_must_be_named_once() -> None:
    twice = pd.concat([FIRMS, FIRMS.head(1)], ignore_index=True)
    with pytest.raises(ValueError, match="A000 is there more than once"):
        score(LINES, twice, SEGMENTATION, AS_OF)
    with pytest.raises(ValueError, match="no column account_id"):
        score(LINES, FIRMS.drop(columns="account_id"), SEGMENTATION, AS_OF)
    nameless = pd.concat([FIRMS, pd.DataFrame({"account_id": [None]})], ignore_index=True)
    with pytest.raises(ValueError, match="has no account_id"):
        score(LINES, nameless, SEGMENTATION, AS_OF)


def test_dates_are_dates(result: RecommendationResult) -> None:
    told = [one for one in result.frame["last_bought"] if one is not None]
    assert told
    assert all(type(one) is date for one in told)
