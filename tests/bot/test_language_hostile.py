"""Whatever is typed: nothing is raised, every word is accounted for, and it takes no time."""

from __future__ import annotations

import time
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.ports import NamedAccount, OrganisationWords
from bot.language.question import NotUnderstood, Question
from bot.language.tokens import LONGEST_CHARACTERS, phrase, tokens
from bot.language.understand import understand
from bot.language.vocabulary import Vocabulary, build_index
from tests.support.questions import QUESTIONS
from tests.support.said import said
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION, TODAY, sample, vocabulary_for
from tests.support.word_accounting import unaccounted

WORDS = sorted(
    {word for text, _ in QUESTIONS for word in text.split()}
    | {"zzyzxq", "<", "(", '"', "\u2019s", "50k-", "🎉"}
)
HOSTILE = (
    "a" * 5000,
    "VIP " * 1250,
    "🎉" * 300,
    "\x00\x1b[31mVIP\x07",
    '"VIP accounts',
    "'\"`“”„",
    "<!channel>",
    "<@U123> VIPs",
    "'; DROP TABLE crm_account; --",
    "1' OR '1'='1",
    "((((((((((VIP",
    "not " * 200,
    "last 99999999999999 years",
    "over 999999999999999999999999999999999999999k",
    "٣ VIPs",
    "ﬁnance",
    "İstanbul",
    "since 2026-02-31",
    "1e999 accounts",
    "before 0000-00-00",
    "top 0",
    "top -5",
    "top 1.5",
    "limit 99999999999",
    "created since 9999-12-31",
    "=====",
    "a=b=c",
    "\u202eVIP",
    "accounts where " + "(" * 300,
    "VIP or " * 100,
    "#",
    "account #1",
    "account #",
    "%",
    "50%",
    "how many how many",
    "by by by",
    "per",
    "is empty",
    "June",
    "in June",
    "since",
    "between",
    "between 1 and",
    "last",
    "next quarter",
    "sorted by",
    "sorted by VIP",
    "owned by",
    "my my my",
)


@pytest.mark.parametrize("text", HOSTILE, ids=[repr(text[:30]) for text in HOSTILE])
def test_hostile_input_is_answered_in_words(text: str) -> None:
    understood = understand(text, vocabulary_for())
    assert isinstance(understood, Question | NotUnderstood)
    if isinstance(understood, NotUnderstood):
        assert understood.reason


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=500))
def test_any_text_is_read_without_raising(text: str) -> None:
    understood = understand(text, vocabulary_for())
    assert unaccounted(" ".join(text.split()), understood) == []


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_order_of_known_words_leaves_no_word_unexplained(words: list[str]) -> None:
    text = " ".join(words)
    assert unaccounted(text, understand(text, vocabulary_for())) == []


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_a_reading_that_is_offered_is_understood(words: list[str]) -> None:
    understood = understand(" ".join(words), vocabulary_for())
    if isinstance(understood, NotUnderstood):
        offered = [*understood.readings, *(one for word in understood.words for one in word.readings)]
        for one in offered:
            assert isinstance(understand(one.text, vocabulary_for()), Question), one.text


@pytest.mark.parametrize(
    "parts",
    [
        ("VIP", "retail", "in Texas"),
        ("my", "champions", "over 50k"),
        ("at-risk", "healthcare", "bought this month"),
    ],
)
def test_the_order_of_simple_conditions_does_not_matter(parts: tuple[str, ...]) -> None:
    found = set()
    for order in permutations(parts):
        understood = understand(" ".join(order), vocabulary_for())
        assert isinstance(understood, Question)
        found.add(frozenset(said(understood).removeprefix("list: ").split(" and ")))
    assert len(found) == 1


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab XY9.'&-\"éß", max_size=30))
def test_a_phrase_is_the_folded_words_of_its_text(text: str) -> None:
    assert phrase(text) == " ".join(one.norm for one in tokens(text.replace('"', " ")))
    # Where capitals are more letters, as of ß, an abbreviation such as "X.ß." is none any more.
    if len(text.upper()) == len(text):
        assert phrase(text) == phrase(text.upper())


def large_vocabulary(accounts: int = 100_000) -> Vocabulary:
    words = sample().words()
    parts = ("kar", "lo", "ven", "tim", "ox", "ba", "sil", "du", "fa", "neo")
    names = (
        "".join(parts[(at // 10**digit) % 10] for digit in range(5))
        + (" Inc", " Group", " Labs GmbH")[at % 3]
        for at in range(accounts)
    )
    many = tuple(NamedAccount(f"a{at}", name.title()) for at, name in enumerate(names))
    index = build_index(
        OrganisationWords((*many, *words.accounts), words.users, words.values), CATALOG, CONFIGURATION
    )
    return Vocabulary(index, ANNA, TODAY)


def test_a_question_takes_no_time_with_100_000_accounts() -> None:
    """Processor time, so that a busy machine does not matter; 50 ms is what a person may wait for reading."""
    vocabulary = large_vocabulary()
    for text in (
        "show VIP accounts in helthcare over 50k owned by me",
        "how is acne corp doing?",
        "how is Karlovntimox Inc doing?",
        "show VIP accounts in frobnicate",
    ):
        understand(text, vocabulary)
        begun = time.process_time()
        understand(text, vocabulary)
        assert time.process_time() - begun < 0.05, text
    assert (
        said(understand("show VIP accounts in helthcare", vocabulary))
        == "list: label = VIP and industry = medical"
    )


def test_a_text_that_is_too_long_says_so() -> None:
    understood = understand("VIP " * LONGEST_CHARACTERS, vocabulary_for())
    assert isinstance(understood, NotUnderstood)
    assert "too long" in understood.reason
