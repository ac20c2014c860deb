"""Which picture shows an answer best: a decision over values, without any drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.app.answers import AccountLine, Answer
from bot.app.errors import UserError
from bot.app.tables import CellType, Picture, Point, Shape
from bot.app.wording import counted, money
from bot.language.question import Kind, Sort

MOST_BARS: Final = 20
MOST_SHARES: Final = 6  # parts of one whole that are still told apart at a glance
OTHERS: Final = "others"
NONE: Final = "none"
_NAMED_IN_WORDS: Final = 5
NOTHING: Final = "There is nothing to draw in this answer."
WHAT_CAN_BE_DRAWN: Final = (
    "Charts show numbers: ask how many accounts there are per industry, or sort a list by spend."
)

# What a list can be sorted by and drawn with: the attribute of AccountLine, what it is, and its name.
_MEASURES: Final[Mapping[str, tuple[str, CellType, str]]] = {
    "total_spend": ("spend_minor", CellType.MONEY, "total spend"),
    "annual_revenue": ("annual_revenue_minor", CellType.MONEY, "annual revenue"),
    "employees": ("employees", CellType.NUMBER, "employees"),
    "purchases": ("purchases", CellType.NUMBER, "purchases"),
    "r": ("r", CellType.NUMBER, "recency score"),
    "f": ("f", CellType.NUMBER, "frequency score"),
    "m": ("m", CellType.NUMBER, "money score"),
    "rfm": ("total", CellType.NUMBER, "RFM score"),
}


class NotDrawn(UserError):
    """The chart could not be drawn."""


def drawable(answer: Answer) -> Picture:
    """The picture of an answer.

    Raises:
        UserError: the question was not understood, or there is nothing to draw.
    """
    if answer.not_understood is not None:
        raise UserError(answer.not_understood.reason, "Ask the question again.")
    picture = picture_of(answer)
    if picture is None:
        raise UserError(NOTHING, WHAT_CAN_BE_DRAWN)
    return picture


def picture_of(answer: Answer) -> Picture | None:
    """What a chart of the answer shows; None where there is nothing to draw."""
    if answer.not_understood is not None:
        return None
    if answer.picture is not None:
        return answer.picture if answer.picture.points else None
    if answer.kind is Kind.COUNT_BY and answer.groups:
        return _breakdown(answer)
    if answer.kind is Kind.LIST and answer.asked is not None and answer.accounts:
        return _list(answer, answer.asked.sort)
    return None


def _breakdown(answer: Answer) -> Picture:
    counts = [Point(group.value or NONE, group.count) for group in answer.groups]
    # A field of many values counts an account more than once: its groups are not parts of one whole.
    whole = sum(group.count for group in answer.groups) == answer.total
    share = whole and 1 < len(counts) <= MOST_SHARES
    by = (answer.group_by or "value").replace("_", " ")
    points = counts if share else _with_others(counts)
    title = f"{counted(answer.total, 'account')} by {by}"
    return Picture(
        shape=Shape.SHARE if share else Shape.BAR,
        title=title,
        subtitle=answer.read_as,
        type=CellType.NUMBER,
        points=tuple(points),
        alt=in_words(title, points, CellType.NUMBER, answer.currency),
        currency=answer.currency,
    )


def _with_others(points: Sequence[Point]) -> list[Point]:
    """The longest bars, and one for all the others together."""
    if len(points) <= MOST_BARS:
        return list(points)
    kept, rest = points[:MOST_BARS], points[MOST_BARS:]
    return [*kept, Point(f"{len(rest):,} {OTHERS}", sum(one.value for one in rest))]


def _list(answer: Answer, sort: Sequence[Sort]) -> Picture | None:
    measure = _MEASURES.get(sort[0].field) if sort else None
    if measure is None:
        return None
    attribute, kind, name = measure
    points = [
        Point(line.name, value)
        for line in answer.accounts[:MOST_BARS]
        if (value := _value(line, attribute)) is not None
    ]
    if not points:
        return None
    title = f"{counted(len(points), 'account')} by {name}"
    left = "" if len(points) == answer.total else f"{len(points):,} of {counted(answer.total, 'account')} · "
    return Picture(
        shape=Shape.BAR,
        title=title,
        subtitle=f"{left}{answer.read_as}",
        type=kind,
        points=tuple(points),
        alt=in_words(title, points, kind, answer.currency),
        currency=answer.currency,
    )


def _value(line: AccountLine, attribute: str) -> int | None:
    value: int | None = getattr(line, attribute)
    return value


def in_words(title: str, points: Sequence[Point], kind: CellType, currency: str) -> str:
    """A picture for those who do not see it: its title and its first values."""
    named = [
        f"{one.category} {money(int(one.value), currency) if kind is CellType.MONEY else f'{one.value:,}'}"
        for one in points[:_NAMED_IN_WORDS]
    ]
    more = len(points) - len(named)
    return f"{title}: {', '.join(named)}{f' and {more:,} more' if more else ''}."
