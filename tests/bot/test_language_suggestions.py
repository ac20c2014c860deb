"""What is offered and said below a question that was not understood: close to it, whole, and once."""

from __future__ import annotations

import pytest

from bot.language.question import NotUnderstood
from bot.language.understand import understand
from tests.support.sample_organisation import vocabulary_for

ONLY_HELP = (
    "how much did we close last quarter?",
    "accounts where mood is bad",
    "frobnicate the accounts",
    "sales by moon phase",
    "who is our biggest fan in retail",
    "VIP accounts for my frobnication",
)


def _asked_back(text: str) -> NotUnderstood:
    found = understand(text, vocabulary_for())
    assert isinstance(found, NotUnderstood)
    return found


@pytest.mark.parametrize("text", ONLY_HELP)
def test_nothing_is_offered_that_has_nothing_to_do_with_it(text: str) -> None:
    found = _asked_back(text)
    assert [one.text for one in found.readings] == ["help"]
    assert not any(word.readings for word in found.words)


def test_what_is_left_is_offered_where_it_still_says_something() -> None:
    (word,) = _asked_back("VIPs in Atlantis").words
    assert [one.text for one in word.readings] == ["VIPs"]


def test_in_a_place_no_field_is_offered() -> None:
    (word,) = _asked_back("deals in negotiation for Konex").words
    assert not any("in nation" in one.text for one in word.readings)


def test_words_out_of_place_are_named_in_one_sentence() -> None:
    reason = _asked_back("last purchase before banana 11 of 20").reason
    assert reason == (
        "I do not know “banana”. I do not see what “last purchase”, “before”, “11” and “20” are to do here."
    )
