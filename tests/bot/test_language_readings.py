"""What is offered when a sentence was not understood: names of the words, and questions that work."""

from __future__ import annotations

import pytest

from bot.app.ports import NamedAccount, NamedUser, OrganisationWords
from bot.language.question import Kind, NotUnderstood, Question
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_index
from tests.support.said import said
from tests.support.sample_organisation import (
    ANNA,
    CATALOG,
    CONFIGURATION,
    TODAY,
    sample,
    vocabulary_for,
    without_purchases,
)


def asked_back(text: str, vocabulary: Vocabulary | None = None) -> NotUnderstood:
    understood = understand(text, vocabulary or vocabulary_for())
    assert isinstance(understood, NotUnderstood), understood
    return understood


def with_more(users: tuple[NamedUser, ...] = (), accounts: tuple[NamedAccount, ...] = ()) -> Vocabulary:
    words = sample().words()
    more = OrganisationWords((*words.accounts, *accounts), (*words.users, *users), words.values)
    return Vocabulary(build_index(more, CATALOG, CONFIGURATION), ANNA, TODAY)


def test_an_unknown_word_is_named_with_whole_questions() -> None:
    understood = asked_back("show VIP accounts in frobnicate")
    assert understood.reason == "I do not know “frobnicate”."
    (word,) = understood.words
    assert (word.word, word.position) == ("frobnicate", 21)
    offered = [(one.text, one.shown) for one in word.readings]
    assert offered == [("show VIP accounts", "without “frobnicate”")], "no industries, which are not near"


def test_a_word_too_short_to_be_corrected_is_offered() -> None:
    assert asked_back("viip accounts").words[0].readings[0].text == "VIP accounts"


def test_every_unknown_word_is_named() -> None:
    assert [one.word for one in asked_back("purple VIPs in frobnicate").words] == ["purple", "frobnicate"]


def test_a_city_that_is_also_a_state_is_asked_back() -> None:
    understood = asked_back("VIP accounts in New York")
    assert [one.shown for one in understood.readings] == ['city = "New York"', 'state = "New York"']
    assert [said(understand(one.text, vocabulary_for())) for one in understood.readings] == [
        'list: label = VIP and city = "New York"',
        'list: label = VIP and state = "New York"',
    ]


def test_two_owners_of_one_first_name_are_asked_back() -> None:
    second = NamedUser("user-anna-berg", "Anna Berg", "anna.berg@bellwether.example", None)
    vocabulary = with_more(users=(second,))
    understood = asked_back("accounts owned by Anna", vocabulary)
    assert [one.shown for one in understood.readings] == ['owner = "Anna Snelling"', 'owner = "Anna Berg"']
    assert said(understand("accounts owned by Anna Berg", vocabulary)) == 'list: owner = "Anna Berg"'
    assert said(understand(understood.readings[1].text, vocabulary)) == 'list: owner = "Anna Berg"'


def test_two_accounts_of_one_name_are_asked_back() -> None:
    vocabulary = with_more(accounts=(NamedAccount("77", "Konex"),))
    understood = asked_back("how is Konex doing?", vocabulary)
    chosen = understand(understood.readings[-1].text, vocabulary)
    assert isinstance(chosen, Question)
    assert (chosen.kind, chosen.account_id) == (Kind.ACCOUNT, "77")


def test_an_account_that_is_called_like_a_list_is_asked_back() -> None:
    vocabulary = with_more(accounts=(NamedAccount("78", "Texas Retail Inc"),))
    understood = asked_back("Texas retail", vocabulary)
    assert [one.shown for one in understood.readings] == [
        "the account Texas Retail Inc",
        "state = Texas and industry = retail",
    ]
    assert (
        said(understand("VIPs in Texas retail", vocabulary))
        == "list: label = VIP and state = Texas and industry = retail"
    )


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        (
            "VIPs in healthcare or Texas",
            {
                "(label = VIP and industry = medical) or state = Texas",
                "label = VIP and (industry = medical or state = Texas)",
            },
        ),
        (
            "not VIP or healthcare",
            {"label != VIP and industry != medical", "label != VIP or industry = medical"},
        ),
        (
            "except VIPs and healthcare in Texas",
            {
                "label != VIP and industry != medical and state = Texas",
                "label != VIP and industry = medical and state = Texas",
            },
        ),
    ],
)
def test_conditions_that_can_be_joined_in_two_ways_are_asked_back(text: str, readings: set[str]) -> None:
    understood = asked_back(text)
    assert {one.shown for one in understood.readings} == readings
    for one in understood.readings:
        assert said(understand(one.text, vocabulary_for())) == f"list: {one.shown}"


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("quota this quarter by owner", "Forecasts, quotas and growth are"),
        ("profit by quarter", "Profit and costs are"),
        ("revenue of GTX Pro", "Figures of one product are"),
        ("accounts with open tickets", "E-mails, meetings, tickets"),
        ("export VIPs", "Charts and exports"),
    ],
)
def test_what_is_not_there_yet_is_said_with_questions_that_come_near(text: str, feature: str) -> None:
    understood = asked_back(text)
    assert understood.reason.startswith(feature)
    assert understood.reason.endswith("not available yet.")
    later = vocabulary_for().index.lexicon.later.values()
    offered = {one.text for one in understood.readings}
    assert offered
    assert any(offered <= set(one.near) for one in later if understood.reason.startswith(one.name))


def test_two_labels_without_a_word_between_are_asked_back() -> None:
    assert [one.shown for one in asked_back("at-risk VIPs in Texas").readings] == [
        'label in ("At Risk", VIP) and state = Texas',
        'label = "At Risk" and state = Texas',
        "label = VIP and state = Texas",
    ]


def test_only_the_last_purchase_is_known() -> None:
    understood = asked_back("VIPs that bought in June", without_purchases())
    assert "last purchase" in understood.reason
    assert said(understand(understood.readings[0].text, vocabulary_for())) == (
        "list: label = VIP and last_purchase between 2026-06-01 and 2026-06-30"
    )


def test_an_amount_in_another_currency_is_not_converted_silently() -> None:
    assert asked_back("accounts over 50k euros").reason == "Amounts are kept in USD, not in EUR."


def test_a_wrong_value_in_the_criteria_language_is_offered_right() -> None:
    understood = asked_back("label = Viip")
    assert [one.text for one in understood.words[0].readings] == ["label = VIP"]


def test_a_stranger_to_the_crm_is_told_so() -> None:
    understood = asked_back("my team's VIPs")
    assert "Nobody reports to Anna Snelling" in understood.reason


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (
            "VIPs that did not buy last quarter",
            "VIPs that did not buy since 1 Jul 2026",
        ),
        (
            "accounts over 100k that have not bought in the last week",
            "accounts over 100k that have not bought since 16 Nov 2026",
        ),
    ],
)
def test_a_period_in_the_past_is_offered_from_its_first_day(text: str, offered: str) -> None:
    understood = understand(text, without_purchases())
    assert isinstance(understood, NotUnderstood)
    assert offered in [reading.text for reading in understood.readings]
    assert isinstance(understand(offered, vocabulary_for()), Question)
