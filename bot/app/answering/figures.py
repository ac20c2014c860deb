"""Answering for a number: in a sentence, as a table by group or period, and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.app.answering.deal_owners import Owned, beside_each_other, owned_deals, owners_in
from bot.app.answering.figure_words import (
    cell_type,
    change,
    change_written,
    made_of,
    period_name,
    record,
    title,
    written,
    written_days,
)
from bot.app.answers import Answer
from bot.app.figure_ports import FigureBook, FigureRow
from bot.app.people import Person
from bot.app.ports import AccountBook
from bot.app.tables import AnswerTable, Cell, CellType, Picture, Point, Shape, TableColumn
from bot.app.wording import counted
from bot.language.question import (
    DEAL_OWNER,
    EACH_ACCOUNT,
    EACH_PRODUCT,
    OF_DEALS,
    Course,
    Days,
    Figure,
    Kind,
    Question,
)
from bot.language.restate import read_as
from bot.language.spans import spoken_span
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.tree import Always

MOST_ROWS = 200
ACCOUNTS_SHOWN = 20  # where nobody says how many
MOST_BARS = 20
_TOLD = 5  # values that a picture's text names
_NONE = "(none)"
_THAN = {Course.WORSE: "less than", Course.BETTER: "more than"}
# Beside the fields of accounts.
_ALSO_BY = {DEAL_OWNER: "Deal owner", EACH_ACCOUNT: "Account", EACH_PRODUCT: "Product"}


@dataclass(frozen=True)
class _Found:
    """A figure with what it takes to say it."""

    question: Question
    figure: Figure
    rows: Sequence[FigureRow]
    number: int  # of groups or periods; the first of them are in the rows
    catalog: Catalog
    currency: str
    fiscal_year_starts: int
    compared: tuple[Days, Days] | None = None
    whose: str | None = None  # of whom both their own deals and those of their accounts are told

    @property
    def kind(self) -> CellType:
        return cell_type(self.figure, self.catalog)

    @property
    def title(self) -> str:
        """``Revenue this year``."""
        span = self.figure.span
        return title(self.figure, self.catalog) + ("" if span is None else f" {spoken_span(span)}")

    @property
    def whole_title(self) -> str:
        """``Revenue this year by industry``."""
        by = self.figure.every or (self._by_head() if self.figure.by else None)
        beside = f", beside {self.second}" if self.second and self.figure.course is None else ""
        if self.figure.course is not None:
            beside = f", {self.than}"
        return self.title + (f" by {str(by)[:1].lower()}{str(by)[1:]}" if by else "") + beside

    @property
    def second(self) -> str | None:
        """What the second period is called."""
        if self.figure.versus is not None:
            return spoken_span(self.figure.versus)
        return None if self.figure.course is None else "before"

    @property
    def than(self) -> str:
        """Of a course: ``more than before``, ``less than in November 2026``."""
        word = _THAN[self.figure.course] if self.figure.course is not None else ""
        return f"{word} {'in ' if isinstance(self.figure.versus, Days) else ''}{self.second}"

    def _by_head(self) -> str:
        if self.figure.by in _ALSO_BY:
            return _ALSO_BY[self.figure.by]
        field = self.catalog.find(self.figure.by or "")
        return (field.label or field.name) if field else self.figure.by or ""

    def head(self) -> TableColumn | None:
        """The column of groups or periods; None for one number."""
        if self.figure.every is not None:
            return TableColumn("period", self.figure.every.value.capitalize(), CellType.PERIOD)
        if self.whose is not None:
            return TableColumn("group", "Whose", CellType.TEXT)
        if self.figure.by is None:
            return None
        is_label = self.figure.by == "label" or self.figure.by.startswith("label.")
        kind = CellType.LABEL if is_label else CellType.TEXT
        return TableColumn(
            "group", self._by_head(), CellType.ACCOUNT if self.figure.by == EACH_ACCOUNT else kind
        )

    def name(self, row: FigureRow) -> str | None:
        """What a row is called."""
        if isinstance(row.group, date) and self.figure.every is not None:
            return period_name(row.group, self.figure.every, self.fiscal_year_starts)
        return None if row.group is None else str(row.group)

    def said_value(self, row: FigureRow) -> str:
        """``63.2 % (1,234 of 1,950 closed deals)``."""
        value = written(row.value, self.kind, self.currency)
        return value + made_of(self.figure, row.value, row.records)


class FigureAnswers:
    """The answerer of questions for a number."""

    def __init__(
        self, book: AccountBook, figures: FigureBook, configuration: Callable[[], Configuration]
    ) -> None:
        self._book = book
        self._figures = figures
        self._configuration = configuration

    def __call__(self, question: Question, _person: Person, answer: Answer) -> Answer:
        """The number, its rows and its picture.

        Raises:
            CriteriaError: what cannot be counted so; the sentence says what to do.
        """
        if question.figure is None:
            raise CriteriaError("Say which number: revenue, win rate, the average of a field …")
        catalog = self._book.catalog()
        owned = owners_in(question.criteria, question.figure)
        rows, number, compared = self._rows(question, question.figure, owned)
        found = _Found(
            question,
            question.figure,
            rows,
            number,
            catalog,
            answer.currency,
            self._configuration().organisation.fiscal_year_starts,
            compared,
            whose=owned.names[0] if owned and _is_of_one(question.figure, owned) else None,
        )
        total = self._book.count(question.criteria)
        remarks = (*_remarks(found, total), *self._what_does_not_count(question, question.figure))
        if owned is not None and question.figure.by == DEAL_OWNER:
            remarks = (*remarks, "Each owner's own deals are counted, whoever owns the account.")
        reading = read_as(question, catalog)
        return replace(
            answer,
            kind=Kind.FIGURE,
            read_as=reading,
            total=total,
            said=_sentence(found),
            table=_table(found),
            remarks=remarks,
            picture=_picture(found, reading),
        )

    def _what_does_not_count(self, question: Question, figure: Figure) -> tuple[str, ...]:
        """Of all deals; beside those of some accounts it would say nothing."""
        some = figure.metric in OF_DEALS and not isinstance(question.criteria, Always)
        return () if some else self._figures.remarks(figure)

    def _rows(
        self, question: Question, figure: Figure, owned: Owned | None
    ) -> tuple[Sequence[FigureRow], int, tuple[Days, Days] | None]:
        if figure.by == EACH_ACCOUNT:
            most = min(question.limit or ACCOUNTS_SHOWN, MOST_ROWS)
            first = self._figures.of_accounts(question.criteria, figure, most)
            return first.rows, first.number, first.compared
        if owned is not None and (figure.by == DEAL_OWNER or _is_of_one(figure, owned)):
            own = owned_deals(self._figures, owned, figure)
            if figure.by is None:
                [accounts] = self._figures.figure(question.criteria, figure)
                own = beside_each_other(own, accounts, owned, figure)
            return own, len(own), None
        rows = _ordered(self._figures.figure(question.criteria, figure), question)
        return rows, len(rows), None


def _is_of_one(figure: Figure, owned: Owned) -> bool:
    """Whether one number is asked for, of one person."""
    return figure.by is None and figure.every is None and len(owned.names) == 1


def _ordered(rows: Sequence[FigureRow], question: Question) -> Sequence[FigureRow]:
    """Smallest first where that was asked for; without a group last all the same."""
    if not question.sort or question.sort[0].descending or question.figure is None or question.figure.every:
        return rows
    named = [row for row in rows if row.group is not None]
    return [*reversed(named), *(row for row in rows if row.group is None)]


def _shown(found: _Found) -> Sequence[FigureRow]:
    limit = found.question.limit if found.figure.every is None else None
    return found.rows[: min(limit or MOST_ROWS, MOST_ROWS)]


def _sentence(found: _Found) -> str:
    if found.head() is None:
        return _one_number(found)
    if found.whose is not None:
        return _of_both(found)
    if found.figure.course is not None:
        return _changed(found)
    some = [row for row in found.rows if row.value is not None]
    if not some:
        return f"{found.whole_title}: there is nothing to count."
    if found.figure.every is None:
        first = some[0]
        number = counted(found.number, "account" if found.figure.by == EACH_ACCOUNT else "group")
        return (
            f"{found.whole_title}: {found.name(first) or _NONE} {found.said_value(first)}, first of {number}."
        )
    return f"{found.whole_title}: {_course(found, some)}."


def _of_both(found: _Found) -> str:
    """Somebody's own deals first, then those of their accounts."""
    said = [
        f"{found.said_value(row)}{_beside(found, row)}" if row.value is not None else "nothing to count"
        for row in found.rows
    ]
    return f"{found.title}: {found.whose}'s own deals {said[0]}; all deals of their accounts {said[1]}."


