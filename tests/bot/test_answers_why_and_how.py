"""Why an account has its labels, and how the flock is, after real runs on both kinds of database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from bot.app.answering.flock import LabelSum, Revenue, in_order, months_so_far, said
from bot.app.figure_ports import FigureRow
from bot.app.tables import Point, Shape
from bot.language.question import Days, Figure, Kind, Metric, Question
from bot.store.tables import AlertRow
from connector.cache.engine import Database
from scoring.criteria.tree import Node
from tests.support.past_questions import answered, criteria, delete_account, rows_of
from tests.support.postgres import postgres_server  # noqa: F401  (fixture)
from tests.support.scoring_world import BANDS, DAY, World, database, settled, shared_postgres  # noqa: F401  (fixtures)

TODAY = DAY + timedelta(days=10)
SIZE = """\
  - {name: Size, technique: firmographics,
     labels: [{name: Large, when: employees >= 100}, {name: Small, when: employees >= 1}]}
alerts:"""


@pytest.fixture
def world(database: Database) -> World:  # noqa: F811
    found = settled(database)
    found.pass_time(days=10)
    found.lose("big", 120)
    found.account("new", (1, 70), owner_id=None)
    delete_account(found, "tiny")
    found.run("daily")
    return found


def test_why_tells_what_is_behind_every_label_and_what_changed_last(world: World) -> None:
    world.publish(BANDS.replace("alerts:", SIZE))
    world.run("daily")
    answer = answered(world, Question(Kind.WHY, account_id="big"))
    assert answer.card is not None
    assert answer.card.line.name == "Account big"
    assert rows_of(answer) == [
        ("Purchases", "Slipping", TODAY, "R 1 · F 1 · M 2"),
        ("Size", "Unclassified", TODAY, None),
    ]
    assert answer.said == "Account big is Slipping since 4 Dec 2026."
    assert (answer.kind, answer.total, answer.shown) == (Kind.WHY, 1, 1)
    told = answer.remarks
    assert told[0] == "Purchases: Slipping, R 1 · F 1 · M 2."
    assert any(one.startswith("Recency 1 of 3: last purchase ") and "begins at" in one for one in told)
    assert "Slipping is for r = 1 and m >= 2." in told
    assert any("would make it" in one for one in told), "what would bring it back"
    changed = next(one for one in told if one.startswith("It went from"))
    assert changed.startswith("It went from Top to Slipping on 4 Dec 2026: ")
    assert "no longer count" in changed
    assert "Size: Unclassified." in told
    assert told.index(changed) < told.index("Size: Unclassified.")


def test_why_of_an_account_without_a_label_and_of_one_that_is_gone(world: World) -> None:
    answer = answered(world, Question(Kind.WHY, account_id="prospect"))
    assert answer.said == "Account prospect has no label in 'Purchases'."
    assert rows_of(answer) == [("Purchases", None, None, None)]
    assert answer.remarks[0] == "Purchases: no label."
    gone = answered(world, Question(Kind.WHY, account_id="tiny"))
    assert gone.not_understood is not None
    assert gone.not_understood.reason == "That account is not in the copy of the CRM any more."


def test_the_flock_in_labels_money_and_what_moved(world: World) -> None:
    answer = answered(world, Question(Kind.FLOCK))
    assert rows_of(answer) == [
        ("Top", 0, 0, 0, 1),
        ("Good", 3, 552_000, 1, 0),
        ("Slipping", 2, 650_000, 1, 0),
        ("Gone", 0, 0, 0, 0),
        (None, 1, 0, None, None),
    ]
    assert answer.said == "6 accounts: 3 Good, 2 Slipping, 1 no label."
    assert (answer.kind, answer.total, answer.shown) == (Kind.FLOCK, 6, 5)
    assert answer.remarks == (
        "2 labels changed in the last 30 days.",
        "The first run was on 24 Nov 2026: earlier changes are not known.",
        "1 account without an owner.",
        "1 alert that nobody has taken.",
    )
    assert answer.picture is not None
    assert answer.picture.shape is Shape.SHARE
    assert answer.picture.points == (Point("Good", 3), Point("Slipping", 2), Point("no label", 1))


def test_a_part_of_the_flock(world: World) -> None:
    assert [one.account_id for one in world.rows(AlertRow)] == ["big"]
    answer = answered(world, Question(Kind.FLOCK, criteria=criteria(world, "owner is empty")))
    assert answer.said == "1 account: 1 Good."
    assert answer.remarks[0] == "1 label changed in the last 30 days."
    assert answer.remarks[2:] == ("1 account without an owner.",)
    nobody = answered(world, Question(Kind.FLOCK, criteria=criteria(world, "name = x")))
    assert (nobody.said, nobody.total) == ("There are no accounts that meet the criteria.", 0)
    assert nobody.picture is None


def test_before_the_first_run_it_is_said(database: Database) -> None:  # noqa: F811
    world = World(database)
    world.publish()
    world.account("a")
    answer = answered(world, Question(Kind.FLOCK))
    assert answer.said == "1 account: 1 no label."
    assert answer.remarks == ("0 labels changed in the last 30 days.", "Nothing has been scored yet.")


@dataclass
class Ledger:
    """A figure book that gives one row and remembers what it was asked."""

    row: FigureRow
    asked: list[Figure] = field(default_factory=list)

    def figure(self, _criteria: Node, figure: Figure) -> Sequence[FigureRow]:
        self.asked.append(figure)
        return [self.row]


def test_revenue_is_told_when_somebody_counts_it(world: World) -> None:
    ledger = Ledger(FigureRow(None, 56_000, 3, 50_000))
    answer = answered(world, Question(Kind.FLOCK), figures=ledger)  # type: ignore[arg-type]
    assert answer.said.endswith("; revenue this month $560, 12 % more than in the same days of last month.")
    (figure,) = ledger.asked
    assert figure.metric is Metric.REVENUE
    assert (figure.span, figure.versus) == (
        Days(date(2026, 12, 1), date(2026, 12, 4)),
        Days(date(2026, 11, 1), date(2026, 11, 4)),
    )


REVENUES = {
    Revenue(100, 200): "revenue this month $1, 50 % less than in the same days of last month",
    Revenue(200, 200): "revenue this month $2, as in the same days of last month",
    Revenue(None, 200): "revenue this month $0, 100 % less than in the same days of last month",
    Revenue(200, None): "revenue this month $2, nothing in the same days of last month",
}


def test_revenue_in_words() -> None:
    sums = (LabelSum("VIP", 1, 0),)
    assert {one: said(sums, one, "USD") for one in REVENUES} == {
        one: f"1 account: 1 VIP; {words}." for one, words in REVENUES.items()
    }


def test_the_same_days_of_a_shorter_month() -> None:
    assert months_so_far(date(2026, 3, 31)) == (
        Days(date(2026, 3, 1), date(2026, 3, 31)),
        Days(date(2026, 2, 1), date(2026, 2, 28)),
    )
    assert months_so_far(date(2026, 1, 5))[1] == Days(date(2025, 12, 1), date(2025, 12, 5))


def test_labels_stand_in_the_documents_order_then_the_others_then_none() -> None:
    found = [LabelSum(one, 1, 0) for one in (None, "Old", "Gone", "Top")]
    assert [one.label for one in in_order(found, ("Top", "Good", "Gone"))] == [
        *("Top", "Good", "Gone", "Old"),
        None,
    ]
