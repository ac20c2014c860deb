"""Which changes ring: the routes' conditions, baselines, neighbours, snoozed alerts; what is said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.alerts import (
    MOST_SUMMARY_LINES,
    RunFacts,
    Verdict,
    baseline_title,
    decide,
    merged,
    next_step,
    notice,
    selects,
    summary_payload,
)
from bot.app.facts import (
    AccountChange,
    EarlierAlerts,
    NamedOwner,
    PendingAlert,
    standing_as_json,
    standing_from,
)
from bot.app.notices import notice_from
from scoring.config import Route
from scoring.explain import reasons
from scoring.label_rules import Direction
from scoring.standing import Standing

LABELS = ("VIP", "Loyal", "At Risk", "Lost")
RUN = RunFacts("Purchases", LABELS, baseline=False)
NOTHING_BEFORE = EarlierAlerts()
BEFORE = Standing(date(2026, 11, 12), 108, 26_924_500, 5, 5, 5, 15, "VIP")
AFTER = Standing(date(2026, 7, 3), 66, 16_824_500, 1, 5, 5, 11, "At Risk")
FALL = AccountChange("1", BEFORE, AFTER, Direction.WORSE)
RISE = AccountChange("1", AFTER, BEFORE, Direction.BETTER)
ENTRY = AccountChange("1", Standing(), BEFORE, Direction.ENTERED)


def route(**values: Any) -> Route:
    return Route(name="Slipping", channel="#cs", **values)


@pytest.mark.parametrize(
    ("when", "change", "rings"),
    [
        ("worse", FALL, True),
        ("worse", RISE, False),
        ("worse", ENTRY, False),
        ("better", RISE, True),
        ("better", ENTRY, False),
        ("any", FALL, True),
        ("any", ENTRY, True),
    ],
)
def test_a_route_tells_changes_in_its_direction(when: str, change: AccountChange, *, rings: bool) -> None:
    verdict = decide(change, route(when=when), RUN, NOTHING_BEFORE)
    assert verdict is (Verdict.RING if rings else Verdict.NOT_SELECTED)


def test_a_route_can_be_limited_to_labels_segmentation_and_amount() -> None:
    assert selects(route(labels=("At Risk",)), FALL, RUN)
    assert not selects(route(labels=("Lost",)), FALL, RUN)
    assert selects(route(segmentation="Purchases"), FALL, RUN)
    assert not selects(route(segmentation="Other"), FALL, RUN)
    assert selects(route(at_least=269_245), FALL, RUN), "what is at stake is the spend before the change"
    assert not selects(route(at_least=269_245.01), FALL, RUN)


def test_an_account_that_is_gone_never_rings() -> None:
    gone = AccountChange("1", BEFORE, Standing(), Direction.WORSE, gone=True)
    assert decide(gone, route(when="any"), RUN, NOTHING_BEFORE) is Verdict.NOT_SELECTED


def test_a_baseline_rings_for_nobody() -> None:
    run = RunFacts("Purchases", LABELS, baseline=True)
    assert decide(FALL, route(), run, NOTHING_BEFORE) is Verdict.BASELINE


def test_an_account_that_only_others_moved_does_not_ring() -> None:
    pushed = AccountChange("1", BEFORE, AFTER, Direction.WORSE, own=False)
    assert decide(pushed, route(), RUN, NOTHING_BEFORE) is Verdict.NEIGHBOUR


@pytest.mark.parametrize(
    ("snoozed_label", "verdict"),
    [
        ("Loyal", Verdict.RING),
        ("At Risk", Verdict.SNOOZED),
        ("Lost", Verdict.SNOOZED),
        (None, Verdict.SNOOZED),
    ],
)
def test_a_resting_alert_rings_again_only_when_it_got_worse(
    snoozed_label: str | None, verdict: Verdict
) -> None:
    resting = EarlierAlerts(snoozed=True, snoozed_label=snoozed_label)
    assert decide(FALL, route(), RUN, resting) is verdict


def test_a_change_takes_the_place_of_one_that_nobody_has_seen() -> None:
    further = AccountChange("1", AFTER, Standing(label="Lost"), Direction.WORSE, own=False)
    whole = merged(further, PendingAlert(7, 8, BEFORE), LABELS)
    assert (whole.old.label, whole.new.label, whole.direction, whole.own) == (
        "VIP",
        "Lost",
        Direction.WORSE,
        True,
    )
    back = merged(RISE, PendingAlert(7, 8, BEFORE), LABELS)
    assert decide(back, route(when="any"), RUN, NOTHING_BEFORE) is Verdict.NOT_SELECTED, (
        "nothing is left to tell"
    )


def test_the_message_says_what_changed_why_who_and_what_to_do() -> None:
    told = notice(
        FALL,
        NamedOwner("Konex", "Darcel Schlecht"),
        alert_id=3,
        segmentation="Purchases",
        currency="USD",
        crm_url="https://crm.example/1",
        at=datetime(2026, 11, 24, 9, tzinfo=UTC),
        reasons=reasons(FALL.old, FALL.new, date(2026, 11, 24), "USD"),
    )
    assert (told.old_label, told.new_label, told.direction) == ("VIP", "At Risk", "worse")
    assert told.reasons == (
        "Last purchase moved back from 12 Nov 2026 to 3 Jul 2026.",
        "42 purchases worth $101,000 no longer count.",
        "Recency score 5 → 1 (last purchase 144 days ago).",
    )
    assert (told.money_minor, told.owner_name) == (26_924_500, "Darcel Schlecht")
    assert told.next_step.startswith("Call the contact this week")
    assert notice_from(told.as_payload()) == told


def test_there_is_a_next_step_for_labels_that_we_do_not_know() -> None:
    for direction in Direction:
        one = AccountChange("1", BEFORE, Standing(label="Platinum"), direction)
        assert next_step(one).endswith(".")


def test_a_summary_shows_the_largest_amounts_and_how_many_there_are() -> None:
    changes = [
        (
            AccountChange(str(at), Standing(spend_minor=at, label="VIP"), AFTER, Direction.WORSE),
            NamedOwner(f"A{at}", None),
        )
        for at in range(30)
    ]
    payload = summary_payload("Many", changes, "USD")
    assert payload["total"] == 30
    assert len(payload["lines"]) == MOST_SUMMARY_LINES
    assert payload["lines"][0] == {"name": "A29", "old": "VIP", "new": "At Risk", "money_minor": 29}


def test_a_baseline_is_told_with_its_spread() -> None:
    assert baseline_title("Purchases", [("VIP", 2), ("Lost", 0), (None, 1)], first=True) == (
        "First scores of Purchases: 2 VIP, 1 without a label. From now on, changes are told one by one."
    )


standings = st.builds(
    Standing,
    last_purchase=st.none() | st.dates(),
    purchases=st.integers(0, 9),
    spend_minor=st.integers(-9, 9),
    r=st.none() | st.integers(1, 5),
    label=st.none() | st.sampled_from(LABELS),
)


@given(standings)
def test_a_standing_survives_being_stored(standing: Standing) -> None:
    stored = standing_as_json(standing)
    assert standing_from(stored) == standing
    assert standing_from({**stored, "added_later": 1}) == standing


@given(standings, standings, st.booleans(), st.booleans(), st.sampled_from(["worse", "better", "any"]))
def test_a_change_rings_only_when_the_route_selects_it(
    old: Standing, new: Standing, own: bool, snoozed: bool, when: str
) -> None:
    change = AccountChange("1", old, new, Direction.WORSE, own=own)
    verdict = decide(change, route(when=when), RUN, EarlierAlerts(snoozed=snoozed, snoozed_label="Lost"))
    if verdict is Verdict.RING:
        assert old.label != new.label
        assert own
        assert when in {"worse", "any"}
        assert not snoozed or new.label is None