def _changed(found: _Found) -> str:
    """How many accounts have less, or more, and the one that has changed most."""
    than = found.than
    if not found.rows:
        return f"{found.title}: no account has {than}."
    first = found.rows[0]
    now, then = (written(one, found.kind, found.currency) for one in (first.value, first.versus))
    verb = "has" if found.number == 1 else "have"
    number = counted(found.number, "account")
    return (
        f"{found.title}: {number} {verb} {than}, first {found.name(first) or _NONE} with {now} after {then}."
    )


def _course(found: _Found, some: Sequence[FigureRow]) -> str:
    """The last period, and the highest where that is another one."""
    last, highest = some[-1], max(some, key=lambda row: row.value or 0)
    said = f"{found.said_value(last)} in {found.name(last)}"
    if highest is last:
        return f"{said}, which is the most" if len(some) > 1 else said
    return (
        f"{said}; the most was {written(highest.value, found.kind, found.currency)} in {found.name(highest)}"
    )


def _one_number(found: _Found) -> str:
    row = found.rows[0]
    if row.value is None:
        noun = record(found.figure) or "record"
        return f"{found.title}: there is nothing to count, no {noun}."
    return f"{found.title}: {found.said_value(row)}{_beside(found, row)}."


def _beside(found: _Found, row: FigureRow) -> str:
    if found.figure.versus is None:
        return ""
    earlier = f"; {spoken_span(found.figure.versus)}: {written(row.versus, found.kind, found.currency)}"
    more = change_written(change(row.value, row.versus, found.kind), found.kind)
    return earlier + (f", a change of {more}" if more else "")


