"""Companies and random criteria over them, with a plain second opinion, value by value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pandas as pd

from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today
from scoring.criteria.tree import (
    And,
    Between,
    Compare,
    In,
    IsEmpty,
    Node,
    Not,
    Operator,
    Or,
    conjunction,
    disjunction,
)

TODAY = Today(date(2026, 11, 29))
CATALOG = Catalog(
    (
        Field("industry", FieldType.TEXT, "account.industry", ("Industry",)),
        Field("country", FieldType.TEXT, "account.country"),
        Field("employees", FieldType.NUMBER, "account.employees"),
        Field("annual_revenue", FieldType.MONEY, "account.annual_revenue_minor"),
        Field("public", FieldType.BOOLEAN, "raw:truth:Public"),
        Field("tags", FieldType.LIST, "raw:list:Tag"),
    )
)
TEXTS = ("Retail", "retail", "Health Care", "", None, "technolgy", "ßtraße")
NUMBERS = (None, 0, 1, 99, 100, 999, 1000, 25_000)
MONEY = (None, 0, 1, 5_000_000_000, 4_999_999_999, 10**15, -3)
Account = dict[str, Any]


def random_account(random: Random) -> Account:
    """Values of one company, many of them unknown."""
    return {
        "industry": random.choice(TEXTS),
        "country": random.choice(TEXTS),
        "employees": random.choice(NUMBERS),
        "annual_revenue": random.choice(MONEY),
        "public": random.choice([True, False, None]),
        "tags": random.choice([[], ["New"], ["new", "VIP"], None]),
    }


def frame(accounts: list[Account]) -> pd.DataFrame:
    """The companies as criteria read them."""
    columns: dict[str, Any] = {
        name: pd.Series([one[name] for one in accounts], dtype=object)
        for name in ("industry", "country", "public", "tags")
    }
    columns |= {
        name: pd.array([one[name] for one in accounts], dtype="Int64")
        for name in ("employees", "annual_revenue")
    }
    return pd.DataFrame({"account_id": [str(at) for at in range(len(accounts))]} | columns)


def random_criteria(random: Random, depth: int = 2) -> Node:
    """A tree of conditions."""
    kind = random.randrange(5) if depth else 4
    if kind == 0:
        return Not(random_criteria(random, depth - 1))
    if kind < 4:
        parts = [random_criteria(random, depth - 1) for _ in range(random.choice([2, 2, 3]))]
        return conjunction(*parts) if kind == 1 else disjunction(*parts)
    return _condition(random)


def meets(node: Node, account: Account) -> bool:
    """Whether a company meets criteria."""
    if isinstance(node, Not):
        return not meets(node.part, account)
    if isinstance(node, And | Or):
        found = [meets(part, account) for part in node.parts]
        return all(found) if isinstance(node, And) else any(found)
    assert isinstance(node, Compare | In | Between | IsEmpty)
    return _meets_condition(node, account)


def _meets_condition(node: Compare | In | Between | IsEmpty, account: Account) -> bool:
    value = account[node.field]
    unknown = value is None or value in ("", [])
    if isinstance(node, IsEmpty):
        return unknown
    if isinstance(node, Compare) and node.operator is Operator.NE:
        return unknown or not _compares(value, Operator.EQ, node.value, node.field)
    if unknown:
        return False
    if isinstance(node, In):
        return any(_compares(value, Operator.EQ, one, node.field) for one in node.values)
    if isinstance(node, Between):
        low = _compares(value, Operator.GE, node.low, node.field)
        return low and _compares(value, Operator.LE, node.high, node.field)
    return _compares(value, node.operator, node.value, node.field)


def _compares(value: Any, operator: Operator, wanted: Any, field: str) -> bool:
    if operator is Operator.HAS:
        return any(one.casefold() == wanted.casefold() for one in value)
    if isinstance(value, str):
        value, wanted = value.casefold(), wanted.casefold()
    if field == "annual_revenue":
        value = Decimal(value) / 100
    tests: dict[Operator, bool] = {
        Operator.EQ: value == wanted,
        Operator.CONTAINS: isinstance(value, str) and wanted in value,
        Operator.STARTS_WITH: isinstance(value, str) and value.startswith(wanted),
        Operator.ENDS_WITH: isinstance(value, str) and value.endswith(wanted),
    }
    if not isinstance(value, str | bool):
        tests |= {
            Operator.LT: value < wanted,
            Operator.LE: value <= wanted,
            Operator.GT: value > wanted,
            Operator.GE: value >= wanted,
        }
    return tests[operator]


def _condition(random: Random) -> Node:
    name = random.choice(["industry", "country", "employees", "annual_revenue", "public", "tags"])
    if random.random() < 0.15:
        return IsEmpty(name)
    if name in ("industry", "country"):
        return _about_text(random, name)
    if name == "public":
        return Compare(name, random.choice([Operator.EQ, Operator.NE]), random.random() < 0.5)
    if name == "tags":
        return Compare(name, Operator.HAS, random.choice(["new", "VIP", "none"]))
    return _about_number(random, name)


def _about_text(random: Random, name: str) -> Node:
    words = [text for text in TEXTS if text]
    if random.random() < 0.3:
        return In(name, tuple(random.sample(words, 2)))
    operators = [Operator.EQ, Operator.NE, Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH]
    return Compare(name, random.choice(operators), random.choice([*words, "e", "T"]))


def _about_number(random: Random, name: str) -> Node:
    numbers = [Decimal(text) for text in ("0", "1", "99.5", "100", "1000", "50000000", "0.01", "-0.03")]
    if random.random() < 0.2:
        low, high = sorted(random.sample(numbers, 2))
        return Between(name, low, high)
    order = [Operator.EQ, Operator.NE, Operator.LT, Operator.LE, Operator.GT, Operator.GE]
    return Compare(name, random.choice(order), random.choice(numbers))
