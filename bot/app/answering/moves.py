"""Who went from one label to another: the changes in a list, and how many went where.

Every change is listed; the sentence counts accounts, each once. What a first run or another configuration
has done is no change of an account: it is left out, and it is said that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from bot.app.answering.pages import framed, rows_of_a_page, with_table
from bot.app.answering.periods import during, either, reckoned
from bot.app.answers import Answer
from bot.app.people import Person
from bot.app.ports import AccountBook
from bot.app.tables import AnswerTable, CellType, Picture, Point, Shape, TableColumn
from bot.app.wording import counted, day
from bot.language.question import Course, Days, Moved, Question, Sort
from bot.language.spans import days_of
from scoring.config import Configuration
from scoring.criteria.tree import Node

WITHOUT_LABEL: Final = "no label"
EVER: Final = Days(None, None)
_CELLS_TOLD, _CELLS_IN_WORDS = 5, 20
_COLUMNS = (
    TableColumn("account", "Account", CellType.ACCOUNT),
    TableColumn("from", "From", CellType.LABEL),
    TableColumn("to", "To", CellType.LABEL),
    TableColumn("on", "When", CellType.DAY),
    TableColumn("spend", "Spend", CellType.MONEY),
    TableColumn("owner", "Owner"),
)


@dataclass(frozen=True, slots=True)
class ChangesAsked:
    """Which changes of one segmentation's labels.

    Attributes:
        old: from one of these; empty: from any.
        new: to one of these; empty: to any.
        course: as it was judged when it happened; None: either.
    """

    segmentation: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    course: Course | None = None
    days: Days = EVER


@dataclass(frozen=True, slots=True)
class ListedChange:
    """A change; the spend, in minor units, and the owner are those of now."""

    account: str
    old: str | None
    new: str | None
    on: date
    spend_minor: int
    owner: str | None


@dataclass(frozen=True, slots=True)
class WentWhere:
    """How many changes went from one label to another; None is no label."""

    old: str | None
    new: str | None
    changes: int


@dataclass(frozen=True, slots=True)
class ChangesFound:
    """What was found.

    Attributes:
        page: some of the changes, in order.
        accounts: how many accounts all of them are of.
        cells: all of them, counted.
        left_out: whether a first run or another configuration has made more of them, of whatever accounts.
        began: the day of the segmentation's first run; None before it.
        reckoned: the day before which labels are reckoned back; None where none are.
    """

    page: tuple[ListedChange, ...]
    accounts: int
    cells: tuple[WentWhere, ...]
    left_out: bool
    began: date | None
    reckoned: date | None = None


def changes_asked(moved: Moved, configuration: Configuration, today: date) -> ChangesAsked:
    """Which changes are meant, on a day."""
    return ChangesAsked(
        segmentation=moved.segmentation or configuration.primary.name,
        old=moved.old,
        new=moved.new,
        course=moved.course,
        days=days_of(moved.span, today, configuration.organisation.fiscal_year_starts),
    )


class LabelChanges(Protocol):
    """Reading the changes of label."""

    def changes(
        self, criteria: Node, asked: ChangesAsked, sort: Sequence[Sort], limit: int, offset: int
    ) -> ChangesFound:
        """The changes of accounts that meet the criteria; by the sort keys, then the newest first.

        Raises:
            CriteriaError: a field or value that is not known.
        """
        ...


class Moves:
    """Answers who moved."""

    def __init__(
        self, changes: LabelChanges, book: AccountBook, configuration: Callable[[], Configuration]
    ) -> None:
        self._changes = changes
        self._book = book
        self._configuration = configuration

    def answer(self, question: Question, _person: Person, empty: Answer) -> Answer:
        """The changes as a table and as a matrix.

        Raises:
            CriteriaError: criteria that do not fit the fields any more.
        """
        configuration, moved = self._configuration(), question.moved or Moved()
        asked = changes_asked(moved, configuration, self._book.today())
        answer = framed(question, empty, self._book)
        found = self._changes.changes(
            question.criteria, asked, question.sort, rows_of_a_page(question), answer.offset
        )
        answer = with_table(answer, _table(found))
        return replace(
            answer,
            said=said(moved, found),
            remarks=remarks(asked, found),
            picture=matrix(moved, found, answer),
        )


def said(moved: Moved, found: ChangesFound) -> str:
    """Such as ``12 accounts left VIP this month.``."""
    if found.began is None:
        return "Nothing has been scored yet, so nobody has changed label."
    what = what_happened(moved)
    if not found.accounts:
        return f"No account {what}."
    changes = sum(one.changes for one in found.cells)
    often = f", in {changes:,} changes" if changes != found.accounts else ""
    return f"{counted(found.accounts, 'account')} {what}{often}."


def what_happened(moved: Moved) -> str:
    """``left VIP this month``, ``got a worse label in the last 30 days``."""
    return " ".join(part for part in (_verb(moved), during(moved.span)) if part)


def _verb(moved: Moved) -> str:
    course = moved.course.value if moved.course else ""
    if moved.old and moved.new:
        went = f"went from {either(moved.old)} to {either(moved.new)}"
        return f"{went}, for the {course}," if course else went
    if moved.old:
        return f"went from {either(moved.old)} to a {course} label" if course else f"left {either(moved.old)}"
    if moved.new:
        before = {"worse": "better", "better": "worse"}.get(course)
        became = either(moved.new)
        return f"went to {became} from a {before} label" if before else f"became {became}"
    return f"got a {course} label" if course else "changed label"


def remarks(asked: ChangesAsked, found: ChangesFound) -> tuple[str, ...]:
    """Where they went, what was left out, and since when changes are known."""
    told = [_told(found.cells)] if len(found.cells) > 1 else []
    if found.left_out:
        told.append("What a first run or another configuration did to labels is not counted.")
    first = asked.days.first
    if found.began is not None and (first is None or first < found.began):
        told.append(
            f"'{asked.segmentation}' was first scored on {day(found.began)}: earlier changes are not known."
        )
    return (*told, *reckoned(found.reckoned, first))


def _told(cells: Sequence[WentWhere], most: int = _CELLS_TOLD) -> str:
    largest = sorted(cells, key=lambda one: -one.changes)
    parts = [f"{_named(one.old)} → {_named(one.new)} {one.changes:,}" for one in largest[:most]]
    rest = sum(one.changes for one in largest[most:])
    return ", ".join([*parts, f"{rest:,} others"] if rest else parts) + "."


def matrix(moved: Moved, found: ChangesFound, answer: Answer) -> Picture | None:
    """From which label to which; None where there is nothing to draw."""
    if not found.cells:
        return None
    title = what_happened(moved)
    return Picture(
        Shape.GRID,
        title=f"{title[0].upper()}{title[1:]}: from and to",
        subtitle=answer.read_as,
        type=CellType.NUMBER,
        points=tuple(Point(_named(one.old), one.changes, _named(one.new)) for one in found.cells),
        alt=f"{said(moved, found)} {_told(found.cells, _CELLS_IN_WORDS)}",
        currency=answer.currency,
    )


def _named(label: str | None) -> str:
    return label or WITHOUT_LABEL


def _table(found: ChangesFound) -> AnswerTable:
    rows = tuple((one.account, one.old, one.new, one.on, one.spend_minor, one.owner) for one in found.page)
    return AnswerTable(_COLUMNS, rows, total=sum(one.changes for one in found.cells))
