"""Which picture shows an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.answers import Answer, Group
from bot.app.errors import UserError
from bot.app.picturing import MOST_BARS, MOST_SHARES, drawable, picture_of
from bot.app.tables import CellType, Picture, Point, Shape
from bot.language.question import Kind, NotUnderstood, Question, Sort
from tests.support.fake_services import account, breakdown_answer, help_answer, list_answer


def sorted_by(field: str, *spends: int | None) -> Answer:
    accounts = [account(f"Account {n}", n, annual_revenue_minor=spend) for n, spend in enumerate(spends)]
    question = Question(Kind.LIST, sort=(Sort(field),))
    return list_answer(*accounts, asked=question)


def picture(answer: Answer) -> Picture:
    found = picture_of(answer)
    assert found is not None
    return found


def test_few_groups_of_one_whole_are_shares() -> None:
    found = picture(breakdown_answer(Group("medical", 12), Group("retail", 5), Group(None, 3)))
    assert found.shape is Shape.SHARE
    assert found.title == "20 accounts by industry"
    assert found.subtitle == "label = Champion, by industry"
    assert [(one.category, one.value) for one in found.points] == [
        ("medical", 12),
        ("retail", 5),
        ("none", 3),
    ]
    assert found.alt == "20 accounts by industry: medical 12, retail 5, none 3."


def test_groups_that_overlap_are_bars() -> None:
    answer = replace(breakdown_answer(Group("renewal", 12), Group("partner", 9)), total=15)
    assert picture(answer).shape is Shape.BAR


def test_one_group_is_a_bar_and_none_is_nothing() -> None:
    assert picture(breakdown_answer(Group("medical", 4))).shape is Shape.BAR
    assert picture_of(breakdown_answer()) is None


@given(st.lists(st.integers(0, 10**6), min_size=MOST_SHARES + 1, max_size=60))
def test_many_groups_are_bars_and_the_rest_is_one_bar(counts: list[int]) -> None:
    groups = [Group(f"value {n}", count) for n, count in enumerate(sorted(counts, reverse=True))]
    found = picture(breakdown_answer(*groups))
    assert found.shape is Shape.BAR
    assert len(found.points) <= MOST_BARS + 1
    assert sum(one.value for one in found.points) == sum(counts)
    if len(counts) > MOST_BARS:
        assert found.points[-1].category == f"{len(counts) - MOST_BARS} others"


def test_a_list_that_is_sorted_by_a_number_shows_that_number() -> None:
    found = picture(sorted_by("annual_revenue", 900_00, 500_00, None))
    assert (found.shape, found.type) == (Shape.BAR, CellType.MONEY)
    assert found.points == (Point("Account 0", 900_00), Point("Account 1", 500_00))
    assert found.title == "2 accounts by annual revenue"
    assert found.subtitle == "2 of 3 accounts · label = VIP and industry = medical"
    assert found.alt == "2 accounts by annual revenue: Account 0 $900, Account 1 $500."


@pytest.mark.parametrize("field", ["total_spend", "employees", "purchases", "r", "f", "m", "rfm"])
def test_every_number_of_an_account_can_be_drawn(field: str) -> None:
    assert picture(sorted_by(field, 1, 2)).points


def test_a_list_draws_no_more_than_twenty_and_says_so() -> None:
    found = picture(sorted_by("annual_revenue", *range(30, 0, -1)))
    assert len(found.points) == MOST_BARS
    assert found.subtitle.startswith("20 of 30 accounts · ")
    assert found.alt.endswith("and 15 more.")


@pytest.mark.parametrize(
    "answer",
    [
        list_answer(account("Konex")),
        sorted_by("last_purchase", 1),
        sorted_by("annual_revenue", None),
        sorted_by("annual_revenue"),
        help_answer(),
    ],
)
def test_what_has_no_numbers_is_not_drawn(answer: Answer) -> None:
    assert picture_of(answer) is None
    with pytest.raises(UserError, match="nothing to draw"):
        drawable(answer)


def test_an_answer_that_brings_its_picture_is_drawn_with_it() -> None:
    brought = Picture(Shape.LINE, "Revenue", "all", CellType.MONEY, (Point("2026", 1),), "Revenue: 2026 $0.")
    assert picture_of(replace(help_answer(), picture=brought)) is brought
    assert picture_of(replace(help_answer(), picture=replace(brought, points=()))) is None


def test_what_was_not_understood_is_not_drawn() -> None:
    answer = replace(help_answer(), not_understood=NotUnderstood((), "I do not know the word whales."))
    assert picture_of(answer) is None
    with pytest.raises(UserError, match="whales"):
        drawable(answer)
