"""Answers to questions for a number: the sentence, the rows, the picture, what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from bot.app.answering.figure_words import period_name
from bot.app.answering.figures import FigureAnswers
from bot.app.answers import Answer
from bot.app.figure_ports import AccountFigures, FigureRow
from bot.app.tables import CellType, Shape
from bot.language.question import Aggregate, Course, Days, Figure, Kind, Metric, Question, Sort
from scoring.criteria.tree import Calendar, Node, Unit
from tests.support.fake_account_book import FakeAccountBook
from tests.support.sample_organisation import ANNA, CONFIGURATION

THIS_YEAR, LAST_YEAR = Calendar(Unit.YEAR, 0), Calendar(Unit.YEAR, -1)


@dataclass
class Rows:
    """The port FigureBook, with rows that stand already."""

    found: Sequence[FigureRow]
    said: tuple[str, ...] = ()
    accounts: int = 0

    def figure(self, _criteria: Node, _figure: Figure) -> list[FigureRow]:
        return list(self.found)

    def of_accounts(self, _criteria: Node, figure: Figure, most: int) -> AccountFigures:
        days = Days(date(2026, 1, 1), date(2026, 12, 1)), Days(date(2025, 1, 1), date(2025, 12, 1))
        return AccountFigures(self.found[:most], self.accounts, days if figure.course else None)

    def remarks(self, _figure: Figure) -> tuple[str, ...]:
        return self.said


def answer(figure: Figure, *rows: FigureRow, said: tuple[str, ...] = (), **more: object) -> Answer:
    answers = FigureAnswers(FakeAccountBook(), Rows(rows, said, 4_321), lambda: CONFIGURATION)
    empty = Answer("?", None, "", 0, 0, None, "USD")
    return answers(Question(Kind.FIGURE, figure=figure, **more), ANNA, empty)  # type: ignore[arg-type]


def heads(found: Answer) -> list[tuple[str, str, CellType]]:
    assert found.table is not None
    return [(one.key, one.head, one.type) for one in found.table.columns]


def test_one_number() -> None:
    row = FigureRow(None, Decimal(1_234) / 1_950, 1_950)
    found = answer(Figure(Metric.WIN_RATE, span=THIS_YEAR), row, said=("A remark.",))
    assert found.said == "Win rate this year: 63.3 % (1,234 of 1,950 closed deals)."
    assert heads(found) == [
        ("value", "Win rate", CellType.PERCENT),
        ("records", "Closed deals", CellType.NUMBER),
    ]
    assert found.table is not None
    assert found.table.rows == ((row.value, 1_950),)
    assert (found.kind, found.total, found.picture, found.remarks) == (Kind.FIGURE, 85, None, ("A remark.",))


@pytest.mark.parametrize(
    ("figure", "row", "said"),
    [
        (Figure(Metric.REVENUE), FigureRow(None, 123_456_700, 12), "Revenue: $1.2M (12 purchases)."),
        (Figure(Metric.WON), FigureRow(None, 1_200, 1_200), "Won deals: 1,200."),
        (
            Figure(Metric.SALES_CYCLE),
            FigureRow(None, Decimal("45.5000"), 2),
            "Sales cycle: 45.5 days (2 won deals).",
        ),
        (
            Figure(Metric.SALES_CYCLE),
            FigureRow(None, None, 0),
            "Sales cycle: there is nothing to count, no won deal.",
        ),
        (
            Figure(Metric.SHARE),
            FigureRow(None, Decimal("0.25"), 4),
            "Share of accounts: 25.0 % (1 of 4 accounts).",
        ),
        (
            Figure(how=Aggregate.MEDIAN, of="annual_revenue"),
            FigureRow(None, 50_000_00, 85),
            "Median annual Revenue: $50k (85 accounts).",
        ),
        (
            Figure(Metric.WIN_RATE, span=THIS_YEAR, versus=LAST_YEAR),
            FigureRow(None, Decimal("0.5"), 2, Decimal("0.25")),
            "Win rate this year: 50.0 % (1 of 2 closed deals); last year: 25.0 %, a change of +25.0 points.",
        ),
        (
            Figure(Metric.PIPELINE, versus=LAST_YEAR),
            FigureRow(None, 900_00, 2, 1_000_00),
            "Pipeline: $900 (2 open deals); last year: $1k, a change of -10.0 %.",
        ),
        (Figure(Metric.WON, versus=LAST_YEAR), FigureRow(None, 2, 2, 0), "Won deals: 2; last year: 0."),
    ],
)
def test_a_number_in_a_sentence(figure: Figure, row: FigureRow, said: str) -> None:
    assert answer(figure, row).said == said


def test_by_a_field() -> None:
    figure = Figure(Metric.REVENUE, by="label", span=THIS_YEAR, versus=LAST_YEAR)
    found = answer(figure, FigureRow("VIP", 500_00, 5, 400_00), FigureRow(None, 100_00, 1, None))
    assert (
        found.said
        == "Revenue this year by label, beside last year: VIP $500 (5 purchases), first of 2 groups."
    )
    assert heads(found)[0] == ("group", "Label", CellType.LABEL)
    assert [key for key, _, _ in heads(found)] == ["group", "value", "records", "versus", "change"]
    assert found.table is not None
    assert found.table.rows == (
        ("VIP", 500_00, 5, 400_00, Decimal("0.25")),
        (None, 100_00, 1, None, None),
    )
    assert found.picture is not None
    assert found.picture.shape is Shape.BAR
    assert [(one.category, one.value, one.series) for one in found.picture.points] == [
        ("VIP", 500_00, "this year"),
        ("(none)", 100_00, "this year"),
        ("VIP", 400_00, "last year"),
    ]


def test_each_account_is_a_row_and_how_many_there_are_is_said() -> None:
    figure = Figure(Metric.REVENUE, by="each_account", span=THIS_YEAR, versus=LAST_YEAR)
    konex = FigureRow("Konex", 500_00, 5, 400_00)
    found = answer(figure, konex, FigureRow("Konex", 90_00, 2, 0), FigureRow(None, 1_00, 1, 0), limit=2)
    assert found.said.startswith("Revenue this year by account, beside last year: Konex $500 (5 purchases), ")
    assert found.said.endswith("first of 4,321 accounts.")
    assert heads(found)[0] == ("group", "Account", CellType.ACCOUNT)
    assert found.table is not None
    assert found.table.rows == (("Konex", 500_00, 5, 400_00, Decimal("0.25")), ("Konex", 90_00, 2, 0, None))
    assert (found.table.total, found.remarks) == (4_321, ("The first 2 of 4,321 are shown.",))
    assert found.read_as == "revenue · by each account · in this year · beside last year · first 2"


def test_who_buys_less_is_said_with_the_days_that_were_compared() -> None:
    figure = Figure(Metric.REVENUE, by="each_account", span=THIS_YEAR, course=Course.WORSE)
    found = answer(figure, FigureRow("Konex", 500_00, 5, 800_00), FigureRow("Acme", 0, 0, 100_00), limit=2)
    said = "Revenue this year: 4,321 accounts have less than before, first Konex with $500 after $800."
    assert found.said == said
    assert heads(found)[3:] == [
        ("versus", "Before", CellType.MONEY),
        ("change", "Change", CellType.PERCENT),
    ]
    assert found.remarks[0] == "1 Jan 2026 to 1 Dec 2026 was compared with 1 Jan 2025 to 1 Dec 2025."
    assert (
        found.read_as == "revenue · by each account · in this year · less than in the period before · first 2"
    )
    assert found.picture is not None
    assert [one.series for one in found.picture.points] == ["this year"] * 2 + ["before"] * 2
    assert answer(figure).said == "Revenue this year: no account has less than before."


def test_a_few_accounts_are_shown_where_nobody_says_how_many() -> None:
    rows = [FigureRow(f"Account {number}", 1_000 - number, 1) for number in range(250)]
    found = answer(Figure(Metric.REVENUE, by="each_account"), *rows)
    assert found.table is not None
    assert len(found.table.rows) == 20
    assert found.remarks == ("The first 20 of 4,321 are shown; “top 50” shows more.",)
    all_of_them = answer(Figure(Metric.REVENUE, by="each_account"), *rows, limit=1_000)
    assert all_of_them.table is not None
    assert len(all_of_them.table.rows) == 200
    assert all_of_them.remarks[0] == "The first 200 of 4,321 are shown."


def test_many_groups_are_said_and_the_picture_has_the_first() -> None:
    rows = [FigureRow(f"City {number}", 1_000 - number, 1) for number in range(250)]
    found = answer(Figure(Metric.WON, by="city"), *rows)
    assert found.table is not None
    assert (len(found.table.rows), found.table.total) == (200, 250)
    assert found.picture is not None
    assert len(found.picture.points) == 20
    assert "The first 200 of 250 are shown." in found.remarks
    assert "The picture shows 20 of them; the others are in the table." in found.remarks
    few = answer(Figure(Metric.WON, by="city"), *rows, limit=3)
    assert few.table is not None
    assert [row[0] for row in few.table.rows] == ["City 0", "City 1", "City 2"]


def test_smallest_first_when_that_is_asked() -> None:
    rows = (FigureRow("A", 3, 3), FigureRow("B", 1, 1), FigureRow(None, 2, 2))
    found = answer(Figure(Metric.WON, by="owner"), *rows, sort=(Sort("won_deals", descending=False),))
    assert found.table is not None
    assert [row[0] for row in found.table.rows] == ["B", "A", None]


def test_a_trend() -> None:
    rows = [FigureRow(date(2026, month, 1), value, 1) for month, value in ((1, 100_00), (4, 300_00), (7, 0))]
    found = answer(Figure(Metric.REVENUE, every=Unit.QUARTER, span=THIS_YEAR), *rows)
    assert (
        found.said
        == "Revenue this year by quarter: $0 (1 purchase) in Q3 2026; the most was $300 in Q2 2026."
    )
    assert heads(found)[0] == ("period", "Quarter", CellType.PERIOD)
    assert found.picture is not None
    assert (found.picture.shape, found.picture.points[0].category) == (Shape.LINE, "Q1 2026")
    assert found.picture.alt == "Revenue this year by quarter: Q1 2026 $100, Q2 2026 $300, Q3 2026 $0."
    assert found.picture.subtitle == found.read_as


def test_nothing_to_count() -> None:
    found = answer(Figure(Metric.REVENUE, by="industry"))
    assert found.said == "Revenue by industry: there is nothing to count."
    assert found.picture is None


def test_accounts_without_a_value_are_said() -> None:
    found = answer(Figure(how=Aggregate.SUM, of="employees"), FigureRow(None, 100, 80))
    assert found.remarks == ("Accounts without a value do not count: 5.",)


@pytest.mark.parametrize(
    ("unit", "starts", "name"),
    [
        (Unit.DAY, 1, "1 Nov 2026"),
        (Unit.WEEK, 1, "week of 1 Nov 2026"),
        (Unit.MONTH, 4, "Nov 2026"),
        (Unit.YEAR, 1, "2026"),
        (Unit.QUARTER, 2, "Nov 2026 to Jan 2027"),
        (Unit.YEAR, 11, "Nov 2026 to Oct 2027"),
    ],
)
def test_periods_have_names(unit: Unit, starts: int, name: str) -> None:
    assert period_name(date(2026, 11, 1), unit, starts) == name
