"""The port Chat over HTTP: what is posted, what is found again, and what each of Slack's errors means."""

from __future__ import annotations

import socket
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from slack_sdk.errors import SlackApiError

from bot.app.errors import SendError, SendLater, SendNever, SendUnclear
from bot.app.ports import OutboxMessage, Posted, SlackProfile
from bot.slack.channels import KEPT_SECONDS, Channels
from bot.slack.client import web_client
from bot.slack.gateway import SlackDirectory, SlackGateway
from bot.slack.views.limits import Surface, check
from sandbox.demo.transcript import message_text
from tests.support.fake_services import NOW, notice
from tests.support.slack_api import RecordingSlack, recording_slack

MESSAGE = OutboxMessage(7, "alert", "#cs-alerts", notice().as_payload(), attempts=1, maybe_sent_since=None)


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
def gateway(slack: RecordingSlack) -> SlackGateway:
    return SlackGateway(web_client("xoxb-test", slack.api_url))


def test_an_alert_is_posted_to_the_channel_of_that_name_with_its_outbox_id(
    gateway: SlackGateway, slack: RecordingSlack
) -> None:
    posted = gateway.post(MESSAGE)
    (sent,) = slack.of("chat.postMessage")
    assert posted == Posted("CALERTS", slack.messages[0]["ts"])
    assert sent["metadata"] == {"event_type": "bellwether_outbox", "event_payload": {"outbox_id": 7}}
    assert sent["text"].startswith("🔴 Konex VIP → At Risk. $123.5k at stake")
    assert check(sent, Surface.MESSAGE) == []


@pytest.mark.parametrize(
    ("kind", "payload", "shown"),
    [
        (
            "alert_summary",
            {
                "title": "First run: 2 accounts at risk",
                "lines": [{"name": "Konex", "old": "VIP", "new": "At Risk", "money_minor": 5_000_00}],
                "total": 2,
                "currency": "EUR",
            },
            "Konex    VIP → At Risk    €5k",
        ),
        (
            "text",
            {"text": "Zoho refuses the token.\nRun `bellwether init`."},
            "Run `bellwether init`.",
        ),
    ],
)
def test_the_other_kinds(
    gateway: SlackGateway, slack: RecordingSlack, kind: str, payload: dict[str, Any], shown: str
) -> None:
    gateway.post(replace(MESSAGE, kind=kind, payload=payload, channel="COPS"))
    assert shown in message_text(slack.messages[0])


def test_a_message_is_drawn_again_in_place(gateway: SlackGateway, slack: RecordingSlack) -> None:
    posted = gateway.post(MESSAGE)
    gateway.edit(posted, "alert", notice(state="acknowledged", acted_by="Anna", acted_at=NOW).as_payload())
    assert "✅ Acknowledged by Anna" in message_text(slack.messages[0])
    assert len(slack.messages) == 1


def test_a_message_whose_answer_was_lost_is_found_again(gateway: SlackGateway, slack: RecordingSlack) -> None:
    slack.faults = {"chat.postMessage": ["lost"]}
    with pytest.raises(SendUnclear):
        gateway.post(MESSAGE)
    assert len(slack.messages) == 1, "nothing repeats a post by itself"
    again = replace(MESSAGE, maybe_sent_since=NOW)
    assert gateway.find_posted(again) == Posted("CALERTS", slack.messages[0]["ts"])
    (asked,) = slack.of("conversations.history")
    assert float(asked["oldest"]) < NOW.timestamp()
    assert gateway.find_posted(replace(again, id=8)) is None
    assert gateway.find_posted(MESSAGE) is None, "never tried: nothing to look for"


@pytest.mark.parametrize(
    ("fault", "expected", "said"),
    [
        ((429, {"Retry-After": "17"}), SendLater, "17 seconds"),
        ("ratelimited", SendLater, "30 seconds"),
        ("service_unavailable", SendLater, "service_unavailable"),
        ((500, {}), SendUnclear, "500"),
        ((503, {}), SendUnclear, "503"),
        ("internal_error", SendUnclear, "may have been posted"),
        ("fatal_error", SendUnclear, "may have been posted"),
        ("channel_not_found", SendNever, "Invite the app"),
        ("not_in_channel", SendNever, "/invite @Bellwether"),
        ("is_archived", SendNever, "archived"),
        ("invalid_auth", SendNever, "BELLWETHER_SLACK__BOT_TOKEN"),
        ("token_revoked", SendNever, "Install the app again"),
        ("missing_scope", SendNever, "channels:history"),
        ("something_new", SendNever, "something_new"),
    ],
)
def test_each_refusal_says_how_to_go_on(
    gateway: SlackGateway, slack: RecordingSlack, fault: Any, expected: type[SendError], said: str
) -> None:
    slack.faults = {"chat.postMessage": [fault]}
    with pytest.raises(expected, match=said):
        gateway.post(MESSAGE)
    assert len(slack.of("chat.postMessage")) == 1


def test_the_wait_that_slack_asks_for_is_kept(gateway: SlackGateway, slack: RecordingSlack) -> None:
    slack.faults = {"chat.postMessage": [(429, {"Retry-After": "17"})]}
    with pytest.raises(SendLater) as error:
        gateway.post(MESSAGE)
    assert error.value.after == timedelta(seconds=17)


