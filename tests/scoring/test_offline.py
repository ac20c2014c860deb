"""Tables scored without a CRM: exact money, the order of rows of no account, clear refusals."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import Today
from scoring.offline import RESULT, UnreadableTableError, score_tables
from scoring.purchases_config import Contribution
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label

TODAY = Today(date(2026, 6, 30))
BY_AMOUNT = RfmSegmentation(
    name="Spend",
    transactions="amount > 0",
    scores=2,
    labels=(Label(name="Big", when="total_spend >= 1000"), Label(name="Small", when="purchases >= 1")),
)


def table(*rows: tuple[str, str, str], **more: list[str]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    named = dict(zip(("account_id", "occurred_on", "amount"), map(list, columns), strict=True))
    return pd.DataFrame({**named, **more}, dtype=str)


DEALS = table(
    ("a", "2026-06-01", "999.99"),
    ("a", "2026-05-01", "0.01"),
    ("b", "2026-01-01", "10"),
    ("c", "2026-06-02", "-5"),
    ("b", "2026-07-01", "5000"),
    ("d", "", "7"),
    ("", "2026-06-01", "8"),
)
PEOPLE = pd.DataFrame({"account_id": ["d", "c", "b", "a"], "industry": ["Steel", "Steel", "Glass", "Glass"]})


def test_what_counts_and_what_does_not() -> None:
    found = score_tables(DEALS, PEOPLE, BY_AMOUNT, TODAY)
    assert list(found.frame.columns) == list(RESULT)
    rows: dict[str, Any] = {row["account_id"]: row for row in found.frame.to_dict("records")}
    assert list(rows) == ["a", "b", "c", "d"]
    assert (rows["a"]["total_spend"], rows["a"]["purchases"], rows["a"]["label"]) == ("1000.00", 2, "Big")
    assert (rows["b"]["last_purchase"], rows["b"]["total_spend"], rows["b"]["label"]) == (
        date(2026, 1, 1),
        "10.00",
        "Small",
    )
    assert (rows["c"]["purchases"], rows["c"]["label"]) == (0, None)
    assert found.counted == 3
    assert found.left_out == {
        "do not meet the criteria": 1, "have no account that takes part": 1, "have no day": 1,
        "are later than the day of the run": 1,
    }  # fmt: skip
    assert found.counted + sum(found.left_out.values()) == len(DEALS)


def test_criteria_may_use_any_column() -> None:
    glass = BY_AMOUNT.model_copy(update={"accounts": "industry = glass"})
    assert list(score_tables(DEALS, PEOPLE, glass, TODAY).frame["account_id"]) == ["a", "b"]
    staged = BY_AMOUNT.model_copy(update={"transactions": 'stage = "closed WON" and weight > 2'})
    deals = DEALS.assign(stage="Closed Won", weight=["1", "2", "3", "4", "5", "6", ""])
    assert score_tables(deals, None, staged, TODAY).counted == 2
    with pytest.raises(CriteriaError, match="stage"):
        score_tables(DEALS, PEOPLE, staged, TODAY)


DAYS = st.dates(date(2025, 1, 1), date(2026, 6, 30))


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from("abcd"), DAYS, st.integers(1, 10**14)), min_size=1),
    chance=st.randoms(use_true_random=False),
)
def test_sums_are_exact_and_rows_have_no_order(rows: list[tuple[str, date, int]], chance: Random) -> None:
    texts = [(who, day.isoformat(), f"{minor // 100}.{minor % 100:02}") for who, day, minor in rows]
    found = score_tables(table(*texts), None, BY_AMOUNT, TODAY)
    for row in found.frame.to_dict("records"):
        mine = [minor for who, _, minor in rows if who == row["account_id"]]
        assert int(row["total_spend"].replace(".", "")) == sum(mine)
        assert row["purchases"] == len(mine)
    chance.shuffle(texts)
    again = score_tables(table(*texts), None, BY_AMOUNT, TODAY)
    assert again.frame.equals(found.frame)


def test_money_given_back_is_no_purchase_and_sums_stay_within_64_bits() -> None:
    every = BY_AMOUNT.model_copy(update={"transactions": ""})
    back = table(("a", "2026-01-01", "50"), ("a", "2026-02-01", "-20"), ("b", "2026-01-01", "-5"))
    rows = {one["account_id"]: one for one in score_tables(back, None, every, TODAY).frame.to_dict("records")}
    assert (rows["a"]["last_purchase"], rows["a"]["purchases"]) == (date(2026, 1, 1), 1)
    assert (rows["a"]["total_spend"], rows["b"]["total_spend"]) == ("30.00", "-5.00")
    assert (rows["b"]["purchases"], rows["b"]["label"]) == (0, None)
    huge = table(*[("a", "2026-01-01", "1000000000000000")] * 93)
    [row] = score_tables(huge, None, every, TODAY).frame.to_dict("records")
    assert row["total_spend"] == "92233720368547758.07"


def test_purchases_of_several_kinds_are_not_in_one_table() -> None:
    several = BY_AMOUNT.model_copy(update={"purchases": (Contribution(source="invoices"),)})
    with pytest.raises(UnreadableTableError, match="Write `transactions` with criteria"):
        score_tables(DEALS, None, several, TODAY)


def test_nothing_is_scored_as_nothing() -> None:
    assert score_tables(table(), None, BY_AMOUNT, TODAY).frame.empty
    found = score_tables(table(), PEOPLE, BY_AMOUNT, TODAY)
    assert found.frame["label"].isna().all()
    assert len(found.frame) == 4


@pytest.mark.parametrize(
    ("deals", "people", "words"),
    [
        (pd.DataFrame({"account_id": ["a"], "day": ["x"]}), None, "no column occurred_on and none amount"),
        (table(("a", "soon", "5")), None, "Row 1 of the transactions has 'soon' in occurred_on"),
        (table(("a", "2026-01-01", "5"), ("a", "2026-01-01", "1.005")), None, "Row 2 .*'1.005' in amount"),
        (table(("a", "2026-01-01", "1e30")), None, "Row 1 .* amount"),
        (DEALS, pd.DataFrame({"name": ["a"]}), "accounts have no column account_id"),
        (DEALS, pd.DataFrame({"account_id": ["a", "a"]}), "more than once"),
    ],
)
def test_what_cannot_be_read_is_named(deals: pd.DataFrame, people: pd.DataFrame | None, words: str) -> None:
    with pytest.raises(UnreadableTableError, match=words):
        score_tables(deals, people, BY_AMOUNT, TODAY)
