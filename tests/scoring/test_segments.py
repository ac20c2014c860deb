"""Segments that name one another: what they mean, who depends on whom, and circles told as sentences."""

from __future__ import annotations

from random import Random

import pytest

from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.tree import Node, Not, conjunction, disjunction
from scoring.segments import SegmentLimits, Segments
from tests.support.firmographic_cases import (
    CATALOG,
    TODAY,
    frame,
    meets,
    random_account,
    random_criteria,
)

PLAIN = {
    "Shops": "industry = retail",
    "Big shops": "segment has shops and employees >= 1000",
    "Others": 'not segment has "Big shops" and country is not empty',
    "Everybody": "",
}


def segments(**changes: str) -> Segments:
    return Segments(PLAIN | changes, CATALOG)


def sentence_of(criteria: dict[str, str], name: str) -> str:
    with pytest.raises(CriteriaError) as caught:
        Segments(criteria, CATALOG).tree(name)
    return str(caught.value)


def test_a_named_segment_stands_for_its_criteria() -> None:
    found = segments()
    assert canonical(found.tree("big SHOPS")) == "industry = retail and employees >= 1000"
    assert canonical(found.tree("Others")) == (
        "not (industry = retail and employees >= 1000) and country is not empty"
    )
    assert canonical(found.tree("Everybody")) == ""
    question = parse('segment has "Big shops" or public = yes', found.fields)
    assert canonical(found.expanded(question)) == "(industry = retail and employees >= 1000) or public = true"


def test_who_belongs() -> None:
    random = Random(11)
    accounts = [random_account(random) for _ in range(200)]
    found = segments()
    shops = [str(one["industry"]).casefold() == "retail" for one in accounts]
    assert found.members("Shops", frame(accounts), TODAY).tolist() == shops
    counts = found.counts(frame(accounts), TODAY)
    assert counts["Shops"] == sum(shops)
    assert counts["Everybody"] == 200
    assert 0 < counts["Big shops"] < counts["Shops"]


def test_random_segments_that_name_earlier_ones_mean_what_a_plain_reading_means() -> None:
    random = Random(5)
    accounts = [random_account(random) for _ in range(12)]
    for _ in range(25):
        criteria: dict[str, str] = {}
        plain: dict[str, Node] = {}
        for at in range(4):
            own = random_criteria(random, 1)
            text, node = f"({canonical(own)})", own
            for other in random.sample(sorted(plain), min(at, random.randint(0, 2))):
                join, word = random.choice([(conjunction, "and"), (disjunction, "or")])
                negated = random.random() < 0.5
                text = f"({text}) {word} {'not ' if negated else ''}segment has {other}"
                node = join(node, Not(plain[other]) if negated else plain[other])
            criteria[f"S{at}"], plain[f"S{at}"] = text, node
        found = Segments(criteria, CATALOG)
        for name, node in plain.items():
            expected = [meets(node, account) for account in accounts]
            assert found.members(name, frame(accounts), TODAY).tolist() == expected


def test_circles_are_sentences() -> None:
    assert sentence_of({"A": "segment has A"}, "A") == (
        "The segment 'A' names itself. Take it out of its criteria."
    )
    circle = {"A": "employees > 1 and segment has B", "B": "not segment has C", "C": "segment has a"}
    assert sentence_of(circle, "A") == (
        "The segments A → B → C → A name one another in a circle, so nobody could say who belongs to them. "
        "Take one of them out of the criteria."
    )
    assert "B → C → A → B" in sentence_of(circle, "B")
    # Who names a circle without being in it is told of the circle only.
    assert "The segments A → B → C → A name" in sentence_of(circle | {"D": "segment has A"}, "D")
    assert [one.path for one in Segments(circle, CATALOG).problems(SegmentLimits())] == [
        (0, "criteria"),
        (1, "criteria"),
        (2, "criteria"),
    ]


def test_what_cannot_be_named_is_a_sentence() -> None:
    assert "has no value Shop. Did you mean Big shops or Shops?" in sentence_of(
        PLAIN | {"X": "segment has Shop"}, "X"
    )
    assert "has no criteria" in sentence_of(PLAIN | {"X": "segment has Everybody"}, "X")
    assert "Write which segment" in sentence_of(PLAIN | {"X": "segment is empty"}, "X")
    assert "no segment nowhere" in sentence_of(PLAIN, "nowhere")
    broken = sentence_of({"A": "segment has B", "B": "employes > 3"}, "A")
    assert broken.startswith("The segment 'B' cannot be read: There is no field employes.")


def test_what_grows_too_long_or_too_deep_is_a_sentence() -> None:
    doubled = {"S0": "employees > 1"} | {
        f"S{at}": f"segment has S{at - 1} or not (segment has S{at - 1} and employees > {at})"
        for at in range(1, 14)
    }
    assert "at most" in sentence_of(doubled, "S13")
    chain = {"S0": "employees > 1"} | {f"S{at}": f"segment has S{at - 1}" for at in range(1, 40)}
    assert sentence_of(chain, "S39") == "Segments name one another at most 20 deep."
    assert canonical(Segments(chain, CATALOG).tree("S19")) == "employees > 1"


def test_who_depends_on_whom() -> None:
    found = segments()
    assert found.named_by("Others") == ("Big shops",)
    assert found.depending_on("shops") == ("Big shops", "Others")
    assert found.depending_on("Others") == ()
    assert found.speaking_of("industry") == ("Shops", "Big shops", "Others")
    assert found.speaking_of("Industry", "Retail") == ("Shops", "Big shops", "Others")
    assert found.speaking_of("industry", "banking") == ()
    assert found.speaking_of("country", "Spain") == ("Others",)
    assert found.speaking_of("nothing") == ()
    with_list = segments(
        Two="industry in (banking, retail)", Broken="employes > 3", Part='industry contains "bank"'
    )
    assert with_list.speaking_of("industry", "Banking") == ("Two", "Part")
    assert with_list.depending_on("Shops") == ("Big shops", "Others")


def test_limits_and_names() -> None:
    assert list(segments().problems(SegmentLimits())) == []
    found = [one.sentence for one in segments(SHOPS="employees > 1").problems(SegmentLimits(segments=4))]
    assert found == [
        "There are 5 segments; the limit is 4. Remove some, or raise limits.segments.",
        "The segment 'SHOPS' stands twice; names have to differ.",
    ]


def test_a_field_of_the_crm_with_the_same_name_gives_way() -> None:
    found = segments()
    assert next(one.name for one in found.fields) == "segment"
    assert mask(found.tree("Shops"), frame([]), CATALOG, TODAY).empty
