"""Order lines become baskets, whatever order and state they come in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.recommendations.purchases import Purchases, read_lines
from tests.scoring.recommending.shop import AS_OF, Line, lines_of

one_line = st.tuples(
    st.sampled_from(("A", "B", "C")),
    st.sampled_from(("x", "y", "z")),
    st.integers(-5, 30).map(lambda days: AS_OF - timedelta(days=days)),
    st.integers(-1, 4),
    st.integers(-(10**15), 10**15),
    st.sampled_from(("1", "2", "3")),
)


def as_rows(purchases: Purchases) -> list[tuple[str, str, int, int, float, int]]:
    return [
        (
            purchases.account_ids[purchases.account[at]],
            purchases.product_ids[purchases.product[at]],
            int(purchases.day[at]),
            int(purchases.basket[at]),
            float(purchases.quantity[at]),
            int(purchases.amount[at]),
        )
        for at in range(len(purchases.account))
    ]


@given(st.lists(one_line, max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_baskets_are_what_a_naive_count_says_in_any_order(rows: list[Line], random: object) -> None:
    counted = [row for row in rows if row[2] <= AS_OF and row[3] > 0]
    days = {account: sorted({row[2] for row in counted if row[0] == account}) for account in "ABC"}
    expected: dict[tuple[str, str, int], list[int]] = {}
    for account, product, day, quantity, amount, _ in counted:
        total = expected.setdefault((account, product, day.toordinal()), [0, 0])
        total[0] += quantity
        total[1] += amount
    purchases, _ = read_lines(lines_of(rows), AS_OF)
    found = as_rows(purchases)
    assert {row[:3]: [row[4], row[5]] for row in found} == expected
    for name, _, at, basket, _, _ in found:
        assert days[name][len(days[name]) - 1 - basket].toordinal() == at
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert as_rows(read_lines(lines_of(shuffled), AS_OF)[0]) == found


def test_what_is_left_out_is_told() -> None:
    day = AS_OF - timedelta(days=3)
    lines = lines_of(
        [
            ("A", "x", day, 1, 100, "1"),
            ("A", "x", AS_OF + timedelta(days=1), 1, 100, "2"),
            ("A", "y", day, -1, -100, "3"),
        ]
    )
    nameless = lines.head(1).assign(account_id=None)
    dayless = lines.head(1).assign(day="not a day")
    lines = pd.concat([lines, nameless, dayless], ignore_index=True)
    purchases, told = read_lines(lines, AS_OF)
    assert as_rows(purchases) == [("A", "x", day.toordinal(), 0, 1.0, 100)]
    assert told == (
        "2 order lines without a known account, a product or a day were left out.",
        "1 order line after 2026-06-30 was left out.",
        "1 order line with no or a negative quantity (a return or a credit note) was left out.",
    )


def test_the_whole_day_of_the_run_counts_and_a_missing_quantity_is_one() -> None:
    lines = lines_of([("A", "x", AS_OF, 1, 100, "1")])
    lines["day"] = [datetime(2026, 6, 30, 23, 59, 59)]  # noqa: DTZ001 a day of the organisation
    lines["quantity"] = [None]
    purchases, told = read_lines(lines, AS_OF)
    assert as_rows(purchases) == [("A", "x", AS_OF.toordinal(), 0, 1.0, 100)]
    assert told == ()


def test_numbers_that_are_none_do_no_harm() -> None:
    day = AS_OF - timedelta(days=1)
    lines = lines_of([("A", one, day, 1, 100, "1") for one in "vwxyz"])
    odd: list[object] = [float("inf"), float("nan"), "two", 0.5, 10**15]
    lines["quantity"] = pd.Series(odd, dtype=object)
    lines["amount_minor"] = [float("inf"), None, "ten", 10**15, -float("inf")]
    purchases, _ = read_lines(lines, AS_OF)
    assert purchases.quantity.tolist() == [1e12, 1, 1, 0.5, 1e12]
    assert purchases.amount.tolist() == [0, 0, 0, 10**15, 0]
    exact = lines_of([("A", "x", day, 1, 10**15 + 1, "1")])
    assert read_lines(exact, AS_OF)[0].amount.tolist() == [10**15 + 1]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="no column amount_minor"):
        read_lines(lines_of([]).drop(columns="amount_minor"), AS_OF)


def test_known_accounts_without_a_purchase_are_there_and_unknown_ones_are_not() -> None:
    lines = lines_of([("A", "x", AS_OF, 1, 1, "1"), ("Z", "x", AS_OF, 1, 1, "2")])
    purchases, _ = read_lines(lines, AS_OF, pd.Series(["B", "A"]))
    assert list(purchases.account_ids) == ["A", "B"]
    assert purchases.baskets.tolist() == [1, 0]


def test_looking_back_renumbers_baskets() -> None:
    days = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    purchases, _ = read_lines(lines_of([("A", "x", day, 1, 1, "1") for day in days]), AS_OF)
    before = purchases.until(days[1].toordinal())
    assert before.basket.tolist() == [1, 0]
    assert before.today.tolist() == [days[1].toordinal()]
    bought = purchases.bought_between(days[0].toordinal(), days[2].toordinal())
    assert np.asarray(bought.toarray()).tolist() == [[1.0]]
