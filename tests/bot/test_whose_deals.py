"""Whose deals are counted: somebody's own beside those of their accounts, both told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest

from bot.app.answering.deal_owners import owners_in
from bot.app.answering.figures import FigureAnswers
from bot.app.answers import Answer
from bot.app.figure_ports import AccountFigures, FigureRow
from bot.language.question import DEAL_OWNER, Figure, Kind, Metric, Question
from scoring.criteria.canonical import canonical
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Node, Unit
from tests.support.fake_account_book import FakeAccountBook
from tests.support.sample_organisation import ANNA, CATALOG, CONFIGURATION

DARCEL = 'owner = "Darcel Schlecht"'
BOTH = 'owner in ("Darcel Schlecht", "Anna Snelling")'
BY_OWNER = (
    FigureRow("anna snelling", Decimal("0.62"), 553),
    FigureRow("Darcel Schlecht", Decimal("0.5"), 10),
    FigureRow("Wilburn Farren", Decimal(1), 1),
)


@dataclass
class Deals:
    """The port FigureBook: of everybody's accounts another number than by owner."""

    asked: list[tuple[str, Figure]]

    def figure(self, criteria: Node, figure: Figure) -> list[FigureRow]:
        said = "" if isinstance(criteria, Always) else canonical(criteria)
        self.asked.append((said, figure))
        return list(BY_OWNER) if figure.by == DEAL_OWNER else [FigureRow(None, Decimal("0.25"), 8)]

    def of_accounts(self, _criteria: Node, _figure: Figure, _most: int) -> AccountFigures:
        raise NotImplementedError

    def remarks(self, _figure: Figure) -> tuple[str, ...]:
        return ("Deals without an account do not count: 1,425.",)


def answered(criteria: str, figure: Figure) -> tuple[Answer, Sequence[tuple[str, Figure]]]:
    deals = Deals([])
    answers = FigureAnswers(FakeAccountBook(), deals, lambda: CONFIGURATION)
    question = Question(Kind.FIGURE, parse(criteria, CATALOG) if criteria else Always(), figure=figure)
    return answers(question, ANNA, Answer("?", None, "", 0, 0, None, "USD")), deals.asked


def test_one_persons_own_deals_and_those_of_their_accounts() -> None:
    figure = Figure(Metric.WIN_RATE)
    found, asked = answered(f"{DARCEL} and industry = retail", figure)
    assert found.said == (
        "Win rate: Darcel Schlecht's own deals 50.0 % (5 of 10 closed deals); "
        "all deals of their accounts 25.0 % (2 of 8 closed deals)."
    )
    assert found.table is not None
    assert [row[0] for row in found.table.rows] == [
        "Deals of Darcel Schlecht",
        "Deals of accounts of Darcel Schlecht",
    ]
    assert [said for said, _ in asked] == ["industry = retail", f"{DARCEL} and industry = retail"]
    assert found.picture is None
    assert found.remarks == (), "deals of nobody's account are not missing among theirs"


def test_whoever_owns_no_deal_has_none() -> None:
    found, _ = answered('owner = "Zane Levy"', Figure(Metric.WON))
    assert found.said is not None
    assert found.said.startswith("Won deals: Zane Levy's own deals 0;")
    found, _ = answered('owner = "Zane Levy"', Figure(Metric.WIN_RATE))
    assert found.said is not None
    assert found.said.startswith("Win rate: Zane Levy's own deals nothing to count;")


def test_several_owners_beside_each_other_are_those_alone() -> None:
    found, asked = answered(BOTH, Figure(Metric.WIN_RATE, by=DEAL_OWNER))
    assert found.table is not None
    assert [row[0] for row in found.table.rows] == ["anna snelling", "Darcel Schlecht"]
    assert [said for said, _ in asked] == [""]
    assert "Each owner's own deals are counted, whoever owns the account." in found.remarks


@pytest.mark.parametrize(
    ("criteria", "figure"),
    [
        ("", Figure(Metric.WIN_RATE)),
        (DARCEL, Figure(Metric.REVENUE)),
        (f"not {DARCEL}", Figure(Metric.WIN_RATE)),
        (f"{DARCEL} or industry = retail", Figure(Metric.WIN_RATE)),
        (f"{DARCEL} and {BOTH}", Figure(Metric.WIN_RATE)),
    ],
)
def test_everything_else_is_counted_as_it_is_read(criteria: str, figure: Figure) -> None:
    assert owners_in(parse(criteria, CATALOG) if criteria else Always(), figure) is None


@pytest.mark.parametrize("figure", [Figure(Metric.WON, every=Unit.MONTH), Figure(Metric.WON, by="industry")])
def test_a_breakdown_is_of_the_accounts(figure: Figure) -> None:
    _, asked = answered(DARCEL, figure)
    assert asked == [(DARCEL, figure)]


def test_of_several_people_together_it_is_of_their_accounts() -> None:
    _, asked = answered(BOTH, Figure(Metric.PIPELINE))
    assert [figure.by for _, figure in asked] == [None]
