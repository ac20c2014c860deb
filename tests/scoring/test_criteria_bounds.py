"""Whole numbers meet a condition exactly when the fractions that they stand for do."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.criteria.bounds import LARGEST, SMALLEST, WholeSpan, whole_spans
from scoring.criteria.tree import Between, Compare, In, Operator

COMPARISONS: Mapping[Operator, Callable[[Fraction, Fraction], bool]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.eq,  # the caller negates
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
}
values = st.decimals(-6, 6, places=3) | st.integers(-6, 6).map(Decimal)
stored = st.integers(-700, 700)
scales = st.sampled_from([1, 100])


def met(leaf: Compare | In | Between, number: int, scale: int) -> bool:
    return any(
        (span.low is None or span.low <= number) and (span.high is None or number <= span.high)
        for span in whole_spans(leaf, scale)
    )


@given(one=st.sampled_from(list(COMPARISONS)), value=values, number=stored, scale=scales)
def test_comparisons(one: Operator, value: Decimal, number: int, scale: int) -> None:
    expected = COMPARISONS[one](Fraction(number, scale), Fraction(value))
    assert met(Compare("x", one, value), number, scale) == expected


@given(low=values, high=values, number=stored, scale=scales)
def test_between_and_in(low: Decimal, high: Decimal, number: int, scale: int) -> None:
    exact = Fraction(number, scale)
    assert met(Between("x", low, high), number, scale) == (Fraction(low) <= exact <= Fraction(high))
    assert met(In("x", (low, high)), number, scale) == (exact in {Fraction(low), Fraction(high)})


@pytest.mark.parametrize(
    ("leaf", "spans"),
    [
        (Compare("x", Operator.LT, Decimal(10) ** 30), (WholeSpan(None, None),)),
        (Compare("x", Operator.GT, Decimal(10) ** 30), ()),
        (Compare("x", Operator.GE, -(Decimal(10) ** 30)), (WholeSpan(None, None),)),
        (Compare("x", Operator.LE, -(Decimal(10) ** 30)), ()),
        (Compare("x", Operator.EQ, Decimal(LARGEST)), (WholeSpan(LARGEST, LARGEST),)),
        (Compare("x", Operator.EQ, Decimal(LARGEST + 1)), ()),
        (Compare("x", Operator.GE, Decimal(SMALLEST)), (WholeSpan(SMALLEST, None),)),
        (Compare("x", Operator.EQ, Decimal("0.5")), ()),
    ],
)
def test_limits_beyond_64_bits_hold_for_all_or_for_none(leaf: Compare, spans: tuple[WholeSpan, ...]) -> None:
    assert whole_spans(leaf, 1) == spans
