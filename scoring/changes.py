"""Criteria over changes of label: the fields that a change has, beside those of its account.

What the change itself says is evaluated here, vectorised; what is left to ask of accounts is a tree again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from scoring.change_fields import OWN_SOURCE
from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.periods import Today
from scoring.criteria.segments import resolved
from scoring.criteria.tree import Always, And, Leaf, Node, Not, Or, conjunction, disjunction

NOTHING_MEETS = Not(Always())


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
