"""Who moved: changes of label of real runs, on both kinds of database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.app.answering.moves import ChangesAsked, ChangesFound, WentWhere, remarks, said, what_happened
from bot.app.tables import Point, Shape
from bot.language.question import Course, Days, Kind, Moved, Question, Sort
from connector.cache.engine import Database
from scoring.criteria.errors import CriteriaError
from scoring.criteria.tree import Calendar, Compare, Operator, Rolling, Unit
from tests.support.past_questions import answered, criteria, delete_account, rows_of
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, DAY, World, database, settled, shared_postgres  # noqa: F401  (fixtures)

TODAY = DAY + timedelta(days=10)
LATELY = Rolling(7, Unit.DAY)


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    """Ten days later big has lost deals and slipped, small has bought and risen, new and tiny are told of."""
    found = settled(database)
    found.pass_time(days=10)
    found.lose("big", 120)
    found.deal("small", 1, 20_000)
    found.account("new", (1, 70), name="Neu", owner_id=None)
    delete_account(found, "tiny")
    found.run("daily")
    return found


def moved(*old: str, to: tuple[str, ...] = (), **more: object) -> Question:
    return Question(Kind.MOVED, moved=Moved(tuple(old), to, span=LATELY, **more))  # type: ignore[arg-type]


def test_every_change_is_listed_with_what_the_account_is_now(world: World) -> None:
    answer = answered(world, moved())
    assert rows_of(answer) == [
        ("Account small", "Good", "Top", TODAY, 2_005_000, "Darcel Schlecht"),
        ("Neu", None, "Good", TODAY, 7_000, None),
        ("Account big", "Top", "Slipping", TODAY, 400_000, "Darcel Schlecht"),
    ]
    assert (answer.kind, answer.total, answer.shown, answer.offset) == (Kind.MOVED, 3, 3, 0)
    assert answer.said == "3 accounts changed label in the last 7 days."
    assert answer.remarks == ("no label → Good 1, Good → Top 1, Top → Slipping 1.",)
    assert answer.read_as.startswith("label changed")
    picture = answer.picture
    assert picture is not None
    assert picture.shape is Shape.GRID
    assert picture.title == "Changed label in the last 7 days: from and to"
    assert set(picture.points) == {
        Point("no label", 1, "Good"),
        Point("Good", 1, "Top"),
        Point("Top", 1, "Slipping"),
    }
    assert picture.alt.endswith("Top → Slipping 1.")


def test_by_labels_course_and_criteria(world: World) -> None:
    names = {
        "left top": [row[0] for row in rows_of(answered(world, moved("Top")))],
        "became good": [row[0] for row in rows_of(answered(world, moved(to=("Good", "Gone"))))],
        "both": [row[0] for row in rows_of(answered(world, moved("Good", to=("Top",))))],
        "worse": [row[0] for row in rows_of(answered(world, moved(course=Course.WORSE)))],
        "better": [row[0] for row in rows_of(answered(world, moved(course=Course.BETTER)))],
    }
    assert names == {
        "left top": ["Account big"],
        "became good": ["Neu"],
        "both": ["Account small"],
        "worse": ["Account big"],
        "better": ["Account small"],
    }
    nobodys = Question(Kind.MOVED, criteria=criteria(world, "owner is empty"), moved=Moved(span=LATELY))
    answer = answered(world, nobodys)
    assert (answer.total, [row[0] for row in rows_of(answer)]) == (1, ["Neu"])
    assert answer.read_as.endswith("owner is empty")
    assert answered(world, moved("Top")).said == "1 account left Top in the last 7 days."


def test_an_account_that_moved_back_is_counted_once_and_listed_as_often_as_it_moved(world: World) -> None:
    world.pass_time(days=1)
    world.deal("big", 0, 9_000)
    world.run("daily")
    answer = answered(world, moved())
    assert rows_of(answer)[0][0] == "Account big"
    assert answer.total == 4
    assert answer.said == "3 accounts changed label in the last 7 days, in 4 changes."


def test_pages_and_other_orders(world: World) -> None:
    every = moved()
    by_spend = Question(
        Kind.MOVED, moved=Moved(span=LATELY), sort=(Sort("total_spend", descending=False),), limit=2
    )
    assert [row[0] for row in rows_of(answered(world, by_spend))] == ["Neu", "Account big"]
    answer = answered(world, by_spend, offset=2)
    assert [row[0] for row in rows_of(answer)] == ["Account small"]
    assert (answer.total, answer.shown, answer.offset) == (3, 1, 2)
    assert rows_of(answered(world, every, offset=5)) == []


def test_what_a_first_run_or_another_configuration_did_is_left_out_and_said(world: World) -> None:
    ever = Question(Kind.MOVED, moved=Moved())
    assert answered(world, ever).remarks[1:] == (
        "What a first run or another configuration did to labels is not counted.",
        "'Purchases' was first scored on 24 Nov 2026: earlier changes are not known.",
    )
    world.publish(BANDS.replace("Slipping, when", "Sliding, when"))
    world.pass_time(days=1)
    world.run("daily")
    answer = answered(world, Question(Kind.MOVED, moved=Moved(("Slipping",), span=Calendar(Unit.DAY, 0))))
    assert (rows_of(answer), answer.total, answer.picture) == ([], 0, None)
    assert answer.said == "No account left Slipping today."
    assert answer.remarks[0] == "What a first run or another configuration did to labels is not counted."


def test_the_days_are_those_of_the_runs(world: World) -> None:
    def on(first: date | None, last: date | None) -> int:
        return answered(world, Question(Kind.MOVED, moved=Moved(span=Days(first, last)))).total

    assert on(TODAY, TODAY) == on(TODAY, None) == on(None, TODAY) == 3
    assert on(None, TODAY - timedelta(days=1)) == on(TODAY + timedelta(days=1), None) == 0


def test_another_segmentation_and_one_that_was_never_scored(world: World) -> None:
    answer = answered(world, moved(segmentation="Size"))
    assert (answer.total, answer.said) == (0, "Nothing has been scored yet, so nobody has changed label.")


def test_criteria_that_do_not_fit_are_refused(world: World) -> None:
    wrong = Question(Kind.MOVED, criteria=Compare("colour", Operator.EQ, "red"), moved=Moved())
    with pytest.raises(CriteriaError, match="colour"):
        answered(world, wrong)


SAID = {
    Moved(("VIP",), span=Calendar(Unit.MONTH, 0)): "left VIP this month",
    Moved(("VIP", "Loyal"), ("At Risk",)): "went from VIP or Loyal to At Risk",
    Moved(new=("A", "B", "C"), span=Days(date(2026, 6, 1), None)): "became A, B or C since 1 Jun 2026",
    Moved(course=Course.WORSE, span=Rolling(1, Unit.WEEK)): "got a worse label in the last week",
    Moved(("VIP",), course=Course.WORSE, span=Days(date(2026, 6, 1), date(2026, 6, 30))): (
        "went from VIP to a worse label in June 2026"
    ),
    Moved(new=("VIP",), course=Course.BETTER, span=Days(None, date(2026, 6, 1))): (
        "went to VIP from a worse label until 1 Jun 2026"
    ),
    Moved(("A",), ("B",), Course.BETTER, Days(date(2026, 1, 1), date(2026, 12, 31))): (
        "went from A to B, for the better, in 2026"
    ),
    Moved(span=Calendar(Unit.DAY, -1)): "changed label yesterday",
    Moved(span=Days(date(2026, 6, 2), date(2026, 6, 2))): "changed label on 2 Jun 2026",
    Moved(span=Days(date(2026, 6, 2), date(2026, 7, 1))): "changed label from 2 Jun 2026 to 1 Jul 2026",
}


def test_what_happened_in_words() -> None:
    assert {one: what_happened(one) for one in SAID} == SAID


def test_of_many_moves_the_largest_are_told() -> None:
    cells = tuple(WentWhere(f"L{number}", None, number) for number in range(1, 8))
    found = ChangesFound((), 28, cells, True, date(2026, 1, 1))
    told = remarks(ChangesAsked("P", days=Days(date(2026, 2, 1), None)), found)
    assert told == (
        "L7 → no label 7, L6 → no label 6, L5 → no label 5, L4 → no label 4, L3 → no label 3, 3 others.",
        "What a first run or another configuration did to labels is not counted.",
    )
    assert said(Moved(), found) == "28 accounts changed label."
