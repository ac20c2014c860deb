"""The points table speaks of the events that the connector gives, by the names that it gives them."""

from __future__ import annotations

import re
from pathlib import Path

import connector
from connector.zoho.suite_campaigns import ACTIONS
from scoring.engagement.config import Automation, EngagementSegmentation, Reach
from tests.support.engagement_cases import KINDS

# What we do ourselves says nothing of the customer.
OURS = {"email_sent", "ticket_closed", "ticket_reply_sent"}
# No source gives these yet.
TO_COME = {
    *("form_submitted", "webinar_registered", "webinar_attended", "page_visited"),
    *("estimate_viewed", "estimate_accepted", "estimate_declined"),
}


def given_by_the_connector() -> set[str]:
    """Every name of an event in the sources of the connector."""
    root = Path(connector.__file__).parent
    files = [*root.glob("zoho/suite*.py"), root / "sync" / "activities.py"]
    name = re.compile(r'"((?:email|call|meeting|task|note|ticket|chat|survey)_[a-z_]+|nps|csat)"')
    return {found for file in files for found in name.findall(file.read_text(encoding="utf-8"))} | {
        *ACTIONS.values()
    }


def test_every_event_of_the_connector_has_points_or_is_our_own() -> None:
    given = given_by_the_connector()
    assert {"email_opened", "call_unanswered", "meeting_held", "chat_missed", "nps", "note_written"} <= given
    assert given - set(KINDS) == OURS
    assert set(KINDS) - given == TO_COME


def test_machines_and_hours_are_told_by_events_that_there_are() -> None:
    known = given_by_the_connector() | TO_COME
    assert {*Automation().openings, *Automation().answers, *Reach().weights} <= known
    rated = {event for channel in EngagementSegmentation(name="E").channels for event in channel.rated}
    assert rated == {"nps", "csat", "chat_rated", "ticket_rated"}
