"""Purchase days by account: the states at any day equal what a loop over each account's own days gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.days import day_number
from scoring.leaving.history import (
    HALF_LIVES,
    bought_within,
    read_history,
    states_at,
)

DAY = date(2026, 6, 30)
Row = tuple[str, date, int]

rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.integers(-40, 400).map(lambda days: DAY - timedelta(days=days)),
        st.integers(-300, 500),
    ),
    max_size=40,
)


def frame(given_rows: Sequence[tuple[object, object, object]]) -> pd.DataFrame:
    columns = list(zip(*given_rows, strict=True)) if given_rows else [(), (), ()]
    return pd.DataFrame(
        {
            "account_id": pd.Series(columns[0], dtype=object),
            "day": pd.Series(columns[1], dtype=object),
            "amount_minor": pd.Series(columns[2], dtype="Int64"),
        }
    )


def by_hand(given_rows: list[Row], account: str, end: date) -> tuple[object, ...] | None:
    """x, t_x, T, last gap, squared gaps, all money, money of a year, memory."""
    own = [(day, minor) for who, day, minor in given_rows if who == account and day <= min(end, DAY)]
    days = sorted({day for day, minor in own if minor >= 0})
    if not days:
        return None
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    year = sum(minor for day, minor in own if (end - day).days < 365)
    memory = tuple(math.fsum(0.5 ** ((end - day).days / half) for day in days) for half in HALF_LIVES)
    return (
        len(days) - 1,
        (days[-1] - days[0]).days,
        (end - days[0]).days,
        gaps[-1] if gaps else 0,
        sum(gap * gap for gap in gaps),
        sum(minor for _, minor in own),
        year,
        memory,
    )


@given(rows, st.integers(-10, 200))
@settings(max_examples=150, deadline=None)
def test_states_equal_a_loop_over_each_account(given_rows: list[Row], back: int) -> None:
    end = DAY - timedelta(days=max(back, 0))
    history = read_history(frame(given_rows), DAY)
    states = states_at(history, day_number(end))
    found = {}
    for at, place in enumerate(states.account):
        plain = (states.repeats, states.spread, states.age, states.last_gap, states.gap_squares)
        money = (states.spend_minor, states.recent_minor)
        memory = tuple(pytest.approx(one) for one in states.memory[at])
        found[history.accounts[place]] = (*(int(one[at]) for one in (*plain, *money)), memory)
    expected = {who: by_hand(given_rows, who, end) for who in ("a", "b", "c", "d")}
    assert found == {who: one for who, one in expected.items() if one is not None}


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_does_not_matter(given_rows: list[Row], random: object) -> None:
    shuffled = list(given_rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = read_history(frame(given_rows), DAY), read_history(frame(shuffled), DAY)
    assert list(one.accounts) == list(other.accounts)
    for name in ("account", "day", "minor", "bought"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_who_buys_within_the_next_days_is_seen_at_both_ends() -> None:
    given_rows: list[Row] = [("a", DAY - timedelta(days=40), 1), ("a", DAY - timedelta(days=10), 1)]
    history = read_history(frame([*given_rows, ("b", DAY - timedelta(days=50), 1)]), DAY)
    end = day_number(DAY - timedelta(days=40))
    states = states_at(history, end)
    assert bought_within(history, states, end, 30).tolist() == [True, False]
    assert bought_within(history, states, end, 29).tolist() == [False, False]
    assert bought_within(history, states, end - 1, 1).tolist() == [True, False]


def test_a_credit_is_money_and_no_purchase_and_a_gift_is_a_purchase() -> None:
    given_rows: list[Row] = [
        ("a", DAY - timedelta(days=9), 500),
        ("a", DAY - timedelta(days=5), -200),
        ("a", DAY - timedelta(days=2), 0),
        ("b", DAY, -100),
    ]
    states = states_at(read_history(frame(given_rows), DAY), day_number(DAY))
    assert states.repeats.tolist() == [1]
    assert states.recency.tolist() == [2]
    assert states.spend_minor.tolist() == [300]


def test_what_is_left_out_is_said() -> None:
    whole = ("a", DAY, 5)
    found = read_history(
        frame([whole, (None, DAY, 5), ("a", None, 5), ("a", DAY, None), ("a", DAY + timedelta(days=1), 5)]),
        DAY,
    )
    assert found.day.tolist() == [day_number(DAY)]
    assert found.warnings == (
        "Left out, without an account, a day or an amount: 3 transactions.",
        "Left out, dated after the day of the run: 1 transaction.",
    )


def test_days_may_be_timestamps() -> None:
    given_rows: list[Row] = [("a", DAY, 5), ("b", DAY - timedelta(days=3), 6)]
    stamped = frame(given_rows).assign(day=pd.to_datetime([one[1] for one in given_rows]))
    one, other = read_history(frame(given_rows), DAY), read_history(stamped, DAY)
    assert one.day.tolist() == other.day.tolist()


def test_very_large_amounts_are_exact_and_impossible_ones_refused() -> None:
    huge = 10**15 + 1
    states = states_at(
        read_history(frame([("a", DAY, huge), ("a", DAY - timedelta(days=1), huge)]), DAY), day_number(DAY)
    )
    assert states.spend_minor.tolist() == [2 * huge]
    with pytest.raises(ValueError, match="too large"):
        read_history(frame([("a", DAY, 2**62), ("b", DAY, 2**62), ("c", DAY, 2**62)]), DAY)


def test_amounts_that_are_not_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="whole minor units"):
        read_history(frame([("a", DAY, 1)]).assign(amount_minor=[12.5]), DAY)
    floats = read_history(frame([("a", DAY, 1)]).assign(amount_minor=[12.0]), DAY)
    assert floats.minor.tolist() == [12]


def test_nothing_gives_nothing() -> None:
    history = read_history(frame([]), DAY)
    assert len(states_at(history, day_number(DAY))) == 0
    assert history.first_day == 0