def test_a_listener_waits_as_slack_asks_twice_and_no_more(slack: RecordingSlack) -> None:
    client, busy = web_client("xoxb-test", slack.api_url), (429, {"Retry-After": "0"})
    slack.faults = {"chat.postMessage": [busy, busy]}
    assert client.chat_postMessage(channel="C1", text="hello")["ok"]
    slack.faults = {"chat.postMessage": [busy, busy, busy]}
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="C1", text="hello")
    slack.faults = {"chat.postMessage": [(429, {"Retry-After": "6"})]}
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="C1", text="hello")


def test_a_slack_that_nobody_reaches_took_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gateway = SlackGateway(web_client("xoxb-test", f"http://127.0.0.1:{port}/api/"))
    with pytest.raises(SendLater):
        gateway.post(replace(MESSAGE, channel="CALERTS"))


@pytest.mark.parametrize("refused", ["invalid_blocks", "msg_blocks_too_long"])
def test_blocks_that_slack_refuses_are_sent_as_plain_text(
    gateway: SlackGateway, slack: RecordingSlack, logs: list[MutableMapping[str, Any]], refused: str
) -> None:
    slack.faults = {"chat.postMessage": [refused]}
    gateway.post(MESSAGE)
    assert message_text(slack.messages[0]).startswith("🔴 Konex VIP → At Risk. $123.5k at stake")
    assert logs[0]["event"] == "message.blocks_refused"
    slack.faults = {"chat.postMessage": [refused, refused]}
    with pytest.raises(SendNever, match=refused):
        gateway.post(MESSAGE)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("alert", {}),
        ("alert", {"alert_id": 1}),
        ("text", {}),
        ("digest", {}),
        ("alert_summary", {"lines": [1]}),
    ],
)
def test_what_cannot_be_drawn_is_never_sent(
    gateway: SlackGateway, slack: RecordingSlack, kind: str, payload: dict[str, Any]
) -> None:
    with pytest.raises(SendNever, match=kind):
        gateway.post(replace(MESSAGE, kind=kind, payload=payload))
    assert slack.calls == []


def test_looking_without_the_history_scope_finds_nothing_and_is_logged(
    gateway: SlackGateway, slack: RecordingSlack, logs: list[MutableMapping[str, Any]]
) -> None:
    slack.faults = {"conversations.history": ["missing_scope"]}
    assert gateway.find_posted(replace(MESSAGE, maybe_sent_since=NOW)) is None
    assert logs[0]["event"] == "outbox.cannot_look"


def test_looking_while_slack_is_down_is_tried_later(gateway: SlackGateway, slack: RecordingSlack) -> None:
    slack.faults = {"conversations.history": [(429, {"Retry-After": "3"})]}
    with pytest.raises(SendLater):
        gateway.find_posted(replace(MESSAGE, maybe_sent_since=NOW))


def test_channel_names_are_listed_once_and_again_when_old_or_unknown(slack: RecordingSlack) -> None:
    present = [0.0]
    channels = Channels(web_client("xoxb-test", slack.api_url), now=lambda: present[0])
    assert [channels.resolve(name) for name in ("#cs-alerts", "Sales", "CWHATEVER")] == [
        "CALERTS",
        "CSALES",
        "CWHATEVER",
    ]
    assert len(slack.of("conversations.list")) == 1
    with pytest.raises(SendNever, match="#nowhere"):
        channels.resolve("#nowhere")
    present[0] = KEPT_SECONDS + 1
    channels.resolve("sales")
    assert len(slack.of("conversations.list")) == 3


def test_without_the_scope_for_private_channels_the_public_ones_are_found(slack: RecordingSlack) -> None:
    slack.faults = {"conversations.list": ["missing_scope"]}
    assert Channels(web_client("xoxb-test", slack.api_url)).resolve("sales") == "CSALES"
    assert slack.of("conversations.list")[-1]["types"] == "public_channel"


@pytest.mark.parametrize(
    ("user", "profile"),
    [
        (
            {"name": "anna", "profile": {"real_name": "Anna Snelling", "email": "anna@bellwether.example"}},
            SlackProfile("Anna Snelling", "anna@bellwether.example", is_guest=False, is_bot=False),
        ),
        (
            {"name": "gail", "is_restricted": True, "profile": {"email": "gail@partner.example"}},
            SlackProfile("gail", "gail@partner.example", is_guest=True, is_bot=False),
        ),
        (
            {
                "name": "m",
                "is_email_confirmed": False,
                "is_stranger": True,
                "profile": {"email": "ceo@x.example"},
            },
            SlackProfile("m", None, is_guest=True, is_bot=False),
        ),
        ({"is_bot": True}, SlackProfile("U1", None, is_guest=False, is_bot=True)),
    ],
)
def test_people(slack: RecordingSlack, user: dict[str, Any], profile: SlackProfile) -> None:
    slack.users = {"U1": user}
    directory = SlackDirectory(web_client("xoxb-test", slack.api_url))
    assert directory.profile("U1") == profile
    assert directory.profile("U2") is None
    slack.faults = {"users.info": ["internal_error"]}
    with pytest.raises(SendError):
        directory.profile("U1")
