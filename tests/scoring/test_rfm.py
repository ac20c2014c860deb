"""RFM scores: exact, by rank or by bands, whatever order the accounts come in."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import Today
from scoring.recency import period_of
from scoring.rfm import Cuts, RfmResult, cuts_by_rank, score, score_one, thresholds_from
from scoring.rfm_config import Percentiles, PeriodBand, RecencyBands, RfmSegmentation, ThresholdBands
from scoring.shape import Label
from scoring.standing import Standing
from tests.support.maven_reference import naive_scores

DAY = date(2026, 11, 24)
TODAY = Today(DAY, 1)
Facts = list[tuple[date | None, int, int]]

one_account = st.one_of(
    st.tuples(
        st.integers(0, 40).map(lambda days: DAY - timedelta(days=days)),
        st.integers(1, 6),
        st.integers(-500, 5_000),
    ),
    st.just((None, 0, 0)),
)
many_accounts = st.lists(one_account, max_size=40)


def segmentation(scores: int = 5, **changes: object) -> RfmSegmentation:
    plain = RfmSegmentation(name="P", scores=scores, labels=(Label(name="All", when="purchases >= 0"),))
    return plain.model_copy(update=changes)


def frame(facts: Facts) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": pd.Series([str(number) for number in range(len(facts))], dtype=object),
            "last_purchase": pd.Series([one[0] for one in facts], dtype=object),
            "purchases": pd.Series([one[1] for one in facts], dtype="int64"),
            "spend_minor": pd.Series([one[2] for one in facts], dtype="int64"),
        }
    )


def scored(facts: Facts, scores: int = 5, **changes: object) -> RfmResult:
    return score(frame(facts), segmentation(scores, **changes), TODAY)


def by_account(result: RfmResult) -> dict[str, tuple[int | None, ...]]:
    rows = result.frame[["account_id", "r", "f", "m", "total"]].itertuples(index=False)
    return {row[0]: tuple(None if pd.isna(one) else int(one) for one in row[1:]) for row in rows}


@given(many_accounts, st.integers(2, 5))
@settings(max_examples=50, deadline=None)
def test_percentile_scores_equal_a_naive_count_of_cuts(facts: Facts, scores: int) -> None:
    buyers = {str(at): one for at, one in enumerate(facts) if one[1] > 0}
    r = (
        naive_scores({a: (day or DAY).toordinal() for a, (day, _, _) in buyers.items()}, scores)
        if buyers
        else {}
    )
    f = naive_scores({a: count for a, (_, count, _) in buyers.items()}, scores) if buyers else {}
    m = naive_scores({a: spend for a, (_, _, spend) in buyers.items()}, scores) if buyers else {}
    expected = {
        str(at): (r[str(at)], f[str(at)], m[str(at)], r[str(at)] + f[str(at)] + m[str(at)])
        if str(at) in buyers
        else (None, None, None, None)
        for at in range(len(facts))
    }
    assert by_account(scored(facts, scores)) == expected


@given(many_accounts, st.randoms(use_true_random=False), st.integers(2, 5))
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_does_not_matter(facts: Facts, random: object, scores: int) -> None:
    straight = frame(facts)
    order = list(range(len(facts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = straight.iloc[order].reset_index(drop=True)
    plan = segmentation(scores)
    assert by_account(score(straight, plan, TODAY)) == by_account(score(shuffled, plan, TODAY))


@given(many_accounts, st.integers(2, 5))
@settings(max_examples=50, deadline=None)
def test_more_is_never_scored_lower_and_equals_score_equally(facts: Facts, scores: int) -> None:
    result = by_account(scored(facts, scores))
    for measure in range(3):
        pairs = sorted(
            (facts[int(account)][measure], got[measure])
            for account, got in result.items()
            if facts[int(account)][1] > 0
        )
        for (low, low_score), (high, high_score) in pairwise(pairs):
            assert low_score <= high_score  # type: ignore[operator]
            assert low != high or low_score == high_score


@given(many_accounts, st.integers(2, 1000))
@settings(max_examples=30, deadline=None)
def test_the_currency_unit_does_not_matter(facts: Facts, factor: int) -> None:
    dearer = [(day, count, spend * factor) for day, count, spend in facts]
    assert by_account(scored(facts)) == by_account(scored(dearer))


def test_ten_accounts_spread_evenly_over_five_scores() -> None:
    facts: Facts = [(DAY - timedelta(days=10 - at), at + 1, 100 * at) for at in range(10)]
    got = by_account(scored(facts))
    assert [got[str(at)][0] for at in range(10)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert got["9"] == (5, 5, 5, 15)


def test_an_account_without_a_counted_transaction_has_no_scores_and_moves_nobody() -> None:
    buyers: Facts = [(DAY - timedelta(days=at), at + 1, at) for at in range(8)]
    with_others = by_account(scored([*buyers, (None, 0, 0), (None, 0, 0)]))
    assert with_others.pop("8") == with_others.pop("9") == (None, None, None, None)
    assert with_others == by_account(scored(buyers))


def test_nobody_bought_anything() -> None:
    result = scored([(None, 0, 0)])
    assert by_account(result) == {"0": (None, None, None, None)}
    assert result.thresholds is None
    assert by_account(scored([])) == {}


def test_bands_of_recency_are_periods_and_the_first_that_holds_wins() -> None:
    bands = RecencyBands(
        method="bands",
        bands=(
            PeriodBand(within="this quarter", score=3),  # 1 October 2026 to 31 December
            PeriodBand(within="last quarter", score=2),
            PeriodBand(within="last year", score=1),
            PeriodBand(within="this year", score=2),
        ),
    )
    days = [date(2026, 11, 1), date(2026, 9, 30), date(2026, 1, 5), date(2025, 12, 31), date(2020, 1, 1)]
    result = scored([(day, 1, 1) for day in days], scores=3, recency=bands)
    assert [got[0] for got in by_account(result).values()] == [3, 2, 2, 1, 1]


def test_bands_of_counts_and_amounts_begin_at_their_thresholds() -> None:
    facts: Facts = [(DAY, 1, 9_999), (DAY, 2, 10_000), (DAY, 5, 29), (DAY, 4, 100_029), (DAY, 9, 100_028)]
    result = scored(
        facts,
        scores=3,
        frequency=ThresholdBands(method="bands", at_least=(2, 5)),
        monetary=ThresholdBands(method="bands", at_least=(100, 1000.29)),
    )
    got = by_account(result)
    assert [one[1] for one in got.values()] == [1, 2, 3, 2, 3]
    assert [one[2] for one in got.values()] == [1, 2, 1, 3, 2]


def test_a_fiscal_year_decides_what_this_quarter_is() -> None:
    bands = RecencyBands(method="bands", bands=(PeriodBand(within="this year", score=2),))
    one = frame([(date(2026, 3, 31), 1, 1)])
    plan = segmentation(2, recency=bands)
    assert by_account(score(one, plan, Today(DAY, 1)))["0"][0] == 2
    assert by_account(score(one, plan, Today(DAY, 4)))["0"][0] == 1


def test_warnings_say_what_makes_ranks_say_little() -> None:
    few = scored([(DAY, at, 7) for at in (1, 2, 3)])
    assert few.warnings == (
        "Only 3 accounts with purchases: percentile scores of 1 to 5 need at least 25 to mean something.",
        "Every account has the same last purchase: that score does not tell them apart.",
        "Every account has the same spend: that score does not tell them apart.",
    )
    many: Facts = [(DAY - timedelta(days=at), at + 1, at) for at in range(25)]
    assert scored(many).warnings == ()
    bands = ThresholdBands(method="bands", at_least=(2, 3, 4, 5))
    periods = RecencyBands(method="bands", bands=(PeriodBand(within="this year", score=5),))
    assert scored([(DAY, 1, 7)], recency=periods, frequency=bands, monetary=bands).warnings == ()


@given(many_accounts.filter(lambda facts: any(one[1] for one in facts)), st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_stored_thresholds_give_every_account_the_same_scores_again(facts: Facts, scores: int) -> None:
    result = scored(facts, scores)
    assert result.thresholds is not None
    again = thresholds_from(json.loads(json.dumps(result.thresholds.as_json())))
    assert again == result.thresholds
    for at, got in by_account(result).items():
        day, count, spend = facts[int(at)]
        one = score_one(Standing(day, count, spend), again)
        assert (one.r, one.f, one.m, one.total) == got


def test_thresholds_of_bands_are_stored_too() -> None:
    bands = RecencyBands(method="bands", bands=(PeriodBand(within="last 30 days", score=2),))
    money = ThresholdBands(method="bands", at_least=(12.5,))
    thresholds = scored([(DAY, 1, 1)], scores=2, recency=bands, monetary=money).thresholds
    assert thresholds is not None
    stored = thresholds.as_json()
    assert stored["recency"] == {"bands": [["2026-10-26", "2026-11-24", 2]]}
    assert stored["monetary"] == {"cuts": [1250], "reached": True}
    assert thresholds_from(json.loads(json.dumps(stored))) == thresholds


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30), st.integers(2, 5))
@settings(max_examples=50, deadline=None)
def test_the_least_value_for_a_score_has_it_and_one_less_has_not(values: list[int], scores: int) -> None:
    cuts = cuts_by_rank(np.asarray(values, dtype=np.int64), scores)
    for wanted in range(2, scores + 1):
        least = cuts.least_for(wanted)
        assert least is not None
        assert cuts.score_of(least) >= wanted
        assert cuts.score_of(least - 1) < wanted
    assert cuts.least_for(1) is None


def test_a_score_that_does_not_exist_has_no_least_value() -> None:
    with pytest.raises(ValueError, match="no score 4"):
        Cuts((1, 2)).least_for(4)


def test_what_is_no_period_is_refused() -> None:
    with pytest.raises(CriteriaError):
        period_of("a fortnight")
    with pytest.raises(CriteriaError):
        period_of("(2026-01-01, 2026-02-01)")


def test_percentiles_are_the_default() -> None:
    plain = segmentation()
    assert isinstance(plain.recency, Percentiles)
    assert plain.scores == 5