def _table(found: _Found) -> AnswerTable:
    head, kind = found.head(), found.kind
    columns = [] if head is None else [head]
    columns.append(TableColumn("value", title(found.figure, found.catalog), kind))
    noun = record(found.figure)
    if noun is not None:
        columns.append(TableColumn("records", f"{noun.capitalize()}s", CellType.NUMBER))
    if found.second is not None:
        spoken = found.second
        columns.append(TableColumn("versus", spoken[:1].upper() + spoken[1:], kind))
        points = "Change, points" if kind is CellType.PERCENT else "Change"
        columns.append(TableColumn("change", points, CellType.PERCENT))
    rows = tuple(tuple(_cells(found, row, counts=noun is not None)) for row in _shown(found))
    return AnswerTable(tuple(columns), rows, found.number)


def _cells(found: _Found, row: FigureRow, *, counts: bool) -> Iterator[Cell]:
    if found.head() is not None:
        yield found.name(row)
    yield row.value
    if counts:
        yield row.records
    if found.second is not None:
        yield row.versus
        yield change(row.value, row.versus, found.kind)


def _remarks(found: _Found, total: int) -> Iterator[str]:
    shown = _shown(found)
    if found.compared is not None:
        now, then = (written_days(one) for one in found.compared)
        yield f"{now} was compared with {then}."
    if len(shown) < found.number and found.figure.by == EACH_ACCOUNT and found.question.limit is None:
        yield f"The first {len(shown):,} of {found.number:,} are shown; “top 50” shows more."
    elif len(shown) < found.number:
        yield f"The first {len(shown):,} of {found.number:,} are shown."
    if found.figure.every is None and len(shown) > MOST_BARS:
        yield f"The picture shows {MOST_BARS} of them; the others are in the table."
    if found.figure.metric is None:
        without = total - sum(row.records for row in found.rows)
        if without > 0:
            yield f"Accounts without a value do not count: {without:,}."


def _picture(found: _Found, reading: str) -> Picture | None:
    rows = _shown(found)
    trend = found.figure.every is not None
    some = [row for row in (rows if trend else rows[:MOST_BARS]) if row.value is not None or row.versus]
    if found.head() is None or not some or found.whose is not None:
        return None
    points = tuple(_points(found, some))
    told = ", ".join(
        f"{one.category} {written(one.value, found.kind, found.currency)}" for one in points[:_TOLD]
    )
    more = f" and {len(points) - _TOLD:,} more" if len(points) > _TOLD else ""
    return Picture(
        shape=Shape.LINE if trend else Shape.BAR,
        title=found.whole_title,
        subtitle=reading,
        type=found.kind,
        points=points,
        alt=f"{found.whole_title}: {told}{more}.",
        currency=found.currency,
    )


def _points(found: _Found, rows: Sequence[FigureRow]) -> Iterator[Point]:
    """Those of the first period, and then those of the second as a series of their own."""
    second, span = found.second, found.figure.span
    first = "" if second is None else "all time" if span is None else spoken_span(span)
    for row in rows:
        if row.value is not None:
            yield Point(found.name(row) or _NONE, row.value, first)
    for row in rows if second is not None else ():
        if row.versus is not None and second is not None:
            yield Point(found.name(row) or _NONE, row.versus, second)
