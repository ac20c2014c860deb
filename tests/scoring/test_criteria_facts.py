"""Facts over data frames, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from scoring.criteria.fields import Catalog, Field, FieldType, Relation
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from tests.support.account_criteria import CATALOG

TODAY = Today(date(2026, 3, 31))
THINGS = Catalog(
    (
        Field("money", FieldType.MONEY, ""),
        Field("share", FieldType.NUMBER, ""),
        Field("whole", FieldType.NUMBER, ""),
        Field("day", FieldType.DATE, ""),
    )
)
PLAIN = Catalog((), relations=(Relation("things", "thing", THINGS),))
LARGE = 2**63 - 1
DAYS = ["2026-03-01", "2026-01-01", "NaT", "1000-01-01", *["NaT"] * 4]
THEIRS = pd.DataFrame(
    {
        "money": pd.array([1, 2, None, LARGE, LARGE, -5, -(2**63), -1], dtype="Int64"),
        "share": [0.1, 0.2, None, 1e300, -1e300, -0.29, 0.5, 0.25],
        "whole": pd.array([1, 2, 2, LARGE, LARGE, -5, 3, 4], dtype="Int64"),
        "day": np.array(
            ["2026-03-01", "2026-01-01", "NaT", "1000-01-01", *["NaT"] * 4], dtype="datetime64[s]"
        ),
    },
    index=["a", "a", "a", "b", "b", "c", "d", "d"],
)
FACTS = {
    "things.sum(money) = 0.03": "a",
    "things.sum(money) = 0": "e",
    "things.sum(money) >= 92233720368547758.07": "b",
    "things.sum(money) < -90000000000000000": "d",
    "things.average(money) = 0.01": "a",
    "things.average(money) < -0.04": "cd",
    "things.average(money) is empty": "e",
    "things.sum(share) = 0.3": "a",
    "things.sum(share) = 0": "be",
    "things.sum(share) = -0.29": "c",
    "things.average(share) between 0.15 and 0.375": "ad",
    "things.largest(share) > 1B": "b",
    "things.average(whole) = 1.6666": "a",
    "things.sum(whole) in (5, 7, -5)": "acd",
    "things.smallest(whole) = -5": "c",
    "things.first(day) = 2026-01-01": "a",
    "things.last(day) before 2026-03-02": "ab",
    "things.last(day) is empty": "cde",
    "things.count where (whole = 2) = 2": "a",
    "any thing where whole = 2": "a",
    "all things where whole > 2": "bde",
    "no thing": "e",
}


@pytest.mark.parametrize("text", FACTS)
def test_facts_over_frames(text: str) -> None:
    frame = pd.DataFrame(index=list("abcde"))
    found = mask(parse(text, PLAIN), frame, PLAIN, TODAY, {"thing": THEIRS})
    assert "".join(found.index[found]) == FACTS[text]


def test_rows_may_be_repeated_and_related_rows_may_belong_to_nobody() -> None:
    frame = pd.DataFrame(index=["a", "c", "a"])
    node = parse("things.count = 3", PLAIN)
    assert mask(node, frame, PLAIN, TODAY, {"thing": THEIRS}).tolist() == [True, False, True]


def test_without_related_rows_a_condition_is_a_column_by_its_text() -> None:
    node = parse("not things.count where (whole > 1) > 1", PLAIN)
    frame = pd.DataFrame({"things.count where (whole > 1) > 1": [True, False]})
    assert mask(node, frame, PLAIN, TODAY).tolist() == [False, True]
    with pytest.raises(KeyError):
        mask(parse("any thing", PLAIN), frame, PLAIN, TODAY)


def test_numbers_in_parts_and_segments_over_frames() -> None:
    frame = pd.DataFrame({"churn_risk": pd.array([6001, 6000, None], dtype="Int64"), "r": [5, 4, 3]})
    text = 'churn_risk > 60% or (in segment "Berlin VIPs" and r < 5)'
    assert mask(parse(text, CATALOG), frame, CATALOG, TODAY).tolist() == [True, True, False]
