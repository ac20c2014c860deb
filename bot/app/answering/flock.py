"""How everything is: labels with accounts and money, what moved of late, revenue, what waits for somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Protocol

from bot.app.answering.moves import WITHOUT_LABEL, ChangesAsked, WentWhere
from bot.app.answering.pages import framed, with_table
from bot.app.answers import Answer
from bot.app.figure_ports import FigureBook
from bot.app.people import Person
from bot.app.ports import AccountBook
from bot.app.tables import AnswerTable, CellType, Picture, Point, Shape, TableColumn
from bot.app.technique_rules import label_names
from bot.app.wording import counted, day, money
from bot.language.question import Days, Figure, Metric, Question
from scoring.config import Configuration
from scoring.criteria.tree import Node

OF_LATE_DAYS: Final = 30
_COLUMNS: Final = (
    TableColumn("label", "Label", CellType.LABEL),
    TableColumn("accounts", "Accounts", CellType.NUMBER),
    TableColumn("spend", "Spend", CellType.MONEY),
    TableColumn("came", f"Came in {OF_LATE_DAYS} days", CellType.NUMBER),
    TableColumn("left", f"Left in {OF_LATE_DAYS} days", CellType.NUMBER),
)


@dataclass(frozen=True, slots=True)
class LabelSum:
    """The accounts with a label now, None being those without, and what they have spent, minor units."""

    label: str | None
    accounts: int
    spend_minor: int


@dataclass(frozen=True, slots=True)
class FlockFound:
    """What was found.

    Attributes:
        labels: in any order; labels that nobody has are not among them.
        went: the changes of the asked days.
        began: the day of the first run; None before it.
        ownerless: how many accounts nobody owns.
        open_alerts: alerts about these accounts that nobody has taken.
    """

    labels: tuple[LabelSum, ...]
    went: tuple[WentWhere, ...]
    began: date | None
    ownerless: int
    open_alerts: int


class Flock(Protocol):
    """Reading how everything is."""

    def look(self, criteria: Node, asked: ChangesAsked) -> FlockFound:
        """Of the accounts that meet the criteria; labels are those of the primary segmentation.

        Raises:
            CriteriaError: a field or value that is not known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Revenue:
    """This month until today, and the last one until the same day; minor units, None where there was none."""

    now: Decimal | int | None
    before: Decimal | int | None


class FlockAnswers:
    """Answers how the flock is."""

    def __init__(
        self,
        flock: Flock,
        book: AccountBook,
        configuration: Callable[[], Configuration],
        figures: FigureBook | None = None,
    ) -> None:
        """Args: ``figures`` counts revenue; without it none is told."""
        self._flock = flock
        self._book = book
        self._configuration = configuration
        self._figures = figures

    def answer(self, question: Question, _person: Person, empty: Answer) -> Answer:
        """One sentence, a line for each label, and a picture of their shares.

        Raises:
            CriteriaError: criteria that do not fit the fields any more.
        """
        primary, today = self._configuration().primary, self._book.today()
        answer = framed(question, empty, self._book)
        since = today - timedelta(days=OF_LATE_DAYS - 1)
        found = self._flock.look(question.criteria, ChangesAsked(primary.name, days=Days(since, today)))
        sums = in_order(found.labels, label_names(primary))
        answer = with_table(answer, _table(sums, found.went))
        revenue = self._revenue(question.criteria, today)
        return replace(
            answer,
            total=sum(one.accounts for one in sums),
            said=said(sums, revenue, answer.currency),
            remarks=tuple(remarks(found, since)),
            picture=_picture(sums, answer),
        )

    def _revenue(self, criteria: Node, today: date) -> Revenue | None:
        if self._figures is None:
            return None
        now, before = months_so_far(today)
        rows = self._figures.figure(criteria, Figure(metric=Metric.REVENUE, span=now, versus=before))
        return Revenue(rows[0].value, rows[0].versus) if rows else Revenue(None, None)


def months_so_far(today: date) -> tuple[Days, Days]:
    """This month until today, and as many days of the last one, as far as it has them."""
    first = today.replace(day=1)
    end = first - timedelta(days=1)
    return Days(first, today), Days(end.replace(day=1), end.replace(day=min(today.day, end.day)))


def in_order(found: Sequence[LabelSum], names: Sequence[str]) -> tuple[LabelSum, ...]:
    """The document's labels, best first, then those that it names no more, then accounts without one."""
    by_label = {one.label: one for one in found}
    others = sorted(label for label in by_label if label is not None and label not in names)
    known = tuple(by_label.get(label, LabelSum(label, 0, 0)) for label in (*names, *others))
    return (*known, by_label[None]) if None in by_label else known


def said(sums: Sequence[LabelSum], revenue: Revenue | None, currency: str) -> str:
    """Such as ``200 accounts: 120 VIP, 80 At Risk; revenue this month $53.4k, 12 % more than …``."""
    total = sum(one.accounts for one in sums)
    if not total:
        return "There are no accounts that meet the criteria."
    parts = [f"{one.accounts:,} {one.label or WITHOUT_LABEL}" for one in sums if one.accounts]
    spent = "" if revenue is None else f"; {_earned(revenue, currency)}"
    return f"{counted(total, 'account')}: {', '.join(parts)}{spent}."


def _earned(revenue: Revenue, currency: str) -> str:
    now, before = int(revenue.now or 0), int(revenue.before or 0)
    amount = f"revenue this month {money(now, currency)}"
    same = "the same days of last month"
    if not before:
        return f"{amount}, nothing in {same}"
    percent = round(100 * abs(now - before) / abs(before))
    if not percent:
        return f"{amount}, as in {same}"
    return f"{amount}, {percent:,} % {'more' if now > before else 'less'} than in {same}"


def remarks(found: FlockFound, since: date) -> Iterator[str]:
    """What moved, since when changes are known, and what waits for somebody."""
    changes = sum(one.changes for one in found.went)
    yield f"{counted(changes, 'label')} changed in the last {OF_LATE_DAYS} days."
    if found.began is None:
        yield "Nothing has been scored yet."
    elif found.began > since:
        yield f"The first run was on {day(found.began)}: earlier changes are not known."
    if found.ownerless:
        yield f"{counted(found.ownerless, 'account')} without an owner."
    if found.open_alerts:
        yield f"{counted(found.open_alerts, 'alert')} that nobody has taken."


def _table(sums: Sequence[LabelSum], went: Sequence[WentWhere]) -> AnswerTable:
    rows = tuple((one.label, one.accounts, one.spend_minor, *_moved(one.label, went)) for one in sums)
    return AnswerTable(_COLUMNS, rows, total=len(rows))


def _moved(label: str | None, went: Sequence[WentWhere]) -> tuple[int | None, int | None]:
    """How many came and left; not told of no label, which a new account has not left."""
    if label is None:
        return None, None
    came = sum(one.changes for one in went if one.new == label)
    return came, sum(one.changes for one in went if one.old == label)


def _picture(sums: Sequence[LabelSum], answer: Answer) -> Picture | None:
    points = tuple(Point(one.label or WITHOUT_LABEL, one.accounts) for one in sums if one.accounts)
    if not points:
        return None
    return Picture(
        Shape.SHARE,
        title="Accounts by label",
        subtitle=answer.read_as,
        type=CellType.NUMBER,
        points=points,
        alt="Accounts by label: " + ", ".join(f"{one.category} {one.value:,}" for one in points) + ".",
        currency=answer.currency,
    )
