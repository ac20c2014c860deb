"""Typing errors: what is put right, what is not, and that it is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.ports import NamedAccount
from bot.language.account_names import AccountNames
from bot.language.contradictions import contradiction
from bot.language.nearest import NearestOfMany
from bot.language.ordinary import ordinary_words
from bot.language.question import NotUnderstood, Question
from bot.language.refine import refine
from bot.language.understand import understand
from scoring.criteria.parse import parse
from tests.support.plain_criteria import accounts_that
from tests.support.said import said
from tests.support.sample_organisation import CATALOG, vocabulary_for

SHOWN = (
    ("shwo me vips", "shwo", "show"),
    ("who got worse last moth", "moth", "month"),
    ("how many vips by stae", "stae", "state"),
    ("what cud we sell to isdom", "cud", "could"),
    ("spend 10k 2 50k", "2", "to"),
    ("revenue this q", "q", "quarter"),
)
FOLLOW_UPS = (
    ("onyl in Chicago", "list: label = VIP and industry = retail and city = Chicago"),
    ("how mny", "count: label = VIP and industry = retail"),
    ("waht about Texas", "list: label = VIP and industry = retail and state = Texas"),
    ("inclde champions", "list: label in (VIP, Champion) and industry = retail"),
    ("exprot this", "export"),
    ("nxt 10", "next: 10"),
    ("undoo", "undo"),
    ("save as nexxt", "save: nexxt"),
    ("onyl zzyzxq", "asked"),
)


@pytest.mark.parametrize(("text", "typed", "meant"), SHOWN)
def test_what_was_put_right_is_shown(text: str, typed: str, meant: str) -> None:
    understood = understand(text, vocabulary_for())
    assert isinstance(understood, Question)
    assert any(typed in use.words and f"read as “{meant}" in use.meaning for use in understood.words)


@pytest.mark.parametrize(("text", "meaning"), FOLLOW_UPS)
def test_errors_in_follow_ups_are_put_right(text: str, meaning: str) -> None:
    earlier = understand("VIP accounts in retail", vocabulary_for())
    assert isinstance(earlier, Question)
    found = refine(text, vocabulary_for(), earlier)
    assert said(found) == meaning
    if isinstance(found, NotUnderstood):
        assert [(one.word, one.position) for one in found.words] == [("zzyzxq", text.index("zzyzxq"))]


def test_a_digit_in_an_account_s_name_is_no_word() -> None:
    names = ("Call 2 Sell Ltd", "Ideas 4 Retail", "Studio 90d")
    accounts = tuple(NamedAccount(str(at), name) for at, name in enumerate(names))
    known = vocabulary_for()
    index = replace(known.index, accounts=AccountNames(accounts, known.index.lexicon.legal_forms))
    found = [understand(f"how is {name} doing?", replace(known, index=index)) for name in names]
    assert [one.account_id for one in found if isinstance(one, Question)] == ["0", "1", "2"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(ordinary_words())))
def test_a_word_that_is_spelt_rightly_is_not_taken_for_another_one(word: str) -> None:
    understood = understand(f"VIP accounts that are {word}", vocabulary_for())
    if isinstance(understood, Question):
        for use in understood.words:
            _, marked, meant = use.meaning.partition("read as “")
            assert not marked or meant.startswith(word[:3])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_many_names_find_what_few_names_find(data: st.DataObject) -> None:
    """One letter wrong, missing or too many: the name is found among many as it is among a few."""
    names = [f"{first}{second}{third}" for first in _PARTS for second in _PARTS for third in _PARTS]
    word = data.draw(st.sampled_from(names))
    at = data.draw(st.integers(0, len(word) - 1))
    mistyped = word[:at] + data.draw(st.sampled_from(("", "x", word[at] * 2))) + word[at + 1 :]
    assert len(names) > 5_000
    assert word in MANY.misspelt(mistyped, 1) or mistyped in names


_PARTS = (
    *("kar", "lov", "ven", "tim", "oxa", "bal", "sil", "dun", "fad"),
    *("neo", "wer", "qui", "zan", "pol", "mit", "tra", "gul", "hep"),
)
MANY = NearestOfMany(f"{first}{second}{third}" for first in _PARTS for second in _PARTS for third in _PARTS)


def test_accounts_that_share_a_name_or_a_word() -> None:
    names = ("Acme Corp", "Acme Ltd", "The Blue Door", "Blue Sky Labs", "Bluebird")
    found = AccountNames(
        [NamedAccount(str(at), name) for at, name in enumerate(names)], frozenset({"corp", "ltd"})
    )
    assert [one.name for one in found.named("acme")] == ["Acme Corp", "Acme Ltd"]
    assert [one.name for one in found.named("acme corp")] == ["Acme Corp"]
    assert [one.name for one in found.named("blue door")] == ["The Blue Door"]
    assert [one.name for one in found.with_word("blue")] == ["The Blue Door", "Blue Sky Labs"]
    assert [one.name for one in found.misspelt("bleubird")] == ["Bluebird"]
    assert found.by_id["3"].name == "Blue Sky Labs"


BOUNDS = st.builds(
    lambda field, sign, value: f"{field} {sign} {value}",
    st.sampled_from(("total_spend", "purchases")),
    st.sampled_from((">", ">=", "<", "<=", "=")),
    st.sampled_from((10, 20, 50, 100_000)),
)
LABELS = st.sampled_from(("label = VIP", "label = Champion", "label in (VIP, Lost)", "label is empty"))


@settings(max_examples=200, deadline=None)
@given(st.lists(BOUNDS | LABELS, min_size=1, max_size=4), st.sampled_from((" and ", " or ")))
def test_nobody_meets_a_contradiction(conditions: list[str], joined: str) -> None:
    node = parse(joined.join(conditions), CATALOG)
    if contradiction(node, CATALOG) is not None:
        assert accounts_that(node) == set()
