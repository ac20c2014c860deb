"""What a condition says about id and Modified_Time, so that an order can answer it instead of a search.

Bounds are exact when a row fulfils the condition if and only if it lies within them; otherwise rows within
them must still be tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.zoho.coql_columns import resolve
from sandbox.zoho.coql_filter import value_of
from sandbox.zoho.coql_tree import Both, Comparison, Condition, Either
from sandbox.zoho.ordering import Key
from sandbox.zoho.store import Store, Table

LEAST, MOST = -1, 10**25  # smaller and greater than every id and every time
ALWAYS_THERE = ("id", "Created_Time", "Modified_Time")


@dataclass(frozen=True)
class Bounds:
    """Limits of id, ``first_id`` to ``last_id`` included, and of (modified, id), ``low`` to ``high`` excluded.

    When ``ids`` is not None, only these rows lie within.
    """

    first_id: int = LEAST
    last_id: int = MOST
    low: Key = (LEAST, LEAST)
    high: Key = (MOST, MOST)
    ids: frozenset[int] | None = None
    exact: bool = True

    @property
    def any_id(self) -> bool:
        """Whether every id lies within."""
        return self.first_id == LEAST and self.last_id == MOST

    @property
    def any_time(self) -> bool:
        """Whether every time lies within."""
        return self.low == (LEAST, LEAST) and self.high == (MOST, MOST)

    def both(self, other: Bounds) -> Bounds:
        """What lies within both."""
        ids = self.ids if other.ids is None else other.ids if self.ids is None else self.ids & other.ids
        return Bounds(
            max(self.first_id, other.first_id),
            min(self.last_id, other.last_id),
            max(self.low, other.low),
            min(self.high, other.high),
            ids,
            self.exact and other.exact,
        )

    def either(self, other: Bounds) -> Bounds:
        """Bounds around what lies within one of two; not exact."""
        ids = None if self.ids is None or other.ids is None else self.ids | other.ids
        return Bounds(
            min(self.first_id, other.first_id),
            max(self.last_id, other.last_id),
            min(self.low, other.low),
            max(self.high, other.high),
            ids,
            exact=False,
        )


EVERYTHING = Bounds()
UNKNOWN = Bounds(exact=False)


def bounds_of(store: Store, table: Table, condition: Condition) -> Bounds:
    """The bounds of a condition, whose columns and values have been checked."""
    if isinstance(condition, Comparison):
        return _compared(store, table, condition)
    if isinstance(condition, Either):
        return _either(store, table, condition)
    found, alternatives = EVERYTHING, []
    for part in _parts(condition):
        if isinstance(part, Either):
            alternatives.append(part)
        else:
            found = found.both(_compared(store, table, part))
    for part in alternatives:
        found = found.both(_continued(store, table, part, found) or _either(store, table, part))
    return found


def _parts(condition: Condition) -> Iterator[Comparison | Either]:
    if isinstance(condition, Both):
        yield from _parts(condition.left)
        yield from _parts(condition.right)
    else:
        yield condition


def _either(store: Store, table: Table, condition: Either) -> Bounds:
    left, right = (bounds_of(store, table, side) for side in (condition.left, condition.right))
    return _joined(left, right) or _joined(right, left) or left.either(right)


def _joined(later: Bounds, rest: Bounds) -> Bounds | None:
    """``Modified_Time > t or (Modified_Time = t and id > i)``: everything after a key."""
    moment = later.low[0]
    only_later = later == Bounds(low=(moment, MOST))
    same = Bounds(first_id=rest.first_id, low=(moment, LEAST), high=(moment, MOST))
    return Bounds(low=(moment, rest.first_id - 1)) if only_later and rest == same else None


def _continued(store: Store, table: Table, condition: Either, known: Bounds) -> Bounds | None:
    """``Modified_Time > t or id > i`` beside ``Modified_Time >= t``: everything after a key."""
    sides = [bounds_of(store, table, side) for side in (condition.left, condition.right)]
    for later, rest in (sides, sides[::-1]):
        moment = later.low[0]
        alone = later == Bounds(low=(moment, MOST)) and rest == Bounds(first_id=rest.first_id)
        if alone and (moment, LEAST) <= known.low and known.low[0] <= moment:
            return Bounds(low=(moment, rest.first_id - 1))
    return None


def _compared(store: Store, table: Table, comparison: Comparison) -> Bounds:
    column = resolve(store, table.module, comparison.path)
    name = column.field.api_name
    if column.steps or name not in ALWAYS_THERE:
        return UNKNOWN
    word = comparison.operator
    if word == "is not null":
        return EVERYTHING
    values = [value_of(column, one) for one in comparison.values]
    if name == "id":
        return _of_ids(word, values)
    if name == "Modified_Time" and values:
        return _of_times(
            word, [int(one.timestamp()) for one in values], exact=not any(one.microsecond for one in values)
        )
    return UNKNOWN


def _of_ids(word: str, values: list[int]) -> Bounds:
    if word in {"=", "in"}:
        return Bounds(ids=frozenset(values))
    makers = {
        ">": lambda value: Bounds(first_id=value + 1),
        ">=": lambda value: Bounds(first_id=value),
        "<": lambda value: Bounds(last_id=value - 1),
        "<=": lambda value: Bounds(last_id=value),
    }
    return makers[word](values[0]) if word in makers else UNKNOWN


def _of_times(word: str, values: list[int], *, exact: bool) -> Bounds:
    """Times are stored in whole seconds; a finer one in a condition makes its bounds inexact."""
    first, last = values[0], values[-1]
    after, before = Bounds(low=(first, LEAST)), Bounds(high=(last, MOST))
    makers = {
        ">": Bounds(low=(first, MOST)),
        ">=": after,
        "<": Bounds(high=(first, LEAST)),
        "<=": before,
        "=": after.both(before),
        "between": after.both(before),
    }
    if word not in makers:
        return UNKNOWN
    found = makers[word]
    if exact:
        return found
    return Bounds(low=(found.low[0] - 1, LEAST), high=(found.high[0] + 1, MOST), exact=False)
