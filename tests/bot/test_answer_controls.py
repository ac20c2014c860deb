"""What can be pressed below an answer, and what that carries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.answers import Answer, Group
from bot.app.tables import CellType, Picture, Point, Shape
from bot.language.question import Kind, Question, Sort
from bot.language.restate import restate
from bot.slack.views.answer import answer_message
from bot.slack.views.controls import carried_question, controls, order_of, order_value
from bot.slack.views.drawing import Drawing
from bot.slack.views.limits import OPTION_VALUE, Surface, check
from scoring.criteria.tree import Compare, Operator
from tests.support.fake_services import (
    NOW,
    account,
    asked_list,
    breakdown_answer,
    card,
    card_answer,
    list_answer,
    row_of_every_type,
    table_answer,
)

DRAWING = Drawing(NOW, asker="UDARCEL", may_export=True)
PRIVATE = replace(DRAWING, private=True)
MANAGER = replace(DRAWING, may_save=True)
PICTURE = Picture(Shape.BAR, "t", "s", CellType.MONEY, (Point("a", 1),), "alt")
VIPS = asked_list()
ROWS = (row_of_every_type(),) * 10


def vips(**values: Any) -> Answer:
    lines = [account(f"Account {one}", one) for one in range(10)]
    return list_answer(*lines, **({"total": 128, "asked": VIPS} | values))


def said(answer: Answer, drawing: Drawing = DRAWING) -> list[str]:
    message = answer_message(answer, drawing).payload()
    assert check(message, Surface.MESSAGE) == []
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    assert len(rows) <= 1
    return [one.get("placeholder", one.get("text"))["text"] for row in rows for one in row]


def element(answer: Answer, action_id: str, drawing: Drawing = DRAWING) -> dict[str, Any]:
    (row,) = controls(answer, len(answer.accounts), drawing)
    return next(one for one in row["elements"] if one["action_id"] == action_id)


def test_one_row_the_most_needed_first() -> None:
    assert said(vips()) == ["Next 10", "Sort by…", "Export", "Chart"]
    assert said(vips(), PRIVATE) == ["Next 10", "Sort by…", "Share", "Export", "Chart"]
    assert said(vips(), MANAGER) == ["Next 10", "Sort by…", "Export", "Save as segment", "Chart"]
    middle = vips(offset=20)
    assert said(middle, replace(PRIVATE, may_save=True)) == [
        *("From the start", "Next 10", "Sort by…", "Share", "Export"),
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (vips(total=1, accounts=(account("Konex"),), shown=1), ["Export"]),
        (vips(total=0, accounts=(), shown=0), []),
        (vips(asked=Question(Kind.LIST)), ["Next 10", "Sort by…", "Export", "Chart"]),
        (list_answer(total=3, accounts=(), kind=Kind.COUNT), []),
        (breakdown_answer(Group("medical", 3), Group("retail", 1)), ["Chart"]),
        (breakdown_answer(Group("medical", 3)), []),
        (table_answer(row_of_every_type()), []),
        (table_answer(row_of_every_type(), picture=PICTURE), ["Chart"]),
        (table_answer(row_of_every_type(), kind=Kind.MOVED, picture=PICTURE), ["Export", "Chart"]),
        (table_answer(kind=Kind.MOVED), []),
        (table_answer(*ROWS, kind=Kind.MOVED, total=18, shown=10), ["Next 8", "Export"]),
        (
            table_answer(*ROWS, kind=Kind.HISTORY, total=28, shown=10, offset=10),
            ["From the start", "Next 8", "Export"],
        ),
        (table_answer(*ROWS, kind=Kind.FIGURE, total=28, shown=10), []),
        (card_answer(card()), ["Open in CRM", "Website"]),
    ],
)
def test_only_what_makes_sense_is_offered(answer: Answer, expected: list[str]) -> None:
    assert said(answer) == expected


def test_who_may_not_export_is_not_offered_it() -> None:
    alone = replace(DRAWING, may_export=False)
    assert said(vips(), alone) == ["Next 10", "Sort by…", "Chart"]
    one_left = vips(asked=long_question(200), accounts=(account("Konex"),), shown=1, offset=127)
    assert said(one_left, alone) == ["From the start"], "no button carries the long question of a menu"


def test_every_account_is_no_segment() -> None:
    assert "Save as segment" not in said(vips(asked=Question(Kind.LIST)), MANAGER)


def test_a_button_carries_the_question_whole_and_needs_no_thread() -> None:
    answer = vips(question="only in Berlin")
    assert element(answer, "export")["value"] == restate(VIPS)
    assert element(answer, "page.0")["value"] == '{"q":"accounts where label = VIP","offset":10}'
    assert element(vips(question="all VIPs", asked=None), "export")["value"] == "all VIPs"


def long_question(length: int) -> Question:
    return Question(Kind.LIST, Compare("name", Operator.EQ, "x" * length))


def test_a_question_that_is_too_long_has_no_button() -> None:
    assert said(vips(asked=long_question(2_100)), replace(PRIVATE, may_save=True)) == []


def test_the_menu_carries_whole_questions_where_they_fit() -> None:
    menu = element(vips(), "sort")
    assert menu["options"][0]["text"]["text"] == "Label: best first"
    assert menu["options"][6]["value"] == "?accounts where label = VIP sorted by last_purchase descending"


def test_the_menu_carries_the_order_where_the_question_is_long() -> None:
    answer = vips(asked=long_question(200))
    menu = element(answer, "sort")
    assert [one["value"] for one in menu["options"]][:2] == ["-label", "+label"]
    body = {"message": answer_message(answer, DRAWING).payload()}
    assert carried_question(body) == restate(long_question(200))
    assert "Sort by…" not in said(answer, PRIVATE), "Slack sends no message along that one person sees"
    assert carried_question({}) == ""


@given(st.text(max_size=400), st.booleans(), st.booleans())
def test_whatever_is_asked_the_row_is_one_that_slack_takes(name: str, private: bool, may_save: bool) -> None:
    asked = Question(Kind.LIST, Compare("name", Operator.EQ, name), sort=(Sort(name or "name"),))
    drawing = replace(DRAWING, private=private, may_save=may_save)
    for row in controls(vips(asked=asked), 10, drawing):
        assert 1 <= len(row["elements"]) <= 5
        for option in row["elements"][1].get("options", ()):
            assert 1 <= len(option["value"]) <= OPTION_VALUE


@given(st.text(min_size=1, max_size=50), st.booleans())
def test_an_order_is_read_as_it_was_written(field: str, descending: bool) -> None:
    assert order_of(order_value(Sort(field, descending))) == Sort(field, descending)
    assert order_of("?" + field) is None


def test_nothing_is_an_order_that_is_none() -> None:
    assert [order_of(one) for one in ("", "-", "label")] == [None, None, None]
