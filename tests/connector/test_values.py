from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.mapping import COLUMNS, Role
from connector.ports import CrmRecord, Unreadable, Value
from connector.zoho import fields
from connector.zoho.bodies import Answer, parsed
from connector.zoho.canonical import Form
from connector.zoho.records import Rate
from tests.support.zoho_records import reader, selection

FIELDS = {
    "Deal_Name": "text",
    "Account_Name": "lookup",
    "Amount": "currency",
    "Closing_Date": "date",
    "Modified_Time": "datetime",
    "Employees": "integer",
    "Owner": "ownerlookup",
    "Currency": "picklist",
    "Exchange_Rate": "double",
}
RECORD: dict[str, Any] = {
    "id": "5437000000000000017",
    "Deal_Name": "Konex · GTX Pro",
    "Account_Name": {"id": "12", "name": "Konex"},
    "Amount": 1054.1,
    "Closing_Date": "2026-02-28",
    "Modified_Time": "2026-02-28T19:00:00-05:00",
    "Employees": 42,
    "Owner": {"name": "Lovelace", "id": "900", "email": "old@example.com"},
    "$state": "save",
}
# The role's own columns, one of which reads whole numbers, and one a day.
ACCOUNTS = {
    "name": "Deal_Name",
    "employees": "Employees",
    "annual_revenue_minor": "Amount",
    "owner_id": "Owner",
    "parent_id": "Account_Name",
    "currency": "Currency",
    "exchange_rate": "Exchange_Rate",
    "created_at": "Modified_Time",
}
DEALS = {
    "name": "Deal_Name",
    "account_id": "Account_Name",
    "amount_minor": "Amount",
    "occurred_on": "Closing_Date",
    "modified_at": "Modified_Time",
    "owner_id": "Owner",
}


def read(
    record: dict[str, Any], role: Role = Role.TRANSACTIONS, rate: Rate = "per_home"
) -> CrmRecord | Unreadable:
    columns = DEALS if role is Role.TRANSACTIONS else ACCOUNTS
    good, bad = reader(selection(FIELDS, columns, role=role), Form.LIST, rate=rate).objects([record])
    assert len(good) + len(bad) == 1
    return good[0] if good else bad[0]


def values(record: CrmRecord | Unreadable, role: Role = Role.TRANSACTIONS) -> dict[str, Value]:
    assert isinstance(record, CrmRecord), record
    return dict(zip(COLUMNS[role], record.values, strict=True))


def test_a_record_becomes_typed_columns_and_its_whole_text() -> None:
    record = read(RECORD)
    assert isinstance(record, CrmRecord)
    assert record.id == "5437000000000000017"
    assert {name: one for name, one in values(record).items() if one is not None} == {
        "name": "Konex · GTX Pro",
        "account_id": "12",
        "amount_minor": 105410,
        "occurred_on": date(2026, 2, 28),
        "modified_at": datetime(2026, 3, 1, tzinfo=UTC),
        "owner_id": "900",
    }
    assert record.raw == (
        '{"id":"5437000000000000017","Account_Name":{"id":"12","name":"Konex"},"Amount":1054.1,'
        '"Closing_Date":"2026-02-28","Currency":null,"Deal_Name":"Konex · GTX Pro","Employees":42,'
        '"Exchange_Rate":null,"Modified_Time":"2026-03-01T00:00:00+00:00",'
        '"Owner":{"id":"900","name":"Ada Lovelace","email":"ada@example.com"}}'
    )


def test_what_is_empty_is_none() -> None:
    assert set(values(read({"id": "1"})).values()) == {None}
    blank = dict.fromkeys(FIELDS, "") | {"id": "1"}
    record = read(blank)
    assert set(values(record).values()) == {None}
    assert isinstance(record, CrmRecord)
    assert set(orjson.loads(record.raw).values()) == {None, "1"}


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
        ("Employees", -(2**31)),
        ("Closing_Date", "28.02.2026"),
        ("Closing_Date", 20260228),
        ("Closing_Date", "2026-02-30"),
        ("Modified_Time", "2026-02-28T19:00:00"),
        ("Modified_Time", "2026-02-28"),
        ("Modified_Time", "now"),
        ("Modified_Time", 5),
        ("Modified_Time", "0001-01-01T00:00:00+14:00"),
        ("Account_Name", [1]),
        ("Account_Name", {"id": {"id": 1}}),
        ("Account_Name", "1; DROP TABLE"),
        ("Owner", {"id": ["900"], "name": "x"}),
    ],
)
def test_a_value_of_the_wrong_kind_spoils_its_record_only_and_names_its_field(field: str, value: Any) -> None:
    role = Role.ACCOUNTS if field == "Employees" else Role.TRANSACTIONS
    columns = ACCOUNTS if field == "Employees" else DEALS
    page = [RECORD | {"id": "1"}, RECORD | {"id": "2", field: value}, RECORD | {"id": "3"}]
    good, bad = reader(selection(FIELDS, columns, role=role), Form.LIST).objects(page)
    assert [one.id for one in good] == ["1", "3"]
    assert values(good[1], role) == values(read(RECORD, role), role)
    (one,) = bad
    assert one.id == "2"
    assert one.reason.startswith(f"{field}: ")


