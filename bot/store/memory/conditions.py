"""Which accounts meet criteria, from what is held; and what they are grouped and sorted by.

Nothing here is another meaning of criteria: each condition is put to ``scoring.criteria.mask`` once for every
value that occurs, or for the numbers of all accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import select

from bot.app.scope import Scope
from bot.store.account_reading import Reading
from bot.store.groups import group_name
from bot.store.memory.held import Coded, Column, HeldAccounts, Truths, Wholes
from bot.store.places import OWNER
from scoring.criteria.check import check, field_named
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.segments import resolved
from scoring.criteria.tree import Always, And, InSegment, Leaf, Measured, Node, Not, Or, Related

MOST_NUMBERS = 100_000  # between the least and the most of numbers by which accounts are grouped
_OWNER = "account.owner_id"


class NotHeldError(Exception):
    """What is asked for is not held: the database has to answer."""


def _nothing_related(_look: Look, _node: Measured | Related) -> Truths:
    raise NotHeldError


@dataclass(frozen=True)
class Look:
    """What is held, read with the fields and the day of one look.

    Attributes:
        related: conditions on related records; raises NotHeldError for those that are not held.
    """

    held: HeldAccounts
    reading: Reading
    related: Callable[[Look, Measured | Related], Truths] = _nothing_related

    def meets(self, criteria: Node) -> Truths:
        """The accounts that meet criteria and are seen.

        Raises:
            CriteriaError: a field or value that the catalog does not know.
            NotHeldError: they speak of what is not held.
        """
        catalog = self.reading.catalog
        check(criteria, catalog)
        found = self._truths(resolved(criteria, catalog))
        return found & self.seen()

    def seen(self) -> Truths:
        """The accounts that there are and that are seen.

        Raises:
            NotHeldError: territories, which are not held.
        """
        alive, scope = self.held.alive, self.reading.scope
        return alive if scope.everything else alive & self._owned(scope)

    def _owned(self, scope: Scope) -> Truths:
        if scope.territories:
            raise NotHeldError
        owners = self.column(_OWNER)
        if not isinstance(owners, Coded):
            raise NotHeldError
        mine = np.array([one is not None and one in scope.users for one in owners.values], dtype=np.bool_)
        return mine[owners.codes]

    def column(self, source: str) -> Column:
        """A column by ``Field.source``.

        Raises:
            NotHeldError: there is none.
        """
        label, _, segmentation = source.partition(":")
        if label == "label" and segmentation == self.held.segmentation:
            source = "score.label"
        place, _, rest = source.partition(":")
        name, _, segmentation = rest.partition(":")
        if place == "score" and segmentation == self.held.segmentation:
            source = f"score.{name}"
        if source in {"owner.name", "owner.email"}:
            return self._of_owners(source.partition(".")[2])
        found = self.held.columns.get(source)
        if found is None or (source == _OWNER and not isinstance(found, Coded)):
            raise NotHeldError
        return found

    def _of_owners(self, name: str) -> Coded:
        """What the owners are called now: users are few, and are not held."""
        owners = self.held.columns.get(_OWNER)
        if not isinstance(owners, Coded):
            raise NotHeldError
        rows = self.reading.connection.execute(select(OWNER.c.id, OWNER.c[name]))
        told = {row[0]: row[1] for row in rows}
        values: dict[Any, int] = {None: 0}
        codes = [values.setdefault(told.get(one), len(values)) for one in owners.values]
        return Coded(np.array(codes, dtype=np.int32)[owners.codes], tuple(values))

    def _truths(self, node: Node) -> Truths:
        if isinstance(node, Always):
            return np.ones(len(self.held.alive), dtype=np.bool_)
        if isinstance(node, Not):
            return ~self._truths(node.part)
        if isinstance(node, And | Or):
            join: Callable[[Truths, Truths], Truths] = (
                np.logical_and if isinstance(node, And) else np.logical_or
            )
            return reduce(join, [self._truths(one) for one in node.parts])
        if isinstance(node, Measured | Related):
            return self.related(self, node)
        if isinstance(node, InSegment):
            raise NotHeldError
        return self._holds(node)

    def _holds(self, leaf: Leaf) -> Truths:
        field = field_named(leaf.field, self.reading.catalog)
        column = self.column(field.source)
        if isinstance(column, Coded):
            values: pd.Series[Any] = pd.Series(column.values, dtype=object)
            return self._met(leaf, field, values)[column.codes]
        if field.type is FieldType.DATE:
            instants = column.values.astype("datetime64[us]")
            instants[~column.present] = np.datetime64("NaT")
            return self._met(leaf, field, pd.Series(instants).dt.tz_localize("UTC"))
        return self._met(leaf, field, pd.Series(pd.arrays.IntegerArray(column.values, ~column.present)))

    def _met(self, leaf: Leaf, field: Field, values: pd.Series[Any]) -> Truths:
        frame = pd.DataFrame({field.name: values}, copy=False)
        found: Truths = mask(leaf, frame, self.reading.catalog, self.reading.today).to_numpy()
        return found

    def groups(self, field: Field) -> Groups:
        """The number of each account's group.

        Raises:
            NotHeldError: the field is not held, or has too many numbers.
        """
        column = self.column(field.source)
        if isinstance(column, Coded):
            return Groups(column.codes, tuple(group_name(one, field) for one in column.values))
        return _of_numbers(column, field)


@dataclass(frozen=True)
class Groups:
    """The number of each account's group, and what the groups are called."""

    codes: npt.NDArray[np.int32]
    names: tuple[str | None, ...]


def _of_numbers(column: Wholes, field: Field) -> Groups:
    known = column.values[column.present]
    least, most = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    if most - least >= MOST_NUMBERS:
        raise NotHeldError
    codes = np.where(column.present, column.values - least + 1, 0).astype(np.int32)
    return Groups(codes, (None, *(group_name(one, field) for one in range(least, most + 1))))
