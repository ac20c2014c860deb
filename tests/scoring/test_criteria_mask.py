"""The mask over every kind of column that a frame may have; what it means is in the agreement test."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import IsEmpty

CATALOG = Catalog(
    (
        Field("name", FieldType.TEXT, ""),
        Field("count", FieldType.NUMBER, ""),
        Field("spend", FieldType.MONEY, ""),
        Field("day", FieldType.DATE, ""),
        Field("active", FieldType.BOOLEAN, ""),
        Field("tags", FieldType.LIST, ""),
    )
)
TODAY = Today(date(2026, 3, 31), zone=ZoneInfo("America/New_York"))


def holds(text: str, name: str, column: Any) -> list[bool]:
    result = mask(parse(text, CATALOG), pd.DataFrame({name: column}), CATALOG, TODAY)
    assert result.dtype == bool
    return result.tolist()


TEXTS = ["Acme", "ACME", None, "", "other"]


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_texts(dtype: Any) -> None:
    column = pd.Series(TEXTS, dtype=dtype)
    assert holds("name = acme", "name", column) == [True, True, False, False, False]
    assert holds("name != acme", "name", column) == [False, False, True, True, True]
    assert holds("name is empty", "name", column) == [False, False, True, True, False]
    assert holds("name not in (acme, other)", "name", column) == [False, False, True, True, False]


@pytest.mark.parametrize("dtype", ["Int64", "float64", object, "Float64"])
def test_numbers_with_gaps(dtype: Any) -> None:
    column = pd.Series([1, None, 3], dtype=dtype)
    assert holds("count >= 2", "count", column) == [False, False, True]
    assert holds("count != 1", "count", column) == [False, True, True]
    assert holds("count between 1 and 2.5", "count", column) == [True, False, False]
    assert holds("count in (1, 3)", "count", column) == [True, False, True]


def test_big_whole_numbers_are_exact() -> None:
    column = pd.Series([2**53, 2**53 + 1], dtype="int64")
    assert holds(f"count = {2**53 + 1}", "count", column) == [False, True]
    assert holds(f"count <= {10**20}", "count", column) == [True, True]


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64", object])
def test_money_is_compared_in_whole_units(dtype: Any) -> None:
    column = pd.Series([123_449, 123_450, 123_451], dtype=dtype)
    assert holds("spend >= 1,234.50", "spend", column) == [False, True, True]
    assert holds("spend > 1234.504", "spend", column) == [False, False, True]
    assert holds("spend = 1234.505", "spend", column) == [False, False, False]


BOUNDARIES = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 31), date(2026, 4, 1), None]


@pytest.mark.parametrize("dtype", [object, "datetime64[ns]", "datetime64[s]"])
def test_days(dtype: Any) -> None:
    column = pd.Series(BOUNDARIES, dtype=dtype)
    assert holds("day in last 30 days", "day", column) == [False, True, True, False, False]
    assert holds("day before 2026-03-02", "day", column) == [True, False, False, False, False]
    assert holds("day != today", "day", column) == [True, True, False, True, True]


@pytest.mark.parametrize("dtype", [object, "datetime64[us, UTC]"])
def test_an_instant_falls_on_the_day_that_it_is_in_the_organisations_zone(dtype: Any) -> None:
    moments = [datetime(2026, 3, 31, 3, 59, tzinfo=UTC), datetime(2026, 3, 31, 4, tzinfo=UTC), None]
    assert holds("day = today", "day", pd.Series(moments, dtype=dtype)) == [False, True, False]


@pytest.mark.parametrize("dtype", [object, "boolean"])
def test_yes_and_no(dtype: Any) -> None:
    column = pd.Series([True, False, None], dtype=dtype)
    assert holds("active = yes", "active", column) == [True, False, False]
    assert holds("active != yes", "active", column) == [False, True, True]


def test_lists() -> None:
    column = pd.Series([["Renewal", "x"], (), None, np.array(["RENEWAL"]), {"y"}])
    assert holds("tags has renewal", "tags", column) == [True, False, False, True, False]
    assert holds("tags is empty", "tags", column) == [False, True, True, False, False]


def test_the_index_is_kept_and_an_empty_frame_is_fine() -> None:
    frame = pd.DataFrame({"name": ["a", "b"]}, index=[7, 7])
    assert mask(parse("name = b", CATALOG), frame, CATALOG, TODAY).index.tolist() == [7, 7]
    assert mask(parse("", CATALOG), frame, CATALOG, TODAY).tolist() == [True, True]
    assert holds("name = a or not name = a", "name", pd.Series([], dtype=object)) == []


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(CriteriaError):
        mask(IsEmpty("nothing"), pd.DataFrame({"nothing": [1]}), CATALOG, TODAY)
    with pytest.raises(KeyError):
        mask(IsEmpty("name"), pd.DataFrame({"count": [1]}), CATALOG, TODAY)
