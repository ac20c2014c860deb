"""Going on with a question in Slack: threads, direct messages, what is to be done, words that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.app.ask import Ask
from bot.app.misses import Missing
from bot.app.ports import Miss
from bot.app.services import HomeView, Services
from bot.language.question import Action
from bot.slack.listeners.requests import Requested, act, on_request
from bot.slack.sending import Reply
from bot.slack.views.home import home_view
from bot.slack.views.keep_word import Learnt, in_place_of, learnt
from bot.slack.views.limits import Surface, check
from sandbox.demo.transcript import message_text, view_text
from tests.support.fake_account_book import FakeAccountBook
from tests.support.fake_conversations import FakeConversations
from tests.support.fake_services import ADA, DARCEL, NOW, FakeWorld, fake_world
from tests.support.sample_organisation import CONFIGURATION
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import Chat, buttons


@dataclass
class TalkingWorld(FakeWorld):
    """The fakes, with the real use case of a question over accounts in memory."""

    conversations: FakeConversations = field(default_factory=FakeConversations)

    @property
    def services(self) -> Services:
        ask = Ask(
            FakeAccountBook(),
            lambda: CONFIGURATION,
            conversations=self.conversations,
            missing=Missing(self.misses),
        )
        return replace(super().services, asking=ask)


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


@pytest.fixture
def chat(server: RecordingSlack) -> Iterator[Chat]:
    server.calls.clear()
    server.messages.clear()
    server.faults.clear()
    plain = fake_world()
    made = Chat(TalkingWorld(**vars(plain)), server)
    yield made
    made.close()


def last(chat: Chat, method: str = "chat.postMessage") -> dict[str, Any]:
    call = chat.slack.of(method)[-1]
    assert check(call, Surface.MESSAGE) == []
    return call


def read_as(call: dict[str, Any]) -> str:
    return next(line for line in message_text(call).splitlines() if "Read as" in line)


def test_a_mention_opens_a_thread_that_everybody_in_it_goes_on_with(chat: Chat) -> None:
    chat.mention("VIPs in Texas", ts="1700000000.5")
    chat.mention("what about Ohio?", user="UANNA", ts="1700000001.5", thread_ts="1700000000.5")
    assert "label = VIP and state = Ohio" in read_as(last(chat))
    chat.mention("undo", thread_ts="1700000000.5")
    assert "label = VIP and state = Texas" in read_as(last(chat))
    chat.mention("only retail", ts="1700000009.5")
    assert "Read as industry = retail" in read_as(last(chat)).replace("`", "")


def test_a_thread_shows_nothing_to_whom_it_may_not(chat: Chat) -> None:
    chat.mention("VIPs in Texas", ts="1700000000.5")
    chat.slack.calls.clear()
    chat.mention("next", user="UGAIL", thread_ts="1700000000.5")
    assert chat.slack.of("chat.postMessage") == []
    assert "Guests" in message_text(last(chat, "chat.postEphemeral"))


def test_a_direct_message_goes_on_with_fragments_alone(chat: Chat) -> None:
    chat.direct("VIPs in Texas")
    chat.direct("only retail")
    assert "label = VIP and state = Texas and industry = retail" in read_as(last(chat))
    chat.direct("champions")
    assert "Read as label = Champion " in read_as(last(chat)).replace("`", "")
    assert set(chat.world.conversations.kept) == {"direct:DDARCEL"}  # type: ignore[attr-defined]
    chat.direct("VIPs", thread_ts="1700000000.5")
    assert "DDARCEL:1700000000.5" in chat.world.conversations.kept  # type: ignore[attr-defined]


def test_a_command_keeps_no_conversation_and_says_how_to_go_on(chat: Chat) -> None:
    chat.command("VIPs in Texas")
    assert "Mention me with this question" in message_text(last(chat, "response_url"))
    chat.command("only retail")
    assert "Read as industry = retail" in read_as(last(chat, "response_url")).replace("`", "")
    assert chat.world.conversations.kept == {}  # type: ignore[attr-defined]
    for text in ("help", "how is Acme doing?", "frobnicate"):
        chat.command(text)
        assert "Mention me with this question" not in message_text(last(chat, "response_url"))


def test_next_in_a_thread_and_its_buttons_ask_the_whole_question(chat: Chat) -> None:
    chat.mention("accounts in the US", ts="1700000000.5")
    chat.mention("without retail", thread_ts="1700000000.5")
    chat.mention("next", thread_ts="1700000000.5")
    posted = last(chat)
    assert "11 to 20 of" in message_text(posted)
    press = next(one for text, one in buttons(posted).items() if text.startswith("Next"))
    chat.click(press, channel="CSALES", ts="1700000003.5")
    turned = last(chat, "chat.update")
    assert "21 to 30 of" in message_text(turned)
    assert 'country = "United States" and industry != retail' in read_as(turned)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chart", "nothing to draw"),
        ("export this", "Exports are not set up here"),
        ("save as “Texas”", "Only managers"),
        ("share", "Shared by Darcel"),
    ],
)
def test_what_is_asked_of_an_answer_is_done_or_refused_with_the_reason(
    chat: Chat, text: str, said: str
) -> None:
    chat.mention("VIPs in Texas", ts="1700000000.5")
    before = len(chat.slack.calls)
    chat.mention(text, thread_ts="1700000000.5")
    told = [message_text(call.arguments) for call in chat.slack.calls[before:] if "blocks" in call.arguments]
    assert any(said in one for one in told)


def test_a_topic_that_takes_an_action_gets_question_answer_and_place(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Requested] = []
    taken = dict([on_request(Action.SAVE, done.append)])
    monkeypatch.setattr("bot.slack.listeners.ask.request_handlers", lambda _around: taken)
    second = Chat(chat.world, chat.slack)
    try:
        second.mention("VIPs in Texas", ts="1700000000.5")
        second.mention("save as “Texas”", thread_ts="1700000000.5")
    finally:
        second.close()
    [one] = done
    assert (one.request.argument, one.person, one.conversation) == ("Texas", DARCEL, "CSALES:1700000000.5")
    assert one.answer.read_as == "label = VIP and state = Texas"
    assert isinstance(one.reply, Reply)
    assert callable(act)


def reading(chat: Chat, wanted: str) -> dict[str, Any]:
    return next(one for text, one in buttons(last(chat)).items() if text == wanted)


def test_an_administrator_keeps_a_word_for_what_was_meant(chat: Chat) -> None:
    chat.mention("show VIPs in retial zone", user="UADA", ts="1700000000.5")
    chat.mention("show frobs in Texas", user="UADA", ts="1700000001.5")
    press = {
        "action_id": "reading.0",
        "block_id": "readings0@UADA",
        "value": Learnt("frobs", "VIP", "show VIP in Texas").carried(),
    }
    chat.click(press, user="UADA", channel="CSALES", ts="1700000002.5")
    answered = last(chat, "chat.update")
    assert "label = VIP and state = Texas" in read_as(answered)
    keep = buttons(answered)["Keep “frobs” as a word for VIP"]
    chat.click(keep, user="UDARCEL", channel="CSALES", ts="1700000002.5")
    chat.click(keep, user="UADA", channel="CSALES", ts="1700000002.5")
    refused, done = chat.slack.of("response_url")[-2:]
    assert "Only administrators keep words." in message_text(refused)
    assert "Kept: “frobs” is a word for VIP." in message_text(done)
    assert chat.world.words.kept == [("frobs", "VIP", "UADA")]
    assert ("UDARCEL", "keep word", "frobs") in [line[:3] for line in chat.world.audit.lines]


def test_others_are_offered_no_word_to_keep(chat: Chat) -> None:
    press = {"action_id": "reading.0", "value": Learnt("frobs", "VIP", "show VIP").carried()}
    chat.click(press, channel="CSALES", ts="1700000002.5", ephemeral=True)
    assert not any(text.startswith("Keep") for text in buttons(last(chat, "response_url")))


def test_a_reading_of_an_unknown_word_says_for_which_word_it_stands(chat: Chat) -> None:
    chat.mention("show VIPs in retailer", ts="1700000000.5")
    offered = [one for one in buttons(last(chat)).values() if one["action_id"].startswith("reading.")]
    assert {learnt(one["value"]).reading for one in offered} >= {"retail"}
    assert all(learnt(one["value"]).word == "retailer" for one in offered)
    chat.click(offered[0], channel="CSALES", ts="1700000002.5")
    assert "label = VIP and industry = " in read_as(last(chat, "chat.update"))


@pytest.mark.parametrize("value", ["", "{}", "[]", '{"q": 1, "word": "a", "as": "b"}', "show VIPs"])
def test_a_button_of_another_version_is_refused(chat: Chat, value: str) -> None:
    for action in ("reading.0", "keep_word"):
        chat.click({"action_id": action, "value": value}, channel="CSALES", ts="1.5", ephemeral=True)
        assert "another version" in message_text(last(chat, "response_url"))


@pytest.mark.parametrize(
    ("word", "question", "chosen", "expected"),
    [
        ("whales", "show whales in Texas", "show VIP in Texas", "VIP"),
        ("whales", "whales?", "VIP?", "VIP"),
        ("big blue", "show Big Blue  now", "show At Risk now", "At Risk"),
        ("whales", "show whales in Texas", "show in Texas", None),
        ("whales", "only whales", "accounts where label = VIP", None),
    ],
)
def test_what_stands_in_place_of_a_word(word: str, question: str, chosen: str, expected: str | None) -> None:
    assert in_place_of(word, question, chosen) == expected


def test_administrators_see_what_was_not_understood_and_others_do_not(chat: Chat) -> None:
    miss = Miss(1, "show <!channel> in frobnicate", ("frobnicate",), "?", 3, NOW, NOW)
    admin = HomeView(ADA, (), (), (), (), NOW, (miss,))
    view = home_view(admin, {}, NOW)
    assert check(view, Surface.HOME) == []
    assert "show <!channel> in frobnicate (frobnicate) · 3 times" in view_text(view)
    assert "frobnicate" not in view_text(home_view(replace(admin, person=DARCEL), {}, NOW))
