"""Explanations: why a label is what it is, why it changed, what would bring an account back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.periods import Today
from scoring.explain import WayBack, reasons, way_back, why, written_way_back
from scoring.rfm import Cuts, DayBands, Thresholds, score, score_one
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
from scoring.standing import Standing
from scoring.wording import written_day, written_money

DAY = date(2026, 11, 24)
THRESHOLDS = Thresholds(
    recency=Cuts(tuple(date(2026, month, 1).toordinal() for month in (7, 9, 10, 11))),
    frequency=Cuts((2, 5, 10, 40)),
    monetary=Cuts((100_000, 500_000, 1_000_000, 10_000_000)),
)
LABELS = ("VIP", "Loyal", "At Risk")


def standing(day: date | None, purchases: int, spend_minor: int, label: str | None = None) -> Standing:
    return replace(score_one(Standing(day, purchases, spend_minor), THRESHOLDS), label=label)


def by_scores(tries: Sequence[Standing]) -> list[str | None]:
    """VIP for 4 and more everywhere, Loyal for 3, At Risk for the rest."""
    least = [min(one.r or 0, one.f or 0, one.m or 0) for one in tries]
    return ["VIP" if low >= 4 else "Loyal" if low == 3 else "At Risk" if low else None for low in least]


def test_money_and_days_are_written_as_people_write_them() -> None:
    assert written_money(10_100_000, "USD") == "$101,000"
    assert written_money(-1_250, "EUR") == "-€12.50"
    assert written_money(5, "CHF") == "CHF 0.05"
    assert written_day(date(2026, 7, 3)) == "3 Jul 2026"


def test_a_big_account_that_lost_its_deals() -> None:
    old = standing(date(2026, 11, 12), 108, 26_924_500)
    new = standing(date(2026, 7, 3), 66, 16_824_500)
    assert reasons(old, new, DAY, "USD") == (
        "Last purchase moved back from 12 Nov 2026 to 3 Jul 2026.",
        "42 purchases worth $101,000 no longer count.",
        "Recency score 5 → 2 (last purchase 144 days ago).",
    )


def test_a_purchase_that_brings_an_account_back() -> None:
    old, new = standing(date(2026, 8, 1), 3, 300_000), standing(DAY, 4, 5_300_000)
    assert reasons(old, new, DAY, "USD") == (
        "Last purchase moved on from 1 Aug 2026 to 24 Nov 2026.",
        "1 new purchase worth $50,000.",
        "Recency score 2 → 5 (last purchase today).",
    )


def test_a_first_purchase_and_the_loss_of_all() -> None:
    nothing, one = standing(None, 0, 0), standing(date(2026, 11, 23), 1, 5_000)
    assert reasons(nothing, one, DAY, "USD") == (
        "First purchase that counts: 23 Nov 2026.",
        "1 new purchase worth $50.",
    )
    assert reasons(one, nothing, DAY, "USD") == (
        "No purchase counts any more; the last one was on 23 Nov 2026.",
        "1 purchase worth $50 no longer counts.",
    )


def test_an_amount_that_was_corrected() -> None:
    old, new = standing(DAY, 3, 600_000), standing(DAY, 3, 90_000)
    assert reasons(old, new, DAY, "USD") == (
        "Spend went from $6,000 to $900.",
        "Monetary score 3 → 1 ($900 in all).",
    )
    fewer_but_dearer = standing(DAY, 2, 700_000)
    assert reasons(old, fewer_but_dearer, DAY, "USD")[0] == (
        "Purchases went from 3 to 2 and spend went from $6,000 to $7,000."
    )


def test_an_account_that_others_passed() -> None:
    old = standing(DAY, 3, 600_000)
    assert reasons(old, replace(old, f=1), DAY, "USD") == (
        "Its own purchases did not change; time passed or other accounts moved.",
        "Frequency score 2 → 1 (3 purchases).",
    )


def test_why_a_label_is_what_it_is() -> None:
    assert why(standing(date(2026, 7, 3), 66, 16_824_500), THRESHOLDS, 5, DAY, "USD") == (
        "Recency 2 of 5: last purchase 3 Jul 2026, 144 days ago (3 begins at 2 Sep 2026).",
        "Frequency 5 of 5: 66 purchases.",
        "Monetary 5 of 5: $168,245 in all.",
    )
    assert why(standing(DAY, 1, 100_000), THRESHOLDS, 5, DAY, "USD") == (
        "Recency 5 of 5: last purchase 24 Nov 2026, today.",
        "Frequency 1 of 5: 1 purchase (2 begins at 3).",
        "Monetary 1 of 5: $1,000 in all (2 begins at $1,000.01).",
    )


def test_why_by_periods_and_without_purchases() -> None:
    first, last = date(2026, 10, 1).toordinal(), date(2026, 12, 31).toordinal()
    thresholds = replace(THRESHOLDS, recency=DayBands(((first, last, 3), (first - 92, first - 1, 2))))
    one = score_one(Standing(date(2026, 8, 1), 1, 1), thresholds)
    assert why(one, thresholds, 3, DAY, "USD")[0] == (
        "Recency 2 of 3: last purchase 1 Aug 2026, 115 days ago (3 begins at 1 Oct 2026)."
    )
    assert why(Standing(), thresholds, 3, DAY, "USD") == ("No purchase counts yet, so there are no scores.",)


def test_a_day_that_has_not_come_is_not_held_out_as_a_goal() -> None:
    thresholds = replace(THRESHOLDS, recency=Cuts((DAY.toordinal(),)))
    assert why(Standing(DAY, 1, 1, 1, 1, 1, 3), thresholds, 2, DAY, "USD")[0] == (
        "Recency 1 of 2: last purchase 24 Nov 2026, today."
    )


def test_the_way_back_is_the_cheapest_that_gives_a_better_label() -> None:
    slipping = standing(date(2026, 7, 3), 6, 400_000, "At Risk")
    nearest = way_back(slipping, THRESHOLDS, LABELS, by_scores, DAY)
    assert nearest == WayBack("Loyal", 1, 100_001)
    assert written_way_back(nearest, "USD") == (
        "1 more purchase worth at least $1,000.01 would make it Loyal."
    )
    back_to_vip = way_back(slipping, THRESHOLDS, LABELS, by_scores, DAY, target="VIP")
    assert back_to_vip == WayBack("VIP", 5, 600_001)


def test_a_purchase_of_any_size_is_enough_when_only_recency_is_missing() -> None:
    silent = standing(date(2026, 7, 3), 66, 16_824_500, "At Risk")
    back = way_back(silent, THRESHOLDS, LABELS, by_scores, DAY)
    assert back == WayBack("VIP", 1, 0)
    assert written_way_back(back, "USD") == "1 more purchase would make it VIP."


def test_there_is_no_way_up_from_the_best_label() -> None:
    assert way_back(standing(DAY, 66, 16_824_500, "VIP"), THRESHOLDS, LABELS, by_scores, DAY) is None


def test_a_way_back_may_not_exist() -> None:
    slipping = standing(date(2026, 7, 3), 6, 400_000, "At Risk")
    assert way_back(slipping, THRESHOLDS, LABELS, lambda tries: ["At Risk"] * len(tries), DAY) is None


accounts = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 30), st.integers(0, 50_000)), min_size=3, max_size=25
)


@given(accounts, st.data())
@settings(max_examples=30, deadline=None)
def test_the_way_back_leads_there_and_nothing_cheaper_does(
    facts: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    frame = pd.DataFrame(
        {
            "account_id": [str(at) for at in range(len(facts))],
            "last_purchase": pd.Series([DAY - timedelta(days=one[0]) for one in facts], dtype=object),
            "purchases": [one[1] for one in facts],
            "spend_minor": [one[2] for one in facts],
        }
    )
    plan = RfmSegmentation(name="P", labels=(Label(name="All", when="r >= 1"),))
    thresholds = score(frame, plan, Today(DAY)).thresholds
    assert thresholds is not None
    days, purchases, spend = facts[data.draw(st.integers(0, len(facts) - 1))]
    now = score_one(Standing(DAY - timedelta(days=days), purchases, spend), thresholds)
    now = replace(now, label=by_scores([now])[0])
    back = way_back(now, thresholds, LABELS, by_scores, DAY)

    def label_after(more: int, worth: int) -> str | None:
        return by_scores([score_one(Standing(DAY, purchases + more, spend + worth), thresholds)])[0]

    place = {label: rank for rank, label in enumerate(LABELS)}
    limit = place[str(now.label)]
    tries = {(more, worth) for more in range(1, 31) for worth in (0, 1, 500, 5_000, 50_000)}
    better = {one for one in tries if place[str(label_after(*one))] < limit}
    if back is None:
        assert not better
        return
    assert label_after(back.purchases, back.spend_minor) == back.label
    assert place[back.label] < limit
    assert all((worth, more) >= (back.spend_minor, back.purchases) for more, worth in better)


@pytest.mark.parametrize("currency", ["USD", "SEK"])
def test_sentences_end_with_a_full_stop_and_are_at_most_three(currency: str) -> None:
    found = reasons(standing(DAY, 50, 20_000_000), standing(date(2026, 1, 1), 1, 1), DAY, currency)
    assert len(found) == 3
    assert all(one.endswith(".") for one in found)
