"""Firmographic labels: exactly one per account, as a plain second opinion says, and explained."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest

from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.firmographics.classify import FirmographicResult, classify, coverage, labelled
from scoring.firmographics.config import UNCLASSIFIED, FirmographicLimits, FirmographicSegmentation, problems
from scoring.firmographics.explain import explain
from scoring.label_rules import LabelRule
from scoring.shape import Label
from tests.support.firmographic_cases import (
    CATALOG,
    TODAY,
    Account,
    frame,
    meets,
    random_account,
    random_criteria,
)

RULE_SETS, PARTS = 2_000, 2
PREDEFINED = FirmographicSegmentation(name="Size")
COMPANY: Account = {
    "industry": "Retail",
    "country": None,
    "employees": None,
    "annual_revenue": 6_000_000_000,
    "public": None,
    "tags": [],
}


def segmentation(*labels: tuple[str, str]) -> FirmographicSegmentation:
    return FirmographicSegmentation(
        name="Kind", labels=tuple(Label(name=name, when=when) for name, when in labels)
    )


def classified(accounts: list[Account], *labels: tuple[str, str]) -> FirmographicResult:
    return classify(frame(accounts), segmentation(*labels) if labels else PREDEFINED, CATALOG, TODAY)


@pytest.mark.parametrize("part", range(PARTS))
def test_thousands_of_random_rule_sets_say_what_a_plain_reading_says(part: int) -> None:
    random = Random(20261129 + part)
    accounts = [random_account(random) for _ in range(8)]
    rows = frame(accounts)
    labels_given: set[str] = set()
    for _ in range(RULE_SETS // PARTS):
        rules = [LabelRule(f"L{at}", random_criteria(random, 1)) for at in range(random.randint(2, 3))]
        for account, label in zip(accounts, labelled(rows, rules, CATALOG, TODAY)[0], strict=True):
            expected = next((rule.name for rule in rules if meets(rule.when, account)), UNCLASSIFIED)
            assert label == expected, [canonical(rule.when) for rule in rules]
            labels_given.add(label)
    assert labels_given == {"L0", "L1", "L2", UNCLASSIFIED}


def test_deep_criteria_written_as_text_say_the_same_and_are_explained() -> None:
    random = Random(7)
    accounts = [random_account(random) for _ in range(6)]
    for _ in range(25):
        trees = [random_criteria(random, 3) for _ in range(3)]
        kinds = segmentation(*((f"L{at}", canonical(tree)) for at, tree in enumerate(trees)))
        found = classify(frame(accounts), kinds, CATALOG, TODAY)
        assert sum(found.counts.values()) == len(accounts)
        for account, row in zip(accounts, found.frame.itertuples(index=False), strict=True):
            told = explain(account, kinds, CATALOG, TODAY)
            assert told.label == row.label
            assert [one.holds for one in told.judged] == [meets(tree, account) for tree in trees]
            fired = next((one.criterion for one in told.judged if one.holds), None)
            assert fired == row.criterion


def test_the_predefined_labels() -> None:
    changes: list[Account] = [
        {"employees": 1000},
        {"employees": 999, "annual_revenue": 100_000_000_000},
        {"employees": 999},
        {"annual_revenue": 4_999_999_999},
        {"annual_revenue": None},
        {"employees": 0, "annual_revenue": None},
    ]
    found = classified([COMPANY | change for change in changes])
    assert found.frame["label"].tolist() == [
        *("Enterprise", "Enterprise", "Mid-Market", "Small Business", "Unknown Size", UNCLASSIFIED)
    ]
    assert found.frame["criterion"].tolist() == [
        "employees >= 1000",
        "annual_revenue >= 1B",
        "employees >= 100",
        "annual_revenue > 0",
        "employees is empty and annual_revenue is empty",
        None,
    ]
    assert found.counts == {
        "Enterprise": 2,
        "Mid-Market": 1,
        "Small Business": 1,
        "Unknown Size": 1,
        UNCLASSIFIED: 1,
    }
    assert list(problems(PREDEFINED, FirmographicLimits())) == []


def test_what_is_known_is_counted_and_little_is_said() -> None:
    unknown = {"employees": None, "annual_revenue": 1}
    found = classified([COMPANY | unknown] * 3 + [COMPANY | {"employees": 5}])
    assert [(one.field, one.known, one.share) for one in found.coverage] == [
        ("employees", 1, 0.25),
        ("annual_revenue", 4, 1.0),
    ]
    assert found.warnings == (
        "'employees' is known of 1 of 4 accounts (25%): where it is not, its conditions do not hold.",
        "No account is 'Enterprise'.",
        "No account is 'Unknown Size'.",
    )
    one_kind = classified([COMPANY] * 20, ("Any", "industry is not empty"), ("Other", "industry is empty"))
    assert one_kind.warnings[0].startswith("20 of 20 accounts are 'Any'")
    empty = classified([])
    assert (empty.frame.empty, empty.warnings) == (True, ("There are no accounts.",))
    texts = coverage(frame([COMPANY | {"industry": ""}]), ["industry", "tags"], CATALOG, TODAY)
    assert [one.known for one in texts] == [0, 0]


def test_an_account_is_told_what_is_in_the_way() -> None:
    kinds = segmentation(
        ("Shops", 'industry = retail and country = Germany and (public = yes or tags has "Key")'),
        ("Big", "employees >= 1000 or annual_revenue >= 50M"),
    )
    told = explain(COMPANY, kinds, CATALOG, TODAY)
    assert told.label == "Big"
    shops, big = told.judged
    assert [one.text for one in shops.in_the_way] == ["country = Germany", "public = true"]
    assert [(one.holds, one.value, one.unknown) for one in shops.conditions] == [
        (True, "Retail", False),
        (False, None, True),
        (False, None, True),
        (False, None, True),
    ]
    assert (big.criterion, [one.text for one in big.in_the_way]) == (
        "annual_revenue >= 50M",
        ["annual_revenue >= 50M"],
    )
    assert told.unknown == ("country", "employees", "public", "tags")


def test_order_of_rows_and_other_accounts_decide_nothing() -> None:
    random = Random(3)
    accounts = [random_account(random) for _ in range(50)]
    rows = frame(accounts)
    whole = classify(rows, PREDEFINED, CATALOG, TODAY).frame.set_index("account_id")
    mixed = classify(rows.sample(frac=1, random_state=1), PREDEFINED, CATALOG, TODAY).frame
    alone = classify(rows.iloc[7:8], PREDEFINED, CATALOG, TODAY).frame
    for part in (mixed, alone):
        pd.testing.assert_frame_equal(part.set_index("account_id"), whole.loc[part["account_id"]])


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(CriteriaError, match="employees"):
        classified([COMPANY], ("A", "employes > 3"), ("B", "employees > 3"))
    account = {name: value for name, value in COMPANY.items() if name != "country"}
    kinds = segmentation(("A", "country = x"), ("B", "country = y"))
    with pytest.raises(KeyError, match="country"):
        explain(account, kinds, CATALOG, TODAY)


def test_problems_say_where_and_what_to_do() -> None:
    wrong = segmentation(("A", "employees > 3"), ("a", " "), ("unclassified", "employees > 1"))
    found = {one.path: one.sentence for one in problems(wrong, FirmographicLimits(firmographic_labels=2))}
    assert "3 labels; there have to be 2 to 2" in found[("labels",)]
    assert "stands twice" in found[("labels", 1)]
    assert "no criteria" in found[("labels", 1, "when")]
    assert "another name" in found[("labels", 2, "name")]
    one = next(problems(segmentation(("A", "employees > 3")), FirmographicLimits()))
    assert "has 1 label;" in one.sentence
