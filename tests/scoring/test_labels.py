"""Labels: the first whose criteria hold; the order of the list says what is better."""

from __future__ import annotations

import pandas as pd
import pytest

from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.label_rules import Direction, direction, fields_used, is_worse, read_rules
from scoring.labels import assign, label_standings
from scoring.shape import Label
from scoring.standing import Standing
from tests.support.maven_reference import last_close

CATALOG = Catalog(
    (
        Field("r", FieldType.NUMBER, "score.r"),
        Field("purchases", FieldType.NUMBER, "score.purchases"),
        Field("industry", FieldType.TEXT, "account.industry"),
    )
)
TODAY = Today(last_close())
LABELS = ("VIP", "Loyal", "Lost")


def labels_of(frame: pd.DataFrame, *labels: tuple[str, str]) -> list[str | None]:
    rules = read_rules([Label(name=name, when=when) for name, when in labels], CATALOG)
    return assign(frame, rules, CATALOG, TODAY)


def accounts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "r": pd.array([5, 4, 1, None], dtype="Int64"),
            "purchases": pd.Series([9, 1, 3, 0], dtype="int64"),
            "industry": pd.Series(["medical", "retail", None, "Medical"], dtype=object),
        }
    )


def test_the_first_label_whose_criteria_hold_wins() -> None:
    given = labels_of(accounts(), ("Top", "r >= 4"), ("Frequent", "purchases >= 3"), ("Rest", "r >= 1"))
    assert given == ["Top", "Top", "Frequent", None]


def test_accounts_without_purchases_can_be_named() -> None:
    assert labels_of(accounts(), ("Top", "r >= 1"), ("Prospect", "purchases = 0"))[3] == "Prospect"


def test_account_fields_decide_too() -> None:
    given = labels_of(accounts(), ("Health", "industry = medical"), ("Other", "not industry = medical"))
    assert given == ["Health", "Other", "Other", "Health"]


def test_no_accounts_have_no_labels() -> None:
    assert labels_of(accounts().iloc[:0], ("Top", "r >= 4")) == []


def test_criteria_with_an_unknown_field_are_refused() -> None:
    with pytest.raises(CriteriaError):
        labels_of(accounts(), ("Top", "recency >= 4"))


@pytest.mark.parametrize(
    ("old", "new", "had_label", "leads_to"),
    [
        ("VIP", "Lost", True, Direction.WORSE),
        ("Lost", "Loyal", True, Direction.BETTER),
        ("VIP", None, True, Direction.WORSE),
        (None, "Lost", True, Direction.BETTER),
        (None, "Lost", False, Direction.ENTERED),
        ("Removed label", "Lost", True, Direction.ENTERED),
        ("Removed label", None, True, Direction.WORSE),
    ],
)
def test_the_order_of_labels_says_where_a_change_leads(
    old: str | None, new: str | None, had_label: bool, leads_to: Direction
) -> None:
    assert direction(LABELS, old, new, had_label=had_label) is leads_to


def test_no_label_is_below_every_label() -> None:
    assert is_worse(LABELS, "Lost", "VIP")
    assert is_worse(LABELS, None, "Lost")
    assert not is_worse(LABELS, "Loyal", "Loyal")
    assert not is_worse(LABELS, "VIP", None)


def test_the_fields_that_criteria_use() -> None:
    text = "not (r >= 4 or industry is empty) and purchases between 1 and 3 and industry in (a, b)"
    assert fields_used(parse(text, CATALOG)) == {"r", "industry", "purchases"}
    assert fields_used(parse("", CATALOG)) == set()


def test_the_labels_that_one_account_would_have() -> None:
    rules = read_rules(
        [Label(name="Top", when="r >= 4 and industry = medical"), Label(name="Rest", when="r >= 1")], CATALOG
    )
    tries = [Standing(r=5), Standing(r=1), Standing()]
    assert label_standings(tries, rules, CATALOG, TODAY, {"industry": "Medical"}) == ["Top", "Rest", None]
    assert label_standings(tries, rules, CATALOG, TODAY, {"industry": None}) == ["Rest", "Rest", None]
    with pytest.raises(KeyError, match="industry"):
        label_standings(tries, rules, CATALOG, TODAY, {})
