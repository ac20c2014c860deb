"""Who had a label in the past: on at least one day of a period.

Labels are those of then; whatever else the question asks of accounts is asked of them as they are now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from bot.app.answering.pages import framed, rows_of_a_page, with_table
from bot.app.answering.periods import during, either, reckoned
from bot.app.answers import Answer
from bot.app.people import Person
from bot.app.ports import AccountBook
from bot.app.tables import AnswerTable, Cell, CellType, TableColumn
from bot.app.wording import counted, day
from bot.language.question import Held, Question, Sort
from bot.language.spans import days_of
from scoring.config import Configuration
from scoring.criteria.tree import Always, Node

_COLUMNS = (
    TableColumn("account", "Account", CellType.ACCOUNT),
    TableColumn("label_then", "Label then", CellType.LABEL),
    TableColumn("since", "Since", CellType.DAY),
    TableColumn("until", "Until", CellType.DAY),
    TableColumn("label_now", "Label now", CellType.LABEL),
    TableColumn("spend", "Spend", CellType.MONEY),
    TableColumn("owner", "Owner"),
)


@dataclass(frozen=True, slots=True)
class HeldAsked:
    """Labels of one segmentation, and from which to which day; both are included."""

    segmentation: str
    labels: tuple[str, ...]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Stint:
    """A label from a day on, and from when on another one; ``ended_on`` None: it still stands."""

    label: str
    since: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Holder:
    """An account that had one of the labels; label, spend (minor units) and owner are those of now.

    Attributes:
        stints: all of the asked labels, in the order of time.
    """

    account: str
    label_now: str | None
    spend_minor: int
    owner: str | None
    stints: tuple[Stint, ...]


@dataclass(frozen=True, slots=True)
class HoldersFound:
    """Some of the accounts, in order; and how many there are in all."""

    page: tuple[Holder, ...]
    accounts: int


class LabelsHeld(Protocol):
    """Reading who had which label."""

    def began(self, segmentation: str) -> date | None:
        """The day of the first run; None before it."""
        ...

    def reckoned(self, segmentation: str) -> date | None:
        """The day before which labels are reckoned back from the records of then; None where none are."""
        ...

    def holders(
        self, criteria: Node, asked: HeldAsked, sort: Sequence[Sort], limit: int, offset: int
    ) -> HoldersFound:
        """Accounts that meet the criteria now and had one of the labels; by the sort keys, then by name.

        Raises:
            CriteriaError: a field or value that is not known.
        """
        ...


class Holders:
    """Answers who was."""

    def __init__(
        self, held: LabelsHeld, book: AccountBook, configuration: Callable[[], Configuration]
    ) -> None:
        self._held = held
        self._book = book
        self._configuration = configuration

    def answer(self, question: Question, _person: Person, empty: Answer) -> Answer:
        """The accounts as a table, with label and days of then.

        Raises:
            CriteriaError: criteria that do not fit the fields any more.
        """
        held = question.held
        if held is None:
            raise ValueError("a question about the past says which labels, and when")
        answer = framed(question, empty, self._book)
        segmentation = held.segmentation or self._configuration().primary.name
        began, today = self._held.began(segmentation), self._book.today()
        first, last = held_days(held, self._configuration(), today)
        nothing = _not_known(segmentation, began, first, last, today)
        if nothing or began is None:
            return replace(with_table(answer, AnswerTable(_COLUMNS, (), 0)), said=nothing)
        asked = held_asked(held, self._configuration(), began, today)
        sort = question.sort or (Sort("total_spend"),)
        found = self._held.holders(question.criteria, asked, sort, rows_of_a_page(question), answer.offset)
        rows = tuple(_row(one, asked) for one in found.page)
        answer = with_table(answer, AnswerTable(_COLUMNS, rows, found.accounts))
        told = (*_remarks(question, began, first), *reckoned(self._held.reckoned(segmentation), first))
        return replace(answer, said=said(held, found.accounts), remarks=told)


def held_days(held: Held, configuration: Configuration, today: date) -> tuple[date | None, date]:
    """The first day that is meant, None where it is open, and the last."""
    days = days_of(held.span, today, configuration.organisation.fiscal_year_starts)
    return days.first, today if days.last is None else days.last


def held_asked(held: Held, configuration: Configuration, began: date, today: date) -> HeldAsked:
    """Which labels are meant, on a day, of a segmentation that began on another one."""
    first, last = held_days(held, configuration, today)
    segmentation = held.segmentation or configuration.primary.name
    return HeldAsked(segmentation, held.labels, max(first or began, began), min(last, today))


def said(held: Held, accounts: int) -> str:
    """Such as ``34 accounts were VIP in June 2026.``."""
    what = f"{either(held.labels)} {during(held.span)}"
    if not accounts:
        return f"No account was {what}."
    return f"{counted(accounts, 'account')} {'was' if accounts == 1 else 'were'} {what}."


def together(stints: Sequence[Stint]) -> tuple[Stint, ...]:
    """In the order of time: those of less than a day fall away, and what follows without a gap is one."""
    found: list[Stint] = []
    for one in stints:
        if one.ended_on is not None and one.ended_on <= one.since:
            continue
        if found and (found[-1].label, found[-1].ended_on) == (one.label, one.since):
            found[-1] = replace(found[-1], ended_on=one.ended_on)
        else:
            found.append(one)
    return tuple(found)


def _row(one: Holder, asked: HeldAsked) -> tuple[Cell, ...]:
    """With the last of the asked labels that it had in these days."""
    then = [
        each
        for each in together(one.stints)
        if each.since <= asked.last and (each.ended_on is None or each.ended_on > asked.first)
    ]
    told: tuple[Cell, ...] = (None, None, None)
    if then:
        last = then[-1]
        until = None if last.ended_on is None else last.ended_on - timedelta(days=1)
        told = (last.label, last.since, until)
    return (one.account, *told, one.label_now, one.spend_minor, one.owner)


def _not_known(segmentation: str, began: date | None, first: date | None, last: date, today: date) -> str:
    """Why nothing can be said of these days; empty where something can."""
    if began is None:
        return f"'{segmentation}' has not been scored yet: nothing is known of the past."
    if first is not None and first > today:
        return f"{day(first)} is still to come."
    if last < began:
        known = f"History begins on {day(began)}, when '{segmentation}' was first scored"
        return f"{known}: nothing is known before."
    return ""


def _remarks(question: Question, began: date, first: date | None) -> tuple[str, ...]:
    told = []
    if first is None or first < began:
        told.append(f"History begins on {day(began)}; of the days before nothing is known.")
    if not isinstance(question.criteria, Always):
        told.append("The label is that of then; everything else is as it is now.")
    return tuple(told)
