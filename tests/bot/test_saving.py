"""Questions saved as segments: the edit of the document, who may, what is refused, what is published."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.config.adding import with_segment
from bot.app.config.document import read_text
from bot.app.config.starting import STARTING_DOCUMENT
from bot.app.errors import ConfigurationError, UserError
from bot.app.people import OPERATOR, Person, Role
from bot.app.saving import Saving
from bot.language.question import Kind, Question, Sort
from bot.store.audit import SqlAudit
from connector.cache.engine import Database
from scoring.criteria.parse import parse
from tests.support.configuring_world import USED, publish
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import World, database, settled, shared_postgres  # noqa: F401  (fixtures)

MANAGER = Person("UMELVIN", "Melvin Marxen", "m@x.example", "3", Role.MANAGER)
MEMBER = Person("UDARCEL", "Darcel Schlecht", "d@x.example", "1", Role.MEMBER)

LAYOUTS = {
    "none": "version: 1\n",
    "none, unfinished line": "version: 1",
    "last": "version: 1\nsegments:\n  - name: A\n    criteria: x = 1\n",
    "not indented": "segments:\n- name: A\n  criteria: x = 1\n\n# schedule\nschedule: {daily_at: '06:15'}\n",
    "before another, with comments": (
        "segments:   # saved questions\n  - {name: A, criteria: x = 1}   # first\n\n# later\nschedule: {}\n"
    ),
    "a block of text": "segments:\n  - name: A\n    criteria: |\n      x = 1\n      # no\nversion: 1\n",
    "on one line": "segments: [{name: A, criteria: x = 1}]   # few\nversion: 1\n",
    "empty list": "# ours\nsegments: []\nversion: 1\n",
    "nothing": "segments:\nversion: 1\n",
    "windows": "version: 1\r\nsegments:\r\n  - {name: A, criteria: x = 1}\r\n",
    "the starting document": STARTING_DOCUMENT,
}
SHORT = LAYOUTS.keys() - {"the starting document"}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_a_segment_is_added_and_nothing_else_is_changed(text: str) -> None:
    made = with_segment(text, 'Berlin "VIPs"', "label = VIP and city = Berlin")
    before, after = read_text(text, "a").values, read_text(made, "b").values
    added = {"name": 'Berlin "VIPs"', "criteria": "label = VIP and city = Berlin"}
    assert after == before | {"segments": [*(before.get("segments") or []), added]}
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert all(comment in made for comment in comments)


def test_lines_that_stood_there_stand_there_still() -> None:
    made = with_segment(LAYOUTS["not indented"], "B", "y = 2").splitlines()
    assert made == [
        *("segments:", "- name: A", "  criteria: x = 1", '- name: "B"', '  criteria: "y = 2"', ""),
        *("# schedule", "schedule: {daily_at: '06:15'}"),
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(SHORT)),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)
def test_whatever_it_is_called_it_is_an_entry_and_no_yaml(layout: str, name: str, criteria: str) -> None:
    try:
        made = with_segment(LAYOUTS[layout], name, criteria)
    except ConfigurationError:
        return  # signs that YAML does not hold: refused, not changed
    assert read_text(made, "b").values["segments"][-1] == {"name": name, "criteria": criteria}


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        with_segment("- a\n- b\n", "A", "x = 1")


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = settled(database)
    publish(found, USED)
    return found


def saving(world: World) -> Saving:
    return scoring_of(world).saving


def question(world: World, criteria: str, *sort: Sort, kind: Kind = Kind.LIST) -> Question:
    return Question(kind, parse(criteria, scoring_of(world).book.catalog()), sort=sort)


def segments(world: World) -> dict[str, str]:
    return {one.name: one.criteria for one in world.configurations.current().configuration.segments}


def test_a_question_becomes_a_segment_of_a_new_version(world: World) -> None:
    before = world.configurations.current().version
    asked = question(world, "label = Top and total_spend > 1k", Sort("total_spend"))
    said = saving(world).save("  Big \n ones ", asked, MANAGER, "slack")
    assert said == (
        "Saved as the segment “Big ones”: label = Top and total_spend > 1000. "
        "Its order and number are not part of it."
    )
    assert segments(world)["Big ones"] == "label = Top and total_spend > 1000"
    current = world.versions.current()
    assert current is not None
    assert (current.version, current.author, current.note) == (
        before + 1,
        "Melvin Marxen",
        "Segment Big ones",
    )
    found = [
        (one.actor, one.action, one.target, one.place)
        for one in SqlAudit(world.database, world.clock).lines()
    ]
    assert ("UMELVIN", "save_segment", "Big ones", "slack") in found
    assert ("Melvin Marxen", "publish", f"configuration {before + 1}", "slack") in found
    asked = question(world, 'in segment "Big ones"')
    assert scoring_of(world).book.count(asked.criteria) == 1


@pytest.mark.parametrize(
    ("name", "criteria", "wrong"),
    [
        ("best", "label = Top", {"name": "There is a segment “best” already."}),
        (" ", "label = Top", {"name": "A name has 1 to 100 characters."}),
        ("x" * 101, "label = Top", {"name": "A name has 1 to 100 characters."}),
        ("New", "", {"criteria": "A segment needs a condition."}),
        ("New", "x" * 3_001, {"criteria": "The criteria have 3,001 characters; 3,000 may be saved."}),
        ("New", "label = Top", {}),
        ("New", "in segment Best", {}),
    ],
)
def test_what_is_wrong_is_said_of_its_field(
    world: World, name: str, criteria: str, wrong: dict[str, str]
) -> None:
    assert saving(world).problems(name, criteria) == wrong


def test_criteria_that_cannot_be_read_say_where(world: World) -> None:
    wrong = saving(world).problems("Best", "label = Top and frob = 3")
    assert wrong["criteria"].startswith("At character 17: ")
    assert "frob" in wrong["criteria"]
    assert "already" in wrong["name"]


def test_more_segments_than_the_limit_are_refused(world: World) -> None:
    publish(world, USED + "limits: {segments: 3}\n")
    one = saving(world)
    assert one.problems("One more", "label = Top") == {"name": "There are 3 segments; more are not allowed."}
    with pytest.raises(UserError, match="There are 3 segments"):
        one.save_text("One more", "label = Top", "", MANAGER, "slack")


def test_who_may_not_saves_nothing_and_is_recorded(world: World) -> None:
    before = segments(world)
    with pytest.raises(UserError, match="Only managers"):
        saving(world).save("Mine", question(world, "label = Top"), MEMBER, "slack")
    assert segments(world) == before
    (line, *_) = SqlAudit(world.database, world.clock).lines()
    assert (line.actor, line.action, line.outcome) == ("UDARCEL", "save_segment", "refused")


def test_only_accounts_by_criteria_can_be_saved(world: World) -> None:
    one = saving(world)
    with pytest.raises(UserError, match="Only a question for accounts"):
        one.save("Moved", question(world, "label = Top", kind=Kind.MOVED), OPERATOR, "terminal")
    with pytest.raises(UserError, match="needs a condition"):
        one.save("All", Question(Kind.LIST), OPERATOR, "terminal")
    assert "“Top ones”" in one.save("Top ones", question(world, "label = Top"), OPERATOR, "terminal")
