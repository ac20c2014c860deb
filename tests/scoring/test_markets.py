"""Marks given and taken in bulk: who gains, who loses, who is refused and why."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.market_config import MarketGroup, MarketLimits, Markets, MarkKind, marks_of
from scoring.market_rules import market_problems
from scoring.markets import Marking, Refusal, found_mark, give, take

MARKETS = Markets(
    groups=(
        MarketGroup(name="Region", segments=("DACH", "Nordics", "Benelux"), one_each=True),
        MarketGroup(name="Campaigns", segments=("Spring", "Fair 2026")),
    )
)
LIMITS = MarketLimits(marks_of_a_record=3, records_at_once=10)
SEGMENT = MarkKind.MARKET_SEGMENT
Marks = list[tuple[str, str]]


def held(*marks: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(marks), columns=["record_id", "mark"], dtype=object)


def giving(mark: str, records: list[str], *marks: tuple[str, str], swap: bool = False) -> Marking:
    return give(mark, SEGMENT, records, held(*marks), MARKETS, LIMITS, swap=swap)


def test_those_get_a_mark_who_have_it_not() -> None:
    assert giving(" spring ", ["b", "a", "b", "c"], ("c", "SPRING"), ("d", "Spring")) == Marking(
        "Spring", gains=("a", "b"), already=1
    )
    assert giving("Spring", []) == Marking("Spring")


def test_those_lose_a_mark_who_have_it() -> None:
    marks = held(("a", "DACH"), ("b", "dach"), ("c", "Spring"))
    assert take("DACH", SEGMENT, ["b", "a", "c"], marks, MARKETS, LIMITS) == Marking(
        "DACH", losses=("a", "b"), already=1
    )


def test_of_some_groups_an_account_bears_one_only() -> None:
    marks = [("a", "Nordics"), ("b", "benelux"), ("c", "Spring")]
    refused = giving("DACH", ["a", "b", "c"], *marks)
    assert refused.gains == ("c",)
    assert refused.refusals == (
        Refusal(
            ("a", "b"),
            "2 accounts bear 'Nordics' and 'benelux' of 'Region', of which an account bears one only. Take "
            "that away first, or let the new one take its place.",
        ),
    )
    swapped = giving("DACH", ["a", "b", "c"], *marks, swap=True)
    assert swapped == Marking("DACH", gains=("a", "b", "c"), swapped=(("a", "Nordics"), ("b", "benelux")))


def test_a_record_bears_only_so_many_marks() -> None:
    full = [("a", "x"), ("a", "y"), ("a", "z")]
    refused = giving("Spring", ["a", "b"], *full)
    assert refused.gains == ("b",)
    assert refused.refusals[0].records == ("a",)
    assert "bears 3 market segments already" in refused.refusals[0].sentence
    # What takes another's place makes it no fuller.
    assert giving("DACH", ["a"], ("a", "Nordics"), *full[:2], swap=True).gains == ("a",)
    refused = giving("DACH", ["a"], ("a", "Nordics"), *full, swap=True)
    assert (refused.gains, refused.swapped) == ((), ())


def test_a_name_that_is_not_there_is_refused_with_the_nearest() -> None:
    assert giving("Nordic", ["a"]).refusals == (
        Refusal((), "There is no market segment Nordic. Did you mean Nordics?"),
    )
    assert giving("Qqqq", ["a"]).refusals[0].sentence == (
        "There is no market segment Qqqq. There are 'DACH', 'Nordics', 'Benelux' and 2 more."
    )
    assert giving("  ", ["a"]).refusals[0].sentence == "A market segment needs a name."
    nothing = give("X", SEGMENT, ["a"], held(), Markets(), LIMITS)
    assert "names no market segments yet" in nothing.refusals[0].sentence


def test_too_many_at_once_are_refused_whole() -> None:
    many = [str(at) for at in range(11)]
    refused = giving("Spring", many)
    assert refused.gains == ()
    assert "11 records; at most 10" in refused.refusals[0].sentence
    assert take("Spring", SEGMENT, many, held(), MARKETS, LIMITS).refusals == refused.refusals


def test_a_mark_that_is_configured_no_more_can_be_taken_and_not_given() -> None:
    marks = held(("a", "Old fair"))
    assert take("old FAIR", SEGMENT, ["a"], marks, MARKETS, LIMITS).losses == ("a",)
    assert give("Old fair", SEGMENT, ["b"], marks, MARKETS, LIMITS).refusals
    assert take("Never", SEGMENT, ["a"], marks, MARKETS, LIMITS).refusals


def test_roles_and_keywords_of_contacts() -> None:
    roles = give("decision maker", MarkKind.CONTACT_ROLE, ["p"], held(), MARKETS, LIMITS)
    assert (roles.mark, roles.gains) == ("Decision Maker", ("p",))
    assert found_mark("  steel   pipes ", MarkKind.KEYWORD, MARKETS) == "steel pipes"
    closed = Markets(keywords=("Steel",))
    assert found_mark("STEEL", MarkKind.KEYWORD, closed) == "Steel"
    assert isinstance(found_mark("wood", MarkKind.KEYWORD, closed), Refusal)
    assert marks_of(MarkKind.KEYWORD, closed) == ("Steel",)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from("abcdef"), max_size=8),
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(["DACH", "Nordics", "Spring"])), unique=True
    ),
    st.booleans(),
)
def test_everybody_is_accounted_for_and_giving_twice_changes_nothing(
    records: list[str], marks: Marks, swap: bool
) -> None:
    found = giving("DACH", records, *marks, swap=swap)
    refused = [one for refusal in found.refusals for one in refusal.records]
    assert sorted([*found.gains, *refused]) == sorted(
        set(records) - {who for who, mark in marks if mark == "DACH"}
    )
    assert len(found.gains) + len(refused) + found.already == len(set(records))
    after = [one for one in marks if one not in found.swapped] + [(who, "DACH") for who in found.gains]
    again = giving("DACH", list(found.gains), *after, swap=swap)
    assert (again.gains, again.already) == ((), len(found.gains))
    gained = set(found.gains)
    assert not [one for one in after if one[0] in gained and one[1] == "Nordics"]
    back = take("DACH", SEGMENT, list(found.gains), held(*after), MARKETS, LIMITS)
    assert back.losses == found.gains


def test_problems_say_where_and_what_to_do() -> None:
    assert list(market_problems(MARKETS, MarketLimits())) == []
    wrong = Markets(
        groups=(
            MarketGroup(name="A", segments=("x", "y", "X")),
            MarketGroup(name="a", segments=("Y",)),
            MarketGroup(name="B", segments=()),
        ),
        contact_roles=("Buyer", "buyer"),
        keywords=("k", "l"),
    )
    limits = MarketLimits(market_groups=2, market_segments_in_a_group=2, keywords=1)
    found = {one.path: one.sentence for one in market_problems(wrong, limits)}
    assert "3 groups; the limit is 2" in found[("groups",)]
    assert "2 keywords; the limit is 1" in found[("keywords",)]
    assert "stands twice" in found[("groups", 1)]
    assert "stands twice" in found[("contact_roles", 1)]
    assert "limit is 2" in found[("groups", 0, "segments")]
    assert "stands in 'A' already" in found[("groups", 0, "segments", 2)]
    assert "stands in 'A' already" in found[("groups", 1, "segments", 0)]
    assert "no market segments" in found[("groups", 2, "segments")]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_lists_in_sentences(count: int) -> None:
    names = tuple(f"m{at}" for at in range(count))
    markets = Markets(groups=(MarketGroup(name="G", segments=names),))
    sentence = give("zzzzzz", SEGMENT, ["a"], held(), markets, LIMITS).refusals[0].sentence
    endings = ["There are 'm0'.", "'m0' and 'm1'.", "'m0', 'm1' and 'm2'.", "'m0', 'm1', 'm2' and 1 more."]
    assert sentence.endswith(endings[count - 1])
