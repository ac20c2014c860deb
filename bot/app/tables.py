"""An answer's rows and picture as values, before anybody draws them: for Slack, the terminal and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class CellType(StrEnum):
    """What the values of a column are, and so how they are written."""

    TEXT = "text"
    ACCOUNT = "account"  # an account's name
    LABEL = "label"
    NUMBER = "number"
    MONEY = "money"  # minor units of the organisation's currency
    PERCENT = "percent"  # a share: 0.25 is 25 %
    DAYS = "days"  # a number of days
    DAY = "day"
    PERIOD = "period"  # the name of a month, a quarter …


Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column.

    Attributes:
        key: its name in JSON; snake_case, never changed.
        head: what stands above it.
    """

    key: str
    head: str
    type: CellType = CellType.TEXT


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """Rows of an answer.

    Attributes:
        rows: a value for each column.
        total: how many rows there are in all, where only the first are here.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int


class Shape(StrEnum):
    """How a picture shows its points."""

    BAR = "bar"  # sorted bars, lying, longest first
    LINE = "line"  # over time
    SHARE = "share"  # parts of one whole
    GRID = "grid"  # from (category) to (series), the value as a shade: a matrix


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a picture."""

    category: str
    value: Decimal | int
    series: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a chart shows. Every text is a plain one and may hold anything.

    Attributes:
        subtitle: the criteria, as the question was read.
        type: of the values.
        alt: the picture in words, for those who do not see it.
    """

    shape: Shape
    title: str
    subtitle: str
    type: CellType
    points: tuple[Point, ...]
    alt: str
    currency: str = "USD"
