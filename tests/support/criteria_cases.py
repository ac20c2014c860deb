"""Random fields, rows and criteria: for the tests in which every execution of the criteria has to agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today
from scoring.criteria.tree import (
    Ago,
    Between,
    Calendar,
    Compare,
    In,
    InPeriod,
    IsEmpty,
    Node,
    Not,
    Operator,
    Rolling,
    Unit,
    Value,
    conjunction,
    disjunction,
)

CATALOG = Catalog(
    (
        Field("name", FieldType.TEXT, "row.name", ("Account_Name",)),
        Field("employees", FieldType.NUMBER, "row.employees"),
        Field("visits", FieldType.NUMBER, "row.visits"),
        Field("money", FieldType.MONEY, "row.money_minor"),
        Field("day", FieldType.DATE, "row.day"),
        Field("moment", FieldType.DATE, "row.moment"),
        Field("Tier", FieldType.TEXT, "raw:text:Tier", ("Customer Tier",)),
        Field("who.name", FieldType.TEXT, "raw:named:Who"),
        Field("Ratio", FieldType.NUMBER, "raw:number:Ratio"),
        Field("Renewal", FieldType.DATE, "raw:day:Renewal"),
        Field("Seen", FieldType.DATE, "raw:instant:Seen"),
        Field("Active", FieldType.BOOLEAN, "raw:truth:Active"),
        Field("Tags", FieldType.LIST, "raw:list:Tags"),
        Field("Kinds", FieldType.LIST, "raw:list:Kinds"),
        Field("grade", FieldType.TEXT, "row.grade", values=("VIP", "At Risk", "größte")),
    )
)
TODAY = Today(date(2026, 3, 31), 4, ZoneInfo("America/New_York"))

# Few letters, so that values meet; among them those that bite: case, umlauts, LIKE's own, marks, spaces.
LETTERS = "aAbBäÄßẞ\u017fsSİiI\u0131éE%_/\\\"' ,()κΣςσ😀"
words = st.text(LETTERS, min_size=1, max_size=4) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5
)
texts = st.none() | st.just("") | words
near_days = st.dates(date(2024, 12, 1), date(2027, 6, 1))
days = near_days | st.dates(date(1000, 1, 1), date(8999, 12, 31))
cents = st.integers(-300, 300) | st.integers(-(2**63), 2**63 - 1)
# New York's midnights and the hour that summer time leaves out are among them.
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)) | st.sampled_from(  # noqa: DTZ001
    [
        datetime(2026, 3, 31, 4, tzinfo=UTC),
        datetime(2026, 3, 31, 3, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
    ]
)
offsets = st.sampled_from(["+00:00", "-04:00", "+05:30", "-14:00", "+14:59"])
# What is kept of a date-time field: an instant in UTC, rarely at another offset, or whatever came.
raw_moments = (
    moments.map(datetime.isoformat)
    | st.builds(
        lambda moment, offset: moment.strftime("%Y-%m-%dT%H:%M:%S") + offset,
        st.datetimes(datetime(1000, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001
        offsets,
    )
    | st.sampled_from(
        [
            *("2026-02-29T10:00:00+00:00", "2024-02-29T10:00:00+00:00", "2100-02-29T10:00:00+00:00"),
            *("2026-03-31T24:00:00+00:00", "2026-03-31T10:00:60+00:00", "2026-13-01T10:00:00+00:00"),
            *(
                "2026-03-31T10:00:00+15:00",
                "2026-03-31T10:00:00",
                "2026-03-31",
                "2026-03-31T10:00:00.5+00:00",
            ),
            *("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-04-31T10:00:00+00:00"),
        ]
    )
)
doubles = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.1, 0.5, -1.5, 100.0])


def _raws() -> st.SearchStrategy[dict[str, Any]]:
    # Kinds that do not fit the type have to count as missing everywhere.
    odd: st.SearchStrategy[Any] = st.sampled_from([7, "seven", True, [], {}])
    return st.fixed_dictionaries(
        {},
        optional={
            "Tier": texts | odd,
            "Who": st.none() | st.builds(lambda name: {"id": "1", "name": name}, texts) | odd,
            "Ratio": st.none() | doubles | st.integers(-5, 5) | odd,
            "Renewal": st.none()
            | near_days.map(date.isoformat)
            | near_days.map(lambda day: f"{day.isoformat()}T10:00:00-04:00")
            | odd,
            "Seen": st.none() | raw_moments | odd,
            "Active": st.none() | st.booleans() | st.just("true"),
            "Tags": st.none() | st.lists(words, max_size=3) | st.just("no list"),
            "Kinds": st.none() | st.lists(words.map(lambda name: {"id": "2", "name": name}), max_size=3),
        },
    )


rows = st.lists(
    st.fixed_dictionaries(
        {
            "name": texts,
            "employees": st.none() | st.integers(-3, 3) | st.integers(-(2**31), 2**31 - 1),
            "visits": st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
            "money": st.none() | cents,
            "day": st.none() | days,
            "moment": st.none() | moments,
            "grade": st.sampled_from([None, "", "vip", "VIP", "At Risk", "GRÖSSTE", "other"]),
            "raw": _raws(),
        }
    ),
    min_size=1,
    max_size=8,
)

numbers = (
    st.integers(-4, 4).map(Decimal)
    | st.integers(-(2**63), 2**63).map(Decimal)
    | st.decimals(-5, 5, places=3)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**22), max_value=10**22, places=1)
    | st.sampled_from([Decimal("0.1"), Decimal(9007199254740993), Decimal(10) ** 20])
)
agos = st.builds(Ago, st.integers(-40, 500), st.just(Unit.DAY)) | st.builds(
    Ago, st.integers(-8, 8), st.sampled_from(Unit)
)
periods = st.builds(Calendar, st.sampled_from(Unit), st.integers(-1, 1)) | st.builds(
    Rolling, st.integers(1, 400) | st.integers(-60, -1), st.sampled_from(Unit)
)

_EQUALITY = [Operator.EQ, Operator.NE]
_ORDER = [*_EQUALITY, Operator.LT, Operator.LE, Operator.GT, Operator.GE]
_VALUES: Mapping[FieldType, st.SearchStrategy[Value]] = {
    FieldType.TEXT: words,
    FieldType.NUMBER: numbers,
    FieldType.MONEY: numbers,
    FieldType.DATE: days | agos,
    FieldType.BOOLEAN: st.booleans(),
    FieldType.LIST: words,
}
_OPERATORS: Mapping[FieldType, list[Operator]] = {
    FieldType.TEXT: [*_EQUALITY, Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH],
    FieldType.NUMBER: _ORDER,
    FieldType.MONEY: _ORDER,
    FieldType.DATE: [*_ORDER, Operator.BEFORE, Operator.AFTER],
    FieldType.BOOLEAN: _EQUALITY,
    FieldType.LIST: [Operator.HAS],
}


def values(field: Field) -> st.SearchStrategy[Value]:
    """Values that suit a field."""
    return st.sampled_from(field.values) if field.values else _VALUES[field.type]


def _between(field: Field, low: Any, high: Any) -> Node:
    if type(low) is type(high) and not isinstance(low, Ago) and low > high:
        low, high = high, low
    return Between(field.name, low, high)


def leaves_of(field: Field) -> st.SearchStrategy[Node]:
    """Conditions of every form that suits a field."""
    name, value = st.just(field.name), values(field)
    forms: list[st.SearchStrategy[Node]] = [
        st.builds(Compare, name, st.sampled_from(_OPERATORS[field.type]), value),
        st.just(IsEmpty(field.name)),
    ]
    if field.type is not FieldType.LIST:
        forms.append(st.builds(In, name, st.lists(value, min_size=1, max_size=4).map(tuple)))
    if field.type in {FieldType.NUMBER, FieldType.MONEY, FieldType.DATE}:
        forms.append(st.builds(_between, st.just(field), value, value))
    if field.type is FieldType.DATE:
        forms.append(st.builds(InPeriod, name, periods))
    return st.one_of(forms)


# Built once: to build a strategy while another is drawn from costs more than the tests themselves.
leaves = st.one_of([leaves_of(field) for field in CATALOG])
trees: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda parts: (
        st.builds(Not, parts)
        | st.lists(parts, min_size=2, max_size=3).map(lambda some: conjunction(*some))
        | st.lists(parts, min_size=2, max_size=3).map(lambda some: disjunction(*some))
    ),
    max_leaves=5,
)
