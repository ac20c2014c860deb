"""What all readers of a channel see, as Slack and the CRM say who they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from slack_sdk import WebClient

from bot.app.people import APP, NOT_ASKED, Person, Role
from bot.app.scope import EVERYTHING, Scope, Whose, in_common
from bot.slack.readers import MOST, NOT_SEEN, TOO_MANY, Readers
from tests.support.fake_services import ANNA, DARCEL, GAIL, MELVIN, FakePeople
from tests.support.slack_api import RecordingSlack, recording_slack

OWN, TEAM = Scope(Whose.OWN, frozenset({"a"})), Scope(Whose.TEAM, frozenset({"a", "b"}))
NORTH = Scope(Whose.TERRITORY, frozenset({"b"}), frozenset({"north"}))
SOUTH = Scope(Whose.TERRITORY, frozenset({"c"}), frozenset({"south"}))


@pytest.fixture
def slack() -> Iterator[RecordingSlack]:
    with recording_slack() as server:
        yield server


def readers(slack: RecordingSlack, *people: Person, at: list[float] | None = None) -> Readers:
    client = WebClient("xoxb-test", base_url=slack.api_url)
    clock = at or [0.0]
    return Readers(client, FakePeople(*people), lambda: clock[0])


def seeing(person: Person, scope: Scope) -> Person:
    return replace(person, scope=scope)


def test_what_is_seen_in_common() -> None:
    assert in_common([]) == in_common([EVERYTHING, EVERYTHING]) == EVERYTHING
    assert in_common([EVERYTHING, TEAM, OWN]) == Scope(Whose.OWN, frozenset({"a"}))
    assert in_common([NORTH, SOUTH, NORTH]) == replace(NORTH, also=(SOUTH,))
    assert in_common([in_common([NORTH, SOUTH]), SOUTH]) == replace(NORTH, also=(SOUTH,))
    assert in_common([TEAM, NORTH]) == Scope(Whose.OWN, frozenset({"a", "b"}), also=(NORTH,))
    assert in_common([OWN, Scope(Whose.OWN, frozenset({"b"}))]).nothing


def test_every_page_of_members_counts_and_is_remembered_for_minutes(slack: RecordingSlack) -> None:
    many = [Person(f"U{one}", "x", None, "1", Role.MEMBER, scope=TEAM) for one in range(MOST - 3)]
    app = Person("UBOT", "an app", None, None, Role.NOBODY, APP)
    last, at = seeing(ANNA, OWN), [0.0]
    slack.members["COPS"] = ["UBOT", *(one.slack_id for one in many), last.slack_id]
    found = readers(slack, app, *many, last, at=at)
    assert found.common_scope("COPS") == Scope(Whose.OWN, frozenset({"a"}))
    slack.members["COPS"].append("USTRANGER")
    assert found.common_scope("COPS") == Scope(Whose.OWN, frozenset({"a"}))
    at[0] = 301.0
    assert "A reader of this channel may see no account data" in str(found.common_scope("COPS"))
    slack.members["COPS"] += ["U-one-more"]
    at[0] = 602.0
    assert found.common_scope("COPS") == TOO_MANY
    assert slack.of("conversations.members")[-1]["cursor"] == str(MOST), "it stops when there are too many"


def test_guests_and_an_unasked_slack_mean_no(slack: RecordingSlack) -> None:
    slack.members["COPS"] = [DARCEL.slack_id, GAIL.slack_id, "USTRANGER"]
    assert str(readers(slack, DARCEL, GAIL).common_scope("COPS")).startswith("2 readers of this channel")
    unasked = replace(MELVIN, role=Role.NOBODY, refusal=NOT_ASKED)
    slack.members["COPS"] = [MELVIN.slack_id]
    assert "Slack cannot be asked" in str(readers(slack, unasked).common_scope("COPS"))
    slack.members["COPS"] = []
    assert readers(slack, DARCEL).common_scope("COPS") == NOT_SEEN
    slack.faults["conversations.members"] = ["missing_scope"]
    assert readers(slack, DARCEL).common_scope("COPS") == NOT_SEEN
