from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import Skippable
from connector.ports import CrmRecord
from connector.zoho import fields
from connector.zoho.fields import record_reader

COLUMNS = {
    "name": "Deal_Name",
    "account_id": "Account_Name",
    "amount_minor": "Amount",
    "occurred_on": "Closing_Date",
    "modified_at": "Modified_Time",
    "employees": "Employees",
}
RECORD = {
    "id": "5437000000000000017",
    "Deal_Name": "Konex · GTX Pro",
    "Account_Name": {"id": "12", "name": "Konex"},
    "Amount": Decimal("1054.1"),
    "Closing_Date": "2026-02-28",
    "Modified_Time": "2026-02-28T19:00:00-05:00",
    "Employees": 42,
    "$state": "save",
}


def parsed(text: str) -> Any:
    """As the client parses answers."""
    return json.loads(text, parse_float=Decimal)


def test_a_record_becomes_typed_columns_and_its_whole_text() -> None:
    record = record_reader(COLUMNS)(RECORD)
    assert record.id == "5437000000000000017"
    assert record.columns == {
        "name": "Konex · GTX Pro",
        "account_id": "12",
        "amount_minor": 105410,
        "occurred_on": date(2026, 2, 28),
        "modified_at": datetime(2026, 3, 1, tzinfo=UTC),
        "employees": 42,
    }
    assert parsed(record.raw) == RECORD
    assert '"Amount":1054.1,' in record.raw


def test_what_is_empty_is_none() -> None:
    assert set(record_reader(COLUMNS)({"id": "1"}).columns.values()) == {None}
    blank = dict.fromkeys(COLUMNS.values(), "") | {"id": "1"}
    assert set(record_reader(COLUMNS)(blank).columns.values()) == {None}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Amount", "much"),
        ("Amount", True),
        ("Amount", []),
        ("Amount", Decimal("1e400")),
        ("Amount", 10**19),
        ("Amount", "NaN"),
        ("Employees", 2**31),
        ("Closing_Date", "28.02.2026"),
        ("Closing_Date", 20260228),
        ("Closing_Date", "2026-02-30"),
        ("Modified_Time", "2026-02-28T19:00:00"),
        ("Modified_Time", "now"),
        ("Modified_Time", 5),
        ("Modified_Time", "0001-01-01T00:00:00+14:00"),
        ("Account_Name", [1]),
        ("Account_Name", {"id": {"id": 1}}),
        ("Account_Name", "1; DROP TABLE"),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(Skippable, match=f"^{field}: "):
        record_reader(COLUMNS)(RECORD | {field: value})


@pytest.mark.parametrize("identifier", [None, "", True, {}, "1" * 33, "a b"])
def test_a_record_without_a_usable_id(identifier: Any) -> None:
    with pytest.raises(Skippable, match="no id"):
        record_reader(COLUMNS)(RECORD | {"id": identifier})


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("60000", 6_000_000),
        ("0.005", 0),
        ("0.015", 2),
        ("0.025", 2),
        ("-0.015", -2),
        ("1.005", 100),
        ("2.675", 268),
        ("99999999999999.99", 9_999_999_999_999_999),
        ("1.5E+3", 150_000),
        ('"12.34"', 1234),
    ],
)
def test_money_is_exact_and_rounded_half_to_even(written: str, minor: int) -> None:
    assert fields.money_minor(parsed(written)) == minor


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=4))
def test_money_is_the_nearest_hundredth(amount: Decimal) -> None:
    minor = fields.money_minor(amount)
    assert minor is not None
    assert abs(Fraction(amount) * 100 - minor) <= Fraction(1, 2)
    assert minor == int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(st.integers(0, 4_000_000_000), st.integers(-720, 840))
def test_an_instant_is_the_same_whatever_its_offset(seconds: int, minutes: int) -> None:
    aware = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    assert fields.instant(aware.isoformat()) == aware
    assert fields.day(aware.isoformat()) == aware.date()


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (["A", "B", None], "A; B"),
        ([], None),
        ([{"name": "Key", "id": "1", "color_code": None}], "Key"),
        ({"name": "Konex", "id": "1"}, "Konex"),
        (7, "7"),
        (Decimal("7.50"), "7.50"),
        (True, "true"),
        ("", None),
    ],
)
def test_text_of_what_is_not_text(value: Any, read: str | None) -> None:
    assert fields.text(value) == read


@pytest.mark.parametrize(
    ("value", "read"), [("17", "17"), (17, "17"), ({"id": 17, "name": None}, "17"), (None, None)]
)
def test_lookups_in_every_form(value: Any, read: str | None) -> None:
    assert fields.lookup_id(value) == read


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.text(st.characters(codec=None), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def read_or_skip(values: dict[str, Any]) -> CrmRecord | str:
    try:
        return record_reader(COLUMNS)(values | {"id": "1"})
    except Skippable as skipped:
        return str(skipped)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*COLUMNS.values(), "Other"]), JSON))
def test_no_record_does_worse_than_be_skipped(values: dict[str, Any]) -> None:
    record = read_or_skip(values)
    if isinstance(record, str):
        assert record.partition(":")[0] in COLUMNS.values()
        return
    record.raw.encode()
    assert "\\u0000" not in record.raw
    assert "\x00" not in str(record.columns["name"])
    assert set(parsed(record.raw)) == {*values, "id"}
