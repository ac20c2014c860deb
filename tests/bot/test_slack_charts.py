"""Charts in Slack: who sees them, where they stand, and what is said when there is none."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bot.app.answers import Group
from bot.app.picturing import NotDrawn
from bot.slack import ids
from bot.slack.views.limits import Surface, check
from sandbox.demo.transcript import message_text
from tests.support.fake_services import FakeWorld, account, breakdown_answer, fake_world, list_answer
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import Chat

QUESTION = "how many champions per industry?"
CHART = {"action_id": ids.CHART, "value": QUESTION}


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


@pytest.fixture
def slack(server: RecordingSlack) -> RecordingSlack:
    server.calls.clear()
    server.messages.clear()
    server.faults.clear()
    return server


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def world() -> FakeWorld:
    made = fake_world()
    made.asking.knows(QUESTION, breakdown_answer(Group("medical", 12), Group("<!channel>", 5)))
    return made


@pytest.fixture
def chat(world: FakeWorld, slack: RecordingSlack) -> Iterator[Chat]:
    made = Chat(world, slack)
    yield made
    made.close()


def uploads(slack: RecordingSlack) -> list[tuple[str, str | None]]:
    """Channel and thread of every file that was shared."""
    calls = slack.of("files.completeUploadExternal")
    return [(one["channel_id"], one.get("thread_ts")) for one in calls]


def told(slack: RecordingSlack, method: str = "response_url") -> str:
    [message] = slack.of(method)
    assert check(message, Surface.MESSAGE) == []
    return message_text(message)


def test_a_chart_stands_in_the_thread_of_its_answer(chat: Chat) -> None:
    assert chat.click(CHART, channel="CSALES", ts="1700000000.5") == 200
    assert uploads(chat.slack) == [("CSALES", "1700000000.5")]
    [ticket] = chat.slack.of("files.getUploadURLExternal")
    assert ticket["filename"] == "chart.png"
    assert ticket["alt_txt"] == "17 accounts by industry: medical 12, <!channel> 5."
    [shared] = chat.slack.of("files.completeUploadExternal")
    assert shared["files"] == [{"id": "F1", "title": "17 accounts by industry"}]
    assert chat.slack.of("chat.postMessage", "chat.postEphemeral", "response_url") == []
    assert [one.title for one in chat.world.pictures.drawn] == ["17 accounts by industry"]


def test_a_chart_in_a_direct_message_stands_there(chat: Chat) -> None:
    chat.click(CHART, channel="DDARCEL", ts="1700000000.5")
    assert uploads(chat.slack) == [("DDARCEL", None)]


@pytest.mark.parametrize(
    "where",
    [
        {"channel": "COPS", "ts": "1700000000.5"},
        {"channel": "COPS", "ts": "1700000000.5", "ephemeral": True},
        {"channel": "CSALES", "ts": "1700000000.5", "ephemeral": True},
    ],
)
def test_what_only_one_person_sees_goes_to_them_directly(chat: Chat, where: dict[str, Any]) -> None:
    chat.click(CHART, **where)
    assert uploads(chat.slack) == [("DDARCEL", None)]
    assert "in our direct messages: only you can see it" in told(chat.slack)
    assert chat.slack.of("response_url")[0]["response_type"] == "ephemeral"


def test_where_the_app_is_not_a_member_the_chart_goes_to_the_person(chat: Chat) -> None:
    chat.slack.faults["files.completeUploadExternal"] = ["not_in_channel"]
    chat.click(CHART, channel="CSALES", ts="1700000000.5")
    assert uploads(chat.slack) == [("CSALES", "1700000000.5"), ("DDARCEL", None)]
    assert "in our direct messages" in told(chat.slack)


def test_an_impatient_second_click_is_the_same_one(chat: Chat) -> None:
    for _ in range(3):
        chat.click(CHART, channel="CSALES", ts="1700000000.5")
    assert len(uploads(chat.slack)) == 1
    chat.click(CHART, user="UANNA", channel="CSALES", ts="1700000000.5")
    chat.world.clock.at += timedelta(minutes=1)
    chat.click(CHART, channel="CSALES", ts="1700000000.5")
    assert len(uploads(chat.slack)) == 3


def test_the_question_is_asked_for_whoever_clicks(chat: Chat) -> None:
    chat.click(CHART, user="UANNA", channel="CSALES", ts="1700000000.5")
    assert chat.world.asking.asked == [("UANNA", QUESTION)]


@pytest.mark.parametrize(("user", "channel"), [("UGAIL", "CSALES"), ("UDARCEL", "CSHARED")])
def test_whoever_gets_no_answers_gets_no_charts(chat: Chat, user: str, channel: str) -> None:
    chat.click(CHART, user=user, channel=channel, ts="1700000000.5")
    assert uploads(chat.slack) == []
    assert chat.world.pictures.drawn == []


def test_an_answer_without_numbers_says_what_can_be_drawn(chat: Chat) -> None:
    chat.world.asking.knows("show VIP accounts", list_answer(account("Konex")))
    chat.click(CHART | {"value": "show VIP accounts"}, channel="CSALES", ts="1700000000.5")
    assert "There is nothing to draw in this answer." in told(chat.slack)
    assert uploads(chat.slack) == []


def test_a_button_of_another_version_is_not_guessed_at(chat: Chat) -> None:
    chat.click(CHART | {"value": "frobnicate"}, channel="CSALES", ts="1700000000.5")
    assert "I do not know the word frobnicate" in told(chat.slack)


def test_a_chart_that_cannot_be_drawn_is_said_to_be_so(chat: Chat) -> None:
    chat.world.pictures.fail_with = NotDrawn("The chart could not be drawn.", "Try it again in a minute.")
    chat.click(CHART, channel="CSALES", ts="1700000000.5")
    assert "The chart could not be drawn." in told(chat.slack)
    assert uploads(chat.slack) == []


def test_what_slack_does_not_take_is_said_with_what_to_do(chat: Chat, logs: list[Any]) -> None:
    chat.slack.faults["files.getUploadURLExternal"] = ["missing_scope"]
    chat.click(CHART, channel="CSALES", ts="1700000000.5")
    assert "Slack did not take the chart." in told(chat.slack)
    assert "Add it to the app and install the app again." in told(chat.slack)
    assert "chart.not_taken" in [line["event"] for line in logs]


def test_an_upload_is_not_completed_twice_when_the_answer_is_lost(chat: Chat) -> None:
    chat.slack.faults["files.completeUploadExternal"] = ["lost", "lost"]
    chat.click(CHART, channel="CSALES", ts="1700000000.5")
    assert len(uploads(chat.slack)) == 1
    assert "the chart may be there, or not" in told(chat.slack)
