"""A COQL query as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

AggregateName = OneOf["SUM", "MIN", "MAX", "AVG", "COUNT"]


@dataclass(frozen=True)
class Literal:
    """A value in a condition, with the text it was written as."""

    value: str | int | float | bool
    quoted: bool


@dataclass(frozen=True)
class Comparison:
    """``field operator value``; ``in`` has many values, ``between`` two, ``is null`` none."""

    path: str
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Both:
    """``left and right``."""

    left: Condition
    right: Condition


@dataclass(frozen=True)
class Either:
    """``left or right``."""

    left: Condition
    right: Condition


Condition = Comparison | Both | Either


@dataclass(frozen=True)
class Item:
    """A selected column: a field's path, perhaps aggregated, perhaps renamed."""

    path: str
    aggregate: AggregateName | None
    alias: str | None

    @property
    def written(self) -> str:
        """The column as the query has it."""
        return f"{self.aggregate}({self.path})" if self.aggregate else self.path

    @property
    def key(self) -> str:
        """The column's key in the result."""
        return self.alias or self.written


@dataclass(frozen=True)
class Sorting:
    """One column of ORDER BY."""

    column: str
    descending: bool


@dataclass(frozen=True)
class Query:
    """A whole query."""

    items: tuple[Item, ...]
    module: str
    where: Condition
    group_by: tuple[str, ...]
    order_by: tuple[Sorting, ...]
    limit: int
    offset: int
