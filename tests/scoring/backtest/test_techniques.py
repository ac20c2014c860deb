"""Each technique on past days: what it said then, what followed, and nothing of what came later."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.backtest.accounts import AccountFields, lower_half, upper_half
from scoring.backtest.days import NotMeasurableError, Trial, chosen_days
from scoring.backtest.engagement import backtest_engagement
from scoring.backtest.leaving import backtest_leaving
from scoring.backtest.recommendations import OFTEN, POPULAR, backtest_recommendations
from scoring.backtest.results import Backtest, backtest_from
from scoring.backtest.rfm import backtest_rfm
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today
from scoring.engagement.config import Channel, EngagementSegmentation
from scoring.leaving.config import LeavingSegmentation
from scoring.leaving.fields import FIELDS
from scoring.offline import SCORES
from scoring.recommendations.config import Kind, RecommendationSegmentation
from scoring.recommendations.recommend import score as recommend
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from tests.scoring.recommending.shop import AS_OF, firms, shop
from tests.support.leaving_world import BEGIN, END, transactions

RFM = RfmSegmentation(
    name="Purchases",
    labels=(
        Label(name="Good", when="r >= 4 and f >= 3"),
        Label(name="Fair", when="r >= 3"),
        Label(name="Slipping", when="r = 2"),
        Label(name="Gone", when="purchases >= 1"),
    ),
)
LEAVING = LeavingSegmentation(name="Leaving")
HISTORY = transactions(accounts=300)
OF_RISK = AccountFields(Catalog(FIELDS))


@pytest.fixture(scope="module")
def trial() -> Trial:
    return chosen_days(BEGIN, Today(END), 90, 2)


@pytest.fixture(scope="module")
def leaving(trial: Trial) -> Backtest:
    return backtest_leaving(HISTORY, LEAVING, trial, OF_RISK)


def test_rfm_labels_beside_what_followed_counted_by_hand(trial: Trial) -> None:
    found = backtest_rfm(HISTORY, RFM, trial, AccountFields())
    assert [(one.day, one.group) for one in found.windows] == [
        (day, group) for day in trial.days for group in ("all", "bought more than once")
    ]
    for window in found.windows[::2]:
        past = HISTORY[HISTORY["day"] <= window.day]
        after = HISTORY[(HISTORY["day"] > window.day) & (HISTORY["day"] <= window.until)]
        known, came = set(past["account_id"]), set(after["account_id"])
        assert (window.accounts, window.happened) == (len(known), len(known - came))
        worst = window.lists[0]
        assert worst.name == "label Slipping or Gone"
        assert {one.shown for one in window.lists} == {worst.shown}
        recency = past.groupby("account_id")["day"].max().map(lambda day, end=window.day: (end - day).days)
        certain = recency[recency > recency.nlargest(worst.shown).min()]
        least = len(set(certain.index) - came)
        assert least <= window.lists[1].right <= least + worst.shown - len(certain)
    counted = {one.label: one.accounts for one in found.labels}
    assert sum(counted.values()) == sum(window.accounts for window in found.windows[::2])


def test_risk_is_a_chance_and_labels_follow_it(leaving: Backtest) -> None:
    own, recency, rfm = leaving.windows[0].rankings
    assert [own.own, recency.own, rfm.own] == [True, False, False]
    assert own.auc is not None
    assert own.auc > 0.6
    assert own.brier is not None
    assert own.calibration_error is not None
    assert own.calibration_error < 0.15
    assert recency.brier is None
    shares = [one.share for one in leaving.labels if one.accounts >= 20 and one.share is not None]
    assert shares == sorted(shares)
    assert leaving.lead_times[0].own
    assert leaving.happened == "did not buy within 90 days"


def test_a_back_test_is_its_own_json(leaving: Backtest) -> None:
    assert backtest_from(json.loads(json.dumps(leaving.as_json()))) == leaving


@given(st.integers(0, 1_000))
@settings(max_examples=8, deadline=None)
def test_rfm_labels_know_nothing_of_later_days(seed: int) -> None:
    """When later purchases fall to other accounts, other things follow, but the same was said before."""
    day = BEGIN + timedelta(days=500)
    trial = chosen_days(BEGIN, Today(END), 90, [day])
    later = HISTORY["day"] > day
    mixed = HISTORY.copy()
    ids = mixed.loc[later, "account_id"].to_numpy()
    mixed.loc[later, "account_id"] = np.random.default_rng(seed).permutation(ids)
    before, after = (backtest_rfm(one, RFM, trial, AccountFields()) for one in (HISTORY, mixed))
    assert [one.accounts for one in before.labels] == [one.accounts for one in after.labels]


def test_a_risk_that_is_learned_knows_nothing_of_later_days() -> None:
    day = BEGIN + timedelta(days=500)
    trial = chosen_days(BEGIN, Today(END), 90, [day])
    ends = HISTORY[HISTORY["day"] <= day]
    before, after = (backtest_leaving(one, LEAVING, trial, OF_RISK) for one in (HISTORY, ends))
    assert [one.accounts for one in before.labels] == [one.accounts for one in after.labels]
    assert after.windows[0].happened == after.windows[0].accounts


def test_a_purchase_on_the_last_day_of_the_horizon_counts_and_one_a_day_later_does_not() -> None:
    rows = [("A", 0), ("A", 100), ("A", 130), ("B", 0), ("B", 100), ("B", 131), ("C", 101)]
    frame = pd.DataFrame(
        {
            "account_id": [name for name, _ in rows],
            "day": [BEGIN + timedelta(days=day) for _, day in rows],
            "amount_minor": [100] * len(rows),
        }
    )
    trial = chosen_days(BEGIN, Today(BEGIN + timedelta(days=200)), 30, [BEGIN + timedelta(days=100)])
    everybody = backtest_rfm(frame, RFM, trial, AccountFields()).windows[0]
    assert (everybody.accounts, everybody.happened) == (2, 1)
    assert everybody.note.startswith("Too little to say: 1 of 2 did not buy within 30 days")


def test_a_credit_note_is_no_purchase() -> None:
    frame = pd.DataFrame(
        {
            "account_id": ["A", "A", "A", "B"],
            "day": [BEGIN + timedelta(days=day) for day in (0, 95, 110, 95)],
            "amount_minor": [500, -100, -100, -100],
        }
    )
    trial = chosen_days(BEGIN, Today(BEGIN + timedelta(days=200)), 30, [BEGIN + timedelta(days=100)])
    everybody = backtest_rfm(frame, RFM, trial, AccountFields()).windows[0]
    assert (everybody.accounts, everybody.happened) == (1, 1)


def test_amounts_beyond_64_bits_are_refused_in_a_sentence(trial: Trial) -> None:
    huge = HISTORY.assign(amount_minor=9 * 10**17)
    with pytest.raises(NotMeasurableError, match="too large"):
        backtest_rfm(huge, RFM, trial, AccountFields())


def test_labels_that_ask_for_fields_have_todays_values_and_say_so() -> None:
    catalog = Catalog((*SCORES, Field("tier", FieldType.TEXT, "account.tier")))
    accounts = sorted(set(HISTORY["account_id"]))
    frame = pd.DataFrame({"tier": pd.Series(["Gold"] + ["Tin"] * (len(accounts) - 1), dtype=object)})
    fields = AccountFields(catalog, frame.set_index(pd.Index(accounts)))
    labels = (Label(name="Golden", when="tier = Gold"), Label(name="Others", when="purchases >= 1"))
    plan = RFM.model_copy(update={"labels": labels})
    trial = chosen_days(BEGIN, Today(END), 90, 1)
    found = backtest_rfm(HISTORY, plan, trial, fields)
    assert {one.label: one.accounts for one in found.labels}["Golden"] <= 1
    assert "tier, of which only today's values are known" in " ".join(found.warnings)
    assert AccountFields().warnings(RFM.labels) == ()


@pytest.mark.parametrize(
    ("half", "expected"), [(lower_half, [[2, 3], [2], [0]]), (upper_half, [[0, 1], [0], [0]])]
)
def test_the_ends_of_the_list_of_labels(
    half: Callable[[list[str]], range], expected: list[list[int]]
) -> None:
    assert [list(half(names)) for names in (list("abcd"), list("abc"), ["a"])] == expected


def test_engagement_sees_who_is_about_to_buy() -> None:
    """Everybody writes two weeks before buying, every 45 days."""
    rows, bought = [], []
    for number in range(80):
        for day in range(number % 45, 400, 45):
            when = BEGIN + timedelta(days=day)
            bought.append((f"A{number:02}", when, 100))
            rows.append((f"A{number:02}", pd.Timestamp(when - timedelta(days=14))))
    events = pd.DataFrame(rows, columns=["account_id", "occurred_at"]).assign(
        contact=None, event_type="email_received"
    )
    purchases = pd.DataFrame(bought, columns=["account_id", "day", "amount_minor"])
    channel = Channel(name="mail", points={"email_received": 10}, half_life_days=7)
    plan = EngagementSegmentation(name="Engagement", channels=(channel,))
    now = Today(BEGIN + timedelta(days=380))
    found = backtest_engagement(events, purchases, plan, chosen_days(BEGIN, now, 14, 3))
    assert len(found.windows) == 3
    for window in found.windows:
        own = next(one for one in window.rankings if one.own)
        recency = next(one for one in window.rankings if one.name == "days since the last purchase")
        assert own.auc is not None
        assert recency.auc is not None
        assert own.auc > 0.7 > recency.auc
        assert own.brier is None
        assert window.lists[0].name == "label Highly Engaged or Engaged"
        assert window.lists[0].median_days is not None
        assert 0 < window.lists[0].median_days <= 14
    assert found.better is None, "the days since they wrote say as much"
    assert "neither better nor worse" in found.verdict[0]


@pytest.fixture(scope="module")
def offers() -> Backtest:
    trial = chosen_days(date(2024, 7, 1), Today(AS_OF), 60, [date(2026, 3, 31)])
    return backtest_recommendations(shop(), firms(), PLAN, trial)


PLAN = RecommendationSegmentation(name="Offers", firmographics=("industry", "employees"))


def test_recommendations_beside_what_was_bought_counted_by_hand(offers: Backtest) -> None:
    lines, day = shop(), date(2026, 3, 31)
    past = lines[lines["day"] <= day]
    plan = PLAN.model_copy(update={"horizon_days": 60})
    said = recommend(past, firms(), plan, day).frame
    after = lines[(lines["day"] > day) & (lines["day"] <= day + timedelta(days=60))]
    bought = set(zip(after["account_id"], after["product_id"], strict=True))
    owned = set(zip(past["account_id"], past["product_id"], strict=True))
    by_group = {one.group: one for one in offers.windows}
    single = {
        "all products": (Kind.REPEAT_BUY, Kind.CROSS_SELL),
        "bought before": (Kind.REPEAT_BUY,),
        "new to the account": (Kind.CROSS_SELL,),
        "first buy": (Kind.FIRST_BUY,),
    }
    wanted = {"bought before": len(bought & owned), "new to the account": len(bought - owned)}
    wanted["all products"] = len(bought)
    for group, kinds in single.items():
        rows = said[said["kind"].isin(kinds)]
        named = set(zip(rows["account_id"], rows["product_id"], strict=True))
        own = by_group[group].lists[0]
        assert (own.shown, own.right) == (len(named), len(named & bought))
        assert own.wanted == wanted.get(group, 0)
    pairs = said[said["kind"] == Kind.BUNDLE]
    both = [
        {(who, one), (who, other)} <= bought
        for who, one, other in zip(
            pairs["account_id"], pairs["product_id"], pairs["with_product_id"], strict=True
        )
    ]
    assert (by_group["bundles"].lists[0].shown, by_group["bundles"].lists[0].right) == (len(both), sum(both))


def test_the_rules_name_as_many_products_to_each_account(offers: Backtest) -> None:
    lines, day = shop(), date(2026, 3, 31)
    past, after = lines[lines["day"] <= day], lines[lines["day"] > day]
    after = after[after["day"] <= day + timedelta(days=60)]
    bought = set(zip(after["account_id"], after["product_id"], strict=True))
    baskets = past.drop_duplicates(["account_id", "day", "product_id"])
    own = baskets.groupby(["account_id", "product_id"]).size()
    sells = baskets.groupby("product_id").size()
    said = recommend(past, firms(), PLAN.model_copy(update={"horizon_days": 60}), day).frame
    count = said[said["kind"].isin((Kind.REPEAT_BUY, Kind.CROSS_SELL))].groupby("account_id").size()
    often, popular = 0, 0
    for who, many in count.items():
        ranked = sorted(sells.index, key=lambda one: (-own.get((who, one), 0), -sells[one], one))
        often += sum((who, one) in bought for one in ranked[:many])
        best = sorted(sells.index, key=lambda one: (-sells[one], one))
        popular += sum((who, one) in bought for one in best[:many])
    lists = {one.name: one for one in offers.windows[0].lists}
    assert (lists[OFTEN].right, lists[POPULAR].right) == (often, popular)
    assert lists[OFTEN].shown == lists[POPULAR].shown == count.sum()


def test_probabilities_are_measured_on_every_candidate(offers: Backtest) -> None:
    whole, before, new = offers.windows[:3]
    assert whole.rows == before.rows + new.rows
    own = whole.rankings[0]
    assert own.auc is not None
    assert own.auc > 0.7
    assert own.brier is not None
    assert own.calibration_error is not None
    assert own.calibration_error < 0.1
    assert offers.happened == "bought what was recommended within 60 days"
    labels = {one.label: one for one in offers.labels}
    assert labels["Hot Prospect"].accounts > 0
    assert backtest_from(json.loads(json.dumps(offers.as_json()))) == offers


def test_recommendations_of_products_that_nobody_knew_are_not_asked_for() -> None:
    lines, day = shop(), date(2026, 3, 31)
    later = lines["day"] > day
    lines.loc[later, "product_id"] = "Q" + lines.loc[later, "product_id"].str[1:]
    trial = chosen_days(date(2024, 7, 1), Today(AS_OF), 60, [day])
    found = backtest_recommendations(lines, firms(), PLAN, trial)
    assert [one.wanted for one in found.windows[0].lists] == [0, 0, 0]
    assert found.better is None
