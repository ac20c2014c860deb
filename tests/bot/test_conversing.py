"""A conversation with the use case: what is gone on with, kept, taken back, and counted as not understood."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.answers import Answer
from bot.app.ask import PAGE_LINES, Ask
from bot.app.conversing import MOST_QUESTIONS, direct_key
from bot.app.misses import Missing, folded_text, words_by_count
from bot.app.people import Person
from bot.language.question import Action, Kind, NotUnderstood
from tests.support.fake_account_book import FakeAccountBook
from tests.support.fake_conversations import FakeConversations, FakeMisses
from tests.support.sample_organisation import ANNA, CONFIGURATION, STRANGER

THREAD, DIRECT = "C1:1700000000.5", direct_key("D1")


class Talk:
    """One place, and what is said there."""

    def __init__(self, key: str = THREAD) -> None:
        self.key = key
        self.conversations, self.misses = FakeConversations(), FakeMisses()
        self.asking = Ask(
            FakeAccountBook(),
            lambda: CONFIGURATION,
            conversations=self.conversations,
            missing=Missing(self.misses),
        )

    def say(self, text: str, person: Person = ANNA, offset: int = 0) -> Answer:
        return self.asking.ask(text, person, offset, conversation=self.key)

    def read(self, text: str) -> str:
        answer = self.say(text)
        return answer.read_as or answer.not_understood.reason  # type: ignore[union-attr]

    def questions(self) -> int:
        return len(self.conversations.kept[self.key].questions)


def test_a_thread_keeps_its_question_and_takes_it_back() -> None:
    talk = Talk()
    assert talk.read("VIPs in Texas") == "label = VIP and state = Texas"
    assert talk.read("and retail") == "label = VIP and state = Texas and industry = retail"
    assert talk.read("what about champions?") == "label = Champion and state = Texas and industry = retail"
    assert talk.read("frobnicate") == "I do not know “frobnicate”."
    assert talk.read("undo") == "label = VIP and state = Texas and industry = retail"
    assert talk.read("undo") == "label = VIP and state = Texas"
    assert "nothing to undo" in talk.read("undo")
    assert talk.read("how many?") == "label = VIP and state = Texas · how many"


def test_everybody_in_a_thread_goes_on_with_the_same_question_by_their_own_right() -> None:
    talk = Talk()
    talk.say("my accounts")
    guest = replace(STRANGER, refusal="Guests see no accounts.")
    refused = talk.say("only VIPs", guest)
    assert refused.not_understood is not None
    assert (refused.not_understood.reason, refused.accounts) == ("Guests see no accounts.", ())
    assert talk.say("only VIPs", STRANGER).read_as == 'owner = "Anna Snelling" and label = VIP'


def test_pages_go_on_where_the_last_one_ended() -> None:
    talk = Talk()
    first = talk.say("accounts in the US")
    second = talk.say("next")
    third = talk.say("next 20")
    fourth = talk.say("more")
    pages = [first, second, third, fourth]
    assert [(one.offset, one.shown) for one in pages] == [(0, 10), (10, 10), (20, 20), (40, 10)]
    ids = [line.id for one in pages for line in one.accounts]
    assert len(ids) == len(set(ids)) == 50
    assert second.request is not None
    assert (second.request.action, third.question) == (
        Action.NEXT,
        'accounts where country = "United States"',
    )
    for _ in range(4):
        last = talk.say("next 10")
    assert last.shown == 0
    assert talk.say("only VIPs").offset == 0


def test_what_a_button_of_a_follow_up_asks_is_the_whole_question() -> None:
    talk = Talk()
    talk.say("VIPs")
    answer = talk.say("only in Texas")
    alone = talk.asking.ask(answer.question, ANNA)
    assert (alone.read_as, alone.accounts) == (answer.read_as, answer.accounts)


def test_the_page_that_a_button_turns_to_is_where_next_goes_on() -> None:
    talk = Talk()
    talk.say("accounts in the US")
    talk.say("accounts in the US", offset=20)
    assert talk.say("next").offset == 30
    assert talk.questions() == 1


@pytest.mark.parametrize(
    ("text", "action", "argument"),
    [
        ("chart", Action.CHART, ""),
        ("export as csv", Action.EXPORT, "csv"),
        ("save as “Big”", Action.SAVE, "Big"),
    ],
)
def test_a_request_comes_with_the_answer_of_its_question(text: str, action: Action, argument: str) -> None:
    talk = Talk()
    listed = talk.say("VIPs in Texas")
    answer = talk.say(text)
    assert answer.request is not None
    assert (answer.request.action, answer.request.argument) == (action, argument)
    assert (answer.asked, answer.accounts) == (listed.asked, listed.accounts)


def test_a_request_that_says_more_changes_the_question() -> None:
    talk = Talk()
    talk.say("VIPs")
    assert talk.say("by industry as a chart").kind is Kind.COUNT_BY
    assert talk.questions() == 2
    assert talk.read("undo") == "label = VIP"


def test_a_direct_message_goes_on_only_with_what_says_so() -> None:
    talk = Talk(DIRECT)
    assert talk.read("VIPs in Texas") == "label = VIP and state = Texas"
    assert talk.read("only retail") == "label = VIP and state = Texas and industry = retail"
    assert talk.read("champions") == "label = Champion"
    assert talk.read("in Berlin") == "label = Champion and city = Berlin"
    assert "goes on with a question" in Talk(DIRECT).read("next")


def test_without_a_place_every_sentence_begins_anew() -> None:
    talk = Talk("")
    talk.say("VIPs")
    assert talk.read("only in Texas") == "state = Texas"
    assert talk.conversations.kept == {}


def test_a_conversation_keeps_twenty_questions() -> None:
    talk = Talk()
    for at in range(MOST_QUESTIONS + 5):
        talk.say(f"accounts over {at + 1}k")
    assert talk.questions() == MOST_QUESTIONS


def test_the_same_question_again_is_no_new_one() -> None:
    talk = Talk()
    for text in ("VIPs", "only VIPs", "VIP accounts"):
        talk.say(text)
    assert talk.questions() == 1


def test_what_is_not_understood_is_counted_without_who_typed_it() -> None:
    talk = Talk()
    talk.say("show VIPs in Frobnicate!")
    talk.say("show vips  in frobnicate")
    talk.asking.ask("my accounts", STRANGER)
    first, other = talk.misses.recent(10)
    assert (first.text, first.words, first.count) == ("show vips in frobnicate", ("frobnicate",), 2)
    assert other.text == "my accounts"
    assert (STRANGER.email or "") not in other.reason
    assert words_by_count((first, other))[0] == ("frobnicate", 2)


def test_presses_refusals_and_answers_are_not_counted() -> None:
    talk = Talk()
    talk.say("VIPs")
    talk.asking.ask("show VIPs in frobnicate", ANNA, pressed=True)
    talk.say("VIPs", replace(STRANGER, refusal="Guests see no accounts."))
    talk.asking.read("show VIPs in frobnicate", ANNA)
    assert talk.misses.recent(10) == ()


@given(st.text(max_size=400))
def test_what_is_kept_of_a_sentence_is_short_and_can_be_stored(text: str) -> None:
    folded = folded_text(text)
    assert len(folded) <= 300
    assert folded == folded_text(folded)
    assert all(sign.isprintable() for sign in folded)
    folded.encode()


STEPS = (
    "only in Texas",
    "and retail",
    "or champions",
    "without VIPs",
    "sort by spend",
    "top 3",
    "by industry",
)
WORDS = (*STEPS, "what about Chicago?", "how many?", "actually champions", "only over 50k", "frobnicate")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=4), st.sampled_from(WORDS))
def test_undo_after_any_refinement_gives_the_question_before(before: list[str], text: str) -> None:
    talk = Talk()
    talk.say("VIPs and champions in the US")
    for one in before:
        talk.say(one)
    asked = talk.conversations.kept[THREAD].questions[-1]
    answer = talk.say(text)
    changed = talk.conversations.kept[THREAD].questions[-1] != asked
    if answer.not_understood is None and changed and _differs(talk, asked):
        undone = talk.say("undo")
        assert undone.asked is not None
        assert replace(undone.asked, words=()) == replace(asked, words=())


def _differs(talk: Talk, asked: object) -> bool:
    """Whether the question is another one, and not the same in other words."""
    questions = talk.conversations.kept[THREAD].questions
    return len(questions) > 1 and questions[-2] == asked


def test_the_answer_to_what_was_not_understood_says_why() -> None:
    answer = Talk().say("next")
    assert isinstance(answer.not_understood, NotUnderstood)
    assert PAGE_LINES == 10
