"""When our share of a day's credits is used up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.budget import Allowance, Spent, daily_credits, judge

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("edition", "users", "expected"),
    [
        ("free", 3, 5_000),
        ("Standard", 10, 52_500),
        ("standard", 1_000, 100_000),
        ("professional", 10, 55_000),
        ("enterprise", 41, 91_000),
        ("Zoho One", 10, 60_000),
        ("ultimate", 10, 70_000),
        ("something new", 10, None),
        (None, None, None),
    ],
)
def test_a_days_credits_by_edition(edition: str | None, users: int | None, expected: int | None) -> None:
    assert daily_credits(edition, users) == expected


def test_the_ledger_decides_while_the_api_is_silent() -> None:
    allowance = Allowance(daily=1_000, remaining=None, reserve_percent=20)
    spent = [Spent(NOW - timedelta(hours=5), 700), Spent(NOW - timedelta(hours=25), 9_000)]
    assert judge(allowance, spent, 100, NOW).until is None
    refused = judge(allowance, spent, 101, NOW)
    assert refused.left == 100
    assert refused.until == NOW - timedelta(hours=5) + timedelta(hours=25)


def test_what_the_api_says_comes_first() -> None:
    spent = [Spent(NOW - timedelta(hours=1), 10)]
    assert judge(Allowance(1_000, 150, 20), spent, 1, NOW).until is not None  # others used the rest
    assert judge(Allowance(1_000, 900, 20), [Spent(NOW, 5_000)], 1, NOW).until is None


def test_nothing_is_refused_while_nothing_is_known() -> None:
    assert judge(Allowance(None, None, 20), [Spent(NOW, 10**9)], 500, NOW).until is None


hours = st.integers(0, 40).map(lambda ago: NOW - timedelta(hours=ago))


@given(
    st.integers(0, 10_000),
    st.integers(0, 95),
    st.lists(st.builds(Spent, hours, st.integers(0, 2_000)), max_size=8),
    st.integers(1, 500),
)
def test_the_reserve_is_never_touched_and_a_refusal_ends(
    daily: int, reserve: int, spent: list[Spent], price: int
) -> None:
    allowance = Allowance(daily, None, reserve)
    verdict = judge(allowance, spent, price, NOW)
    used = sum(one.credits for one in spent if one.hour > NOW - timedelta(hours=24))
    if verdict.until is None:
        assert used + price <= daily - allowance.reserve
    else:
        assert used + price > daily - allowance.reserve
        assert verdict.until > NOW
