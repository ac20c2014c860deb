"""Market segments, contact roles and keywords, given, taken and asked for, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete
from sqlmodel import col

from bot.app.ask import Ask
from bot.app.errors import UserError
from bot.app.marking import Chosen, GivingMarks
from bot.app.people import OPERATOR
from bot.store.accounts import SqlAccountBook
from bot.store.technique_tables import MarkRow
from connector.cache.engine import Database
from connector.cache.tables import AccountRow, ContactRow, TouchedAccountRow
from scoring.criteria.errors import CriteriaError
from scoring.criteria.parse import parse
from scoring.market_config import MarkKind
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_parts import scoring_of
from tests.support.scoring_world import BANDS, World, database, settled, shared_postgres  # noqa: F401  (fixtures)

SEGMENT, ROLE, KEYWORD = MarkKind
MARKETS = """\
markets:
  groups:
    - {name: Size, segments: [Enterprise, Small Business], one_each: true}
    - {name: Campaigns, segments: [Spring]}
segments:
  - {name: Big ones, criteria: market_segment has Enterprise}
limits: {records_at_once: 4}
"""
LABELS = BANDS.replace(
    "      - {name: Top,", "      - {name: Key, when: market_segment has Enterprise}\n      - {name: Top,"
)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = settled(database)
    found.publish(BANDS + MARKETS)
    found.run("command")
    found.add(
        ContactRow(id="c1", account_id="big", name="Ada Byron", email="ada@big.example", raw="{}"),
        ContactRow(id="c2", account_id="fair", name="Bo Li", title="Buyer", raw="{}"),
        ContactRow(id="c3", name="Cy Nobody", raw="{}"),
    )
    return found


def giving(world: World) -> GivingMarks:
    return scoring_of(world).giving_marks


def book_of(world: World) -> SqlAccountBook:
    current = world.configurations.current
    return SqlAccountBook(world.database, lambda: current().configuration, world.clock, lambda _: None)


def asked(world: World, text: str) -> set[str]:
    current = world.configurations.current
    answer = Ask(book_of(world), lambda: current().configuration).ask(text, OPERATOR)
    assert answer.not_understood is None, answer.not_understood
    return {one.id for one in answer.accounts}


def touched(world: World) -> set[str]:
    return {one.account_id for one in world.rows(TouchedAccountRow)}


def test_a_market_segment_is_given_by_criteria_and_asked_for(world: World) -> None:
    tried = giving(world).give(SEGMENT, "enterprise", Chosen("total_spend >= 5k"), "ada", keep=False)
    assert tried.sentences() == ("'Enterprise' would be given to 2 accounts.",)
    assert (world.rows(MarkRow), touched(world)) == ([], set())
    done = giving(world).give(SEGMENT, "enterprise", Chosen("total_spend >= 5k"), "ada")
    assert done.sentences() == ("'Enterprise' is given to 2 accounts.",)
    assert [(one.record_id, one.mark, one.given_by) for one in world.rows(MarkRow)] == [
        ("big", "Enterprise", "ada"),
        ("fair", "Enterprise", "ada"),
    ]
    assert touched(world) == {"big", "fair"}
    lines = scoring_of(world).audit.lines()
    assert [(one.actor, one.action, one.target, one.outcome) for one in lines] == [
        ("ada", "give_mark", "market segment: Enterprise", "2 accounts: Account big, Account fair")
    ]
    assert asked(world, "market_segment has Enterprise") == {"big", "fair"}
    assert asked(world, '"market segment" has enterprise and label = Top') == {"big"}
    assert asked(world, "market_segment is empty") == {"small", "old", "tiny", "prospect"}
    assert asked(world, 'in segment "Big ones"') == {"big", "fair"}
    assert asked(world, "show enterprise accounts") == {"big", "fair"}
    assert asked(world, "accounts not in enterprise") == {"small", "old", "tiny", "prospect"}
    again = giving(world).give(SEGMENT, "Enterprise", Chosen(names=("ACCOUNT BIG", "old")), "ada")
    assert again.sentences() == ("'Enterprise' is given to 1 account.", "1 account bears it already.")


def test_of_some_groups_one_takes_the_place_of_the_other(world: World) -> None:
    desk = giving(world)
    desk.give(SEGMENT, "Enterprise", Chosen(names=("big",)), "ada")
    with pytest.raises(
        UserError, match="1 account bears 'Enterprise' of 'Size', of which an account bears one"
    ):
        desk.give(SEGMENT, "small business", Chosen(names=("big",)), "ada")
    partly = desk.give(SEGMENT, "small business", Chosen(names=("big", "tiny")), "ada")
    assert partly.gains == ("Account tiny",)
    assert len(partly.refused) == 1
    done = desk.give(SEGMENT, "small business", Chosen(names=("big",)), "ada", swap=True)
    assert done.sentences() == (
        "'Small Business' is given to 1 account.",
        "It takes the place of 'Enterprise' on 1 account.",
    )
    assert {(one.record_id, one.mark) for one in world.rows(MarkRow)} == {
        ("big", "Small Business"),
        ("tiny", "Small Business"),
    }


def test_labels_follow_marks_by_the_next_change_run(world: World) -> None:
    world.publish(LABELS + MARKETS)
    world.run("command")
    giving(world).give(SEGMENT, "Enterprise", Chosen(names=("tiny",)), "ada")
    assert world.run("change").label_changes == 1
    assert world.labels()["tiny"] == "Key"
    assert world.run("change").parts == ()
    giving(world).take(SEGMENT, "ENTERPRISE", Chosen("label = Key"), "ada")
    assert world.run("change").label_changes == 1
    assert world.labels()["tiny"] == "Gone"
    before = world.labels()
    world.run("command")
    assert world.labels() == before


def test_accounts_take_part_by_their_marks(world: World) -> None:
    world.publish(
        BANDS.replace("scores: 3\n", "scores: 3\n    accounts: market_segment has Spring\n") + MARKETS
    )
    world.run("command")
    assert world.labels() == {}
    giving(world).give(SEGMENT, "Spring", Chosen(names=("big", "old")), "ada")
    world.run("change")
    assert world.labels() == {"big": "Top", "old": "Slipping"}


def test_contacts_bear_roles_and_keywords(world: World) -> None:
    desk = giving(world)
    done = desk.give(ROLE, "decision maker", Chosen(names=("ada@big.example",)), "ada")
    assert done.sentences() == ("'Decision Maker' is given to 1 contact.",)
    desk.give(ROLE, "Influencer", Chosen('title = "Buyer" or name starts with Cy'), "ada")
    desk.give(KEYWORD, "  golf ", Chosen("role has Influencer or role has Decision Maker"), "ada")
    assert touched(world) == {"big", "fair"}
    assert asked(world, 'any contact where (role has "Decision Maker")') == {"big"}
    assert asked(world, "any contact where (keywords has golf and role has Influencer)") == {"fair"}
    assert [(one.kind, one.mark, one.records) for one in desk.lines() if one.records] == [
        ("contact role", "Decision Maker", 1),
        ("contact role", "Influencer", 2),
        ("keyword", "golf", 3),
    ]
    assert desk.bearers(KEYWORD, "Golf") == ("Ada Byron", "Bo Li", "Cy Nobody")
    assert desk.take(KEYWORD, "Golf", Chosen("name is not empty"), "ada").losses[0] == "Ada Byron"
    with pytest.raises(UserError, match="Nobody bears the keyword 'Golf'"):
        desk.bearers(KEYWORD, "Golf")


def test_marks_end_with_their_record(world: World) -> None:
    parts = scoring_of(world)
    parts.giving_marks.give(SEGMENT, "Spring", Chosen(names=("big", "old")), "ada")
    parts.giving_marks.give(ROLE, "User", Chosen(names=("c1",)), "ada")
    with world.database.writes.begin() as connection:
        connection.execute(delete(AccountRow).where(col(AccountRow.id) == "big"))
        connection.execute(delete(ContactRow).where(col(ContactRow.id) == "c1"))
    assert [one.records for one in parts.giving_marks.lines() if one.mark in {"Spring", "User"}] == [1, 0]
    assert parts.giving_marks.bearers(SEGMENT, "spring") == ("Account old",)
    parts.marks.keep_house()
    assert [one.record_id for one in world.rows(MarkRow)] == ["old"]
    with world.database.writes.begin() as connection:
        connection.execute(delete(AccountRow))
    parts.marks.keep_house()
    assert len(world.rows(MarkRow)) == 1, "an empty copy says nothing"


def test_a_mark_that_the_document_names_no_more_is_still_known_and_can_be_taken(world: World) -> None:
    desk = giving(world)
    desk.give(SEGMENT, "Spring", Chosen(names=("big",)), "ada")
    world.publish(BANDS + MARKETS.replace("[Spring]", "[Autumn]"))
    assert asked(world, "market_segment has Spring") == {"big"}
    assert [(one.mark, one.in_document) for one in desk.lines(SEGMENT)][-1] == ("Spring", False)
    with pytest.raises(UserError, match="There is no market segment Spring"):
        desk.give(SEGMENT, "Spring", Chosen(names=("old",)), "ada")
    assert desk.take(SEGMENT, "spring", Chosen(names=("big", "old")), "ada").sentences() == (
        "'Spring' is taken from 1 account.",
        "1 account does not bear it.",
    )


Desk = Callable[[GivingMarks], object]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda desk: desk.give(SEGMENT, "Enterprize", Chosen(names=("big",)), "ada"),
            "There is no market segment Enterprize. Did you mean Enterprise",
        ),
        (
            lambda desk: desk.give(SEGMENT, "Spring", Chosen(names=("Acount big",)), "ada"),
            "There is no account 'Acount big'. Did you mean 'Account big'?",
        ),
        (
            lambda desk: desk.give(SEGMENT, "Spring", Chosen("purchases >= 0"), "ada"),
            "These are 6 records; at most 4 are changed at once.",
        ),
        (
            lambda desk: desk.give(SEGMENT, "Spring", Chosen("industri = x"), "ada"),
            "The criteria do not fit the fields of accounts: There is no field industri",
        ),
        (
            lambda desk: desk.give(SEGMENT, "Spring", Chosen("market_segment has Sprin"), "ada"),
            "The criteria do not fit the fields of accounts: ",
        ),
        (lambda desk: desk.give(SEGMENT, "Spring", Chosen(), "ada"), "Say which accounts"),
        (lambda desk: desk.give(ROLE, "User", Chosen("a = 1", ("x",)), "ada"), "Say which contacts"),
        (lambda desk: desk.give(KEYWORD, " ", Chosen(names=("c1",)), "ada"), "A keyword needs a name."),
        (
            lambda desk: desk.give(KEYWORD, "x" * 101, Chosen(names=("c1",)), "ada"),
            "A keyword has at most 100 letters.",
        ),
    ],
)
def test_refusals_are_sentences(world: World, call: Desk, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        call(giving(world))
    assert str(refused.value).startswith(sentence)
    assert world.rows(MarkRow) == []


def test_two_of_one_name_are_told_apart_by_id(world: World) -> None:
    world.add(AccountRow(id="twin", name="account BIG", raw="{}"))
    with pytest.raises(UserError, match=r"2 accounts are called 'Account big'. Give the id: big, twin\."):
        giving(world).give(SEGMENT, "Spring", Chosen(names=("Account big",)), "ada")


def test_without_market_segments_one_is_told_where_to_name_them(database: Database) -> None:  # noqa: F811
    world = settled(database)
    with pytest.raises(CriteriaError, match="There are no market segments yet"):
        parse("market_segment has Enterprise", book_of(world).catalog())
