"""Segments: criteria with a name, which may name other segments. Cycles are found and told.

In criteria a segment is a value of the list field ``segment``:
``segment has "Win back" and country = Spain``. Wherever
criteria are carried out, the named segment's criteria stand in its place, so that every execution of the
language can do it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field as Limited

from scoring.criteria.check import DEEPEST, check, leaves
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.criteria.tree import (
    Always,
    And,
    Compare,
    In,
    Leaf,
    Node,
    Not,
    Operator,
    Or,
    conjunction,
    disjunction,
)
from scoring.problems import Problem, standing_twice
from scoring.shape import Part

SEGMENT = "segment"


class SegmentLimits(Part):
    """Zoho's own limit in its largest editions, as default (5 in the Enterprise edition)."""

    segments: Annotated[int, Limited(ge=1, le=10_000)] = 15


def with_segments(catalog: Catalog, names: Sequence[str]) -> Catalog:
    """The same fields, and ``segment`` with these names as values."""
    mine = Field(SEGMENT, FieldType.LIST, "segments", ("segments",), tuple(names), "Segments")
    return Catalog((mine, *(one for one in catalog if one.name.casefold() != SEGMENT)))


@dataclass(frozen=True)
class Segments:
    """Every segment of an organisation, by name.

    Attributes:
        criteria: name -> text, in the order of the document.
        catalog: the account fields, without ``segment``.
        fields: what their criteria may speak of.
    """

    criteria: Mapping[str, str]
    catalog: Catalog
    fields: Catalog = field(init=False, repr=False, compare=False)
    _read: dict[str, Node] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", with_segments(self.catalog, tuple(self.criteria)))

    def tree(self, name: str) -> Node:
        """A segment's criteria without any segment in them.

        Raises:
            CriteriaError: there is no such segment; its criteria, or those of one that it names, cannot be
                read; it names itself, by whatever way; the whole is too long.
        """
        return self._expanded(self._spelled(name), ())

    def expanded(self, node: Node) -> Node:
        """Any criteria with segments replaced by what they mean.

        Raises:
            CriteriaError: as ``tree``.
        """
        found = self._replaced(node, ())
        check(found, self.catalog)
        return found

    def members(self, name: str, accounts: pd.DataFrame, today: Today) -> pd.Series[bool]:
        """Which accounts belong to a segment.

        Raises:
            CriteriaError: as ``tree``.
            KeyError: a field for which the frame has no column.
        """
        return mask(self.tree(name), accounts, self.catalog, today)

    def counts(self, accounts: pd.DataFrame, today: Today) -> dict[str, int]:
        """How many accounts belong to each segment; errors as ``members``."""
        return {name: int(np.count_nonzero(self.members(name, accounts, today))) for name in self.criteria}

    def named_by(self, name: str) -> tuple[str, ...]:
        """The segments that a segment's own criteria name, in their order, each once."""
        return tuple(dict.fromkeys(self._names_in(self._tree(self._spelled(name)))))

    def depending_on(self, name: str) -> tuple[str, ...]:
        """The segments that would change with this one, in the order of the document.

        Segments that cannot be read depend on nothing.
        """
        changed = {self._spelled(name)}
        grown = True
        while grown:
            more = {one for one in self.criteria if changed & set(self._safely_named_by(one))} - changed
            changed |= more
            grown = bool(more)
        return tuple(one for one in self.criteria if one in changed and one != self._spelled(name))

    def speaking_of(self, name: str, value: str | None = None) -> tuple[str, ...]:
        """The segments whose meaning rests on a field, or on one of its values, by whatever way.

        For instance all that would be touched when the label VIP goes: ``speaking_of("label", "VIP")``.
        Segments that cannot be read speak of nothing.
        """
        wanted = self.catalog.find(name)
        return tuple(one for one in self.criteria if wanted and self._speaks_of(one, wanted, value))

    def problems(self, limits: SegmentLimits) -> Iterator[Problem]:
        """Everything that is wrong; paths are (position, key)."""
        names = list(self.criteria)
        if len(names) > limits.segments:
            sentence = f"There are {len(names)} segments; the limit is {limits.segments}."
            yield Problem((limits.segments,), f"{sentence} Remove some, or raise limits.segments.")
        yield from standing_twice((), names, "segment")
        for at, name in enumerate(names):
            try:
                self.tree(name)
            except CriteriaError as error:
                yield Problem((at, "criteria"), str(error))

    def _spelled(self, name: str) -> str:
        for known in self.criteria:
            if known.casefold() == name.casefold():
                return known
        raise CriteriaError(f"There is no segment {name}.")

    def _tree(self, name: str) -> Node:
        """A segment's own criteria."""
        if name not in self._read:
            self._read[name] = parse(self.criteria[name], self.fields)
        return self._read[name]

    def _expanded(self, name: str, way: tuple[str, ...]) -> Node:
        if name in way:
            raise CriteriaError(_cycle((*way[way.index(name) :], name)))
        if len(way) >= DEEPEST:
            raise CriteriaError(f"Segments name one another at most {DEEPEST} deep.")
        try:
            own = self._tree(name)
        except CriteriaError as error:
            raise (
                error if not way else CriteriaError(f"The segment '{name}' cannot be read: {error}")
            ) from None
        found = self._replaced(own, (*way, name))
        if isinstance(found, Always) and way:
            raise CriteriaError(f"The segment '{name}' has no criteria, so it cannot be named in others.")
        check(found, self.catalog)
        return found

    def _replaced(self, node: Node, way: tuple[str, ...]) -> Node:
        if isinstance(node, Not):
            return Not(self._replaced(node.part, way))
        if isinstance(node, And | Or):
            parts = [self._replaced(part, way) for part in node.parts]
            return conjunction(*parts) if isinstance(node, And) else disjunction(*parts)
        if not isinstance(node, Leaf) or not self._is_about_segments(node):
            return node
        if isinstance(node, Compare):
            return self._expanded(self._spelled(str(node.value)), way)
        raise CriteriaError('Write which segment: segment has "Win back".')

    def _is_about_segments(self, leaf: Leaf) -> bool:
        found = self.fields.find(leaf.field)
        return found is not None and found.name == SEGMENT

    def _names_in(self, node: Node) -> Iterator[str]:
        for leaf in leaves(node):
            if isinstance(leaf, Compare) and self._is_about_segments(leaf):
                yield self._spelled(str(leaf.value))

    def _safely_named_by(self, name: str) -> tuple[str, ...]:
        try:
            return self.named_by(name)
        except CriteriaError:
            return ()

    def _speaks_of(self, name: str, wanted: Field, value: str | None) -> bool:
        try:
            found = list(leaves(self.tree(name)))
        except CriteriaError:
            return False
        about = [leaf for leaf in found if self.catalog.find(leaf.field) == wanted]
        return bool(about) if value is None else any(_is_with(leaf, value) for leaf in about)


def _is_with(leaf: Leaf, value: str) -> bool:
    """Whether a condition names a value."""
    if isinstance(leaf, In):
        return value.casefold() in {str(one).casefold() for one in leaf.values}
    if isinstance(leaf, Compare) and leaf.operator in {Operator.EQ, Operator.NE, Operator.HAS}:
        return value.casefold() == str(leaf.value).casefold()
    return True  # such as `is empty`, which rests on every value


def _cycle(way: Sequence[str]) -> str:
    if len(way) == 2:  # noqa: PLR2004 -- itself and itself
        return f"The segment '{way[0]}' names itself. Take it out of its criteria."
    return (
        f"The segments {' → '.join(way)} name one another in a circle, so nobody could say who belongs to "
        "them. Take one of them out of the criteria."
    )
