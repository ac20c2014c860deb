"""Competitors' names among traps."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.voice.competitors import Matcher
from tests.support.customer_sentences import BLOCKED, COMPETITORS, competitor_sentences

MATCHER = Matcher(COMPETITORS, BLOCKED)


def found(sentence: str) -> list[str]:
    return [one.competitor for one in MATCHER.mentions(sentence)]


@pytest.mark.parametrize("part", ["seen", "unseen"])
def test_the_hand_made_set_is_read_well(part: str) -> None:
    right = wrong = missed = 0
    for own, named, sentence in competitor_sentences():
        if own == part:
            wanted, given_ = Counter(named), Counter(found(sentence))
            right += (wanted & given_).total()
            wrong += (given_ - wanted).total()
            missed += (wanted - given_).total()
    assert right >= 50
    assert 2 * right / (2 * right + wrong + missed) >= 0.95


def test_the_set_is_large_and_half_of_it_are_traps() -> None:
    rows = competitor_sentences()
    assert len(rows) >= 150
    assert sum(not named for _, named, _ in rows) >= 70
    assert len({sentence for *_, sentence in rows}) == len(rows)


@pytest.mark.parametrize(
    ("sentence", "written", "exact"),
    [
        ("We like HubSpot's page.", "HubSpot's", True),
        ("We like Hub Spot a lot.", "Hub Spot", True),
        ("Salesfroce is cheaper.", "Salesfroce", False),
        ("Ask Delta Systems first.", "Delta Systems", True),
    ],
)
def test_a_mention_says_where_and_how_it_was_written(sentence: str, written: str, exact: bool) -> None:
    (mention,) = MATCHER.mentions(sentence)
    assert (mention.written, mention.exact) == (written, exact)
    assert sentence[mention.begins : mention.ends] == written


def test_a_blocked_word_never_counts_by_itself() -> None:
    sentence = "We are switching to Delta because of the price."
    assert Matcher([("Delta Systems", ("Delta",))]).mentions(sentence)
    assert not Matcher([("Delta Systems", ("Delta",))], ["delta"]).mentions(sentence)
    assert Matcher([("Delta Systems", ("Delta",))], ["delta"]).mentions("Delta Systems is next door.")


def test_short_names_have_no_typing_errors() -> None:
    assert not Matcher([("Asano", ())]).mentions("Asana is what we use.")
    assert Matcher([("Asanor", ())]).mentions("Asanar is what we use.")


def test_the_longest_name_wins() -> None:
    matcher = Matcher([("Northwind", ()), ("Northwind Labs", ())])
    assert [one.competitor for one in matcher.mentions("Northwind Labs is not Northwind.")] == [
        "Northwind Labs",
        "Northwind",
    ]


def test_accents_and_case_make_no_difference() -> None:
    matcher = Matcher([("Café Müller", ())])
    assert matcher.mentions("CAFE MULLER has a better offer, and café müller's is older.")


def test_no_competitors_are_never_mentioned() -> None:
    assert Matcher([]).mentions("Salesforce") == ()


def test_the_version_is_that_of_the_names() -> None:
    one = Matcher([("HubSpot", ("HS",)), ("Delta", ())], ["x"])
    assert Matcher([("Delta", ()), ("HubSpot", ("HS",))]).version == one.version
    assert Matcher([("HubSpot", ("HS",)), ("Delta", ())], ["delta"]).version != one.version
    assert Matcher([("HubSpot", ())]).version != one.version


def test_an_alias_of_two_competitors_is_refused() -> None:
    with pytest.raises(ValueError, match="give it to one of them"):
        Matcher([("One", ("same",)), ("Two", ("Same",))])


def test_an_alias_without_a_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="has no letter"):
        Matcher([("!!!", ())])


@given(
    st.text(max_size=120)
    | st.lists(
        st.sampled_from(["HubSpot", "Hub", "Spot's", "monday.com", "Close", "to", ".", "use"]), max_size=12
    ).map(" ".join)
)
@settings(max_examples=200, deadline=None)
def test_mentions_lie_in_the_sentence_in_order_and_apart(sentence: str) -> None:
    ends = 0
    for one in MATCHER.mentions(sentence):
        assert ends <= one.begins < one.ends <= len(sentence)
        assert one.written == sentence[one.begins : one.ends]
        ends = one.ends
