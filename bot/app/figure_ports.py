"""What answering for numbers needs: figures over accounts, counted by ``bot.store.figures``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from bot.language.question import Days, Figure
from scoring.criteria.tree import Node


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One value of a figure.

    Attributes:
        group: the value that it is broken down by, the first day of its period, or None for all together
            and for records without a value.
        value: minor units of money, a share (0.25), days or a number; None where nothing was counted.
        records: how many accounts, purchases or deals it was made of.
        versus: the same of the second period.
    """

    group: str | date | None
    value: Decimal | int | None
    records: int
    versus: Decimal | int | None = None


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """A figure of each account, as far as they are shown.

    Attributes:
        rows: those with the largest value, that first; two accounts may bear one name.
        number: how many accounts have one of its records at all; of a change, how many have changed so.
        compared: of a change the days that were compared, and with which.
    """

    rows: Sequence[FigureRow]
    number: int
    compared: tuple[Days, Days] | None = None


class FigureBook(Protocol):
    """Numbers over accounts, their purchases and their deals."""

    def figure(self, criteria: Node, figure: Figure) -> list[FigureRow]:
        """The number over the accounts that meet the criteria; a row for each group or period.

        Groups come largest first, without a value last; periods in the order of time, without gaps.

        Raises:
            CriteriaError: a field that the catalog does not know, or one that cannot be counted so.
        """
        ...

    def of_accounts(self, criteria: Node, figure: Figure, most: int) -> AccountFigures:
        """The number of each account that meets the criteria, of at most so many.

        Raises:
            CriteriaError: a field that the catalog does not know, or a figure that is not one of an account.
        """
        ...

    def remarks(self, figure: Figure) -> tuple[str, ...]:
        """What does not count, whatever the criteria: sentences.

        Raises:
            CriteriaError: as ``figure``.
        """
        ...
