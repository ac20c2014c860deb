from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import Fatal
from connector.zoho import coql


def test_a_query() -> None:
    where = coql.all_of("Amount > 5", coql.one_of("Stage", ["Won", "O'Neil"]), "id is not null")
    assert coql.select(["id", "Amount"], "Deals", where, limit=10) == (
        "select id, Amount from Deals "
        "where ((Amount > 5 and Stage in ('Won', 'O''Neil')) and id is not null) order by id asc limit 10"
    )
    assert coql.all_of() == "id is not null"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("x", "'x'"),
        (True, "true"),
        (5, "5"),
        (Decimal("1E+2"), "100"),
        (date(2026, 2, 1), "'2026-02-01'"),
        (datetime(2026, 2, 1, 3, 4, 5, 6, tzinfo=UTC), "'2026-02-01T03:04:05+00:00'"),
    ],
)
def test_literals(value: str | int | Decimal | date | datetime, written: str) -> None:
    assert coql.literal(value) == written


@given(st.text())
def test_no_text_ends_its_quotes(text: str) -> None:
    inner = coql.literal(text)[1:-1]
    assert inner.replace("''", "").count("'") == 0
    assert inner.replace("''", "'") == text


@pytest.mark.parametrize("name", ["a b", "", "1a", "x;y", "a'", "Deals where 1", "a\n"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(Fatal):
        coql.select([name], "Deals", "id is not null")


def test_limits_are_kept() -> None:
    with pytest.raises(Fatal):
        coql.select(["id"], "Deals", "id is not null", limit=2001)
    with pytest.raises(Fatal):
        coql.one_of("id", [])
    with pytest.raises(Fatal):
        coql.one_of("id", ["x"] * 51)
    with pytest.raises(Fatal):
        coql.literal(datetime(2026, 1, 1))  # noqa: DTZ001 -- that is the point
    with pytest.raises(Fatal):
        coql.literal(Decimal("Infinity"))


AT = datetime(2026, 2, 1, 3, tzinfo=UTC)


def test_places_in_the_order_of_changes_are_nested_in_pairs() -> None:
    assert coql.behind(AT, "7") == (
        "(Modified_Time > '2026-02-01T03:00:00+00:00' or "
        "(Modified_Time = '2026-02-01T03:00:00+00:00' and id > '7'))"
    )
    assert coql.up_to(AT, "7") == (
        "(Modified_Time < '2026-02-01T03:00:00+00:00' or "
        "(Modified_Time = '2026-02-01T03:00:00+00:00' and id <= '7'))"
    )


def test_an_order_by_two_fields_and_a_count() -> None:
    where = coql.compare("Modified_Time", ">=", AT)
    assert coql.select(["A"], "Deals", where, order_by=("Modified_Time", "id"), limit=200) == (
        "select A from Deals where Modified_Time >= '2026-02-01T03:00:00+00:00' "
        "order by Modified_Time asc, id asc limit 200"
    )
    assert coql.count("Deals", coql.all_of()) == "select COUNT(id) from Deals where id is not null"
    with pytest.raises(Fatal):
        coql.count("Deals where 1", "x")
    with pytest.raises(Fatal):
        coql.compare("a b", "=", "x")
