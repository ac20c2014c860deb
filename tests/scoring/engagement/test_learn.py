"""Points learned from won deals: what is there is found, and what is not there is not claimed."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from scoring.engagement import learn
from scoring.engagement.config import Channel, EngagementSegmentation
from scoring.engagement.learn import PointsProposal, propose_points
from tests.support.engagement_cases import DAY, TODAY

# By hand an opening is worth as much as a form; in truth only forms tell of a win, and pages are noise.
BY_HAND = EngagementSegmentation(
    name="By hand",
    channels=(
        Channel(name="mail", points={"email_opened": 10, "email_bounced": -10}),
        Channel(name="form", points={"form_submitted": 10}),
        Channel(name="web", points={"page_visited": 1, "never_seen": 7}),
    ),
)


def history(seed: int, *, wins_follow: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    count, accounts = 12_000, 300
    events = pd.DataFrame(
        {
            "account_id": rng.integers(0, accounts, count).astype(str),
            "contact": rng.integers(0, 900, count).astype(str),
            "event_type": rng.choice(
                ["email_opened", "email_bounced", "form_submitted", "page_visited"],
                count,
                p=[0.5, 0.1, 0.05, 0.35],
            ),
            "occurred_at": pd.Timestamp(DAY)
            - pd.to_timedelta(rng.integers(0, 500 * 1440, count), unit="min"),
        }
    )
    causes = (
        events[events["event_type"] == wins_follow] if wins_follow else events.sample(600, random_state=seed)
    )
    after = pd.to_timedelta(rng.integers(1, 20, len(causes)), unit="D")
    happened = rng.random(len(causes)) < 0.5
    deals = pd.DataFrame(
        {
            "account_id": causes["account_id"] if wins_follow else rng.permutation(causes["account_id"]),
            "closed_on": causes["occurred_at"] + after,
            "won": happened,
        }
    )
    return events, deals


def proposed(seed: int = 1, *, wins_follow: str | None = "form_submitted") -> PointsProposal:
    return propose_points(*history(seed, wins_follow=wins_follow), BY_HAND, TODAY)


def test_what_leads_to_wins_gets_the_points() -> None:
    found = proposed()
    learned = {line.event: line.learned for line in found.table}
    assert learned["form_submitted"] > 3 * max(learned["email_opened"], learned["page_visited"])
    assert learned["email_bounced"] <= 0
    assert learned["never_seen"] == 7  # what was never seen keeps its points
    assert found.by_hand is not None
    assert found.learned is not None
    assert found.learned > found.by_hand + 0.05
    assert found.better
    assert found.warnings == ()
    assert found.segmentation is not None
    assert found.segmentation.channels[1].points == {"form_submitted": learned["form_submitted"]}
    assert found.segmentation.labels == BY_HAND.labels


def test_signs_set_by_hand_stay() -> None:
    learned = {line.event: line.learned for line in proposed(wins_follow="email_bounced").table}
    assert learned["email_bounced"] <= 0
    assert min(learned["form_submitted"], learned["email_opened"], learned["page_visited"]) >= 0


def test_nothing_is_claimed_where_there_is_nothing() -> None:
    found = proposed(wins_follow=None)
    assert found.learned is not None
    assert found.learned == pytest.approx(0.5, abs=0.06)
    if not found.better:
        assert "keep them" in found.warnings[0]


def test_the_order_of_rows_decides_nothing_and_a_run_can_be_repeated() -> None:
    events, deals = history(3, wins_follow="form_submitted")
    one = propose_points(events, deals, BY_HAND, TODAY)
    other = propose_points(events.sample(frac=1, random_state=9), deals.iloc[::-1], BY_HAND, TODAY)
    assert [line.learned for line in one.table] == [line.learned for line in other.table]


def test_too_few_wins_are_a_sentence() -> None:
    events, deals = history(1, wins_follow="form_submitted")
    few = propose_points(events, deals[deals["won"]].iloc[:7], BY_HAND, TODAY)
    assert few.segmentation is None
    assert few.warnings == ("7 won deals of accounts with events: learning takes at least 20.",)
    late = deals[deals["won"] & (deals["closed_on"] > pd.Timestamp(DAY - timedelta(days=100)))]
    assert "before the time of the test" in propose_points(events, late, BY_HAND, TODAY).warnings[0]
    assert propose_points(events.iloc[:0], deals, BY_HAND, TODAY).segmentation is None


def test_very_many_accounts_are_learned_from_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "MOST_ACCOUNTS", 100)
    monkeypatch.setattr(learn, "MOST_EXAMPLES", 1_000)
    found = proposed()
    points = {line.event: line.learned for line in found.table}
    assert points["form_submitted"] > 3 * points["email_opened"]
    assert found.examples <= 1_000