@pytest.mark.parametrize("identifier", [None, "", True, {}, "1" * 33, "a b"])
def test_a_record_without_a_usable_id(identifier: Any) -> None:
    assert read(RECORD | {"id": identifier}) == Unreadable("?", "The record has no id.")


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("60000", 6_000_000),
        ("0.005", 0),
        ("0.015", 2),
        ("0.025", 2),
        ("-0.015", -2),
        ("1.005", 100),
        ("1.01500000000000001", 102),
        ("2.675", 268),
        ("1000000.015", 100_000_002),
        ("9999999999999.99", 999_999_999_999_999),
        ("99999999999999.99", 9_999_999_999_999_999),
        ("90071992547409.93", 9_007_199_254_740_993),
        ("9007199254740993", 900_719_925_474_099_300),
        ("1.5E+3", 150_000),
        ('"12.34"', 1234),
    ],
)
def test_money_is_exact_and_rounded_half_to_even(written: str, minor: int) -> None:
    content = f'{{"data": [{{"id": "1", "Amount": {written}}}]}}'.encode()
    rows = Answer(parsed(content), None, content).items("data", ["Amount"]) or []
    assert [values(read(row))["amount_minor"] for row in rows] == [minor]


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=4))
def test_money_is_the_nearest_hundredth(amount: Decimal) -> None:
    minor = fields.money_minor(amount)
    assert minor is not None
    assert abs(Fraction(amount) * 100 - minor) <= Fraction(1, 2)
    assert minor == int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_hundredths_come_back_from_a_double(minor: int) -> None:
    sign, whole, part = "-" if minor < 0 else "", *divmod(abs(minor), 100)
    assert fields.money_minor(float(f"{sign}{whole}.{part:02}")) == minor


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**25), max_value=10**25))
def test_a_number_is_the_same_as_text_and_as_a_number(exact: Decimal) -> None:
    content = f'{{"data": [{{"A": {exact:f}}}]}}'.encode()
    rows = Answer(parsed(content), None, content).items("data", ["A"]) or []
    as_number, as_text = fields.number(rows[0]["A"]), fields.number(f"{exact:f}")
    assert (type(as_number), str(as_number)) == (type(as_text), str(as_text))


@pytest.mark.parametrize(
    ("currency", "rate", "meaning", "minor"),
    [
        ("EUR", 0.8, "per_home", 125_000),
        ("EUR", 1.25, "home_per_unit", 125_000),
        ("EUR", 3, "per_home", 33_333),
        ("EUR", "0.8", "per_home", 125_000),
        ("USD", 0.8, "per_home", 100_000),
        ("EUR", 0, "per_home", 100_000),
        ("EUR", -2, "per_home", 100_000),
        ("EUR", None, "per_home", 100_000),
        ("EUR", "", "per_home", 100_000),
        ("EUR", 1, "per_home", 100_000),
    ],
)
def test_amounts_become_the_home_currency(currency: str, rate: Any, meaning: Rate, minor: int) -> None:
    foreign = {"id": "1", "Amount": 1000, "Currency": currency, "Exchange_Rate": rate}
    found = values(read(foreign, Role.ACCOUNTS, meaning), Role.ACCOUNTS)
    assert found["annual_revenue_minor"] == minor
    assert found["currency"] == currency
    assert found["exchange_rate"] == (None if rate in {None, ""} else str(rate))


def test_an_amount_that_its_rate_makes_too_large_spoils_its_record() -> None:
    foreign = {"id": "1", "Amount": 10**16, "Currency": "EUR", "Exchange_Rate": 0.000001}
    assert isinstance(read(foreign, Role.ACCOUNTS), Unreadable)


@given(st.integers(0, 4_000_000_000), st.integers(-720, 840))
def test_an_instant_is_the_same_whatever_its_offset(seconds: int, minutes: int) -> None:
    aware = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    assert fields.instant(aware.isoformat()) == aware
    assert fields.day(aware.isoformat()) == aware.date()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["A", "B", None], "A; B"),
        ([], None),
        ([{"name": "Key", "id": "1", "color_code": None}], "Key"),
        ({"name": "Konex", "id": "1"}, "Konex"),
        (7, "7"),
        (7.5, "7.5"),
        (1e-7, "0.0000001"),
        (True, "true"),
        ("", None),
    ],
)
def test_text_of_what_is_not_text(value: Any, text: str | None) -> None:
    assert fields.text(value) == text


@pytest.mark.parametrize(
    ("value", "identifier"), [("17", "17"), (17, "17"), ({"id": 17, "name": None}, "17"), (None, None)]
)
def test_lookups_in_every_form(value: Any, identifier: str | None) -> None:
    assert fields.lookup_id(value) == identifier
    assert values(read({"id": "1", "Account_Name": value}))["account_id"] == identifier


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([*FIELDS, "Other"]), JSON), min_size=1, max_size=3))
def test_no_record_does_worse_than_be_unreadable(records: list[dict[str, Any]]) -> None:
    content = json.dumps({"data": [{"id": str(row), **one} for row, one in enumerate(records)]}).encode()
    chosen = reader(selection(FIELDS, DEALS), Form.LIST)
    rows = Answer(parsed(content), None, content).items("data", chosen.numeric)
    assert rows is not None
    good, bad = chosen.objects(rows)
    assert sorted([*(one.id for one in good), *(one.id for one in bad)]) == [str(row) for row in range(len(records))]
    assert {one.reason.partition(":")[0] for one in bad} <= FIELDS.keys()
    for one in good:
        one.raw.encode()
        assert "\\u0000" not in one.raw.replace("\\\\", "")
        assert list(json.loads(one.raw)) == ["id", *sorted(FIELDS)]
