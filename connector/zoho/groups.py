"""Modules with more fields than one call gives: their fields in groups, and the pieces put together again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from connector.ports import FieldDescription, Selection, Unreadable
from connector.zoho.canonical import COMPUTED

MODIFIED = "Modified_Time"
Rows: TypeAlias = list[dict[str, Any]]


def field_groups(selection: Selection, size: int, computed: int | None = None) -> list[tuple[str, ...]]:
    """The names in groups of at most ``size``, with at most ``computed`` computed fields in each.

    When there are several, each has the time of change, which tells whether two pieces belong together.
    """
    names = selection.names
    several = len(names) > size or (computed is not None and _count_computed(selection.fields) > computed)
    if not several:
        return [names or (MODIFIED,)]
    common = (MODIFIED,) if MODIFIED in names else ()
    groups: list[list[str]] = [[]]
    left = computed
    for one in selection.fields:
        if one.api_name in common:
            continue
        is_computed = one.data_type in COMPUTED
        if len(groups[-1]) >= size - len(common) or (left is not None and is_computed and left <= 0):
            groups.append([])
            left = computed
        groups[-1].append(one.api_name)
        left = left - 1 if left is not None and is_computed else left
    return [(*common, *group) for group in groups]


def merged(first: Rows, more: Iterable[Rows]) -> tuple[Rows, list[str]]:
    """The rows with what further groups say of them, and the ids of those whose pieces do not fit."""
    wide = {str(one.get("id")): one for one in first}
    torn: set[str] = set()
    for rows in more:
        pieces = {str(one.get("id")): one for one in rows}
        for identity, row in wide.items():
            piece = pieces.get(identity)
            if piece is None or piece.get(MODIFIED) != row.get(MODIFIED):
                torn.add(identity)
            else:
                row.update(piece)
    return [one for identity, one in wide.items() if identity not in torn], sorted(torn)


def restless(ids: Iterable[str]) -> tuple[Unreadable, ...]:
    """What is said of records that changed at every reading."""
    return tuple(Unreadable(one, "It changed each time while it was read; it is read later.") for one in ids)


def in_order(rows: Rows, order: Mapping[str, int]) -> Rows:
    """The rows in the order in which their ids came first."""
    return sorted(rows, key=lambda one: order.get(str(one.get("id")), len(order)))


def _count_computed(fields: Sequence[FieldDescription]) -> int:
    return sum(one.data_type in COMPUTED for one in fields)
