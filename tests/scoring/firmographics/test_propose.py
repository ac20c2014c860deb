"""Help in writing firmographic labels: what tells of success is found, and chance is not mistaken for it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.firmographics.classify import classify
from scoring.firmographics.config import UNCLASSIFIED, FirmographicLimits, FirmographicSegmentation, problems
from scoring.firmographics.propose import RulesProposal, propose_rules, separation
from scoring.firmographics.values import groups, rank_fields
from tests.support.firmographic_cases import CATALOG, TODAY

FIELDS = ("industry", "country", "employees", "annual_revenue", "public", "tags")
COUNT = 600


def companies(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    employees = pd.Series(rng.integers(1, 5_000, COUNT)).astype("Int64")
    employees = employees.mask(pd.Series(rng.random(COUNT) < 0.2))
    return pd.DataFrame(
        {
            "account_id": [str(at) for at in range(COUNT)],
            "industry": rng.choice(
                np.array(["Retail", "retail", "Banking", "Software", None], dtype=object), COUNT
            ),
            "country": rng.choice(np.array(["Germany", "France", "Spain"], dtype=object), COUNT),
            "employees": employees,
            "annual_revenue": pd.Series(rng.integers(0, 10**12, COUNT)).astype("Int64"),
            "public": rng.choice(np.array([True, False, None], dtype=object), COUNT),
            "tags": [[]] * COUNT,
        }
    )


def win_rates(frame: pd.DataFrame) -> pd.Series[float]:
    """Software wins 90 %; of the others those with 1,000 people or more 60 %, and the rest 10 %."""
    big = (frame["employees"] >= 1000).fillna(value=False)
    return pd.Series(np.where(frame["industry"] == "Software", 0.9, np.where(big, 0.6, 0.1)))


def outcomes(frame: pd.DataFrame, rates: pd.Series[float], seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    deals = frame["account_id"].repeat(5)
    return pd.DataFrame({"account_id": deals, "won": rng.random(len(deals)) < rates.repeat(5).to_numpy()})


def proposed(frame: pd.DataFrame, rates: pd.Series[float], seed: int = 0) -> RulesProposal:
    deals = outcomes(frame, rates)
    per_account = deals.groupby("account_id")["won"].mean().reindex(frame["account_id"])
    return propose_rules(frame, per_account.tolist(), CATALOG, FIELDS, seed=seed)


def test_the_fields_that_tell_of_wins_come_first() -> None:
    frame = companies()
    ranks = rank_fields(frame, outcomes(frame, win_rates(frame)), CATALOG, FIELDS)
    assert [one.field for one in ranks[:2]] == ["employees", "industry"]
    assert all(one.chance == 0 and one.bits > 0.02 for one in ranks[:2])
    assert all(one.bits < 0.003 for one in ranks[2:])
    assert {one.field for one in ranks} == set(FIELDS) - {"tags"}
    employees = next(one for one in ranks if one.field == "employees")
    assert employees.known == pytest.approx(0.8, abs=0.05)


def test_shuffled_wins_tell_nothing() -> None:
    frame = companies()
    flat = pd.Series(np.full(COUNT, 0.4))
    ranks = rank_fields(frame, outcomes(frame, flat), CATALOG, FIELDS)
    assert max(one.bits for one in ranks) < 0.003
    assert proposed(frame, flat).labels == ()
    assert proposed(frame, flat).warnings == ("No field tells accounts apart better than chance would.",)


def test_many_deals_of_few_accounts_are_no_proof() -> None:
    frame = companies().iloc[:12]
    won = np.repeat(np.random.default_rng(5).random(12) < 0.5, 200)
    deals = pd.DataFrame({"account_id": frame["account_id"].repeat(200), "won": won})
    ranks = rank_fields(frame, deals, CATALOG, ["country"])
    assert ranks[0].chance > 0.05


def test_labels_are_proposed_that_can_be_published_as_they_are() -> None:
    frame = companies(12)
    found = proposed(frame, win_rates(frame))
    assert [(one.label.name, one.label.when) for one in found.labels] == [
        ("Best Fit", "industry = Software"),
        ("Fair Fit", "employees >= 1000"),
        ("Poor Fit", "not employees >= 1000"),
    ]
    assert [round(one.worth, 1) for one in found.labels] == [0.9, 0.6, 0.1]
    kinds = FirmographicSegmentation(name="Fit", labels=tuple(one.label for one in found.labels))
    assert list(problems(kinds, FirmographicLimits())) == []
    given = classify(frame, kinds, CATALOG, TODAY)
    assert given.counts == {one.label.name: one.accounts for one in found.labels} | {UNCLASSIFIED: 0}
    rates = win_rates(frame).to_numpy(np.float64)
    assert separation(given.frame["label"].to_numpy(), rates) > 2 * separation(
        frame["country"].to_numpy(), rates
    )
    assert separation(given.frame["label"].to_numpy(), rates) > 0.9


def test_the_order_of_rows_decides_no_field_and_a_run_can_be_repeated() -> None:
    frame = companies(12)
    rates = win_rates(frame)
    assert proposed(frame, rates) == proposed(frame, rates)
    mixed = frame.sample(frac=1, random_state=4)
    one = [label.label for label in propose_rules(frame, rates.tolist(), CATALOG, FIELDS).labels]
    other = [
        label.label for label in propose_rules(mixed, rates[mixed.index].tolist(), CATALOG, FIELDS).labels
    ]
    assert one == other


def test_unknown_is_a_value_that_can_be_asked_for() -> None:
    frame = companies()
    rates = pd.Series(np.where(frame["employees"].isna(), 0.9, 0.1))
    found = proposed(frame, rates)
    assert found.labels[0].label.when == "employees is empty"
    truths = pd.Series(np.where(frame["public"].map(lambda one: one is True), 0.9, 0.1))
    assert proposed(frame, truths).labels[0].label.when == "public = true"


def test_only_values_that_criteria_can_name_are_named() -> None:
    catalog = Catalog((Field("industry", FieldType.TEXT, "", values=("Retail", "Banking")),))
    frame = pd.DataFrame(
        {"industry": ["gone"] * 40 + ["Retail"] * 40 + ["Banking"] * 40 + ["x" * 2_000] * 40}
    )
    worth = [1.0] * 40 + [2.0] * 40 + [0.0] * 40 + [1.0] * 40
    found = propose_rules(frame, worth, catalog, ["industry"])
    assert [one.label.when for one in found.labels] == [
        "industry = Retail",
        "not industry = Banking",
        "industry = Banking",
    ]


def test_too_little_to_learn_from_is_a_sentence() -> None:
    few = propose_rules(companies().iloc[:8], [1.0] * 7 + [math.nan], CATALOG, FIELDS)
    assert few.warnings == ("Only 7 accounts to learn from: two labels need at least 20.",)
    same = propose_rules(companies(), [3.0] * COUNT, CATALOG, FIELDS)
    assert same.labels == ()
    assert (
        rank_fields(companies(), outcomes(companies(), win_rates(companies())).iloc[:0], CATALOG, FIELDS)[
            0
        ].bits
        == 0
    )


def test_numbers_and_texts_as_groups() -> None:
    money = Field("annual_revenue", FieldType.MONEY, "")
    assert groups(pd.Series([5, None, 1, 4, 3, 2], dtype="Int64"), money).tolist() == [5, 0, 1, 4, 3, 2]
    assert groups(pd.Series([7, 7, None]), money).tolist() == [1, 1, 0]
    assert groups(pd.Series([None, None], dtype=object), money).tolist() == [0, 0]
    text = Field("industry", FieldType.TEXT, "")
    assert groups(pd.Series(["b", "A", "a", "", None], dtype=object), text).tolist() == [2, 1, 1, 0, 0]
    many = groups(pd.Series([f"v{at:02}" for at in range(30)]), text)
    assert (many.min(), many.max()) == (1, 21)


def test_the_share_of_the_variance_between_parts() -> None:
    worth = np.array([1.0, 1.0, 3.0, 3.0])
    assert separation(["a", "a", "b", "b"], worth) == 1
    assert separation(["a", "b", "a", "b"], worth) == 0
    assert separation(["a", "b", "a", "b"], worth, np.array([1.0, 0.0, 0.0, 1.0])) == 1
    assert separation(["a", "a"], np.array([2.0, 2.0])) == 0
    assert separation([], np.array([])) == 0
