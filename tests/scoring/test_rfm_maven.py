"""The real organisation's scores against a computation that shares no code with the product; its labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from bot.app.config.published import read_configuration
from bot.app.config.starting import STARTING_DOCUMENT
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today
from scoring.explain import account_sentences
from scoring.label_rules import Direction, direction, read_rules
from scoring.labels import assign
from scoring.rfm import score, score_one
from scoring.rfm_config import RfmSegmentation
from scoring.standing import Standing
from tests.support.maven_reference import WonDeal, accounts, expected_scores, last_close, lose, won_deals

TODAY = last_close() + timedelta(days=1)
LOST_DAYS = 120
CATALOG = Catalog(
    (
        *(Field(name, FieldType.NUMBER, f"score.{name}") for name in ("r", "f", "m", "purchases")),
        Field("last_purchase", FieldType.DATE, "score.last_purchase"),
    )
)
BIG_ACCOUNTS = ("Konex", "Kan-code", "Condax", "Cheers", "Hottechi")


def starting_segmentation() -> RfmSegmentation:
    return read_configuration(STARTING_DOCUMENT, "starting.yaml").of(RfmSegmentation)[0]


def facts(deals: list[WonDeal]) -> pd.DataFrame:
    """What the store's aggregate gives, here by pandas; every account of the file, buyer or not."""
    rows = pd.DataFrame(
        {
            "account_id": [one.account for one in deals],
            "closed": [one.closed for one in deals],
            "minor": [one.minor for one in deals],
        }
    )
    grouped = rows.groupby("account_id").agg(
        last_purchase=("closed", "max"), purchases=("minor", "size"), spend_minor=("minor", "sum")
    )
    every = grouped.reindex(sorted(accounts())).rename_axis("account_id").reset_index()
    return every.assign(
        last_purchase=pd.Series(
            [None if pd.isna(one) else one for one in every["last_purchase"]], dtype=object
        ),
        purchases=every["purchases"].fillna(0).astype("int64"),
        spend_minor=every["spend_minor"].fillna(0).astype("int64"),
    )


def labels(deals: list[WonDeal], day: date = TODAY) -> dict[str, str | None]:
    plan = starting_segmentation()
    result = score(facts(deals), plan, Today(day))
    given = assign(result.frame, read_rules(plan.labels, CATALOG), CATALOG, Today(day))
    return dict(zip(result.frame["account_id"], given, strict=True))


@pytest.mark.parametrize("scores", [2, 3, 4, 5])
def test_every_score_of_the_organisation_equals_an_independent_computation(scores: int) -> None:
    deals = won_deals()
    plan = starting_segmentation().model_copy(update={"scores": scores})
    got = score(facts(deals), plan, Today(TODAY)).frame
    found = {
        row.account_id: (row.last_purchase, row.purchases, row.spend_minor, row.r, row.f, row.m)
        for row in got.itertuples()
    }
    expected = {
        name: (one.last_purchase, one.purchases, one.spend_minor, one.r, one.f, one.m)
        for name, one in expected_scores(deals, scores).items()
    }
    assert len(found) == 85
    assert found == expected


def test_moving_every_date_alike_changes_no_score() -> None:
    plan, shift = starting_segmentation(), timedelta(days=3249)
    then = score(facts(won_deals()), plan, Today(TODAY)).frame
    now = score(facts(won_deals(shift)), plan, Today(TODAY + shift)).frame
    for name in ("account_id", "r", "f", "m", "total"):
        assert then[name].to_list() == now[name].to_list()


def test_the_starting_labels_spread_over_the_organisation() -> None:
    given = labels(won_deals())
    assert Counter(given.values()) == {
        "Loyal": 21,
        "Needs Attention": 15,
        "At Risk": 13,
        "VIP": 12,
        "Hibernating": 11,
        "Promising": 7,
        "Champion": 6,
    }
    medical = {name for name, row in accounts().items() if row["sector"] == "medical"}
    assert {name for name in medical if given[name] == "VIP"} == {"Condax", "Isdom"}


def test_a_year_of_silence_is_lost() -> None:
    given = labels(won_deals(), TODAY + timedelta(days=400))
    assert {label for label in given.values() if label in {"At Risk", "Hibernating"}} == set()
    assert Counter(given.values())["Lost"] >= 17


@pytest.mark.parametrize("account", BIG_ACCOUNTS)
def test_a_big_account_that_loses_its_recent_deals_becomes_at_risk(account: str) -> None:
    deals = won_deals()
    order = [label.name for label in starting_segmentation().labels]
    before = labels(deals)[account]
    after = labels(lose(deals, account, TODAY - timedelta(days=LOST_DAYS)))[account]
    assert before == "VIP"
    assert after == "At Risk"
    assert direction(order, before, after, had_label=True) is Direction.WORSE


def test_losing_recent_deals_is_never_for_the_better() -> None:
    deals = won_deals()
    order = [label.name for label in starting_segmentation().labels]
    before = labels(deals)
    for account in accounts():
        after = labels(lose(deals, account, TODAY - timedelta(days=LOST_DAYS)))[account]
        assert after in {"At Risk", "Hibernating"}
        assert after == before[account] or order.index(after) > order.index(str(before[account]))


def test_an_account_that_loses_everything_has_no_label() -> None:
    assert labels(lose(won_deals(), "Konex", date.min))["Konex"] is None


def test_why_a_big_account_is_at_risk_and_what_would_bring_it_back() -> None:
    plan = starting_segmentation()
    deals = lose(won_deals(), "Konex", TODAY - timedelta(days=LOST_DAYS))
    thresholds = score(facts(deals), plan, Today(TODAY)).thresholds
    assert thresholds is not None
    own = [one for one in deals if one.account == "Konex"]
    fallen = replace(
        score_one(
            Standing(max(one.closed for one in own), len(own), sum(one.minor for one in own)), thresholds
        ),
        label="At Risk",
    )
    told = account_sentences(fallen, plan, thresholds, CATALOG, Today(TODAY), "USD", {}, target="VIP")
    assert told == (
        "Recency 1 of 5: last purchase 2 Sep 2017, 121 days ago (2 begins at 24 Dec 2017).",
        "Frequency 5 of 5: 65 purchases.",
        "Monetary 5 of 5: $153,181 in all.",
        "At Risk is for r = 1 and (f >= 2 or m >= 2) and last_purchase after 365 days ago.",
        "1 more purchase would make it VIP.",
    )


def test_an_account_without_purchases_is_explained_too() -> None:
    plan = starting_segmentation()
    thresholds = score(facts(won_deals()), plan, Today(TODAY)).thresholds
    told = account_sentences(Standing(), plan, thresholds, CATALOG, Today(TODAY), "USD", {})
    assert told == (
        "No purchase counts yet, so there are no scores.",
        "1 more purchase would make it Promising.",
    )
    assert account_sentences(Standing(), plan, None, CATALOG, Today(TODAY), "USD", {}) == told[:1]
