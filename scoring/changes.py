"""Criteria over changes of label: the fields that a change has, beside those of its account.

What the change itself says is evaluated here, vectorised; what is left to ask of accounts is a tree again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.mask import mask
from scoring.criteria.periods import Today
from scoring.criteria.segments import resolved
from scoring.criteria.tree import Always, And, Leaf, Node, Not, Or, conjunction, disjunction
from scoring.label_rules import Direction

OWN_SOURCE = "change:"
NOTHING_MEETS = Not(Always())
LABELS = ("old_label", "new_label")


def change_fields(labels: Iterable[str], segmentations: Iterable[str]) -> tuple[Field, ...]:
    """The fields of a change: its labels, direction, money at stake and segmentation."""
    known = tuple(dict.fromkeys(labels))
    return (
        Field("old_label", FieldType.TEXT, "change:old_label", values=known, label="Old label"),
        Field("new_label", FieldType.TEXT, "change:new_label", values=known, label="New label"),
        Field(
            "change",
            FieldType.TEXT,
            "change:change",
            aliases=("direction",),
            values=tuple(one.value for one in Direction),
            label="Change",
        ),
        Field("at_stake", FieldType.MONEY, "change:at_stake", label="At stake"),
        Field(
            "segmentation",
            FieldType.TEXT,
            "change:segmentation",
            values=tuple(segmentations),
            label="Segmentation",
        ),
    )


def change_catalog(accounts: Catalog, labels: Iterable[str], segmentations: Iterable[str]) -> Catalog:
    """What criteria of routes may use: the fields of a change first, then those of accounts."""
    own = change_fields(labels, segmentations)
    names = {name.casefold() for one in own for name in (one.name, *one.aliases)}
    absent = {name: sentence for name, sentence in accounts.absent.items() if name.casefold() not in names}
    return replace(accounts, fields=(*own, *accounts.fields), absent=absent, rows="changes of label")


def left_to_ask(
    criteria: Node, changes: pd.DataFrame, catalog: Catalog, today: Today
) -> Mapping[Node, Sequence[int]]:
    """What has to be asked of the account of each change, once the change itself has been looked at.

    Args:
        criteria: a checked tree.
        changes: a row for each change, with columns named as ``change_fields``; money in minor units.
        catalog: of ``change_catalog``.
        today: for what criteria say of days.

    Returns:
        By the rest of the criteria (``Always`` where nothing is left to ask) the places of the changes.
        Changes that do not meet it whatever their account is are in none.
    """
    tree = resolved(criteria, catalog)
    own = {leaf: mask(leaf, changes, catalog, today).to_numpy() for leaf in _own_leaves(tree, catalog)}
    found: dict[Node, list[int]] = {}
    for at in range(len(changes)):
        rest = _rest(tree, {leaf: bool(truths[at]) for leaf, truths in own.items()})
        if rest != NOTHING_MEETS:
            found.setdefault(rest, []).append(at)
    return found


def _own_leaves(node: Node, catalog: Catalog) -> set[Leaf]:
    if isinstance(node, And | Or):
        return {leaf for part in node.parts for leaf in _own_leaves(part, catalog)}
    if isinstance(node, Not):
        return _own_leaves(node.part, catalog)
    if not isinstance(node, Leaf):
        return set()
    field = catalog.find(node.field)
    return {node} if field is not None and field.source.startswith(OWN_SOURCE) else set()


def _rest(node: Node, known: Mapping[Leaf, bool]) -> Node:
    """The tree without what is known; ``Always`` or ``NOTHING_MEETS`` when all of it is."""
    if isinstance(node, Leaf) and node in known:
        return Always() if known[node] else NOTHING_MEETS
    if isinstance(node, Not):
        part = _rest(node.part, known)
        return part.part if isinstance(part, Not) else Not(part)
    if isinstance(node, And):
        parts = [_rest(part, known) for part in node.parts]
        return NOTHING_MEETS if NOTHING_MEETS in parts else conjunction(*parts)
    if isinstance(node, Or):
        parts = [part for one in node.parts if (part := _rest(one, known)) != NOTHING_MEETS]
        return disjunction(*parts) if parts else NOTHING_MEETS
    return node
