"""What people write becomes the tree that they mean, or an error that says where and what was meant."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.tree import (
    Ago,
    Always,
    And,
    Between,
    Calendar,
    Compare,
    In,
    InPeriod,
    IsEmpty,
    Node,
    Not,
    Operator,
    Or,
    Rolling,
    Unit,
)

LABELS = ("VIP", "Champion", "At Risk")
CATALOG = Catalog(
    (
        Field("name", FieldType.TEXT, ""),
        Field("industry", FieldType.TEXT, "", values=("Health Care", "Retail")),
        Field("annual_revenue", FieldType.MONEY, "", ("Annual Revenue",)),
        Field("employees", FieldType.NUMBER, ""),
        Field("country", FieldType.TEXT, "", ("billing_country",)),
        Field("owner", FieldType.TEXT, ""),
        Field("label", FieldType.TEXT, "", values=LABELS),
        Field("label.Purchase behaviour", FieldType.TEXT, "", values=LABELS),
        Field("r", FieldType.NUMBER, ""),
        Field("f", FieldType.NUMBER, ""),
        Field("deals.count", FieldType.NUMBER, ""),
        Field("last_purchase", FieldType.DATE, ""),
        Field("closing_date", FieldType.DATE, ""),
        Field("website", FieldType.TEXT, ""),
        Field("tags", FieldType.LIST, ""),
        Field("Customer_Tier", FieldType.TEXT, "", ("Customer Tier",)),
        Field("active", FieldType.BOOLEAN, ""),
    )
)


def compare(field: str, operator: str, value: object) -> Compare:
    return Compare(field, Operator(operator), value)  # type: ignore[arg-type]  # short to write


VIP_OR_CHAMPION = Or((compare("label", "=", "VIP"), compare("label", "=", "Champion")))
READ: dict[str, Node] = {
    "": Always(),
    " \n ": Always(),
    'industry = "Health Care" and (label = VIP or label = Champion)': And(
        (compare("industry", "=", "Health Care"), VIP_OR_CHAMPION)
    ),
    "annual_revenue >= 1M and billing_country in (Germany, Austria) and not owner is empty": And(
        (
            compare("annual_revenue", ">=", Decimal(1_000_000)),
            In("country", ("Germany", "Austria")),
            Not(IsEmpty("owner")),
        )
    ),
    "last_purchase before 90 days ago": compare("last_purchase", "before", Ago(90)),
    "closing_date in this quarter": InPeriod("closing_date", Calendar(Unit.QUARTER, 0)),
    "closing_date not in last 30 days": Not(InPeriod("closing_date", Rolling(30, Unit.DAY))),
    "closing_date IN Next 2 Weeks": InPeriod("closing_date", Rolling(-2, Unit.WEEK)),
    "closing_date after in 7 days": compare("closing_date", "after", Ago(-7)),
    "closing_date in (today, yesterday, 2026-02-28)": In("closing_date", (Ago(0), Ago(1), date(2026, 2, 28))),
    "closing_date between 2 months ago and today": Between("closing_date", Ago(2, Unit.MONTH), Ago(0)),
    'name contains "acme"': compare("name", "contains", "acme"),
    "name starts  with Acme": compare("name", "starts with", "Acme"),
    "name ends with Inc.": compare("name", "ends with", "Inc."),
    "website is  empty": IsEmpty("website"),
    "website is not empty": Not(IsEmpty("website")),
    "tags has renewal": compare("tags", "has", "renewal"),
    'label."Purchase behaviour" = vip': compare("label.Purchase behaviour", "=", "VIP"),
    "label.“Purchase behaviour” = 'at risk'": compare("label.Purchase behaviour", "=", "At Risk"),
    '"Customer Tier" = Gold': compare("Customer_Tier", "=", "Gold"),
    "industry = health care and r = 1": And(
        (compare("industry", "=", "Health Care"), compare("r", "=", Decimal(1)))
    ),
    "deals.count <> 3": compare("deals.count", "!=", Decimal(3)),
    "employees ≥ 10": compare("employees", ">=", Decimal(10)),
    "annual_revenue between 1,000 and $2,500.50": Between("annual_revenue", Decimal(1000), Decimal("2500.5")),
    "annual_revenue > €1.5m": compare("annual_revenue", ">", Decimal(1_500_000)),
    "employees not in (1, 2)": Not(In("employees", (Decimal(1), Decimal(2)))),
    "r > 40%": compare("r", ">", Decimal(40)),
    "r > -2k": compare("r", ">", Decimal(-2000)),
    "active = yes": compare("active", "=", True),
    "name = O'Neil": compare("name", "=", "O'Neil"),
    "name = 5": compare("name", "=", "5"),
    "name = today": compare("name", "=", "today"),
    r'name = "say \"hi\" \\ there"': compare("name", "=", r'say "hi" \ there'),
    "r = 1 or r = 2 and f = 3": Or(
        (compare("r", "=", Decimal(1)), And((compare("r", "=", Decimal(2)), compare("f", "=", Decimal(3)))))
    ),
    "NOT (r = 1 AND f = 2)": Not(And((compare("r", "=", Decimal(1)), compare("f", "=", Decimal(2))))),
    "not not r = 1": Not(Not(compare("r", "=", Decimal(1)))),
    "r = 1 and (f = 2 and (r = 3))": And(
        (compare("r", "=", Decimal(1)), compare("f", "=", Decimal(2)), compare("r", "=", Decimal(3)))
    ),
}


@pytest.mark.parametrize("text", READ)
def test_it_is_read_as_it_is_meant(text: str) -> None:
    assert parse(text, CATALOG) == READ[text]


def test_a_keyword_inside_a_word_is_no_keyword() -> None:
    assert parse("name = in-house and country = Andorra", CATALOG) == And(
        (compare("name", "=", "in-house"), compare("country", "=", "Andorra"))
    )


# text -> where, what the message says, what is suggested
WRONG: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "r = 1 and industri = x": (10, "There is no field industri.", ("industry",)),
    "Customer Tear = Gold": (9, 'A field\'s name of several words needs quotation marks: "…".', ()),
    '"Customer Tear" = Gold': (0, 'There is no field "Customer Tear".', ("Customer_Tier",)),
    "industry = healthcare": (11, "industry has no value healthcare.", ("Health Care",)),
    "label in (VIP, Champoin)": (15, "label has no value Champoin.", ("Champion",)),
    "r >= abc": (5, "r is a number field, but abc is a text.", ()),
    "r >= 2026-01-01": (5, "r is a number field, but 2026-01-01 is a date.", ()),
    "last_purchase > 5": (16, "last_purchase is a date field, but 5 is a number.", ()),
    "active = maybe": (9, "active is a yes/no field, but maybe is a text.", ()),
    "r contains 4": (2, "`contains` compares text, but r is a number field.", ()),
    "name > b": (5, "`>` compares number or money or date, but name is a text field.", ()),
    "name before today": (5, "`before` compares date, but name is a text field.", ()),
    "tags = x": (5, "but tags is a list field.", ()),
    "tags in (a)": (0, "tags is a list field: use `has`", ()),
    "name between a and b": (0, "`between` compares number or money or date", ()),
    "name has x": (5, "`has` compares list, but name is a text field.", ()),
    "r in ()": (0, "The list after r in is empty.", ()),
    "employees in (1,200)": (14, "Is 1,200 one number or several? Write 1200 or 1, 200.", ()),
    "r between 5 and 2": (10, "Nothing is between 5 and 2", ()),
    "industry in retail": (12, "Values after `in` stand in brackets: industry in (retail).", ()),
    "last_purchase in june": (17, "june is no period.", ()),
    "last_purchase before last month": (21, "write last_purchase in last month", ()),
    "last_purchase = 2026-02-30": (16, "There is no day 2026-02-30 in the calendar.", ()),
    "last_purchase = 0001-01-01": (16, "no day between the years 1000 and 8999", ()),
    "last_purchase before 999999 years ago": (21, "999999 years is too far away.", ()),
    "last_purchase in last 0 days": (17, "A period has at least one day.", ()),
    'name = ""': (7, "write `name is empty`", ()),
    'name = "a\0b"': (7, "a character that no record can hold", ()),
    f"r = {'9' * 25}": (4, "A number has at most 24 digits.", ()),
    "employees": (9, "an operator such as =, >=, in, contains or is empty is missing", ()),
    "employees =": (11, "a value is missing", ()),
    "r between 4": (11, "`and` with the higher end is missing", ()),
    "(r = 1": (6, "a closing bracket is missing", ()),
    "r = 1)": (5, "There is no open bracket to close here.", ()),
    "r = 1 and": (9, "a condition is missing", ()),
    "r = 1 or or f = 2": (9, "or cannot stand here: a condition should.", ()),
    "r >= 4 f = 3": (9, "= cannot stand here: `and` or `or` should.", ()),
    "name = made in italy": (12, "A value that contains the word in needs quotation marks", ()),
    'name = "x': (7, "This quotation mark has no partner.", ()),
    "name not contains x": (5, "Write `not` before the field.", ()),
    "name = a !": (9, "! cannot stand here.", ()),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_with_its_place_and_what_was_meant(text: str) -> None:
    position, message, nearest = WRONG[text]
    with pytest.raises(CriteriaError) as caught:
        parse(text, CATALOG)
    assert (caught.value.position, caught.value.nearest[:1]) == (position, nearest[:1])
    assert message in caught.value.message


def test_every_name_of_a_field_is_suggested_in_its_canonical_spelling() -> None:
    with pytest.raises(CriteriaError, match="Did you mean country"):
        parse("biling_country = x", CATALOG)


ONE = compare("r", "=", Decimal(1))
WORDS = (
    "r",
    "name",
    "=",
    "in",
    "(",
    ")",
    "and",
    "or",
    "not",
    '"',
    "'",
    "1",
    ",",
    "is empty",
    "between",
    "\0",
    "ß",
)


def error_or_tree(text: str) -> CriteriaError | Node:
    try:
        return parse(text, CATALOG)
    except CriteriaError as error:
        return error


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "r = 1" + ")" * 5000,
        "not " * 4000 + "r = 1",
        " or ".join(["(r = 1 and not f = 2)"] * 600),
        "r = 1 and " * 3000 + "r = 1",
    ],
    ids=["brackets", "nots", "groups", "long"],
)
def test_a_monstrous_text_is_refused_or_read_but_breaks_nothing(text: str) -> None:
    read = error_or_tree(text)
    assert "at most" in read.message if isinstance(read, CriteriaError) else read == ONE


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS)))
def test_any_text_gives_a_tree_or_a_criteria_error(words: list[str]) -> None:
    text = " ".join(words)
    read = error_or_tree(text)
    if isinstance(read, CriteriaError):
        assert read.position is None or 0 <= read.position <= len(text)
    else:
        assert parse(canonical(read), CATALOG) == read
