"""Answers with a table: in Slack, in the terminal and as JSON, from the same values."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.app.answers import Answer, FurtherColumn, Group
from bot.app.answers_json import answer_as_json
from bot.app.tables import AnswerTable, Cell, CellType, TableColumn
from bot.app.wording import isolated, number, one_line, percent, written
from bot.language.question import Kind
from bot.slack.views.answer import answer_message
from bot.slack.views.drawing import Drawing
from bot.slack.views.limits import Surface, check
from bot.slack.views.marks import label_marks
from bot.terminal_answers import show_answer
from sandbox.demo.transcript import message_text
from tests.support.fake_services import (
    EVERY_TYPE,
    LABELS,
    NOW,
    account,
    breakdown_answer,
    card,
    card_answer,
    list_answer,
    row_of_every_type,
    table_answer,
)

DRAWING = Drawing(NOW, label_marks(LABELS), asker="UDARCEL")
LONG = "Sanitas Clinic of the long name " * 7


def in_slack(answer: Answer) -> list[str]:
    payload = answer_message(answer, DRAWING).payload()
    assert check(payload, Surface.MESSAGE) == []
    return message_text(payload).split("\n")


def in_terminal(answer: Answer, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    show_answer(console, answer, NOW)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


@pytest.mark.parametrize(
    ("cell", "kind", "said"),
    [
        (None, CellType.MONEY, "-"),
        ("", CellType.TEXT, "-"),
        (12_345_600, CellType.MONEY, "$123.5k"),
        (Decimal("12345600.4"), CellType.MONEY, "$123.5k"),
        (1234, CellType.NUMBER, "1,234"),
        (Decimal("1234.567"), CellType.NUMBER, "1,234.57"),
        (Decimal(100), CellType.NUMBER, "100"),
        (1, CellType.DAYS, "1 day"),
        (Decimal("12.5"), CellType.DAYS, "12.5 days"),
        (date(2026, 11, 5), CellType.DAY, "5 Nov 2026"),
        (date(2026, 6, 1), CellType.PERIOD, "Jun 2026"),
        ("Q3 2026", CellType.PERIOD, "Q3 2026"),
        (Decimal("0.125"), CellType.PERCENT, "12.5%"),
    ],
)
def test_cells_are_written_as_people_read_them(cell: Cell, kind: CellType, said: str) -> None:
    assert written(cell, kind, "USD") == said


def test_shares_and_numbers_end_without_noughts() -> None:
    shares: list[Decimal | int] = [Decimal("0.25"), 1, 0, Decimal("0.0004"), Decimal("-0.1"), Decimal("12.5")]
    assert [percent(one) for one in shares] == ["25%", "100%", "0%", "<0.1%", "-10%", "1,250%"]
    assert [number(one) for one in (1_000, Decimal("0.50"), Decimal(-3))] == ["1,000", "0.5", "-3"]


def test_a_table_in_slack() -> None:
    lines = in_slack(table_answer(row_of_every_type("VIP")))
    assert lines[0] == "Revenue was $1.2M in 4 quarters. · revenue by quarter"
    assert lines[1].split() == [one.head for one in EVERY_TYPE]
    assert re.split(r"\s{2,}", lines[3]) == [
        *("VIP", "VIP", "🟢 VIP", "1,234.5", "$123.5k", "12.5%", "12 days", "5 Nov 2026", "Q3 2026"),
    ]
    assert lines[4] == "• Two purchases have no day."
    assert lines[-1].startswith("(Read as `all accounts · revenue every quarter` · data from")


def test_what_is_left_out_of_a_table_is_said() -> None:
    answer = table_answer(*[row_of_every_type()] * 150)
    assert "99 of 150 rows" in in_slack(answer)[-1]
    second = replace(answer, offset=20)
    assert "21 to 119 of 150 rows" in in_slack(second)[-1]
    assert "… and 4 more" in "\n".join(in_slack(replace(answer, remarks=("A remark.",) * 12)))


def test_an_answer_without_rows_is_its_sentence() -> None:
    nothing = table_answer(said="Nobody left VIP this month.", remarks=(), kind=Kind.MOVED)
    assert len(in_slack(nothing)) == 2
    assert in_terminal(nothing).startswith("Nobody left VIP this month.\nRead as")


def test_a_column_with_long_texts_wraps_in_slack() -> None:
    answer = table_answer(row_of_every_type(LONG), row_of_every_type("Konex"))
    (drawn,) = [one for one in answer_message(answer, DRAWING).blocks if one["type"] == "table"]
    texts, days = drawn["column_settings"][0], drawn["column_settings"][7]
    assert (texts, days) == ({"align": "left", "is_wrapped": True}, {"align": "left"})
    assert drawn["rows"][1][0]["text"].endswith("…"), "what is cut is seen to be cut"


@pytest.mark.parametrize("width", [50, 80, 200])
def test_nothing_is_cut_in_the_terminal(width: int) -> None:
    word = "".join(f"{one:03}" for one in range(66)) + "end"
    long = list_answer(account(word, owner=word[::-1]), account("Konex"), columns=("spend_minor", "owner"))
    shown = in_terminal(long, width)
    assert "…" not in shown
    start = [line.split(" ")[0] for line in shown.split("\n")[1:]]
    assert word in "".join(start)
    assert "$123.5k" in shown


def test_a_list_in_the_terminal_has_the_fields_that_were_asked_about() -> None:
    further = FurtherColumn("Customer Tier", TableColumn("tier", "Customer Tier"))
    answer = list_answer(account("Konex", further=("Gold",)), columns=("tier", "label"), further=(further,))
    shown = in_terminal(answer).split("\n")
    assert shown[0].split() == ["Account", "Customer", "Tier", "Label"]
    assert shown[1].split() == ["Konex", "Gold", "VIP"]
    assert "1 of 1 · data from 2 minutes ago" in shown


def test_a_card_in_the_terminal_says_what_to_do() -> None:
    shown = in_terminal(card_answer(card()))
    assert "Next step Call the contact this week." in shown
    assert "Offer GTX Pro · 34% chance · $1.2k expected · bought 4 times" in shown
    assert "Who leaves · Shaky · Risk 63 %" in shown


def test_a_card_in_slack_says_what_to_do() -> None:
    lines = in_slack(card_answer(card()))
    at = lines.index("Next step: Call the contact this week.")
    assert lines[at + 1 : at + 4] == [
        "Offer",
        "• GTX Pro · 34% chance · $1.2k expected · bought 4 times",
        "Other segmentations",
    ]


HOSTILE = st.text(max_size=80) | st.text(alphabet="[]/bold red\x1b\x07\u202e<!>\n שלום", max_size=80)


@settings(max_examples=60, deadline=None)
@given(HOSTILE, st.sampled_from([40, 100]))
def test_nothing_is_active_in_a_terminal(name: str, width: int) -> None:
    answers = (
        table_answer(row_of_every_type(name), said=name or "-", read_as=name, remarks=(name,)),
        list_answer(account(name, owner=name), read_as=name, columns=("owner", "label")),
        card_answer(card(name)),
        breakdown_answer(*()),
    )
    for answer in answers:
        shown = in_terminal(answer, width)
        assert not {"\x1b", "\x07", "\u202e", "\x00"} & set(shown)


@given(st.text(max_size=200))
def test_a_text_from_right_to_left_is_kept_by_itself(text: str) -> None:
    line = one_line(text)
    assert isolated(line).strip("\u2068\u2069") == line
    assert isolated("Konex") == "Konex"
    assert isolated("שלום") == "\u2068" + "שלום" + "\u2069"


def test_a_table_as_json() -> None:
    answer = table_answer(row_of_every_type("<!channel>"), row_of_every_type("x", money=None))
    found = json.loads(json.dumps(answer_as_json(answer)))
    assert found["said"] == "Revenue was $1.2M in 4 quarters."
    assert found["remarks"] == ["Two purchases have no day."]
    assert found["table"]["columns"][4] == {"key": "money", "head": "Money", "type": "money"}
    assert found["table"]["rows"][0] == {
        "text": "<!channel>",
        "account": "<!channel>",
        "label": "<!channel>",
        "number": 1234.5,
        "money": 123456.0,
        "percent": 0.125,
        "days": 12,
        "day": "2026-11-05",
        "period": "Q3 2026",
    }
    assert (found["table"]["rows"][1]["money"], found["table"]["total"]) == (None, 2)


def test_a_list_as_json_has_whole_names_and_further_fields() -> None:
    further = FurtherColumn("value_at_risk", TableColumn("value_at_risk", "Value at risk", CellType.MONEY))
    answer = list_answer(account(LONG, further=(1_234_50,)), further=(further,))
    (found,) = answer_as_json(answer)["accounts"]
    assert (found["name"], found["further"]) == (LONG, {"value_at_risk": 1234.5})
    assert answer_as_json(card_answer(card()))["card"]["offers"] == [
        {"what": "GTX Pro", "kind": "repeat_buy", "chance": 0.34, "value": 1200.0, "why": "bought 4 times"}
    ]
    assert answer_as_json(list_answer())["table"] is None


def test_a_table_with_more_columns_than_slack_has_is_whole_elsewhere() -> None:
    columns = tuple(TableColumn(f"c{one}", f"C{one}") for one in range(30))
    wide = table_answer(table=AnswerTable(columns, (tuple("x" * 30),), 1))
    assert len(in_slack(wide)[1].split()) == 20
    assert len(answer_as_json(wide)["table"]["rows"][0]) == 30


def test_groups_are_counted_as_groups_and_an_empty_list_says_so_in_the_terminal() -> None:
    groups = breakdown_answer(Group("medical", 2), Group("retail", 5))
    assert "2 groups, 7 accounts · data from" in in_terminal(groups)
    nothing = list_answer()
    assert in_terminal(nothing).startswith("No account meets this.\nRead as")
    behind = replace(nothing, total=3, offset=10)
    assert in_terminal(behind).startswith("There are no more accounts.\nRead as")
