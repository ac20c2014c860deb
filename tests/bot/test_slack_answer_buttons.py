"""Sorting, sharing and saving: pressed in Slack, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from bot.app.errors import UserError
from bot.app.people import Person
from bot.app.scope import Scope, Whose
from bot.language.question import Action, Kind, Question, Request, Sort
from bot.language.restate import restate
from bot.slack.channels import Channels
from bot.slack.client import web_client
from bot.slack.listeners.requests import Requested, act, request_handlers
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Surroundings
from bot.slack.views.limits import Surface, check
from sandbox.demo.transcript import message_text
from sandbox.slack.blocks import check_view
from scoring.criteria.tree import Compare, Operator
from tests.support.fake_services import (
    DARCEL,
    MELVIN,
    VERA,
    FakeWorld,
    account,
    asked_list,
    fake_world,
    list_answer,
)
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import Chat, buttons, elements

VIPS = asked_list()
QUESTION = restate(VIPS)


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


@pytest.fixture
def slack(server: RecordingSlack) -> RecordingSlack:
    server.calls.clear()
    server.messages.clear()
    server.faults.clear()
    server.shared = {"CSHARED"}
    server.members = {"COPS": ["UDARCEL", "UMELVIN"]}
    return server


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def world() -> FakeWorld:
    made = fake_world()
    knows(made, VIPS)
    return made


def knows(world: FakeWorld, asked: Question) -> None:
    lines = [account(f"Account {one}", one) for one in range(1, 26)]
    world.asking.knows(restate(asked), list_answer(*lines, asked=asked))


@pytest.fixture
def chat(world: FakeWorld, slack: RecordingSlack) -> Iterator[Chat]:
    made = Chat(world, slack)
    yield made
    made.close()


def answered(chat: Chat, channel: str = "COPS", user: str = "UDARCEL") -> dict[str, Any]:
    """The answer to a mention, as it stands there."""
    chat.mention(QUESTION, user=user, channel=channel)
    (message,) = chat.slack.of("chat.postMessage", "chat.postEphemeral")
    assert check(message, Surface.MESSAGE) == []
    chat.slack.calls.clear()
    return message


def menu(message: dict[str, Any], said: str) -> dict[str, Any]:
    (found,) = elements(message, lambda one: one["type"] == "static_select")
    chosen = next(one for one in found["options"] if one["text"]["text"] == said)
    return {
        "type": "static_select",
        "action_id": found["action_id"],
        "block_id": found["block_id"],
        "selected_option": chosen,
    }


def told(chat: Chat) -> str:
    """What one person was told privately."""
    (whisper,) = chat.slack.of("response_url")
    assert whisper["response_type"] == "ephemeral"
    return message_text(whisper)


def test_sorting_redraws_the_list_in_place(chat: Chat) -> None:
    by_spend = replace(VIPS, sort=(Sort("total_spend"),))
    knows(chat.world, by_spend)
    message = answered(chat)
    chat.click(menu(message, "Spend: highest first"), channel="COPS", ts="1.1", ephemeral=True)
    (drawn,) = chat.slack.of("response_url")
    assert drawn["replace_original"] is True
    assert chat.world.asking.asked[-1] == ("UDARCEL", restate(by_spend))


def test_sorting_a_long_question_asks_what_stands_beside_the_menu(chat: Chat) -> None:
    long = replace(VIPS, criteria=Compare("name", Operator.EQ, "x" * 200))
    by_name = replace(long, sort=(Sort("name", descending=False),))
    knows(chat.world, long)
    knows(chat.world, by_name)
    chat.mention(restate(long), channel="CSALES")
    (message,) = chat.slack.of("chat.postMessage")
    action = menu(message, "Name: A to Z")
    body = {
        "type": "block_actions",
        "team": {"id": "T0"},
        "user": {"id": "UDARCEL", "team_id": "T0"},
        "trigger_id": "t-long",
        "actions": [{"action_ts": "1.1", **action}],
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "CSALES"},
        "message": {"ts": "1.1", "blocks": message["blocks"]},
        "channel": {"id": "CSALES", "name": "sales"},
        "response_url": f"{chat.slack.base_url}/respond/9",
    }
    chat.deliver(body)
    assert chat.world.asking.asked[-1] == ("UDARCEL", restate(by_name))
    assert len(chat.slack.of("chat.update")) == 1


@pytest.mark.parametrize("value", ["-total_spend", "rubbish", "?", ""])
def test_a_menu_of_another_version_is_said_to_be_one(chat: Chat, value: str) -> None:
    action = {"type": "static_select", "action_id": "sort", "selected_option": {"value": value}}
    chat.click(action, channel="COPS", ts="1.1", ephemeral=True)
    (said,) = chat.slack.of("response_url")
    assert "another version" in message_text(said) or value == "?"


def test_a_private_answer_is_shared_with_its_channel(chat: Chat) -> None:
    pressed = buttons(answered(chat))["Share"]
    chat.click(pressed, channel="COPS", ts="1.1", ephemeral=True)
    (posted,) = chat.slack.of("chat.postMessage")
    assert posted["channel"] == "COPS"
    assert message_text(posted).endswith("(Shared by Darcel Schlecht)")
    assert "Share" not in buttons(posted), "what everybody sees needs no sharing"
    assert chat.world.audit.lines == [("UDARCEL", "share", "COPS", QUESTION, "slack")]


def test_what_a_reader_may_not_see_is_not_shared(chat: Chat) -> None:
    pressed = buttons(answered(chat))["Share"]
    chat.slack.members["COPS"] = [DARCEL.slack_id, "UGAIL"]
    chat.click(pressed, channel="COPS", ts="1.1", ephemeral=True)
    assert "A reader of this channel may see no account data" in told(chat)
    assert chat.slack.of("chat.postMessage") == []
    assert chat.world.audit.lines[0][3].startswith("refused")


def test_what_is_shared_is_what_every_reader_sees(chat: Chat) -> None:
    pressed = buttons(answered(chat))["Share"]
    narrow = replace(MELVIN, scope=Scope(Whose.TEAM, frozenset({"7"})))
    chat.world.services.people.__dict__["_people"]["UMELVIN"] = narrow
    chat.click(pressed, channel="COPS", ts="1.1", ephemeral=True)
    (posted,) = chat.slack.of("chat.postMessage")
    assert "of accounts that everybody here may see" in message_text(posted)
    assert chat.world.asking.scopes[-1] == Scope(Whose.OWN, frozenset({"7"}))


def test_an_answer_that_all_see_and_one_in_a_direct_message_cannot_be_shared(chat: Chat) -> None:
    assert "Share" not in buttons(answered(chat, "CSALES"))
    chat.direct(QUESTION)
    assert "Share" not in buttons(chat.slack.of("chat.postMessage")[-1])


def test_nothing_is_shared_where_others_can_read(chat: Chat) -> None:
    pressed = buttons(answered(chat))["Share"]
    chat.slack.shared.add("COPS")  # opened to another organisation between the answer and the click
    chat.click(pressed, channel="COPS", ts="1.1", ephemeral=True)
    assert "another organisation can read this channel" in told(chat)
    assert chat.slack.of("chat.postMessage") == []
    assert chat.world.audit.lines[0][3].startswith("refused")


def test_a_channel_that_cannot_be_seen_gets_nothing(chat: Chat) -> None:
    pressed = buttons(answered(chat))["Share"]
    chat.slack.faults["conversations.info"] = ["channel_not_found"]
    chat.click(pressed, channel="COPS", ts="1.1", ephemeral=True)
    assert "cannot see who reads this channel" in told(chat)
    assert chat.slack.of("chat.postMessage") == []


def test_who_only_looks_may_not_share(chat: Chat) -> None:
    pressed = buttons(answered(chat))["Share"]
    chat.click(pressed, user=VERA.slack_id, channel="COPS", ts="1.1", ephemeral=True)
    assert "may not share" in told(chat)


def test_a_channel_that_the_app_is_not_in_is_told_so(chat: Chat) -> None:
    pressed = buttons(answered(chat))["Share"]
    chat.slack.faults["chat.postMessage"] = ["not_in_channel"]
    chat.click(pressed, channel="COPS", ts="1.1", ephemeral=True)
    assert "Invite me" in told(chat)


def test_what_is_no_question_any_more_is_not_shared(chat: Chat) -> None:
    chat.click({"action_id": "share", "value": "gone"}, channel="COPS", ts="1.1", ephemeral=True)
    assert "do not know the word" in told(chat)
    assert chat.slack.of("chat.postMessage") == []


def opened_form(chat: Chat) -> dict[str, Any]:
    pressed = buttons(answered(chat, user="UMELVIN"))["Save as segment"]
    chat.click(pressed, user="UMELVIN", channel="COPS", ts="1.1", ephemeral=True)
    (opened,) = chat.slack.of("views.open")
    view: dict[str, Any] = opened["view"]
    assert check(view, Surface.MODAL) == []
    assert check_view(view, "modal") == []
    return view


def submit(chat: Chat, view: dict[str, Any], user: str = "UMELVIN", **values: str) -> dict[str, Any]:
    return chat.submit(view["callback_id"], values, view["private_metadata"], user)


def test_a_manager_saves_what_was_asked_as_a_segment(chat: Chat) -> None:
    view = opened_form(chat)
    assert view["blocks"][1]["element"]["initial_value"] == "label = VIP"
    assert submit(chat, view, name="Best", criteria="label = VIP", note="for Anna") == {}
    assert chat.world.saving.saved == [("Best", "label = VIP", "for Anna", "UMELVIN")]
    assert told(chat) == "Saved as the segment “Best”: label = VIP."


def test_what_is_wrong_stands_below_its_field(chat: Chat) -> None:
    view = opened_form(chat)
    chat.world.saving.saved.append(("Best", "", "", ""))
    assert submit(chat, view, name="Best", criteria="x = wrong") == {
        "response_action": "errors",
        "errors": {
            "name": "There is a segment “Best” already.",
            "criteria": "At character 5: There is no field wrong.",
        },
    }
    assert len(chat.world.saving.saved) == 1


def test_who_may_not_save_has_no_button_and_no_way_around_it(chat: Chat) -> None:
    assert "Save as segment" not in buttons(answered(chat))
    chat.click({"action_id": "save", "value": QUESTION}, channel="COPS", ts="1.1", ephemeral=True)
    assert "Only managers" in told(chat)
    assert chat.slack.of("views.open") == []
    chat.submit("save_form", {"name": "Best", "criteria": "label = VIP"})
    assert chat.world.saving.saved == []
    assert "Only managers" in message_text(chat.slack.of("chat.postMessage")[-1])


def test_a_form_opened_elsewhere_is_answered_in_the_direct_message(chat: Chat) -> None:
    chat.submit("save_form", {"name": "Best", "criteria": "label = VIP"}, "", "UMELVIN")
    assert chat.slack.of("chat.postMessage")[-1]["channel"] == "DMELVIN"


def test_a_button_that_is_no_question_opens_nothing(chat: Chat) -> None:
    click = {"action_id": "save", "value": "gone"}
    chat.click(click, user="UMELVIN", channel="COPS", ts="1.1", ephemeral=True)
    assert "another version" in told(chat)
    long = replace(VIPS, criteria=Compare("name", Operator.EQ, "x" * 3_100))
    chat.world.asking.knows("long", list_answer(account("Konex"), asked=long))
    chat.slack.calls.clear()
    chat.click(click | {"value": "long"}, user="UMELVIN", channel="COPS", ts="1.2", ephemeral=True)
    assert "too long" in told(chat)


def requested(
    world: FakeWorld, slack: RecordingSlack, request: Request, person: Person, place: Place
) -> None:
    client = web_client("xoxb-test", slack.api_url)
    around = Surroundings(world.services, Channels(client), lambda: world.configuration)
    answer = replace(list_answer(account("Konex"), asked=request.question), request=request)
    asked = Requested(request, answer, person, Reply(client, place), client)
    act(asked, request_handlers(around), world.services.people)


def test_a_thread_saves_and_shares_by_words(world: FakeWorld, slack: RecordingSlack) -> None:
    place = Place("UMELVIN", "COPS", "1.0")
    requested(world, slack, Request(Action.SAVE, VIPS, "Best"), MELVIN, place)
    assert world.saving.saved == [("Best", "label = VIP", "", "UMELVIN")]
    requested(world, slack, Request(Action.SHARE, VIPS), DARCEL, place)
    assert slack.of("chat.postMessage")[0]["thread_ts"] == "1.0"
    with pytest.raises(UserError, match="draw"):
        requested(world, slack, Request(Action.CHART, Question(Kind.LIST)), DARCEL, place)
