"""Percentiles against an independent brute force on ten thousand sets; no order depends on others."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.periods import Today
from scoring.rfm import cuts_by_rank, score
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label

DAY = date(2026, 11, 24)
SETS = 10_000
WHOLE_SETS = 250
Facts = list[tuple[date | None, int, int]]


def brute_force(values: list[int], scores: int) -> list[int]:
    """1 plus how many k have at least k/N of all values strictly below: by counting, in whole numbers."""
    count = len(values)
    below = [sum(other < one for other in values) for one in values]
    return [1 + sum(less * scores >= k * count for k in range(1, scores)) for less in below]


def random_values(random: np.random.Generator) -> list[int]:
    count = int(random.integers(1, 25))
    kind = random.integers(0, 5)
    if kind == 0:
        return [int(random.integers(-5, 5))] * count  # constant
    if kind == 1:
        return [int(one) for one in random.integers(0, 3, count)]  # mostly ties
    if kind == 2:
        return [int(one) for one in random.integers(-(10**15), 10**15, count)]
    if kind == 3:
        return [1] * (count - 1) + [int(random.integers(1, 10**15))]  # near-constant
    return [int(one) for one in random.integers(0, 40, count)]


def test_cuts_equal_a_brute_force_on_ten_thousand_sets() -> None:
    random = np.random.default_rng(20_261_124)
    for _ in range(SETS):
        values, scores = random_values(random), int(random.integers(2, 6))
        measured = np.asarray(values, dtype=np.int64)
        assert cuts_by_rank(measured, scores).score(measured).tolist() == brute_force(values, scores)


def test_whole_scores_equal_a_brute_force_with_accounts_that_never_bought() -> None:
    random = np.random.default_rng(11)
    for _ in range(WHOLE_SETS):
        spends, scores = random_values(random), int(random.integers(2, 6))
        buys = random.random(len(spends)) < 0.7
        facts: Facts = [
            (DAY - timedelta(days=int(random.integers(0, 9))), int(random.integers(1, 4)), spend)
            if bought
            else (None, 0, 0)
            for spend, bought in zip(spends, buys, strict=True)
        ]
        found = scored(facts, scores)
        for name, values in (
            ("r", [day.toordinal() for day, _, _ in facts if day is not None]),
            ("f", [count for day, count, _ in facts if day is not None]),
            ("m", [spend for day, _, spend in facts if day is not None]),
        ):
            given_scores = found[name]
            assert given_scores.isna().tolist() == [day is None for day, _, _ in facts]
            assert given_scores.dropna().tolist() == brute_force(values, scores)


def scored(facts: Facts, scores: int = 5) -> pd.DataFrame:
    plan = RfmSegmentation(name="P", scores=scores, labels=(Label(name="All", when="purchases >= 0"),))
    frame = pd.DataFrame(
        {
            "account_id": pd.Series([str(number) for number in range(len(facts))], dtype=object),
            "last_purchase": pd.Series([one[0] for one in facts], dtype=object),
            "purchases": pd.Series([one[1] for one in facts], dtype="int64"),
            "spend_minor": pd.Series([one[2] for one in facts], dtype="int64"),
        }
    )
    return score(frame, plan, Today(DAY)).frame


accounts = st.lists(
    st.tuples(
        st.integers(0, 60).map(lambda days: DAY - timedelta(days=days)),
        st.integers(1, 9),
        st.integers(-(10**15), 10**15),
    ),
    min_size=2,
    max_size=30,
)


@given(accounts, st.integers(0, 60), st.integers(1, 9), st.integers(-(10**15), 10**15))
@settings(max_examples=80, deadline=None)
def test_another_account_turns_nobodys_order_around(facts: Facts, days: int, count: int, spend: int) -> None:
    before = scored(facts)
    after = scored([*facts, (DAY - timedelta(days=days), count, spend)]).iloc[:-1]
    for name in ("r", "f", "m"):
        old, new = before[name].to_numpy(int), after[name].to_numpy(int)
        higher = old[:, None] > old[None, :]
        assert not (higher & (new[:, None] < new[None, :])).any()


@given(accounts, st.sampled_from([2, 100, 1000]))
@settings(max_examples=50, deadline=None)
def test_the_currencys_scale_turns_nobodys_order_around(facts: Facts, factor: int) -> None:
    dearer: Facts = [(day, count, spend * factor) for day, count, spend in facts]
    assert scored(facts)["m"].tolist() == scored(dearer)["m"].tolist()


@given(accounts, st.integers(2, 4))
@settings(max_examples=50, deadline=None)
def test_files_read_one_after_another_give_the_same_scores(facts: Facts, parts: int) -> None:
    order = [at for part in range(parts) for at in range(part, len(facts), parts)]
    whole, dealt = scored(facts), scored([facts[at] for at in order])
    for name in ("r", "f", "m", "total"):
        assert dealt[name].tolist() == [whole[name].tolist()[at] for at in order]
