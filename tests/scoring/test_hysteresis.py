"""Labels that do not flap: an account that did nothing changes only when daily runs agree."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.hysteresis import HELD_COLUMNS, Held, settle, settle_all

DAY = date(2026, 11, 24)
Runs = list[tuple[int, str | None, int]]  # days since the last run, label, the account's own facts

runs = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["VIP", "At risk", None]), st.integers(1, 2)), max_size=12
)


def after(steps: Runs, runs_to_agree: int = 2) -> list[Held]:
    held: list[Held] = []
    day = DAY
    for later, proposed, facts in steps:
        day += timedelta(days=later)
        held.append(settle(held[-1] if held else None, proposed, facts, day, runs_to_agree))
    return held


def labels(*proposed: str, facts: int = 1, agree: int = 2) -> list[str | None]:
    return [one.label for one in after([(1, label, facts) for label in proposed], agree)]


def test_one_run_alone_changes_nothing_and_two_that_agree_do() -> None:
    assert labels("VIP", "At risk", "VIP", "At risk", "At risk") == ["VIP", "VIP", "VIP", "VIP", "At risk"]


def test_runs_that_agree_have_to_follow_each_other() -> None:
    assert labels("VIP", "At risk", "Loyal", "At risk", "At risk")[-2:] == ["VIP", "At risk"]
    assert labels("VIP", "At risk", "At risk", "At risk", agree=3) == ["VIP", "VIP", "VIP", "At risk"]


def test_own_facts_change_the_label_at_once() -> None:
    held = after([(1, "At risk", 1), (1, "VIP", 2)])
    assert held[-1] == Held("VIP", 2, DAY + timedelta(days=2))


def test_own_facts_that_change_nothing_end_the_waiting() -> None:
    held = after([(1, "VIP", 1), (1, "At risk", 1), (1, "VIP", 2), (1, "At risk", 2)])
    assert [one.label for one in held] == ["VIP"] * 4
    assert held[-1].waiting_runs == 1


def test_a_second_run_on_one_day_confirms_nothing() -> None:
    assert [one.label for one in after([(1, "VIP", 1), (1, "At risk", 1), (0, "At risk", 1)])] == ["VIP"] * 3


def test_no_label_is_a_label_to_agree_on() -> None:
    assert [one.label for one in after([(1, "VIP", 1), (1, None, 1), (1, None, 1)])] == ["VIP", "VIP", None]
    assert [one.label for one in after([(1, None, 1), (1, "VIP", 1), (1, "VIP", 1)])] == [None, None, "VIP"]


def test_a_run_of_an_earlier_day_is_refused() -> None:
    held = settle(None, "VIP", 1, DAY)
    with pytest.raises(ValueError, match="earlier state"):
        settle(held, "At risk", 1, DAY - timedelta(days=1))
    with pytest.raises(ValueError, match="earlier state"):
        settle_all(frame({"a": held}), proposals({"a": ("At risk", 1)}), DAY - timedelta(days=1))


@given(runs, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_repeating_a_run_changes_nothing(steps: Runs, agree: int) -> None:
    for held, (_, proposed, facts) in zip(after(steps, agree), steps, strict=True):
        assert settle(held, proposed, facts, held.day, agree) == held


@given(runs, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_a_label_changes_only_by_own_facts_or_by_runs_that_agree(steps: Runs, agree: int) -> None:
    held = after(steps, agree)
    for at in range(1, len(held)):
        if held[at].label == held[at - 1].label:
            continue
        assert held[at].label == steps[at][1]
        if steps[at][2] == steps[at - 1][2]:
            days = {one.day for one in held[max(at - agree + 1, 0) :][:agree]}
            recent = {proposed for _, proposed, _ in steps[at - agree + 1 : at + 1]}
            assert recent == {steps[at][1]} or len(days) < agree


def frame(held: dict[str, Held]) -> pd.DataFrame:
    columns: dict[str, Any] = {
        name: pd.Series([getattr(one, name) for one in held.values()], index=list(held), dtype=object)
        for name in HELD_COLUMNS
    }
    return pd.DataFrame(columns, index=list(held)).astype({"waiting_runs": "int64"})


def proposals(given_labels: dict[str, tuple[str | None, object]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": pd.Series([one[0] for one in given_labels.values()], dtype=object),
            "facts": pd.Series([one[1] for one in given_labels.values()], dtype=object),
        }
    ).set_axis(list(given_labels))


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abcd"), st.tuples(st.sampled_from(["VIP", "At risk", None]), st.integers(1, 2))
        ),
        max_size=6,
    ),
    st.integers(1, 3),
)
@settings(max_examples=80, deadline=None)
def test_all_at_once_equals_one_by_one(steps: list[dict[str, tuple[str | None, int]]], agree: int) -> None:
    one_by_one: dict[str, Held] = {}
    at_once = frame({})
    for days, proposed in enumerate(steps):
        day = DAY + timedelta(days=days // 2)
        one_by_one = {
            account: settle(one_by_one.get(account), label, facts, day, agree)
            for account, (label, facts) in proposed.items()
        }
        at_once = settle_all(at_once, proposals(dict(proposed)), day, agree)
        rows = at_once[list(HELD_COLUMNS)].itertuples(index=False, name=None)
        held = (Held(label, facts, day, waiting, runs) for label, facts, waiting, runs, day in rows)
        assert dict(zip(at_once.index, held, strict=True)) == one_by_one
